//! How the engine learns from a run what the command depends on, and remembers it, here and in the store.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_command::Kind;
use ambidex_store::{Digest, Store};

use super::{CacheQuery, ExecContext, Execution, warn_of_store};
use crate::base::paths::{is_within, plain};
use crate::base::process::Ended;
use crate::base::roles::Roles;
use crate::base::stat::{Stat, Time};
use crate::execute::outcome::Inputs;
use crate::memory::record::{Record, Written};
use crate::observe::by_libc;
use crate::observe::looks::View;
use crate::observe::observation::{self, Observation};
use crate::observe::surroundings;
use crate::observe::trace::Trace;
use crate::observe::unremembered::{Unobserved, Unremembered};
use crate::uptodate::output::Looked;
use crate::uptodate::remember::{self, Looks, Remembered};
use crate::uptodate::run::Run;

/// The observed inputs and outputs of a run, in the form that [`Ending`] takes.
#[derive(Default)]
pub(super) struct ObservedIo {
    pub inputs: Inputs,
    pub outputs: Box<[Digest]>,
    /// Why the run can't be remembered, if it can't.
    pub unremembered: Option<Unremembered>,
}

/// A run that has ended.
pub(super) struct Traced<'a> {
    pub trace: Option<Trace>,
    /// Where the command kept its temporary files.
    pub temporary: &'a Path,
    /// When it started, by the file system's clock.
    pub started: Time,
}

impl Execution {
    /// Remembers a run in this tree, with the number of its surroundings and the roles of the paths that they name.
    pub(super) fn remember(&self, query: &CacheQuery, run: &Remembered, surrounded: (u32, Arc<Roles>)) {
        let (surroundings, roles) = surrounded;
        let state = |output: &Written| Stat::of(&self.folder.join(&output.name));
        let states = run.result.outputs.iter().map(state).collect();
        let mut memory = self.tree.memory();
        let looks = run.looks.grouped(&mut memory);
        let record = Record {
            duration: run.result.duration,
            action: query.fingerprint.key,
            looks,
            roles: roles.all().to_vec(),
            surroundings,
            result: run.result.clone(),
            folder: self.folder_number,
            states,
            description: query.description.to_bytes(),
        };
        memory.remember(query.fingerprint.here, &record);
    }

    /// Finds out what a successful run has looked at, and remembers the run, here and in the store.
    pub(super) fn learn(&self, context: &ExecContext<'_>, traced: Traced<'_>, ended: &Ended) -> ObservedIo {
        let unremembered =
            |reason: Unremembered| ObservedIo { unremembered: Some(reason), ..ObservedIo::default() };
        let started = traced.started;
        let observation = match self.observe(context, traced) {
            Ok(observation) => observation,
            Err(reason) => return unremembered(reason),
        };
        // A call of a function of Python does not compare the times of files that are equal.
        let compares = self.command.kind != Kind::Generate;
        let mut memory = self.tree.memory();
        let looks = match remember::looks(&mut memory, &observation, started, compares) {
            Ok(looks) => looks,
            Err(reason) => return unremembered(reason),
        };
        let known = |looks: Looks| Inputs::Known(looks.seen.into());
        let Some(query) = &self.query else {
            return ObservedIo { inputs: known(looks), ..ObservedIo::default() };
        };
        let surrounded = memory.surrounded_by(&observation.asked, &self.env, &query.fingerprint.roles);
        // What takes long must not keep others from the memory.
        drop(memory);
        let look = |(file, name): &(PathBuf, String)| {
            Looked::at(file, name, &surrounded.1, context.store.is_some())
                .map_err(|error| Unremembered::unreadable(file, &error))
        };
        let outputs: Vec<Looked> = match query.outputs.iter().map(look).collect() {
            Ok(outputs) => outputs,
            Err(reason) => return ObservedIo { inputs: known(looks), ..unremembered(reason) },
        };
        let mut memory = self.tree.memory();
        let run = Run {
            roles: &surrounded.1,
            command: &self.command,
            cwd: &self.cwd,
            operands: &query.operands,
            observation: &observation,
            outputs: &outputs,
            ended,
        };
        let result = match run.result(&mut memory, &looks.seen) {
            Ok(result) => result,
            Err(reason) => return ObservedIo { inputs: known(looks), ..unremembered(reason) },
        };
        let remembered = Remembered { looks, asked: observation.asked.clone(), result };
        drop(memory);
        self.remember(query, &remembered, surrounded);
        if let Some(store) = context.store {
            self.share(query, store, &remembered, &outputs);
        }
        let outputs = remembered.result.outputs.iter().map(|output| output.digest).collect();
        ObservedIo { inputs: Inputs::Remembered, outputs, unremembered: None }
    }

    /// Puts a run into the store, with the outputs that it does not have yet.
    fn share(&self, query: &CacheQuery, store: &Store, run: &Remembered, outputs: &[Looked]) {
        let is_temporary = |file: &Arc<Path>| query.fingerprint.roles.is_temporary(&file.to_string_lossy());
        if query.declared.iter().any(is_temporary) {
            return;
        }
        let shared = self.wanted(query).shared(&mut self.tree.memory().files, run);
        let Some((key, record)) = shared else { return };
        let put = || {
            for ((file, _), output) in query.outputs.iter().zip(outputs) {
                if !output.put(store, file)? {
                    return Ok(());
                }
            }
            store.add_record(&key, &record)?;
            store.send(&key, &record, run.result.outputs.iter().map(Written::stored).collect());
            Ok(())
        };
        if let Err(error) = put() {
            warn_of_store(&error);
        }
    }

    /// Returns what the command was seen to look at, or why that is not known.
    fn observe(&self, context: &ExecContext<'_>, traced: Traced<'_>) -> Result<Observation, Unremembered> {
        let trace = traced.trace.ok_or(Unobserved::NoPreloading)?;
        let bytes = trace.read().map_err(|error| Unobserved::Trace(error.to_string()))?;
        let bytes = bytes.ok_or(Unremembered::SeesTooMuch)?;
        let objects = plain(&self.tree.objects());
        let ours = objects.parent().unwrap_or(&objects);
        let operand = |operand: &String| plain(&self.cwd.join(operand)).into_os_string();
        let operands: HashSet<OsString> = self.plan.operands.iter().map(operand).collect();
        let is_own = |path: &Path| {
            is_within(path, ours) || is_within(path, traced.temporary) || operands.contains(path.as_os_str())
        };
        let mut observation = observation::of(&bytes, self.habits(), is_own)?;
        let program = plain(&self.program);
        [View::Leads, View::Runs].into_iter().for_each(|view| observation.looks.add(&program, view, true));
        self.code.iter().for_each(|file| observation.looks.add(&plain(file), View::Leads, true));
        let variable = |name: &str| self.env.variables.get(name).cloned();
        let mut loaded = context.loaded.lock().expect("nobody dies with what is known of libraries");
        by_libc::complete(&mut observation, &mut loaded, &variable)?;
        observation.note_programs(&surroundings::folders(&self.env));
        Ok(observation)
    }
}
