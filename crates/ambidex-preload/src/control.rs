//! The paths below `/proc/ambidex/` through which Python talks to this library: Python reads them as links, and the
//! answer is what the link "contains".

use std::ffi::{CStr, c_char, c_int};

use crate::buffer::{Buffer, PathBuffer};
use crate::{call, looks, settings, signals, snapshot, state, sys, text, wire};

const PREFIX: &[u8] = b"/proc/ambidex/";

/// Writes the answer into `into` if `path` is one of these paths, and returns the result of the call. Returns `None`
/// for other paths.
///
/// # Safety
/// `path` must be null or a C string, and `into` must have space for `size` bytes.
#[inline]
pub(crate) unsafe fn called(path: *const c_char, into: *mut c_char, size: usize) -> Option<isize> {
    if path.is_null() {
        return None;
    }
    // SAFETY: the caller guarantees a C string.
    let text = unsafe { CStr::from_ptr(path) }.to_bytes().strip_prefix(PREFIX)?;
    let mut answer = PathBuffer::new();
    let kept = sys::errno();
    if !(settings::active() || state::is_copy()) || !answered(text, &mut answer) {
        sys::set_errno(sys::ENOENT);
        return Some(-1);
    }
    sys::set_errno(kept);
    let length = answer.bytes().len().min(size);
    // SAFETY: the caller guarantees that much space.
    unsafe { std::ptr::copy_nonoverlapping(answer.bytes().as_ptr(), into.cast(), length) };
    Some(length as isize)
}

#[cold]
fn answered(text: &[u8], answer: &mut PathBuffer) -> bool {
    if let Some(pattern) = text.strip_prefix(b"match ") {
        if state::is_copy() {
            call::will_match(pattern)
        } else {
            looks::will_match(pattern)
        }
        answer.push(b"ok");
        return true;
    }
    if let Some(name) = text.strip_prefix(b"variable ").filter(|_| state::is_copy()) {
        call::has_asked_for(name);
        answer.push(b"ok");
        return true;
    }
    if let Some(piece) = text.strip_prefix(b"answers ").filter(|_| state::is_copy()) {
        call::tell_answers(piece);
        answer.push(b"ok");
        return true;
    }
    let mut words = text.split(|byte| *byte == b' ');
    let verb = words.next().unwrap_or_default();
    match verb {
        b"hello" => {
            answer.push_number(wire::VERSION);
            return true;
        }
        b"attributes" => {
            attributes(answer);
            return true;
        }
        b"session" => {
            let (Some(fd), Some(program)) = (number(words.next()), number(words.next())) else {
                return false;
            };
            // Earlier questions came from a process without a session. From here on, the engine must know whose
            // questions they are.
            wire::forget_connection();
            state::begin_session(state::Session { fd: fd as c_int, program, incarnation: 0 });
            text::begin_session(fd as c_int);
            wire::connect();
        }
        b"begin" | b"done" if state::is_copy() => match number(words.next()) {
            Some(status) => call::end(status),
            None => call::begin(),
        },
        // The other verbs need a session.
        _ if state::session().is_none() => return false,
        b"announce" => {
            state::announce();
            answer.push(if state::live() { b"live" } else { b"ok" });
            return true;
        }
        b"sends" => {
            if words.next() == Some(b"record") {
                // The engine must know where text goes before it knows of a command that is not done.
                text::tell_sinks();
                state::recorded();
            }
            state::asked();
        }
        b"replied" => state::replied(),
        b"live" => {
            answer.push(if state::live() { b"yes" } else { b"no" });
            return true;
        }
        b"settled" => {
            text::settled(number(words.next()).unwrap_or_else(state::sent), state::recordings());
            snapshot::settled();
        }
        b"call" => {
            let Some(number) = number(words.next()) else { return false };
            call::make_copy(number, answer);
            return true;
        }
        b"snapshot" => {
            snapshot::take(answer);
            return true;
        }
        _ => return false,
    }
    answer.push(b"ok");
    true
}

fn number(word: Option<&[u8]>) -> Option<u64> {
    std::str::from_utf8(word?).ok()?.parse().ok()
}

/// Writes what a command that is started later would have inherited from this process: umask, niceness, limits, blocked
/// signals.
fn attributes(answer: &mut PathBuffer) {
    let status = sys::read_file(c"/proc/self/status").unwrap_or_default();
    let mask =
        status.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"Umask:")).unwrap_or(b"");
    answer.push(mask.trim_ascii()).push(b" ");
    let nice = sys::nice();
    if nice < 0 {
        answer.push(b"-");
    }
    answer.push_number(nice.unsigned_abs()).push(b" ");
    for resource in 0..16 {
        let [soft, hard] = sys::limit(resource);
        if resource > 0 {
            answer.push(b",");
        }
        answer.push_number(soft).push(b":").push_number(hard);
    }
    let blocked = sys::signal_mask(sys::SIG_BLOCK, 0) & !signals::PARK_BIT;
    let mut digits = Buffer::<17>::new();
    for at in (0..16).rev() {
        digits.push(&[b"0123456789abcdef"[(blocked >> (4 * at) & 15) as usize]]);
    }
    answer.push(b" ").push(digits.bytes());
}
