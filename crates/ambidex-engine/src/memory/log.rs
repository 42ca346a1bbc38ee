//! How facts are written so that the process may be killed at any byte: as frames with checksums, appended to a file.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::base::notice;

/// The beginning of the file. A version of ambidex that writes other frames begins the file with another line.
const HEAD: &[u8] = b"ambidex state 13\n";

/// The number of bytes before the content of a frame: its length (4) and its checksum (8).
const FRAME: usize = 12;

/// An append-only file of frames. The content of the file is not kept in memory, because it would take most of the
/// memory of a large build, which rarely reads it again.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    /// The number of bytes in the file.
    written: usize,
    /// The bytes after those, not written yet.
    tail: Vec<u8>,
    /// Whether the file has failed: then new frames stay in memory only.
    broken: bool,
}

impl Log {
    /// Opens a log, and cuts off what a killed process has left half-written, or what is damaged. Also returns the
    /// content of the log.
    pub fn open(path: &Path) -> io::Result<(Self, Vec<u8>)> {
        let mut file = private().read(true).append(true).create(true).open(path)?;
        // A file from an older version may be open to others.
        file.set_permissions(Permissions::from_mode(0o600))?;
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut file, &mut bytes)?;
        let mut good = 0;
        if bytes.starts_with(HEAD) {
            good = HEAD.len();
            while let Some(content) = frame(&bytes, good) {
                good = content.end;
            }
        }
        if good < bytes.len() {
            file.set_len(good as u64)?;
            bytes.truncate(good);
        }
        let mut log = Self { path: path.to_owned(), file, written: good, tail: Vec::new(), broken: false };
        if good == 0 {
            log.tail.extend_from_slice(HEAD);
        }
        Ok((log, bytes))
    }

    /// Returns the content at a position that the log returned earlier; nothing if it can't be read.
    pub fn content(&self, range: Range<usize>) -> Cow<'_, [u8]> {
        if let Some(start) = range.start.checked_sub(self.written) {
            return Cow::Borrowed(&self.tail[start..start + range.len()]);
        }
        let mut content = vec![0; range.len()];
        match self.file.read_exact_at(&mut content, range.start as u64) {
            Ok(()) => Cow::Owned(content),
            Err(_) => Cow::Borrowed(&[]),
        }
    }

    /// Returns the size in bytes.
    pub fn len(&self) -> usize {
        self.written + self.tail.len()
    }

    /// Appends a frame. `write` appends the content to the bytes that it gets. [`Log::flush`] writes the frame to the
    /// file.
    pub fn append(&mut self, write: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Range<usize> {
        let head = self.tail.len();
        let start = self.len() + FRAME;
        self.tail.extend_from_slice(&[0; FRAME]);
        self.tail = write(std::mem::take(&mut self.tail));
        let content = &self.tail[head + FRAME..];
        let (length, sum) = ((content.len() as u32).to_le_bytes(), checksum(content));
        self.tail[head..head + 4].copy_from_slice(&length);
        self.tail[head + 4..head + FRAME].copy_from_slice(&sum);
        start..self.len()
    }

    /// Writes the appended frames to the file.
    pub fn flush(&mut self) {
        if self.broken || self.tail.is_empty() {
            return;
        }
        if let Err(error) = self.file.write_all(&self.tail) {
            // The next build recompiles what this one can't remember.
            notice::tell(format_args!("warning: {} can't be written: {error}", self.path.display()));
            self.broken = true;
            return;
        }
        self.written += self.tail.len();
        self.tail.clear();
    }

    /// Replaces this log with a new one that has these frames, completely or not at all. Returns the content of the new
    /// log.
    pub fn replace(&mut self, frames: impl Iterator<Item = Vec<u8>>) -> io::Result<Vec<u8>> {
        let partial = self.path.with_extension("new");
        let file = private().create(true).read(true).write(true).truncate(true).open(&partial)?;
        let mut new = Self { path: self.path.clone(), file, written: 0, tail: HEAD.to_vec(), broken: false };
        frames.for_each(|content| {
            new.append(|mut tail| {
                tail.extend_from_slice(&content);
                tail
            });
        });
        new.file.write_all(&new.tail)?;
        fs::rename(&partial, &self.path)?;
        new.written = new.tail.len();
        let bytes = std::mem::take(&mut new.tail);
        *self = new;
        Ok(bytes)
    }
}

/// Returns the options that open a log for its owner alone, because it says much about a project. A symbolic link in
/// its place is not followed.
fn private() -> OpenOptions {
    let mut options = File::options();
    options.mode(0o600).custom_flags(i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default());
    options
}

/// Returns where the contents of the frames of a log are, in order.
pub(crate) fn frames(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = HEAD.len();
    std::iter::from_fn(move || {
        let range = range(bytes, at)?;
        at = range.end;
        Some(range)
    })
}

/// Returns a checksum against accidents, not against malice: the content of this directory could be changed anyway.
fn checksum(content: &[u8]) -> [u8; 8] {
    xxhash_rust::xxh3::xxh3_64(content).to_le_bytes()
}

fn range(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let length: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    let start = at + FRAME;
    let end = start.checked_add(u32::from_le_bytes(length) as usize)?;
    (end <= bytes.len()).then_some(start..end)
}

/// Returns the content of the frame at this position, if the frame is complete and undamaged.
fn frame(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let range = range(bytes, at)?;
    (bytes[at + 4..at + FRAME] == checksum(&bytes[range.clone()])).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(log: &mut Log, content: &[u8]) -> Range<usize> {
        log.append(|tail| [&tail, content].concat())
    }

    /// Returns what a log holds when it is opened, read at once and part by part.
    fn contents(path: &Path) -> Vec<Vec<u8>> {
        let (log, bytes) = Log::open(path).unwrap();
        let contents: Vec<Vec<u8>> = frames(&bytes).map(|range| bytes[range].to_vec()).collect();
        assert_eq!(frames(&bytes).map(|range| log.content(range).to_vec()).collect::<Vec<_>>(), contents);
        contents
    }

    #[test]
    fn cut_off_at_any_byte_it_holds_the_frames_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let frames: Vec<Vec<u8>> = [&b"one"[..], b"", b"three is longer"].map(<[u8]>::to_vec).to_vec();
        let (mut log, _) = Log::open(&path).unwrap();
        frames.iter().for_each(|content| {
            add(&mut log, content);
        });
        log.flush();
        let whole = fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let kept = contents(&path);
            assert!(frames.starts_with(&kept), "cut at {cut}");
            assert_eq!(kept.len() == frames.len(), cut == whole.len());
            // A frame that is appended after a cut is read again.
            let (mut log, _) = Log::open(&path).unwrap();
            add(&mut log, b"more");
            log.flush();
            assert_eq!(contents(&path).last().unwrap(), b"more");
        }
    }

    #[test]
    fn a_flipped_bit_ends_the_log_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let (mut log, _) = Log::open(&path).unwrap();
        add(&mut log, b"first");
        add(&mut log, b"second");
        log.flush();
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            fs::write(&path, &damaged).unwrap();
            let kept = contents(&path);
            let all = [b"first".to_vec(), b"second".to_vec()];
            assert!(kept.len() < 2 && all.starts_with(&kept), "flipped at {at}: {kept:?}");
        }
    }

    #[test]
    fn replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let (mut log, _) = Log::open(&path).unwrap();
        (0..100).for_each(|n: u8| {
            add(&mut log, &[n; 100]);
        });
        log.flush();
        log.replace([b"kept".to_vec()].into_iter()).unwrap();
        let place = add(&mut log, b"new");
        assert_eq!(*log.content(place.clone()), *b"new");
        log.flush();
        assert_eq!(*log.content(place), *b"new");
        assert_eq!(contents(&path), [b"kept".to_vec(), b"new".to_vec()]);
    }
}
