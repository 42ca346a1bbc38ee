//! Knows what a new program's environment needs, so that it is captured too, and puts it there.
//!
//! It may run in a child of `vfork`, so that nothing is allocated: there is room on the stack, and memory of the
//! kernel's own for the rare environment that does not fit.

use std::ffi::{CStr, c_char};

use crate::buffer::Buffer;
use crate::{settings, sys};

/// An environment: C strings, and a null pointer.
pub(crate) type List = *const *const c_char;

/// Entries that fit on the stack, and the room for what they become.
const ENTRIES: usize = 1024;
const TEXT: usize = 12 * 1024;

/// What the three entries are in an environment.
#[derive(Default)]
struct Entries<'a> {
    socket: Option<&'a [u8]>,
    preload: Option<&'a [u8]>,
    python: Option<&'a [u8]>,
    count: usize,
}

const SOCKET: &[u8] = b"AMBIDEX_SOCKET=";
const PRELOAD: &[u8] = b"LD_PRELOAD=";
const PYTHON: &[u8] = b"PYTHONPATH=";

/// The entries of the list, as bytes.
///
/// # Safety
/// The list must be null, or end with a null pointer.
unsafe fn each(list: List, mut see: impl FnMut(*const c_char, &[u8])) {
    let mut at = list;
    // SAFETY: the caller says so.
    unsafe {
        while !at.is_null() && !(*at).is_null() {
            see(*at, CStr::from_ptr(*at).to_bytes());
            at = at.add(1);
        }
    }
}

/// Whether a list of paths has this one.
fn has(value: &[u8], path: &[u8]) -> bool {
    value.split(|byte| *byte == b':' || *byte == b' ').any(|entry| entry == path)
}

/// Whether a list of paths begins with this one.
fn begins(value: &[u8], path: &[u8]) -> bool {
    value.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest[0] == b':')
}

/// Calls `start` with the environment as it is, if it is captured already, or else with one that is.
///
/// # Safety
/// The list must be null, or end with a null pointer.
pub(crate) unsafe fn captured<R>(list: List, start: impl FnOnce(List) -> R) -> R {
    if !settings::active() {
        return start(list);
    }
    let mut entries = Entries::default();
    // SAFETY: the caller says so; the strings live as long as the list.
    unsafe {
        each(list, |start, bytes| {
            let value = |name: &[u8]| bytes.strip_prefix(name).map(|value| extend(start, name, value));
            entries.socket = entries.socket.or(value(SOCKET));
            entries.preload = entries.preload.or(value(PRELOAD));
            entries.python = entries.python.or(value(PYTHON));
            entries.count += 1;
        });
    }
    if entries.socket == Some(settings::socket())
        && entries.preload.is_some_and(|value| has(value, settings::library()))
        && entries.python.is_some_and(|value| begins(value, settings::folder()))
    {
        return start(list);
    }
    let length = 64
        + settings::socket().len()
        + 2 * settings::library().len()
        + entries.preload.map_or(0, <[u8]>::len)
        + entries.python.map_or(0, <[u8]>::len);
    if entries.count + 4 <= ENTRIES && length <= TEXT {
        let mut room = [std::ptr::null(); ENTRIES];
        let mut text = Buffer::<TEXT>::new();
        // SAFETY: the room is large enough.
        let room = unsafe { fill(list, &entries, &mut room, |piece| push(&mut text, piece)) };
        return start(room);
    }
    large(list, &entries, length, start)
}

/// The value with a lifetime of its own: that of the list's strings.
unsafe fn extend<'a>(start: *const c_char, name: &[u8], value: &[u8]) -> &'a [u8] {
    // SAFETY: the value is what follows the name in the same string.
    unsafe { std::slice::from_raw_parts(start.cast::<u8>().add(name.len()), value.len()) }
}

fn push<const N: usize>(text: &mut Buffer<N>, piece: &[u8]) -> *const c_char {
    let at = text.bytes().len();
    text.push(piece);
    text.bytes()[at..].as_ptr().cast()
}

/// The same with memory of the kernel's. It is lost to a parent by vfork, but that can't be helped.
#[cold]
fn large<R>(list: List, entries: &Entries<'_>, length: usize, start: impl FnOnce(List) -> R) -> R {
    let pointers = (entries.count + 4) * size_of::<*const c_char>();
    let Ok(memory) = sys::map_memory(pointers + length) else {
        return start(list);
    };
    // SAFETY: the memory is fresh and large enough for the pointers and the text behind them.
    unsafe {
        let room = std::slice::from_raw_parts_mut(memory.cast::<*const c_char>(), entries.count + 4);
        let mut at = memory.add(pointers);
        let room = fill(list, entries, room, |piece| {
            let here = at;
            at.copy_from_nonoverlapping(piece.as_ptr(), piece.len());
            at = at.add(piece.len());
            here.cast_const().cast()
        });
        let answer = start(room);
        sys::unmap(memory, pointers + length);
        answer
    }
}

/// Writes the new list: the old one without the three entries, and those as they have to be.
///
/// # Safety
/// The list must be null, or end with a null pointer; `room` must have four entries more.
unsafe fn fill(
    list: List,
    entries: &Entries<'_>,
    room: &mut [*const c_char],
    mut push: impl FnMut(&[u8]) -> *const c_char,
) -> List {
    let mut used = 0;
    // SAFETY: the caller says so.
    unsafe {
        each(list, |start, bytes| {
            if ![SOCKET, PRELOAD, PYTHON].iter().any(|name| bytes.starts_with(name)) {
                room[used] = start;
                used += 1;
            }
        });
    }
    room[used] = push(SOCKET);
    push(settings::socket());
    push(b"\0");

    room[used + 1] = push(PRELOAD);
    let preload = entries.preload.unwrap_or_default();
    if has(preload, settings::library()) {
        push(preload);
    } else {
        push(settings::library());
        if !preload.is_empty() {
            push(b":");
            push(preload);
        }
    }
    push(b"\0");

    room[used + 2] = push(PYTHON);
    let python = entries.python.unwrap_or_default();
    if !begins(python, settings::folder()) {
        push(settings::folder());
        if !python.is_empty() {
            push(b":");
        }
    }
    push(python);
    push(b"\0");
    room[used + 3] = std::ptr::null();
    room.as_ptr()
}
