//! How a command that has run is remembered, and why some runs can't be remembered.

use std::path::Path;

use ambidex_command::Kind;
use ambidex_store::Digest;
use rustc_hash::FxHashMap;

use super::bonds;
use super::fingerprint::NOTHING;
use super::output::Looked;
use super::permissions::{expected_mode, umask};
use super::run::Run;
use crate::base::alike::Alike;
use crate::base::machine::Fact;
use crate::base::stat::{Stat, Time};
use crate::memory::Memory;
use crate::memory::files::{FindingId, Unsteady};
use crate::memory::groups::{Equals, GroupId};
use crate::memory::record::RunResult;
use crate::observe::looks::View;
use crate::observe::observation::{Asked, Observation};
use crate::observe::unremembered::Unremembered;

/// A run in the form in which it is remembered.
pub(crate) struct Remembered {
    pub looks: Looks,
    pub asked: Asked,
    pub result: RunResult,
}

/// What a command looked at.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    pub seen: Vec<FindingId>,
    /// Those of the files that have the same content, together.
    pub equals: Vec<Equals>,
}

impl Looks {
    /// Returns the groups in which the memory keeps all that must stay the same in this tree.
    pub fn grouped(&self, memory: &mut Memory) -> Vec<GroupId> {
        let mut groups = memory.grouped(&self.seen);
        groups.extend(memory.grouped_equals(&self.equals));
        groups
    }
}

/// Returns what a command looked at, in its state now that the command has ended, or why that may not be what the
/// command saw. `started` is when the command started, by the file system's clock. `compares` tells whether it may
/// compare files with the same content in other respects.
pub(crate) fn looks(
    memory: &mut Memory,
    observation: &Observation,
    started: Time,
    compares: bool,
) -> Result<Looks, Unremembered> {
    let mut looks = Vec::new();
    for (path, seen) in observation.looks.iter() {
        if let Some(change) = observation.changes.get(path) {
            if !change.was_there && path.symlink_metadata().is_err() {
                // The command has created the file and removed it: nothing else has seen it.
                continue;
            }
            return Err(Unremembered::ReadsAndChanges(path.to_owned()));
        }
        for view in seen.views() {
            let id = memory.files.id_in(path, view);
            // The file that was opened is the one to which a link leads.
            let identity = seen.identity.filter(|_| view != View::Itself);
            let finding = memory.files.look_since(id, started, identity).map_err(|found| match found {
                Unsteady::Changed => Unremembered::ChangedMeanwhile(path.to_owned()),
                Unsteady::Unreadable(error) => Unremembered::Unreadable { path: path.to_owned(), error },
            })?;
            if view == View::Leads && memory.files.is_absent(finding) == seen.found {
                return Err(Unremembered::CameOrWent(path.to_owned()));
            }
            looks.push(finding);
        }
    }
    let equals = if compares { equals(memory, observation, &looks, started)? } else { Vec::new() };
    Ok(Looks { seen: looks, equals })
}

/// Returns the files with the same content, and how alike they were for the command. For `#pragma once`, compilers find
/// out in other respects whether two of them are one file.
fn equals(
    memory: &Memory,
    observation: &Observation,
    looks: &[FindingId],
    started: Time,
) -> Result<Vec<Equals>, Unremembered> {
    let mut by_content: FxHashMap<Digest, Vec<FindingId>> = FxHashMap::default();
    for id in looks.iter().filter(|id| memory.files.is_content(**id)) {
        by_content.entry(memory.files.finding(*id).digest).or_default().push(*id);
    }
    let mut groups: Vec<Vec<FindingId>> = by_content.into_values().filter(|group| group.len() > 1).collect();
    // Records of equal runs shall be equal.
    groups.sort_unstable();
    let as_seen = |id: &FindingId| {
        let path = memory.files.path_of(*id);
        let opened = observation.looks.get(path).and_then(|seen| seen.identity);
        let is_same = |stat: &Stat| {
            stat.is_settled(started) && opened.is_none_or(|opened| opened == (stat.device, stat.inode))
        };
        Stat::of(path).filter(is_same).ok_or_else(|| Unremembered::ChangedMeanwhile(path.to_owned()))
    };
    let together = |files: Vec<FindingId>| {
        let stats: Vec<Stat> = files.iter().map(as_seen).collect::<Result<_, _>>()?;
        Ok(Equals { files, alike: Alike::of(&stats) })
    };
    groups.into_iter().map(together).collect()
}

/// Returns whether a configuration file tells a compiler to generate code for this very processor (Clang's `*.cfg`,
/// GCC's `specs`).
fn tells_native(memory: &Memory, looks: &[FindingId]) -> bool {
    let files = looks.iter().filter(|id| memory.files.is_content(**id));
    let mut paths = files.map(|id| memory.files.path_of(*id)).filter(|path| {
        path.extension().is_some_and(|end| end == "cfg") || path.to_string_lossy().ends_with("specs")
    });
    paths
        .any(|path| std::fs::read(path).is_ok_and(|bytes| memchr::memmem::find(&bytes, b"=native").is_some()))
}

impl Run<'_> {
    /// Returns what to remember of the run besides what it has looked at, or why it can't be remembered.
    pub fn result(&self, memory: &mut Memory, looks: &[FindingId]) -> Result<RunResult, Unremembered> {
        if self.observation.timed {
            return Err(Unremembered::AsksForTheTime);
        }
        let roles = self.roles;
        if let Some(path) = self.changed_beside() {
            return Err(Unremembered::ChangesBesides(path.to_owned()));
        }
        let umask = umask();
        for output in self.outputs {
            if output.mode != expected_mode(output.is_executable(), umask) {
                return Err(Unremembered::SetsPermissions(output.name.clone()));
            }
        }
        let makes_object = matches!(self.command.kind, Kind::Compile | Kind::CompileAndLink);
        // By this pragma, GCC compares the times of two files (GCC manual, "Pragmas").
        if makes_object && bonds::is_in_a_text(memory, looks, b"GCC dependency") {
            return Err(Unremembered::AsksForTheTime);
        }
        let embedded_paths = bonds::of(self, memory, looks);
        let outputs = self.outputs.iter().map(Looked::written).collect();
        let operands = self.operands.iter().map(|operand| operand.digest.unwrap_or(NOTHING)).collect();
        Ok(RunResult {
            operands,
            embedded_paths,
            machine: self.machine(memory, looks),
            outputs,
            umask,
            out: self.ended.out.clone(),
            err: self.ended.err.clone(),
            answers: roles.name(&self.ended.answers).into_owned(),
            duration: u64::try_from(self.ended.duration.as_micros()).unwrap_or(u64::MAX),
        })
    }

    /// Returns the facts about the machine that the run depends on.
    fn machine(&self, memory: &Memory, looks: &[FindingId]) -> Vec<(Fact, Digest)> {
        let mut facts = self.observation.machine.clone();
        // A compiler asks the processor itself, which can't be observed.
        let is_told = || self.command.argv.iter().any(|argument| argument.ends_with("=native"));
        if is_told() || tells_native(memory, looks) {
            facts.insert(Fact::Processor);
        }
        facts.into_iter().map(|fact| (fact, fact.now())).collect()
    }

    /// Returns a path that the command has changed besides its outputs: without a run, the change would be missing.
    /// Besides their outputs, compilers and similar tools change only what they are told to, below a directory with a
    /// role.
    fn changed_beside(&self) -> Option<&Path> {
        let has_role = |path: &Path| self.roles.all().iter().any(|(folder, _)| path.starts_with(folder));
        let changes = self.observation.changes.iter();
        let mut matter = changes.filter(|(path, change)| !change.by_tool || has_role(path));
        // A file that can't be looked at may exist.
        let is_gone = |path: &Path| {
            path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
        };
        matter.find(|(path, change)| change.was_there || !is_gone(path)).map(|(path, _)| path.as_path())
    }
}
