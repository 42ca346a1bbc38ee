//! Everything that a program made since the last end of a build, and the outputs of its last run that go because their
//! extensions no longer exist.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use ambidex_store::Digest;

use crate::base::growth::push;
use crate::base::notice;
use crate::memory::Memory;
use crate::memory::record::{Committed, Invocation, RecordKey};

/// Everything that a program made since the last end of a build.
#[derive(Debug, Default)]
pub(crate) struct Conclusion {
    /// The number of ends so far of each command.
    ends: HashMap<String, u32>,
    /// The number of recordings that were gathered.
    pub recorded: usize,
    /// The number of spared extensions that were gathered.
    pub spared: usize,
    actions: Vec<RecordKey>,
    committed: Vec<Committed>,
    units: Vec<Digest>,
}

impl Conclusion {
    /// Adds the action of a recorded command.
    pub fn add_action(&mut self, key: RecordKey) {
        push(&mut self.actions, key);
    }

    /// Adds a file that was put at its place.
    pub fn add_file(&mut self, extension: Option<String>, place: PathBuf, digest: Digest) {
        self.committed.push(Committed { extension, place, digest });
    }

    /// Adds the unit of an extension whose commands were checked or remembered as a whole, with Python in this state.
    pub fn add_unit(&mut self, state: Digest) {
        self.units.push(state);
    }

    /// Ends the build of these extensions, which was successful. Removes the outputs that the same program made for
    /// extensions that no longer exist, unless somebody has changed them since. `program` identifies the program, and
    /// `command` what it has run to build them. If the program ran such a command more than once the last time, nobody
    /// knows which of these comes next, so everything stays.
    pub fn end(&mut self, memory: &mut Memory, program: &str, command: &str, extensions: Option<&[String]>) {
        let key_of = |end: u32| Digest::of(format!("{program}\0{command}\0{end}").as_bytes());
        let ends = self.ends.entry(command.to_owned()).or_default();
        let (end, key) = (*ends, key_of(*ends));
        *ends += 1;
        if let Some(mut first) = memory.invocation(&key_of(0)).filter(|_| end > 0) {
            first.ends = end + 1;
            memory.remember_invocation(key_of(0), &first);
        }
        let mut new = Invocation {
            actions: std::mem::take(&mut self.actions),
            committed: std::mem::take(&mut self.committed),
            units: std::mem::take(&mut self.units),
            ends: 1,
        };
        new.actions.sort_unstable();
        new.actions.dedup();
        let gone = |file: &Committed| match (extensions, &file.extension) {
            (Some(extensions), Some(name)) => !extensions.contains(name),
            _ => false,
        };
        if let Some(old) = memory.invocation(&key) {
            let is_only_one = end == 0 && old.ends == 1;
            for file in old.committed {
                let kept = new.committed.iter().any(|other| other.place == file.place)
                    || memory.is_committed_elsewhere(&key, &file.place);
                if kept {
                    continue;
                }
                if is_only_one && gone(&file) {
                    remove_unchanged(memory, &file.place, &file.digest);
                } else {
                    // A later build may remove it.
                    new.committed.push(file);
                }
            }
        }
        memory.remember_invocation(key, &new);
    }
}

fn remove_unchanged(memory: &mut Memory, place: &Path, digest: &Digest) {
    if memory.files.digest(place) == Some(*digest)
        && let Err(error) = fs::remove_file(place)
    {
        notice::tell(format_args!("warning: {} is left from an earlier build: {error}", place.display()));
    }
}
