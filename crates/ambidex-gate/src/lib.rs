//! The library in the processes of a plain parallel build whose order `ambidex races` decides: each process asks a
//! referee before its program starts, and again when it has opened a watched file for writing, and waits for the answer.
//!
//! The library is loaded by `LD_PRELOAD` into the Python of the build and into everything that it starts. It decides
//! nothing and changes nothing that the programs do: it only makes them wait. What a compiler starts for its own work
//! does not ask at its start. Whatever fails in the library, the process goes on.

#[macro_use(hooks)]
extern crate ambidex_hook;

use ambidex_hook::sys;

mod opens;
mod referee;

use std::ffi::{CStr, c_char, c_int};

use ambidex_hook::buffer::{Buffer, PathBuffer};
use ambidex_hook::start::{self, Once};

use crate::referee::{Answer, Referee};

/// The variable with the socket of the referee, followed by `=`.
const SOCKET: &[u8] = b"AMBIDEX_GATE=";
/// The variable that marks what a command has started for its own work. Its value is the watched file, or empty.
const OUTPUT: &CStr = c"AMBIDEX_GATE_OUTPUT";

static REFEREE: Once<Option<Referee>> = Once::new(None);
static WATCHED: Once<PathBuffer> = Once::new(Buffer::new());

unsafe extern "C" {
    static mut environ: *mut *const c_char;
    fn setenv(name: *const c_char, value: *const c_char, replace: c_int) -> c_int;
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = constructor;

extern "C" fn constructor() {
    let _errno = sys::Errno::keep();
    // SAFETY: the program has not begun, so nothing else uses the environment or the values.
    unsafe {
        let Some(socket) = start::value(environ.cast_const(), SOCKET) else { return };
        let referee = Referee::at(socket);
        let watched = &mut *WATCHED.0.get();
        if let Some(output) = start::value(environ.cast_const(), b"AMBIDEX_GATE_OUTPUT=") {
            watched.push(output);
        } else if let Some(Answer::Command(output)) = referee.may_start() {
            let mut value = Buffer::<{ ambidex_hook::buffer::PATH }>::new();
            value.push(&output);
            setenv(OUTPUT.as_ptr(), value.c().as_ptr(), 1);
            watched.push(&output);
        }
        *REFEREE.0.get() = Some(referee);
    }
}

/// Tells the referee of a file that was opened for writing, if it is the watched one, and waits for the answer.
pub(crate) fn opened(fd: c_int) {
    // SAFETY: the constructor wrote both before the program began.
    let (referee, watched) = unsafe { (&*REFEREE.0.get(), &*WATCHED.0.get()) };
    if fd < 0 || watched.bytes().is_empty() {
        return;
    }
    let Some(referee) = referee else { return };
    let _errno = sys::Errno::keep();
    let there = sys::fstatat(sys::AT_FDCWD, watched.clone().c(), 0);
    if let (Ok(open), Ok(there)) = (sys::fstat(fd), there)
        && (open.dev, open.ino) == (there.dev, there.ino)
    {
        referee.has_opened(watched.bytes());
    }
}
