//! How one command runs, in a process group of its own and with its output captured, and how the engine ends it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

/// How long a command may take to clean up after SIGTERM (GCC removes its temporary files then) before it is killed.
const GRACE: Duration = Duration::from_millis(500);

/// How long to wait for processes that a failed command has left behind.
const LEFT: Duration = Duration::from_secs(1);

/// The output of a command, and how it ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ended {
    pub out: Vec<u8>,
    pub err: Vec<u8>,
    /// The exit status, or the negative number of the signal that ended the command.
    pub status: i32,
    pub duration: Duration,
    /// What functions answered that remember their answers in the process, if this was a call in a copy of a process.
    pub answers: String,
}

/// A running command.
pub(crate) struct Running {
    child: Child,
    started: Instant,
}

impl Running {
    /// Starts a command. `program` is the file, `argv[0]` the name that the command gets, and `own` holds the engine's
    /// own variables: where the command keeps temporary files (GCC manual, "Environment Variables"), and how it is
    /// observed.
    pub fn start(
        program: &Path,
        argv: &[String],
        cwd: &Path,
        env: &BTreeMap<String, String>,
        own: &[(&str, OsString)],
    ) -> io::Result<Self> {
        let started = Instant::now();
        let child = Command::new(program)
            .arg0(&argv[0])
            .args(&argv[1..])
            .current_dir(cwd)
            .env_clear()
            .envs(env)
            .envs(own.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        Ok(Self { child, started })
    }

    /// Returns the process ID, which `end` takes.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the command to end. Processes that it has started may go on and hold its output: this doesn't wait for
    /// them.
    ///
    /// # Errors
    /// If the output can't be read; the command is then ended.
    pub fn wait(mut self) -> io::Result<Ended> {
        let mut ended = Ended::default();
        if let (Some(out), Some(err)) = (self.child.stdout.take(), self.child.stderr.take()) {
            // Kernels before 5.3 have no pidfd, and there may be too many open files for one. Then the loop checks the
            // child now and then.
            let at_end = pid_of(&self.child).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
            let has_ended = || self.child.try_wait().map(|status| status.is_some());
            let at_end = at_end.as_ref().map(AsFd::as_fd);
            let read = read_until_the_end(at_end, has_ended, [out.into(), err.into()], &mut ended);
            if read.is_err() {
                end(self.pid());
                self.child.wait()?;
            }
            read?;
        }
        let status = self.child.wait()?;
        ended.status = status.code().unwrap_or_else(|| -status.signal().unwrap_or(0));
        ended.duration = self.started.elapsed();
        if let Some(group) = pid_of(&self.child).filter(|_| ended.status != 0) {
            // If a tool is killed, its driver ends at once (GCC's `collect2` and `ld`), and what the command leaves is
            // only certain when the other processes have ended.
            wait_for_group(group, LEFT);
        }
        Ok(ended)
    }
}

/// Reads both outputs until they are closed, or until the process has ended and everything that it wrote is read. `end`
/// becomes readable at its end; without it, `has_ended` is asked now and then.
pub(super) fn read_until_the_end(
    end: Option<BorrowedFd<'_>>,
    mut has_ended: impl FnMut() -> io::Result<bool>,
    pipes: [OwnedFd; 2],
    ended: &mut Ended,
) -> io::Result<()> {
    let [out, err] = pipes.map(File::from);
    for pipe in [&out, &err] {
        rustix::io::ioctl_fionbio(pipe, true)?;
    }
    let patience = end.is_none().then_some(Timespec { tv_sec: 0, tv_nsec: 20_000_000 });
    let mut open = [Some(out), Some(err)];
    let mut buffer = vec![0; 1 << 16];
    while open.iter().any(Option::is_some) {
        let mut fds: Vec<PollFd<'_>> =
            open.iter().flatten().map(|pipe| PollFd::new(pipe, PollFlags::IN)).collect();
        fds.extend(end.as_ref().map(|end| PollFd::new(end, PollFlags::IN)));
        match poll(&mut fds, patience.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        // Checked before the pipes are read: if the process has ended, everything that it has written is in them.
        let is_over = match &end {
            Some(_) => fds.last().is_some_and(|fd| !fd.revents().is_empty()),
            None => has_ended()?,
        };
        for (pipe, into) in open.iter_mut().zip([&mut ended.out, &mut ended.err]) {
            if let Some(file) = pipe
                && !read_what_is_there(file, &mut buffer, into)?
            {
                *pipe = None;
            }
        }
        if is_over {
            break;
        }
    }
    // A process that the command has left behind may still write there, and must not die of it.
    let left: Vec<File> = open.into_iter().flatten().collect();
    if !left.is_empty() {
        // If the system allows no more threads, that process does die, as it would under plain setuptools.
        let _ = std::thread::Builder::new().spawn(move || left.into_iter().for_each(drain));
    }
    Ok(())
}

/// Reads a pipe to its end, and discards the content.
fn drain(mut pipe: File) {
    if rustix::io::ioctl_fionbio(&pipe, false).is_ok() {
        // An error is an end, too.
        let _ = io::copy(&mut pipe, &mut io::sink());
    }
}

fn pid_of(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()).ok()?)
}

/// Reads what is in a pipe. Returns whether more may come.
fn read_what_is_there(pipe: &mut File, buffer: &mut [u8], into: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        match pipe.read(buffer) {
            Ok(0) => return Ok(false),
            Ok(count) => into.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Stops a process for good that went on after a wrong prediction: the preloaded library does so at this signal, which
/// nothing else uses (signal(7)).
pub(crate) fn park(pid: u32) {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
    // The process may already have ended by itself, which is no error.
    let _ = rustix::process::kill_process(pid, Signal::STKFLT);
}

/// The number of commands that the engine is ending, and that may still run.
static ENDING: AtomicUsize = AtomicUsize::new(0);

/// Ends a command and all processes that it started: first asks them to end, then kills those that still exist.
pub(crate) fn end(pid: u32) {
    let Some(group) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
    if kill_process_group(group, Signal::TERM).is_err() {
        return;
    }
    ENDING.fetch_add(1, Ordering::SeqCst);
    let insist = move || {
        wait_for_group(group, GRACE);
        // The group may have ended in between; then there is nothing to kill.
        let _ = kill_process_group(group, Signal::KILL);
        ENDING.fetch_sub(1, Ordering::SeqCst);
    };
    if std::thread::Builder::new().spawn(insist).is_err() {
        // Without another thread, the command gets no time to clean up.
        let _ = kill_process_group(group, Signal::KILL);
        ENDING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits until a process group has no process any more, but not longer than this.
fn wait_for_group(group: Pid, longest: Duration) {
    let deadline = Instant::now() + longest;
    while Instant::now() < deadline && rustix::process::test_kill_process_group(group).is_ok() {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Returns the number of the process that has opened a stream.
pub(crate) fn peer_of(stream: &UnixStream) -> Option<u32> {
    peer(stream).map(number)
}

/// Returns the process group at the other end of a stream; none if the process is gone.
pub(crate) fn group_of(stream: &UnixStream) -> Option<u32> {
    rustix::process::getpgid(Some(peer(stream)?)).ok().map(number)
}

fn peer(stream: &UnixStream) -> Option<Pid> {
    Some(rustix::net::sockopt::socket_peercred(stream).ok()?.pid)
}

fn number(pid: Pid) -> u32 {
    pid.as_raw_nonzero().get().unsigned_abs()
}

/// Waits until every command that the engine is ending has ended or was killed.
pub(crate) fn wait_until_ended() {
    while ENDING.load(Ordering::SeqCst) > 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
}
