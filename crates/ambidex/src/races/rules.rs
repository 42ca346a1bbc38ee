//! Which command of a directed build may go on next, so that a race has its bad outcome; pure.

use std::path::{Path, PathBuf};

use ambidex_engine::Writer;

/// The outcome that the rules bring about for a path that several commands write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// All writers end before anything reads the path, so every reader gets the version of the last one.
    LastWriterWins,
    /// The first reader starts when the second writer has opened the file and not written it yet.
    TornRead,
}

/// A path that several commands write, and what has become of it.
#[derive(Debug)]
pub(crate) struct Contested {
    /// The path.
    pub path: PathBuf,
    /// The outcome to bring about.
    pub aim: Aim,
    writers: Vec<Claim>,
    /// What happened to the path, in order.
    pub events: Vec<Event>,
}

/// A writer that is to come, or has come.
#[derive(Debug)]
struct Claim {
    writer: Writer,
    process: Option<u32>,
    has_ended: bool,
}

/// Something that happened to a contested path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The command of this extension has written it.
    Written { extension: String },
    /// A command has read it, which writes this output.
    Read(Read),
}

/// A command that read a contested path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    process: u32,
    has_ended: bool,
    /// What the command writes.
    pub output: PathBuf,
    /// The extension whose version it read, or `None` if nothing had been written, or the file was open.
    pub version: Option<String>,
    /// Whether nothing else could run at the same time.
    pub is_alone: bool,
}

impl Contested {
    /// Returns a path that these commands write, in the order in which they are to write.
    pub fn new(path: PathBuf, aim: Aim, writers: Vec<Writer>) -> Self {
        let claim = |writer| Claim { writer, process: None, has_ended: false };
        Self { path, aim, writers: writers.into_iter().map(claim).collect(), events: Vec::new() }
    }

    /// Returns what has read the path, in order.
    pub fn reads(&self) -> impl Iterator<Item = &Read> {
        self.events.iter().filter_map(|event| if let Event::Read(read) = event { Some(read) } else { None })
    }

    /// Takes a process for the writer that it resembles most. Commands may name temporary files, which have another name
    /// in each build.
    fn claim(&mut self, process: u32, arguments: &[String]) {
        let alike =
            |claim: &&mut Claim| claim.writer.command.iter().zip(arguments).filter(|(a, b)| a == b).count();
        // Of several that are alike, the last one in this order is the first.
        let free = self.writers.iter_mut().rev().filter(|claim| claim.process.is_none());
        if let Some(claim) = free.max_by_key(alike) {
            claim.process = Some(process);
        }
    }

    fn all_written(&self) -> bool {
        self.writers.iter().all(|claim| claim.has_ended)
    }

    /// Returns whether the command of this process may write the path now.
    fn may_write(&self, process: u32) -> bool {
        let before = self.writers.iter().take_while(|claim| claim.process != Some(process));
        let is_known = self.writers.iter().any(|claim| claim.process == Some(process));
        !is_known || before.into_iter().all(|claim| claim.has_ended)
    }

    fn end(&mut self, process: u32) {
        for claim in self.writers.iter_mut().filter(|claim| claim.process == Some(process)) {
            claim.has_ended = true;
            self.events.push(Event::Written { extension: claim.writer.extension.clone() });
        }
        for event in &mut self.events {
            if let Event::Read(read) = event
                && read.process == process
            {
                read.has_ended = true;
            }
        }
    }

    /// Returns the extension that has written the path last.
    fn version(&self) -> Option<String> {
        self.events.iter().rev().find_map(|event| match event {
            Event::Written { extension } => Some(extension.clone()),
            Event::Read(_) => None,
        })
    }
}

/// A command that waits for its start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrival {
    pub process: u32,
    pub arguments: Vec<String>,
    pub reads: Vec<PathBuf>,
    pub writes: Vec<PathBuf>,
    /// Whether what has started it does nothing else before the command ends.
    pub is_alone: bool,
}

/// A command that has come and has not ended.
#[derive(Debug)]
struct Command {
    arrival: Arrival,
    runs: bool,
}

/// A process that has opened a contested path for writing and waits.
#[derive(Debug)]
struct Opened {
    process: u32,
    path: PathBuf,
}

/// The state of a directed build.
#[derive(Debug)]
pub(crate) struct Rules {
    /// The contested paths.
    pub contested: Vec<Contested>,
    /// How many commands may run at once.
    limit: usize,
    commands: Vec<Command>,
    opened: Vec<Opened>,
    /// Whether something went on against the rules, because the build waited for it.
    pub are_broken: bool,
}

impl Rules {
    /// Returns the state at the beginning of a build, of which at most `limit` commands run at once.
    pub fn new(contested: Vec<Contested>, limit: usize) -> Self {
        Self { contested, limit: limit.max(1), commands: Vec::new(), opened: Vec::new(), are_broken: false }
    }

    /// Takes in a command that waits for its start. Returns the file that is to be watched, if any.
    pub fn arrive(&mut self, arrival: Arrival) -> Option<&Path> {
        let mut watched = None;
        for contested in
            self.contested.iter_mut().filter(|contested| arrival.writes.contains(&contested.path))
        {
            contested.claim(arrival.process, &arrival.arguments);
            if contested.aim == Aim::TornRead {
                watched = Some(contested.path.as_path());
            }
        }
        self.commands.push(Command { arrival, runs: false });
        watched
    }

    /// Takes in a process that has opened a contested path for writing, and waits.
    pub fn open(&mut self, process: u32, path: PathBuf) {
        self.opened.push(Opened { process, path });
    }

    /// Takes in that a process has ended.
    pub fn end(&mut self, process: u32) {
        self.commands.retain(|command| command.arrival.process != process);
        self.opened.retain(|opened| opened.process != process);
        self.contested.iter_mut().for_each(|contested| contested.end(process));
    }

    /// Returns whether something waits and no command runs, apart from those that wait in the middle of their work.
    pub fn stand_still(&self) -> bool {
        let running = self.commands.iter().filter(|command| command.runs).count();
        let waiting = self.commands.len() - running + self.opened.len();
        waiting > 0 && running <= self.opened.len()
    }

    /// Returns a process that may go on now, and notes that it does.
    pub fn next(&mut self) -> Option<u32> {
        if let Some(at) = self.opened.iter().position(|opened| self.may_fill(opened)) {
            return Some(self.opened.remove(at).process);
        }
        // What waits in the middle of its work takes no room.
        let running = self.commands.iter().filter(|command| command.runs).count();
        let is_full = running >= self.limit + self.opened.len();
        let may_start =
            |command: &Command| command.arrival.is_alone || !is_full && self.may_start(&command.arrival);
        let at = self.commands.iter().position(|command| !command.runs && may_start(command))?;
        Some(self.start(at))
    }

    /// Returns the process that has waited longest, which goes on against the rules.
    pub fn break_for_one(&mut self) -> Option<u32> {
        self.are_broken = true;
        match self.commands.iter().position(|command| !command.runs) {
            Some(at) => Some(self.start(at)),
            None => (!self.opened.is_empty()).then(|| self.opened.remove(0).process),
        }
    }

    /// Notes that a command starts, and what it reads.
    fn start(&mut self, at: usize) -> u32 {
        self.commands[at].runs = true;
        let arrival = &self.commands[at].arrival;
        let is_read = |contested: &&mut Contested| arrival.reads_before(&contested.path);
        for contested in self.contested.iter_mut().filter(is_read) {
            let is_open = self.opened.iter().any(|opened| opened.path == contested.path);
            contested.events.push(Event::Read(Read {
                process: arrival.process,
                has_ended: false,
                output: arrival.writes.first().cloned().unwrap_or_default(),
                version: contested.version().filter(|_| !is_open),
                is_alone: arrival.is_alone,
            }));
        }
        arrival.process
    }

    fn may_start(&self, arrival: &Arrival) -> bool {
        self.contested.iter().all(|contested| {
            let writes = arrival.writes.contains(&contested.path);
            (!writes || contested.may_write(arrival.process))
                && (!arrival.reads_before(&contested.path) || self.may_read(contested))
        })
    }

    fn may_read(&self, contested: &Contested) -> bool {
        let is_open = || self.opened.iter().any(|opened| opened.path == contested.path);
        match contested.aim {
            Aim::LastWriterWins => contested.all_written(),
            Aim::TornRead => contested.reads().next().is_some() || contested.all_written() || is_open(),
        }
    }

    /// Returns whether a process may write the file that it has opened: nothing is to read it before that.
    fn may_fill(&self, opened: &Opened) -> bool {
        let Some(contested) = self.contested.iter().find(|contested| contested.path == opened.path) else {
            return true;
        };
        let is_first = !contested.writers.iter().any(|claim| claim.has_ended);
        is_first || contested.reads().any(|read| read.has_ended)
    }
}

impl Arrival {
    /// Returns whether the command reads what another one has left at a path. One that changes a file (an archive) is a
    /// writer of it.
    fn reads_before(&self, path: &PathBuf) -> bool {
        self.reads.contains(path) && !self.writes.contains(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 2;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn paths(text: &str) -> Vec<PathBuf> {
        text.split_whitespace().map(PathBuf::from).collect()
    }

    /// Returns rules for `shared.o`, which the extensions `a` and `b` write.
    fn rules(aim: Aim) -> Rules {
        let writer = |(extension, line): (&str, &str)| Writer {
            extension: extension.to_owned(),
            command: words(line),
        };
        let writers = [("a", "cc -DA shared.c"), ("b", "cc -DB shared.c")].map(writer);
        Rules::new(vec![Contested::new("shared.o".into(), aim, writers.into())], LIMIT)
    }

    fn arrival(process: u32, line: &str, reads: &str, writes: &str) -> Arrival {
        let (reads, writes) = (paths(reads), paths(writes));
        Arrival { process, arguments: words(line), reads, writes, is_alone: false }
    }

    /// Returns what read the path, and whose version.
    fn reads(rules: &Rules) -> Vec<(&str, Option<&str>)> {
        let read = |read| {
            let Read { output, version, .. }: &Read = read;
            (output.to_str().unwrap(), version.as_deref())
        };
        rules.contested[0].reads().map(read).collect()
    }

    #[test]
    fn every_reader_gets_the_last_version_whatever_comes_first() {
        let mut rules = rules(Aim::LastWriterWins);
        // The second writer comes first, and has to wait.
        rules.arrive(arrival(2, "cc -DB shared.c", "", "shared.o"));
        assert_eq!(rules.next(), None);
        rules.arrive(arrival(1, "cc -DA shared.c", "", "shared.o"));
        assert_eq!((rules.next(), rules.next()), (Some(1), None));
        rules.end(1);
        rules.arrive(arrival(3, "ld", "a.o shared.o", "a.so"));
        assert_eq!(
            (rules.next(), rules.next()),
            (Some(2), None),
            "nothing reads before the last writer has ended"
        );
        rules.end(2);
        rules.arrive(arrival(4, "ld", "b.o shared.o", "b.so"));
        assert_eq!((rules.next(), rules.next(), rules.next()), (Some(3), Some(4), None));
        assert_eq!(reads(&rules), [("a.so", Some("b")), ("b.so", Some("b"))]);
        assert!(!rules.are_broken);
    }

    #[test]
    fn a_read_is_torn_between_the_opening_and_the_writing() {
        let mut rules = rules(Aim::TornRead);
        let watched = rules.arrive(arrival(1, "cc -DA shared.c", "", "shared.o"));
        assert_eq!(watched, Some(Path::new("shared.o")));
        rules.arrive(arrival(2, "cc -DB shared.c", "", "shared.o"));
        assert_eq!((rules.next(), rules.next()), (Some(1), None));
        rules.open(11, "shared.o".into());
        assert_eq!(rules.next(), Some(11), "nothing could read the first version");
        rules.end(1);
        rules.arrive(arrival(3, "ld", "shared.o", "a.so"));
        assert_eq!((rules.next(), rules.next()), (Some(2), None), "the reader waits for the second writer");
        rules.open(12, "shared.o".into());
        assert_eq!((rules.next(), rules.next()), (Some(3), None), "the writer waits while the file is read");
        rules.end(3);
        assert_eq!(rules.next(), Some(12));
        assert_eq!(reads(&rules), [("a.so", None)]);
    }

    #[test]
    fn a_writer_that_opens_nothing_tears_nothing() {
        let mut rules = rules(Aim::TornRead);
        for (process, line) in [(1, "cc -DA shared.c"), (2, "cc -DB shared.c")] {
            rules.arrive(arrival(process, line, "", "shared.o"));
            assert_eq!(rules.next(), Some(process));
            rules.end(process);
        }
        rules.arrive(arrival(3, "ld", "shared.o", "a.so"));
        assert_eq!(rules.next(), Some(3));
        assert_eq!(reads(&rules), [("a.so", Some("b"))]);
    }

    #[test]
    fn no_more_commands_run_than_may() {
        let mut rules = rules(Aim::LastWriterWins);
        for process in 1..=3 {
            rules.arrive(arrival(process, "cc", "", "other.o"));
        }
        assert_eq!((rules.next(), rules.next(), rules.next()), (Some(1), Some(2), None));
        rules.end(1);
        assert_eq!(rules.next(), Some(3));
    }

    #[test]
    fn a_command_that_changes_a_file_does_not_wait_for_itself() {
        let mut rules = rules(Aim::LastWriterWins);
        for (process, line) in [(1, "cc -DA shared.c"), (2, "cc -DB shared.c")] {
            rules.arrive(arrival(process, line, "shared.o", "shared.o"));
            assert_eq!(rules.next(), Some(process));
            rules.end(process);
        }
        assert_eq!(reads(&rules), []);
    }

    #[test]
    fn a_command_that_is_alone_waits_for_nothing() {
        let mut rules = rules(Aim::LastWriterWins);
        let alone = |arrival| Arrival { is_alone: true, ..arrival };
        rules.arrive(alone(arrival(2, "cc -DB shared.c", "", "shared.o")));
        assert_eq!(rules.next(), Some(2));
        rules.end(2);
        rules.arrive(alone(arrival(3, "ld", "shared.o", "b.so")));
        assert_eq!(rules.next(), Some(3));
        assert_eq!(reads(&rules), [("b.so", Some("b"))]);
        assert!(!rules.stand_still());
    }

    #[test]
    fn one_goes_on_where_all_stand_still() {
        let mut rules = rules(Aim::LastWriterWins);
        rules.arrive(arrival(2, "cc -DB shared.c", "", "shared.o"));
        rules.arrive(arrival(3, "ld", "shared.o", "a.so"));
        assert_eq!(rules.next(), None);
        assert!(rules.stand_still());
        assert_eq!(rules.break_for_one(), Some(2));
        assert!(rules.are_broken && !rules.stand_still());
        assert_eq!(rules.next(), None);
    }
}
