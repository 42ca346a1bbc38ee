//! The accounts: how much space the store takes, a number that one process at a time may change.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use crate::error::StoreError;
use crate::layout::Layout;
use crate::regular::open_regular;
use crate::scan::{Found, entries, found, scan, space};

/// The result of a collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// The number of content files and lists of records that were removed.
    pub files: u64,
    /// The number of removed files that processes were writing when they were killed.
    pub abandoned: u64,
    /// The space that all of them took, in bytes.
    pub bytes: u64,
}

/// The length of the accounts file in bytes: a mark, the space taken, and the beginning of the hash of both.
const LENGTH: usize = 32;
const MARK: &[u8; 8] = b"ambidex1";

/// The accounts, locked until this is dropped.
///
/// The number is never less than the space of the files that exist, even if this process is killed at any moment: space
/// is added before a file is created, and subtracted after one is removed. Files are created and removed only while the
/// accounts are locked. One thing happens without the lock, so that copying a file does not block other processes: a
/// temporary file, which has its full length from the start and is counted, is filled and renamed.
#[derive(Debug)]
pub(crate) struct Accounts<'a> {
    layout: &'a Layout,
    limit: u64,
    file: File,
    taken: u64,
}

impl<'a> Accounts<'a> {
    /// Waits for the lock. Missing or damaged accounts are computed again from the files that exist.
    pub fn lock(layout: &'a Layout, limit: u64) -> Result<Self, StoreError> {
        let path = layout.accounts();
        let file = open_locked(layout, &path)?;
        let mut accounts = Self { layout, limit, file, taken: 0 };
        match accounts.read() {
            Some(taken) => accounts.taken = taken,
            None => accounts.correct()?,
        }
        Ok(accounts)
    }

    /// Returns the number, or `None` if it is missing or isn't what was written.
    fn read(&self) -> Option<u64> {
        let mut bytes = [0; LENGTH];
        self.file.read_exact_at(&mut bytes, 0).ok()?;
        let taken = u64::from_le_bytes(bytes[8..16].try_into().ok()?);
        (bytes == written(taken)).then_some(taken)
    }

    fn set(&mut self, taken: u64) -> Result<(), StoreError> {
        self.taken = taken;
        self.file.write_all_at(&written(taken), 0).map_err(StoreError::store(&self.layout.accounts()))
    }

    /// Takes space for a file that is about to be created. If there is no room, makes some by a collection. Returns
    /// false if that does not help.
    pub fn take(&mut self, space: u64) -> Result<bool, StoreError> {
        if space > self.limit {
            return Ok(false);
        }
        let room = self.limit - space;
        if self.taken > room {
            self.count(room.min(nine_tenths(self.limit)))?;
        }
        if self.taken > room {
            return Ok(false);
        }
        self.set(self.taken + space)?;
        Ok(true)
    }

    /// Gives back the space of a file that has just been removed.
    pub fn give_back(&mut self, space: u64) -> Result<(), StoreError> {
        self.set(self.taken.saturating_sub(space))
    }

    /// Removes a damaged file, and returns whether it existed. Its length may not be the one that was counted, so its
    /// space is not given back; the next collection counts it.
    pub fn discard(&mut self, path: &Path) -> Result<bool, StoreError> {
        match fs::remove_file(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StoreError::store(path)(error)),
        }
    }

    /// Creates a temporary file of this length. Returns `None` if there is no room for it.
    ///
    /// The file's lock shows other processes that its writer is alive, even in another container, where process numbers
    /// mean nothing. Because the file is created and locked here, no process finds it without its lock.
    pub fn temporary(&mut self, bytes: u64) -> Result<Option<NamedTempFile>, StoreError> {
        if !self.take(space(bytes))? {
            return Ok(None);
        }
        let folder = self.layout.temporary();
        // Programs that tidy up caches remove empty directories.
        let made = fs::create_dir_all(&folder)
            .and_then(|()| {
                tempfile::Builder::new()
                    .prefix("")
                    .permissions(fs::Permissions::from_mode(0o666))
                    .tempfile_in(&folder)
            })
            .and_then(|file| {
                file.as_file().lock()?;
                file.as_file().set_len(bytes)?;
                Ok(file)
            });
        match made {
            Ok(file) => Ok(Some(file)),
            Err(error) => {
                self.give_back(space(bytes))?;
                Err(StoreError::store(&folder)(error))
            }
        }
    }

    /// Counts all files again.
    pub fn correct(&mut self) -> Result<(), StoreError> {
        self.count(u64::MAX).map(drop)
    }

    /// Removes the least recently used files until at most nine tenths of the limit are taken.
    pub fn collect(&mut self) -> Result<Collected, StoreError> {
        self.count(nine_tenths(self.limit))
    }

    /// Removes all files that no process is writing.
    pub fn clear(&mut self) -> Result<Collected, StoreError> {
        self.count(0)
    }

    /// Counts all files, and removes the least recently used ones until no more than `target` is taken.
    fn count(&mut self, target: u64) -> Result<Collected, StoreError> {
        let mut collected = Collected::default();
        // Temporary files first: one that is renamed in the meantime is then seen twice rather than missed.
        let temporary = self.sweep(&mut collected)?;
        let mut all = scan(&self.layout.contents())?;
        all.extend(scan(&self.layout.records())?);
        let mut taken: u64 = all.iter().map(|file| file.space).sum();
        let renamed: HashSet<u64> = all.iter().map(|file| file.inode).collect();
        taken += temporary
            .iter()
            .filter(|file| !renamed.contains(&file.inode))
            .map(|file| file.space)
            .sum::<u64>();
        if taken > target {
            all.sort_unstable_by_key(|file| file.used);
        }
        let mut stays = None;
        for file in all {
            if taken <= target {
                break;
            }
            match fs::remove_file(&file.path) {
                Ok(()) => {
                    collected.files += 1;
                    collected.bytes += file.space;
                    taken -= file.space;
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => taken -= file.space,
                // The file stays, and stays counted. The others can still be removed.
                Err(error) => stays = stays.or(Some(StoreError::store(&file.path)(error))),
            }
        }
        self.set(taken)?;
        stays.map_or(Ok(collected), Err)
    }

    /// Removes the temporary files of processes that no longer exist. Returns the temporary files of other processes.
    fn sweep(&self, collected: &mut Collected) -> Result<Vec<Found>, StoreError> {
        let mut of_others = Vec::new();
        for file in entries(&self.layout.temporary())?.iter().filter_map(found) {
            match remove_if_abandoned(&file.path) {
                Ok(true) => {
                    collected.abandoned += 1;
                    collected.bytes += file.space;
                }
                // The file is complete and has been renamed to its final path.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                _ => of_others.push(file),
            }
        }
        Ok(of_others)
    }
}

/// Removes a temporary file unless its writer is alive, and returns whether it did.
fn remove_if_abandoned(path: &Path) -> io::Result<bool> {
    let file = open_regular(path)?;
    match file.try_lock() {
        Ok(()) => fs::remove_file(path).map(|()| true),
        Err(_) => Ok(false),
    }
}

fn nine_tenths(limit: u64) -> u64 {
    limit - limit / 10
}

fn written(taken: u64) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    bytes[..8].copy_from_slice(MARK);
    bytes[8..16].copy_from_slice(&taken.to_le_bytes());
    let hash = blake3::hash(&bytes[..16]);
    bytes[16..].copy_from_slice(&hash.as_bytes()[..16]);
    bytes
}

/// How long another process may hold the lock. A collection of a large store takes a second or two. A process that was
/// stopped in the middle of one must not block all others.
const PATIENCE: Duration = Duration::from_secs(10);

fn lock(file: &File) -> io::Result<()> {
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "another process has locked it for too long",
                ));
            }
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Opens and locks the accounts file. Creates it if it is missing, even if the whole store was removed.
fn open_locked(layout: &Layout, path: &Path) -> Result<File, StoreError> {
    let open = || File::options().read(true).write(true).create(true).truncate(false).open(path);
    loop {
        let file = match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                layout.make()?;
                open()
            }
            file => file,
        };
        let file = file.map_err(StoreError::store(path))?;
        lock(&file).map_err(StoreError::store(path))?;
        // A lock on a file that is no longer at this path keeps no process out.
        let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        let here = file.metadata().map(identity).map_err(StoreError::store(path))?;
        if fs::metadata(path).map(identity).is_ok_and(|there| there == here) {
            return Ok(file);
        }
    }
}
