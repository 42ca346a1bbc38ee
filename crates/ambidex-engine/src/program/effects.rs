//! Knows when a command may change files that are not its outputs: only while Python waits for it.
//!
//! Nobody could take such a change back, and Python and other commands may look at the files at any time. In the serial build
//! all before it is done then, and nothing behind it has begun.

use ambidex_graph::{NodeId, Seq, State};

use super::Program;
use crate::job::Life;

/// Whether a command may change what it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Now,
    /// Python comes to it again, and waits for it then. This process of it is to be ended, if it has one already.
    Again(Option<u32>),
}

impl Program {
    /// Whether a command that asks may change what it likes.
    pub fn turn(&mut self, node: NodeId) -> Turn {
        let pid = match self.jobs[node.index()].life {
            Life::Running(pid) => pid,
            // What it has left running goes on as it does without us.
            Life::Waiting(_) | Life::Ended(_) => return Turn::Now,
        };
        let counts = |seq: &Seq| self.graph.node_of(*seq) == node && !self.graph.is_cancelled(*seq);
        let is_awaited = self.graph.program().filter(counts).any(|seq| self.awaited.contains(&seq.index()));
        if is_awaited || !self.has_snapshot() && self.graph.state(node) == State::Running {
            self.changes.by_commands.insert(node);
            return Turn::Now;
        }
        self.end_predictions();
        // However it ends.
        self.changes.misled.insert(node);
        Turn::Again(pid)
    }

    /// A command has ended that changed more than its outputs: nothing that is known of files counts any more.
    pub(super) fn end_of_changes(&mut self) {
        self.inputs_change();
        self.changes.unseen = true;
        if let Some(tree) = &self.tree {
            tree.memory().files.doubt();
        }
    }
}
