//! How contents get into a store and out of it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

use crate::Store;
use crate::digest::Digest;
use crate::error::StoreError;
use crate::layout::Layout;
use crate::regular::{open_regular, partial_beside};
use crate::scan::space;

/// A use is not noted if an earlier one was noted within this time.
const FRESH: Duration = Duration::from_secs(5);

/// The size of a read: large enough for BLAKE3 to be fast, and for few system calls.
const PIECE: usize = 128 * 1024;

impl Store {
    /// Puts a copy of a file into the store. `digest` is the hash of its content that the caller has computed. Content
    /// that is already there and undamaged is only marked as used.
    ///
    /// Returns whether the store now has the content. It does not if there is no room, even after a collection, or if
    /// the file's content has changed since.
    pub fn put(&self, digest: &Digest, file: &Path) -> Result<bool, StoreError> {
        let source = open_regular(file).map_err(StoreError::outside(file))?;
        let length = source.metadata().map_err(StoreError::outside(file))?.len();
        self.put_from(digest, length, source, file)
    }

    /// Puts content into the store that is in memory. `digest` is its hash.
    ///
    /// Returns whether the store now has the content. It does not if there is no room, even after a collection.
    pub fn put_bytes(&self, digest: &Digest, content: &[u8]) -> Result<bool, StoreError> {
        self.put_from(digest, content.len() as u64, content, Path::new("memory"))
    }

    /// Puts content of this length into the store. `name` stands for the source in messages.
    fn put_from(
        &self,
        digest: &Digest,
        length: u64,
        source: impl Read,
        name: &Path,
    ) -> Result<bool, StoreError> {
        let place = self.layout.content(digest);
        if Present::at(&place, digest) == Present::Right {
            return Ok(true);
        }
        let mut accounts = self.lock()?;
        match Present::at(&place, digest) {
            Present::Right => return Ok(true),
            // No process replaces it without the lock.
            Present::Damaged => drop(accounts.discard(&place)?),
            // It may exist by now: another process renames it to its final path without the lock.
            Present::Missing => {}
        }
        let Some(partial) = accounts.temporary(length)? else { return Ok(false) };
        let shard = place.parent().unwrap_or(&place);
        if let Err(error) = fs::create_dir_all(shard) {
            drop(accounts);
            self.give_up(partial)?;
            return Err(StoreError::store(shard)(error));
        }
        drop(accounts);

        // Copy no more than there is room for, in case the source grows.
        let copied = match copy(&mut source.take(length), &mut partial.as_file()) {
            Ok(copied) => copied,
            Err(error) => {
                let path = partial.path().to_owned();
                self.give_up(partial)?;
                return Err(match error {
                    CopyError::Read(error) => StoreError::outside(name)(error),
                    CopyError::Write(error) => StoreError::store(&path)(error),
                });
            }
        };
        if copied != *digest {
            return self.give_up(partial).map(|()| false);
        }
        match partial.persist_noclobber(&place) {
            Ok(_) => Ok(true),
            Err(error) => {
                self.give_up(error.file)?;
                match error.error.kind() {
                    // Another process was faster.
                    io::ErrorKind::AlreadyExists => Ok(true),
                    _ => Err(StoreError::store(&place)(error.error)),
                }
            }
        }
    }

    /// Returns stored content, or nothing if the store does not have it. Damaged content is removed and counts as
    /// missing.
    pub fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        for source in self.sources(digest) {
            let Source { mut file, place, is_own } = source?;
            let mut content = Vec::new();
            file.read_to_end(&mut content).map_err(StoreError::store(&place))?;
            if Digest::of(&content) == *digest {
                if is_own {
                    mark(&file);
                }
                return Ok(Some(content));
            }
            self.give_up_source(digest, is_own);
        }
        Ok(None)
    }

    /// Returns where this store is, and then the lower ones.
    fn layouts(&self) -> impl Iterator<Item = &Layout> {
        [&self.layout].into_iter().chain(&self.lower)
    }

    /// Returns whether the store has undamaged content.
    pub(crate) fn has(&self, digest: &Digest) -> bool {
        self.layouts().any(|layout| Present::at(&layout.content(digest), digest) == Present::Right)
    }

    /// Opens stored content in this store and the lower ones. It may be damaged.
    fn sources(&self, digest: &Digest) -> impl Iterator<Item = Result<Source, StoreError>> {
        let places = self.layouts().map(|layout| layout.content(digest));
        places.enumerate().filter_map(|(number, place)| {
            let is_own = number == 0;
            match open_regular(&place) {
                Ok(file) => Some(Ok(Source { file, place, is_own })),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                // The path holds something other than a regular file.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                    self.give_up_source(digest, is_own);
                    None
                }
                // What can't be read below is as good as missing.
                Err(_) if !is_own => None,
                Err(error) => Some(Err(StoreError::store(&place)(error))),
            }
        })
    }

    /// Removes damaged content, if it is in this store. It isn't what the caller asked for, whether it can be removed
    /// or not.
    fn give_up_source(&self, digest: &Digest, is_own: bool) {
        if is_own {
            let _ = self.remove_if_damaged(digest);
        }
    }

    /// Copies stored content to `to`, by a temporary file in the same directory, which must exist. `executable` gives
    /// the copy the permissions of a program, as far as the umask allows.
    ///
    /// Returns false if the store does not have the content. Damaged content is removed and counts as missing.
    pub fn fetch(&self, digest: &Digest, to: &Path, executable: bool) -> Result<bool, StoreError> {
        for source in self.sources(digest) {
            if self.fetch_from(source?, digest, to, executable)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn fetch_from(
        &self,
        source: Source,
        digest: &Digest,
        to: &Path,
        executable: bool,
    ) -> Result<bool, StoreError> {
        let Source { mut file, place, is_own } = source;
        let outside = || StoreError::outside(to);
        let mut partial = partial_beside(to, executable).map_err(outside())?;
        let copied = copy(&mut file, partial.as_file_mut()).map_err(|error| match error {
            CopyError::Read(error) => StoreError::store(&place)(error),
            CopyError::Write(error) => outside()(error),
        })?;
        if copied != *digest {
            self.give_up_source(digest, is_own);
            return Ok(false);
        }
        partial.persist(to).map_err(|error| outside()(error.error))?;
        if is_own {
            mark(&file);
        }
        Ok(true)
    }

    /// Removes content if it is damaged, and returns whether it did. The content is read again under the lock, because
    /// undamaged content may be there by now.
    pub(crate) fn remove_if_damaged(&self, digest: &Digest) -> Result<bool, StoreError> {
        let place = self.layout.content(digest);
        let mut accounts = self.lock()?;
        match open_regular(&place).and_then(Digest::of_reader) {
            Ok(found) if found == *digest => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            _ => accounts.discard(&place),
        }
    }

    /// Removes a temporary file and gives back its space, both under the lock. A collection between the two would give
    /// the space back a second time.
    fn give_up(&self, partial: NamedTempFile) -> Result<(), StoreError> {
        let mut accounts = self.lock()?;
        let length = partial.as_file().metadata().map_err(StoreError::store(partial.path()))?.len();
        let path = partial.path().to_owned();
        partial.close().map_err(StoreError::store(&path))?;
        accounts.give_back(space(length))
    }
}

/// A file that should have the content that was asked for.
struct Source {
    file: File,
    place: PathBuf,
    /// Whether it is in this store, not in a lower one.
    is_own: bool,
}

/// The state of the content at its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Present {
    Missing,
    Damaged,
    /// The content is undamaged, and marked as used.
    Right,
}

impl Present {
    /// Reads the whole content. The process that puts it has just spent far more time to make it, and the next process
    /// to fetch it should find it.
    fn at(place: &Path, digest: &Digest) -> Self {
        match open_regular(place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::Missing,
            Ok(file) if Digest::of_reader(&file).is_ok_and(|found| found == *digest) => {
                mark(&file);
                Self::Right
            }
            _ => Self::Damaged,
        }
    }
}

/// Notes that a file was used now. A store that can't be written can still be read.
pub(crate) fn mark(file: &File) {
    let now = SystemTime::now();
    let noted = file.metadata().and_then(|metadata| metadata.modified());
    // A time in the future is wrong, and would keep the file for ever.
    let fresh = noted.is_ok_and(|noted| now.duration_since(noted).is_ok_and(|age| age < FRESH));
    if !fresh {
        let _ = file.set_modified(now);
    }
}

enum CopyError {
    Read(io::Error),
    Write(io::Error),
}

/// Copies the rest of `from`, and computes its digest at the same time.
fn copy(from: &mut impl Read, to: &mut impl Write) -> Result<Digest, CopyError> {
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(Digest(hasher.finalize().into())),
            Ok(length) => {
                hasher.update(&piece[..length]);
                to.write_all(&piece[..length]).map_err(CopyError::Write)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(CopyError::Read(error)),
        }
    }
}
