//! The facts that are fixed when the library is loaded: whether there is an engine, and where ambidex's own files are.

use std::sync::atomic::{AtomicBool, Ordering};

use ambidex_hook::start::{self, Once};

use crate::buffer::{Buffer, PathBuffer};
use crate::environment::List;
use crate::{descriptors, starts, sys, table};

/// Whether the environment named a socket.
static ACTIVE: AtomicBool = AtomicBool::new(false);

static SOCKET: Once<Buffer<256>> = Once::new(Buffer::new());
static LIBRARY: Once<PathBuffer> = Once::new(Buffer::new());

/// Returns whether the environment named an engine. If not, everything is as without the library.
#[inline]
pub(crate) fn active() -> bool {
    ACTIVE.load(Ordering::Relaxed)
}

/// Makes everything as without the library, in a process that was copied for one call (`call.rs`).
pub(crate) fn deactivate() {
    ACTIVE.store(false, Ordering::Relaxed);
}

/// Returns the path of the engine's socket.
pub(crate) fn socket() -> &'static [u8] {
    // SAFETY: nothing writes to it any more.
    unsafe { (*SOCKET.0.get()).bytes() }
}

/// Returns the path of this library.
pub(crate) fn library() -> &'static [u8] {
    // SAFETY: nothing writes to it any more.
    unsafe { (*LIBRARY.0.get()).bytes() }
}

/// Returns the directory of this library, which also has the Python part of the capture.
pub(crate) fn folder() -> &'static [u8] {
    let library = library();
    let end = library.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    &library[..end]
}

unsafe extern "C" {
    static environ: List;
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = constructor;

extern "C" fn constructor() {
    let _errno = sys::Errno::keep();
    // SAFETY: the program does not run yet.
    let socket = unsafe { start::value(environ, b"AMBIDEX_SOCKET=") };
    let Some(socket) = socket.filter(|path| path.starts_with(b"/")) else {
        return;
    };
    // SAFETY: this is the only writer, and nothing reads before `ACTIVE` is set.
    unsafe {
        let place = &mut *SOCKET.0.get();
        place.push(socket);
        let library = &mut *LIBRARY.0.get();
        start::find_library(&CONSTRUCTOR, library);
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
