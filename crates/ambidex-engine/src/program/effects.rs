//! When a command may change files that are not its outputs, or look at outputs of other commands: while Python waits
//! for it.
//!
//! Nothing could undo such a change, and Python and other commands may look at the files at any time. In the serial
//! build, everything before the command is done and at its place by then, and nothing after it has begun.

use ambidex_command::Kind;
use ambidex_graph::{NodeId, PathId, Seq, State};

use super::Program;
use crate::program::job::Life;

/// The answer to a command that asks whether it may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It may do this, and anything else.
    Now,
    /// It may look: it finds what the serial build would find.
    Look,
    /// Python comes to the command again, and waits for it then. This process of the command must be ended, if there is
    /// one already.
    Again(Option<u32>),
}

impl Program {
    /// Returns whether a command may do what it asks for. `seen` lists the outputs of the program that it would look
    /// at, or is `None` if it would change something. `of_others` says whether it would see an output of another
    /// process.
    pub fn turn(&mut self, node: NodeId, seen: Option<&[PathId]>, of_others: bool) -> Turn {
        let pid = match self.jobs[node.index()].life {
            Life::Running(pid) => pid,
            // A process that it has left running goes on as it would without ambidex.
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
            // A call fails, and Python makes it itself. The next call may do nothing of the kind.
            _ if self.jobs[node.index()].kind == Kind::Generate => Turn::Again(pid),
            _ => {
                self.end_predictions();
                // However it ends.
                self.changes.misled.insert(node);
                Turn::Again(pid)
            }
        }
    }

    /// Invalidates everything that is known of files, because a command that changed more than its outputs has ended.
    pub(super) fn end_of_changes(&mut self) {
        self.inputs_change();
        self.changes.unseen = true;
        if let Some(tree) = &self.tree {
            tree.memory().files.invalidate();
        }
    }
}
