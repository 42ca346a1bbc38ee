//! Knows the folder `build/.ambidex` of one project tree, and that only one build at a time may use it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The state folder of a tree, locked.
#[derive(Debug)]
pub(crate) struct Tree {
    folder: PathBuf,
    /// Unlocked when it is closed.
    _lock: File,
    /// Removed with the tree, where the project's own folder can't be written.
    _temporary: Option<tempfile::TempDir>,
}

impl Tree {
    /// Opens the state folder of the project in `root`, and waits for another build of the same tree to end.
    /// Where the project's folder can't be written, the state is kept in a temporary one.
    pub fn open(root: &Path) -> io::Result<Self> {
        let folder = root.join("build").join(".ambidex");
        match Self::open_in(folder, None) {
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
        // Everything here can be made anew, and nothing of it belongs into a repository.
        fs::write(folder.join(".gitignore"), "*\n")?;
        let objects = folder.join("obj");
        match fs::remove_dir_all(&objects) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::create_dir(&objects)?;
        Ok(Self { folder, _lock: lock, _temporary: temporary })
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
