//! Knows how to run a command and keep what it printed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Longer than anything here takes. Only a test that has failed ever waits for so long.
const TOO_LONG: Duration = Duration::from_secs(120);

/// What came of a command.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        Self {
            // Ended by a signal itself: no exit code.
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails the test unless the exit code is this.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// All that was printed.
    pub fn printed(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}\nstandard output:\n{}\nstandard error:\n{}", self.code, self.stdout, self.stderr)
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ran {
    Ran::of(&command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}")))
}

/// Runs a command, sends it a signal when `now` says so, and waits for its end.
pub fn run_until_signalled(command: &mut Command, signal: Signal, now: impl Fn() -> bool) -> Ran {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let began = Instant::now();
    while !now() && child.try_wait().expect("it is our child").is_none() && began.elapsed() < TOO_LONG {
        sleep(Duration::from_millis(10));
    }
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process has a number");
    kill_process(pid, signal).expect("it is our child");
    while child.try_wait().expect("it is our child").is_none() {
        if began.elapsed() > TOO_LONG {
            child.kill().expect("it is our child");
            panic!("{command:?} goes on after {signal:?}");
        }
        sleep(Duration::from_millis(10));
    }
    Ran::of(&child.wait_with_output().expect("it is our child"))
}

/// The file of a program that is found on the PATH.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| Path::new(&folder).join(program)).find(|file| file.is_file())
}
