//! Knows whether a command would do again what is remembered of it, and what has to be remembered of one that ran.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_command::{Command, InputRole, Kind};
use ambidex_store::Digest;

use crate::identity;
use crate::job::Environment;
use crate::memory::Memory;
use crate::memory::files::{Files, Stat, Time, VersionId, is_still};
use crate::memory::record::{ActionKey, Difference, Moment, RunResult, Told, Why, Written};
use crate::output;
use crate::process::Ended;
use crate::roles::Roles;
use crate::search::Search;
use crate::tool::Tool;

/// What makes a command comparable with others: all that its recording tells.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub key: ActionKey,
    pub roles: Arc<Roles>,
    pub search: Arc<Search>,
    pub tool: Arc<Tool>,
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
    /// Whether a run is still what the command would do, but for its inputs' contents and outputs.
    pub fn objection(
        &self,
        command: &Command,
        operands: &[Operand],
        result: &RunResult,
        inputs: &[VersionId],
        files: &Files,
    ) -> Option<Why> {
        if let Some(why) = operands_differ(command, operands, result) {
            return Some(why);
        }
        let moved = result.bindings.iter().find(|(role, path)| self.roles.path_of(role) != Some(path));
        if let Some((_, path)) = moved {
            return Some(Why::Place(path.clone()));
        }
        let traits: Vec<VersionId> =
            inputs.iter().copied().filter(|id| files.version(*id).content.traits.is_some()).collect();
        (result.moment != moment(files, &traits)).then_some(Why::Time)
    }

    /// The first file that the command would find now before one that it read then.
    pub fn shadowing(
        &self,
        files: &mut Files,
        result: &RunResult,
        inputs: &[VersionId],
    ) -> (Option<PathBuf>, Vec<VersionId>) {
        let found = self.search.look(files, inputs);
        let known: BTreeSet<PathBuf> =
            result.spare.iter().filter_map(|name| self.roles.place(name)).map(PathBuf::from).collect();
        (found.spare.into_iter().find(|file| !known.contains(file)), found.folders)
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
    let operation = command.argv[command.tool + 1..].iter().find(|argument| !argument.starts_with("--"));
    command.kind == Kind::Index
        || command.kind == Kind::Archive
            && operation.is_some_and(|word| word.contains('r') && !word.contains('q'))
}

/// The times that inputs put into outputs, as they are now (ccache's manual, "Performance": `__DATE__` counts by the
/// day, `__TIMESTAMP__` by the file's modification time).
fn moment(files: &Files, inputs: &[VersionId]) -> Moment {
    let mut moment = Moment::default();
    for id in inputs {
        let Some(traits) = &files.version(*id).content.traits else { continue };
        if traits.date {
            moment.day = Some(today());
        }
        if traits.timestamp {
            moment.modified.push(Stat::of(files.path_of(*id)).map_or(0, |stat| stat.modified.seconds()));
        }
    }
    moment
}

/// The local day, in days since 1970.
fn today() -> i64 {
    let epoch = jiff::civil::date(1970, 1, 1);
    let days = jiff::Zoned::now().date().since((jiff::Unit::Day, epoch));
    days.map_or(0, |span| i64::from(span.get_days()))
}

/// A run that has ended well, and what is to be known to remember it.
pub(crate) struct Run<'a> {
    pub subject: &'a Subject,
    pub command: &'a Command,
    pub env: &'a Environment,
    pub operands: &'a [Operand],
    /// Every other file that it read: those that its line names, then those that it told itself.
    pub read: Vec<Arc<Path>>,
    /// What it wrote: where it is now, and what it is called.
    pub outputs: &'a [(PathBuf, String)],
    pub ended: &'a Ended,
    /// When it was started, by the clock of files.
    pub started: Time,
}

/// A run as it is remembered.
pub(crate) struct Remembered {
    pub inputs: Vec<VersionId>,
    pub folders: Vec<VersionId>,
    pub result: RunResult,
}

impl Run<'_> {
    /// The contents of what it read; or why nobody can tell.
    pub fn inputs(&self, files: &mut Files) -> Result<Vec<VersionId>, String> {
        let mut inputs = Vec::new();
        let mut seen = BTreeSet::new();
        for path in &self.read {
            let id = files.id_of(path);
            if !seen.insert(id) {
                continue;
            }
            let missing = || format!("{} is not there any more", path.display());
            let stat = Stat::of(path).ok_or_else(missing)?;
            if stat.changed > self.started {
                return Err(format!("{} was changed while it ran", path.display()));
            }
            inputs.push(files.look_at(id, Some(stat)).ok_or_else(missing)?);
        }
        Ok(inputs)
    }

    /// What is to be remembered; or why it can't be.
    pub fn remember(&self, files: &mut Files, inputs: Vec<VersionId>) -> Result<Remembered, String> {
        self.check_traits(files, &inputs)?;
        let found = self.subject.search.look(files, &inputs);
        if let Some(header) = self.precompiled(files, &inputs) {
            return Err(format!("{} may have been read instead of its header", header.display()));
        }
        let roles = &self.subject.roles;
        let spare = found.spare.iter().map(|file| roles.name(&file.to_string_lossy()).into_owned()).collect();
        let mut carried = BTreeSet::new();
        let mut outputs = Vec::new();
        for (file, name) in self.outputs {
            let looked = output::look(file, roles).map_err(|error| format!("{}: {error}", file.display()))?;
            carried.extend(looked.carried);
            outputs.push(Written {
                name: name.clone(),
                digest: looked.digest,
                executable: looked.executable,
            });
        }
        carried.extend(self.named_in_texts(files, &inputs));
        let path_of = |role: String| roles.path_of(&role).map(|path| (role.clone(), path.to_owned()));
        let bindings = carried.into_iter().filter_map(path_of).collect();
        let operands = self.operands.iter().map(|operand| operand.digest.unwrap_or(NOTHING)).collect();
        let result = RunResult {
            operands,
            spare,
            bindings,
            moment: moment(files, &inputs),
            outputs,
            out: self.ended.out.clone(),
            err: self.ended.err.clone(),
            duration: u64::try_from(self.ended.duration.as_micros()).unwrap_or(u64::MAX),
        };
        Ok(Remembered { inputs, folders: found.folders, result })
    }

    fn check_traits(&self, files: &Files, inputs: &[VersionId]) -> Result<(), String> {
        // GCC takes both from there if it is set (GCC manual, "Environment Variables"); older clangs do not.
        let fixed = self.env.variables.contains_key("SOURCE_DATE_EPOCH")
            && !self.command.argv[self.command.tool].contains("clang");
        for id in inputs {
            let version = files.version(*id);
            let Some(traits) = &version.content.traits else { continue };
            let path = files.path(version.file).display();
            if traits.time && !fixed {
                return Err(format!("{path} mentions __TIME__"));
            }
            if traits.embeds {
                return Err(format!("{path} embeds a file that may not be among the known inputs"));
            }
            if traits.asks_for_unknown && !self.subject.search.is_own(files.path(version.file)) {
                return Err(format!("{path} asks by __has_include for something unknown"));
            }
        }
        Ok(())
    }

    /// A precompiled header beside one that was read: GCC takes it without a word (GCC manual, "Precompiled Headers").
    fn precompiled(&self, files: &Files, inputs: &[VersionId]) -> Option<PathBuf> {
        let precompiled = |file: &Arc<Path>| {
            let mut name = file.as_os_str().to_owned();
            name.push(".gch");
            PathBuf::from(name)
        };
        let read = inputs.iter().map(|id| files.path_of(*id));
        let sources = read.filter(|file| !self.subject.search.is_own(file));
        sources.map(precompiled).find(|file| file.exists())
    }

    /// Roles whose paths may have gone into the output in another form than their own text: a file that is named
    /// by its whole path and uses that name, and what was printed.
    fn named_in_texts(&self, files: &Files, inputs: &[VersionId]) -> Vec<String> {
        let roles = self.subject.roles.all();
        let mut named = Vec::new();
        let absolute_source = self
            .command
            .inputs
            .iter()
            .any(|input| input.role == InputRole::Source && input.path.starts_with('/'));
        for id in inputs {
            let own_name = files.version(*id).content.traits.as_ref().is_some_and(|traits| traits.own_name);
            if own_name && !self.is_named_relatively(files.path_of(*id)) {
                let path = files.path_of(*id).to_string_lossy();
                let role = roles.iter().find(|(folder, _)| path.starts_with(folder.as_str()));
                named.extend(role.map(|(_, name)| name.clone()));
            }
        }
        for (path, name) in roles {
            let printed = [&self.ended.out, &self.ended.err]
                .into_iter()
                .any(|text| memchr::memmem::find(text, path.as_bytes()).is_some());
            if printed || absolute_source {
                named.push(name.clone());
            }
        }
        named
    }

    /// Whether the compiler knows the file by a relative path: then the folders above it are not part of its name.
    fn is_named_relatively(&self, file: &Path) -> bool {
        let absolute = self.command.include_dirs.iter().filter(|dir| dir.path.starts_with('/'));
        !absolute.into_iter().any(|dir| file.starts_with(&dir.path))
    }
}

/// What is told of a command when another run of it, or of a like one, is to be explained.
pub(crate) fn told(
    subject: &Subject,
    argv: Vec<String>,
    env: &Environment,
    place: &Path,
    extension: Option<String>,
) -> Told {
    let roles = &subject.roles;
    let environment = identity::relevant(env, &subject.tool).into_iter();
    Told {
        place: roles.name(&place.to_string_lossy()).into_owned(),
        argv,
        environment: environment.map(|(name, value)| (name, roles.name(&value).into_owned())).collect(),
        tool: Some(subject.tool.identity),
        extension,
    }
}

/// By what a command differs from an earlier one that made the same output.
pub(crate) fn difference(now: &Told, then: &Told) -> Why {
    let missing = |of: &[String], from: &[String]| -> Vec<String> {
        of.iter().filter(|argument| !from.contains(argument)).cloned().collect()
    };
    let (added, removed) = (missing(&now.argv, &then.argv), missing(&then.argv, &now.argv));
    if !added.is_empty() || !removed.is_empty() {
        return Why::Command(Box::new(Difference { added, removed }));
    }
    if now.tool != then.tool {
        return Why::Tool;
    }
    let variable = |of: &Told, other: &Told| {
        of.environment.iter().find(|pair| !other.environment.contains(pair)).map(|(name, _)| name.clone())
    };
    match variable(now, then).or_else(|| variable(then, now)) {
        Some(name) => Why::Variable(name),
        // The same arguments in another order, or another working directory.
        None => Why::Command(Box::new(Difference { added, removed })),
    }
}

/// Looks up what this tree remembers of a command.
pub(crate) fn recall(
    memory: &mut Memory,
    subject: &Subject,
    command: &Command,
    operands: &[Operand],
) -> Result<crate::memory::record::Record, Why> {
    let Some(mut record) = memory.record(&subject.key) else { return Err(Why::New) };
    let objection = subject.objection(command, operands, &record.result, &record.inputs, &memory.files);
    if let Some(why) = objection {
        return Err(why);
    }
    let changed = record.inputs.iter().find(|id| !memory.files.is_current(**id)).copied();
    if let Some(id) = changed {
        let path = memory.files.path_of(id).clone();
        let path = subject.roles.name(&path.to_string_lossy()).into_owned();
        let file = memory.files.version(id).file;
        return Err(if memory.files.current(file).is_some() { Why::Changed(path) } else { Why::Gone(path) });
    }
    if !record.folders.iter().all(|id| memory.files.is_current(*id)) {
        let (shadowing, folders) = subject.shadowing(&mut memory.files, &record.result, &record.inputs);
        if let Some(file) = shadowing {
            return Err(Why::Shadowed(subject.roles.name(&file.to_string_lossy()).into_owned()));
        }
        // Spares the look next time.
        record.folders = folders;
        memory.remember(subject.key, &record);
    }
    let folder = memory.folder(record.folder);
    for (output, state) in record.result.outputs.iter().zip(&record.states) {
        if !is_still(&folder.join(&output.name), *state, &output.digest) {
            return Err(Why::Output(output.name.clone()));
        }
    }
    Ok(record)
}
