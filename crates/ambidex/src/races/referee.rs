//! Directs a plain parallel build: every process that starts in it asks here, through the library `ambidex-gate`, and
//! waits until the rules let it go on.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ambidex_command::{Command, Kind, ResponseFiles};

use ambidex_engine::without_dots;

use super::rules::{Arrival, Rules};

/// The time between two looks at the processes.
const TICK: Duration = Duration::from_millis(2);
/// How long nothing may happen while everything waits. Then the build waits for what the rules forbid.
const SILENCE: Duration = Duration::from_secs(5);
/// The length in an answer that stands for "not a command".
const NO_COMMAND: u32 = u32::MAX;
/// The longest question: the kernel's limit for arguments is lower.
const LONGEST: u32 = 8 << 20;

/// A referee that runs in a thread of its own.
pub(crate) struct Referee {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Rules>,
}

impl Referee {
    /// Starts to direct the processes that ask at this socket.
    pub fn start(socket: &Path, rules: Rules) -> io::Result<Self> {
        let listener = UnixListener::bind(socket)?;
        listener.set_nonblocking(true)?;
        let over = Arc::new(AtomicBool::new(false));
        let mut direction = Direction::new(rules);
        let ends = over.clone();
        let thread = std::thread::spawn(move || {
            while !ends.load(Ordering::Acquire) {
                direction.step(&listener);
                std::thread::sleep(TICK);
            }
            direction.rules
        });
        Ok(Self { over, thread })
    }

    /// Ends when the build has ended. Returns the state that the rules have reached.
    pub fn end(self) -> Rules {
        self.over.store(true, Ordering::Release);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// The processes of the build.
struct Direction {
    rules: Rules,
    /// The connections of what waits, by process, with the answer that it gets.
    waiting: HashMap<u32, (UnixStream, Vec<u8>)>,
    /// Every process that has asked and has not ended.
    alive: Vec<Process>,
    /// When something happened last, and the time that all processes had used by then.
    last: (Instant, u64),
}

/// A process, told from later ones with the same id by the time when it started.
struct Process {
    id: u32,
    started: u64,
}

/// A question of the library.
struct Question {
    letter: u8,
    process: u32,
    rest: Vec<u8>,
}

impl Direction {
    fn new(rules: Rules) -> Self {
        Self { rules, waiting: HashMap::new(), alive: Vec::new(), last: (Instant::now(), 0) }
    }

    fn step(&mut self, listener: &UnixListener) {
        let mut something_happens = false;
        while let Ok((connection, _)) = listener.accept() {
            something_happens = true;
            // A process that was killed in between asks nothing more.
            if let Ok(question) = question(&connection) {
                self.take(question, connection);
            }
        }
        something_happens |= self.notice_ends();
        while let Some(process) = self.rules.next() {
            something_happens = true;
            self.let_go(process);
        }
        self.notice_silence(something_happens);
    }

    fn take(&mut self, question: Question, connection: UnixStream) {
        let Question { letter, process, rest } = question;
        if letter == b'O' {
            self.rules.open(process, PathBuf::from(std::ffi::OsStr::from_bytes(&rest)));
            self.waiting.insert(process, (connection, answer(b"")));
            return;
        }
        if let Some(stat) = Stat::of(process).filter(|_| !self.alive.iter().any(|known| known.id == process))
        {
            self.alive.push(Process { id: process, started: stat.started });
        }
        let Some(Asked { arguments, command, folder }) = Asked::read(&rest) else {
            send(connection, &NO_COMMAND.to_ne_bytes());
            return;
        };
        let at = |path: &str| without_dots(&folder.join(path));
        let reads = command.inputs.iter().map(|input| at(&input.path)).collect();
        let writes = command.outputs.iter().map(|output| at(&output.path)).collect();
        let is_alone =
            Stat::of(process).and_then(|stat| Stat::of(stat.parent)).is_some_and(|stat| stat.threads == 1);
        let watched = self.rules.arrive(Arrival { process, arguments, reads, writes, is_alone });
        let answer = answer(watched.map_or(b"", |path| path.as_os_str().as_bytes()));
        self.waiting.insert(process, (connection, answer));
    }

    fn let_go(&mut self, process: u32) {
        if let Some((connection, answer)) = self.waiting.remove(&process) {
            send(connection, &answer);
        }
    }

    /// Notices which processes have ended. Returns whether any has.
    fn notice_ends(&mut self) -> bool {
        let before = self.alive.len();
        let rules = &mut self.rules;
        self.alive.retain(|process| {
            let is_there = Stat::of(process.id).is_some_and(|stat| stat.started == process.started);
            if !is_there {
                rules.end(process.id);
            }
            is_there
        });
        self.alive.len() < before
    }

    /// Breaks the rules if the build does nothing any more but wait for them.
    fn notice_silence(&mut self, something_happens: bool) {
        if something_happens || !self.rules.stand_still() {
            self.last.0 = Instant::now();
            return;
        }
        if self.last.0.elapsed() < SILENCE {
            return;
        }
        let used = self.alive.iter().filter_map(|process| Stat::of(process.id)).map(|stat| stat.used).sum();
        if used == self.last.1
            && let Some(process) = self.rules.break_for_one()
        {
            self.let_go(process);
        }
        self.last = (Instant::now(), used);
    }
}

/// What a process is about to run.
struct Asked {
    /// The arguments of the command, without an interpreter before it.
    arguments: Vec<String>,
    command: Command,
    folder: PathBuf,
}

impl Asked {
    /// Reads the working directory and the arguments, each followed by a NUL. Returns `None` if it is no command that
    /// makes files.
    fn read(rest: &[u8]) -> Option<Self> {
        let mut parts = rest.strip_suffix(b"\0")?.split(|byte| *byte == 0);
        let folder = PathBuf::from(std::ffi::OsStr::from_bytes(parts.next()?));
        let words: Vec<String> = parts.map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        // The kernel puts the interpreter of a script, and possibly an argument for it, before the script.
        (0..words.len().min(3)).find_map(|from| {
            let arguments = words[from..].to_vec();
            let command = ambidex_command::read(&arguments, &BTreeMap::new(), &Below(&folder)).ok()?;
            (command.kind != Kind::Query).then(|| Self { arguments, command, folder: folder.clone() })
        })
    }
}

/// Reads response files relative to a working directory.
struct Below<'a>(&'a Path);

impl ResponseFiles for Below<'_> {
    fn read(&self, path: &str) -> io::Result<String> {
        fs::read_to_string(self.0.join(path))
    }
}

fn answer(path: &[u8]) -> Vec<u8> {
    let length = u32::try_from(path.len()).unwrap_or_default();
    [&length.to_ne_bytes()[..], path].concat()
}

/// Answers a process, which may have been killed meanwhile.
fn send(mut connection: UnixStream, answer: &[u8]) {
    let _ = connection.write_all(answer);
}

fn question(mut connection: &UnixStream) -> io::Result<Question> {
    connection.set_nonblocking(false)?;
    connection.set_read_timeout(Some(SILENCE))?;
    let mut head = [0; 9];
    connection.read_exact(&mut head)?;
    let number = |at: usize| u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let mut rest = vec![0; number(5).min(LONGEST) as usize];
    connection.read_exact(&mut rest)?;
    Ok(Question { letter: head[0], process: number(1), rest })
}

/// What the kernel tells of a process (proc(5)).
struct Stat {
    parent: u32,
    threads: u64,
    /// When it started, in clock ticks since boot.
    started: u64,
    /// The time that it and the children it has waited for have used, in clock ticks.
    used: u64,
}

impl Stat {
    /// Returns the status of a process, unless it has ended.
    fn of(process: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name is in parentheses, and may contain any character.
        let fields: Vec<&str> = text.rsplit(") ").next()?.split(' ').collect();
        if ["Z", "X"].contains(fields.first()?) {
            return None;
        }
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            threads: number(17)?,
            started: number(19)?,
            used: (11..=14).filter_map(number).sum(),
        })
    }
}
