//! How a command that has run is remembered, and why some runs can't be remembered.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use ambidex_command::{Command, Kind};
use ambidex_store::Digest;
use rustc_hash::FxHashMap;

use super::fingerprint::{NOTHING, Operand};
use super::output::Looked;
use super::permissions::{expected_mode, umask};
use crate::base::machine::Fact;
use crate::base::paths::is_within;
use crate::base::process::Ended;
use crate::base::roles::Roles;
use crate::base::stat::Time;
use crate::memory::Memory;
use crate::memory::files::{FindingId, Unsteady};
use crate::memory::record::{Bond, Embedded, RunResult};
use crate::observe::looks::View;
use crate::observe::observation::{Asked, Observation};
use crate::observe::unremembered::Unremembered;

/// A successful run, and what is needed to remember it.
pub(crate) struct Run<'a> {
    /// The roles of its paths, and of the paths in variables that it asked for.
    pub roles: &'a Roles,
    pub command: &'a Command,
    pub operands: &'a [Operand],
    pub observation: &'a Observation,
    /// The files that it wrote.
    pub outputs: &'a [Looked],
    pub ended: &'a Ended,
}

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
    /// The times of files that have the same content, in pairs.
    pub equals: Vec<[FindingId; 2]>,
}

impl Looks {
    /// Returns all that must stay the same in this tree.
    pub fn all(&self) -> Vec<FindingId> {
        let mut all = self.seen.clone();
        all.extend(self.equals.iter().flatten());
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Returns what a command looked at, in its state now that the command has ended, or why that may not be what the
/// command saw. `started` is when the command started, by the file system's clock.
pub(crate) fn looks(
    memory: &mut Memory,
    observation: &Observation,
    started: Time,
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
            let finding =
                memory.files.look_since(id, started, seen.identity).map_err(|found| match found {
                    Unsteady::Changed => Unremembered::ChangedMeanwhile(path.to_owned()),
                    Unsteady::Unreadable(error) => Unremembered::Unreadable { path: path.to_owned(), error },
                })?;
            if view == View::Leads && memory.files.is_absent(finding) == seen.found {
                return Err(Unremembered::CameOrWent(path.to_owned()));
            }
            looks.push(finding);
        }
    }
    let equals = times_of_equals(memory, &looks, started)?;
    Ok(Looks { seen: looks, equals })
}

/// Returns the times of files with the same content. GCC's `#pragma once` asks for these, too, to find out whether they
/// are one file (GCC, `libcpp/files.cc`, `has_unique_contents`).
fn times_of_equals(
    memory: &mut Memory,
    looks: &[FindingId],
    started: Time,
) -> Result<Vec<[FindingId; 2]>, Unremembered> {
    let mut by_content: FxHashMap<Digest, FindingId> = FxHashMap::default();
    let mut equals = Vec::new();
    for id in looks.iter().filter(|id| memory.files.is_content(**id)) {
        match by_content.entry(memory.files.finding(*id).digest) {
            Entry::Occupied(first) => equals.push([*first.get(), *id]),
            Entry::Vacant(place) => drop(place.insert(*id)),
        }
    }
    let mut time_of = |id: FindingId| {
        let path = memory.files.path_of(id).to_owned();
        let file = memory.files.id_in(&path, View::State);
        let finding = memory.files.look_since(file, started, None);
        finding.map_err(|_| Unremembered::ChangedMeanwhile(path))
    };
    equals.into_iter().map(|[first, second]| Ok([time_of(first)?, time_of(second)?])).collect()
}

/// Returns whether a configuration file tells a compiler to generate code for this very processor (Clang's `*.cfg`,
/// GCC's `specs`).
fn tells_native(memory: &Memory, looks: &[FindingId]) -> bool {
    let files = looks.iter().filter(|id| memory.files.is_content(**id));
    let mut paths = files.map(|id| memory.files.path_of(*id)).filter(|path| {
        path.extension().is_some_and(|end| end == "cfg") || path.to_string_lossy().ends_with("specs")
    });
    paths.any(|path| std::fs::read(path).is_ok_and(|text| memchr::memmem::find(&text, b"=native").is_some()))
}

impl Run<'_> {
    /// Returns what to remember of the run besides what it has looked at, or why it can't be remembered.
    pub fn result(&self, memory: &Memory, looks: &[FindingId]) -> Result<RunResult, Unremembered> {
        if self.observation.timed {
            return Err(Unremembered::AsksForTheTime);
        }
        let roles = self.roles;
        if let Some(path) = self.changed_beside() {
            return Err(Unremembered::ChangesBesides(path.to_owned()));
        }
        let umask = umask();
        let mut bonds: BTreeMap<&str, Bond> = BTreeMap::new();
        for output in self.outputs {
            if output.mode != expected_mode(output.is_executable(), umask) {
                return Err(Unremembered::SetsPermissions(output.name.clone()));
            }
            for (role, bond) in &output.bonds {
                tighten(&mut bonds, role, bond.clone());
            }
        }
        for (role, bond) in self.bonds_of_texts(memory, looks) {
            tighten(&mut bonds, role, bond);
        }
        if self.has_empty_part() {
            let reason = "a path of the command has an empty part, which some compilers leave out";
            bonds.values_mut().for_each(|bond| *bond = Bond::Bound(reason.to_owned()));
        }
        let embedded = bonds.into_iter().filter_map(|(role, bond)| {
            let path = roles.path_of(role)?.to_owned();
            Some(Embedded { role: role.to_owned(), path, bond })
        });
        let embedded_paths = embedded.collect();
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

    /// Returns whether an absolute path of the command has an empty part. Clang keeps it or not, depending on which
    /// folders the path shares with that of the project.
    fn has_empty_part(&self) -> bool {
        let has_role = |argument: &str| self.roles.name(argument) != argument;
        self.command.argv.iter().any(|argument| argument.contains("//") && has_role(argument))
    }

    /// Returns the roles whose paths may be in the output in another form than their own text (`__FILE__`, of which
    /// only the length may be left): those of files that the command knows by their absolute paths, and those of
    /// printed paths.
    fn bonds_of_texts(&self, memory: &Memory, looks: &[FindingId]) -> Vec<(&str, Bond)> {
        // Functions write paths as text if at all, and these are found in the text.
        let makes_text =
            !matches!(self.command.kind, Kind::Link | Kind::Archive | Kind::Index | Kind::Generate);
        let mut bonds = Vec::new();
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
            if printed {
                bonds.push((name.as_str(), Bond::Bound("the command has printed the path".to_owned())));
            } else if makes_text && known() {
                bonds.push((name.as_str(), Bond::Computes));
            }
        }
        bonds
    }
}

/// Adds a bond to a role's, of which the strongest counts.
fn tighten<'a>(bonds: &mut BTreeMap<&'a str, Bond>, role: &'a str, bond: Bond) {
    let known = bonds.entry(role).or_insert(Bond::Replaceable);
    if bond > *known {
        *known = bond;
    }
}
