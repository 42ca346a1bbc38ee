//! What a program has made since it last came to an end of a build, and what of an earlier one goes with it.

use std::fs;
use std::path::{Path, PathBuf};

use ambidex_store::Digest;

use crate::base::growth::push;
use crate::base::notice;
use crate::memory::Memory;
use crate::memory::record::{ActionKey, Committed, Invocation};

/// What was made since the last end of a build.
#[derive(Debug, Default)]
pub(crate) struct Conclusion {
    /// How many ends there were.
    ends: u64,
    /// How many recordings were taken in.
    pub recorded: usize,
    /// How many extensions that were spared were.
    pub spared: usize,
    actions: Vec<ActionKey>,
    committed: Vec<Committed>,
    units: Vec<Digest>,
}

impl Conclusion {
    /// A command was recorded.
    pub fn add_action(&mut self, key: ActionKey) {
        push(&mut self.actions, key);
    }

    /// A file was put to its own place.
    pub fn add_file(&mut self, extension: Option<String>, place: PathBuf, digest: Digest) {
        self.committed.push(Committed { extension, place, digest });
    }

    /// The commands of an extension were looked at as a whole, with Python in this state.
    pub fn add_unit(&mut self, state: Digest) {
        self.units.push(state);
    }

    /// The build of these extensions has come to its end, and well. What the same program has made for extensions
    /// that there are no more is removed, if nobody has changed it since. `program` says which one it is.
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
                    // It may go in a later build.
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
