//! What Python has changed while commands were not done, and which of those have read it.
//!
//! In the serial build a command is over before Python changes anything behind it. Here Python goes on: a command that
//! reads what was changed meanwhile may have done something else. What it has read is known when it has ended.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_graph::{NodeId, State};

use super::Program;
use crate::execute::outcome::Inputs;
use crate::observe::looks::View;

/// A file or folder that was changed, made or removed.
#[derive(Debug)]
struct Changed {
    path: PathBuf,
    /// The nodes that were not settled then.
    nodes: HashSet<NodeId>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    all: Vec<Changed>,
    /// The nodes that may have read what was changed after they were recorded.
    pub(super) misled: HashSet<NodeId>,
    /// Whether something was changed since the engine has last looked at files.
    pub unseen: bool,
    /// Whether other processes change files beside this one: when they have done what they asked for, nobody says.
    pub by_others: bool,
    /// The nodes that change more than their outputs.
    pub(super) by_commands: HashSet<NodeId>,
    /// Programs of which a run could not be observed.
    unobserved: HashSet<Arc<Path>>,
}

impl Program {
    /// Python changes this path, in a way that can be taken back. Says whether it may do so at once; else all commands
    /// have to end first, since nobody would see what they have read.
    pub fn note_change(&mut self, path: &Path) -> bool {
        if path.is_dir() {
            // What was in it and is then found elsewhere has other names.
            return false;
        }
        let unsettled = |node: &NodeId| !self.graph.state(*node).settled();
        let nodes: HashSet<NodeId> = self.graph.all_nodes().filter(unsettled).collect();
        let program = |node: &NodeId| &self.jobs[node.index()].setting.program;
        if nodes.iter().any(|node| self.changes.unobserved.contains(program(node))) {
            // It would have to be taken for one that has read the file.
            return false;
        }
        if !nodes.is_empty() {
            self.changes.all.push(Changed { path: path.to_owned(), nodes });
        }
        true
    }

    /// A node has ended well: looks whether it has read what was changed since it was recorded.
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

    /// Whether a node that has ended well may have done something else than in the serial build.
    pub(super) fn is_misled(&self, node: NodeId) -> bool {
        self.changes.misled.contains(&node)
    }

    /// Nothing is pending any more that could read what was changed.
    pub(super) fn end_changes(&mut self) {
        self.changes.all.clear();
    }

    /// Python is where it was before.
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
            // Of an archive all is declared.
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
            let listed = |changed: &Path| view == View::Names && changed.parent() == Some(&path);
            let spelled = self.paths.spelling(&path, Path::new("/"));
            let is_seen = |changed: &&Path| {
                path.starts_with(changed) || spelled.starts_with(changed) || listed(changed)
            };
            changed.iter().any(is_seen) || leads_to(&path, changed)
        })
    }
}

/// Whether a link at a path leads to one of these.
fn leads_to(path: &Path, changed: &[&Path]) -> bool {
    let is_link = path.symlink_metadata().is_ok_and(|data| data.is_symlink());
    is_link && path.canonicalize().is_ok_and(|real| changed.iter().any(|changed| real.starts_with(changed)))
}
