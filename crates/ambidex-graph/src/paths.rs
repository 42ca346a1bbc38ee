//! The history of each path: its versions in program order, and the recordings that touch it at its own place.

use crate::ids::{PathId, Seq};
use crate::lists::{Chain, Chains};

/// Recordings that touch a place and need no order among themselves. Epochs follow one another.
#[derive(Debug)]
struct Epoch {
    first: Seq,
    /// The newest version when these readers were recorded. A writer is alone in its epoch.
    wants: Option<Seq>,
    writes: bool,
}

/// The history of one path.
#[derive(Debug, Default)]
struct PathState {
    /// All recordings that ever wrote it.
    writers: Chain,
    /// The first recording after the last change of the path from outside the program.
    since: Option<Seq>,
    /// The recordings that touch it at its place.
    touches: Chain,
    /// The epoch of the newest touches.
    epoch: Option<Epoch>,
    /// The version that is now at the place; `None` while the place holds what was there before.
    placed: Option<Seq>,
}

/// All paths. Most have one writer or none.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    states: Vec<PathState>,
    /// The items of the paths' lists.
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

    /// Returns all recordings that ever wrote the path, newest first.
    pub fn writers(&self, path: PathId) -> impl Iterator<Item = Seq> + '_ {
        self.recordings.iter(self.states[path.index()].writers)
    }

    /// Returns the recordings that wrote the path since it was last changed from outside, newest first.
    pub fn versions(&self, path: PathId) -> impl Iterator<Item = Seq> + '_ {
        self.writers(path).take_while(move |seq| self.is_since_change(path, *seq))
    }

    /// Returns whether a recording was made after the path was last changed from outside.
    pub fn is_since_change(&self, path: PathId, seq: Seq) -> bool {
        self.states[path.index()].since.is_none_or(|since| seq >= since)
    }

    /// Adds a touch. It joins the last epoch if both only read the same version, and starts a new one otherwise.
    pub fn touch(&mut self, path: PathId, seq: Seq, wants: Option<Seq>, writes: bool) {
        let state = &mut self.states[path.index()];
        let fits = |last: &Epoch| !writes && !last.writes && last.wants == wants;
        if !state.epoch.as_ref().is_some_and(fits) {
            state.epoch = Some(Epoch { first: seq, wants, writes });
        }
        self.recordings.push(&mut state.touches, seq);
    }

    /// Returns the recordings that the members of the last epoch must follow: the members of all earlier epochs.
    pub fn before_epoch(&self, path: PathId) -> impl Iterator<Item = Seq> + '_ {
        let state = &self.states[path.index()];
        let in_epoch = move |seq: &Seq| state.epoch.as_ref().is_some_and(|last| *seq >= last.first);
        self.recordings.iter(state.touches).skip_while(in_epoch)
    }

    /// Returns the version that is now at the path's place, or `None` while the place holds what was there before.
    pub fn placed(&self, path: PathId) -> Option<Seq> {
        self.states[path.index()].placed
    }

    /// Notes that another version is now at the path's place. Returns the version that was there.
    pub fn place(&mut self, path: PathId, version: Option<Seq>) -> Option<Seq> {
        std::mem::replace(&mut self.states[path.index()].placed, version)
    }

    /// Forgets versions and touches, because something outside the program has changed the path before the recording
    /// `next` was made.
    pub fn reset(&mut self, path: PathId, next: Seq) {
        let state = &mut self.states[path.index()];
        *state = PathState { writers: state.writers, since: Some(next), ..PathState::default() };
    }
}
