//! What can go wrong with a store.

use std::io;
use std::path::{Path, PathBuf};

/// Why the store could not do what was asked. Something that isn't there, or was damaged, is none of these.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store itself can't be used: no permission, a full disk, a file system without locks. Whoever gets this can
    /// go on without the store.
    #[error("the cache can't be used: {}: {source}", .path.display())]
    Store {
        /// The file or folder of the store.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file outside of the store, to be read or written, can't be.
    #[error("{}: {source}", .path.display())]
    Outside {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl StoreError {
    /// For `map_err`: an error at a path of the store.
    pub(crate) fn store(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Store { path: path.to_owned(), source }
    }

    /// For `map_err`: an error at a path outside of the store.
    pub(crate) fn outside(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Outside { path: path.to_owned(), source }
    }
}
