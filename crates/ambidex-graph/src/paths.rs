//! Knows each path's history: its versions in program order, and who touches it at its own place.

use crate::ids::Seq;

/// Recordings that touch a place and need no order among themselves.
#[derive(Debug)]
pub(crate) struct Epoch {
    /// The newest version that these readers were recorded behind; writers are alone in their epoch.
    pub wants: Option<Seq>,
    pub writes: bool,
    pub members: Vec<Seq>,
}

/// All that is known of one path.
#[derive(Debug, Default)]
pub(crate) struct PathState {
    /// The recordings that write it, in program order, since the path was last changed from outside.
    pub versions: Vec<Seq>,
    /// Those that touch it at its place, oldest first. Epochs are ordered one behind the other.
    pub epochs: Vec<Epoch>,
    /// The version that is now at the place; none while it holds what was there before.
    pub placed: Option<Seq>,
    /// Every recording that ever wrote it.
    pub writers: Vec<Seq>,
    /// How many recordings there were when the path was last changed from outside.
    pub since: usize,
}

impl PathState {
    /// The epoch that a touch belongs to: the last one if both only read the same version, else a new one.
    pub fn join(&mut self, seq: Seq, wants: Option<Seq>, writes: bool) -> usize {
        let fits = |last: &Epoch| !writes && !last.writes && last.wants == wants;
        if !self.epochs.last().is_some_and(fits) {
            push(&mut self.epochs, Epoch { wants, writes, members: Vec::new() });
        }
        let epoch = self.epochs.len() - 1;
        push(&mut self.epochs[epoch].members, seq);
        epoch
    }

    /// The recordings that a member of this epoch has to come behind.
    pub fn before(&self, epoch: usize) -> impl Iterator<Item = Seq> + '_ {
        self.epochs[..epoch].iter().flat_map(|e| e.members.iter().copied())
    }

    /// Forgets versions and touches: the path was changed by somebody who is no part of the program.
    pub fn reset(&mut self, recorded: usize) {
        self.since = recorded;
        self.versions.clear();
        self.epochs.clear();
        self.placed = None;
    }
}

/// Adds to a list that most often has a single item: room for four would be a good part of a graph's memory.
pub(crate) fn push<T>(list: &mut Vec<T>, item: T) {
    if list.is_empty() {
        list.reserve_exact(1);
    }
    list.push(item);
}
