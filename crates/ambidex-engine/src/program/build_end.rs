//! Everything that a program made since the last end of a build, and the outputs of its last run that go because their
//! extensions no longer exist.

use std::fs;
use std::path::{Path, PathBuf};

use ambidex_store::Digest;

use crate::base::growth::push;
use crate::base::notice;
use crate::memory::Memory;
use crate::memory::record::{ActionKey, Committed, Invocation};

/// Everything that a program made since the last end of a build.
#[derive(Debug, Default)]
pub(crate) struct Conclusion {
    /// The number of ends so far.
    ends: u64,
    /// The number of recordings that were gathered.
    pub recorded: usize,
    /// The number of spared extensions that were gathered.
    pub spared: usize,
    actions: Vec<ActionKey>,
    committed: Vec<Committed>,
    units: Vec<Digest>,
}

impl Conclusion {
    /// Adds the action of a recorded command.
    pub fn add_action(&mut self, key: ActionKey) {
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
    /// extensions that no longer exist, unless somebody has changed them since. `program` identifies the program.
    pub fn end(&mut self, memory: &mut Memory, program: &str, extensions: Option<&[String]>) {
        let key = Digest::of(format!("{program}\0{}", self.ends).as_bytes());
        self.ends += 1;
        let mut new = Invocation {
            actions: std::mem::take(&mut self.actions),
            committed: std::mem::take(&mut self.committed),
            units: std::mem::take(&mut self.units),
        };
        new.actions.sort_unstable();
        new.actions.dedup();
        let gone = |file: &Committed| match (extensions, &file.extension) {
            (Some(extensions), Some(name)) => !extensions.contains(name),
            _ => false,
        };
        if let Some(old) = memory.invocation(&key) {
            for file in old.committed {
                let kept = new.committed.iter().any(|other| other.place == file.place)
                    || memory.is_committed_elsewhere(&key, &file.place);
                if kept {
                    continue;
                }
                if gone(&file) {
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
