//! How a look reads a path in each view, and what it sees there.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ambidex_store::{Digest, open_regular};
use rustix::fs::{Access, Mode, OFlags, access};

use super::{FileId, Files, FindingId, unmarked};
use crate::base::clock::tick;
use crate::base::loader_cache;
use crate::base::parts::Parts;
use crate::base::stat::Stat;
use crate::observe::looks::{View, is_kernels, matches};

/// The digest of a path where nothing exists.
pub(super) const ABSENT: Digest = Digest([0; 32]);

/// The digest of a directory at its own path, for a process that doesn't list it.
pub(super) const FOLDER: Digest = Digest([1; 32]);

/// The digest of a path where nothing can exist, because something on the way is not a directory: compilers distinguish
/// that from a missing file.
pub(super) const OBSTRUCTED: Digest = Digest([4; 32]);

/// The digest of a path that nobody may look at, or whose links form a loop.
pub(super) const UNREACHABLE: Digest = Digest([5; 32]);

/// The digests of the answers yes and no.
pub(super) const YES: Digest = Digest([2; 32]);
pub(super) const NO: Digest = Digest([3; 32]);

impl Files {
    /// Looks at a path in the view of its number.
    pub(super) fn see(&mut self, id: FileId) -> io::Result<(FindingId, Option<Stat>)> {
        let path = self.paths.path(id.0 as usize).clone();
        let view = self.view(id);
        let path = unmarked(&path, view);
        let digest = match view {
            View::Leads | View::Names | View::Library => return self.see_vouched(id, path, view),
            View::Matching => match names(path.parent().unwrap_or(path), |name| matches(path, name)) {
                Ok(digest) => digest,
                Err(error) => absent(error)?,
            },
            View::Itself => match fs::read_link(path) {
                Ok(target) => {
                    let stat = Stat::from(&fs::symlink_metadata(path)?);
                    let digest = Digest::of(target.as_os_str().as_bytes());
                    return Ok((self.intern(id, digest), Some(stat)));
                }
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => NO,
                Err(error) => absent(error)?,
            },
            View::Resolved => match self.followed(id, path).and_then(|_| fs::canonicalize(path)) {
                Ok(real) => return Ok((self.intern_real(id, &real, YES), None)),
                Err(error) => absent(error)?,
            },
            View::Runs => match self.followed(id, path).and_then(|_| Ok(access(path, Access::EXEC_OK)?)) {
                Ok(()) => YES,
                Err(error) => absent(error).map(|_| NO)?,
            },
            View::State => match self.followed(id, path) {
                // The times of a directory change with everything in it.
                Ok(data) if data.is_dir() => Digest::of(&data.mode().to_le_bytes()),
                Ok(data) => {
                    let owner = [data.mode(), data.uid(), data.gid()].map(i64::from);
                    let parts = [&owner[..], &[data.mtime(), data.mtime_nsec()]].concat();
                    let bytes: Vec<u8> = parts.into_iter().flat_map(i64::to_le_bytes).collect();
                    return Ok((self.intern(id, Digest::of(&bytes)), Some(Stat::from(&data))));
                }
                Err(error) => absent(error)?,
            },
        };
        Ok((self.intern(id, digest), None))
    }

    /// Returns the status of what a path leads to, and notes whether there is a link at the path itself.
    fn followed(&mut self, id: FileId, path: &Path) -> io::Result<fs::Metadata> {
        let data = fs::symlink_metadata(path);
        if !data.as_ref().is_ok_and(fs::Metadata::is_symlink) {
            self.links.remove(&id);
            return data;
        }
        self.links.insert(id);
        fs::metadata(path)
    }

    fn see_vouched(&mut self, id: FileId, path: &Path, view: View) -> io::Result<(FindingId, Option<Stat>)> {
        let (path, library) = match (view, path.parent(), path.file_name()) {
            (View::Library, Some(cache), Some(name)) => (cache, name.as_bytes()),
            _ => (path, &[][..]),
        };
        // Taken before the read, so that a later change shows.
        let now = tick();
        let data = match self.followed(id, path) {
            Ok(data) => data,
            Err(error) => return absent(error).map(|absent| (self.intern(id, absent), None)),
        };
        match (view, data.is_dir()) {
            (View::Leads, true) => return Ok((self.intern_real(id, &folder(path)?, FOLDER), None)),
            (View::Names, false) => return Ok((self.intern(id, NO), None)),
            _ => {}
        }
        let stat = Stat::from(&data);
        if let Some((known, finding)) = self.entries[id.0 as usize].known
            && known == stat
        {
            return Ok((finding, Some(stat)));
        }
        let digest = match view {
            View::Names => names(path, |_| true)?,
            View::Library => in_cache(&open_regular(path)?, library)?,
            _ => match self.large.find(path, &stat) {
                Some(digest) => digest,
                // A pipe or a device has no content of its own, and may never end.
                None => Digest::of_reader(open_regular(path)?)?,
            },
        };
        let finding = self.intern(id, digest);
        if is_kernels(path.as_os_str().as_bytes()) {
            // Its times say nothing.
            self.entries[id.0 as usize].volatile = true;
            return Ok((finding, None));
        }
        if stat.is_settled(now) {
            self.vouch(stat, finding);
            if view == View::Leads {
                self.large.note(path, &stat, digest);
            }
        }
        if self.volatile.contains(&(stat.device, stat.inode)) {
            self.entries[id.0 as usize].volatile = true;
        }
        Ok((finding, Some(stat)))
    }
}

/// Returns what an error says about a path: nothing is there that anybody could reach (path_resolution(7)). Other
/// errors, such as those of a disk or of too little memory, say nothing about the path.
fn absent(error: io::Error) -> io::Result<Digest> {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound, PermissionDenied};
    let is_loop = || error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    match error.kind() {
        NotFound => Ok(ABSENT),
        NotADirectory => Ok(OBSTRUCTED),
        PermissionDenied | InvalidFilename => Ok(UNREACHABLE),
        _ if is_loop() => Ok(UNREACHABLE),
        _ => Err(error),
    }
}

/// Returns what a process that doesn't list a directory sees of it: which directory it is, by its real path. Compilers,
/// for instance, search a directory only once, however many names it has (GCC, `incpath.cc`, `remove_duplicates`).
fn folder(path: &Path) -> io::Result<PathBuf> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let open = rustix::fs::open(path, flags, Mode::empty())?;
    let real = rustix::fs::readlink(format!("/proc/self/fd/{}", open.as_raw_fd()), Vec::new())?;
    Ok(OsStr::from_bytes(real.as_bytes()).into())
}

/// Returns the digest of this real path, where another path was looked at. No file has it.
pub(super) fn digest_of_real(real: &Path) -> Digest {
    Digest(blake3::derive_key("ambidex real path 1", real.as_os_str().as_bytes()))
}

/// Returns a hash of what the loader's cache has for a library.
fn in_cache(mut cache: &fs::File, library: &[u8]) -> io::Result<Digest> {
    let mut content = Vec::new();
    cache.read_to_end(&mut content)?;
    let Some(entries) = loader_cache::entries(&content, library) else { return Ok(Digest::of(&content)) };
    let mut parts = Parts::default();
    for entry in &entries {
        parts.add(&entry.flags);
        parts.add(entry.path);
    }
    Ok(if entries.is_empty() { NO } else { parts.digest() })
}

/// Returns a hash of the names in a directory that are wanted, of their kinds, and of the order in which they are
/// listed.
fn names(folder: &Path, is_wanted: impl Fn(&Path) -> bool) -> io::Result<Digest> {
    let mut hasher = blake3::Hasher::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !is_wanted(Path::new(&entry.file_name())) {
            continue;
        }
        let kind = entry.file_type()?;
        let kind = u8::from(kind.is_dir()) + 2 * u8::from(kind.is_file()) + 4 * u8::from(kind.is_symlink());
        hasher.update(entry.file_name().as_bytes()).update(&[0, kind]);
    }
    Ok(Digest(*hasher.finalize().as_bytes()))
}
