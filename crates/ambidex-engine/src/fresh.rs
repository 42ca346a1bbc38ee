//! Knows whether a command would do again what is remembered of it, and what has to be remembered of one that ran.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use ambidex_command::{Command, Kind};
use ambidex_store::Digest;
use rustc_hash::FxHashMap;

use crate::job::Environment;
use crate::machine::Fact;
use crate::memory::Memory;
use crate::memory::files::{Stat, Time, Unsure, VersionId, is_still};
use crate::memory::record::{ActionKey, Difference, Record, RunResult, Told, Why, Written};
use crate::observation::{Asked, Observation, View};
use crate::output;
use crate::paths::is_within;
use crate::process::Ended;
use crate::roles::Roles;
use crate::surroundings::Surroundings;

/// What makes a command comparable with others: all that its recording tells.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub key: ActionKey,
    pub roles: Arc<Roles>,
}

/// An object or archive that a command reads.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    /// Its name, without the folder.
    pub name: String,
    /// Its content; none where there is no such file.
    pub digest: Option<Digest>,
    /// Whether it is the archive that the command changes.
    pub previous: bool,
}

impl Subject {
    /// Whether a run is still what the command would do, but for what it looked at and its outputs.
    pub fn objection(
        &self,
        command: &Command,
        operands: &[Operand],
        roles: &Roles,
        result: &RunResult,
    ) -> Option<Why> {
        if let Some(why) = operands_differ(command, operands, result) {
            return Some(why);
        }
        let moved = result.bindings.iter().find(|(role, path)| roles.path_of(role) != Some(path));
        if let Some((_, path)) = moved {
            return Some(Why::Place(path.clone()));
        }
        let another = result.machine.iter().find(|(fact, then)| fact.now() != *then);
        another.map(|(fact, _)| Why::Machine(*fact))
    }
}

/// Archives are special: taking members in that it has already changes nothing, so what came of the last run is as
/// good as what was there before it.
fn operands_differ(command: &Command, operands: &[Operand], result: &RunResult) -> Option<Why> {
    let made = result.outputs.first().map(|output| output.digest);
    let same_count = operands.len() == result.operands.len();
    let differs = operands.iter().zip(&result.operands).find(|(now, then)| {
        let again = now.previous && is_idempotent(command) && now.digest == made;
        now.digest.unwrap_or(NOTHING) != **then && !again
    });
    match differs {
        Some((now, _)) => Some(Why::Operand(now.name.clone())),
        None => (!same_count).then(|| Why::Operand(String::new())),
    }
}

/// Stands for an archive that is not there yet.
const NOTHING: Digest = Digest([0; 32]);

/// Whether running it twice leaves what running it once does: `ar r`, not `ar q` (binutils manual, "ar"), and ranlib.
fn is_idempotent(command: &Command) -> bool {
    // With options before it, which word it is depends on what they take.
    let operation = command.argv.get(command.tool + 1).filter(|word| !word.starts_with("--"));
    command.kind == Kind::Index
        || command.kind == Kind::Archive
            && operation.is_some_and(|word| word.contains('r') && !word.contains('q'))
}

/// A run that has ended well, and what is to be known to remember it.
pub(crate) struct Run<'a> {
    /// Those of its paths, and of paths in variables that it asked for.
    pub roles: &'a Roles,
    pub command: &'a Command,
    pub operands: &'a [Operand],
    pub observation: &'a Observation,
    /// What it wrote: where it is now, and what it is called.
    pub outputs: &'a [(PathBuf, String)],
    pub ended: &'a Ended,
}

/// A run as it is remembered.
pub(crate) struct Remembered {
    pub looks: Vec<VersionId>,
    pub asked: Asked,
    pub result: RunResult,
}

/// What a command has looked at, as it is now that it has ended; or why that may not be what it saw. `started` is when it
/// was started, by the clock of files.
pub(crate) fn looks(
    memory: &mut Memory,
    observation: &Observation,
    started: Time,
) -> Result<Vec<VersionId>, String> {
    let mut looks = Vec::new();
    for (path, seen) in observation.looks.iter() {
        if let Some(change) = observation.changes.get(path) {
            if !change.was_there && path.symlink_metadata().is_err() {
                // It has made the file and removed it: nobody else has seen it.
                continue;
            }
            return Err(format!("it reads and changes {}", path.display()));
        }
        for view in seen.views() {
            let id = memory.files.id_in(path, view);
            let version =
                memory.files.look_since(id, started, seen.identity).map_err(|found| match found {
                    Unsure::Changed => format!("{} was changed while it ran", path.display()),
                    Unsure::Unreadable => format!("{} can't be read", path.display()),
                })?;
            if view == View::Leads && memory.files.is_absent(version) == seen.found {
                return Err(format!("{} came or went while it ran", path.display()));
            }
            looks.push(version);
        }
    }
    add_times_of_equals(memory, &mut looks, started)?;
    Ok(looks)
}

/// Of files with the same content GCC's `#pragma once` asks for their times, too, to know whether they are one file (GCC,
/// `libcpp/files.cc`, `has_unique_contents`).
fn add_times_of_equals(memory: &mut Memory, looks: &mut Vec<VersionId>, started: Time) -> Result<(), String> {
    let mut by_content: FxHashMap<Digest, VersionId> = FxHashMap::default();
    let mut equal = BTreeSet::new();
    for id in looks.iter().filter(|id| memory.files.is_content(**id)) {
        if let Some(first) = by_content.insert(memory.files.version(*id).digest, *id) {
            equal.extend([first, *id]);
        }
    }
    for id in equal {
        let path = memory.files.path_of(id).to_owned();
        let file = memory.files.id_in(&path, View::State);
        let version = memory.files.look_since(file, started, None);
        looks.push(version.map_err(|_| format!("{} was changed while it ran", path.display()))?);
    }
    Ok(())
}

/// Whether a file by which a compiler is configured tells it to make code for this very processor (Clang's `*.cfg`, GCC's
/// `specs`).
fn tells_native(memory: &Memory, looks: &[VersionId]) -> bool {
    let files = looks.iter().filter(|id| memory.files.is_content(**id));
    let mut paths = files.map(|id| memory.files.path_of(*id)).filter(|path| {
        path.extension().is_some_and(|end| end == "cfg") || path.to_string_lossy().ends_with("specs")
    });
    paths.any(|path| std::fs::read(path).is_ok_and(|text| memchr::memmem::find(&text, b"=native").is_some()))
}

impl Run<'_> {
    /// What is to be remembered of it besides what it has looked at; or why it can't be.
    pub fn result(&self, memory: &Memory, looks: &[VersionId]) -> Result<RunResult, String> {
        if self.observation.timed {
            return Err("it asks for the time".to_owned());
        }
        let roles = self.roles;
        if let Some(path) = self.changed_beside() {
            return Err(format!("it changes {} besides", path.display()));
        }
        let umask = umask();
        let mut carried = BTreeSet::new();
        let mut outputs = Vec::new();
        for (file, name) in self.outputs {
            let looked = output::look(file, roles).map_err(|error| format!("{}: {error}", file.display()))?;
            if looked.mode != expected_mode(looked.executable, umask) {
                return Err(format!("it gives {name} permissions of its own"));
            }
            carried.extend(looked.carried);
            outputs.push(Written {
                name: name.clone(),
                digest: looked.digest,
                executable: looked.executable,
            });
        }
        carried.extend(self.named_in_texts(memory, looks));
        let path_of = |role: String| roles.path_of(&role).map(|path| (role.clone(), path.to_owned()));
        let bindings = carried.into_iter().filter_map(path_of).collect();
        let operands = self.operands.iter().map(|operand| operand.digest.unwrap_or(NOTHING)).collect();
        Ok(RunResult {
            operands,
            bindings,
            machine: self.machine(memory, looks),
            outputs,
            umask,
            out: self.ended.out.clone(),
            err: self.ended.err.clone(),
            duration: u64::try_from(self.ended.duration.as_micros()).unwrap_or(u64::MAX),
        })
    }

    /// What of the machine it depends on.
    fn machine(&self, memory: &Memory, looks: &[VersionId]) -> Vec<(Fact, Digest)> {
        let mut facts = self.observation.machine.clone();
        // A compiler asks the processor itself, which nobody sees.
        let is_told = || self.command.argv.iter().any(|argument| argument.ends_with("=native"));
        if is_told() || tells_native(memory, looks) {
            facts.insert(Fact::Processor);
        }
        facts.into_iter().map(|fact| (fact, fact.now())).collect()
    }

    /// What it has changed, its outputs apart: that would be missed if it did not run. Compilers and their kin change
    /// nothing else but what they are told below a folder with a role.
    fn changed_beside(&self) -> Option<&Path> {
        let has_role = |path: &Path| self.roles.all().iter().any(|(folder, _)| path.starts_with(folder));
        let changes = self.observation.changes.iter();
        let mut matter = changes.filter(|(path, change)| !change.by_tool || has_role(path));
        // One that can't be looked at may be there.
        let is_gone = |path: &Path| {
            path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
        };
        matter.find(|(path, change)| change.was_there || !is_gone(path)).map(|(path, _)| path.as_path())
    }

    /// Roles whose paths may have gone into the output in another form than their own text (`__FILE__`, whose length may
    /// be all that is left of it): those of files that it knows by their whole paths, and of what was printed.
    fn named_in_texts(&self, memory: &Memory, looks: &[VersionId]) -> Vec<String> {
        let makes_text = !matches!(self.command.kind, Kind::Link | Kind::Archive | Kind::Index);
        let mut named = Vec::new();
        for (folder, name) in self.roles.all() {
            let printed = [&self.ended.out, &self.ended.err]
                .into_iter()
                .any(|text| memchr::memmem::find(text, folder.as_bytes()).is_some());
            let known = || {
                let files = looks.iter().filter(|id| memory.files.is_content(**id));
                let mut files = files
                    .map(|id| memory.files.path_of(*id))
                    .filter(|file| is_within(file, Path::new(folder)));
                files.any(|file| self.observation.looks.get(file).is_some_and(|seen| seen.absolute))
            };
            if printed || makes_text && known() {
                named.push(name.clone());
            }
        }
        named
    }
}

/// The umask of this process, and so of the commands that it starts.
fn umask() -> u32 {
    static UMASK: LazyLock<u32> = LazyLock::new(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
        line.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok()).unwrap_or(0o022)
    });
    *UMASK
}

/// The permissions that a compiler gives to what it makes.
fn expected_mode(executable: bool, umask: u32) -> u32 {
    (if executable { 0o777 } else { 0o666 }) & !umask
}

/// What is told of a command when another run of it, or of a like one, is to be explained.
pub(crate) fn told(subject: &Subject, argv: Vec<String>, place: &Path, extension: Option<String>) -> Told {
    let place = subject.roles.name(&place.to_string_lossy()).into_owned();
    Told { place, argv, extension }
}

/// By what a command differs from an earlier one that made the same output.
pub(crate) fn difference(now: &Told, then: &Told) -> Why {
    let missing = |of: &[String], from: &[String]| -> Vec<String> {
        of.iter().filter(|argument| !from.contains(argument)).cloned().collect()
    };
    let (added, removed) = (missing(&now.argv, &then.argv), missing(&then.argv, &now.argv));
    // Where nothing is: the same arguments in another order, or another working directory.
    Why::Command(Box::new(Difference { added, removed }))
}

/// Looks up what this tree remembers of a command.
pub(crate) fn recall(
    memory: &mut Memory,
    subject: &Subject,
    command: &Command,
    operands: &[Operand],
    env: &Environment,
) -> Result<Record, Why> {
    let Some(mut record) = memory.record(&subject.key) else { return Err(Why::New) };
    let Some((same, roles)) = memory.is_in(record.surroundings, env, &subject.roles) else {
        return Err(Why::New);
    };
    if let Some(why) = subject.objection(command, operands, &roles, &record.result) {
        return Err(why);
    }
    if !same {
        return Err(Why::Variable(variable(memory, &record, env, &subject.roles)));
    }
    let elsewhere = roles.all() != record.roles;
    if elsewhere {
        let looks = looks_elsewhere(memory, &record, &roles)?;
        record.looks = memory.grouped(&looks);
    } else if let Err(look) = memory.check(&record.looks) {
        return Err(look.map_or(Why::New, |look| why_not(memory, &record, look, &roles)));
    }
    let folder = memory.folder(record.folder);
    for (output, state) in record.result.outputs.iter().zip(&record.states) {
        if !is_still(&folder.join(&output.name), *state, &output.digest) {
            return Err(Why::Output(output.name.clone()));
        }
    }
    let is_umask_another = record.result.umask != umask();
    if is_umask_another {
        give_permissions(&folder, &mut record)?;
    }
    if elsewhere || is_umask_another {
        // Spares the comparison next time.
        record.roles = roles.all().to_vec();
        memory.remember(subject.key, &record);
    }
    Ok(record)
}

/// Outputs get the permissions that they would be made with now.
fn give_permissions(folder: &Path, record: &mut Record) -> Result<(), Why> {
    record.result.umask = umask();
    for (output, state) in record.result.outputs.iter().zip(&mut record.states) {
        let file = folder.join(&output.name);
        let mode = expected_mode(output.executable, record.result.umask);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode))
            .map_err(|_| Why::Output(output.name.clone()))?;
        *state = Stat::of(&file);
    }
    Ok(())
}

/// The looks of a run at the places that its paths have here, by the roles that they had there.
fn looks_elsewhere(memory: &mut Memory, record: &Record, roles: &Roles) -> Result<Vec<VersionId>, Why> {
    let then = Roles::of(&record.roles);
    let known = memory.looks(&record.looks);
    let mut looks = Vec::with_capacity(known.len());
    for id in known {
        let version = *memory.files.version(id);
        let view = memory.files.view(version.file);
        let path = memory.files.path(version.file).to_string_lossy().into_owned();
        let named = then.name(&path).into_owned();
        let place = roles.place(&named).ok_or_else(|| Why::Place(path.clone()))?;
        if memory.files.names_a_place(id) && place != path {
            return Err(Why::Place(path));
        }
        let file = memory.files.id_in(Path::new(&place), view);
        match memory.files.state(file) {
            Some(now) if memory.files.version(now).digest == version.digest => looks.push(now),
            _ => return Err(why_not_at(memory, id, Path::new(&place), roles)),
        }
    }
    Ok(looks)
}

fn why_not(memory: &mut Memory, record: &Record, id: VersionId, roles: &Roles) -> Why {
    let path = memory.files.path_of(id).to_owned();
    let runs = |id: &VersionId| {
        let files = &memory.files;
        files.view(files.version(*id).file) == View::Runs && files.path_of(*id) == path
    };
    if !memory.files.is_absent(id) && memory.looks(&record.looks).iter().any(runs) {
        return Why::Tool;
    }
    why_not_at(memory, id, &path, roles)
}

/// Why what was seen then is not what is at the path now.
fn why_not_at(memory: &Memory, then: VersionId, path: &Path, roles: &Roles) -> Why {
    let named = roles.name(&path.to_string_lossy()).into_owned();
    match (memory.files.is_absent(then), path.exists()) {
        (true, _) => Why::Shadowed(named),
        (false, true) => Why::Changed(named),
        (false, false) => Why::Gone(named),
    }
}

/// The first variable that is set to something else.
fn variable(memory: &mut Memory, record: &Record, env: &Environment, roles: &Arc<Roles>) -> String {
    let secret = memory.secret();
    let Some(then) = memory.surroundings(record.surroundings) else { return String::new() };
    let now = Surroundings::of(&secret, &then.asked, env, roles).values;
    let (now, then): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (now.iter().cloned().collect(), then.values.iter().cloned().collect());
    let names: BTreeSet<&String> = now.keys().chain(then.keys()).collect();
    let differs = |name: &&&String| now.get(**name) != then.get(**name);
    names.iter().find(differs).map_or_else(String::new, |name| (**name).clone())
}
