//! Knows how things are written down so that a process may be killed at any byte: frames with checksums, appended.

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What the file begins with. Another version of ambidex that writes other frames begins with another line.
const HEAD: &[u8] = b"ambidex state 3\n";

/// Bytes before the content of a frame: its length (4) and its checksum (8).
const FRAME: usize = 12;

/// An append-only file of frames, all of it in memory too.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    bytes: Vec<u8>,
    /// How much of `bytes` is in the file.
    written: usize,
    /// Whether the file has failed: what comes is kept in memory only.
    broken: bool,
}

impl Log {
    /// Opens a log, and cuts off what a killed process has left half-written, or what was damaged.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::options().read(true).append(true).create(true).open(path)?;
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
        let written = bytes.len();
        let mut log = Self { path: path.to_owned(), file, bytes, written, broken: false };
        if log.bytes.is_empty() {
            log.bytes.extend_from_slice(HEAD);
        }
        Ok(log)
    }

    /// Where the contents of the frames are, in order.
    pub fn frames(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut at = HEAD.len();
        std::iter::from_fn(move || {
            let range = range(&self.bytes, at)?;
            at = range.end;
            Some(range)
        })
    }

    /// The content at a place that was told before.
    pub fn content(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    /// The size in bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds a frame. It is in the file after [`Log::flush`].
    pub fn append(&mut self, content: &[u8]) -> Range<usize> {
        self.bytes.extend_from_slice(&(content.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(&checksum(content));
        let start = self.bytes.len();
        self.bytes.extend_from_slice(content);
        start..self.bytes.len()
    }

    /// Writes what was added.
    pub fn flush(&mut self) {
        if self.broken || self.written == self.bytes.len() {
            return;
        }
        if let Err(error) = self.file.write_all(&self.bytes[self.written..]) {
            // The next build recompiles what this one can't remember.
            eprintln!("warning: {} can't be written: {error}", self.path.display());
            self.broken = true;
        }
        self.written = self.bytes.len();
    }

    /// Puts a new log, with these frames, in the place of this one: all of it or nothing.
    pub fn replace(&mut self, frames: impl Iterator<Item = Vec<u8>>) -> io::Result<()> {
        let partial = self.path.with_extension("new");
        let file = File::options().create(true).write(true).truncate(true).open(&partial)?;
        let mut new = Self { path: self.path.clone(), file, bytes: HEAD.to_vec(), written: 0, broken: false };
        frames.for_each(|content| {
            new.append(&content);
        });
        new.file.write_all(&new.bytes)?;
        new.written = new.bytes.len();
        fs::rename(&partial, &self.path)?;
        *self = new;
        Ok(())
    }
}

/// Against accidents, not against malice: what is in this folder could be changed anyway.
fn checksum(content: &[u8]) -> [u8; 8] {
    xxhash_rust::xxh3::xxh3_64(content).to_le_bytes()
}

fn range(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let length: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    let start = at + FRAME;
    let end = start.checked_add(u32::from_le_bytes(length) as usize)?;
    (end <= bytes.len()).then_some(start..end)
}

/// The frame at this place, if it is whole and undamaged.
fn frame(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let range = range(bytes, at)?;
    (bytes[at + 4..at + FRAME] == checksum(&bytes[range.clone()])).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(log: &Log) -> Vec<Vec<u8>> {
        log.frames().map(|range| log.content(range).to_vec()).collect()
    }

    #[test]
    fn cut_off_at_any_byte_it_holds_the_frames_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let frames: Vec<Vec<u8>> = [&b"one"[..], b"", b"three is longer"].map(<[u8]>::to_vec).to_vec();
        let mut log = Log::open(&path).unwrap();
        frames.iter().for_each(|content| {
            log.append(content);
        });
        log.flush();
        let whole = fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let mut log = Log::open(&path).unwrap();
            let kept = contents(&log);
            assert!(frames.starts_with(&kept), "cut at {cut}");
            assert_eq!(kept.len() == frames.len(), cut == whole.len());
            // What is added behind a cut is read again.
            log.append(b"more");
            log.flush();
            assert_eq!(contents(&Log::open(&path).unwrap()).last().unwrap(), b"more");
        }
    }

    #[test]
    fn a_flipped_bit_ends_the_log_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let mut log = Log::open(&path).unwrap();
        log.append(b"first");
        log.append(b"second");
        log.flush();
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            fs::write(&path, &damaged).unwrap();
            let kept = contents(&Log::open(&path).unwrap());
            let all = [b"first".to_vec(), b"second".to_vec()];
            assert!(kept.len() < 2 && all.starts_with(&kept), "flipped at {at}: {kept:?}");
        }
    }

    #[test]
    fn replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let mut log = Log::open(&path).unwrap();
        (0..100).for_each(|n: u8| {
            log.append(&[n; 100]);
        });
        log.flush();
        log.replace([b"kept".to_vec()].into_iter()).unwrap();
        log.append(b"new");
        log.flush();
        assert_eq!(contents(&Log::open(&path).unwrap()), [b"kept".to_vec(), b"new".to_vec()]);
    }
}
