//! The functions behind ours: the next ones of the same name, which do the work.
//!
//! A name is looked up at its first use, without a lock. The `hooks!` macro writes a function for C and its way to the
//! next one; `next!` gives a next function for use elsewhere.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
}

/// `RTLD_NEXT`: the libraries after this one.
const NEXT: *mut c_void = -1_isize as *mut c_void;

/// Where a next function is.
pub struct Next {
    name: &'static CStr,
    /// 0: not looked up yet; 1: there is none.
    address: AtomicUsize,
}

impl Next {
    /// That of a function of this name.
    pub const fn new(name: &'static CStr) -> Self {
        Self { name, address: AtomicUsize::new(0) }
    }

    /// The function's address, if there is such a function.
    #[inline]
    pub fn address(&self) -> Option<usize> {
        match self.address.load(Ordering::Relaxed) {
            0 => self.find(),
            1 => None,
            address => Some(address),
        }
    }

    #[cold]
    fn find(&self) -> Option<usize> {
        // SAFETY: the name ends with NUL.
        let address = unsafe { dlsym(NEXT, self.name.as_ptr()) } as usize;
        self.address.store(address.max(1), Ordering::Relaxed);
        (address != 0).then_some(address)
    }
}

/// What a function answers where the C library doesn't have it.
pub trait Missing {
    /// The answer.
    const VALUE: Self;
}

impl Missing for c_int {
    const VALUE: Self = -1;
}

impl Missing for isize {
    const VALUE: Self = -1;
}

impl Missing for () {
    const VALUE: Self = ();
}

impl<T> Missing for *mut T {
    const VALUE: Self = std::ptr::null_mut();
}

/// Writes hooks: `fn name(argument: type) -> type, next { body }` becomes a function for C, in whose body `next` is the
/// function behind it. The body may do unsafe things: what comes from C can't be checked.
#[macro_export]
macro_rules! hooks {
    ($( $(#[$meta:meta])* fn $name:ident ( $($argument:ident : $kind:ty),* ) -> $answer:ty, $next:ident $body:block )*) => {
        $(
            $(#[$meta])*
            #[unsafe(no_mangle)]
            #[allow(clippy::too_many_arguments)]
            pub unsafe extern "C" fn $name($($argument: $kind),*) -> $answer {
                static NEXT: $crate::real::Next = $crate::real::Next::new(
                    match std::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                        Ok(name) => name,
                        Err(_) => c"",
                    },
                );
                let Some(address) = NEXT.address() else {
                    $crate::sys::set_errno($crate::sys::ENOSYS);
                    return <$answer as $crate::real::Missing>::VALUE;
                };
                // SAFETY: a function of this name in the C library has these arguments. The caller is C, and keeps the
                // function's contract.
                #[allow(unused_unsafe)]
                unsafe {
                    let $next = std::mem::transmute::<usize, unsafe extern "C" fn($($kind),*) -> $answer>(address);
                    $body
                }
            }
        )*
    };
}

/// A next function by name and type, as an option.
#[macro_export]
macro_rules! next {
    ($name:ident: fn($($kind:ty),*) -> $answer:ty) => {{
        static NEXT: $crate::real::Next = $crate::real::Next::new(
            match std::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                Ok(name) => name,
                Err(_) => c"",
            },
        );
        // SAFETY: a function of this name in the C library has these arguments.
        NEXT.address()
            .map(|address| unsafe { std::mem::transmute::<usize, unsafe extern "C" fn($($kind),*) -> $answer>(address) })
    }};
}

/// Writes the hook of `dlopen`, which calls `$before` with the path, and goes on to the address that this returns. The real
/// function looks at who calls it, for the folders in which that one's libraries are: so it must not be the hook.
#[macro_export]
macro_rules! hook_dlopen {
    ($before:ident) => {
        /// Loads a library, for whoever calls.
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        pub(crate) unsafe extern "C" fn dlopen(
            _path: *const std::ffi::c_char,
            _mode: std::ffi::c_int,
        ) -> *mut std::ffi::c_void {
            #[cfg(target_arch = "x86_64")]
            std::arch::naked_asm!(
                "push rdi", "push rsi", "sub rsp, 8", "call {before}", "add rsp, 8", "pop rsi", "pop rdi", "jmp rax",
                before = sym $before
            );
            #[cfg(target_arch = "aarch64")]
            std::arch::naked_asm!(
                "stp x29, x30, [sp, #-32]!", "stp x0, x1, [sp, #16]", "bl {before}", "mov x16, x0",
                "ldp x0, x1, [sp, #16]", "ldp x29, x30, [sp], #32", "br x16",
                before = sym $before
            );
        }
    };
}
