//! Knows how one command is run: in a process group of its own, with its output captured, and how it is ended.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process_group};

/// How long a command has to tidy up after SIGTERM (GCC removes its temporary files then) before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// What a command printed and how it ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ended {
    pub out: Vec<u8>,
    pub err: Vec<u8>,
    /// The exit status; negative for the number of the signal that ended it.
    pub status: i32,
    pub duration: Duration,
}

/// A command that runs.
pub(crate) struct Running {
    child: Child,
    started: Instant,
}

impl Running {
    /// Starts a command. `program` is the file, `argv[0]` the name that it is told to have,
    /// `temporary` where it keeps temporary files (GCC manual, "Environment Variables").
    pub fn start(
        program: &Path,
        argv: &[String],
        cwd: &Path,
        env: &BTreeMap<String, String>,
        temporary: &Path,
    ) -> io::Result<Self> {
        let started = Instant::now();
        let child = Command::new(program)
            .arg0(&argv[0])
            .args(&argv[1..])
            .current_dir(cwd)
            .env_clear()
            .envs(env)
            .env("TMPDIR", temporary)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        Ok(Self { child, started })
    }

    /// By which it can be ended.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub fn wait(mut self) -> io::Result<Ended> {
        let mut ended = Ended::default();
        if let (Some(out), Some(err)) = (self.child.stdout.take(), self.child.stderr.take()) {
            read_both(out, err, &mut ended)?;
        }
        let status = self.child.wait()?;
        ended.status = status.code().unwrap_or_else(|| -status.signal().unwrap_or(0));
        ended.duration = self.started.elapsed();
        Ok(ended)
    }
}

fn read_both(
    mut out: impl Read + std::os::fd::AsFd,
    mut err: impl Read + std::os::fd::AsFd,
    ended: &mut Ended,
) -> io::Result<()> {
    let mut buffer = [0; 8192];
    let (mut out_open, mut err_open) = (true, true);
    while out_open && err_open {
        let (out_ready, err_ready) = {
            let mut fds = [PollFd::new(&out, PollFlags::IN), PollFd::new(&err, PollFlags::IN)];
            match poll(&mut fds, None) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            (!fds[0].revents().is_empty(), !fds[1].revents().is_empty())
        };
        if out_ready {
            let count = out.read(&mut buffer)?;
            ended.out.extend_from_slice(&buffer[..count]);
            out_open = count > 0;
        }
        if err_ready {
            let count = err.read(&mut buffer)?;
            ended.err.extend_from_slice(&buffer[..count]);
            err_open = count > 0;
        }
    }
    // A pipe that was closed would always be ready: the other one is read alone.
    if out_open {
        out.read_to_end(&mut ended.out)?;
    }
    if err_open {
        err.read_to_end(&mut ended.err)?;
    }
    Ok(())
}

/// Stops a process for good that went on by a wrong prediction: the preloaded library does so at this signal, which
/// nothing else uses (signal(7)).
pub(crate) fn park(pid: u32) {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
    // It may have ended by itself; that is as good.
    let _ = rustix::process::kill_process(pid, Signal::STKFLT);
}

/// Ends a command and all that it started: first asks, then, if it is still there, insists.
pub(crate) fn end(pid: u32) {
    let Some(group) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
    if kill_process_group(group, Signal::TERM).is_err() {
        return;
    }
    std::thread::spawn(move || {
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
            if rustix::process::test_kill_process_group(group).is_err() {
                return;
            }
        }
        // It may have ended in between; then there is nobody to kill.
        let _ = kill_process_group(group, Signal::KILL);
    });
}
