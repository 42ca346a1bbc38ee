//! The errors of a store.

use std::io;
use std::path::{Path, PathBuf};

/// The reason why the store could not do what the caller asked. A missing or damaged entry is not an error.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store itself can't be used: no permission, a full disk, a file system without locks. The caller can go on
    /// without the store.
    #[error("the cache can't be used: {}: {source}", .path.display())]
    Store {
        /// The file or directory of the store.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A file outside of the store can't be read or written.
    #[error("{}: {source}", .path.display())]
    Outside {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

impl StoreError {
    /// Makes an error at a path of the store, for `map_err`.
    pub(crate) fn store(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Store { path: path.to_owned(), source }
    }

    /// Makes an error at a path outside of the store, for `map_err`.
    pub fn outside(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Outside { path: path.to_owned(), source }
    }
}
