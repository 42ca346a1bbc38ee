//! Where everything is in the directory of a store.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::digest::{Digest, Key};
use crate::error::StoreError;

/// The content of the file that makes backups skip a directory (<https://bford.info/cachedir/>).
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
                   # This folder is a cache of ambidex. Everything in it can be removed.\n";
const TAG_NAME: &str = "CACHEDIR.TAG";

/// The directories of a store of this version. A later version with another layout has its own directory beside it.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    top: PathBuf,
    version: PathBuf,
}

impl Layout {
    /// Returns the layout of the store in this directory. Creates nothing.
    pub fn new(top: &Path) -> Self {
        Self { top: top.to_owned(), version: top.join("v1") }
    }

    /// Creates the directories that are missing.
    pub fn make(&self) -> Result<(), StoreError> {
        fs::create_dir_all(&self.top).map_err(StoreError::store(&self.top))?;
        match fs::create_dir(&self.version) {
            Ok(()) => self.tag(),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(StoreError::store(&self.version)(error)),
        }
        for folder in [self.contents(), self.records(), self.temporary()] {
            fs::create_dir_all(&folder).map_err(StoreError::store(&folder))?;
        }
        Ok(())
    }

    /// Checks that the directories of the store are there, and that only their owner and group can write to them.
    pub fn check_that_strangers_only_read(&self) -> Result<(), StoreError> {
        for folder in [&self.top, &self.version, &self.contents(), &self.records()] {
            let data = fs::metadata(folder).map_err(StoreError::store(folder))?;
            if data.permissions().mode() & 0o002 != 0 {
                let error = io::Error::new(io::ErrorKind::PermissionDenied, "everybody can write there");
                return Err(StoreError::store(folder)(error));
            }
        }
        Ok(())
    }

    /// Marks the directory as a cache. If it contains anything that isn't ambidex's, only the store inside it is
    /// marked: a user who names a home directory does not mean to exclude it from backups.
    fn tag(&self) {
        let is_ours = |entry: fs::DirEntry| entry.path() == self.version;
        let all_ours = fs::read_dir(&self.top).is_ok_and(|mut all| all.all(|entry| entry.is_ok_and(is_ours)));
        let folder = if all_ours { &self.top } else { &self.version };
        // A store works without the tag as well.
        let _ = File::create_new(folder.join(TAG_NAME)).and_then(|mut file| file.write_all(TAG.as_bytes()));
    }

    /// Returns the directory that the caller asked for.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// Returns the path of the file that is locked, and that says how much is in the store.
    pub fn accounts(&self) -> PathBuf {
        self.version.join("accounts")
    }

    /// Returns the path of the empty file that was written at the end of the last import.
    pub fn imported(&self) -> PathBuf {
        self.version.join("imported")
    }

    /// Returns the path of the file that says how often builds have found something.
    pub fn history(&self) -> PathBuf {
        self.version.join("history")
    }

    /// Returns the path of the file with the hashes of large files.
    pub fn large_files(&self) -> PathBuf {
        self.version.join("large-files")
    }

    /// Returns the directory of files that are being written.
    pub fn temporary(&self) -> PathBuf {
        self.version.join("tmp")
    }

    /// Returns the directory of all contents.
    pub fn contents(&self) -> PathBuf {
        self.version.join("content")
    }

    /// Returns the directory of all records.
    pub fn records(&self) -> PathBuf {
        self.version.join("record")
    }

    /// Returns the path of the content with this digest.
    pub fn content(&self, digest: &Digest) -> PathBuf {
        sharded(self.contents(), &digest.to_string())
    }

    /// Returns the path of the file with the records of a key.
    pub fn record(&self, key: &Key) -> PathBuf {
        sharded(self.records(), &key.to_string())
    }
}

/// Puts a name into one of 256 directories, so that none has too many files.
fn sharded(mut folder: PathBuf, name: &str) -> PathBuf {
    folder.push(&name[..2]);
    folder.push(name);
    folder
}
