//! The life of a node: ready, started, finished, and the changes that a failure undoes.

use crate::action::{Access, At, Change, Content, Outcome, Start, Undo, Version};
use crate::graph::{Graph, State};
use crate::ids::{GroupId, NodeId, Seq};

impl Graph {
    /// Returns how many nodes can be started now. None can while changes at places have to be undone.
    pub fn ready(&self) -> usize {
        if self.to_undo.is_empty() { self.ready.len() } else { 0 }
    }

    /// Returns the nth of the nodes that can be started. The first has the heaviest chain of work after it.
    pub fn nth_ready(&self, n: usize) -> Option<NodeId> {
        (n < self.ready()).then(|| self.ready.iter().nth(n).map(|(_, id)| *id)).flatten()
    }

    /// Returns whether nothing more will happen unless another command is recorded.
    pub fn is_settled(&self) -> bool {
        self.unsettled == 0 && self.to_undo.is_empty()
    }

    /// Returns how many nodes are not settled.
    pub fn unsettled(&self) -> usize {
        self.unsettled
    }

    /// Returns how many nodes are running.
    pub fn running(&self) -> usize {
        self.running
    }

    /// Returns the state of a node.
    pub fn state(&self, node: NodeId) -> State {
        self.nodes[node.index()].state
    }

    /// Returns how long a node takes, in the unit of its action.
    pub fn weight(&self, node: NodeId) -> u64 {
        self.nodes[node.index()].weight.into()
    }

    /// Returns the earliest failure that cancelled everything after it.
    pub fn fatal(&self) -> Option<Seq> {
        self.fatal
    }

    /// Notes that the caller has handled the failure that ended the program. Commands recorded from now on count again.
    pub fn acknowledge(&mut self) {
        self.fatal = None;
    }

    /// Returns the first recording of the group that failed, unless it was cancelled since.
    pub fn failure(&self, group: GroupId) -> Option<Seq> {
        let failed = self.groups[group.index()].failed?;
        (!self.recordings[failed.index()].cancelled).then_some(failed)
    }

    /// Returns where the contents of a node's reads are, if it can be started now and needs no change at any place.
    pub fn preview(&self, id: NodeId) -> Option<Vec<Content>> {
        let node = &self.nodes[id.index()];
        if node.state != State::Ready || !self.to_undo.is_empty() {
            return None;
        }
        if self.writes.get(id.index()).iter().any(|write| write.at == At::InPlace) {
            return None;
        }
        let own = self.own(id);
        let content = |read: &Access| match self.effective(read.path, Some(own)) {
            None => Some(Content::AtPlace),
            Some(seq) => match self.version_of(seq) {
                Version::Written(writer)
                    if read.at == At::Renamable && !self.writes_at_place(seq, read.path) =>
                {
                    Some(Content::Of(writer))
                }
                _ => (self.paths.placed(read.path) == Some(seq)).then_some(Content::AtPlace),
            },
        };
        self.reads.get(id.index()).iter().map(content).collect()
    }

    /// Starts a ready node.
    ///
    /// # Panics
    /// If the node isn't ready.
    pub fn start(&mut self, id: NodeId) -> Start {
        let node = &mut self.nodes[id.index()];
        assert_eq!(node.state, State::Ready, "only a ready node can be started");
        self.ready.remove(&(std::cmp::Reverse(node.path_weight), id));
        node.state = State::Running;
        self.running += 1;
        let own = self.own(id);
        let mut start = Start::default();
        for read in self.reads.get(id.index()).to_vec() {
            // The node's other recordings read the same version. Otherwise they would not be twins.
            let version = self.effective(read.path, Some(own));
            let Some(seq) = version else {
                start.reads.push(Content::AtPlace);
                continue;
            };
            let content = self.version_of(seq);
            let written_there = self.writes_at_place(seq, read.path);
            match content {
                Version::Written(node) if read.at == At::Renamable && !written_there => {
                    start.reads.push(Content::Of(node));
                }
                _ => {
                    start.reads.push(Content::AtPlace);
                    if self.paths.placed(read.path) != Some(seq) {
                        let change = Change::Commit(content);
                        start.changes.push(self.note_change(seq, read.path, version, change));
                    }
                }
            }
        }
        for write in self.writes.get(id.index()).to_vec() {
            if write.at == At::InPlace {
                start.changes.push(self.note_change(own, write.path, Some(own), Change::Write));
            }
        }
        start
    }

    /// Ends a started node. Returns the running nodes that are no longer needed. The caller must stop them, and finish
    /// them as well when they have ended.
    pub fn finish(&mut self, id: NodeId, outcome: Outcome) -> Vec<NodeId> {
        let state = self.nodes[id.index()].state;
        self.running -= 1;
        match (state, outcome) {
            (State::Doomed, _) => {
                self.doomed -= 1;
                self.settle(id, State::Cancelled);
                Vec::new()
            }
            (State::Running, Outcome::Success) => {
                self.settle(id, State::Done);
                Vec::new()
            }
            (State::Running, Outcome::Failure) => {
                // Cancel first, so that no node after the failure becomes ready when this node ends.
                let recordings: Vec<Seq> = self.recordings_of(id).collect();
                let mut stop = Vec::new();
                for seq in recordings {
                    if !self.recordings[seq.index()].cancelled {
                        stop.extend(self.fail(seq));
                    }
                }
                self.settle(id, State::Failed);
                stop
            }
            _ => panic!("only a started node can be finished, not one that is {state:?}"),
        }
    }

    /// Cancels everything that is not settled, as if the program had ended before it.
    pub fn cancel_all(&mut self) -> Vec<NodeId> {
        let all: Vec<Seq> =
            self.program().filter(|seq| !self.nodes[self.node_of(*seq).index()].state.settled()).collect();
        self.cancel(all)
    }

    /// Goes back with Python to where it was before the recording `from`. That recording and all after it are
    /// cancelled, and no failure among them counts. The next recordings take their place. Returns the running nodes
    /// that are no longer needed, as [`Graph::finish`] does.
    pub fn roll_back(&mut self, from: usize) -> Vec<NodeId> {
        let behind = self.program().skip(from).collect();
        let stop = self.cancel(behind);
        let counts = |failed: &Seq| failed.index() < from;
        self.fatal = self.fatal.filter(counts);
        for group in &mut self.groups {
            group.failed = group.failed.filter(counts);
        }
        stop
    }

    /// Returns the changes at places that have to be undone, in this order, once no doomed node is running any more.
    /// The caller calls [`Graph::undone`] when it has undone them.
    pub fn undo(&self) -> Vec<Undo> {
        if self.doomed > 0 {
            return Vec::new();
        }
        self.to_undo.iter().map(|&token| Undo { token, path: self.placed[token].path }).collect()
    }

    /// Notes that the changes named by [`Graph::undo`] have been undone.
    pub fn undone(&mut self) {
        for token in std::mem::take(&mut self.to_undo) {
            let change = &mut self.placed[token];
            change.undone = true;
            self.paths.place(change.path, change.before);
        }
    }

    /// Notes that a recording failed, and cancels what is now unreachable.
    pub(crate) fn fail(&mut self, seq: Seq) -> Vec<NodeId> {
        let id = self.recordings[seq.index()].group;
        let group = &mut self.groups[id.index()];
        if group.failed.is_none_or(|earlier| seq < earlier) {
            group.failed = Some(seq);
        }
        let fatal = group.fatal;
        let behind: Vec<Seq> = if fatal {
            self.fatal = Some(self.fatal.map_or(seq, |earlier| earlier.min(seq)));
            self.program().skip(seq.index() + 1).collect()
        } else {
            group.recordings.iter().copied().filter(|other| *other > seq).collect()
        };
        self.cancel(behind)
    }

    fn cancel(&mut self, recordings: Vec<Seq>) -> Vec<NodeId> {
        let mut stop = Vec::new();
        for seq in recordings {
            if std::mem::replace(&mut self.recordings[seq.index()].cancelled, true) {
                continue;
            }
            let id = self.recordings[seq.index()].node;
            if self.recordings_of(id).any(|s| !self.recordings[s.index()].cancelled) {
                continue;
            }
            match self.nodes[id.index()].state {
                State::Waiting(_) | State::Ready => self.settle(id, State::Cancelled),
                State::Running => {
                    self.nodes[id.index()].state = State::Doomed;
                    self.doomed += 1;
                    stop.push(id);
                }
                State::Done | State::Failed => self.nodes[id.index()].state = State::Cancelled,
                State::Doomed | State::Cancelled => {}
            }
        }
        let cancelled =
            |change: &crate::graph::Placed| !change.undone && self.recordings[change.cause.index()].cancelled;
        self.to_undo = (0..self.placed.len()).rev().filter(|t| cancelled(&self.placed[*t])).collect();
        stop
    }

    fn settle(&mut self, id: NodeId, state: State) {
        let node = &mut self.nodes[id.index()];
        if node.state == State::Ready {
            self.ready.remove(&(std::cmp::Reverse(node.path_weight), id));
        }
        node.state = state;
        self.unsettled -= 1;
        let mut dependents = std::mem::take(&mut node.dependents);
        while let Some(dependent) = self.dependents.pop(&mut dependents) {
            let other = &mut self.nodes[dependent.index()];
            if let State::Waiting(count) = &mut other.state {
                *count -= 1;
                self.make_ready_if_free(dependent);
            }
        }
    }
}
