//! Knows the file that all processes of a command share, and how an entry is written into it.
//!
//! The file begins with a head of 64 bytes, of which the first eight are the number of bytes that are taken, in the
//! machine's order. Then come entries: a byte for the kind, which is written last; one for [flags](flag); two for the
//! length of the text; four for the process; the text. The engine reads it when the command has ended (`trace.rs` there).

use std::ffi::{CStr, c_int};
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering};

use crate::buffer::PathBuffer;
use crate::paths::{self, Place};
use crate::sys;

/// What an entry says.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Entry {
    /// A process began: its program, and behind a NUL the folders in which libraries are looked for first.
    Began = b'P',
    /// A process is about to become, or to start, another program.
    Starts = b'E',
    /// It could not.
    NotStarted = b'X',
    /// A library that is loaded.
    Loaded = b'O',
    /// A look at what a path leads to.
    Look = b'L',
    /// A look at what is at a path itself: it may be a link.
    LookAtLink = b'N',
    /// A path was resolved, with all links in it.
    Resolve = b'C',
    /// The names in a folder were read.
    List = b'D',
    /// Something is to be written, made, removed or altered at a path.
    Change = b'W',
    /// A variable was asked for, by its name.
    Variable = b'G',
    /// A locale was chosen: the number of the category, and behind a NUL its name.
    Locale = b'Z',
    /// A catalog of messages was named: its domain, and behind a NUL the folder.
    Catalog = b'M',
    /// The time was asked for.
    Clock = b'T',
    /// What the processor is matters.
    Processor = b'K',
    /// Something that can't be seen, by its name.
    Unseen = b'U',
}

/// What an entry says besides.
pub(crate) mod flag {
    /// There was something.
    pub(crate) const FOUND: u8 = 1;
    /// It was asked for its size, times and permissions.
    pub(crate) const STATE: u8 = 2;
    /// It was asked whether it can be executed.
    pub(crate) const EXECUTABLE: u8 = 4;
    /// The process named it by its whole path.
    pub(crate) const ABSOLUTE: u8 = 8;
}

/// The length of the head.
const HEAD: usize = 64;

/// What of the file is mapped.
const LENGTH: usize = 64 << 20;

static FILE: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());

/// Maps the file. Whether that could be done.
pub(crate) fn open(path: &CStr) -> bool {
    let Ok(fd) = sys::open(path, sys::O_RDWR) else { return false };
    let fd = sys::Own(fd);
    if sys::fstat(fd.0).is_ok_and(|stat| stat.size < LENGTH as i64) {
        return false;
    }
    match sys::map_shared_to_write(fd.0, LENGTH) {
        Ok(file) => {
            FILE.store(file, Ordering::Release);
            true
        }
        Err(_) => false,
    }
}

/// Whether anything is taken down.
#[inline]
pub(crate) fn active() -> bool {
    !FILE.load(Ordering::Relaxed).is_null()
}

/// Takes down an entry with a text of these parts. Where there is no room, the number of bytes that are taken says so.
pub(crate) fn write(entry: Entry, flags: u8, text: &[&[u8]]) {
    let file = FILE.load(Ordering::Acquire);
    if file.is_null() {
        return;
    }
    let length: usize = text.iter().map(|part| part.len()).sum();
    let Ok(short) = u16::try_from(length) else {
        return write(Entry::Unseen, 0, &[b"a path that is too long"]);
    };
    let whole = 8 + length;
    // SAFETY: the file is mapped, and its head aligned as pages are.
    let taken = unsafe { &*file.cast::<AtomicUsize>() };
    let at = HEAD + taken.fetch_add(whole, Ordering::Relaxed);
    if at + whole > LENGTH {
        return;
    }
    // SAFETY: these bytes are within the mapping, and nobody else writes there.
    unsafe {
        let entry_at = file.add(at);
        entry_at.add(1).write(flags);
        entry_at.add(2).cast::<[u8; 2]>().write(short.to_ne_bytes());
        entry_at.add(4).cast::<[u8; 4]>().write(sys::getpid().to_ne_bytes());
        let mut text_at = entry_at.add(8);
        for part in text {
            text_at.copy_from_nonoverlapping(part.as_ptr(), part.len());
            text_at = text_at.add(part.len());
        }
        (*entry_at.cast::<AtomicU8>()).store(entry as u8, Ordering::Release);
    }
}

/// Takes down that something can't be seen.
#[cold]
pub(crate) fn unseen(what: &str) {
    write(Entry::Unseen, 0, &[what.as_bytes()]);
}

/// Whether a path is a device's, or the kernel's about the process itself: nothing that could change from run to run.
fn is_its_own(path: &[u8]) -> bool {
    let about = path.strip_prefix(b"/proc/").unwrap_or_default();
    paths::below(path, b"/dev")
        || path == b"/proc"
        || about.starts_with(b"self")
        || about.starts_with(b"thread-self")
        || about.first().is_some_and(u8::is_ascii_digit)
}

/// Takes down an entry about a place, by its absolute path.
pub(crate) fn write_of(entry: Entry, flags: u8, place: Place<'_>) {
    let path = place.bytes();
    if path.starts_with(b"/") {
        if path == b"/proc/cpuinfo" {
            write(Entry::Processor, 0, &[]);
        } else if !is_its_own(path) {
            write(entry, flags | flag::ABSOLUTE, &[path]);
        }
        return;
    }
    let mut folder = PathBuffer::new();
    let is_known = if place.dir == sys::AT_FDCWD {
        folder.fill(sys::getcwd).is_ok()
    } else {
        paths::of_descriptor(place.dir, &mut folder)
    };
    if !is_known || !folder.whole() || !folder.bytes().starts_with(b"/") {
        return unseen("a folder without a path");
    }
    write(entry, flags, &[folder.bytes(), b"/", path]);
}

/// Takes down an entry about an open file or folder.
pub(crate) fn write_of_open(entry: Entry, fd: c_int) {
    let mut path = PathBuffer::new();
    if !paths::of_descriptor(fd, &mut path) || !path.whole() {
        return unseen("a descriptor without a path");
    }
    if path.bytes().starts_with(b"/") && !is_its_own(path.bytes()) {
        write(entry, flag::FOUND, &[path.bytes()]);
    }
}
