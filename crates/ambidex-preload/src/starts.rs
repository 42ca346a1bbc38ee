//! The functions that start and end processes and threads, and the pids that a process shows for itself and its parent.

use std::arch::naked_asm;
use std::ffi::{c_char, c_int, c_void};

use crate::environment::{List, captured};
use crate::outside::{before, before_the_end};
use crate::{call, exec, looks, settings, snapshot, state, sys, text, wire};

type Path = *const c_char;
type Any = *mut c_void;

/// Settles before a process is started, because the new process may look at anything and change anything.
#[inline]
fn starting() {
    call::not_in_a_copy();
    if state::changes_matter() {
        wire::settle("process");
    }
}

/// Resets the library in a child made by fork.
fn forked() {
    if settings::active() {
        if let Some(session) = state::forked() {
            let_go(session);
        }
        text::forked();
        wire::at_home();
        wire::forget_connection();
        snapshot::forked();
    }
}

/// Replaces a child's copy of the session's descriptor, so that the session ends with its own process. The number stays
/// taken.
pub(crate) fn let_go(session: c_int) {
    if let Ok(nothing) = sys::open(c"/dev/null", sys::O_RDWR).map(sys::Own) {
        let _ = sys::dup3(nothing.0, session, sys::O_CLOEXEC);
    }
}

/// Looks up the functions that may be needed where it is too late to look them up.
pub(crate) fn prepare() {
    wire::at_home();
    exec::prepare();
    let _ = real_vfork();
}

fn real_vfork() -> usize {
    static NEXT: ambidex_hook::real::Next = ambidex_hook::real::Next::new(c"vfork");
    NEXT.address().unwrap_or(0)
}

fn real_dlopen() -> usize {
    static NEXT: ambidex_hook::real::Next = ambidex_hook::real::Next::new(c"dlopen");
    NEXT.address().unwrap_or(0)
}

extern "C" fn before_vfork() -> usize {
    starting();
    real_vfork()
}

extern "C" fn before_dlopen(path: Path) -> usize {
    // SAFETY: the path is null or a C string, as for `dlopen`.
    unsafe { looks::loading(path) };
    real_dlopen()
}

/// Calls `vfork`. That returns twice, and its first return must not spoil the stack for the second, so this function is
/// gone from the stack when the real one runs.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn vfork() -> c_int {
    #[cfg(target_arch = "x86_64")]
    naked_asm!("sub rsp, 8", "call {before}", "add rsp, 8", "jmp rax", before = sym before_vfork);
    #[cfg(target_arch = "aarch64")]
    naked_asm!(
        "stp x29, x30, [sp, #-16]!", "bl {before}", "mov x16, x0", "ldp x29, x30, [sp], #16", "br x16",
        before = sym before_vfork
    );
}

hook_dlopen!(before_dlopen);

unsafe extern "C" {
    fn pthread_self() -> usize;
}

/// Sends a signal to this very process. The C library only knows the number of the thread that the process was copied
/// from.
fn raised(signal: c_int) -> c_int {
    match sys::kill(sys::getpid(), signal) {
        Ok(_) => 0,
        Err(number) => {
            sys::set_errno(number);
            -1
        }
    }
}

hooks! {
    fn fork() -> c_int, next {
        starting();
        let pid = next();
        if pid == 0 {
            forked();
        }
        pid
    }
    fn forkpty(terminal: Any, name: Any, settings: Any, size: Any) -> c_int, next {
        starting();
        let pid = next(terminal, name, settings, size);
        if pid == 0 {
            forked();
        }
        pid
    }
    fn daemon(stays: c_int, keeps: c_int) -> c_int, next {
        starting();
        let before = sys::getpid();
        let answer = next(stays, keeps);
        if sys::getpid() != before {
            forked();
        }
        answer
    }
    fn posix_spawn(pid: Any, path: Path, actions: Any, attributes: Any, words: Any, environment: List) -> c_int, next {
        starting();
        looks::look(sys::AT_FDCWD, path);
        captured(environment, |environment| next(pid, path, actions, attributes, words, environment))
    }
    fn posix_spawnp(pid: Any, file: Path, actions: Any, attributes: Any, words: Any, environment: List) -> c_int, next {
        starting();
        captured(environment, |environment| next(pid, file, actions, attributes, words, environment))
    }
    fn system(command: Path) -> c_int, next { starting(); next(command) }
    fn popen(command: Path, mode: Path) -> Any, next { starting(); next(command, mode) }
    fn wordexp(words: Path, into: Any, flags: c_int) -> c_int, next { starting(); next(words, into, flags) }
    fn pthread_create(thread: Any, attributes: Any, start: Any, argument: Any) -> c_int, next {
        before("thread");
        next(thread, attributes, start, argument)
    }
    fn _exit(status: c_int) -> (), next { before_the_end(); next(status) }
    fn _Exit(status: c_int) -> (), next { before_the_end(); next(status) }
    fn quick_exit(status: c_int) -> (), next { before_the_end(); next(status) }
    fn abort() -> (), next { before_the_end(); next() }
    fn raise(signal: c_int) -> c_int, next {
        before("signal");
        if state::shown_pid() == sys::getpid() { next(signal) } else { raised(signal) }
    }
    fn pthread_kill(thread: usize, signal: c_int) -> c_int, next {
        before("signal");
        // The C library may hold the first process's number for this thread.
        if thread != pthread_self() || state::shown_pid() == sys::getpid() {
            return next(thread, signal);
        }
        sys::kill(sys::getpid(), signal).err().unwrap_or(0)
    }
    fn getpid() -> c_int, next { if settings::active() || state::is_copy() { state::shown_pid() } else { next() } }
    fn getppid() -> c_int, next { if settings::active() || state::is_copy() { state::shown_parent() } else { next() } }
}
