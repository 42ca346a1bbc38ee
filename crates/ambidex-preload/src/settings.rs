//! Knows what was settled when the library was loaded: whether there is an engine, and where our own files are.

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::buffer::{Buffer, PathBuffer};
use crate::{descriptors, starts, sys, table};

/// Whether the environment named a socket.
static ACTIVE: AtomicBool = AtomicBool::new(false);

/// Written once by the constructor, before the program runs.
struct Once<T>(UnsafeCell<T>);

// SAFETY: it is only written while the process has one thread and no hook reads it.
unsafe impl<T> Sync for Once<T> {}

static SOCKET: Once<Buffer<256>> = Once(UnsafeCell::new(Buffer::new()));
static LIBRARY: Once<PathBuffer> = Once(UnsafeCell::new(Buffer::new()));

/// Whether an engine was named. Everything is as without the library otherwise.
#[inline]
pub(crate) fn active() -> bool {
    ACTIVE.load(Ordering::Relaxed)
}

/// The path of the engine's socket.
pub(crate) fn socket() -> &'static [u8] {
    // SAFETY: nothing writes any more.
    unsafe { (*SOCKET.0.get()).bytes() }
}

/// The path of this library.
pub(crate) fn library() -> &'static [u8] {
    // SAFETY: nothing writes any more.
    unsafe { (*LIBRARY.0.get()).bytes() }
}

/// The folder of this library, which also has Python's part of the capture.
pub(crate) fn folder() -> &'static [u8] {
    let library = library();
    let end = library.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    &library[..end]
}

unsafe extern "C" {
    static environ: *const *const c_char;
    fn dladdr(address: *const c_void, information: *mut Information) -> c_int;
}

/// What `dladdr` says of an address.
#[repr(C)]
struct Information {
    file: *const c_char,
    base: *const c_void,
    symbol: *const c_char,
    symbol_address: *const c_void,
}

/// The value of an environment variable.
fn variable(name: &[u8]) -> Option<&'static [u8]> {
    // SAFETY: the environment is a list of C strings that ends with a null pointer.
    unsafe {
        let mut entry = environ;
        while !entry.is_null() && !(*entry).is_null() {
            let text = CStr::from_ptr(*entry).to_bytes();
            if let Some(value) = text.strip_prefix(name).and_then(|rest| rest.strip_prefix(b"=")) {
                return Some(value);
            }
            entry = entry.add(1);
        }
    }
    None
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = constructor;

extern "C" fn constructor() {
    let _errno = sys::Errno::keep();
    let Some(socket) = variable(b"AMBIDEX_SOCKET").filter(|path| path.starts_with(b"/")) else {
        return;
    };
    // SAFETY: this is the only writer, and nothing reads before `ACTIVE` is set.
    unsafe {
        let place = &mut *SOCKET.0.get();
        place.push(socket);
        let library = &mut *LIBRARY.0.get();
        find_library(library);
        if !place.whole() || library.bytes().first() != Some(&b'/') {
            return;
        }
    }
    if !table::open(socket) {
        return;
    }
    descriptors::remember_first();
    starts::prepare();
    ACTIVE.store(true, Ordering::Release);
}

/// Where this library was loaded from, as an absolute path.
fn find_library(into: &mut PathBuffer) {
    let mut information = Information {
        file: std::ptr::null(),
        base: std::ptr::null(),
        symbol: std::ptr::null(),
        symbol_address: std::ptr::null(),
    };
    // SAFETY: `dladdr` fills the structure; the name lives as long as the library.
    let file = unsafe {
        if dladdr((&raw const CONSTRUCTOR).cast(), &raw mut information) == 0 || information.file.is_null() {
            return;
        }
        CStr::from_ptr(information.file).to_bytes()
    };
    if !file.starts_with(b"/") && into.fill(sys::getcwd).is_ok() {
        into.push(b"/");
    }
    into.push(file);
}
