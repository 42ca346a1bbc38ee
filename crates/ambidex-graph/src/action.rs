//! What the graph is told of a command: which paths it reads and writes, and whether these can be renamed.

use crate::ids::{GroupId, Key, PathId};

/// Where a command has to find or leave a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Any path will do: the command line can be rewritten without a change to what the command produces.
    Renamable,
    /// Only the file's own path: its name shows in the result, or side files are named after it.
    InPlace,
}

/// A path that a command reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The path.
    pub path: PathId,
    /// Whether it may be another one.
    pub at: At,
}

/// A command, as the graph sees it.
#[derive(Clone, Debug)]
pub struct Action {
    /// The recordings that it stops when it fails, and that stop it when they fail.
    pub group: GroupId,
    /// Its identity.
    pub key: Key,
    /// What it reads. A command that changes a file in place reads it too.
    pub reads: Vec<Access>,
    /// What it writes.
    pub writes: Vec<Access>,
    /// How long it is thought to take, in microseconds; only the order of starts depends on it.
    pub weight: u64,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It wrote what it writes.
    Success,
    /// It left none of its renamed outputs. A compiler driver removes an output it could not finish, also one
    /// that was there before (GCC, `gcc.cc`: `delete_failure_queue`).
    Failure,
}

/// Where the content of a read is, at the moment a node starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// In the renamed output of that node.
    Of(crate::ids::NodeId),
    /// At the path itself.
    AtPlace,
}

/// What a version of a path consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// What the node wrote.
    Written(crate::ids::NodeId),
    /// What the node, which failed, has left there: nothing, a part, or what was there before.
    Left(crate::ids::NodeId),
}

/// A change to a path at its own place that may have to be taken back. The caller keeps what was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceChange {
    /// By which a later [`Undo`] names this change.
    pub token: usize,
    /// The path that changes.
    pub path: PathId,
    /// What changes it.
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

/// Puts a path back to what it was before the change with that token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undo {
    /// The token of the change.
    pub token: usize,
    /// The path that it changed.
    pub path: PathId,
}

/// What a node needs before it runs.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// For each read of the action, in its order, where the content is.
    pub reads: Vec<Content>,
    /// Changes at places, to be kept undoable and (commits) to be made, in this order.
    pub changes: Vec<PlaceChange>,
}

/// Two or more groups write one path: what would race when the groups were built side by side.
#[derive(Clone, Debug)]
pub struct Hazard {
    /// The path.
    pub path: PathId,
    /// Whether one of the writers had to keep the path, so that order and not renaming keeps them apart.
    pub ordered: bool,
    /// Who writes it, in program order.
    pub writers: Vec<crate::ids::Seq>,
    /// Whether they are all the same command.
    pub duplicate: bool,
}
