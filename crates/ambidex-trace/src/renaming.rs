//! Where the files really are that a copy of a Python process writes as outputs: each has another path until its turn
//! comes.
//!
//! A command line can be rewritten, a function of Python can't: it writes to the paths that it knows. So for these
//! processes the C library's functions take the other path instead. What was at an output's path before is not there
//! for them.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

use ambidex_hook::start::Once;

use crate::paths::{self, Place};
use crate::sys;

/// The greatest number of outputs.
pub(crate) const MOST: usize = 16;

#[derive(Clone, Copy)]
struct Output {
    /// The path that the process knows, without links.
    place: &'static [u8],
    /// Where the file really is.
    file: &'static CStr,
}

static OUTPUTS: Once<[Output; MOST]> = Once::new([Output { place: b"", file: c"" }; MOST]);
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Takes the outputs from a list of strings: each path, and where the file really is. Returns whether it could take
/// all.
///
/// # Safety
/// The process has one thread, and the list lives as long as the process.
pub(crate) unsafe fn begin(list: &'static [u8]) -> bool {
    let mut strings = list.split_inclusive(|byte| *byte == 0);
    let mut count = 0;
    while let (Some(place), Some(file)) = (strings.next(), strings.next()) {
        let (Some(place), Ok(file)) = (place.strip_suffix(b"\0"), CStr::from_bytes_with_nul(file)) else {
            return false;
        };
        if count == MOST {
            return false;
        }
        // SAFETY: no other thread reads it.
        unsafe { (*OUTPUTS.0.get())[count] = Output { place, file } };
        count += 1;
    }
    COUNT.store(count, Ordering::Release);
    true
}

/// An argument of a function of the C library.
pub(crate) trait Argument {
    /// Returns the argument with which the real function is called.
    fn renamed(self) -> Self;
}

impl Argument for *const c_char {
    #[inline]
    fn renamed(self) -> Self {
        if COUNT.load(Ordering::Relaxed) == 0 { self } else { real(self) }
    }
}

macro_rules! as_they_are {
    ($($kind:ty),*) => {
        $(
            impl Argument for $kind {
                #[inline]
                fn renamed(self) -> Self {
                    self
                }
            }
        )*
    };
}

as_they_are!(c_int, c_uint, i64, u64, usize, *mut c_char, *mut c_void);

/// Returns the argument with which the real function is called.
#[inline]
pub(crate) fn renamed<A: Argument>(argument: A) -> A {
    argument.renamed()
}

#[cold]
fn real(path: *const c_char) -> *const c_char {
    let _errno = sys::Errno::keep();
    // SAFETY: the caller of the hook passes a C string or null, and nobody writes to the outputs any more.
    let (place, outputs) = unsafe {
        let Some(place) = Place::new(sys::AT_FDCWD, path) else { return path };
        (place, &(&*OUTPUTS.0.get())[..COUNT.load(Ordering::Acquire)])
    };
    let name = place.name();
    if !outputs.iter().any(|output| paths::name(output.place) == name) {
        return path;
    }
    let Some(found) = place.real(false) else { return path };
    let output = outputs.iter().find(|output| output.place == found.bytes());
    output.map_or(path, |output| output.file.as_ptr())
}
