//! The C library's own functions for printing, which no other hook sees: everything is settled before they print.
//!
//! A stream writes from within the C library when its buffer is full or flushed. Few processes print this way: Python
//! has its own buffers, and only extension modules and `ctypes` get here.

use std::arch::naked_asm;
use std::ffi::{c_int, c_void};

use crate::{state, sys, text};
use ambidex_hook::real::Next;

type Any = *mut c_void;

unsafe extern "C" {
    static stdout: Any;
    static stderr: Any;
}

/// Waits before something is put into a stream.
#[inline]
unsafe fn printing(stream: Any) {
    if state::maybe_open() && !stream.is_null() {
        // SAFETY: the caller of the C library passes an open stream.
        text::written_otherwise(unsafe { sys::number_of(stream) });
    }
}

extern "C" fn printing_out(next: &Next, _: Any) -> usize {
    // SAFETY: the C library's stream is open, or was closed, which its number shows.
    unsafe { printing(stdout) };
    next.address().unwrap_or(absent as *const () as usize)
}

extern "C" fn printing_to(next: &Next, stream: Any) -> usize {
    // SAFETY: the caller of the C library passes an open stream.
    unsafe { printing(stream) };
    next.address().unwrap_or(absent as *const () as usize)
}

extern "C" fn writing(next: &Next, fd: Any) -> usize {
    text::written_otherwise(fd as c_int);
    next.address().unwrap_or(absent as *const () as usize)
}

/// Stands in for a function that the C library does not have.
extern "C" fn absent() -> c_int {
    sys::set_errno(sys::ENOSYS);
    -1
}

/// Defines functions with any number of arguments, as `name, what runs before`. They leave all registers that hold
/// arguments as they are, and jump to the C library's function.
macro_rules! variadic {
    ($( $name:ident, $before:ident; )*) => {
        $(
            /// Hooks the C library's function of this name.
            #[unsafe(no_mangle)]
            #[unsafe(naked)]
            pub(crate) unsafe extern "C" fn $name() {
                static NEXT: Next = Next::new(
                    match std::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                        Ok(name) => name,
                        Err(_) => c"",
                    },
                );
                // `al` counts the vector registers that are in use.
                #[cfg(target_arch = "x86_64")]
                naked_asm!(
                    "push rbp", "mov rbp, rsp", "sub rsp, 192",
                    "mov [rsp], rdi", "mov [rsp + 8], rsi", "mov [rsp + 16], rdx", "mov [rsp + 24], rcx",
                    "mov [rsp + 32], r8", "mov [rsp + 40], r9", "mov [rsp + 48], rax",
                    "movaps [rsp + 64], xmm0", "movaps [rsp + 80], xmm1", "movaps [rsp + 96], xmm2",
                    "movaps [rsp + 112], xmm3", "movaps [rsp + 128], xmm4", "movaps [rsp + 144], xmm5",
                    "movaps [rsp + 160], xmm6", "movaps [rsp + 176], xmm7",
                    "mov rsi, rdi", "lea rdi, [rip + {next}]", "call {before}", "mov r11, rax",
                    "mov rdi, [rsp]", "mov rsi, [rsp + 8]", "mov rdx, [rsp + 16]", "mov rcx, [rsp + 24]",
                    "mov r8, [rsp + 32]", "mov r9, [rsp + 40]", "mov rax, [rsp + 48]",
                    "movaps xmm0, [rsp + 64]", "movaps xmm1, [rsp + 80]", "movaps xmm2, [rsp + 96]",
                    "movaps xmm3, [rsp + 112]", "movaps xmm4, [rsp + 128]", "movaps xmm5, [rsp + 144]",
                    "movaps xmm6, [rsp + 160]", "movaps xmm7, [rsp + 176]",
                    "leave", "jmp r11",
                    next = sym NEXT, before = sym $before
                );
                #[cfg(target_arch = "aarch64")]
                naked_asm!(
                    "stp x29, x30, [sp, #-224]!", "mov x29, sp",
                    "stp x0, x1, [sp, #16]", "stp x2, x3, [sp, #32]", "stp x4, x5, [sp, #48]",
                    "stp x6, x7, [sp, #64]", "str x8, [sp, #80]",
                    "stp q0, q1, [sp, #96]", "stp q2, q3, [sp, #128]", "stp q4, q5, [sp, #160]",
                    "stp q6, q7, [sp, #192]",
                    "mov x1, x0", "adrp x0, {next}", "add x0, x0, :lo12:{next}", "bl {before}", "mov x16, x0",
                    "ldp q0, q1, [sp, #96]", "ldp q2, q3, [sp, #128]", "ldp q4, q5, [sp, #160]",
                    "ldp q6, q7, [sp, #192]",
                    "ldp x0, x1, [sp, #16]", "ldp x2, x3, [sp, #32]", "ldp x4, x5, [sp, #48]",
                    "ldp x6, x7, [sp, #64]", "ldr x8, [sp, #80]",
                    "ldp x29, x30, [sp], #224", "br x16",
                    next = sym NEXT, before = sym $before
                );
            }
        )*
    };
}

variadic! {
    printf, printing_out;
    vprintf, printing_out;
    __printf_chk, printing_out;
    __vprintf_chk, printing_out;
    fprintf, printing_to;
    vfprintf, printing_to;
    __fprintf_chk, printing_to;
    __vfprintf_chk, printing_to;
    wprintf, printing_out;
    vwprintf, printing_out;
    __wprintf_chk, printing_out;
    __vwprintf_chk, printing_out;
    fwprintf, printing_to;
    vfwprintf, printing_to;
    __fwprintf_chk, printing_to;
    __vfwprintf_chk, printing_to;
    dprintf, writing;
    vdprintf, writing;
    __dprintf_chk, writing;
    __vdprintf_chk, writing;
}

hooks! {
    fn puts(line: Any) -> c_int, next { printing(stdout); next(line) }
    fn putchar(character: c_int) -> c_int, next { printing(stdout); next(character) }
    fn putchar_unlocked(character: c_int) -> c_int, next { printing(stdout); next(character) }
    fn fputs(line: Any, stream: Any) -> c_int, next { printing(stream); next(line, stream) }
    fn fputs_unlocked(line: Any, stream: Any) -> c_int, next { printing(stream); next(line, stream) }
    fn fputc(character: c_int, stream: Any) -> c_int, next { printing(stream); next(character, stream) }
    fn fputc_unlocked(character: c_int, stream: Any) -> c_int, next { printing(stream); next(character, stream) }
    fn putc(character: c_int, stream: Any) -> c_int, next { printing(stream); next(character, stream) }
    fn _IO_putc(character: c_int, stream: Any) -> c_int, next { printing(stream); next(character, stream) }
    fn putc_unlocked(character: c_int, stream: Any) -> c_int, next { printing(stream); next(character, stream) }
    /// Does the work of `putc_unlocked` when the buffer is full.
    fn __overflow(stream: Any, character: c_int) -> c_int, next { printing(stream); next(stream, character) }
    fn fwrite(bytes: Any, size: usize, count: usize, stream: Any) -> isize, next {
        printing(stream);
        next(bytes, size, count, stream)
    }
    fn fwrite_unlocked(bytes: Any, size: usize, count: usize, stream: Any) -> isize, next {
        printing(stream);
        next(bytes, size, count, stream)
    }
    fn fputws(line: Any, stream: Any) -> c_int, next { printing(stream); next(line, stream) }
    fn fputwc(character: c_int, stream: Any) -> c_int, next { printing(stream); next(character, stream) }
    fn putwc(character: c_int, stream: Any) -> c_int, next { printing(stream); next(character, stream) }
    fn putwchar(character: c_int) -> c_int, next { printing(stdout); next(character) }
    fn perror(text: Any) -> (), next { printing(stderr); next(text) }
    fn psignal(signal: c_int, text: Any) -> (), next { printing(stderr); next(signal, text) }
    fn fflush(stream: Any) -> c_int, next {
        text::flushing();
        next(stream)
    }
    fn fflush_unlocked(stream: Any) -> c_int, next {
        text::flushing();
        next(stream)
    }
}
