//! Which command of a directed build may go on next, so that a race has its bad outcome; pure.

use std::path::{Path, PathBuf};

/// The outcome that the rules bring about for a path that several commands write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// All writers end before anything reads the path, so every reader gets the version of the last one.
    LastWriterWins,
    /// The first reader starts when the second writer has opened the file and not written it yet.
    TornRead,
}

/// A path that several commands write, and what is known of these commands.
#[derive(Debug)]
pub(crate) struct Contested {
    /// The path.
    pub path: PathBuf,
    /// The outcome to bring about.
    pub aim: Aim,
    /// The arguments of the writers, in the order in which they are to write.
    writers: Vec<Vec<String>>,
    /// The process of each writer that has come.
    claimed: Vec<Option<u32>>,
    ended: Vec<bool>,
    /// What read the path, in order.
    pub reads: Vec<Read>,
}

/// A command that read a contested path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    process: u32,
    has_ended: bool,
    /// What the command writes.
    pub output: PathBuf,
    /// The writer whose version it read, by its number among the writers as given, or `None` if the file was open.
    pub writer: Option<usize>,
}

impl Contested {
    /// Returns a path that these commands write, in the order in which they are to write.
    pub fn new(path: PathBuf, aim: Aim, writers: Vec<Vec<String>>) -> Self {
        let (claimed, ended) = (vec![None; writers.len()], vec![false; writers.len()]);
        Self { path, aim, writers, claimed, ended, reads: Vec::new() }
    }

    /// Takes a process for the writer that it resembles most. Commands may name temporary files, which have another name
    /// in each build.
    fn claim(&mut self, process: u32, arguments: &[String]) {
        let alike = |writer: &Vec<String>| writer.iter().zip(arguments).filter(|(a, b)| a == b).count();
        let free = (0..self.writers.len()).rev().filter(|number| self.claimed[*number].is_none());
        if let Some(number) = free.max_by_key(|number| alike(&self.writers[*number])) {
            self.claimed[number] = Some(process);
        }
    }

    fn number_of(&self, process: u32) -> Option<usize> {
        self.claimed.iter().position(|claimed| *claimed == Some(process))
    }

    fn all_written(&self) -> bool {
        self.ended.iter().all(|ended| *ended)
    }

    /// Returns whether the command of this process may write the path now.
    fn may_write(&self, process: u32) -> bool {
        self.number_of(process).is_none_or(|number| self.ended[..number].iter().all(|ended| *ended))
    }
}

/// A command that has come and has not ended.
#[derive(Debug)]
struct Command {
    process: u32,
    reads: Vec<PathBuf>,
    writes: Vec<PathBuf>,
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
    /// Whether the rules have been given up, because the build waited for something that they forbid.
    pub given_up: bool,
}

impl Rules {
    /// Returns the state at the beginning of a build, of which at most `limit` commands run at once.
    pub fn new(contested: Vec<Contested>, limit: usize) -> Self {
        Self { contested, limit: limit.max(1), commands: Vec::new(), opened: Vec::new(), given_up: false }
    }

    /// Takes in a command that waits for its start. Returns the file that is to be watched, if any.
    pub fn arrive(
        &mut self,
        process: u32,
        arguments: &[String],
        reads: Vec<PathBuf>,
        writes: Vec<PathBuf>,
    ) -> Option<&Path> {
        let written = self.contested.iter_mut().filter(|contested| writes.contains(&contested.path));
        let mut watched = None;
        for contested in written {
            contested.claim(process, arguments);
            if contested.aim == Aim::TornRead {
                watched = Some(contested.path.as_path());
            }
        }
        self.commands.push(Command { process, reads, writes, runs: false });
        watched
    }

    /// Takes in a process that has opened a contested path for writing, and waits.
    pub fn open(&mut self, process: u32, path: PathBuf) {
        self.opened.push(Opened { process, path });
    }

    /// Takes in that a command has ended.
    pub fn end(&mut self, process: u32) {
        self.commands.retain(|command| command.process != process);
        for contested in &mut self.contested {
            if let Some(number) = contested.number_of(process) {
                contested.ended[number] = true;
            }
            for read in contested.reads.iter_mut().filter(|read| read.process == process) {
                read.has_ended = true;
            }
        }
    }

    /// Returns the commands that run.
    pub fn running(&self) -> Vec<u32> {
        self.commands.iter().filter(|command| command.runs).map(|command| command.process).collect()
    }

    /// Returns whether anything waits.
    pub fn has_waiting(&self) -> bool {
        !self.opened.is_empty() || self.commands.iter().any(|command| !command.runs)
    }

    /// Returns a process that may go on now, and notes that it does.
    pub fn next(&mut self) -> Option<u32> {
        if let Some(at) = self.opened.iter().position(|opened| self.may_fill(opened)) {
            return Some(self.opened.remove(at).process);
        }
        // What waits in the middle of its work takes no room.
        let full = self.running().len() >= self.limit + self.opened.len();
        let at = self.commands.iter().position(|command| !command.runs && self.may_start(command, full))?;
        self.commands[at].runs = true;
        let (process, reads) = (self.commands[at].process, self.commands[at].reads.clone());
        let output = self.commands[at].writes.first().cloned().unwrap_or_default();
        let open: Vec<&PathBuf> = self.opened.iter().map(|opened| &opened.path).collect();
        for contested in self.contested.iter_mut().filter(|contested| reads.contains(&contested.path)) {
            let last = contested.ended.iter().rposition(|ended| *ended);
            let writer = last.filter(|_| !open.contains(&&contested.path));
            contested.reads.push(Read { process, has_ended: false, output: output.clone(), writer });
        }
        Some(process)
    }

    fn may_start(&self, command: &Command, full: bool) -> bool {
        if full {
            return false;
        }
        self.given_up
            || self.contested.iter().all(|contested| {
                let reads = command.reads.contains(&contested.path);
                (!command.writes.contains(&contested.path) || contested.may_write(command.process))
                    && (!reads || self.may_read(contested))
            })
    }

    fn may_read(&self, contested: &Contested) -> bool {
        let is_open = || self.opened.iter().any(|opened| opened.path == contested.path);
        match contested.aim {
            Aim::LastWriterWins => contested.all_written(),
            Aim::TornRead => !contested.reads.is_empty() || contested.all_written() || is_open(),
        }
    }

    /// Returns whether a process may write the file that it has opened: nothing is to read it before that.
    fn may_fill(&self, opened: &Opened) -> bool {
        let Some(contested) = self.contested.iter().find(|contested| contested.path == opened.path) else {
            return true;
        };
        let is_first = !contested.ended.contains(&true);
        self.given_up || is_first || contested.reads.iter().any(|read| read.has_ended)
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

    fn rules(aim: Aim) -> Rules {
        let writers = vec![words("cc -DA shared.c"), words("cc -DB shared.c")];
        Rules::new(vec![Contested::new("shared.o".into(), aim, writers)], LIMIT)
    }

    #[test]
    fn every_reader_gets_the_last_version_whatever_comes_first() {
        let mut rules = rules(Aim::LastWriterWins);
        // The second writer comes first, and has to wait.
        rules.arrive(2, &words("cc -DB shared.c"), vec![], paths("shared.o"));
        assert_eq!(rules.next(), None);
        rules.arrive(1, &words("cc -DA shared.c"), vec![], paths("shared.o"));
        assert_eq!((rules.next(), rules.next()), (Some(1), None));
        rules.end(1);
        rules.arrive(3, &words("ld"), paths("a.o shared.o"), paths("a.so"));
        assert_eq!(
            (rules.next(), rules.next()),
            (Some(2), None),
            "nothing reads before the last writer has ended"
        );
        rules.end(2);
        rules.arrive(4, &words("ld"), paths("b.o shared.o"), paths("b.so"));
        assert_eq!((rules.next(), rules.next(), rules.next()), (Some(3), Some(4), None));
        let read: Vec<_> =
            rules.contested[0].reads.iter().map(|read| (read.output.clone(), read.writer)).collect();
        assert_eq!(read, [("a.so".into(), Some(1)), ("b.so".into(), Some(1))]);
    }

    #[test]
    fn a_read_is_torn_between_the_opening_and_the_writing() {
        let mut rules = rules(Aim::TornRead);
        let watched = rules.arrive(1, &words("cc -DA shared.c"), vec![], paths("shared.o"));
        assert_eq!(watched, Some(Path::new("shared.o")));
        rules.arrive(2, &words("cc -DB shared.c"), vec![], paths("shared.o"));
        assert_eq!((rules.next(), rules.next()), (Some(1), None));
        rules.open(11, "shared.o".into());
        assert_eq!(rules.next(), Some(11), "nothing could read the first version");
        rules.end(1);
        rules.arrive(3, &words("ld"), paths("shared.o"), paths("a.so"));
        assert_eq!((rules.next(), rules.next()), (Some(2), None), "the reader waits for the second writer");
        rules.open(12, "shared.o".into());
        assert_eq!((rules.next(), rules.next()), (Some(3), None), "the writer waits while the file is read");
        rules.end(3);
        assert_eq!(rules.next(), Some(12));
        assert_eq!(rules.contested[0].reads[0].writer, None);
    }

    #[test]
    fn a_writer_that_opens_nothing_tears_nothing() {
        let mut rules = rules(Aim::TornRead);
        for process in [1, 2] {
            rules.arrive(process, &words("cc"), vec![], paths("shared.o"));
            assert_eq!(rules.next(), Some(process));
            rules.end(process);
        }
        rules.arrive(3, &words("ld"), paths("shared.o"), paths("a.so"));
        assert_eq!(rules.next(), Some(3));
        assert_eq!(rules.contested[0].reads[0].writer, Some(1));
    }

    #[test]
    fn no_more_commands_run_than_may() {
        let mut rules = rules(Aim::LastWriterWins);
        for process in 1..=3 {
            rules.arrive(process, &words("cc"), vec![], paths("other.o"));
        }
        assert_eq!((rules.next(), rules.next(), rules.next()), (Some(1), Some(2), None));
        rules.end(1);
        assert_eq!(rules.next(), Some(3));
    }

    #[test]
    fn what_is_given_up_waits_for_nothing() {
        let mut rules = rules(Aim::LastWriterWins);
        rules.arrive(2, &words("cc -DB shared.c"), vec![], paths("shared.o"));
        rules.arrive(3, &words("ld"), paths("shared.o"), paths("a.so"));
        assert_eq!(rules.next(), None);
        assert!(rules.has_waiting());
        rules.given_up = true;
        assert_eq!((rules.next(), rules.next()), (Some(2), Some(3)));
        assert!(!rules.has_waiting());
    }
}
