//! The snapshots of a process, how far its predictions are confirmed, and how the program goes back to a snapshot.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_graph::{PathId, State};
use ambidex_store::Digest;

use super::Program;
use super::unit::SparedOutput;
use crate::base::environment::Environment;
use crate::base::protocol;
use crate::program::undo;

/// A frozen copy of a process, which goes on from there if a command after it does not end as predicted.
#[derive(Debug)]
pub(crate) struct Snapshot {
    number: u64,
    /// The number of commands that were recorded before it.
    position: usize,
    /// The stream on which it waits. When the stream ends, so does the copy.
    stream: UnixStream,
    /// The process that it is a copy of.
    pid: u32,
    env: Arc<Environment>,
    has_own_attributes: bool,
    code: Option<Digest>,
    asked: usize,
    spared: usize,
    kept: BTreeMap<PathId, SparedOutput>,
    made: usize,
}

/// A snapshot that is being taken.
#[derive(Debug)]
struct Announced {
    number: u64,
    pid: u32,
    stream: UnixStream,
}

/// Python's predictions, and how far they are confirmed.
#[derive(Debug, Default)]
pub(crate) struct Predictions {
    /// The number of recordings that are known to have ended as Python assumed.
    confirmed: usize,
    snapshots: std::collections::VecDeque<Snapshot>,
    /// The snapshot that is being taken.
    announced: Option<Announced>,
    /// The number of snapshots so far.
    counted: u64,
    /// The directory of the journal, which lists what was changed after a snapshot.
    journal: PathBuf,
    /// The paths that were put at their places since there has been a snapshot.
    placed: Vec<PathId>,
    /// The number that [`Program::incarnation`] returns.
    incarnation: u64,
    /// The recording that did not end as predicted, until the process is back before it.
    wrong: Option<usize>,
    /// Whether every command is awaited from the next rollback on.
    are_over: bool,
    /// The position at which the first command that is not understood would have been recorded.
    strange: Option<usize>,
}

/// A count that stands for all later commands.
const ALL: usize = 1 << 30;

/// The maximum number of snapshots of one process at a time.
const MOST: usize = 16;

impl Program {
    /// Announces that the process is about to make a copy of itself, which will wait on this stream. Returns the
    /// snapshot's number, or `None` if there are enough. The journal in `journal` will list what the process changes
    /// after the snapshot.
    pub fn announce_snapshot(&mut self, pid: u32, stream: UnixStream, journal: &Path) -> Option<u64> {
        let predictions = &mut self.predictions;
        if predictions.snapshots.len() >= MOST {
            return None;
        }
        predictions.counted += 1;
        predictions.journal = journal.to_owned();
        predictions.announced = Some(Announced { number: predictions.counted, pid, stream });
        Some(predictions.counted)
    }

    /// Adds the announced snapshot, whose copy now waits. Returns whether the engine keeps it. If so, commands that it
    /// can undo may be predicted from here on.
    pub fn add_snapshot(&mut self, number: u64) -> bool {
        let predictions = &mut self.predictions;
        let is_astray = predictions.wrong.is_some() || predictions.strange.is_some();
        let announced =
            predictions.announced.take().filter(|announced| announced.number == number && !is_astray);
        let Some(Announced { number, pid, stream }) = announced else { return false };
        predictions.snapshots.push_back(Snapshot {
            number,
            position: self.graph.recorded(),
            stream,
            pid,
            env: self.env.clone(),
            has_own_attributes: self.has_own_attributes,
            code: self.code,
            asked: self.asked.len(),
            spared: self.spared.len(),
            kept: self.kept.clone(),
            made: self.made.count(),
        });
        self.log.mark(number);
        true
    }

    /// Returns whether a command may be predicted to succeed.
    pub fn has_snapshot(&self) -> bool {
        !self.predictions.snapshots.is_empty()
    }

    /// Makes Python await every command from the next rollback on.
    pub(super) fn end_predictions(&mut self) {
        self.predictions.are_over = true;
    }

    /// Notes in the journal that a path gets its newest version for somebody other than the process itself, because the
    /// process may still go back.
    pub(super) fn note_placing(&mut self, path: PathId) -> io::Result<()> {
        if self.has_snapshot() {
            undo::note(&self.predictions.journal, self.paths.place(path))?;
            self.predictions.placed.push(path);
        }
        Ok(())
    }

    /// Returns which of its processes speaks for it: the number of the snapshot that it was, or 0 for the one that was
    /// started.
    pub fn incarnation(&self) -> u64 {
        self.predictions.incarnation
    }

    /// Returns whether the process is on its way back to a snapshot.
    pub fn is_rolling_back(&self) -> bool {
        self.predictions.wrong.is_some()
    }

    /// Notes that the next command is not understood and was not awaited. Python must repeat whatever it does after
    /// this command.
    pub fn meet_strange(&mut self) {
        let recorded = self.graph.recorded();
        self.predictions.strange.get_or_insert(recorded);
        self.log.bar();
    }

    /// Finds how far predictions are confirmed by now, and releases snapshots that nothing can go back to. Returns the
    /// process that must stop, if a prediction was wrong.
    pub fn advance(&mut self) -> Option<u32> {
        if self.predictions.wrong.is_some() {
            return None;
        }
        let is_wrong = loop {
            let at = self.predictions.confirmed;
            if self.predictions.strange == Some(at) {
                break true;
            }
            let Some(seq) = self.graph.recording(at) else { break false };
            if !self.graph.is_cancelled(seq) {
                let node = self.graph.node_of(seq);
                let accepted = self.awaited.contains(&at) || self.predictions.snapshots.is_empty();
                match self.graph.state(node) {
                    State::Done if accepted || !self.is_misled(node) => {}
                    State::Failed if accepted => {}
                    State::Done | State::Failed => break true,
                    _ => break false,
                }
            }
            self.predictions.confirmed += 1;
        };
        let predictions = &mut self.predictions;
        while predictions.snapshots.get(1).is_some_and(|next| next.position <= predictions.confirmed) {
            if let Some(gone) = predictions.snapshots.pop_front() {
                self.log.forget_mark(gone.number);
            }
        }
        let active = predictions.snapshots.back().filter(|_| is_wrong)?.pid;
        predictions.wrong = Some(predictions.confirmed);
        Some(active)
    }

    /// Releases all snapshots: the process knows that nothing is pending any more, or has ended, so it will not go
    /// back.
    pub fn let_snapshots_go(&mut self) {
        (self.predictions.wrong, self.predictions.strange) = (None, None);
        self.predictions.placed.clear();
        while let Some(gone) = self.predictions.snapshots.pop_front() {
            self.log.forget_mark(gone.number);
        }
    }

    /// Returns whether nothing is pending and all text is written.
    pub fn is_settled(&self) -> bool {
        self.graph.is_settled() && self.log.is_drained() && !self.is_rolling_back()
    }

    /// Undoes what was recorded after the newest snapshot before the wrong prediction. Returns the processes that still
    /// run for it. Older snapshots are confirmed; younger ones are copies of a process that went wrong.
    pub fn go_back(&mut self) -> Vec<u32> {
        let Some(wrong) = self.predictions.wrong else { return Vec::new() };
        self.predictions.announced = None;
        let snapshots = &mut self.predictions.snapshots;
        while snapshots.len() > 1 && snapshots.back().is_some_and(|last| last.position > wrong) {
            snapshots.pop_back();
        }
        let Some(target) = snapshots.pop_back() else { return Vec::new() };
        snapshots.clear();
        let position = target.position;
        snapshots.push_back(target);
        let unwanted = self.graph.roll_back(position);
        self.let_copies_go();
        self.take_back();
        for scope in self.scopes.values_mut() {
            scope.recordings.retain(|seq| seq.index() < position);
        }
        self.processes(unwanted)
    }

    /// Restores the program to what it was at the snapshot that [`Self::go_back`] left, once nothing unneeded runs any
    /// more, and lets the copy go on. Returns the stream on which the copy speaks.
    pub fn resume(&mut self, journal: &Path) -> io::Result<UnixStream> {
        let predictions = &mut self.predictions;
        let wrong = predictions.wrong.take().unwrap_or_default();
        let strange = predictions.strange.take().is_some();
        let Some(mut target) = predictions.snapshots.pop_back() else {
            return Err(io::Error::other("a command has failed that nobody can take back"));
        };
        predictions.confirmed = self.graph.recorded();
        let awaits = match predictions.are_over {
            true => ALL,
            false => wrong + 1 - target.position.min(wrong),
        };
        let placed = std::mem::take(&mut predictions.placed);
        undo::undo(journal, target.number)?;
        self.take_from_places(&placed);
        self.log.roll_back(target.number);
        self.env = target.env;
        self.has_own_attributes = target.has_own_attributes;
        self.code = target.code;
        self.asked.truncate(target.asked);
        self.spared.truncate(target.spared);
        self.kept = target.kept;
        self.made.go_back(target.made);
        self.forget_changes();
        self.inputs_change();
        self.predictions.incarnation = target.number;
        let text = format!("R{awaits} {}", u8::from(strange));
        protocol::send_frame(&mut target.stream, text.as_bytes())?;
        Ok(target.stream)
    }
}
