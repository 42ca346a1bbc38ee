//! How a new program's environment gets the entries that a library needs in it.
//!
//! It may run in a child of `vfork`, so that nothing is allocated: there is room on the stack, and memory of the
//! kernel's own for the rare environment that does not fit.

use std::ffi::{CStr, c_char};

use crate::buffer::Buffer;
use crate::sys;

/// An environment: C strings, and a null pointer.
pub type List = *const *const c_char;

/// An entry that has to be there.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The name of the variable, with the `=` behind it.
    pub name: &'static [u8],
    /// What it has to be, or to have.
    pub value: &'a [u8],
    /// How it has to be there.
    pub how: How,
}

/// How a value is to be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It is all that the variable has.
    Alone,
    /// Somewhere in a list that is separated by colons or spaces; it is put in front.
    InList,
    /// At the front of a list that is separated by colons.
    InFront,
}

/// Entries that fit on the stack, and the room for what they become.
const ENTRIES: usize = 1024;
const TEXT: usize = 12 * 1024;

impl Wanted<'_> {
    /// Whether a value is as it has to be.
    fn holds(&self, value: &[u8]) -> bool {
        match self.how {
            How::Alone => value == self.value,
            How::InList => value.split(|byte| matches!(byte, b':' | b' ')).any(|entry| entry == self.value),
            How::InFront => {
                value.strip_prefix(self.value).is_some_and(|rest| rest.is_empty() || rest[0] == b':')
            }
        }
    }

    /// Writes the entry as it has to be; `given` is the value that was there.
    fn write(&self, given: Option<&[u8]>, mut push: impl FnMut(&[u8])) {
        push(self.name);
        match given.filter(|_| self.how != How::Alone) {
            Some(given) if self.holds(given) => push(given),
            Some(given) if !given.is_empty() => {
                push(self.value);
                push(b":");
                push(given);
            }
            _ => push(self.value),
        }
        push(b"\0");
    }

    fn length(&self, given: Option<&[u8]>) -> usize {
        self.name.len() + self.value.len() + given.map_or(0, <[u8]>::len) + 2
    }
}

/// The entries of the list, as bytes.
///
/// # Safety
/// The list must be null, or end with a null pointer.
unsafe fn each<'a>(list: List, mut see: impl FnMut(*const c_char, &'a [u8])) {
    let mut at = list;
    // SAFETY: the caller says so; the strings live as long as the list.
    unsafe {
        while !at.is_null() && !(*at).is_null() {
            see(*at, CStr::from_ptr(*at).to_bytes());
            at = at.add(1);
        }
    }
}

/// Calls `start` with the environment as it is, if it has what is wanted already, or else with one that has.
///
/// # Safety
/// The list must be null, or end with a null pointer.
pub unsafe fn with<R, const N: usize>(
    list: List,
    wanted: [Wanted<'_>; N],
    start: impl FnOnce(List) -> R,
) -> R {
    let mut given: [Option<&[u8]>; N] = [None; N];
    let mut count = 0;
    // SAFETY: the caller says so.
    unsafe {
        each(list, |_, bytes| {
            for (wanted, given) in wanted.iter().zip(&mut given) {
                *given = given.or_else(|| bytes.strip_prefix(wanted.name));
            }
            count += 1;
        });
    }
    if wanted.iter().zip(given).all(|(wanted, given)| given.is_some_and(|value| wanted.holds(value))) {
        return start(list);
    }
    let length: usize = wanted.iter().zip(given).map(|(wanted, given)| wanted.length(given)).sum();
    if count + N < ENTRIES && length <= TEXT {
        let mut room = [std::ptr::null(); ENTRIES];
        let mut text = Buffer::<TEXT>::new();
        // SAFETY: the room is large enough.
        let room = unsafe {
            fill(list, wanted, given, &mut room, |wanted, given| {
                let at = text.bytes().len();
                wanted.write(given, |piece| _ = text.push(piece));
                text.bytes()[at..].as_ptr().cast()
            })
        };
        return start(room);
    }
    // SAFETY: as here.
    unsafe { large(list, wanted, given, count + N + 1, length, start) }
}

/// The same with memory of the kernel's. It is lost to a parent by vfork, but that can't be helped.
#[cold]
unsafe fn large<R, const N: usize>(
    list: List,
    wanted: [Wanted<'_>; N],
    given: [Option<&[u8]>; N],
    count: usize,
    length: usize,
    start: impl FnOnce(List) -> R,
) -> R {
    let pointers = count * size_of::<*const c_char>();
    let Ok(memory) = sys::map_memory(pointers + length) else {
        return start(list);
    };
    // SAFETY: the memory is fresh and large enough for the pointers and the text behind them.
    unsafe {
        let room = std::slice::from_raw_parts_mut(memory.cast::<*const c_char>(), count);
        let mut at = memory.add(pointers);
        let room = fill(list, wanted, given, room, |wanted, given| {
            let here = at;
            wanted.write(given, |piece| {
                at.copy_from_nonoverlapping(piece.as_ptr(), piece.len());
                at = at.add(piece.len());
            });
            here.cast_const().cast()
        });
        let answer = start(room);
        sys::unmap(memory, pointers + length);
        answer
    }
}

/// Writes the new list: the old one without the wanted entries, and those as they have to be.
///
/// # Safety
/// The list must be null, or end with a null pointer; `room` must have one more than all of them.
unsafe fn fill<const N: usize>(
    list: List,
    wanted: [Wanted<'_>; N],
    given: [Option<&[u8]>; N],
    room: &mut [*const c_char],
    mut write: impl FnMut(&Wanted<'_>, Option<&[u8]>) -> *const c_char,
) -> List {
    let mut used = 0;
    // SAFETY: the caller says so.
    unsafe {
        each(list, |start, bytes| {
            if !wanted.iter().any(|wanted| bytes.starts_with(wanted.name)) {
                room[used] = start;
                used += 1;
            }
        });
    }
    for (wanted, given) in wanted.iter().zip(given) {
        room[used] = write(wanted, given);
        used += 1;
    }
    room[used] = std::ptr::null();
    room.as_ptr()
}
