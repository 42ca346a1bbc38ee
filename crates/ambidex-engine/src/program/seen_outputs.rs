//! Which outputs of a program its commands were seen to look at otherwise than by their command lines.
//!
//! What such a look finds is a matter of when it is made: as long as an output is not at its place, the disk does not say
//! what the serial build would find there. So what came of it is not had again then.

use std::hash::{Hash, Hasher};
use std::path::Path;

use ambidex_graph::{NodeId, PathId, Version};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::Program;
use crate::base::paths::PathTable;
use crate::memory::Memory;
use crate::memory::files::{FileId, Files, FindingId};
use crate::observe::looks::View;

/// See the module. Looks and outputs come in any order, and are held against each other by hashes of their names.
#[derive(Debug, Default)]
pub(crate) struct SeenOutputs {
    looks: FxHashMap<u64, Vec<FileId>>,
    /// How many looks were taken in.
    taken: usize,
    known: FxHashSet<PathId>,
    outputs: FxHashMap<u64, Vec<PathId>>,
    /// The looks that see outputs.
    seen: FxHashMap<FileId, Vec<PathId>>,
}

impl SeenOutputs {
    /// A command writes this path.
    pub fn add_output(&mut self, path: PathId, place: &Path, files: &Files) {
        if !self.known.insert(path) {
            return;
        }
        for key in [key_of(place, false), place.parent().map_or(0, |folder| key_of(folder, true))] {
            self.outputs.entry(key).or_default().push(path);
            for look in self.looks.get(&key).into_iter().flatten() {
                if sees(files, *look, place) {
                    self.seen.entry(*look).or_default().push(path);
                }
            }
        }
    }

    /// Takes in what was looked at since the last time.
    fn take_in(&mut self, files: &Files, paths: &PathTable) {
        for look in files.since(self.taken) {
            let key = key_of(files.path(look), files.view(look) == View::Names);
            self.looks.entry(key).or_default().push(look);
            for path in self.outputs.get(&key).into_iter().flatten() {
                if sees(files, look, paths.place(*path)) {
                    self.seen.entry(look).or_default().push(*path);
                }
            }
        }
        self.taken = files.count();
    }
}

/// What looks at a file, or lists a folder, and outputs have in common.
fn key_of(path: &Path, lists: bool) -> u64 {
    let mut hasher = FxHasher::default();
    (path.file_name(), lists).hash(&mut hasher);
    hasher.finish()
}

fn sees(files: &Files, look: FileId, place: &Path) -> bool {
    let path = files.path(look);
    if files.view(look) == View::Names { place.parent() == Some(path) } else { place == path }
}

impl Program {
    /// Whether any of these looks sees an output that is not at its place where a node is in the program; at its end
    /// without one.
    pub fn sees_pending(
        &mut self,
        node: Option<NodeId>,
        memory: &mut Memory,
        looks: impl FnOnce(&Memory) -> Vec<FindingId>,
    ) -> bool {
        self.seen_outputs.take_in(&memory.files, &self.paths);
        let seen = &self.seen_outputs.seen;
        if seen.is_empty() {
            return false;
        }
        let looks = looks(memory);
        let files = &mut memory.files;
        looks.into_iter().any(|id| {
            let paths = seen.get(&files.finding(id).file);
            paths.into_iter().flatten().any(|path| !self.is_there(files, *path, node))
        })
    }

    /// A node has ended. Repetitions were merged with it while it ran: looks whether it has seen an output of which they
    /// should have seen another version.
    pub(super) fn check_repetitions(&mut self, node: NodeId) {
        let Some(tree) = self.tree.clone().filter(|_| self.graph.recordings_of(node).nth(1).is_some()) else {
            return;
        };
        let memory = &*tree.memory();
        let Some(looks) = self.looks_of(node, memory) else { return };
        self.seen_outputs.take_in(&memory.files, &self.paths);
        let seen = |id: &FindingId| self.seen_outputs.seen.get(&memory.files.finding(*id).file);
        if looks.iter().filter_map(seen).flatten().any(|path| !self.graph.is_one_version(*path, node)) {
            self.changes.misled.insert(node);
        }
    }

    /// Whether a path's place holds what a node should find there (see [`Graph::is_at_place`]), or the very same.
    ///
    /// [`Graph::is_at_place`]: ambidex_graph::Graph::is_at_place
    pub(super) fn is_there(&self, files: &mut Files, path: PathId, node: Option<NodeId>) -> bool {
        if self.is_kept(path) {
            return false;
        }
        match self.graph.version_for(path, node) {
            _ if self.graph.is_at_place(path, node) => true,
            Some(Version::Written(writer)) => self.is_output_there(files, path, writer),
            _ => false,
        }
    }
}
