//! How the environment of a new program gets the entries that a library needs in it.
//!
//! This may run in a child of `vfork`, so it allocates nothing: it uses space on the stack, and memory from the kernel
//! for the rare environment that does not fit there.

use std::ffi::{CStr, c_char};

use crate::buffer::Buffer;
use crate::sys;

/// An environment: pointers to C strings, and a null pointer at the end.
pub type List = *const *const c_char;

/// An entry that must be in the environment.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The name of the variable, followed by `=`.
    pub name: &'static [u8],
    /// The value that the variable must have or contain.
    pub value: &'a [u8],
    /// How the variable must have the value.
    pub how: How,
}

/// How a variable must have a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The value is the whole value of the variable.
    Alone,
    /// The value is anywhere in a list that colons or spaces separate. If it is missing, it goes to the front.
    InList,
    /// The value is at the front of a list that colons separate.
    InFront,
}

/// The number of entries that fit on the stack, and the space there for the new entries, in bytes.
const ENTRIES: usize = 1024;
const TEXT: usize = 12 * 1024;

impl Wanted<'_> {
    /// Returns whether a value is as it must be.
    fn holds(&self, value: &[u8]) -> bool {
        match self.how {
            How::Alone => value == self.value,
            How::InList => value.split(|byte| matches!(byte, b':' | b' ')).any(|entry| entry == self.value),
            How::InFront => {
                value.strip_prefix(self.value).is_some_and(|rest| rest.is_empty() || rest[0] == b':')
            }
        }
    }

    /// Writes the entry as it must be; `given` is the value that the variable had.
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

/// Calls `see` with each entry of the list, as a pointer and as bytes.
///
/// # Safety
/// The list must be null, or end with a null pointer.
unsafe fn each<'a>(list: List, mut see: impl FnMut(*const c_char, &'a [u8])) {
    let mut at = list;
    // SAFETY: the caller guarantees the end of the list; the strings live as long as the list.
    unsafe {
        while !at.is_null() && !(*at).is_null() {
            see(*at, CStr::from_ptr(*at).to_bytes());
            at = at.add(1);
        }
    }
}

/// Calls `start` with the given environment if it already has the required entries, else with one that has them.
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
    // SAFETY: the caller guarantees the end of the list.
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
        // SAFETY: the caller guarantees the end of the list, and `room` is large enough.
        let room = unsafe {
            fill(list, wanted, given, &mut room, |wanted, given| {
                let at = text.bytes().len();
                wanted.write(given, |piece| _ = text.push(piece));
                text.bytes()[at..].as_ptr().cast()
            })
        };
        return start(room);
    }
    // SAFETY: the caller guarantees the end of the list.
    unsafe { large(list, wanted, given, count + N + 1, length, start) }
}

/// Does the same with memory from the kernel. If a child of vfork calls this, its parent loses the memory, which can't
/// be helped.
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
    // SAFETY: the memory is new, and large enough for the pointers and the text behind them.
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

/// Writes the new list: the old entries without the required variables, then the required entries as they must be.
///
/// # Safety
/// The list must be null, or end with a null pointer; `room` must have space for all entries and one pointer more.
unsafe fn fill<const N: usize>(
    list: List,
    wanted: [Wanted<'_>; N],
    given: [Option<&[u8]>; N],
    room: &mut [*const c_char],
    mut write: impl FnMut(&Wanted<'_>, Option<&[u8]>) -> *const c_char,
) -> List {
    let mut used = 0;
    // SAFETY: the caller guarantees the end of the list.
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
