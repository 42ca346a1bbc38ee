//! The file that all processes of a command share, and how an entry is written into it.
//!
//! The file begins with a head of 16 KiB: the number of bytes that are taken, in eight bytes and the machine's order; a byte
//! that says whether the command may change what it likes (`effects.rs`); three that say nothing; the length of the rules for that,
//! in four bytes; and the rules. Then come entries: a byte for the kind, which is written last; one for [flags](flag); two for the
//! length of the text; four for the process; the text. The engine reads it when the command has ended (`trace.rs` there).

use std::ffi::{CStr, c_int};
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering};

use crate::buffer::PathBuffer;
use crate::paths::{self, Place};
use crate::{sys, table};

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
    /// Something of the machine or the user was asked for: `k` for the kernel and the host's name, `u` for who runs it, `n`
    /// for how many processors there are, or in words something that is never the same for long.
    Machine = b'H',
    /// A process is about to end.
    Ended = b'Q',
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
    /// The text begins with the [identity](super::Identity) of the file that was opened.
    pub(crate) const IDENTIFIED: u8 = 16;
}

/// The device and the inode of an open file, in the machine's order.
pub(crate) type Identity = [u8; 16];

/// That of a descriptor.
pub(crate) fn identity(fd: c_int) -> Option<Identity> {
    let stat = sys::fstat(fd).ok()?;
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&stat.dev.to_ne_bytes());
    bytes[8..].copy_from_slice(&stat.ino.to_ne_bytes());
    Some(bytes)
}

/// The length of the head.
const HEAD: usize = 16 << 10;

/// Where it says that the command may change what it likes.
const TURN: usize = 8;

/// Where the length of the rules is, and the rules behind it.
const RULES: usize = 12;

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
            if let Some(socket) = rules().split(|byte| *byte == 0).next().filter(|socket| !socket.is_empty())
            {
                table::open(socket);
            }
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

/// Whether the command may change what it likes: 1 if so.
pub(crate) fn turn() -> Option<&'static AtomicU8> {
    let file = FILE.load(Ordering::Acquire);
    // SAFETY: the file stays mapped, and this byte is only used so.
    (!file.is_null()).then(|| unsafe { &*file.add(TURN).cast::<AtomicU8>() })
}

/// What the engine has said about changes; empty if nothing.
pub(crate) fn rules() -> &'static [u8] {
    let file = FILE.load(Ordering::Acquire);
    if file.is_null() {
        return &[];
    }
    // SAFETY: the file stays mapped, and nobody writes there once a command runs.
    unsafe {
        let length = file.add(RULES).cast::<u32>().read() as usize;
        std::slice::from_raw_parts(file.add(RULES + 4), length.min(HEAD - RULES - 4))
    }
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

/// Whether a path is that of a stream without any content of its own, or the kernel's about a process: nothing that could
/// change from run to run. Of a way through the kernel's files to others nobody knows where it leads later.
fn is_its_own(path: &[u8]) -> bool {
    const STREAMS: [&[u8]; 10] = [
        b"/dev/null",
        b"/dev/zero",
        b"/dev/full",
        b"/dev/tty",
        b"/dev/stdin",
        b"/dev/stdout",
        b"/dev/stderr",
        b"/dev/random",
        b"/dev/urandom",
        b"/dev/ptmx",
    ];
    let is_open = |number: &[u8]| !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    STREAMS.contains(&path)
        || path.strip_prefix(b"/dev/fd/").is_some_and(is_open)
        || path.strip_prefix(b"/dev/pts/").is_some_and(is_open)
        || path == b"/proc"
        || is_about_a_process(path)
}

/// Whether a path is below a process's folder in `/proc`.
fn is_about_a_process(path: &[u8]) -> bool {
    let about = path.strip_prefix(b"/proc/").unwrap_or_default();
    about.starts_with(b"self")
        || about.starts_with(b"thread-self")
        || about.first().is_some_and(u8::is_ascii_digit)
}

/// Whether a path leads from a process's folder in `/proc` to other files (proc(5): `cwd`, `root`, `fd`, `map_files`).
fn leads_elsewhere(path: &[u8]) -> bool {
    if !is_about_a_process(path) {
        return path.starts_with(b"/dev/fd/") && path.iter().filter(|byte| **byte == b'/').count() > 3;
    }
    let mut parts = path
        .split(|byte| *byte == b'/')
        .skip_while(|part| !matches!(*part, b"cwd" | b"root" | b"fd" | b"map_files"));
    match parts.next() {
        Some(b"cwd" | b"root") => true,
        Some(_) => parts.nth(1).is_some(),
        None => false,
    }
}

/// Takes down an entry about a place, by its absolute path.
pub(crate) fn write_of(entry: Entry, flags: u8, place: Place<'_>) {
    write_of_identified(entry, flags, None, place);
}

/// The same, with the identity of the file that was opened there.
pub(crate) fn write_of_identified(entry: Entry, flags: u8, identity: Option<Identity>, place: Place<'_>) {
    let flags = if identity.is_some() { flags | flag::IDENTIFIED } else { flags };
    let identity = identity.as_ref().map_or(&[][..], |bytes| &bytes[..]);
    let path = place.bytes();
    if path.starts_with(b"/") {
        if path == b"/proc/cpuinfo" {
            write(Entry::Processor, 0, &[]);
        } else if leads_elsewhere(path) {
            unseen("a way through /proc");
        } else if !is_its_own(path) {
            write(entry, flags | flag::ABSOLUTE, &[identity, path]);
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
    write(entry, flags, &[identity, folder.bytes(), b"/", path]);
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
