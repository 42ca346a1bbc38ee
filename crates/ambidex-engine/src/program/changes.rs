//! The changes that Python made while commands were not done, and the commands that have read them.
//!
//! In the serial build, a command has ended before Python changes anything after it. Here Python goes on, so a command
//! that reads something changed in the meantime may have done something else. The engine learns what a command has read
//! only when the command has ended.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_graph::{NodeId, State};

use super::Program;
use crate::base::paths::with_targets;
use crate::execute::outcome::Inputs;
use crate::observe::looks::View;

/// A file or directory that was changed, created or removed.
#[derive(Debug)]
struct Changed {
    path: PathBuf,
    /// The nodes that were not settled at the time of the change.
    nodes: HashSet<NodeId>,
}

/// The changes that were made while commands were not done, and the nodes that they affect.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    all: Vec<Changed>,
    /// The nodes that may have done something else than in the serial build, such as those that may have read something
    /// that was changed after they were recorded.
    pub(super) misled: HashSet<NodeId>,
    /// Whether something was changed since the engine last looked at files.
    pub unseen: bool,
    /// Whether other processes change files too. They ask before a change, but do not report when it is done.
    pub by_others: bool,
    /// The nodes that change more than their outputs.
    pub(super) by_commands: HashSet<NodeId>,
    /// Executables with a run that could not be observed.
    unobserved: HashSet<Arc<Path>>,
}

impl Program {
    /// Notes that Python changes this path in a way that can be undone. Returns whether Python may do so at once. If
    /// not, all commands must end first, because the engine could not see what they have read.
    pub fn note_change(&mut self, path: &Path) -> bool {
        if path.is_dir() {
            // The contents of a directory may then be found elsewhere, under other names.
            return false;
        }
        let unsettled = |node: &NodeId| !self.graph.state(*node).settled();
        let nodes: HashSet<NodeId> = self.graph.all_nodes().filter(unsettled).collect();
        let program = |node: &NodeId| &self.jobs[node.index()].setting.program;
        if nodes.iter().any(|node| self.changes.unobserved.contains(program(node))) {
            // The engine would have to assume that it has read the file.
            return false;
        }
        if !nodes.is_empty() {
            self.changes.all.push(Changed { path: path.to_owned(), nodes });
        }
        true
    }

    /// Checks whether a node that has ended successfully has read something that was changed since it was recorded.
    pub(super) fn check_reads(&mut self, node: NodeId) {
        let job = &self.jobs[node.index()];
        if let Some(ending) = job.ending()
            && matches!(ending.inputs(), Inputs::Unknown)
            && ending.status == 0
        {
            self.changes.unobserved.insert(job.setting.program.clone());
        }
        let all = std::mem::take(&mut self.changes.all);
        let concerned = all.iter().filter(|changed| changed.nodes.contains(&node));
        let changed: Vec<&Path> = concerned.map(|changed| changed.path.as_path()).collect();
        if !changed.is_empty() && self.may_have_read(node, &changed) {
            self.changes.misled.insert(node);
        }
        self.changes.all = all;
    }

    /// Returns whether a node that has ended successfully may have done something else than in the serial build.
    pub(super) fn is_misled(&self, node: NodeId) -> bool {
        self.changes.misled.contains(&node)
    }

    /// Forgets the changes: nothing is pending any more that could read what was changed.
    pub(super) fn end_changes(&mut self) {
        self.changes.all.clear();
    }

    /// Forgets all changes, because Python is back where it was before.
    pub(super) fn forget_changes(&mut self) {
        self.changes.all.clear();
        self.changes.misled.clear();
        self.changes.unseen = true;
    }

    fn may_have_read(&mut self, node: NodeId, changed: &[&Path]) -> bool {
        let job = &self.jobs[node.index()];
        if self.graph.state(node) != State::Done {
            return false;
        }
        if job.reads.iter().any(|read| changed.iter().any(|path| read.file.starts_with(path))) {
            return true;
        }
        let (Some(ending), Some(tree)) = (job.ending(), self.tree.clone()) else { return true };
        if matches!(ending.inputs(), Inputs::Unknown) {
            // The command line of an archiver names everything that it reads.
            return !job.declares_all;
        }
        let memory = tree.memory();
        let Some(looks) = self.looks_of(node, &memory) else { return true };
        let seen: Vec<(PathBuf, View)> = looks
            .iter()
            .map(|id| {
                (memory.files.path_of(*id).to_owned(), memory.files.view(memory.files.finding(*id).file))
            })
            .collect();
        drop(memory);
        seen.into_iter().any(|(path, view)| {
            let listed = |changed: &Path| view.lists(&path).is_some() && view.shows(&path, changed);
            let is_seen = |changed: &&Path| path.starts_with(changed) || listed(changed);
            // A link was read too, and whatever links it led to.
            changed.iter().any(is_seen)
                || with_targets(path.clone()).any(|target| {
                    let spelled = self.paths.spelling(&target, Path::new("/"));
                    changed.iter().any(|changed| spelled.starts_with(changed))
                })
        })
    }
}
