//! The journal from which the engine undoes the changes that the process has made since a snapshot.
//!
//! An entry is written before its change is made, and does no harm if the change is then not made: the process may be
//! stopped in between. The engine's `undo.rs` reads it.

use std::ffi::c_int;

use crate::buffer::PathBuffer;
use crate::lock::Lock;
use crate::paths;
use crate::sys::{self, Own, Stat};

/// The size of the largest file, in bytes, whose content is kept if the file system can't share it. A change of a
/// larger file waits instead.
const LARGEST: i64 = 64 << 20;

/// The same limit for a file that is open while a snapshot is taken, and so is kept at every snapshot.
pub(crate) const LARGEST_OPEN: i64 = 16 << 20;

struct Journal {
    /// The directory of the journal and of the files that it keeps; empty before the first snapshot.
    folder: Vec<u8>,
    /// The directories in which changes can be undone.
    roots: Vec<Vec<u8>>,
    /// The number of paths handed out for kept files.
    kept: u64,
}

static JOURNAL: Lock<Journal> = Lock::new(Journal { folder: Vec::new(), roots: Vec::new(), kept: 0 });

/// Stores the engine's answer: where the journal is, and where changes can be undone.
pub(crate) fn begin(folder: &[u8], roots: Vec<Vec<u8>>) {
    if let Some(mut journal) = JOURNAL.lock() {
        journal.folder = folder.to_vec();
        journal.roots = roots;
    }
}

/// Frees the lock in a child made by fork, which has a copy of this memory.
pub(crate) fn forked() {
    JOURNAL.free_after_fork();
}

/// Returns whether a change at this path can be undone.
pub(crate) fn is_inside(real: &[u8]) -> bool {
    JOURNAL.lock().is_some_and(|journal| journal.roots.iter().any(|root| paths::below(real, root)))
}

/// Returns whether a file may be the project's. As long as this is unknown, every file may be.
pub(crate) fn may_be_inside(real: &[u8]) -> bool {
    JOURNAL.lock().is_none_or(|journal| {
        journal.roots.is_empty() || journal.roots.iter().any(|root| paths::below(real, root))
    })
}

/// Whether an entry was written.
#[must_use]
pub(crate) struct Written(bool);

impl Written {
    pub(crate) fn is_done(&self) -> bool {
        self.0
    }
}

fn write(kind: u8, fields: &[&[u8]]) -> Written {
    let length = 1 + fields.iter().map(|field| field.len() + 1).sum::<usize>();
    let mut entry = Vec::with_capacity(4 + length);
    entry.extend((length as u32).to_le_bytes());
    entry.push(kind);
    for field in fields {
        entry.extend(*field);
        entry.push(0);
    }
    let mut path = PathBuffer::new();
    match JOURNAL.lock() {
        Some(journal) if !journal.folder.is_empty() => path.push(&journal.folder).push(b"/log"),
        _ => return Written(false),
    };
    let flags = sys::O_WRONLY | sys::O_APPEND | sys::O_CREAT | sys::O_CLOEXEC;
    let Ok(log) = sys::openat(sys::AT_FDCWD, path.c(), flags, 0o600).map(Own) else { return Written(false) };
    let Ok(before) = sys::fstat(log.0) else { return Written(false) };
    let written = sys::write_all(log.0, &entry).is_ok();
    if !written {
        // The next bytes would be read as the rest of a partial entry.
        let _ = sys::ftruncate(log.0, before.size);
    }
    Written(written)
}

/// Returns an unused path in the journal's directory.
pub(crate) fn new_place() -> Option<PathBuffer> {
    let mut journal = JOURNAL.lock()?;
    journal.kept += 1;
    let mut path = PathBuffer::new();
    path.push(&journal.folder)
        .push(b"/")
        .push_number(sys::getpid() as u64)
        .push(b"-")
        .push_number(journal.kept);
    (!journal.folder.is_empty() && path.whole()).then_some(path)
}

/// Writes an entry for a snapshot: all later entries are changes after this snapshot.
pub(crate) fn mark(snapshot: &[u8]) -> Written {
    write(b'M', &[snapshot])
}

/// Writes an entry for a path where nothing exists, and something will be created.
pub(crate) fn absent(path: &[u8]) -> Written {
    write(b'A', &[path])
}

/// Keeps the content of a file that will be changed in place, and writes an entry for it.
pub(crate) fn content(path: &mut PathBuffer, stat: &Stat) -> Written {
    let Some(mut kept) = new_place() else { return Written(false) };
    let Ok(file) = sys::openat(sys::AT_FDCWD, path.c(), sys::O_RDONLY | sys::O_CLOEXEC, 0).map(Own) else {
        return Written(false);
    };
    if !keep(file.0, stat.size, LARGEST, &mut kept) {
        return Written(false);
    }
    let mut numbers = [PathBuffer::new(), PathBuffer::new(), PathBuffer::new()];
    numbers[0].push_octal(stat.mode & 0o7777);
    push_signed(&mut numbers[1], stat.mtime);
    push_signed(&mut numbers[2], stat.mtime_ns);
    write(b'F', &[path.bytes(), kept.bytes(), numbers[0].bytes(), numbers[1].bytes(), numbers[2].bytes()])
}

/// Copies the content of an open file to a new one, or shares it if the file system can.
pub(crate) fn keep(file: c_int, size: i64, largest: i64, to: &mut PathBuffer) -> bool {
    let flags = sys::O_WRONLY | sys::O_CREAT | sys::O_TRUNC | sys::O_CLOEXEC;
    let Ok(copy) = sys::openat(sys::AT_FDCWD, to.c(), flags, 0o600).map(Own) else { return false };
    if sys::clone_content(copy.0, file).is_ok() {
        return true;
    }
    if size > largest {
        return false;
    }
    let mut piece = vec![0; 1 << 16];
    let mut at = 0;
    loop {
        match sys::pread(file, &mut piece, at) {
            Ok(0) => return true,
            Ok(count) => {
                if sys::write_all(copy.0, &piece[..count]).is_err() {
                    return false;
                }
                at += count as i64;
            }
            Err(sys::EINTR) => {}
            Err(_) => return false,
        }
    }
}

/// Writes an entry for a file that will be moved to `kept`, or gets that path as a second name.
pub(crate) fn moved(path: &[u8], kept: &[u8]) -> Written {
    write(b'B', &[path, kept])
}

/// Writes an entry for a symbolic link that will be removed.
pub(crate) fn link(path: &mut PathBuffer) -> Written {
    let mut target = PathBuffer::new();
    match target.fill(|room| sys::readlinkat(sys::AT_FDCWD, path.c(), room)) {
        Ok(()) => write(b'L', &[path.bytes(), target.bytes()]),
        Err(_) => Written(false),
    }
}

/// Writes an entry for a directory that will be removed.
pub(crate) fn folder(path: &[u8], stat: &Stat) -> Written {
    with_mode(b'D', path, stat)
}

/// Writes an entry for permissions that will change.
pub(crate) fn permissions(path: &[u8], stat: &Stat) -> Written {
    with_mode(b'P', path, stat)
}

fn with_mode(kind: u8, path: &[u8], stat: &Stat) -> Written {
    let mut mode = PathBuffer::new();
    mode.push_octal(stat.mode & 0o7777);
    write(kind, &[path, mode.bytes()])
}

/// Writes an entry for times that will change.
pub(crate) fn times(path: &[u8], stat: &Stat) -> Written {
    let mut numbers = [const { PathBuffer::new() }; 4];
    for (text, number) in numbers.iter_mut().zip([stat.atime, stat.atime_ns, stat.mtime, stat.mtime_ns]) {
        push_signed(text, number);
    }
    write(b'T', &[path, numbers[0].bytes(), numbers[1].bytes(), numbers[2].bytes(), numbers[3].bytes()])
}

/// Writes an entry for a rename that will be made.
pub(crate) fn renamed(from: &[u8], to: &[u8]) -> Written {
    write(b'R', &[from, to])
}

fn push_signed(text: &mut PathBuffer, number: i64) {
    if number < 0 {
        text.push(b"-");
    }
    text.push_number(number.unsigned_abs());
}
