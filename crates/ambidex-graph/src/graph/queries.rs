//! Queries about a graph, and updates about the places that its caller manages.

use super::Graph;
use crate::action::{Access, Version};
use crate::ids::{GroupId, Key, NodeId, PathId, Seq};

impl Graph {
    /// Returns whether the serial build would never reach a command recorded in this group now.
    pub fn is_past_failure(&self, group: GroupId) -> bool {
        self.fatal.is_some() || self.groups[group.index()].failed.is_some()
    }

    /// Returns the version that a read of a path at the end of the program means, or `None` for the initial content.
    pub fn newest_version(&self, path: PathId) -> Option<Version> {
        self.effective(path, None).map(|seq| self.version_of(seq))
    }

    /// Returns the versions that are the newest of their path but not at its place, in the order of the paths. All
    /// nodes must be settled.
    pub fn uncommitted(&self) -> impl Iterator<Item = (PathId, Version)> + '_ {
        self.paths.all().filter_map(|path| {
            let newest = self.effective(path, None)?;
            (self.paths.placed(path) != Some(newest)).then(|| (path, self.version_of(newest)))
        })
    }

    /// Notes that the newest version was put at the path's place.
    pub fn committed(&mut self, path: PathId) {
        let newest = self.effective(path, None);
        self.paths.place(path, newest);
    }

    /// Notes that the path's place holds again what it held before it got a version.
    pub fn uncommitted_again(&mut self, path: PathId) {
        self.paths.place(path, None);
    }

    /// Returns whether a path's place holds what a node should find there, whether earlier commands made it or it was
    /// there at the start. Without a node: what a command at the end of the program should find.
    pub fn is_at_place(&self, path: PathId, node: Option<NodeId>) -> bool {
        let newest = self.effective(path, node.and_then(|node| self.live_recording(node)));
        // A command that writes there itself may not have done so yet.
        let is_made = |seq: Seq| self.nodes[self.node_of(seq).index()].state.settled();
        newest == self.paths.placed(path) && newest.is_none_or(is_made)
    }

    /// Returns whether a path means the same version to all recordings of a node that are not cancelled.
    pub fn is_one_version(&self, path: PathId, node: NodeId) -> bool {
        let live = self.recordings_of(node).filter(|seq| !self.recordings[seq.index()].cancelled);
        let mut versions = live.map(|seq| self.effective(path, Some(seq)));
        let first = versions.next();
        versions.all(|version| Some(version) == first)
    }

    /// Returns the version that a node should find at a path, or without a node, a command at the end of the program.
    pub fn version_for(&self, path: PathId, node: Option<NodeId>) -> Option<Version> {
        let own = node.and_then(|node| self.live_recording(node));
        self.effective(path, own).map(|seq| self.version_of(seq))
    }

    /// Returns how many commands were recorded.
    pub fn recorded(&self) -> usize {
        self.recordings.len()
    }

    /// Returns how many nodes exist.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Returns the node of a recording.
    pub fn node_of(&self, seq: Seq) -> NodeId {
        self.recordings[seq.index()].node
    }

    /// Returns the key of a node.
    pub fn key(&self, node: NodeId) -> Key {
        self.nodes[node.index()].key
    }

    /// Returns the first recording of a node.
    pub fn first_recording(&self, node: NodeId) -> Seq {
        self.nodes[node.index()].first_recording
    }

    /// Returns the group of a recording.
    pub fn group_of(&self, seq: Seq) -> GroupId {
        self.recordings[seq.index()].group
    }

    /// Returns whether this recording is unreachable because an earlier command failed.
    pub fn is_cancelled(&self, seq: Seq) -> bool {
        self.recordings[seq.index()].cancelled
    }

    /// Returns the newest recording.
    pub fn last(&self) -> Option<Seq> {
        self.recordings.len().checked_sub(1).map(Seq::new)
    }

    /// Returns the nth recording, counted from 0.
    pub fn recording(&self, n: usize) -> Option<Seq> {
        (n < self.recordings.len()).then(|| Seq::new(n))
    }

    /// Returns all recordings in program order.
    pub fn program(&self) -> impl Iterator<Item = Seq> + use<> {
        (0..self.recordings.len()).map(Seq::new)
    }

    /// Returns all nodes, in the order of their first recordings.
    pub fn all_nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId::new)
    }

    /// Returns the nodes that a node waited for when it was recorded.
    pub fn dependencies(&self, node: NodeId) -> &[NodeId] {
        self.dependencies.get(node.index())
    }

    /// Returns the paths that a node reads, each with the node that wrote it, or with `None` if the file was there
    /// before or was changed from outside since. Yields nothing for an unreachable node.
    pub fn sources(&self, node: NodeId) -> impl Iterator<Item = (PathId, Option<NodeId>)> + '_ {
        let own = self.live_recording(node);
        let reads = own.map(|own| self.reads.get(node.index()).iter().map(move |read| (own, read)));
        let writer = |(own, read): (Seq, &Access)| {
            (read.path, self.effective(read.path, Some(own)).map(|seq| self.node_of(seq)))
        };
        reads.into_iter().flatten().map(writer)
    }

    /// Returns whether another node reads an output of this one.
    pub fn is_consumed(&self, node: NodeId) -> bool {
        self.nodes[node.index()].consumed
    }
}
