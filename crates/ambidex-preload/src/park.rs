//! How a process stops for good when a snapshot of it has taken its place, and stands for it to the outside.
//!
//! Whoever started the process waits for it, and may send it signals. So it stays, hands signals on, and ends as the
//! last of its snapshots ends.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicI32, Ordering};

use crate::signals::{self, Action, PARK, PARK_BIT, Set};
use crate::sys;

/// The most snapshots that there are at a time.
const MOST: usize = 64;

/// The snapshots of this process.
static SNAPSHOTS: [AtomicI32; MOST] = [const { AtomicI32::new(0) }; MOST];

const SA_SIGINFO: c_int = 4;
const SA_RESTART: c_int = 0x1000_0000;

static DEFAULT: Action = Action::DEFAULT;

/// `SIG_IGN`.
const IGNORED: usize = 1;

/// From here on the process can be parked.
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

/// Remembers a snapshot. Answers whether there was room.
pub(crate) fn add(pid: c_int) -> bool {
    SNAPSHOTS.iter().any(|place| place.compare_exchange(0, pid, Ordering::Relaxed, Ordering::Relaxed).is_ok())
}

/// Whether another one can be remembered.
pub(crate) fn has_room() -> bool {
    SNAPSHOTS.iter().any(|place| place.load(Ordering::Relaxed) == 0)
}

/// Forgets those that have ended. Nobody else waits for them.
pub(crate) fn reap() {
    for place in &SNAPSHOTS {
        let pid = place.load(Ordering::Relaxed);
        if pid != 0 && !matches!(sys::wait4(pid, sys::WNOHANG | sys::WCLONE), Ok((0, _)) | Err(sys::EINTR)) {
            place.store(0, Ordering::Relaxed);
        }
    }
}

/// The process that has this memory now has made none of them.
pub(crate) fn forget() {
    SNAPSHOTS.iter().for_each(|place| place.store(0, Ordering::Relaxed));
}

/// What a signal becomes in a parked process.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Handed on to the successor, if it was sent to this process alone.
    HandedOn,
    /// As the kernel has it: what this process itself does wrong, and what its children send.
    Default,
    /// The C library's own, and what can't be changed.
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
    // The engine sees by the end of the session that nothing more comes.
    sys::close_all();
    let hand_on = Action {
        handler: handed_on as *const () as usize,
        mask: Set([u64::MAX; 16]),
        flags: SA_SIGINFO | SA_RESTART,
        restorer: 0,
    };
    // No handler of the program may run any more. Ignored signals stay so.
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
    // A second signal to park is none.
    sys::signal_mask(sys::SIG_SETMASK, PARK_BIT);
    let mut ended = None;
    loop {
        match sys::ended_child() {
            Ok(pid) => {
                // First forgotten, then waited for: from then on the number may be another process's.
                forget_one(pid);
                // The engine ends the snapshots that are not wanted by SIGKILL.
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

/// Ends this process as another has ended.
fn end_as(status: c_int) -> ! {
    let signal = status & 0x7f;
    if signal == 0 {
        sys::exit_group(status >> 8 & 0xff);
    }
    // The other has left the core file, if there is to be one.
    sys::no_core();
    signals::real_action(signal, &raw const DEFAULT, std::ptr::null_mut());
    sys::signal_mask(sys::SIG_SETMASK, 0);
    let _ = sys::kill(sys::getpid(), signal);
    sys::exit_group(128 + signal)
}

extern "C" fn handed_on(signal: c_int, information: *const c_int, _context: *const c_void) {
    // SAFETY: the kernel gives a whole `siginfo_t`, whose third word is `si_code`.
    let code = unsafe { *information.add(2) };
    // By kill, sigqueue or tgkill. Terminals reach the successor themselves, and timers are this process's own.
    if matches!(code, 0 | -1 | -6) {
        for place in &SNAPSHOTS {
            let pid = place.load(Ordering::Relaxed);
            if pid != 0 {
                let _ = sys::kill(pid, signal);
            }
        }
    }
    // Who has started the process must see that it has stopped.
    if STOPS.contains(&signal) {
        let _ = sys::kill(sys::getpid(), 19);
    }
}

fn forget_one(pid: c_int) {
    for place in &SNAPSHOTS {
        let _ = place.compare_exchange(pid, 0, Ordering::Relaxed, Ordering::Relaxed);
    }
}
