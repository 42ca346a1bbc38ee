//! The text that a process and its commands have printed, in program order, and which of it may be written now.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use ambidex_graph::Seq;

use crate::base::terminal;

/// Device and inode of a file, or `None` if the kernel doesn't tell.
type Place = Option<(u64, u64)>;

/// The files that a process's standard output and error lead to.
#[derive(Debug)]
pub(crate) struct Sinks {
    files: [File; 2],
    is_terminal: [bool; 2],
    places: [Place; 2],
}

impl Sinks {
    pub fn new(out: OwnedFd, err: OwnedFd) -> Self {
        let files: [File; 2] = [out.into(), err.into()];
        let places = files.each_ref().map(place);
        let is_terminal = files.each_ref().map(File::is_terminal);
        Self { files, is_terminal, places }
    }

    /// Returns whether text goes nowhere but where it went at first.
    fn lead_as(&self, first: &Self) -> bool {
        self.places.iter().all(|place| first.places.contains(place))
    }
}

/// Standard output or standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// A piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub stream: Stream,
    pub data: Vec<u8>,
}

/// An item of the log.
#[derive(Debug)]
enum Item {
    Text(Piece),
    Sinks(Option<Arc<Sinks>>),
    /// A command, with the text that announces it.
    Command(Seq, Vec<Piece>),
    /// A snapshot was taken here.
    Mark(u64),
    /// Text after this was printed because of a wrong prediction.
    Barrier,
}

/// The result of a command when the log comes to it.
pub(crate) enum Printout {
    /// It is not known yet, so everything after the command must wait.
    Pending,
    /// The command isn't part of the program.
    Nothing,
    /// There was nothing to do, and the command had printed nothing when it ran.
    UpToDate,
    /// The command ran, and printed this.
    Ran(Vec<Piece>),
}

/// The number of bytes written to each stream.
type Written = [u64; 2];

/// The log of a process: its text and its commands, in program order.
#[derive(Debug, Default)]
pub(crate) struct Log {
    items: VecDeque<Item>,
    /// The text that announces the next command, while Python is printing it.
    echo: Option<Vec<Piece>>,
    /// Where the process's text went at first.
    first: Option<Arc<Sinks>>,
    sinks: Option<Arc<Sinks>>,
    written: Written,
    /// The number of bytes that were written before a rollback and come again.
    skip: Written,
    /// The snapshots that the log has come to, with what was written up to there, and where text went then.
    passed: Vec<(u64, Written, Option<Arc<Sinks>>)>,
    /// Whether pieces that were taken are being written.
    pub busy: bool,
}

/// Pieces to write, and where they go.
pub(crate) type Batch = Vec<(Arc<Sinks>, Piece)>;

impl Log {
    pub fn text(&mut self, stream: Stream, data: Vec<u8>) {
        let piece = Piece { stream, data };
        match &mut self.echo {
            Some(echo) => echo.push(piece),
            None => self.items.push_back(Item::Text(piece)),
        }
    }

    /// Sets where text goes from here on: nowhere while the process is changing that.
    pub fn sinks(&mut self, sinks: Option<Sinks>) {
        self.end_echo();
        let sinks = sinks.map(Arc::new);
        if self.first.is_none() {
            self.first.clone_from(&sinks);
        }
        self.items.push_back(Item::Sinks(sinks));
    }

    /// Begins the announcement of the next command.
    pub fn begin_echo(&mut self) {
        self.end_echo();
        self.echo = Some(Vec::new());
    }

    /// Adds a recorded command.
    pub fn command(&mut self, seq: Seq) {
        let echo = self.echo.take().unwrap_or_default();
        self.items.push_back(Item::Command(seq, echo));
    }

    /// Turns an announcement into ordinary text, because no command came.
    pub fn end_echo(&mut self) {
        self.items.extend(self.echo.take().into_iter().flatten().map(Item::Text));
    }

    /// Adds a snapshot, which is taken here.
    pub fn mark(&mut self, snapshot: u64) {
        self.end_echo();
        self.items.push_back(Item::Mark(snapshot));
    }

    /// Adds a barrier: the process goes back to before here.
    pub fn bar(&mut self) {
        self.end_echo();
        self.items.push_back(Item::Barrier);
    }

    /// Forgets this snapshot and older ones, because nothing goes back to them.
    pub fn forget_mark(&mut self, snapshot: u64) {
        self.passed.retain(|(passed, ..)| *passed > snapshot);
    }

    /// Ends the log: nothing will be written any more. Whoever reads what the process printed waits for the end of it.
    pub fn close(&mut self) {
        *self = Self::default();
    }

    /// Takes the log back to where the process was at this snapshot.
    pub fn roll_back(&mut self, snapshot: u64) {
        self.echo = None;
        match self.passed.iter().position(|(passed, ..)| *passed == snapshot) {
            Some(at) => {
                let (_, before, sinks) = self.passed.swap_remove(at);
                self.items.clear();
                for ((skip, now), before) in self.skip.iter_mut().zip(self.written).zip(before) {
                    *skip += now - before;
                }
                self.written = before;
                self.sinks = sinks;
            }
            None => {
                let is_it = |item: &Item| matches!(item, Item::Mark(mark) if *mark == snapshot);
                let at = self.items.iter().position(is_it).unwrap_or(0);
                self.items.truncate(at);
            }
        }
        self.passed.clear();
    }

    /// Returns whether everything is written.
    pub fn is_drained(&self) -> bool {
        !self.busy && self.echo.as_ref().is_none_or(Vec::is_empty) && self.has_only_marks()
    }

    /// Returns whether everything that was written before a rollback has come again.
    pub fn has_caught_up(&self) -> bool {
        self.skip == [0, 0]
    }

    fn has_only_marks(&self) -> bool {
        self.items.iter().all(|item| matches!(item, Item::Mark(_)))
    }

    /// Takes what can be written now. `printout` returns the result of a command.
    pub fn take(&mut self, mut printout: impl FnMut(Seq) -> Printout) -> Batch {
        let mut batch = Vec::new();
        while let Some(item) = self.items.pop_front() {
            match item {
                Item::Text(piece) => self.put(piece, &mut batch),
                Item::Sinks(sinks) => self.sinks = sinks,
                Item::Barrier => {
                    self.items.push_front(Item::Barrier);
                    break;
                }
                Item::Mark(mark) => self.passed.push((mark, self.written, self.sinks.clone())),
                Item::Command(seq, echo) => match printout(seq) {
                    Printout::Pending => {
                        self.items.push_front(Item::Command(seq, echo));
                        break;
                    }
                    Printout::Nothing => {}
                    Printout::UpToDate if self.is_at_home() => {}
                    // A file to which the project has redirected its output gets what the serial build writes.
                    Printout::UpToDate => echo.into_iter().for_each(|piece| self.put(piece, &mut batch)),
                    Printout::Ran(pieces) => {
                        echo.into_iter().chain(pieces).for_each(|piece| self.put(piece, &mut batch));
                    }
                },
            }
        }
        batch
    }

    fn is_at_home(&self) -> bool {
        self.sinks.as_ref().zip(self.first.as_ref()).is_none_or(|(sinks, first)| sinks.lead_as(first))
    }

    fn put(&mut self, mut piece: Piece, batch: &mut Batch) {
        let stream = piece.stream as usize;
        let length = piece.data.len() as u64;
        self.written[stream] += length;
        let skipped = self.skip[stream].min(length);
        self.skip[stream] -= skipped;
        piece.data.drain(..usize::try_from(skipped).unwrap_or(0));
        if let (Some(sinks), false) = (&self.sinks, piece.data.is_empty()) {
            batch.push((sinks.clone(), piece));
        }
    }
}

/// Writes the pieces that were taken.
pub(crate) fn write(batch: Batch) {
    for (sinks, piece) in batch {
        // If nobody reads any more, the process that printed would not learn of it in the serial build either, until it
        // prints again.
        let stream = piece.stream as usize;
        let write = || terminal::write_all(&mut &sinks.files[stream], &piece.data);
        let is_lines = || piece.data.ends_with(b"\n") && sinks.places[stream] == place(io::stderr());
        let _ = match sinks.is_terminal[stream] {
            true if is_lines() => terminal::print_lines(write),
            true => terminal::print(write),
            false => write(),
        };
    }
}

fn place(file: impl AsFd) -> Place {
    rustix::fs::fstat(file).ok().map(|stat| (stat.st_dev, stat.st_ino))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Log {
        let mut log = Log::default();
        let null = || OwnedFd::from(File::create("/dev/null").unwrap());
        log.sinks(Some(Sinks::new(null(), null())));
        log
    }

    fn text(log: &mut Log, text: &str) {
        log.text(Stream::Out, text.as_bytes().to_vec());
    }

    fn taken(log: &mut Log, done: &[usize]) -> String {
        let ran = |seq: Seq| match done.contains(&seq.index()) {
            true => Printout::Ran(vec![Piece { stream: Stream::Out, data: b"ran ".to_vec() }]),
            false => Printout::Pending,
        };
        let batch = log.take(ran);
        batch.into_iter().map(|(_, piece)| String::from_utf8(piece.data).unwrap()).collect()
    }

    fn seqs() -> [Seq; 2] {
        let mut graph = ambidex_graph::Graph::new();
        let group = graph.group(true);
        for key in 0..2 {
            graph.record(ambidex_graph::Action {
                key: ambidex_graph::Key([key; 32]),
                reads: Vec::new(),
                writes: Vec::new(),
                group,
                weight: 0,
            });
        }
        [0, 1].map(|n| graph.recording(n).unwrap())
    }

    #[test]
    fn text_waits_for_the_commands_before_it() {
        let (mut log, [first, _]) = (log(), seqs());
        text(&mut log, "a ");
        log.begin_echo();
        text(&mut log, "cc ");
        log.command(first);
        text(&mut log, "b ");
        assert_eq!(taken(&mut log, &[]), "a ");
        assert!(!log.is_drained());
        assert_eq!(taken(&mut log, &[0]), "cc ran b ");
        assert!(log.is_drained());
    }

    #[test]
    fn what_was_written_is_not_written_again() {
        let (mut log, [first, second]) = (log(), seqs());
        log.mark(1);
        log.command(first);
        text(&mut log, "a ");
        log.command(second);
        text(&mut log, "wrong");
        assert_eq!(taken(&mut log, &[0]), "ran a ");
        log.roll_back(1);
        log.command(first);
        text(&mut log, "a ");
        text(&mut log, "right");
        assert_eq!(taken(&mut log, &[0]), "right");
    }

    #[test]
    fn what_is_up_to_date_is_told_to_a_file_of_the_project_only() {
        let (mut log, [first, second]) = (log(), seqs());
        log.begin_echo();
        text(&mut log, "cc ");
        log.command(first);
        let other = || OwnedFd::from(tempfile::tempfile().unwrap());
        log.sinks(Some(Sinks::new(other(), other())));
        log.begin_echo();
        text(&mut log, "ld ");
        log.command(second);
        let batch = log.take(|_| Printout::UpToDate);
        let told: Vec<_> = batch.into_iter().map(|(_, piece)| piece.data).collect();
        assert_eq!(told, [b"ld ".to_vec()]);
    }

    #[test]
    fn what_was_not_written_is_forgotten() {
        let (mut log, [first, second]) = (log(), seqs());
        log.command(first);
        text(&mut log, "a ");
        log.mark(1);
        log.command(second);
        text(&mut log, "wrong");
        log.roll_back(1);
        text(&mut log, "right");
        assert_eq!(taken(&mut log, &[0]), "ran a right");
    }
}
