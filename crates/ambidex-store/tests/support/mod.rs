//! The store as tests see it: from outside, in a directory of its own.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ambidex_store::{Digest, Store};
use tempfile::TempDir;

/// A block, the space that the smallest file takes.
pub const BLOCK: u64 = 4096;

/// A store in a directory that is removed with it.
pub struct Bench {
    folder: TempDir,
    pub store: Store,
}

impl Bench {
    pub fn new(limit: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store"), limit).unwrap();
        Self { folder, store }
    }

    /// Returns a path beside the store.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a content into the store.
    pub fn put(&self, content: &[u8]) -> bool {
        put(&self.store, &self.beside("source"), content)
    }

    /// Fetches a content. Fails the test if the content is wrong.
    #[track_caller]
    pub fn has(&self, content: &[u8]) -> bool {
        has(&self.store, &self.beside("fetched"), content)
    }

    /// Returns the file that holds a content.
    pub fn file_of(&self, content: &[u8]) -> PathBuf {
        let name = Digest::of(content).to_string();
        files(self.store.folder()).into_iter().find(|file| file.ends_with(&name)).expect("it was put")
    }

    /// Returns the only file with records.
    pub fn file_of_records(&self) -> PathBuf {
        let all = files(&self.store.folder().join("v1/record"));
        assert_eq!(all.len(), 1, "{all:?}");
        all.into_iter().next().unwrap()
    }

    /// Returns the files that are being written.
    pub fn temporary(&self) -> Vec<PathBuf> {
        files(&self.store.folder().join("v1/tmp"))
    }

    /// Returns the space that is taken according to the accounts of the store. A new store has no accounts yet.
    pub fn accounted(&self) -> u64 {
        let Ok(bytes) = fs::read(self.store.folder().join("v1/accounts")) else { return 0 };
        u64::from_le_bytes(bytes[8..16].try_into().unwrap())
    }
}

/// Puts a content into a store, through a file.
pub fn put(store: &Store, source: &Path, content: &[u8]) -> bool {
    fs::write(source, content).unwrap();
    store.put(&Digest::of(content), source).unwrap()
}

/// Fetches a content. Fails the test if the content is wrong.
#[track_caller]
pub fn has(store: &Store, to: &Path, content: &[u8]) -> bool {
    let _ = fs::remove_file(to);
    let there = store.fetch(&Digest::of(content), to, false).unwrap();
    match there {
        true => assert!(fs::read(to).unwrap() == content, "something else was fetched"),
        false => assert!(!to.exists(), "a file is left"),
    }
    there
}

/// Returns all files below a directory, without those that disappear meanwhile.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flatten().flat_map(|entry| below(entry.path())).collect()
}

/// Returns the space that contents, records and unfinished files take, as seen from outside.
pub fn taken(store: &Store) -> u64 {
    let folders = ["v1/tmp", "v1/content", "v1/record"];
    let all = folders.iter().flat_map(|name| files(&store.folder().join(name)));
    all.filter_map(|file| fs::metadata(file).ok()).map(|data| data.len().div_ceil(BLOCK).max(1) * BLOCK).sum()
}

/// Makes a file look as if it was used this long ago.
pub fn age(file: &Path, seconds: u64) {
    let time = SystemTime::now() - Duration::from_secs(seconds);
    File::options().append(true).open(file).unwrap().set_modified(time).unwrap();
}

/// Changes a byte in a file.
pub fn damage(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}
