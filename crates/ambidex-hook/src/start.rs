//! Helpers for a library's constructor, which runs before the program: a place for its results, the library's own path,
//! and values of the environment.

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_char, c_int, c_void};

use crate::buffer::PathBuffer;
use crate::environment::List;
use crate::sys;

/// A value that the constructor writes once, before the program runs.
pub struct Once<T>(pub UnsafeCell<T>);

// SAFETY: the value is only written while the process has one thread and no hook reads it.
unsafe impl<T> Sync for Once<T> {}

impl<T> Once<T> {
    /// Returns a place with this initial value.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }
}

unsafe extern "C" {
    fn dladdr(address: *const c_void, information: *mut Information) -> c_int;
}

/// The answer of `dladdr` about an address.
#[repr(C)]
struct Information {
    file: *const c_char,
    base: *const c_void,
    symbol: *const c_char,
    symbol_address: *const c_void,
}

/// Finds the absolute path from which the library that has this static was loaded.
pub fn find_library<T>(own: &'static T, into: &mut PathBuffer) {
    let mut information = Information {
        file: std::ptr::null(),
        base: std::ptr::null(),
        symbol: std::ptr::null(),
        symbol_address: std::ptr::null(),
    };
    // SAFETY: `dladdr` fills the structure; the name lives as long as the library.
    let file = unsafe {
        if dladdr((&raw const *own).cast(), &raw mut information) == 0 || information.file.is_null() {
            return;
        }
        CStr::from_ptr(information.file).to_bytes()
    };
    if !file.starts_with(b"/") && into.fill(sys::getcwd).is_ok() {
        into.push(b"/");
    }
    into.push(file);
}

/// Returns the value of a variable in an environment; `name` is the name followed by `=`.
///
/// # Safety
/// The list must be null, or hold C strings and end with a null pointer. Nobody may change it meanwhile.
pub unsafe fn value(list: List, name: &[u8]) -> Option<&'static [u8]> {
    let mut entry = list;
    // SAFETY: the caller guarantees such a list, which nobody changes.
    unsafe {
        while !entry.is_null() && !(*entry).is_null() {
            if let Some(value) = CStr::from_ptr(*entry).to_bytes().strip_prefix(name) {
                return Some(value);
            }
            entry = entry.add(1);
        }
    }
    None
}
