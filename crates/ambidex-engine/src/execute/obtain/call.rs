//! How a call of a function is made, in a copy of the process that waits for it.

use std::io;
use std::path::Path;

use ambidex_command::Kind;

use super::{ExecContext, Execution, real};
use crate::base::call::WaitingCopy;
use crate::base::process::Ended;
use crate::observe::tools::Habits;
use crate::observe::trace::Trace;

impl Execution {
    /// Makes a call in a copy of the process.
    pub(super) fn call(
        &self,
        context: &ExecContext<'_>,
        copy: WaitingCopy,
        trace: Option<&(&Path, Trace)>,
    ) -> io::Result<Ended> {
        let (_, trace) = trace.ok_or_else(|| io::Error::other("a call can't be observed"))?;
        let outputs: Vec<_> =
            self.plan.outputs.iter().map(|(place, file)| (real(place), real(file))).collect();
        let running = copy.start(&trace.path(), &outputs)?;
        (context.started)(running.pid());
        let mut ended = running.wait()?;
        let is_whole = outputs.iter().all(|(_, file)| file.is_file());
        let prints_late = [&ended.out, &ended.err]
            .iter()
            .zip(self.prints)
            .any(|(text, at_once)| !text.is_empty() && !at_once);
        if ended.status == 0 && (!is_whole || prints_late) {
            // Python makes the call itself.
            ended.status = 1;
        }
        Ok(ended)
    }

    /// Returns the habits of a translation.
    pub(super) fn habits(&self) -> Option<Habits> {
        (self.command.kind == Kind::Generate && self.translates).then_some(Habits::TRANSLATOR)
    }
}
