//! The functions that change files and directories.

use std::ffi::{c_char, c_int, c_uint, c_void};

use crate::buffer::PathBuffer;
use crate::effects;
use crate::journal::{self, Entry};
use crate::looks::{LINK, THERE, look, note};
use crate::paths;
use crate::sys::{self, AT_FDCWD};

type Path = *const c_char;
type Any = *mut c_void;

/// Writes an entry for a change at a path.
#[inline]
pub(crate) unsafe fn change(dir: c_int, path: Path) {
    // SAFETY: the caller of the hook passes a C string or null.
    unsafe {
        effects::before(dir, path);
        note(Entry::Change, 0, dir, path, |place| LINK.finds(place));
    }
}

/// Writes an entry for a change of an open file. A file without a path concerns nobody.
#[inline]
fn change_open(fd: c_int) {
    if journal::active() {
        let _errno = sys::Errno::keep();
        let mut path = PathBuffer::new();
        if paths::of_descriptor(fd, &mut path) && path.bytes().starts_with(b"/") {
            effects::before_at(path.bytes());
            journal::write_of_open(Entry::Change, fd);
        }
    }
}

/// Makes a file or directory whose name the call itself chooses, and writes an entry for it.
unsafe fn making<R>(path: *mut c_char, is_there: impl Fn(&R) -> bool, make: impl FnOnce() -> R) -> R {
    // SAFETY: the caller of the hook passes a C string or null.
    unsafe { effects::before(AT_FDCWD, path) };
    let answer = make();
    if is_there(&answer) {
        // SAFETY: the call has left a C string.
        unsafe { note(Entry::Change, 0, AT_FDCWD, path, |_| false) };
    }
    answer
}

fn is_open(fd: &c_int) -> bool {
    *fd >= 0
}

hooks! {
    through crate::renaming::renamed;

    fn unlink(path: Path) -> c_int, next { change(AT_FDCWD, path); next(path) }
    fn unlinkat(dir: c_int, path: Path, flags: c_int) -> c_int, next { change(dir, path); next(dir, path, flags) }
    fn rmdir(path: Path) -> c_int, next { change(AT_FDCWD, path); next(path) }
    fn remove(path: Path) -> c_int, next { change(AT_FDCWD, path); next(path) }
    fn rename(from: Path, to: Path) -> c_int, next { moving((AT_FDCWD, from), (AT_FDCWD, to)); next(from, to) }
    fn renameat(from_dir: c_int, from: Path, to_dir: c_int, to: Path) -> c_int, next {
        moving((from_dir, from), (to_dir, to));
        next(from_dir, from, to_dir, to)
    }
    fn renameat2(from_dir: c_int, from: Path, to_dir: c_int, to: Path, flags: c_uint) -> c_int, next {
        moving((from_dir, from), (to_dir, to));
        next(from_dir, from, to_dir, to, flags)
    }
    fn link(from: Path, to: Path) -> c_int, next { look(AT_FDCWD, from, THERE); change(AT_FDCWD, to); next(from, to) }
    fn linkat(from_dir: c_int, from: Path, to_dir: c_int, to: Path, flags: c_int) -> c_int, next {
        look(from_dir, from, THERE);
        change(to_dir, to);
        next(from_dir, from, to_dir, to, flags)
    }
    fn symlink(target: Path, path: Path) -> c_int, next { change(AT_FDCWD, path); next(target, path) }
    fn symlinkat(target: Path, dir: c_int, path: Path) -> c_int, next { change(dir, path); next(target, dir, path) }
    fn mkdir(path: Path, mode: c_uint) -> c_int, next { change(AT_FDCWD, path); next(path, mode) }
    fn mkdirat(dir: c_int, path: Path, mode: c_uint) -> c_int, next { change(dir, path); next(dir, path, mode) }
    fn mknod(path: Path, mode: c_uint, device: u64) -> c_int, next { change(AT_FDCWD, path); next(path, mode, device) }
    fn mknodat(dir: c_int, path: Path, mode: c_uint, device: u64) -> c_int, next { change(dir, path); next(dir, path, mode, device) }
    fn __xmknod(version: c_int, path: Path, mode: c_uint, device: Any) -> c_int, next { change(AT_FDCWD, path); next(version, path, mode, device) }
    fn __xmknodat(version: c_int, dir: c_int, path: Path, mode: c_uint, device: Any) -> c_int, next {
        change(dir, path);
        next(version, dir, path, mode, device)
    }
    fn mkfifo(path: Path, mode: c_uint) -> c_int, next { change(AT_FDCWD, path); next(path, mode) }
    fn mkfifoat(dir: c_int, path: Path, mode: c_uint) -> c_int, next { change(dir, path); next(dir, path, mode) }

    fn chmod(path: Path, mode: c_uint) -> c_int, next { change(AT_FDCWD, path); next(path, mode) }
    fn lchmod(path: Path, mode: c_uint) -> c_int, next { change(AT_FDCWD, path); next(path, mode) }
    fn fchmodat(dir: c_int, path: Path, mode: c_uint, flags: c_int) -> c_int, next { change(dir, path); next(dir, path, mode, flags) }
    fn fchmod(fd: c_int, mode: c_uint) -> c_int, next { change_open(fd); next(fd, mode) }
    fn chown(path: Path, user: c_uint, group: c_uint) -> c_int, next { change(AT_FDCWD, path); next(path, user, group) }
    fn lchown(path: Path, user: c_uint, group: c_uint) -> c_int, next { change(AT_FDCWD, path); next(path, user, group) }
    fn fchown(fd: c_int, user: c_uint, group: c_uint) -> c_int, next { change_open(fd); next(fd, user, group) }
    fn fchownat(dir: c_int, path: Path, user: c_uint, group: c_uint, flags: c_int) -> c_int, next {
        change(dir, path);
        next(dir, path, user, group, flags)
    }
    fn utime(path: Path, times: Any) -> c_int, next { change(AT_FDCWD, path); next(path, times) }
    fn utimes(path: Path, times: Any) -> c_int, next { change(AT_FDCWD, path); next(path, times) }
    fn lutimes(path: Path, times: Any) -> c_int, next { change(AT_FDCWD, path); next(path, times) }
    fn futimes(fd: c_int, times: Any) -> c_int, next { change_open(fd); next(fd, times) }
    fn futimesat(dir: c_int, path: Path, times: Any) -> c_int, next { change(dir, path); next(dir, path, times) }
    fn utimensat(dir: c_int, path: Path, times: Any, flags: c_int) -> c_int, next {
        if path.is_null() { change_open(dir) } else { change(dir, path) }
        next(dir, path, times, flags)
    }
    fn futimens(fd: c_int, times: Any) -> c_int, next { change_open(fd); next(fd, times) }
    fn truncate(path: Path, length: i64) -> c_int, next { look(AT_FDCWD, path, THERE); change(AT_FDCWD, path); next(path, length) }
    fn truncate64(path: Path, length: i64) -> c_int, next { look(AT_FDCWD, path, THERE); change(AT_FDCWD, path); next(path, length) }
    fn setxattr(path: Path, name: Path, value: Any, size: usize, flags: c_int) -> c_int, next { change(AT_FDCWD, path); next(path, name, value, size, flags) }
    fn lsetxattr(path: Path, name: Path, value: Any, size: usize, flags: c_int) -> c_int, next { change(AT_FDCWD, path); next(path, name, value, size, flags) }
    fn fsetxattr(fd: c_int, name: Path, value: Any, size: usize, flags: c_int) -> c_int, next { change_open(fd); next(fd, name, value, size, flags) }
    fn fremovexattr(fd: c_int, name: Path) -> c_int, next { change_open(fd); next(fd, name) }
    fn removexattr(path: Path, name: Path) -> c_int, next { change(AT_FDCWD, path); next(path, name) }
    fn lremovexattr(path: Path, name: Path) -> c_int, next { change(AT_FDCWD, path); next(path, name) }

    fn mkstemp(path: *mut c_char) -> c_int, next { making(path, is_open, || next(path)) }
    fn mkstemp64(path: *mut c_char) -> c_int, next { making(path, is_open, || next(path)) }
    fn mkostemp(path: *mut c_char, flags: c_int) -> c_int, next { making(path, is_open, || next(path, flags)) }
    fn mkostemp64(path: *mut c_char, flags: c_int) -> c_int, next { making(path, is_open, || next(path, flags)) }
    fn mkstemps(path: *mut c_char, end: c_int) -> c_int, next { making(path, is_open, || next(path, end)) }
    fn mkstemps64(path: *mut c_char, end: c_int) -> c_int, next { making(path, is_open, || next(path, end)) }
    fn mkostemps(path: *mut c_char, end: c_int, flags: c_int) -> c_int, next { making(path, is_open, || next(path, end, flags)) }
    fn mkostemps64(path: *mut c_char, end: c_int, flags: c_int) -> c_int, next { making(path, is_open, || next(path, end, flags)) }
    fn mkdtemp(path: *mut c_char) -> *mut c_char, next { making(path, |made: &*mut c_char| !made.is_null(), || next(path)) }
}

/// Writes entries before one path is renamed to another: the file at the old path matters as well.
unsafe fn moving(from: (c_int, Path), to: (c_int, Path)) {
    // SAFETY: the caller of the hook passes C strings or null.
    unsafe {
        look(from.0, from.1, LINK);
        change(from.0, from.1);
        change(to.0, to.1);
    }
}
