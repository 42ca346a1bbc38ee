//! Knows the folder `build/.ambidex` of one project tree, and that only one build at a time may use it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use crate::clock::Clock;
use crate::memory::Memory;
use crate::memory::files::Time;

/// The state folder of a tree, locked.
#[derive(Debug)]
pub(crate) struct Tree {
    folder: PathBuf,
    memory: Mutex<Memory>,
    /// Of the file that is locked, and unlocked when it is closed.
    clock: Clock,
    /// Removed with the tree, where the project's own folder can't be written.
    _temporary: Option<tempfile::TempDir>,
}

impl Tree {
    /// Opens the state folder of the project in `root`, and waits for another build of the same tree to end.
    /// Where the project's folder can't be written, the state is kept in a temporary one.
    pub fn open(root: &Path) -> io::Result<Self> {
        match Self::open_in(folder_of(root), None) {
            Ok(tree) => Ok(tree),
            Err(_) => {
                let temporary = tempfile::Builder::new().prefix("ambidex-").tempdir()?;
                Self::open_in(temporary.path().to_owned(), Some(temporary))
            }
        }
    }

    fn open_in(folder: PathBuf, temporary: Option<tempfile::TempDir>) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let lock = File::options().create(true).truncate(false).write(true).open(folder.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                eprintln!("waiting for another build of {}", folder.display());
                lock.lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let ignore = folder.join(".gitignore");
        if !ignore.exists() {
            // Everything here can be made anew, and nothing of it belongs into a repository.
            fs::write(ignore, "*\n")?;
        }
        let objects = folder.join("obj");
        fs::create_dir_all(&objects)?;
        let memory = Memory::open(&folder.join("state"), objects)?;
        Ok(Self { folder, memory: Mutex::new(memory), clock: Clock::of(lock), _temporary: temporary })
    }

    /// What earlier builds have left.
    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("what is remembered is sound")
    }

    /// The time of a change that would be made now.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Where renamed outputs are kept, each in a folder of its own.
    pub fn objects(&self) -> PathBuf {
        self.folder.join("obj")
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The state folder of the tree in `root`.
pub fn folder_of(root: &Path) -> PathBuf {
    root.join("build").join(".ambidex")
}
