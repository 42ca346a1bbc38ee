//! The kernel: raw system calls, their numbers, constants and structures.
//!
//! All plain system calls are here. The libraries do all of their own work through this module and not through the C
//! library, whose functions are hooked. A function is safe if the kernel checks its arguments; functions that take
//! addresses from the caller are not.

macro_rules! call {
    ($number:expr $(, $argument:expr)*) => {{
        #[allow(unused_mut)]
        let mut arguments = [0_usize; 6];
        #[allow(unused_mut)]
        let mut _at = 0;
        $( arguments[_at] = $argument as usize; _at += 1; )*
        // SAFETY: references and slices of the caller live as long as the call; the rest are plain numbers.
        unsafe { call($number, arguments) }
    }};
}

mod constants;
mod files;
mod memory;
pub mod number;
mod processes;
mod sockets;

pub use self::constants::*;
pub use self::files::*;
pub use self::memory::*;
pub use self::processes::*;
pub use self::sockets::*;

use std::arch::asm;
use std::ffi::c_int;

/// The result of a system call: a number, or an error number.
pub type Answer = Result<usize, c_int>;

/// Makes a raw system call.
///
/// # Safety
/// The arguments must be what the call expects; addresses among them must be valid for it.
#[inline]
unsafe fn call(number: usize, arguments: [usize; 6]) -> Answer {
    let answer: isize;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the registers are those of the kernel's calling convention.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => answer,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            in("r8") arguments[4],
            in("r9") arguments[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack)
        );
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: the registers are those of the kernel's calling convention.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") arguments[0] => answer,
            in("x1") arguments[1],
            in("x2") arguments[2],
            in("x3") arguments[3],
            in("x4") arguments[4],
            in("x5") arguments[5],
            options(nostack)
        );
    }
    if (-4095..0).contains(&answer) { Err(-answer as c_int) } else { Ok(answer as usize) }
}

unsafe extern "C" {
    fn fileno(stream: *mut std::ffi::c_void) -> c_int;
    fn __errno_location() -> *mut c_int;
}

pub fn set_errno(number: c_int) {
    // SAFETY: the C library returns the address of this thread's errno.
    unsafe { *__errno_location() = number }
}

pub fn errno() -> c_int {
    // SAFETY: the C library returns the address of this thread's errno.
    unsafe { *__errno_location() }
}

/// A guard that restores errno when it is dropped, so that the library's own work does not show in it.
pub struct Errno(c_int);

impl Errno {
    pub fn keep() -> Self {
        Self(errno())
    }
}

impl Drop for Errno {
    fn drop(&mut self) {
        set_errno(self.0);
    }
}
