//! Where everything is in the folder of a store.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::digest::{Digest, Key};
use crate::error::StoreError;

/// What makes backups leave a folder out (<https://bford.info/cachedir/>).
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
                   # This folder is a cache of ambidex. Everything in it can be removed.\n";
const TAG_NAME: &str = "CACHEDIR.TAG";

/// The folders of a store of this version. A later one that is laid out otherwise has a folder of its own beside it.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    top: PathBuf,
    version: PathBuf,
}

impl Layout {
    /// That of the store in this folder. Nothing is made.
    pub fn new(top: &Path) -> Self {
        Self { top: top.to_owned(), version: top.join("v1") }
    }

    /// Makes the folders that are missing.
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

    /// Marks the folder as a cache. One that holds other things than ambidex' is left as it is, and only the store in it
    /// marked: someone who names a home folder does not mean that it is no longer to be backed up.
    fn tag(&self) {
        let is_ours = |entry: fs::DirEntry| entry.path() == self.version;
        let all_ours = fs::read_dir(&self.top).is_ok_and(|mut all| all.all(|entry| entry.is_ok_and(is_ours)));
        let folder = if all_ours { &self.top } else { &self.version };
        // A store without the tag works as well.
        let _ = File::create_new(folder.join(TAG_NAME)).and_then(|mut file| file.write_all(TAG.as_bytes()));
    }

    /// The folder that was asked for.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The file that is locked, and says how much is in the store.
    pub fn accounts(&self) -> PathBuf {
        self.version.join("accounts")
    }

    /// Files that are being written.
    pub fn temporary(&self) -> PathBuf {
        self.version.join("tmp")
    }

    /// The folder of all contents.
    pub fn contents(&self) -> PathBuf {
        self.version.join("content")
    }

    /// The folder of all records.
    pub fn records(&self) -> PathBuf {
        self.version.join("record")
    }

    /// The file of a content.
    pub fn content(&self, digest: &Digest) -> PathBuf {
        sharded(self.contents(), &digest.to_string())
    }

    /// The file with the records of a key.
    pub fn record(&self, key: &Key) -> PathBuf {
        sharded(self.records(), &key.to_string())
    }
}

/// 256 folders, so that none has too many files.
fn sharded(mut folder: PathBuf, name: &str) -> PathBuf {
    folder.push(&name[..2]);
    folder.push(name);
    folder
}
