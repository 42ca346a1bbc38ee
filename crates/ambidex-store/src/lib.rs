//! A folder of contents and records that processes share: files by the hash of their content, and small records
//! by a key. It knows nothing of what they are for.
//!
//! Everything in a store may go away at any time: other processes collect what was used least recently, so that the
//! limit holds, and what is damaged is thrown away. So what isn't there is a miss, and no error.

mod accounts;
mod content;
mod digest;
mod error;
mod layout;
mod records;
mod regular;
mod scan;
mod verify;

use std::path::Path;

pub use accounts::Collected;
pub use digest::{Digest, Key, NotAHash};
pub use error::StoreError;
pub use regular::{open_regular, read_regular};
pub use verify::Verified;

use accounts::Accounts;
use layout::Layout;

/// A store in a folder. Any number of threads and processes can use it at once.
#[derive(Clone, Debug)]
pub struct Store {
    layout: Layout,
    limit: u64,
}

/// How much is in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Contents.
    pub files: u64,
    /// Keys that have records.
    pub records: u64,
    /// The space that all of them take, in bytes: whole blocks of 4 KiB, as file systems give it.
    pub bytes: u64,
    /// The space that they may take, in bytes.
    pub limit: u64,
}

impl Store {
    /// Opens the store in a folder, and makes it if there is none. Contents and records together never take more than
    /// `limit` bytes, counted in whole blocks of 4 KiB; folders are not counted.
    pub fn open(folder: &Path, limit: u64) -> Result<Self, StoreError> {
        let layout = Layout::new(folder);
        layout.make()?;
        Ok(Self { layout, limit })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.layout.top()
    }

    /// Looks how much is in the store.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let contents = scan::scan(&self.layout.contents())?;
        let records = scan::scan(&self.layout.records())?;
        let bytes = contents.iter().chain(&records).map(|file| file.space).sum();
        let (files, records) = (contents.len() as u64, records.len() as u64);
        Ok(Stats { files, records, bytes, limit: self.limit })
    }

    /// Removes what killed processes have left, and then what was used least recently until at most nine tenths of the
    /// limit are taken.
    pub fn collect(&self) -> Result<Collected, StoreError> {
        self.lock()?.collect()
    }

    /// Removes everything.
    pub fn clear(&self) -> Result<(), StoreError> {
        self.lock()?.clear().map(drop)
    }

    fn lock(&self) -> Result<Accounts<'_>, StoreError> {
        Accounts::lock(&self.layout, self.limit)
    }
}
