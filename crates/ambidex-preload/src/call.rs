//! How a call of a function that generates files is made in a copy of the process: the copy is made by fork where the
//! call is, waits until the engine starts it, and ends with the call. The process itself goes on as if the call had
//! succeeded.
//!
//! From its start on, the copy is observed as commands are, by the other library. What it would do besides reading files
//! and writing its outputs can't be undone: then it gives up, which counts as a failure of the call.

use std::ffi::{CStr, c_char, c_int};

use ambidex_hook::real::Next;
use ambidex_hook::start::Once;

use crate::buffer::{Buffer, PathBuffer};
use crate::suitability::{self, OpenFile};
use crate::sys::{self, Own};
use crate::{settings, snapshot, starts, state, text, wire};

/// The space for the engine's message that starts a call, in bytes.
const START: usize = 64 << 10;

/// The engine's message that starts a call, after its first letter: strings that end with NUL.
static MESSAGE: Once<Vec<u8>> = Once::new(Vec::new());

/// Makes a copy for the call with this number. Says in `answer` whether it was made; in the copy, that it may go on.
pub(crate) fn make_copy(number: u64, answer: &mut PathBuffer) {
    let Some(session) = state::session() else {
        answer.push(b"refused session");
        return;
    };
    if let Err(reason) = try_to_copy(session, number, answer) {
        answer.clear().push(b"refused ").push(reason);
    }
}

fn try_to_copy(session: state::Session, number: u64, answer: &mut PathBuffer) -> Result<(), &'static [u8]> {
    if library(c"ambidex_trace_begin").is_none() {
        return Err(b"library");
    }
    let files = suitability::examine(session)?;
    if files.iter().any(|file| file.writes) {
        // What the copy writes there can't be put in order with what this process writes.
        return Err(b"files");
    }
    let stream = Own(sys::connect(settings::socket()).map_err(|_| &b"engine"[..])?);
    let mut hello = Buffer::<96>::new();
    hello.push(b"L").push_number(session.program).push(b" ").push_number(number);
    wire::send_frame(stream.0, hello.bytes(), None).map_err(|_| &b"engine"[..])?;
    // The engine answers when there is room for another copy.
    if wire::receive_frame(stream.0, &mut [0]).is_none() {
        return Err(b"engine");
    }
    let mask = sys::signal_mask(sys::SIG_SETMASK, u64::MAX);
    let result = fork(session, &stream, &files, mask);
    sys::signal_mask(sys::SIG_SETMASK, mask);
    let is_copy = result?;
    if is_copy {
        // It is needed until the copy ends.
        std::mem::forget(stream);
    }
    answer.push(if is_copy { b"go" } else { b"taken" });
    Ok(())
}

/// Makes the copy. Returns whether this is the copy, which has been started.
fn fork(session: state::Session, stream: &Own, files: &[OpenFile], mask: u64) -> Result<bool, &'static [u8]> {
    // The copy belongs to nobody, so this process has no children that it did not start.
    let (shown, parent_shown) = (state::shown_pid(), state::shown_parent());
    // SAFETY: the process has one thread, so no other thread holds a lock, and its signals are blocked.
    match unsafe { sys::fork_orphan() } {
        Ok(0) => {
            become_copy(session, stream.0, files, shown, parent_shown);
            sys::signal_mask(sys::SIG_SETMASK, mask);
            Ok(true)
        }
        Ok(child) => loop {
            match sys::wait4(child, sys::WALL) {
                Ok((_, 0)) => return Ok(false),
                Err(sys::EINTR) => {}
                _ => return Err(b"fork"),
            }
        },
        Err(_) => Err(b"fork"),
    }
}

/// Separates this process from the one that it was copied from, and waits for its start.
fn become_copy(
    session: state::Session,
    stream: c_int,
    files: &[OpenFile],
    shown: c_int,
    parent_shown: c_int,
) {
    // Signals of the terminal are for the process itself.
    let _ = sys::set_group();
    starts::let_go(session.fd);
    state::forked();
    state::become_copy(stream);
    text::forked();
    wire::forget_connection();
    snapshot::forked();
    settings::deactivate();
    let mut hello = Buffer::<32>::new();
    hello.push(b"P").push_number(sys::getpid() as u64);
    let mut message = vec![0; START];
    let length = match wire::send_frame(stream, hello.bytes(), None) {
        Ok(()) => wire::receive_frame(stream, &mut message),
        Err(_) => None,
    };
    let Some(length) = length.filter(|length| *length > 0 && message[0] == b'G') else {
        // The call is not needed.
        sys::exit_group(0)
    };
    message.truncate(length);
    message.remove(0);
    state::take_place(shown, parent_shown);
    for file in files {
        if !separate(file.fd) {
            give_up();
        }
    }
    // What is in Python's buffers was printed before the call: the process itself prints it. If it has not printed it
    // yet, what the call prints would come too early.
    let (Ok(nothing), Ok(probe)) = (sys::open(c"/dev/null", sys::O_RDWR), sys::memory_file()) else {
        give_up()
    };
    for (from, to) in [(nothing, 0), (nothing, 1), (probe, 2)] {
        let _ = sys::dup3(from, to, 0);
    }
    sys::close(nothing);
    sys::close(probe);
    // SAFETY: the process has one thread, and nothing else uses it now.
    unsafe { *MESSAGE.0.get() = message };
}

/// Gives this process a position of its own in a file that it has only read.
fn separate(fd: c_int) -> bool {
    let mut link = Buffer::<64>::new();
    link.push(b"/proc/self/fd/").push_number(fd as u64);
    let Ok(offset) = sys::lseek(fd, 0, 1) else { return false };
    let Ok(again) = sys::open(link.c(), sys::O_RDONLY).map(Own) else { return false };
    sys::dup3(again.0, fd, sys::O_CLOEXEC).is_ok() && sys::lseek(fd, offset as i64, 0).is_ok()
}

/// Begins the call in the copy: from here on it is observed, and what it prints belongs to the call.
pub(crate) fn begin() {
    if sys::fstat(2).is_ok_and(|probe| probe.size > 0) {
        give_up();
    }
    // SAFETY: only this process's one thread uses it, and it stays as it is from here on.
    let message: &'static [u8] = unsafe { &*MESSAGE.0.get() };
    let mut fields = message.split_inclusive(|byte| *byte == 0);
    let (Some(trace), Some(out), Some(err)) = (fields.next(), fields.next(), fields.next()) else {
        give_up()
    };
    for (path, fd) in [(out, 1), (err, 2)] {
        let Ok(pipe) = CStr::from_bytes_with_nul(path).map_or(Err(0), |path| sys::open(path, sys::O_WRONLY))
        else {
            give_up()
        };
        let _ = sys::dup3(pipe, fd, 0);
        sys::close(pipe);
    }
    let _ = wire::send_frame(state::copy_stream(), b"S", None);
    let outputs = &message[trace.len() + out.len() + err.len()..];
    let Some(begin) = library(c"ambidex_trace_begin") else { give_up() };
    // SAFETY: the function has this type, and the message stays.
    let began = unsafe {
        std::mem::transmute::<usize, extern "C" fn(*const c_char, *const u8, usize) -> c_int>(begin)(
            trace.as_ptr().cast(),
            outputs.as_ptr(),
            outputs.len(),
        )
    };
    if began == 0 {
        give_up();
    }
}

/// Announces that the next listing is made only for the names that match a pattern: the path of the directory with the
/// pattern as its last part. Without a pattern, the listing has been made.
pub(crate) fn will_match(pattern: &[u8]) {
    tell(c"ambidex_trace_match", pattern);
}

/// Notes that the program has asked Python for an environment variable, or without a name for all.
pub(crate) fn has_asked_for(variable: &[u8]) {
    tell(c"ambidex_trace_variable", variable);
}

/// Tells the engine a piece of what functions have answered in the copy that remember their answers.
pub(crate) fn tell_answers(piece: &[u8]) {
    let mut message = PathBuffer::new();
    message.push(b"A").push(piece);
    let _ = wire::send_frame(state::copy_stream(), message.bytes(), None);
}

/// Calls a function of the library that observes, with a text, or null instead of an empty one.
fn tell(function: &'static CStr, text: &[u8]) {
    let mut copy = PathBuffer::new();
    copy.push(text);
    if let Some(function) = library(function) {
        let text = if text.is_empty() { std::ptr::null() } else { copy.c().as_ptr() };
        // SAFETY: the function has this type.
        unsafe { std::mem::transmute::<usize, unsafe extern "C" fn(*const c_char)>(function)(text) };
    }
}

/// Ends the copy, with the status of the call.
pub(crate) fn end(status: u64) -> ! {
    if let Some(end) = library(c"ambidex_trace_end") {
        // SAFETY: the function has this type.
        unsafe { std::mem::transmute::<usize, extern "C" fn()>(end)() };
    }
    let mut message = Buffer::<32>::new();
    message.push(b"D").push_number(status);
    let _ = wire::send_frame(state::copy_stream(), message.bytes(), None);
    sys::exit_group(0)
}

/// Ends the copy, because the call can't be made in a copy.
#[cold]
pub(crate) fn give_up() -> ! {
    end(1)
}

/// Gives up if this process is a copy: what it is about to do can't be undone.
#[inline]
pub(crate) fn not_in_a_copy() {
    if state::is_copy() {
        give_up();
    }
}

/// Returns the address of a function of the library that observes, which is loaded after this one.
fn library(name: &'static CStr) -> Option<usize> {
    Next::new(name).address()
}
