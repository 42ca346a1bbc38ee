//! How a recording becomes a node: which versions it reads, which nodes it waits for, which node it repeats.

mod queries;

use std::collections::{BTreeSet, HashMap};

use crate::action::{Access, Action, At, PlaceChange, Version};
use crate::ids::{GroupId, Key, NodeId, PathId, Seq};
use crate::lists::{Chain, Chains, Lists};
use crate::paths::Paths;

/// The state of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Waits for this many other nodes.
    Waiting(u32),
    /// Can be started.
    Ready,
    /// Was started.
    Running,
    /// Was started and is no longer needed. It must be stopped, and its result does not count.
    Doomed,
    /// Ended successfully.
    Done,
    /// Ended with a failure.
    Failed,
    /// Unreachable in the serial build: an earlier command failed.
    Cancelled,
}

impl State {
    /// Returns whether nothing more will happen to the node.
    pub fn settled(self) -> bool {
        matches!(self, State::Done | State::Failed | State::Cancelled)
    }
}

#[derive(Debug)]
pub(crate) struct Node {
    pub state: State,
    /// The nodes that wait for it, in [`Graph::dependents`].
    pub dependents: Chain,
    pub first_recording: Seq,
    pub last_recording: Seq,
    /// The previous node whose key has the same beginning.
    pub older: Option<NodeId>,
    pub weight: u32,
    /// Its own weight plus that of the heaviest chain after it.
    pub path_weight: u64,
    /// Whether another node was recorded as a reader of one of its outputs.
    pub consumed: bool,
    pub key: Key,
}

#[derive(Debug)]
pub(crate) struct Recording {
    pub node: NodeId,
    pub group: GroupId,
    /// The next recording of the same node.
    pub repeated: Option<Seq>,
    pub cancelled: bool,
}

#[derive(Debug)]
pub(crate) struct Group {
    pub fatal: bool,
    pub recordings: Vec<Seq>,
    /// The first recording that failed.
    pub failed: Option<Seq>,
}

/// A change at a place. The graph keeps them in the order in which they were made.
#[derive(Debug)]
pub(crate) struct Placed {
    pub cause: Seq,
    pub path: PathId,
    pub before: Option<Seq>,
    pub undone: bool,
}

/// The result of recording a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The command is a new node.
    New(NodeId),
    /// The command repeats this node.
    Merged(NodeId),
    /// Unreachable: an earlier command failed.
    Skipped,
}

/// The graph of one program: its recordings, nodes and path versions.
#[derive(Debug, Default)]
pub struct Graph {
    pub(crate) nodes: Vec<Node>,
    /// The reads of each node.
    pub(crate) reads: Lists<Access>,
    /// The writes of each node.
    pub(crate) writes: Lists<Access>,
    /// The nodes that each node waited for when it was recorded.
    dependencies: Lists<NodeId>,
    /// The items of the nodes' lists of dependents.
    pub(crate) dependents: Chains<NodeId>,
    pub(crate) recordings: Vec<Recording>,
    pub(crate) groups: Vec<Group>,
    pub(crate) paths: Paths,
    /// The newest node for each beginning of a key. Keys are hashes, so two keys hardly ever begin alike unless they
    /// are equal, and the table need not hold whole keys.
    newest_alike: HashMap<[u8; 4], NodeId>,
    /// Ready nodes, the one with the heaviest chain after it first.
    pub(crate) ready: BTreeSet<(std::cmp::Reverse<u64>, NodeId)>,
    pub(crate) unsettled: usize,
    pub(crate) running: usize,
    pub(crate) doomed: usize,
    /// The earliest failure of a fatal group. Everything after it is cancelled.
    pub(crate) fatal: Option<Seq>,
    pub(crate) placed: Vec<Placed>,
    pub(crate) to_undo: Vec<usize>,
}

/// The versions that a read may mean, as far as is known when it is recorded.
struct Meaning {
    /// Versions that must be settled first.
    candidates: Vec<Seq>,
    /// Whether the file may have to be at its own path.
    touches: bool,
    /// Whether only one version is possible and no failure in another group can change that.
    certain: bool,
}

impl Graph {
    /// Creates an empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a path.
    pub fn path(&mut self) -> PathId {
        self.paths.add()
    }

    /// Adds a group. The failure of a recording in a *fatal* group cancels everything after it.
    pub fn group(&mut self, fatal: bool) -> GroupId {
        self.groups.push(Group { fatal, recordings: Vec::new(), failed: None });
        GroupId::new(self.groups.len() - 1)
    }

    /// Returns the node that this action would repeat, if it reads exactly the same versions. Before calling
    /// [`Graph::merge`], the caller must check that files outside the graph (headers) have not changed.
    pub fn twin(&self, action: &Action) -> Option<NodeId> {
        let newest = self.newest_alike.get(&beginning(&action.key)).copied();
        let mut alike = std::iter::successors(newest, |id| self.nodes[id.index()].older);
        alike.find(|id| self.key(*id) == action.key && self.repeats(action, *id))
    }

    fn repeats(&self, action: &Action, id: NodeId) -> bool {
        let node = &self.nodes[id.index()];
        let usable = !matches!(node.state, State::Cancelled | State::Doomed);
        let (reads, writes) = (self.reads.get(id.index()), self.writes.get(id.index()));
        let movable = writes.iter().all(|w| w.at == At::Renamable);
        if !usable || !movable || reads != action.reads || writes != action.writes {
            return false;
        }
        let first = self.own(id);
        let group = self.recordings[first.index()].group;
        action.reads.iter().all(|read| {
            // The graph has forgotten what a path meant before something outside the program changed it.
            if !self.paths.is_since_change(read.path, first) {
                return false;
            }
            let then = self.meaning(read, group, Some(first));
            let now = self.meaning(read, action.group, None);
            let node_of = |m: &Meaning| m.candidates.first().map(|s| self.recordings[s.index()].node);
            // A version that is read at its place must come from the same recording. If that recording is cancelled,
            // the change at the place is undone, and this node may be running for another recording.
            let in_place = then.touches || now.touches;
            then.certain
                && now.certain
                && node_of(&then) == node_of(&now)
                && (!in_place || then.candidates.first() == now.candidates.first())
        })
    }

    /// Records a command that repeats `node`, the node that [`Graph::twin`] returned for it.
    pub fn merge(&mut self, node: NodeId, group: GroupId) -> Recorded {
        if self.is_past_failure(group) {
            return Recorded::Skipped;
        }
        let seq = self.push_recording(node, group);
        for write in self.writes.get(node.index()) {
            self.paths.write(write.path, seq);
        }
        if self.nodes[node.index()].state == State::Failed {
            // The repetition would fail in the same way, and stop what follows it.
            self.fail(seq);
        }
        Recorded::Merged(node)
    }

    /// Records a command as a new node.
    pub fn record(&mut self, action: Action) -> Recorded {
        if self.is_past_failure(action.group) {
            return Recorded::Skipped;
        }
        let id = NodeId::new(self.nodes.len());
        let seq = Seq::new(self.recordings.len());
        let mut wait_for: BTreeSet<NodeId> = BTreeSet::new();
        let mut touches: Vec<(PathId, Option<Seq>, bool)> = Vec::new();
        for read in &action.reads {
            let meaning = self.meaning(read, action.group, None);
            for &candidate in &meaning.candidates {
                self.add_certainty(candidate, action.group, &mut wait_for);
                let writer = self.recordings[candidate.index()].node;
                self.nodes[writer.index()].consumed = true;
            }
            if meaning.touches {
                touches.push((read.path, meaning.candidates.first().copied(), false));
            }
        }
        for write in action.writes.iter().filter(|w| w.at == At::InPlace) {
            touches.retain(|t| t.0 != write.path);
            touches.push((write.path, None, true));
        }
        for (path, wants, writes) in touches {
            self.paths.touch(path, seq, wants, writes);
            for other in self.paths.before_epoch(path) {
                self.add_certainty(other, action.group, &mut wait_for);
            }
        }
        wait_for.remove(&id);
        for dependency in &wait_for {
            self.dependents.push(&mut self.nodes[dependency.index()].dependents, id);
        }
        for write in &action.writes {
            self.paths.write(write.path, seq);
        }
        // The largest weight is more than an hour. A command that takes longer starts before those that take less, and
        // that is enough.
        let weight = u32::try_from(action.weight).unwrap_or(u32::MAX);
        self.nodes.push(Node {
            state: State::Waiting(wait_for.len() as u32),
            dependents: Chain::default(),
            first_recording: seq,
            last_recording: seq,
            older: self.newest_alike.insert(beginning(&action.key), id),
            weight,
            path_weight: 0,
            consumed: false,
            key: action.key,
        });
        self.reads.push(action.reads);
        self.writes.push(action.writes);
        self.dependencies.push(wait_for);
        self.unsettled += 1;
        self.push_recording(id, action.group);
        self.raise_path_weight(id, weight.into());
        self.make_ready_if_free(id);
        Recorded::New(id)
    }

    /// Notes that something outside the program changed the path. All nodes must be settled.
    pub fn changed_outside(&mut self, path: PathId) {
        debug_assert_eq!(self.unsettled, 0, "only a settled graph can be changed from outside");
        self.paths.reset(path, Seq::new(self.recordings.len()));
    }

    fn push_recording(&mut self, node: NodeId, group: GroupId) -> Seq {
        let seq = Seq::new(self.recordings.len());
        self.recordings.push(Recording { node, group, repeated: None, cancelled: false });
        self.groups[group.index()].recordings.push(seq);
        let last = std::mem::replace(&mut self.nodes[node.index()].last_recording, seq);
        if last != seq {
            self.recordings[last.index()].repeated = Some(seq);
        }
        seq
    }

    pub(crate) fn version_of(&self, seq: Seq) -> Version {
        let node = self.recordings[seq.index()].node;
        match self.nodes[node.index()].state {
            State::Failed => Version::Left(node),
            _ => Version::Written(node),
        }
    }

    /// Returns the newest version before `before` that was not cancelled.
    pub(crate) fn effective(&self, path: PathId, before: Option<Seq>) -> Option<Seq> {
        let live = |seq: &Seq| before.is_none_or(|b| *seq < b) && !self.recordings[seq.index()].cancelled;
        self.paths.versions(path).find(live)
    }

    /// Returns the recordings of a node, in program order.
    pub fn recordings_of(&self, id: NodeId) -> impl Iterator<Item = Seq> + '_ {
        let first = Some(self.nodes[id.index()].first_recording);
        std::iter::successors(first, |seq| self.recordings[seq.index()].repeated)
    }

    /// Returns the first recording of a node that was not cancelled: the one that the node runs for. The versions that
    /// cancelled recordings read may be cancelled with them.
    pub(crate) fn own(&self, id: NodeId) -> Seq {
        self.live_recording(id).expect("a node without a live recording is cancelled")
    }

    fn live_recording(&self, id: NodeId) -> Option<Seq> {
        self.recordings_of(id).find(|seq| !self.recordings[seq.index()].cancelled)
    }

    /// Returns whether an earlier failure in the group of `seq` can cancel `seq` but no recording of `group`.
    fn may_vanish(&self, seq: Seq, group: GroupId) -> bool {
        let of = self.recordings[seq.index()].group;
        of != group && !self.groups[of.index()].fatal
    }

    fn meaning(&self, read: &Access, group: GroupId, before: Option<Seq>) -> Meaning {
        let mut meaning = Meaning { candidates: Vec::new(), touches: read.at == At::InPlace, certain: true };
        for seq in self.paths.versions(read.path) {
            if before.is_some_and(|b| seq >= b) || self.recordings[seq.index()].cancelled {
                continue;
            }
            meaning.candidates.push(seq);
            meaning.touches |= self.writes_at_place(seq, read.path);
            if !self.may_vanish(seq, group) {
                return meaning;
            }
            meaning.touches = true;
            meaning.certain = false;
        }
        meaning.touches = true;
        meaning
    }

    /// Adds to `wait_for` the nodes that must settle before it is certain what becomes of `seq`.
    fn add_certainty(&self, seq: Seq, group: GroupId, wait_for: &mut BTreeSet<NodeId>) {
        let mut add = |seq: Seq| {
            let node = self.recordings[seq.index()].node;
            if !self.nodes[node.index()].state.settled() {
                wait_for.insert(node);
            }
        };
        add(seq);
        if self.may_vanish(seq, group) {
            let of = self.recordings[seq.index()].group;
            self.groups[of.index()].recordings.iter().take_while(|s| **s < seq).for_each(|s| add(*s));
        }
    }

    /// Raises the path weight of `node` to at least `to`, and those of the nodes that it waits for accordingly.
    fn raise_path_weight(&mut self, node: NodeId, to: u64) {
        let mut queue = vec![(node, to)];
        while let Some((id, to)) = queue.pop() {
            let node = &mut self.nodes[id.index()];
            if node.path_weight >= to {
                continue;
            }
            if node.state == State::Ready {
                self.ready.remove(&(std::cmp::Reverse(node.path_weight), id));
                self.ready.insert((std::cmp::Reverse(to), id));
            }
            node.path_weight = to;
            if !node.state.settled() {
                let dependencies = self.dependencies.get(id.index());
                queue.extend(dependencies.iter().map(|d| (*d, to + u64::from(self.nodes[d.index()].weight))));
            }
        }
    }

    pub(crate) fn make_ready_if_free(&mut self, id: NodeId) {
        let node = &mut self.nodes[id.index()];
        if node.state == State::Waiting(0) {
            node.state = State::Ready;
            self.ready.insert((std::cmp::Reverse(node.path_weight), id));
        }
    }

    /// Notes a change at a place, and returns it in the form that the caller needs.
    pub(crate) fn note_change(
        &mut self,
        cause: Seq,
        path: PathId,
        now: Option<Seq>,
        change: crate::action::Change,
    ) -> PlaceChange {
        let token = self.placed.len();
        let before = self.paths.place(path, now);
        self.placed.push(Placed { cause, path, before, undone: false });
        PlaceChange { token, path, change }
    }
}

/// Returns the beginning of a key, which the table of keys is indexed by.
fn beginning(key: &Key) -> [u8; 4] {
    let [a, b, c, d, ..] = key.0;
    [a, b, c, d]
}
