//! How a process stops for good when a snapshot has taken its place, and represents that snapshot to the outside.
//!
//! Whoever started the process waits for it, and may send it signals. So it stays, forwards signals, and ends as the
//! last of its snapshots ends.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicI32, Ordering};

use crate::signals::{self, Action, PARK, PARK_BIT, Set};
use crate::sys;

/// The maximum number of snapshots at a time.
const MOST: usize = 64;

/// The pids of the snapshots of this process.
static SNAPSHOTS: [AtomicI32; MOST] = [const { AtomicI32::new(0) }; MOST];

const SA_SIGINFO: c_int = 4;
const SA_RESTART: c_int = 0x1000_0000;

static DEFAULT: Action = Action::DEFAULT;

/// `SIG_IGN`.
const IGNORED: usize = 1;

/// Installs the handler, so that the process can be parked from here on.
pub(crate) fn prepare() {
    let action = Action {
        handler: parked as *const () as usize,
        mask: Set([u64::MAX; 16]),
        flags: SA_SIGINFO | SA_RESTART,
        restorer: 0,
    };
    signals::real_action(PARK, &raw const action, std::ptr::null_mut());
    sys::signal_mask(sys::SIG_UNBLOCK, PARK_BIT);
}

/// Remembers a snapshot. Returns whether there was room for it.
pub(crate) fn add(pid: c_int) -> bool {
    SNAPSHOTS.iter().any(|place| place.compare_exchange(0, pid, Ordering::Relaxed, Ordering::Relaxed).is_ok())
}

/// Returns whether another snapshot can be remembered.
pub(crate) fn has_room() -> bool {
    SNAPSHOTS.iter().any(|place| place.load(Ordering::Relaxed) == 0)
}

/// Forgets the snapshots that have ended. Nobody else waits for them.
pub(crate) fn reap() {
    for place in &SNAPSHOTS {
        let pid = place.load(Ordering::Relaxed);
        if pid != 0 && !matches!(sys::wait4(pid, sys::WNOHANG | sys::WCLONE), Ok((0, _)) | Err(sys::EINTR)) {
            place.store(0, Ordering::Relaxed);
        }
    }
}

/// Forgets all snapshots: the process that has this memory now has made none of them.
pub(crate) fn forget() {
    SNAPSHOTS.iter().for_each(|place| place.store(0, Ordering::Relaxed));
}

/// The way in which a parked process treats a signal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// The signal is forwarded to the successor, if it was sent to this process alone.
    HandedOn,
    /// The kernel's default action applies: to faults of this process itself, and to signals from its children.
    Default,
    /// The action is left alone: the signal is the C library's own, or its action can't be changed.
    Left,
}

const SIGCHLD: c_int = sys::SIGCHLD;
const STOPS: [c_int; 3] = [20, 21, 22];

fn fate(signal: c_int) -> Fate {
    match signal {
        sys::SIGKILL | 19 | 32 | 33 => Fate::Left,
        // Illegal, trap, abort, bus, float, segment, system call: the program's handlers must not run.
        4..=8 | 11 | 31 | SIGCHLD | PARK => Fate::Default,
        _ => Fate::HandedOn,
    }
}

extern "C" fn parked(_signal: c_int, _information: *const c_void, _context: *const c_void) {
    // The end of the session shows the engine that nothing more comes.
    sys::close_all();
    let hand_on = Action {
        handler: handed_on as *const () as usize,
        mask: Set([u64::MAX; 16]),
        flags: SA_SIGINFO | SA_RESTART,
        restorer: 0,
    };
    // No handler of the program may run any more. Ignored signals stay ignored.
    for signal in 1..=64 {
        let mut now = Action::DEFAULT;
        signals::real_action(signal, std::ptr::null(), &raw mut now);
        match fate(signal) {
            Fate::HandedOn if now.handler != IGNORED => {
                signals::real_action(signal, &raw const hand_on, std::ptr::null_mut());
            }
            Fate::Default => signals::real_action(signal, &raw const DEFAULT, std::ptr::null_mut()),
            _ => {}
        }
    }
    // A second signal to park has no effect.
    sys::signal_mask(sys::SIG_SETMASK, PARK_BIT);
    let mut ended = None;
    loop {
        match sys::ended_child() {
            Ok(pid) => {
                // The pid is forgotten before it is waited for: after that, it may belong to another process.
                forget_one(pid);
                // The engine ends unneeded snapshots with SIGKILL.
                if let Ok((_, status)) = sys::wait4(pid, sys::WALL | sys::WNOHANG)
                    && status & 0x7f != sys::SIGKILL
                {
                    ended = Some(status);
                }
            }
            Err(sys::EINTR) => {}
            Err(_) => break,
        }
    }
    end_as(ended.unwrap_or(sys::SIGKILL));
}

/// Ends this process in the way in which another has ended.
fn end_as(status: c_int) -> ! {
    let signal = status & 0x7f;
    if signal == 0 {
        sys::exit_group(status >> 8 & 0xff);
    }
    // The other process has left the core file, if there should be one.
    sys::no_core();
    signals::real_action(signal, &raw const DEFAULT, std::ptr::null_mut());
    sys::signal_mask(sys::SIG_SETMASK, 0);
    let _ = sys::kill(sys::getpid(), signal);
    sys::exit_group(128 + signal)
}

extern "C" fn handed_on(signal: c_int, information: *const c_int, _context: *const c_void) {
    // SAFETY: the kernel passes a whole `siginfo_t`, whose third word is `si_code`.
    let code = unsafe { *information.add(2) };
    // Sent by kill, sigqueue or tgkill. Terminals reach the successor themselves, and timers are this process's own.
    if matches!(code, 0 | -1 | -6) {
        for place in &SNAPSHOTS {
            let pid = place.load(Ordering::Relaxed);
            if pid != 0 {
                let _ = sys::kill(pid, signal);
            }
        }
    }
    // Whoever started the process must see that it has stopped.
    if STOPS.contains(&signal) {
        let _ = sys::kill(sys::getpid(), 19);
    }
}

fn forget_one(pid: c_int) {
    for place in &SNAPSHOTS {
        let _ = place.compare_exchange(pid, 0, Ordering::Relaxed, Ordering::Relaxed);
    }
}
