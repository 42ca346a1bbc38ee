//! The directory `build/.ambidex` of one project tree, locked because only one build at a time may use it.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};

use rustc_hash::FxHashSet;

use crate::base::clock::Clock;
use crate::base::notice;
use crate::base::stat::Time;
use crate::memory::Memory;

/// The state directory of a tree, locked.
#[derive(Debug)]
pub(crate) struct Tree {
    folder: PathBuf,
    memory: Mutex<Memory>,
    /// The directories of outputs that were made in this build, for any program.
    ran: Mutex<FxHashSet<u32>>,
    /// The clock of the lock file, which is unlocked when it is closed.
    clock: Clock,
    /// Where the directory must be when the build is over, and where it is then.
    home: PathBuf,
    at_home: OnceLock<PathBuf>,
    /// Set once the directory outside has been moved or removed: one that is there later belongs to another build.
    left: OnceLock<()>,
}

impl Tree {
    /// Opens the state directory of the project in `root`, and waits for another build of the same tree to end.
    ///
    /// If the project has no `build` yet, the state is kept outside until the build is over, because the project may
    /// check whether `build` exists, and create it. The same holds if the state directory can't be written. `ending`
    /// says whether the build ends, so that nobody waits any more.
    pub fn open(root: &Path, ending: &AtomicBool) -> io::Result<Self> {
        let home = folder_of(root);
        let outside = outside_of(root);
        loop {
            // In this order: a build whose state is outside creates its directory before the project creates `build`.
            let is_build_there = home.parent().is_some_and(Path::is_dir);
            let lock_in = |folder: &Path| lock_in(folder, ending);
            if is_build_there && outside.exists() && lock_in(&outside).is_ok_and(|lock| lock.is_some()) {
                // A killed build has left it. If a build was still using it, `lock_in` has waited for that build.
                let _ = fs::remove_dir_all(&outside);
            }
            let at_home = is_build_there.then(|| lock_in(&home));
            if ending.load(Ordering::SeqCst) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if let Some(Err(error)) = &at_home {
                notice::tell(format_args!(
                    "warning: {} can't be used ({error}): what is built is not remembered there",
                    home.display()
                ));
            }
            let (folder, lock) = match at_home {
                Some(Ok(lock)) => (home.clone(), lock),
                _ => {
                    let folder = make_private(&outside)?;
                    let lock = lock_in(&folder)?;
                    (folder, lock)
                }
            };
            if let Some(lock) = lock {
                return Self::open_in(folder, lock, home);
            }
        }
    }

    fn open_in(folder: PathBuf, lock: File, home: PathBuf) -> io::Result<Self> {
        let ignore = folder.join(".gitignore");
        if !ignore.exists() {
            // Everything here can be made again, and none of it belongs in a repository.
            fs::write(ignore, "*\n")?;
        }
        let objects = folder.join("obj");
        fs::create_dir_all(&objects)?;
        let state = folder.join("state");
        let memory = Memory::open(&state, objects.clone()).or_else(|error| {
            notice::tell(format_args!(
                "warning: {} can't be read ({error}): it is made anew",
                state.display()
            ));
            let removed = if state.is_dir() { fs::remove_dir_all(&state) } else { fs::remove_file(&state) };
            removed.and_then(|()| Memory::open(&state, objects))
        })?;
        Ok(Self {
            folder,
            memory: Mutex::new(memory),
            ran: Mutex::default(),
            clock: Clock::of(lock),
            home,
            at_home: OnceLock::new(),
            left: OnceLock::new(),
        })
    }

    /// Moves a directory that is outside into the project at the end of the build, if that is possible. If another
    /// build has left its state there in the meantime, that state stays.
    pub fn go_home(&self) {
        let is_project_there = self.home.ancestors().nth(2).is_some_and(Path::is_dir);
        if self.folder == self.home || self.home.exists() || !is_project_there {
            return;
        }
        let moved = fs::create_dir_all(self.home.parent().unwrap_or(&self.home)).and_then(|()| {
            let renamed = fs::rename(&self.folder, &self.home).map(|()| _ = self.left.set(()));
            renamed.or_else(|_| copy_all(&self.folder, &self.home))
        });
        if moved.is_ok() {
            // It is set only here.
            let _ = self.at_home.set(self.home.clone());
        } else {
            // A partial directory is worse than none. If it can't be removed, the next build takes what it can read.
            let _ = fs::remove_dir_all(&self.home);
        }
    }

    /// Removes a directory that is outside, whether it has been moved, copied or neither. A killed build leaves it, and
    /// the next build goes on with it.
    pub fn remove_outside(&self) {
        if self.folder != self.home && self.left.set(()).is_ok() {
            // If it can't be removed, it stays in the directory for temporary files.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    /// Returns what earlier builds have left.
    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("what is remembered is sound")
    }

    /// Notes that a command has put its outputs into the directory with this number.
    pub fn has_run(&self, folder: u32) {
        self.ran().insert(folder);
    }

    /// Returns whether the outputs in a directory were made in this build, and not in an earlier one.
    pub fn is_new(&self, folder: u32) -> bool {
        self.ran().contains(&folder)
    }

    fn ran(&self) -> MutexGuard<'_, FxHashSet<u32>> {
        self.ran.lock().expect("a set stays whole")
    }

    /// Returns the time that a change would get now.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Returns that time once it is later than `time` (see [`Clock::after`]).
    pub fn after(&self, time: Time) -> Time {
        self.clock.after(time)
    }

    /// Returns the directory for renamed outputs, each of which has a directory of its own.
    pub fn objects(&self) -> PathBuf {
        self.folder.join("obj")
    }

    /// Returns the state directory itself.
    pub fn folder(&self) -> &Path {
        self.at_home.get().unwrap_or(&self.folder)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.remove_outside();
    }
}

/// Creates the directory if it doesn't exist, and locks it once no other build has locked it. Returns `None` if the
/// directory has been moved or removed in the meantime.
///
/// # Errors
/// If the directory can't be created or written, or if it or something in it is a symbolic link: nobody may change what
/// that leads to.
fn lock_in(folder: &Path, ending: &AtomicBool) -> io::Result<Option<File>> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let own =
        ["lock", "state", "state.new", "obj", ".gitignore", "last-build.json"].map(|name| folder.join(name));
    if let Some(link) = own.iter().map(PathBuf::as_path).chain([folder]).find(|path| path.is_symlink()) {
        return Err(io::Error::other(format!("{} is a symbolic link", link.display())));
    }
    let path = folder.join("lock");
    let lock = File::options().create(true).truncate(false).write(true).open(&path)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            notice::tell(format_args!("waiting for another build of {}", folder.display()));
            // A blocking call would not return before the other build ends.
            while let Err(TryLockError::WouldBlock) = lock.try_lock() {
                if ending.load(Ordering::SeqCst) {
                    return Err(io::ErrorKind::Interrupted.into());
                }
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let locked = lock.metadata()?;
    let is_the_one = fs::metadata(&path).is_ok_and(|is| (is.dev(), is.ino()) == (locked.dev(), locked.ino()));
    Ok(is_the_one.then_some(lock))
}

/// Returns where the state of the project in `root` is kept outside of it: the same directory for every build by this
/// user.
fn outside_of(root: &Path) -> PathBuf {
    let user = rustix::process::getuid().as_raw();
    let name = blake3::hash(root.as_os_str().as_encoded_bytes()).to_hex();
    std::env::temp_dir().join(format!("ambidex-{user}-{}", &name[..16]))
}

/// Creates the directory in a parent that anybody may write to. If it belongs to somebody else, returns a new one that
/// doesn't.
fn make_private(folder: &Path) -> io::Result<PathBuf> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(folder)?;
    if found.is_dir() && found.uid() == rustix::process::getuid().as_raw() && found.mode() & 0o022 == 0 {
        Ok(folder.to_owned())
    } else {
        Ok(tempfile::Builder::new().prefix("ambidex-").tempdir()?.keep())
    }
}

fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_all(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), copy)?;
        }
    }
    Ok(())
}

/// Returns the state directory of the tree in `root`.
pub fn folder_of(root: &Path) -> PathBuf {
    root.join("build").join(".ambidex")
}

/// Returns whether a build of the tree in `root` is running.
pub fn is_in_use(root: &Path) -> bool {
    [folder_of(root), outside_of(root)].iter().any(|folder| {
        let lock = File::options().write(true).open(folder.join("lock"));
        lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
    })
}
