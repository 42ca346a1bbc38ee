//! The files of a store, found by listing its directories.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::StoreError;

/// The unit of space, in bytes. File systems allocate blocks. Counting bytes would let many small files take several
/// times the limit.
const BLOCK: u64 = 4096;

/// Returns the space that a file of this many bytes counts for. An empty file takes none, but counts as a block,
/// because there must not be an unlimited number of them.
pub(crate) fn space(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK).max(1).saturating_mul(BLOCK)
}

/// A file of the store.
#[derive(Debug)]
pub(crate) struct Found {
    pub path: PathBuf,
    /// The inode number, which stays the same when the file is renamed.
    pub inode: u64,
    pub space: u64,
    pub used: SystemTime,
}

/// Lists all files below a directory of shards. Files that disappear in the meantime are left out.
pub(crate) fn scan(folder: &Path) -> Result<Vec<Found>, StoreError> {
    let mut all = Vec::new();
    for shard in entries(folder)? {
        // A stray file does not belong to the store.
        if shard.file_type().is_ok_and(|kind| kind.is_dir()) {
            all.extend(entries(&shard.path())?.iter().filter_map(found));
        }
    }
    Ok(all)
}

/// Lists the entries of a directory.
pub(crate) fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>, StoreError> {
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.and_then(Iterator::collect),
    };
    listed.map_err(StoreError::store(folder))
}

/// Returns a file with its metadata, or `None` for anything but a regular file.
pub(crate) fn found(entry: &fs::DirEntry) -> Option<Found> {
    let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Some(Found { path: entry.path(), inode: metadata.ino(), space: space(metadata.len()), used })
}
