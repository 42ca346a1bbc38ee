//! The functions behind ours: the next ones of the same name, which do the work.
//!
//! A name is looked up at its first use, without a lock. The `hooks!` macro defines a function for C and its access to
//! the next one; `next!` gives a next function for use elsewhere.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
}

/// `RTLD_NEXT`: the libraries after this one.
const NEXT: *mut c_void = -1_isize as *mut c_void;

/// The address of a next function.
pub struct Next {
    name: &'static CStr,
    /// 0: not looked up yet; 1: no such function exists.
    address: AtomicUsize,
}

impl Next {
    /// Returns a value for the function of this name, which is not looked up yet.
    pub const fn new(name: &'static CStr) -> Self {
        Self { name, address: AtomicUsize::new(0) }
    }

    /// Returns the function's address, if such a function exists.
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

/// The value that a hook returns if the C library does not have its function.
pub trait Missing {
    /// The return value.
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

/// Defines hooks: `fn name(argument: type) -> type, next { body }` becomes a function for C. In its body, `next` is the
/// function behind it. The body may do unsafe things, because nothing that comes from C can be checked. With
/// `through function;` at the beginning, each argument first goes through that function.
#[macro_export]
macro_rules! hooks {
    (through $map:path; $( $(#[$meta:meta])* fn $name:ident ( $($argument:ident : $kind:ty),* ) -> $answer:ty, $next:ident $body:block )*) => {
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
                // SAFETY: a function of this name in the C library has these arguments. The caller is C code, and keeps
                // the function's contract.
                #[allow(unused_unsafe)]
                unsafe {
                    $( let $argument: $kind = $map($argument); )*
                    let $next = std::mem::transmute::<usize, unsafe extern "C" fn($($kind),*) -> $answer>(address);
                    $body
                }
            }
        )*
    };
    ($( $(#[$meta:meta])* fn $name:ident ( $($argument:ident : $kind:ty),* ) -> $answer:ty, $next:ident $body:block )*) => {
        $crate::hooks! {
            through std::convert::identity;
            $( $(#[$meta])* fn $name ( $($argument : $kind),* ) -> $answer, $next $body )*
        }
    };
}

/// Gives a next function by name and type, as an option.
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

/// Defines the hook of `dlopen`. It calls `$before` with the path and jumps to the address that `$before` returns. The
/// real function looks at its caller to find the directories of that caller's libraries, so its caller must not be the
/// hook.
#[macro_export]
macro_rules! hook_dlopen {
    ($before:ident) => {
        /// Loads a library on behalf of the caller.
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
