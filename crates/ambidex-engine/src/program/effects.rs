//! When a command may change files that are not its outputs, or look at outputs of others: while Python waits for it.
//!
//! Nobody could take such a change back, and Python and other commands may look at the files at any time. In the serial build
//! all before it is done then and at its place, and nothing behind it has begun.

use ambidex_graph::{NodeId, PathId, Seq, State};

use super::Program;
use crate::program::job::Life;

/// Whether a command may do what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// This, and whatever else.
    Now,
    /// This look: it finds what the serial build would.
    Look,
    /// Python comes to it again, and waits for it then. This process of it is to be ended, if it has one already.
    Again(Option<u32>),
}

impl Program {
    /// Whether a command may do what it asks for. `seen` is what of the program's outputs it would look at; none if it would
    /// change something. `of_others` if it would see what another process makes.
    pub fn turn(&mut self, node: NodeId, seen: Option<&[PathId]>, of_others: bool) -> Turn {
        let pid = match self.jobs[node.index()].life {
            Life::Running(pid) => pid,
            // What it has left running goes on as it does without us.
            Life::Waiting(_) | Life::Ended(_) => return Turn::Now,
        };
        if seen.is_some_and(<[PathId]>::is_empty) && !of_others {
            return Turn::Look;
        }
        let waits = |seq: Seq| !self.graph.is_cancelled(seq) && self.awaited.contains(&seq.index());
        let is_awaited = self.graph.recordings_of(node).any(waits);
        let may_do_anything = is_awaited || !self.has_snapshot() && self.graph.state(node) == State::Running;
        let tree = self.tree.clone();
        let are_there = |seen: &[PathId]| {
            let Some(tree) = &tree else { return false };
            let files = &mut tree.memory().files;
            seen.iter().all(|path| self.is_there(files, *path, Some(node)))
        };
        match seen {
            Some(seen) if may_do_anything || !of_others && are_there(seen) => Turn::Look,
            None if may_do_anything => {
                self.changes.by_commands.insert(node);
                Turn::Now
            }
            _ => {
                self.end_predictions();
                // However it ends.
                self.changes.misled.insert(node);
                Turn::Again(pid)
            }
        }
    }

    /// A command has ended that changed more than its outputs: nothing that is known of files counts any more.
    pub(super) fn end_of_changes(&mut self) {
        self.inputs_change();
        self.changes.unseen = true;
        if let Some(tree) = &self.tree {
            tree.memory().files.invalidate();
        }
    }
}
