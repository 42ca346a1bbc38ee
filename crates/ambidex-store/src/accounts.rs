//! How much space is taken; one process at a time may change that.

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

/// What a collection has removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Contents and lists of records.
    pub files: u64,
    /// Files that processes had begun to write when they were killed.
    pub abandoned: u64,
    /// The space that all of them took, in bytes.
    pub bytes: u64,
}

/// How many bytes the file of accounts has: its mark, the space taken, and the beginning of the hash of both.
const LENGTH: usize = 32;
const MARK: &[u8; 8] = b"ambidex1";

/// The accounts, locked until this is dropped.
///
/// The number is never less than what is there, also if this process is killed at any moment: space is added before a
/// file is made, and taken off after one is removed. Files are made and removed only while the accounts are locked. One
/// thing is done without the lock, so that copying a file does not stop other processes: a temporary file, which has
/// its full length from the start and is counted, is filled and renamed.
#[derive(Debug)]
pub(crate) struct Accounts<'a> {
    layout: &'a Layout,
    limit: u64,
    file: File,
    taken: u64,
}

impl<'a> Accounts<'a> {
    /// Waits for the lock. Accounts that are missing or damaged are made anew from what is there.
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

    /// None if the number isn't there, or isn't what was written.
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

    /// Takes space for a file that is going to be made. Makes room by a collection if there is none; false if that does
    /// not help.
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

    /// Removes a file that is damaged, and says whether it was there. Its length may not be the one that was counted, so
    /// its space is not given back; the next collection finds it.
    pub fn discard(&mut self, path: &Path) -> Result<bool, StoreError> {
        match fs::remove_file(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StoreError::store(path)(error)),
        }
    }

    /// A new temporary file of this length. None if there is no room for it.
    ///
    /// Its lock tells others that its writer lives, also in another container, where process numbers mean nothing. As it
    /// is made and locked here, nobody meets it without its lock.
    pub fn temporary(&mut self, bytes: u64) -> Result<Option<NamedTempFile>, StoreError> {
        if !self.take(space(bytes))? {
            return Ok(None);
        }
        let folder = self.layout.temporary();
        // Programs that tidy up caches remove empty folders.
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

    /// Counts anew.
    pub fn correct(&mut self) -> Result<(), StoreError> {
        self.count(u64::MAX).map(drop)
    }

    /// Removes what was used least recently until at most nine tenths of the limit are taken.
    pub fn collect(&mut self) -> Result<Collected, StoreError> {
        self.count(nine_tenths(self.limit))
    }

    /// Removes all files that nobody is writing.
    pub fn clear(&mut self) -> Result<Collected, StoreError> {
        self.count(0)
    }

    /// Counts what is there, and removes what was used least recently until no more than `target` is taken.
    fn count(&mut self, target: u64) -> Result<Collected, StoreError> {
        let mut collected = Collected::default();
        // Temporary files first: one that is renamed meanwhile is then met twice, and not left out.
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
                // It stays, and stays counted. The others may still go.
                Err(error) => stays = stays.or(Some(StoreError::store(&file.path)(error))),
            }
        }
        self.set(taken)?;
        stays.map_or(Ok(collected), Err)
    }

    /// Removes the temporary files of processes that are no more. Those of others.
    fn sweep(&self, collected: &mut Collected) -> Result<Vec<Found>, StoreError> {
        let mut of_others = Vec::new();
        for file in entries(&self.layout.temporary())?.iter().filter_map(found) {
            match remove_if_abandoned(&file.path) {
                Ok(true) => {
                    collected.abandoned += 1;
                    collected.bytes += file.space;
                }
                // Complete, and at its place.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                _ => of_others.push(file),
            }
        }
        Ok(of_others)
    }
}

/// Removes a temporary file unless its writer lives, and says whether it did.
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

/// How long somebody else may have the lock. A collection of a large store takes a second or two; one who has been stopped
/// in the middle of it must not stop all others.
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

/// Opens and locks the file of accounts, and makes it, also where somebody has removed the whole store.
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
        // The lock of a file that is no longer there keeps nobody out.
        let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        let here = file.metadata().map(identity).map_err(StoreError::store(path))?;
        if fs::metadata(path).map(identity).is_ok_and(|there| there == here) {
            return Ok(file);
        }
    }
}
