//! How files get to their final paths: as copies that appear whole, with a way back.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ambidex_store::open_regular;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};

use crate::base::stat::{Stat, Time};

/// The file that was at a final path before a change.
#[derive(Debug)]
pub(crate) struct Backup {
    place: PathBuf,
    /// None if there was no file.
    kept: Option<PathBuf>,
}

impl Backup {
    /// Copies the file at `place` to the new file `keep`. The original stays in place, because a command may update it.
    pub fn take(place: &Path, keep: PathBuf) -> io::Result<Self> {
        // A copy of a pipe or a device would never end.
        let copied = open_regular(place).and_then(|_| fs::copy(place, &keep));
        let kept = match copied {
            Ok(_) => Some(keep),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(Self { place: place.to_owned(), kept })
    }

    /// Puts back what was there.
    pub fn restore(self) -> io::Result<()> {
        match &self.kept {
            Some(kept) => match fs::rename(kept, &self.place) {
                Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                    commit(kept, &self.place, Stat::of(kept).map(|stat| stat.modified))
                }
                renamed => renamed,
            },
            None => remove(&self.place),
        }
    }
}

/// Puts a copy of `source` at `place`, so that nobody ever sees a part of it. `modified` is the modification time of
/// the copy.
///
/// The copy is first made beside the source, in one of the engine's own directories, so a killed process leaves nothing
/// where others look. If that is on another file system, the copy is made beside `place`.
pub(crate) fn commit(source: &Path, place: &Path, modified: Option<Time>) -> io::Result<()> {
    let folder = |path: &Path| path.parent().unwrap_or(Path::new(".")).to_owned();
    let device = |path: &Path| fs::metadata(path).map(|data| data.dev()).ok();
    let (ours, theirs) = (folder(source), folder(place));
    let near = if device(&ours) == device(&theirs) { ours } else { theirs };
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let partial = near.join(format!(".{name}.ambidex-{}", std::process::id()));
    let copied = fs::copy(source, &partial).and_then(|_| match modified {
        Some(time) => set_modified(&partial, time),
        None => Ok(()),
    });
    let result = copied.and_then(|()| fs::rename(&partial, place));
    if result.is_err() {
        // The error to report is that of the copy.
        let _ = fs::remove_file(&partial);
    }
    result
}

/// Copies the file at `place` to `file`, if it is a regular file: a command that writes to `file` instead of `place`
/// finds there what it would have found.
pub(crate) fn meet(place: &Path, file: &Path) -> io::Result<()> {
    let Some(met) = fs::symlink_metadata(place).ok().filter(fs::Metadata::is_file) else { return Ok(()) };
    fs::copy(place, file)?;
    set_modified(file, Stat::from(&met).modified)
}

/// Leaves at `place` what a failed command has left in `file`: nothing, a part of the output, or the file that it
/// found.
pub(crate) fn leave(file: &Path, place: &Path) -> io::Result<()> {
    let state = |path| Stat::of(path).map(|stat| (stat.modified, stat.size));
    match (state(file), state(place)) {
        (None, _) => remove(place),
        (left, met) if left == met => Ok(()),
        _ => commit(file, place, None),
    }
}

fn set_modified(file: &Path, time: Time) -> io::Result<()> {
    let last_access = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    let times = Timestamps { last_access, last_modification: time.timespec() };
    Ok(utimensat(CWD, file, &times, AtFlags::empty())?)
}

/// Removes the file at a path, if there is one.
pub(crate) fn remove(place: &Path) -> io::Result<()> {
    match fs::remove_file(place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
