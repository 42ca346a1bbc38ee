//! The file into which the processes of a command write what they look at, and how the engine reads it.
//!
//! The library `ambidex-trace` writes the file; its `journal.rs` describes the format.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{MemfdFlags, memfd_create};

/// The length of the head.
const HEAD: usize = 16 << 10;

/// The position of the length of the rules for changes; the rules follow it.
const RULES: u64 = 12;

/// The number of bytes before an entry's text.
const ENTRY: usize = 8;

/// The size of the file. Pages that nobody writes to take no memory.
const LENGTH: u64 = 64 << 20;

/// The trace of a running command.
#[derive(Debug)]
pub(crate) struct Trace(File);

/// One thing that a process did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub kind: u8,
    /// Whether something was there.
    pub found: bool,
    /// Whether the process asked for the file's size, times and permissions.
    pub state: bool,
    /// Whether the process asked if the file can be executed.
    pub executable: bool,
    /// Whether the process named it by its absolute path.
    pub absolute: bool,
    pub process: u32,
    /// The device and the inode of the file that was opened.
    pub identity: Option<(u64, u64)>,
    pub text: &'a [u8],
}

impl Entry<'_> {
    /// Returns the text as a path; none if it is not valid UTF-8, which no record can hold.
    pub fn path(&self) -> Option<&Path> {
        std::str::from_utf8(self.text).ok().map(Path::new)
    }
}

impl Trace {
    /// Creates an empty trace for a command whose changes follow these rules (`effects.rs` in the library).
    ///
    /// # Errors
    /// If the system gives no memory for it, or there is no room for the rules.
    pub fn new(rules: &[u8]) -> io::Result<Self> {
        let file = File::from(memfd_create("ambidex-trace", MemfdFlags::CLOEXEC)?);
        file.set_len(LENGTH)?;
        if RULES + 4 + rules.len() as u64 > HEAD as u64 {
            return Err(io::Error::other("the paths are too long"));
        }
        let length = u32::try_from(rules.len()).map_err(io::Error::other)?;
        file.write_all_at(&[&length.to_ne_bytes(), rules].concat(), RULES)?;
        Ok(Self(file))
    }

    /// Returns the path at which the processes of the command open it.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd()))
    }

    /// Returns everything that was written, once the command has ended; none if there was not enough room.
    pub fn read(&self) -> io::Result<Option<Vec<u8>>> {
        let mut taken = [0; 8];
        self.0.read_exact_at(&mut taken, 0)?;
        let taken = usize::from_ne_bytes(taken);
        if taken as u64 + HEAD as u64 > LENGTH {
            return Ok(None);
        }
        let mut bytes = vec![0; taken];
        self.0.read_exact_at(&mut bytes, HEAD as u64)?;
        Ok(Some(bytes))
    }
}

/// Returns the entries in the order in which they were begun. An entry that was begun and not ended has the kind 0, and
/// nothing after it can be read.
pub(crate) fn entries(mut bytes: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    std::iter::from_fn(move || {
        let head: &[u8; ENTRY] = bytes.first_chunk()?;
        let [kind, flags, low, high, process @ ..] = *head;
        let length = usize::from(u16::from_ne_bytes([low, high]));
        let text = bytes.get(ENTRY..ENTRY + length).filter(|_| kind != 0).unwrap_or_default();
        bytes = if kind == 0 { &[] } else { &bytes[ENTRY + text.len()..] };
        let flag = |bit: u8| flags & bit != 0;
        let (identity, text) = match text.split_first_chunk::<16>() {
            Some((identity, text)) if flag(16) => (Some(identity), text),
            _ => (None, text),
        };
        Some(Entry {
            kind,
            found: flag(1),
            state: flag(2),
            executable: flag(4),
            absolute: flag(8),
            process: u32::from_ne_bytes(process),
            identity: identity.map(|bytes| {
                let number = |at: usize| u64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap_or_default());
                (number(0), number(8))
            }),
            text,
        })
    })
}

/// Returns the two parts of a text that a NUL separates.
pub(crate) fn parts(text: &[u8]) -> (&[u8], &[u8]) {
    let at = memchr::memchr(0, text).unwrap_or(text.len());
    (&text[..at], text.get(at + 1..).unwrap_or_default())
}

/// Returns bytes as a path.
pub(crate) fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(kind: u8, flags: u8, process: u32, text: &[u8]) -> Vec<u8> {
        let length = u16::try_from(text.len()).unwrap().to_ne_bytes();
        [&[kind, flags][..], &length, &process.to_ne_bytes(), text].concat()
    }

    #[test]
    fn entries_are_read_up_to_one_that_was_not_ended() {
        let bytes = [
            written(b'L', 9, 7, b"/a"),
            written(b'W', 0, 8, b""),
            written(0, 0, 0, b"/b"),
            written(b'L', 0, 7, b"/c"),
        ];
        let bytes = bytes.concat();
        let read: Vec<_> =
            entries(&bytes).map(|entry| (entry.kind, entry.found, entry.absolute, entry.process)).collect();
        assert_eq!(read, [(b'L', true, true, 7), (b'W', false, false, 8), (0, false, false, 0)]);
    }

    #[test]
    fn what_was_written_is_read() {
        let trace = Trace::new(b"").unwrap();
        let entry = written(b'L', 1, 7, b"/a");
        let file = File::options().write(true).open(trace.path()).unwrap();
        file.write_all_at(&entry.len().to_ne_bytes(), 0).unwrap();
        file.write_all_at(&entry, HEAD as u64).unwrap();
        assert_eq!(trace.read().unwrap(), Some(entry));
        file.write_all_at(&LENGTH.to_ne_bytes(), 0).unwrap();
        assert_eq!(trace.read().unwrap(), None);
    }
}
