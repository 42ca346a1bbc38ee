//! A command as the graph sees it: the paths it reads and writes, and whether these can be renamed.

use crate::ids::{GroupId, Key, PathId};

/// The path where a command must find or leave a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Any path: the command line can be rewritten without changing what the command produces.
    Renamable,
    /// Only the file's own path: its name shows in the result, or side files are named after it.
    InPlace,
}

/// A path that a command reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The path.
    pub path: PathId,
    /// Whether the command can use another path instead.
    pub at: At,
}

/// A command, as the graph sees it.
#[derive(Clone, Debug)]
pub struct Action {
    /// The recordings that stop if this command fails, and whose failure stops this command.
    pub group: GroupId,
    /// The command's identity.
    pub key: Key,
    /// The files it reads. A command that changes a file in place reads it too.
    pub reads: Vec<Access>,
    /// The files it writes.
    pub writes: Vec<Access>,
    /// The expected duration in microseconds. Only the order of starts depends on it.
    pub weight: u64,
}

/// The result of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It wrote all its outputs.
    Success,
    /// It left none of its renamed outputs. A compiler driver removes an output it could not finish, even one that was
    /// there before (GCC, `gcc.cc`: `delete_failure_queue`).
    Failure,
}

/// The location of a read's content when a node starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// In the renamed output of this node.
    Of(crate::ids::NodeId),
    /// At the path itself.
    AtPlace,
}

/// The content of a version of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// The output that the node wrote.
    Written(crate::ids::NodeId),
    /// Whatever the failed node left there: nothing, a part of its output, or what was there before.
    Left(crate::ids::NodeId),
}

/// A change to a path at its own place that may have to be undone. The caller keeps what was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceChange {
    /// The number that a later [`Undo`] uses to name this change.
    pub token: usize,
    /// The path that changes.
    pub path: PathId,
    /// The kind of change.
    pub change: Change,
}

/// The kind of a [`PlaceChange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The caller puts this version there before the node runs.
    Commit(Version),
    /// The node itself writes there.
    Write,
}

/// A request to restore a path to what it was before the change with this token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undo {
    /// The token of the change.
    pub token: usize,
    /// The path that it changed.
    pub path: PathId,
}

/// The reads of a node and the changes it needs before it runs.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Where the content of each read is, in the order of the action's reads.
    pub reads: Vec<Content>,
    /// Changes at places, in order. The caller makes the commits, and keeps all changes undoable.
    pub changes: Vec<PlaceChange>,
}

/// A path that two or more groups write. The writers would race if the groups were built in parallel.
#[derive(Clone, Debug)]
pub struct Hazard {
    /// The path.
    pub path: PathId,
    /// Whether one of the writers needs the path itself, so that order rather than renaming keeps them apart.
    pub ordered: bool,
    /// The recordings that write it, in program order.
    pub writers: Vec<crate::ids::Seq>,
    /// Whether they are all the same command.
    pub duplicate: bool,
}
