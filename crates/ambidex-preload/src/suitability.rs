//! When a snapshot can't be an exact copy of the process: it does not copy what the process shares with others.

use std::ffi::c_int;

use crate::signals::{self, Action};
use crate::state::Session;
use crate::sys::{self, Kind, O_ACCMODE, O_RDONLY, Stat};
use crate::{descriptors, park};

/// The limit on descriptors (getrlimit(2)).
const NOFILE: usize = 7;

/// An open file whose position, and perhaps content, belongs to a snapshot.
pub(crate) struct OpenFile {
    pub fd: c_int,
    pub writes: bool,
    pub size: i64,
}

/// Returns the open files, or the reason why no snapshot can be taken.
pub(crate) fn examine(session: Session) -> Result<Vec<OpenFile>, &'static [u8]> {
    if !park::has_room() {
        return Err(b"snapshots");
    }
    if sys::limit(NOFILE)[0] <= session.fd as u64 {
        // The snapshot's connection could not take the place of the session's.
        return Err(b"limits");
    }
    if sys::has_children() {
        return Err(b"processes");
    }
    if sys::timer_runs() || has_timers() {
        return Err(b"timers");
    }
    if threads() > 1 {
        end_idle_threads();
        if threads() > 1 {
            return Err(b"threads");
        }
    }
    let files = open_files()?;
    if shares_memory() {
        return Err(b"memory");
    }
    if !files.is_empty() && has_locks() {
        return Err(b"locks");
    }
    Ok(files)
}

fn threads() -> usize {
    let Ok(folder) = sys::open(c"/proc/self/task", sys::O_RDONLY | sys::O_DIRECTORY).map(sys::Own) else {
        return usize::MAX;
    };
    let mut count = 0;
    let _ = sys::entries(folder.0, |_| {
        count += 1;
        true
    });
    count
}

/// Forks once through the C library: libraries with threads that wait for work, such as OpenBLAS, end these threads
/// before a fork (pthread_atfork(3)) and start them again when there is work.
fn end_idle_threads() {
    let Some(fork) = next!(fork: fn() -> c_int) else { return };
    if sys::pending_signals() & 1 << (sys::SIGCHLD - 1) != 0 {
        // The program waits for a signal that the following would discard.
        return;
    }
    // The program did not start this child, and none of its threads must see its signal.
    let (default, mut action) = (Action::DEFAULT, Action::DEFAULT);
    signals::real_action(sys::SIGCHLD, &raw const default, &raw mut action);
    // SAFETY: the child only ends.
    match unsafe { fork() } {
        0 => sys::exit_group(0),
        child if child > 0 => while matches!(sys::wait4(child, 0), Err(sys::EINTR)) {},
        _ => {}
    }
    signals::real_action(sys::SIGCHLD, &raw const action, std::ptr::null_mut());
    // The kernel still shows a thread for a moment after it has ended.
    for _ in 0..20 {
        if threads() <= 1 {
            return;
        }
        sys::sched_yield();
    }
}

/// Returns whether there are timers of timer_create(2). If the kernel does not list timers, none can be found.
fn has_timers() -> bool {
    sys::read_file(c"/proc/self/timers").is_ok_and(|timers| !timers.is_empty())
}

fn open_files() -> Result<Vec<OpenFile>, &'static [u8]> {
    let mut files = Vec::new();
    let mut refused: Option<&'static [u8]> = None;
    let seen = descriptors::all(|fd| {
        // Text for descriptors 1 and 2 goes to the engine.
        if fd == 1 || fd == 2 || descriptors::our_own(fd) {
            return;
        }
        let Ok(stat) = sys::fstat(fd) else { return };
        let flags = sys::status_flags(fd).unwrap_or(0);
        match stat.kind() {
            _ if flags & sys::O_PATH != 0 => {}
            // A directory that is being listed has a position, too.
            Kind::Regular | Kind::Folder => {
                let writes = stat.kind() == Kind::Regular && flags & O_ACCMODE != O_RDONLY;
                files.push(OpenFile { fd, writes, size: stat.size });
            }
            Kind::Character if is_harmless(&stat) => {}
            _ if descriptors::from_the_start(fd, &stat) => {}
            _ => refused = Some(b"descriptors"),
        }
    });
    match (seen, refused) {
        (Ok(()), None) => Ok(files),
        _ => Err(refused.unwrap_or(b"descriptors")),
    }
}

/// Returns whether a device is null, zero, full, random, urandom or the terminal: they have no state that this process
/// could change unseen.
fn is_harmless(stat: &Stat) -> bool {
    matches!(stat.device(), (1, 3 | 5 | 7 | 8 | 9) | (5, 0))
        || (0..3).any(|fd| sys::fstat(fd).is_ok_and(|other| other.device() == stat.device()))
}

/// Returns whether the process shares writable memory with others.
fn shares_memory() -> bool {
    let Ok(maps) = sys::read_file(c"/proc/self/maps") else { return true };
    maps.split(|byte| *byte == b'\n').any(|line| {
        let permissions = line.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        permissions.get(1) == Some(&b'w') && permissions.get(3) == Some(&b's')
    })
}

/// Returns whether the process has locks of the kind that a fork doesn't inherit.
fn has_locks() -> bool {
    let Ok(locks) = sys::read_file(c"/proc/locks") else { return true };
    let pid = sys::getpid().to_string();
    locks.split(|byte| *byte == b'\n').any(|line| {
        let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        words.any(|word| word == b"POSIX") && words.any(|word| word == pid.as_bytes())
    })
}
