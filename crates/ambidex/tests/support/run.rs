//! Runs commands and keeps what they print.

use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use super::{processes, skipped};
use rustix::process::{Pid, Signal, kill_process};

/// Longer than anything here takes. Only a failing test ever waits this long.
const TOO_LONG: Duration = Duration::from_secs(120);

/// The result of a command.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        Self {
            // If a signal ended the command, the code is the one that a shell reports.
            code: output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap_or_default()),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails the test unless the exit code is this one.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Returns everything that the command printed.
    pub fn printed(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Returns whether the command failed only because there is no network. In CI, this fails the test.
    pub fn lacks_network(&self) -> bool {
        self.code != 0 && self.says_that_network_is_missing()
    }

    /// Returns whether what was printed says that there is no network. In CI, this fails the test.
    pub fn says_that_network_is_missing(&self) -> bool {
        let signs =
            ["Could not find a version", "Failed to fetch", "No solution found", "onnection", "network"];
        let lacks = signs.iter().any(|sign| self.printed().contains(sign));
        if lacks {
            assert!(std::env::var_os("CI").is_none(), "{self}");
            skipped("packages can't be fetched here");
        }
        lacks
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "exit code {}\nstandard output:\n{}\nstandard error:\n{}",
            self.code, self.stdout, self.stderr
        )
    }
}

/// A running command.
struct Running {
    name: String,
    /// Text that only the environment of its processes contains.
    mark: Option<String>,
    pid: Pid,
    end: Receiver<io::Result<Output>>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let name = format!("{:?} {:?}", command.get_program(), command.get_args());
        let temporary = command.get_envs().find(|(name, _)| *name == "TMPDIR").and_then(|(_, value)| value);
        let mark = temporary.map(|folder| format!("TMPDIR={}", folder.to_string_lossy()));
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = spawned.unwrap_or_else(|error| panic!("{name}: {error}"));
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process has a number");
        let (sender, end) = channel();
        // The receiver may be gone by then, if nothing waits for the command any more.
        std::thread::spawn(move || drop(sender.send(child.wait_with_output())));
        Self { name, mark, pid, end }
    }

    fn signal(&self, signal: Signal) {
        // The process may just have ended by itself.
        let _ = kill_process(self.pid, signal);
    }

    /// Waits for the end, but at most this long. Returns `None` if the command still runs then.
    fn wait(&self, time: Duration) -> Option<Ran> {
        match self.end.recv_timeout(time) {
            Ok(output) => Some(Ran::of(&output.expect("the output of a child can be read"))),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("{}: nobody waits for it", self.name),
        }
    }

    fn wait_to_the_end(&self) -> Ran {
        self.wait(TOO_LONG).unwrap_or_else(|| {
            let stand = self.mark.as_deref().map(processes::where_they_stand).unwrap_or_default();
            self.signal(Signal::TERM);
            panic!("{} does not end\n{stand}", self.name)
        })
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ran {
    Running::start(command).wait_to_the_end()
}

/// Runs a command, sends it a signal as soon as `now` returns true, and waits for its end.
pub fn run_until_signalled(command: &mut Command, signal: Signal, mut now: impl FnMut() -> bool) -> Ran {
    let running = Running::start(command);
    while !now() {
        if let Some(ran) = running.wait(Duration::from_millis(10)) {
            return ran;
        }
    }
    running.signal(signal);
    running.wait_to_the_end()
}

/// Returns the file of a program on the `PATH`.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| Path::new(&folder).join(program)).find(|file| file.is_file())
}
