//! The outputs of a program that its commands looked at without naming them in their command lines.
//!
//! The result of such a look depends on its time: while an output is not at its place, the disk does not show what the
//! serial build would find there. So the result of a command with such a look is not reused then.

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use ambidex_graph::{NodeId, PathId, Version};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::Program;
use crate::base::paths::{PathTable, with_targets};
use crate::memory::Memory;
use crate::memory::files::{FileId, Files, FindingId};
use crate::observe::looks::View;

/// The looks and the outputs of a program, which come in any order and are matched by hashes of their names. An output
/// has one spelling; a look may name its directory with `..` or through a link.
#[derive(Debug, Default)]
pub(crate) struct SeenOutputs {
    looks: FxHashMap<u64, Vec<FileId>>,
    /// The number of looks that were taken in.
    taken: usize,
    known: FxHashSet<PathId>,
    outputs: FxHashMap<u64, Vec<PathId>>,
    /// The looks that see outputs, with these outputs.
    seen: FxHashMap<FileId, Vec<PathId>>,
    /// The looks that see outputs through links at their own paths, and the state of which this is known.
    linked: FxHashMap<FileId, Vec<PathId>>,
    linked_in: Option<LinksKnown>,
}

/// All on which it depends which looks see outputs through links: the epoch, the number of links, that of outputs.
type LinksKnown = (u32, usize, usize);

impl SeenOutputs {
    /// Adds a path that a command writes.
    pub fn add_output(&mut self, path: PathId, paths: &mut PathTable, files: &Files) {
        if !self.known.insert(path) {
            return;
        }
        let place = paths.shared(path);
        for key in [key_of(&place, false), place.parent().map_or(0, |folder| key_of(folder, true))] {
            self.outputs.entry(key).or_default().push(path);
            for look in self.looks.get(&key).into_iter().flatten() {
                if sees(files, *look, &place, paths) {
                    self.seen.entry(*look).or_default().push(path);
                }
            }
        }
    }

    /// Takes in the looks since the last call.
    fn take_in(&mut self, files: &Files, paths: &mut PathTable) {
        for look in files.since(self.taken) {
            let path = files.path(look);
            let key = match files.view(look).lists(path) {
                Some(folder) => key_of(&paths.folder(folder), true),
                None => key_of(path, false),
            };
            self.looks.entry(key).or_default().push(look);
            for path in self.outputs.get(&key).into_iter().flatten() {
                if sees(files, look, &paths.shared(*path), paths) {
                    self.seen.entry(look).or_default().push(*path);
                }
            }
        }
        self.taken = files.count();
        let now = (files.epoch(), files.links().count(), self.known.len());
        if self.linked_in != Some(now) {
            self.linked_in = Some(now);
            self.linked = self.through_links(files, paths);
        }
    }

    /// Returns the looks that see outputs through links at their own paths, with these outputs.
    fn through_links(&self, files: &Files, paths: &mut PathTable) -> FxHashMap<FileId, Vec<PathId>> {
        if self.known.is_empty() {
            return FxHashMap::default();
        }
        let mut output = |target: PathBuf| {
            let spelled = paths.spelling(&target, Path::new("/"));
            paths.known(&spelled).filter(|path| self.known.contains(path))
        };
        let linked = files.links().filter_map(|look| {
            let targets = with_targets(files.path(look).to_owned()).skip(1);
            let outputs: Vec<PathId> = targets.filter_map(&mut output).collect();
            (!outputs.is_empty()).then_some((look, outputs))
        });
        linked.collect()
    }

    /// Returns the outputs that a look sees.
    fn seen_by(&self, look: FileId) -> impl Iterator<Item = PathId> + '_ {
        [&self.seen, &self.linked].into_iter().filter_map(move |seen| seen.get(&look)).flatten().copied()
    }
}

/// Returns the hash that an output shares with looks at it, or with listings of its directory.
fn key_of(path: &Path, lists: bool) -> u64 {
    let mut hasher = FxHasher::default();
    (path.file_name(), lists).hash(&mut hasher);
    hasher.finish()
}

/// Returns whether a look at one of the names of a place shows what is there.
fn sees(files: &Files, look: FileId, place: &Path, paths: &mut PathTable) -> bool {
    let (path, view) = (files.path(look), files.view(look));
    let spelled = match view {
        View::Names => paths.folder(path),
        _ => paths.spelling(path, Path::new("/")),
    };
    view.shows(&spelled, place)
}

impl Program {
    /// Returns whether any of these looks sees an output that is not at its place at the node's position in the
    /// program, or, without a node, at the program's end.
    pub fn sees_pending(
        &mut self,
        node: Option<NodeId>,
        memory: &mut Memory,
        looks: impl FnOnce(&Memory) -> Vec<FindingId>,
    ) -> bool {
        self.seen_outputs.take_in(&memory.files, &mut self.paths);
        let seen = &self.seen_outputs;
        if seen.seen.is_empty() && seen.linked.is_empty() {
            return false;
        }
        let looks = looks(memory);
        let files = &mut memory.files;
        looks
            .into_iter()
            .any(|id| seen.seen_by(files.finding(id).file).any(|path| !self.is_there(files, path, node)))
    }

    /// Checks whether a node that has ended has seen one version of an output where its repetitions should have seen
    /// another. They were merged with it while it ran.
    pub(super) fn check_repetitions(&mut self, node: NodeId) {
        let Some(tree) = self.tree.clone().filter(|_| self.graph.recordings_of(node).nth(1).is_some()) else {
            return;
        };
        let memory = &*tree.memory();
        let Some(looks) = self.looks_of(node, memory) else { return };
        self.seen_outputs.take_in(&memory.files, &mut self.paths);
        let seen = |id: &FindingId| self.seen_outputs.seen_by(memory.files.finding(*id).file);
        if looks.iter().flat_map(seen).any(|path| !self.graph.is_one_version(path, node)) {
            self.changes.misled.insert(node);
        }
    }

    /// Returns whether a path's place holds what a node should find there (see [`Graph::is_at_place`]), or the same
    /// content.
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
