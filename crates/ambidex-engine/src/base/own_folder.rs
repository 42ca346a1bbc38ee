//! Temporary directories of this process, which others recognize as abandoned once it has ended.
//!
//! A process that is killed removes nothing. In its directory is a file that it has locked, and the kernel unlocks that
//! file when the process ends, however it ends. On some file systems that machines share, each machine has locks of its
//! own. So the file says on which machine the process runs, and since which boot: only a process of the same kernel can
//! tell by the lock that it has ended.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use crate::base::boot;

/// The beginning of the directories' names.
const PREFIX: &str = "ambidex-";

/// The locked file. It gets this name once it is locked. Its content is that of [`boot::id`].
const ALIVE: &str = "alive";

/// A temporary directory, which is removed when this value is dropped.
#[derive(Debug)]
pub struct OwnFolder {
    folder: tempfile::TempDir,
    /// Locked until the directory has been removed.
    _alive: File,
}

impl OwnFolder {
    /// Makes a directory in that for temporary files. `purpose` becomes a part of its name.
    ///
    /// # Errors
    /// If it can't be made.
    pub fn new(purpose: &str) -> io::Result<Self> {
        Self::new_in(&std::env::temp_dir(), purpose)
    }

    fn new_in(parent: &Path, purpose: &str) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(&format!("{PREFIX}{purpose}")).tempdir_in(parent)?;
        let new = folder.path().join("new");
        let alive = File::create_new(&new)?;
        // Without a boot's name or locks, nobody finds out that the directory is abandoned.
        if let Ok(boot) = boot::id()
            && alive.try_lock().is_ok()
        {
            (&alive).write_all(&boot)?;
            fs::rename(&new, folder.path().join(ALIVE))?;
        }
        Ok(Self { folder, _alive: alive })
    }

    /// Returns the path of the directory.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the directories of processes of this user that were killed. Returns how many there were.
pub fn remove_abandoned() -> usize {
    remove_abandoned_in(&std::env::temp_dir())
}

fn remove_abandoned_in(parent: &Path) -> usize {
    let Ok(entries) = fs::read_dir(parent) else { return 0 };
    let is_named = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(PREFIX);
    let found: Vec<PathBuf> = entries.flatten().filter(is_named).map(|entry| entry.path()).collect();
    found.iter().filter(|folder| remove_if_abandoned(folder)).count()
}

/// Removes a directory if its process has ended. Returns whether it did.
fn remove_if_abandoned(folder: &Path) -> bool {
    // Others may put links into a directory for temporary files that all users share.
    let own = rustix::process::geteuid().as_raw();
    let is_own = folder.symlink_metadata().is_ok_and(|data| data.is_dir() && data.uid() == own);
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let open = || rustix::fs::open(folder.join(ALIVE), flags, Mode::empty()).map(File::from);
    match is_own.then(open) {
        Some(Ok(alive)) => {
            is_of_this_boot(&alive) && alive.try_lock().is_ok() && fs::remove_dir_all(folder).is_ok()
        }
        _ => false,
    }
}

/// Returns whether a process that this kernel runs or ran has written the file.
fn is_of_this_boot(alive: &File) -> bool {
    let mut written = Vec::new();
    let is_read = alive.take(1024).read_to_end(&mut written).is_ok();
    is_read && boot::id().is_ok_and(|boot| boot == written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_leaves_is_removed_and_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        let living = OwnFolder::new_in(parent.path(), "").unwrap();
        let left = |name: &str, boot: &[u8]| {
            let folder = parent.path().join(name);
            fs::create_dir_all(folder.join("tmp")).unwrap();
            fs::write(folder.join(ALIVE), boot).unwrap();
            folder
        };
        let killed = left("ambidex-killed", &boot::id().unwrap());
        let elsewhere = left("ambidex-of-another-machine", b"cd01f3a5-0000-4000-8000-000000000000\n");
        let others = parent.path().join("ambidex-of-others");
        fs::create_dir(&others).unwrap();
        std::os::unix::fs::symlink(&others, parent.path().join("ambidex-link")).unwrap();
        assert_eq!(remove_abandoned_in(parent.path()), 1);
        assert!(living.path().is_dir() && others.is_dir() && elsewhere.is_dir() && !killed.exists());
        let was = living.path().to_owned();
        drop(living);
        assert!(!was.exists());
    }
}
