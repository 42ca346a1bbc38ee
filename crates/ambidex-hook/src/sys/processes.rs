//! Processes, signals, limits and timers.

use std::arch::asm;
use std::ffi::c_int;

use super::number as nr;
use super::*;

pub fn getpid() -> c_int {
    call!(nr::GETPID).map_or(0, |pid| pid as c_int)
}

pub fn getppid() -> c_int {
    call!(nr::GETPPID).map_or(0, |pid| pid as c_int)
}

pub fn gettid() -> c_int {
    call!(nr::GETTID).map_or(0, |tid| tid as c_int)
}

pub fn sched_yield() {
    let _ = call!(nr::SCHED_YIELD);
}

/// Sleeps for some milliseconds, or until a signal is handled.
pub fn pause(milliseconds: i64) {
    let time = [milliseconds / 1000, milliseconds % 1000 * 1_000_000];
    let _ = call!(nr::PPOLL, 0, 0, time.as_ptr());
}

pub fn kill(pid: c_int, signal: c_int) -> Answer {
    call!(nr::KILL, pid, signal)
}

pub fn exit_group(status: c_int) -> ! {
    loop {
        let _ = call!(nr::EXIT_GROUP, status);
    }
}

/// Forks without notice to anyone: without SIGCHLD, and without the C library's handlers. Returns 0 in the child.
///
/// # Safety
/// In the child, locks that other threads held are never released. The code that runs there must allow for this.
pub unsafe fn quiet_fork() -> Result<c_int, c_int> {
    call!(nr::CLONE, 0, 0, 0, 0, 0).map(|pid| pid as c_int)
}

/// Copies this process without notice to anyone. Returns 0 in the copy, which is no child of this process, and otherwise
/// the pid of a helper, which has ended and must be waited for; its status is not 0 if there is no copy.
///
/// The helper is started as by vfork(2): it shares the memory until it ends, so only one copy of the memory's tables is
/// made. It does nothing but to fork and to end, and touches no memory.
///
/// # Safety
/// As for [`quiet_fork`]. All signals must be blocked.
pub unsafe fn fork_orphan() -> Result<c_int, c_int> {
    let result: isize;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the kernel preserves all registers but these, and nothing here uses the stack.
    unsafe {
        asm!(
            "mov eax, 56", // clone
            "mov edi, 0x4100", // CLONE_VM | CLONE_VFORK, without a signal at its end
            "xor esi, esi", "xor edx, edx", "xor r10d, r10d", "xor r8d, r8d",
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "mov eax, 56",
            "xor edi, edi",
            "syscall",
            "test rax, rax",
            "jz 2f",
            "shr rax, 63",
            "mov rdi, rax",
            "mov eax, 231", // exit_group
            "syscall",
            "2:",
            out("rax") result, out("rdi") _, out("rsi") _, out("rdx") _, out("r10") _, out("r8") _,
            out("rcx") _, out("r11") _,
        );
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above.
    unsafe {
        asm!(
            "mov x8, 220",
            "mov x0, 0x4100",
            "mov x1, 0", "mov x2, 0", "mov x3, 0", "mov x4, 0",
            "svc 0",
            "cbnz x0, 2f",
            "mov x8, 220",
            "svc 0",
            "cbz x0, 2f",
            "lsr x0, x0, 63",
            "mov x8, 94",
            "svc 0",
            "2:",
            out("x0") result, out("x1") _, out("x2") _, out("x3") _, out("x4") _, out("x8") _,
        );
    }
    if result < 0 { Err(-result as c_int) } else { Ok(result as c_int) }
}

/// Makes this process the only one of a process group of its own.
pub fn set_group() -> Answer {
    call!(nr::SETPGID, 0, 0)
}

/// Waits for a child. Returns its pid (0 if no child has ended) and status.
pub fn wait4(pid: c_int, options: c_int) -> Result<(c_int, c_int), c_int> {
    let mut status = 0;
    call!(nr::WAIT4, pid, &raw mut status, options, 0).map(|pid| (pid as c_int, status))
}

/// Waits until any child has ended, including clone children. Returns its pid, and leaves it to be waited for.
pub fn ended_child() -> Result<c_int, c_int> {
    let mut information = [0_i32; 32];
    call!(nr::WAITID, 0, 0, information.as_mut_ptr(), WEXITED | WNOWAIT | WALL as usize, 0)?;
    // After three words and a gap (waitid(2)).
    Ok(information[4])
}

/// Returns whether the process has children for which it gets SIGCHLD, including dead ones.
pub fn has_children() -> bool {
    let mut information = [0_u64; 16];
    call!(nr::WAITID, 0, 0, information.as_mut_ptr(), WEXITED | WSTOPPED | WNOHANG as usize | WNOWAIT, 0)
        .is_ok()
}

pub fn prctl(option: usize, value: usize) -> Answer {
    call!(nr::PRCTL, option, value)
}

/// Changes the mask of blocked signals and returns the old one. Bit n-1 stands for signal n.
pub fn signal_mask(how: c_int, mask: u64) -> u64 {
    let mut old = 0_u64;
    let _ = call!(nr::RT_SIGPROCMASK, how, &raw const mask, &raw mut old, 8);
    old
}

/// Returns the signals that are blocked and pending.
pub fn pending_signals() -> u64 {
    let mut pending = 0_u64;
    let _ = call!(nr::RT_SIGPENDING, &raw mut pending, 8);
    pending
}

/// Returns the soft and the hard limit.
pub fn limit(resource: usize) -> [u64; 2] {
    let mut limit = [0; 2];
    let _ = call!(nr::PRLIMIT64, 0, resource, 0, limit.as_mut_ptr());
    limit
}

/// Returns the descriptor of a stream of the C library.
///
/// # Safety
/// The stream must be open.
pub unsafe fn number_of(stream: *mut std::ffi::c_void) -> c_int {
    // SAFETY: the caller guarantees an open stream.
    unsafe { fileno(stream) }
}

/// Turns off core files for this process.
pub fn no_core() {
    let none = [0_u64; 2];
    let _ = call!(nr::PRLIMIT64, 0, 4, none.as_ptr(), 0);
}

pub fn nice() -> i64 {
    call!(nr::GETPRIORITY, 0, 0).map_or(0, |value| 20 - value as i64)
}

/// Returns whether one of the three interval timers is running.
pub fn timer_runs() -> bool {
    (0..3).any(|which| {
        let mut timer = [0_i64; 4];
        call!(nr::GETITIMER, which, timer.as_mut_ptr()).is_ok() && timer[2..] != [0, 0]
    })
}

/// Closes all open descriptors.
pub fn close_all() {
    if call!(nr::CLOSE_RANGE, 0, u32::MAX, 0).is_ok() {
        return;
    }
    let last = limit(7)[0].min(65_536) as c_int;
    for fd in 0..last {
        close(fd);
    }
}
