//! What is in a store by looking at all of it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::StoreError;

/// File systems give space in blocks. Counting bytes would let many small files take several times the limit.
const BLOCK: u64 = 4096;

/// The space that a file of so many bytes counts for. An empty one takes none, but there can't be any number of them.
pub(crate) fn space(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK).max(1).saturating_mul(BLOCK)
}

/// A file of the store.
#[derive(Debug)]
pub(crate) struct Found {
    pub path: PathBuf,
    /// It keeps this number when it is renamed.
    pub inode: u64,
    pub space: u64,
    pub used: SystemTime,
}

/// All files below a folder of shards. What goes away meanwhile is left out.
pub(crate) fn scan(folder: &Path) -> Result<Vec<Found>, StoreError> {
    let mut all = Vec::new();
    for shard in entries(folder)? {
        // A stray file is none of the store's.
        if shard.file_type().is_ok_and(|kind| kind.is_dir()) {
            all.extend(entries(&shard.path())?.iter().filter_map(found));
        }
    }
    Ok(all)
}

/// What is in one folder.
pub(crate) fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>, StoreError> {
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.and_then(Iterator::collect),
    };
    listed.map_err(StoreError::store(folder))
}

/// One file, with what the system knows of it.
pub(crate) fn found(entry: &fs::DirEntry) -> Option<Found> {
    let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Some(Found { path: entry.path(), inode: metadata.ino(), space: space(metadata.len()), used })
}
