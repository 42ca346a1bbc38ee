//! The file that all processes of a command share, the trace, and how an entry is written into it.
//!
//! The file begins with a head of 16 KiB:
//! - eight bytes in the machine's order: the number of bytes that entries take
//! - one byte: whether the command may change anything it likes (`effects.rs`)
//! - three unused bytes
//! - four bytes: the length of the rules for changes
//! - the rules
//!
//! Then come the entries:
//! - one byte: the kind, which is written last
//! - one byte: [flags](flag)
//! - two bytes: the length of the text
//! - four bytes: the process
//! - the text
//!
//! The engine reads the file when the command has ended (`trace.rs` there).

use std::ffi::{CStr, c_int};
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering};

use crate::buffer::PathBuffer;
use crate::paths::{self, Place};
use crate::{sys, table};

/// The kind of an entry.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Entry {
    /// A process began: its program, and after a NUL the directories that are searched first for libraries.
    Began = b'P',
    /// A process is about to become, or to start, another program.
    Starts = b'E',
    /// The program could not be started.
    NotStarted = b'X',
    /// A library is loaded.
    Loaded = b'O',
    /// A look at the file that a path leads to.
    Look = b'L',
    /// A look at the file at the path itself, which may be a link.
    LookAtLink = b'N',
    /// A path was resolved, with all links in it.
    Resolve = b'C',
    /// The process asked where a file really is that it has open: the real path.
    RealPath = b'R',
    /// The names in a directory were read.
    List = b'D',
    /// Those names in a directory were read that match the name of the path, in which one `*` stands for any text.
    Match = b'A',
    /// A file is about to be written, made, removed or altered at a path.
    Change = b'W',
    /// An environment variable was asked for, by its name.
    Variable = b'G',
    /// A locale was chosen: the number of the category, and after a NUL its name.
    Locale = b'Z',
    /// A catalog of messages was named: its domain, and after a NUL the directory.
    Catalog = b'M',
    /// The time was asked for.
    Clock = b'T',
    /// The processor matters.
    Processor = b'K',
    /// A property of the machine or the user was asked for: `k` for the kernel and the host's name, `u` for the user
    /// who runs it, `n` for the number of processors, or in words something that is never the same for long.
    Machine = b'H',
    /// A process is about to end.
    Ended = b'Q',
    /// Something that can't be seen, by its name.
    Unseen = b'U',
}

/// The flags of an entry.
pub(crate) mod flag {
    /// Something was there.
    pub(crate) const FOUND: u8 = 1;
    /// Its size, times and permissions were asked for.
    pub(crate) const STATE: u8 = 2;
    /// It was asked whether it can be executed.
    pub(crate) const EXECUTABLE: u8 = 4;
    /// The process named it by its absolute path.
    pub(crate) const ABSOLUTE: u8 = 8;
    /// The text begins with the [identity](super::Identity) of the opened file.
    pub(crate) const IDENTIFIED: u8 = 16;
}

/// The device and the inode of an open file, in the machine's order.
pub(crate) type Identity = [u8; 16];

/// Returns the identity of the file behind a descriptor.
pub(crate) fn identity(fd: c_int) -> Option<Identity> {
    let stat = sys::fstat(fd).ok()?;
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&stat.dev.to_ne_bytes());
    bytes[8..].copy_from_slice(&stat.ino.to_ne_bytes());
    Some(bytes)
}

/// The length of the head.
const HEAD: usize = 16 << 10;

/// The offset of the byte that says whether the command may change anything it likes.
const TURN: usize = 8;

/// The offset of the length of the rules, which the rules follow.
const RULES: usize = 12;

/// The length of the mapped part of the file.
const LENGTH: usize = 64 << 20;

static FILE: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());

/// Maps the file. Returns whether that succeeded.
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

/// Returns whether entries are written.
#[inline]
pub(crate) fn active() -> bool {
    !FILE.load(Ordering::Relaxed).is_null()
}

/// Returns the byte that says whether the command may change anything it likes: 1 if so.
pub(crate) fn turn() -> Option<&'static AtomicU8> {
    let file = FILE.load(Ordering::Acquire);
    // SAFETY: the file stays mapped, and this byte is only accessed in this way.
    (!file.is_null()).then(|| unsafe { &*file.add(TURN).cast::<AtomicU8>() })
}

/// Returns the engine's rules for changes; empty if there are none.
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

/// Writes an entry with a text of these parts. If there is no room, the number of taken bytes in the head shows it.
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
    // SAFETY: the file is mapped, and its head is aligned as pages are.
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

/// Writes an entry for something that can't be seen.
#[cold]
pub(crate) fn unseen(what: &str) {
    write(Entry::Unseen, 0, &[what.as_bytes()]);
}

/// Returns whether a path names a stream without any content of its own, or a file of the kernel about a process:
/// nothing that could change from run to run. It is unknown where a path through the kernel's files to other files
/// leads later (`leads_elsewhere`).
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

/// Returns whether a path is below a process's directory in `/proc`.
fn is_about_a_process(path: &[u8]) -> bool {
    let about = path.strip_prefix(b"/proc/").unwrap_or_default();
    about.starts_with(b"self")
        || about.starts_with(b"thread-self")
        || about.first().is_some_and(u8::is_ascii_digit)
}

/// Returns whether a path leads from a process's directory in `/proc` to other files (proc(5): `cwd`, `root`, `fd`,
/// `map_files`).
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

/// Writes an entry about a place, by its absolute path.
pub(crate) fn write_of(entry: Entry, flags: u8, place: Place<'_>) {
    write_of_identified(entry, flags, None, place);
}

/// Writes an entry about a place, with the identity of the file that was opened there.
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

/// Returns the descriptor of this process whose link in `/proc` a path is; -1 if it is one of another process.
pub(crate) fn descriptor(path: &[u8]) -> Option<c_int> {
    let (folder, number) = (paths::parent(path), paths::name(path));
    let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    let is_in_proc = is_about_a_process(folder) && paths::name(folder) == b"fd";
    if !is_number || folder != b"/dev/fd" && !is_in_proc {
        return None;
    }
    let process = folder.split(|byte| *byte == b'/').nth(2).unwrap_or_default();
    let is_own = folder == b"/dev/fd"
        || matches!(process, b"self" | b"thread-self")
        || number_of(process) == Some(sys::getpid());
    Some(if is_own { number_of(number).unwrap_or(-1) } else { -1 })
}

fn number_of(digits: &[u8]) -> Option<c_int> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Writes an entry for the question where the file of a [descriptor](descriptor) really is.
pub(crate) fn write_of_real_path(fd: c_int) {
    let mut path = PathBuffer::new();
    if fd < 0 || !paths::of_descriptor(fd, &mut path) || !path.whole() {
        return unseen("the path of an open file");
    }
    if path.bytes().starts_with(b"/") && !is_its_own(path.bytes()) {
        match identity(fd) {
            Some(identity) => {
                write(Entry::RealPath, flag::FOUND | flag::IDENTIFIED, &[&identity, path.bytes()]);
            }
            None => unseen("the path of an open file"),
        }
    }
}

/// Writes an entry about an open file or directory.
pub(crate) fn write_of_open(entry: Entry, fd: c_int) {
    let mut path = PathBuffer::new();
    if !paths::of_descriptor(fd, &mut path) || !path.whole() {
        return unseen("a descriptor without a path");
    }
    if path.bytes().starts_with(b"/") && !is_its_own(path.bytes()) {
        write(entry, flag::FOUND, &[path.bytes()]);
    }
}
