//! How directories are listed: a listing waits for outputs that are pending in the directory, and hides the engine's
//! own directory.

use std::ffi::{CStr, c_char, c_int, c_void};

use crate::buffer::PathBuffer;
use crate::looks::{look, look_around, look_into, look_into_open};
use crate::paths::Place;
use crate::sys::{self, AT_FDCWD, Kind};
use crate::{settings, state, wire};

/// The engine's directory: it is beside the outputs, and does not concern the project.
const HIDDEN: &[u8] = b".ambidex";

type Path = *const c_char;
type Any = *mut c_void;

/// The offset of the name in an entry, on 64-bit machines.
const NAME: usize = 19;

/// Returns whether the directory is hidden from this process.
fn is_hiding() -> bool {
    settings::active() || state::is_copy()
}

unsafe fn hidden(entry: Any) -> bool {
    // SAFETY: an entry has its name at this offset.
    is_hiding() && unsafe { CStr::from_ptr(entry.cast::<c_char>().add(NAME)) }.to_bytes() == HIDDEN
}

/// Removes the hidden entry from the result of `scandir`.
unsafe fn without_hidden(list: *mut *mut Any, count: c_int) -> c_int {
    unsafe extern "C" {
        fn free(memory: *mut c_void);
    }
    if count <= 0 || list.is_null() || !is_hiding() {
        return count;
    }
    // SAFETY: the list has that many entries, each allocated by malloc.
    unsafe {
        let entries = std::slice::from_raw_parts_mut(*list, count as usize);
        let Some(at) = entries.iter().position(|entry| hidden(*entry)) else {
            return count;
        };
        free(entries[at]);
        entries.copy_within(at + 1.., at);
        count - 1
    }
}

hooks! {
    fn opendir(path: Path) -> Any, next { look(AT_FDCWD, path); look_into(AT_FDCWD, path); next(path) }
    fn fdopendir(fd: c_int) -> Any, next { look_into_open(fd); next(fd) }
    fn readdir(folder: Any) -> Any, next {
        loop {
            let entry = next(folder);
            if entry.is_null() || !hidden(entry) {
                return entry;
            }
        }
    }
    fn readdir64(folder: Any) -> Any, next {
        loop {
            let entry = next(folder);
            if entry.is_null() || !hidden(entry) {
                return entry;
            }
        }
    }
    fn readdir_r(folder: Any, room: Any, entry: *mut Any) -> c_int, next {
        loop {
            let answer = next(folder, room, entry);
            if answer != 0 || (*entry).is_null() || !hidden(*entry) {
                return answer;
            }
        }
    }
    fn readdir64_r(folder: Any, room: Any, entry: *mut Any) -> c_int, next {
        loop {
            let answer = next(folder, room, entry);
            if answer != 0 || (*entry).is_null() || !hidden(*entry) {
                return answer;
            }
        }
    }
    fn scandir(path: Path, list: *mut *mut Any, filter: Any, compare: Any) -> c_int, next {
        look_into(AT_FDCWD, path);
        without_hidden(list, next(path, list, filter, compare))
    }
    fn scandir64(path: Path, list: *mut *mut Any, filter: Any, compare: Any) -> c_int, next {
        look_into(AT_FDCWD, path);
        without_hidden(list, next(path, list, filter, compare))
    }
    fn scandirat(dir: c_int, path: Path, list: *mut *mut Any, filter: Any, compare: Any) -> c_int, next {
        look_into(dir, path);
        without_hidden(list, next(dir, path, list, filter, compare))
    }
    fn scandirat64(dir: c_int, path: Path, list: *mut *mut Any, filter: Any, compare: Any) -> c_int, next {
        look_into(dir, path);
        without_hidden(list, next(dir, path, list, filter, compare))
    }
    fn glob(pattern: Path, flags: c_int, error: Any, into: Any) -> c_int, next { look_around(); next(pattern, flags, error, into) }
    fn glob64(pattern: Path, flags: c_int, error: Any, into: Any) -> c_int, next { look_around(); next(pattern, flags, error, into) }
    fn ftw(path: Path, each: Any, fds: c_int) -> c_int, next { look_around(); next(path, each, fds) }
    fn ftw64(path: Path, each: Any, fds: c_int) -> c_int, next { look_around(); next(path, each, fds) }
    fn nftw(path: Path, each: Any, fds: c_int, flags: c_int) -> c_int, next { look_around(); next(path, each, fds, flags) }
    fn nftw64(path: Path, each: Any, fds: c_int, flags: c_int) -> c_int, next { look_around(); next(path, each, fds, flags) }
    fn fts_open(paths: Any, options: c_int, compare: Any) -> Any, next { look_around(); next(paths, options, compare) }
    fn fts64_open(paths: Any, options: c_int, compare: Any) -> Any, next { look_around(); next(paths, options, compare) }
}

/// Handles a directory that could not be removed because it is not empty. If it has no other entry than the hidden one,
/// removes that and returns true, so that the caller can try again.
pub(crate) fn emptied(place: Place<'_>) -> bool {
    let _errno = sys::Errno::keep();
    if !is_hiding() {
        return false;
    }
    let Ok(folder) = sys::openat(place.dir, place.path, sys::O_RDONLY | sys::O_DIRECTORY, 0) else {
        return false;
    };
    let folder = sys::Own(folder);
    let (mut hidden, mut others) = (false, false);
    let seen = sys::entries(folder.0, |name| {
        hidden |= name == HIDDEN;
        others |= name != HIDDEN;
        !others
    });
    if seen.is_err() || others || !hidden {
        return false;
    }
    // Pending commands would write into the hidden directory, and an undo needs its contents.
    if state::open() {
        wire::settle("outside");
    }
    remove_tree(folder.0, HIDDEN)
}

/// Removes an entry of a directory with everything below it. Links are not followed.
fn remove_tree(dir: c_int, name: &[u8]) -> bool {
    let mut path = PathBuffer::new();
    path.push(name);
    let Ok(folder) = sys::openat(dir, path.c(), sys::O_RDONLY | sys::O_DIRECTORY | sys::O_NOFOLLOW, 0) else {
        return sys::unlinkat(dir, path.c(), 0).is_ok();
    };
    let folder = sys::Own(folder);
    // The kernel may skip entries while others are removed, so the directory is read until it is empty.
    loop {
        let mut names: Vec<Vec<u8>> = Vec::new();
        let _ = sys::entries(folder.0, |name| {
            names.push(name.to_vec());
            true
        });
        if names.is_empty() {
            return sys::unlinkat(dir, path.c(), sys::AT_REMOVEDIR).is_ok();
        }
        for name in &names {
            let mut entry = PathBuffer::new();
            entry.push(name);
            let is_folder = sys::fstatat(folder.0, entry.c(), sys::AT_SYMLINK_NOFOLLOW)
                .is_ok_and(|stat| stat.kind() == Kind::Folder);
            let removed = if is_folder {
                remove_tree(folder.0, name)
            } else {
                sys::unlinkat(folder.0, entry.c(), 0).is_ok()
            };
            if !removed {
                return false;
            }
        }
        let _ = sys::lseek(folder.0, 0, 0);
    }
}
