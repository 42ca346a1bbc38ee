//! Knows when a command may change files that are not its outputs, and what that means for those that run beside it.
//!
//! In the serial build such a change is made when all commands before are done, and Python has changed nothing behind. What
//! the command reads of the kind, say a count, has to be what they have left there.

use std::path::{Path, PathBuf};

use ambidex_graph::{NodeId, Seq, State};

use super::Program;
use super::changes::Changed;

/// Whether a command may change what it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Now,
    /// Others are before it.
    Later,
    /// It is not wanted any more.
    Never,
}

impl Program {
    /// Whether the turn of a command that runs has come. One for which it comes too late, since Python has gone on and
    /// changed something, is taken for misled: it will be ended, and run again when Python is back before that.
    pub fn turn(&mut self, node: NodeId) -> Turn {
        if self.graph.state(node) != State::Running {
            return Turn::Never;
        }
        let Some(first) = self.recordings_of(node).first().copied() else { return Turn::Never };
        if self.confirmed() < first.index() {
            return Turn::Later;
        }
        let is_late = self.changes.all.iter().any(|changed| changed.nodes.contains(&node));
        if is_late && self.has_snapshot() && !self.awaited.contains(&first.index()) {
            self.changes.waited_for.insert(self.jobs[node.index()].setting.program.clone());
            self.changes.misled.insert(node);
            return Turn::Later;
        }
        self.changes.waited_for.insert(self.jobs[node.index()].setting.program.clone());
        self.changes.let_out.insert(node);
        Turn::Now
    }

    /// A command has ended that was let change what it likes: these files, if that is known. What has begun beside it may
    /// have met what was there before.
    pub(super) fn spread(&mut self, node: NodeId, changed: Option<Vec<PathBuf>>) {
        let own = self.recordings_of(node);
        let Some(first) = own.first().copied() else { return };
        // For these it ran once, and the serial build would have run it for each.
        let predicted = own.iter().skip(1).filter(|seq| !self.awaited.contains(&seq.index()));
        self.changes.repeated.extend(predicted);
        let changed = changed.unwrap_or_else(|| vec![PathBuf::from("/")]);
        let paths: Vec<&Path> = changed.iter().map(PathBuf::as_path).collect();
        let all: Vec<NodeId> = self.graph.all_nodes().collect();
        let is_behind = |node: &NodeId| self.graph.first_recording(*node) > first;
        let (running, done): (Vec<_>, Vec<_>) = all
            .into_iter()
            .filter(is_behind)
            .filter(|node| matches!(self.graph.state(*node), State::Running | State::Done))
            .partition(|node| self.graph.state(*node) == State::Running);
        for node in done {
            if self.may_have_read(node, &paths) {
                self.changes.misled.insert(node);
            }
        }
        for path in changed {
            self.changes.all.push(Changed { path, nodes: running.iter().copied().collect() });
        }
        // Nor may anything that was found out about files count any more.
        self.inputs_change();
        self.changes.unseen = true;
        if let Some(tree) = &self.tree {
            tree.memory().files.doubt();
        }
    }

    /// The recordings of a node that count.
    fn recordings_of(&self, node: NodeId) -> Vec<Seq> {
        let counts = |seq: &Seq| self.graph.node_of(*seq) == node && !self.graph.is_cancelled(*seq);
        self.graph.program().filter(counts).collect()
    }
}
