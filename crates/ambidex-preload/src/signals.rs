//! The signal that parks a process: the process itself may neither block nor handle it.

use std::ffi::{c_int, c_void};

use crate::{settings, sys};

/// The signal that parks a process: SIGSTKFLT, which the kernel doesn't use (signal(7)).
pub(crate) const PARK: c_int = 16;

/// The bit of that signal in a mask.
pub(crate) const PARK_BIT: u64 = 1 << (PARK - 1);

/// The C library's set of signals. The kernel uses only the first word.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Set(pub [u64; 16]);

/// The C library's action of a signal, on 64-bit machines.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Action {
    pub handler: usize,
    pub mask: Set,
    pub flags: c_int,
    pub restorer: usize,
}

impl Action {
    pub(crate) const DEFAULT: Self = Self { handler: 0, mask: Set([0; 16]), flags: 0, restorer: 0 };
}

/// Sets or reads an action through the function behind the hook.
pub(crate) fn real_action(signal: c_int, action: *const Action, old: *mut Action) {
    if let Some(next) = next!(sigaction: fn(c_int, *const Action, *mut Action) -> c_int) {
        // SAFETY: the actions are null or whole.
        unsafe { next(signal, action, old) };
    }
}

unsafe fn act(
    signal: c_int,
    action: *const Action,
    old: *mut Action,
    next: unsafe extern "C" fn(c_int, *const Action, *mut Action) -> c_int,
) -> c_int {
    // SAFETY: the actions are null or whole, as the caller of `sigaction` must pass them.
    unsafe {
        if !settings::active() {
            return next(signal, action, old);
        }
        if signal == PARK {
            if let Some(old) = old.as_mut() {
                *old = Action::DEFAULT;
            }
            return 0;
        }
        let Some(mut wanted) = action.as_ref().copied() else {
            return next(signal, action, old);
        };
        wanted.mask.0[0] &= !PARK_BIT;
        next(signal, &raw const wanted, old)
    }
}

unsafe fn mask(how: c_int, set: *const Set, next: impl Fn(*const Set) -> c_int) -> c_int {
    // SAFETY: the set is null or whole.
    match unsafe { set.as_ref() } {
        Some(wanted) if settings::active() && how != sys::SIG_UNBLOCK && wanted.0[0] & PARK_BIT != 0 => {
            let mut wanted = Set([wanted.0[0], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            wanted.0[0] &= !PARK_BIT;
            next(&raw const wanted)
        }
        _ => next(set),
    }
}

hooks! {
    fn sigaction(signal: c_int, action: *const Action, old: *mut Action) -> c_int, next { act(signal, action, old, next) }
    fn __sigaction(signal: c_int, action: *const Action, old: *mut Action) -> c_int, next { act(signal, action, old, next) }
    fn signal(signal: c_int, handler: *mut c_void) -> *mut c_void, next {
        if settings::active() && signal == PARK { std::ptr::null_mut() } else { next(signal, handler) }
    }
    fn bsd_signal(signal: c_int, handler: *mut c_void) -> *mut c_void, next {
        if settings::active() && signal == PARK { std::ptr::null_mut() } else { next(signal, handler) }
    }
    fn sysv_signal(signal: c_int, handler: *mut c_void) -> *mut c_void, next {
        if settings::active() && signal == PARK { std::ptr::null_mut() } else { next(signal, handler) }
    }
    fn sigset(signal: c_int, handler: *mut c_void) -> *mut c_void, next {
        if settings::active() && signal == PARK { std::ptr::null_mut() } else { next(signal, handler) }
    }
    fn sighold(signal: c_int) -> c_int, next { if settings::active() && signal == PARK { 0 } else { next(signal) } }
    fn sigignore(signal: c_int) -> c_int, next { if settings::active() && signal == PARK { 0 } else { next(signal) } }
    fn sigprocmask(how: c_int, set: *const Set, old: *mut Set) -> c_int, next { mask(how, set, |set| next(how, set, old)) }
    fn pthread_sigmask(how: c_int, set: *const Set, old: *mut Set) -> c_int, next { mask(how, set, |set| next(how, set, old)) }
}
