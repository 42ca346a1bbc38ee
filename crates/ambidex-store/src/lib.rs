//! A directory of contents and records that processes share: files by the hash of their content, and small records by a
//! key. The store does not know what they are for.
//!
//! Any entry of a store may disappear at any time: other processes remove the least recently used files to stay within
//! the limit, and damaged entries are removed. So a missing entry is a miss, not an error.

mod accounts;
mod content;
mod digest;
mod error;
mod history;
mod layout;
mod pack;
mod records;
mod regular;
mod remote;
mod scan;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

pub use accounts::Collected;
pub use digest::{Digest, Key, NotAHash};
pub use error::StoreError;
pub use history::{Day, Uses};
pub use pack::{Exported, Imported};
pub use regular::{open_regular, partial_beside, read_regular};
pub use remote::{Remote, RemoteContent, RemoteEntry, RemoteRecord};
pub use verify::Verified;

use accounts::Accounts;
use layout::Layout;

/// A store in a directory. Any number of threads and processes can use it at once.
#[derive(Clone, Debug)]
pub struct Store {
    layout: Layout,
    limit: u64,
    /// Stores that are only read.
    lower: Vec<Layout>,
    /// The store on another machine.
    remote: Option<Arc<dyn Remote>>,
}

/// The size of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// The number of content files.
    pub files: u64,
    /// The number of keys that have records.
    pub records: u64,
    /// The space that all of them take, in bytes: whole blocks of 4 KiB, as file systems allocate it.
    pub bytes: u64,
    /// The space that they may take, in bytes.
    pub limit: u64,
}

impl Store {
    /// Opens the store in a directory, and creates it if it does not exist. Contents and records together never take
    /// more than `limit` bytes, counted in whole blocks of 4 KiB; directories are not counted.
    pub fn open(folder: &Path, limit: u64) -> Result<Self, StoreError> {
        let layout = Layout::new(folder);
        layout.make()?;
        Ok(Self { layout, limit, lower: Vec::new(), remote: None })
    }

    /// Adds a store that is read where this one has nothing, and never written.
    ///
    /// # Errors
    /// If it can't be read, or everybody can write there: a record says which outputs a command has.
    pub fn with_lower(mut self, folder: &Path) -> Result<Self, StoreError> {
        let layout = Layout::new(folder);
        layout.check_that_strangers_only_read()?;
        self.lower.push(layout);
        Ok(self)
    }

    /// Returns the directory.
    pub fn folder(&self) -> &Path {
        self.layout.top()
    }

    /// Returns the path of a file in which builds keep the hashes of large files of this machine. It is no part of what
    /// is counted, exported or sent.
    pub fn large_files(&self) -> PathBuf {
        self.layout.large_files()
    }

    /// Counts the files in the store.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let contents = scan::scan(&self.layout.contents())?;
        let records = scan::scan(&self.layout.records())?;
        let bytes = contents.iter().chain(&records).map(|file| file.space).sum();
        let (files, records) = (contents.len() as u64, records.len() as u64);
        Ok(Stats { files, records, bytes, limit: self.limit })
    }

    /// Removes the files that killed processes left, and then the least recently used files until at most nine tenths
    /// of the limit are taken.
    pub fn collect(&self) -> Result<Collected, StoreError> {
        self.lock()?.collect()
    }

    /// Removes everything.
    pub fn clear(&self) -> Result<(), StoreError> {
        self.lock()?.clear()?;
        [self.layout.history(), self.layout.large_files()].iter().try_for_each(|path| {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::store(path)(error)),
                _ => Ok(()),
            }
        })
    }

    fn lock(&self) -> Result<Accounts<'_>, StoreError> {
        Accounts::lock(&self.layout, self.limit)
    }
}
