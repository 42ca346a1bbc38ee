//! Each path's history: its versions in program order, and who touches it at its own place.

use crate::ids::{PathId, Seq};
use crate::lists::{Chain, Chains};

/// Recordings that touch a place and need no order among themselves. Epochs are ordered one behind the other.
#[derive(Debug)]
struct Epoch {
    first: Seq,
    /// The newest version that these readers were recorded behind; writers are alone in their epoch.
    wants: Option<Seq>,
    writes: bool,
}

/// All that is known of one path.
#[derive(Debug, Default)]
struct PathState {
    /// Every recording that ever wrote it.
    writers: Chain,
    /// The first recording after the path was last changed from outside.
    since: Option<Seq>,
    /// Those that touch it at its place.
    touches: Chain,
    /// The epoch that the last touches belong to.
    epoch: Option<Epoch>,
    /// The version that is now at the place; none while it holds what was there before.
    placed: Option<Seq>,
}

/// All paths. Most have one writer or none.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    states: Vec<PathState>,
    /// What the paths' lists consist of.
    recordings: Chains<Seq>,
}

impl Paths {
    pub fn add(&mut self) -> PathId {
        self.states.push(PathState::default());
        PathId::new(self.states.len() - 1)
    }

    pub fn all(&self) -> impl Iterator<Item = PathId> + use<> {
        (0..self.states.len()).map(PathId::new)
    }

    /// Adds a version.
    pub fn write(&mut self, path: PathId, seq: Seq) {
        self.recordings.push(&mut self.states[path.index()].writers, seq);
    }

    /// Every recording that ever wrote the path, newest first.
    pub fn writers(&self, path: PathId) -> impl Iterator<Item = Seq> + '_ {
        self.recordings.iter(self.states[path.index()].writers)
    }

    /// The recordings that write the path, newest first, since it was last changed from outside.
    pub fn versions(&self, path: PathId) -> impl Iterator<Item = Seq> + '_ {
        self.writers(path).take_while(move |seq| self.is_since_change(path, *seq))
    }

    /// Whether a recording was made after the path was last changed from outside.
    pub fn is_since_change(&self, path: PathId, seq: Seq) -> bool {
        self.states[path.index()].since.is_none_or(|since| seq >= since)
    }

    /// Notes a touch. It belongs to the last epoch if both only read the same version, else to a new one.
    pub fn touch(&mut self, path: PathId, seq: Seq, wants: Option<Seq>, writes: bool) {
        let state = &mut self.states[path.index()];
        let fits = |last: &Epoch| !writes && !last.writes && last.wants == wants;
        if !state.epoch.as_ref().is_some_and(fits) {
            state.epoch = Some(Epoch { first: seq, wants, writes });
        }
        self.recordings.push(&mut state.touches, seq);
    }

    /// The recordings that a member of the last epoch has to come behind: the members of all others.
    pub fn before_epoch(&self, path: PathId) -> impl Iterator<Item = Seq> + '_ {
        let state = &self.states[path.index()];
        let in_epoch = move |seq: &Seq| state.epoch.as_ref().is_some_and(|last| *seq >= last.first);
        self.recordings.iter(state.touches).skip_while(in_epoch)
    }

    /// The version that is now at the path's place; none while it holds what was there before.
    pub fn placed(&self, path: PathId) -> Option<Seq> {
        self.states[path.index()].placed
    }

    /// Another version is now at the path's place. Returns the one that was.
    pub fn place(&mut self, path: PathId, version: Option<Seq>) -> Option<Seq> {
        std::mem::replace(&mut self.states[path.index()].placed, version)
    }

    /// Forgets versions and touches: the path was changed by somebody who is no part of the program, before the
    /// recording `next`.
    pub fn reset(&mut self, path: PathId, next: Seq) {
        let state = &mut self.states[path.index()];
        *state = PathState { writers: state.writers, since: Some(next), ..PathState::default() };
    }
}
