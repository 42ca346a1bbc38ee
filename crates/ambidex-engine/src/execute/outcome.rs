//! How a command ended: its status, what it printed, how its outputs were obtained, and why.

use std::time::Duration;

use ambidex_store::Digest;

use crate::base::process::Ended;
use crate::base::roles::Roles;
use crate::memory::files::FindingId;
use crate::memory::record::{How, RunResult, Why};

/// The end of a job.
#[derive(Debug)]
pub(crate) struct Ending {
    /// The exit status, or the negative number of the signal that ended the command.
    pub status: i32,
    /// The duration in microseconds.
    duration: u64,
    /// None if the command printed nothing, as most commands do.
    printed: Option<Box<Printed>>,
    pub how: How,
    pub why: Why,
    inputs: Inputs,
    /// What functions answered that remember their answers in the process, if it was a call.
    answers: Box<str>,
    /// The hashes of the contents of its outputs, as far as they are known.
    pub outputs: Box<[Digest]>,
}

/// The paths that a command looked at, except its operands.
#[derive(Debug, Default)]
pub(crate) enum Inputs {
    /// Not known.
    #[default]
    Unknown,
    /// Listed in the record of the command.
    Remembered,
    /// Known, although the run could not be remembered.
    Known(Box<[FindingId]>),
}

#[derive(Debug)]
struct Printed {
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Ending {
    /// Creates the ending of a command whose inputs and outputs are not known.
    pub fn new(ended: Ended, how: How, why: Why) -> Self {
        let Ended { out, err, status, duration, answers } = ended;
        let printed = (!out.is_empty() || !err.is_empty()).then(|| Box::new(Printed { out, err }));
        let duration = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let answers = answers.into_boxed_str();
        Self {
            status,
            duration,
            printed,
            how,
            why,
            inputs: Inputs::Unknown,
            answers,
            outputs: Box::default(),
        }
    }

    /// Creates the ending that a remembered run has again.
    pub fn again(result: RunResult, roles: &Roles, how: How, why: Why) -> Self {
        let outputs = result.outputs.iter().map(|output| output.digest).collect();
        // A path of a role that is missing here was looked for nowhere.
        let answers = roles.place(&result.answers).unwrap_or_default();
        let ended = Ended { out: result.out, err: result.err, answers, ..Ended::default() };
        Self::new(ended, how, why).with(Inputs::Remembered, outputs)
    }

    /// Returns the same ending with what is known about inputs and outputs.
    pub fn with(self, inputs: Inputs, outputs: Box<[Digest]>) -> Self {
        Self { inputs, outputs, ..self }
    }

    /// Returns how long the command took.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.duration)
    }

    /// Returns what is known about the command's inputs.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Returns what functions answered in the call that remember their answers in the process.
    pub fn answers(&self) -> &str {
        &self.answers
    }

    /// Returns what the command printed to standard output.
    pub fn out(&self) -> &[u8] {
        self.printed.as_ref().map_or(&[], |printed| &printed.out)
    }

    /// Returns what the command printed to standard error.
    pub fn err(&self) -> &[u8] {
        self.printed.as_ref().map_or(&[], |printed| &printed.err)
    }

    /// Returns whether the command printed nothing.
    pub fn is_silent(&self) -> bool {
        self.printed.is_none()
    }
}
