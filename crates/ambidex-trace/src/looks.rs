//! The functions that look at files and directories, read them and list them.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::buffer::PathBuffer;
use crate::changes::change;
use crate::effects::{self, before_list, before_look};
use crate::journal::{self, Entry, flag};
use crate::paths::Place;
use crate::sys::{self, AT_FDCWD};

type Path = *const c_char;
type Any = *mut c_void;

/// The manner of a look.
#[derive(Clone, Copy)]
pub(crate) struct How {
    /// Whether a link is followed.
    pub follow: bool,
    /// The [flags](flag) that say what the look asks for.
    pub asks: u8,
}

impl How {
    fn entry(self) -> Entry {
        if self.follow { Entry::Look } else { Entry::LookAtLink }
    }

    pub(crate) fn finds(self, place: Place<'_>) -> bool {
        if self.follow { place.stat() } else { place.lstat() }.is_ok()
    }
}

/// A look at whether the file exists.
pub(crate) const THERE: How = How { follow: true, asks: 0 };
/// A look at its size, times and permissions.
pub(crate) const STATE: How = How { follow: true, asks: flag::STATE };
/// A look at the size, times and permissions of a link itself.
pub(crate) const LINK: How = How { follow: false, asks: flag::STATE };
/// A look at whether it can be executed.
pub(crate) const EXECUTABLE: How = How { follow: true, asks: flag::EXECUTABLE };

/// Writes an entry for a look at the file that a path leads to, or at a link itself.
#[inline]
pub(crate) unsafe fn look(dir: c_int, path: Path, how: How) {
    // SAFETY: the path is a C string or null, as for the hook.
    unsafe {
        before_look(dir, path);
        note(how.entry(), how.asks, dir, path, |place| how.finds(place));
    }
}

/// Writes an entry for a look after the call that made it: the result of the call says what it has found.
#[inline]
unsafe fn looked(dir: c_int, path: Path, how: How, succeeded: bool) {
    let is_there = has_found(succeeded);
    // SAFETY: as above.
    unsafe { note(how.entry(), how.asks, dir, path, |_| is_there) };
}

/// Writes an entry about a path, if entries are written.
#[inline]
pub(crate) unsafe fn note(
    entry: Entry,
    asks: u8,
    dir: c_int,
    path: Path,
    is_there: impl FnOnce(Place<'_>) -> bool,
) {
    if journal::active() {
        let _errno = sys::Errno::keep();
        // SAFETY: the path is a C string or null, as for the hook.
        if let Some(place) = unsafe { Place::new(dir, path) } {
            let found = if is_there(place) { flag::FOUND } else { 0 };
            journal::write_of(entry, asks | found, place);
        }
    }
}

/// Returns how `access` and similar functions look. Whether a file may be read or written depends on its permissions.
fn access_of(mode: c_int, follow: bool) -> How {
    let executable = if mode & sys::X_OK != 0 { flag::EXECUTABLE } else { 0 };
    let state = if mode & !sys::X_OK != 0 { flag::STATE } else { 0 };
    How { follow, asks: executable | state }
}

/// Returns how calls with `AT_...` flags look.
fn state_of(flags: c_int) -> How {
    if flags & sys::AT_SYMLINK_NOFOLLOW == 0 { STATE } else { LINK }
}

/// Returns how the opening of a file looks.
fn opened_by(flags: c_int) -> How {
    How { follow: flags & sys::O_NOFOLLOW == 0, asks: 0 }
}

/// Returns whether a call has found something, by its result: an error may have other reasons than a missing file.
fn has_found(succeeded: bool) -> bool {
    succeeded || !matches!(sys::errno(), sys::ENOENT | sys::ENOTDIR)
}

/// Writes an entry if a path is the link in `/proc` to a file that a process has open: it says where the file really
/// is, whatever the path was by which the process opened it. Returns whether it is such a link.
#[inline]
unsafe fn real_path(dir: c_int, path: Path, succeeded: bool) -> bool {
    if !journal::active() {
        return false;
    }
    let _errno = sys::Errno::keep();
    // SAFETY: the caller of the hook passes a C string or null.
    let place = unsafe { Place::new(dir, path) };
    let mut absolute = PathBuffer::new();
    match place.and_then(|place| journal::descriptor(place.absolute(&mut absolute))) {
        Some(fd) if succeeded => journal::write_of_real_path(fd),
        Some(_) => {}
        None => return false,
    }
    true
}

/// Writes an entry for the text of a link that was read.
#[inline]
unsafe fn link_read(dir: c_int, path: Path, length: isize) {
    // SAFETY: the caller of the hook passes a C string or null.
    unsafe {
        if !real_path(dir, path, length >= 0) {
            looked(dir, path, LINK, length >= 0);
        }
    }
}

/// Writes an entry for a path that was resolved with all links in it.
#[inline]
unsafe fn resolved(path: Path, succeeded: bool) {
    // SAFETY: as above.
    if unsafe { real_path(AT_FDCWD, path, succeeded) } {
        return;
    }
    let is_there = has_found(succeeded);
    // SAFETY: the caller of the hook passes a C string or null.
    unsafe { note(Entry::Resolve, 0, AT_FDCWD, path, |_| is_there) };
}

/// Whether the process lists directories only for the names that match what it has announced.
static MATCHES: AtomicBool = AtomicBool::new(false);

/// Writes an entry for the names in a directory that match a pattern: the path of the directory with the pattern as its
/// last part. The listings before the next call, which is one without a pattern, are made for nothing else.
///
/// # Safety
/// `pattern` must be null or a C string.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn ambidex_trace_match(pattern: Path) {
    // SAFETY: the caller guarantees a C string or null.
    match unsafe { Place::new(AT_FDCWD, pattern) } {
        Some(place) => {
            effects::before_match(place);
            journal::write_of(Entry::Match, flag::FOUND, place);
            MATCHES.store(true, Ordering::Relaxed);
        }
        None => MATCHES.store(false, Ordering::Relaxed),
    }
}

/// Writes an entry for the listing of a directory.
#[inline]
unsafe fn list(dir: c_int, path: Path) {
    if MATCHES.load(Ordering::Relaxed) {
        return;
    }
    // SAFETY: the caller of the hook passes a C string or null.
    unsafe {
        before_list(dir, path);
        note(Entry::List, 0, dir, path, |place| THERE.finds(place));
    }
}

/// Returns whether a file that is opened with these flags may be changed.
fn writes(flags: c_int) -> bool {
    flags & sys::O_ACCMODE != sys::O_RDONLY || flags & (sys::O_CREAT | sys::O_TRUNC) != 0
}

/// Writes entries for what the opening of a file means: a look, a listing or a change.
pub(crate) unsafe fn opening(dir: c_int, path: Path, flags: c_int) {
    if !journal::active() {
        return;
    }
    // SAFETY: the caller of the hook passes a C string or null.
    unsafe {
        if flags & sys::O_TMPFILE == sys::O_TMPFILE {
            look(dir, path, THERE);
        } else if writes(flags) {
            effects::before(dir, path);
            // The file that the call would have found there matters, unless the call empties it.
            if flags & sys::O_TRUNC == 0 || flags & sys::O_CREAT == 0 {
                look(dir, path, opened_by(flags));
            }
            change(dir, path);
        } else {
            look(dir, path, opened_by(flags));
            if flags & sys::O_DIRECTORY != 0 && flags & sys::O_PATH == 0 {
                list(dir, path);
            }
        }
    }
}

/// Opens a file and writes entries for what that means. For a file that is only read, the entry says what the call
/// itself has found.
unsafe fn opened<R>(
    dir: c_int,
    path: Path,
    flags: c_int,
    descriptor: fn(&R) -> c_int,
    open: impl FnOnce() -> R,
) -> R {
    // SAFETY: the caller of the hook passes a C string or null.
    unsafe {
        if !journal::active() || writes(flags) || flags & sys::O_DIRECTORY != 0 {
            opening(dir, path, flags);
            return open();
        }
        before_look(dir, path);
        let answer = open();
        let fd = descriptor(&answer);
        let is_there = has_found(fd >= 0);
        let _errno = sys::Errno::keep();
        if let Some(place) = Place::new(dir, path) {
            let how = opened_by(flags);
            let found = if is_there { flag::FOUND } else { 0 };
            // Another file may be at the path when the command has ended.
            let identity = if fd >= 0 { journal::identity(fd) } else { None };
            journal::write_of_identified(how.entry(), how.asks | found, identity, place);
        }
        answer
    }
}

fn own(answer: &c_int) -> c_int {
    *answer
}

unsafe extern "C" {
    fn fileno(stream: Any) -> c_int;
}

fn of_stream(answer: &Any) -> c_int {
    if answer.is_null() {
        return -1;
    }
    // SAFETY: the C library has just opened the stream.
    unsafe { fileno(*answer) }
}

/// Returns the flags that a mode of `fopen` stands for.
unsafe fn flags_of(mode: Path) -> c_int {
    if mode.is_null() {
        return 0;
    }
    // SAFETY: the mode is a C string.
    let mode = unsafe { std::ffi::CStr::from_ptr(mode) }.to_bytes();
    let both = if mode.contains(&b'+') { sys::O_RDWR } else { sys::O_WRONLY };
    match mode.first() {
        Some(b'w') => both | sys::O_CREAT | sys::O_TRUNC,
        Some(b'a') => both | sys::O_CREAT,
        _ if mode.contains(&b'+') => sys::O_RDWR,
        _ => sys::O_RDONLY,
    }
}

/// Writes entries for a query of extended attributes. Their values are not remembered.
unsafe fn attribute(path: Path, how: How, answer: isize) {
    if answer > 0 && journal::active() {
        journal::unseen("an extended attribute");
    }
    // SAFETY: the caller of the hook passes a C string or null.
    unsafe { looked(AT_FDCWD, path, how, answer >= 0) };
}

hooks! {
    through crate::renaming::renamed;

    fn open(path: Path, flags: c_int, mode: c_uint) -> c_int, next { opened(AT_FDCWD, path, flags, own, || next(path, flags, mode)) }
    fn open64(path: Path, flags: c_int, mode: c_uint) -> c_int, next { opened(AT_FDCWD, path, flags, own, || next(path, flags, mode)) }
    fn openat(dir: c_int, path: Path, flags: c_int, mode: c_uint) -> c_int, next { opened(dir, path, flags, own, || next(dir, path, flags, mode)) }
    fn openat64(dir: c_int, path: Path, flags: c_int, mode: c_uint) -> c_int, next { opened(dir, path, flags, own, || next(dir, path, flags, mode)) }
    fn __open_2(path: Path, flags: c_int) -> c_int, next { opened(AT_FDCWD, path, flags, own, || next(path, flags)) }
    fn __open64_2(path: Path, flags: c_int) -> c_int, next { opened(AT_FDCWD, path, flags, own, || next(path, flags)) }
    fn __openat_2(dir: c_int, path: Path, flags: c_int) -> c_int, next { opened(dir, path, flags, own, || next(dir, path, flags)) }
    fn __openat64_2(dir: c_int, path: Path, flags: c_int) -> c_int, next { opened(dir, path, flags, own, || next(dir, path, flags)) }
    fn creat(path: Path, mode: c_uint) -> c_int, next { change(AT_FDCWD, path); next(path, mode) }
    fn creat64(path: Path, mode: c_uint) -> c_int, next { change(AT_FDCWD, path); next(path, mode) }
    fn fopen(path: Path, mode: Path) -> Any, next { opened(AT_FDCWD, path, flags_of(mode), of_stream, || next(path, mode)) }
    fn fopen64(path: Path, mode: Path) -> Any, next { opened(AT_FDCWD, path, flags_of(mode), of_stream, || next(path, mode)) }
    fn freopen(path: Path, mode: Path, stream: Any) -> Any, next { opening(AT_FDCWD, path, flags_of(mode)); next(path, mode, stream) }
    fn freopen64(path: Path, mode: Path, stream: Any) -> Any, next { opening(AT_FDCWD, path, flags_of(mode)); next(path, mode, stream) }

    fn stat(path: Path, into: Any) -> c_int, next { before_look(AT_FDCWD, path); let answer = next(path, into); looked(AT_FDCWD, path, STATE, answer >= 0); answer }
    fn stat64(path: Path, into: Any) -> c_int, next { before_look(AT_FDCWD, path); let answer = next(path, into); looked(AT_FDCWD, path, STATE, answer >= 0); answer }
    fn lstat(path: Path, into: Any) -> c_int, next { before_look(AT_FDCWD, path); let answer = next(path, into); looked(AT_FDCWD, path, LINK, answer >= 0); answer }
    fn lstat64(path: Path, into: Any) -> c_int, next { before_look(AT_FDCWD, path); let answer = next(path, into); looked(AT_FDCWD, path, LINK, answer >= 0); answer }
    fn fstatat(dir: c_int, path: Path, into: Any, flags: c_int) -> c_int, next { before_look(dir, path); let answer = next(dir, path, into, flags); looked(dir, path, state_of(flags), answer >= 0); answer }
    fn fstatat64(dir: c_int, path: Path, into: Any, flags: c_int) -> c_int, next { before_look(dir, path); let answer = next(dir, path, into, flags); looked(dir, path, state_of(flags), answer >= 0); answer }
    fn __xstat(version: c_int, path: Path, into: Any) -> c_int, next { before_look(AT_FDCWD, path); let answer = next(version, path, into); looked(AT_FDCWD, path, STATE, answer >= 0); answer }
    fn __xstat64(version: c_int, path: Path, into: Any) -> c_int, next { before_look(AT_FDCWD, path); let answer = next(version, path, into); looked(AT_FDCWD, path, STATE, answer >= 0); answer }
    fn __lxstat(version: c_int, path: Path, into: Any) -> c_int, next { before_look(AT_FDCWD, path); let answer = next(version, path, into); looked(AT_FDCWD, path, LINK, answer >= 0); answer }
    fn __lxstat64(version: c_int, path: Path, into: Any) -> c_int, next { before_look(AT_FDCWD, path); let answer = next(version, path, into); looked(AT_FDCWD, path, LINK, answer >= 0); answer }
    fn __fxstatat(version: c_int, dir: c_int, path: Path, into: Any, flags: c_int) -> c_int, next {
        before_look(dir, path);
        let answer = next(version, dir, path, into, flags);
        looked(dir, path, state_of(flags), answer >= 0);
        answer
    }
    fn __fxstatat64(version: c_int, dir: c_int, path: Path, into: Any, flags: c_int) -> c_int, next {
        before_look(dir, path);
        let answer = next(version, dir, path, into, flags);
        looked(dir, path, state_of(flags), answer >= 0);
        answer
    }
    fn statx(dir: c_int, path: Path, flags: c_int, mask: c_uint, into: Any) -> c_int, next {
        before_look(dir, path);
        let answer = next(dir, path, flags, mask, into);
        looked(dir, path, state_of(flags), answer >= 0);
        answer
    }
    fn access(path: Path, mode: c_int) -> c_int, next { before_look(AT_FDCWD, path); let answer = next(path, mode); looked(AT_FDCWD, path, access_of(mode, true), answer >= 0); answer }
    fn faccessat(dir: c_int, path: Path, mode: c_int, flags: c_int) -> c_int, next { look(dir, path, access_of(mode, flags & sys::AT_SYMLINK_NOFOLLOW == 0)); next(dir, path, mode, flags) }
    fn eaccess(path: Path, mode: c_int) -> c_int, next { before_look(AT_FDCWD, path); let answer = next(path, mode); looked(AT_FDCWD, path, access_of(mode, true), answer >= 0); answer }
    fn euidaccess(path: Path, mode: c_int) -> c_int, next { before_look(AT_FDCWD, path); let answer = next(path, mode); looked(AT_FDCWD, path, access_of(mode, true), answer >= 0); answer }

    fn readlink(path: Path, into: *mut c_char, size: usize) -> isize, next { before_look(AT_FDCWD, path); let answer = next(path, into, size); link_read(AT_FDCWD, path, answer); answer }
    fn readlinkat(dir: c_int, path: Path, into: *mut c_char, size: usize) -> isize, next { before_look(dir, path); let answer = next(dir, path, into, size); link_read(dir, path, answer); answer }
    fn __readlink_chk(path: Path, into: *mut c_char, size: usize, room: usize) -> isize, next { before_look(AT_FDCWD, path); let answer = next(path, into, size, room); link_read(AT_FDCWD, path, answer); answer }
    fn __readlinkat_chk(dir: c_int, path: Path, into: *mut c_char, size: usize, room: usize) -> isize, next { before_look(dir, path); let answer = next(dir, path, into, size, room); link_read(dir, path, answer); answer }
    fn realpath(path: Path, into: *mut c_char) -> *mut c_char, next { before_look(AT_FDCWD, path); let answer = next(path, into); resolved(path, !answer.is_null()); answer }
    fn __realpath_chk(path: Path, into: *mut c_char, size: usize) -> *mut c_char, next { before_look(AT_FDCWD, path); let answer = next(path, into, size); resolved(path, !answer.is_null()); answer }
    fn canonicalize_file_name(path: Path) -> *mut c_char, next { before_look(AT_FDCWD, path); let answer = next(path); resolved(path, !answer.is_null()); answer }

    fn getxattr(path: Path, name: Path, value: Any, size: usize) -> isize, next { before_look(AT_FDCWD, path); let answer = next(path, name, value, size); attribute(path, STATE, answer); answer }
    fn lgetxattr(path: Path, name: Path, value: Any, size: usize) -> isize, next { before_look(AT_FDCWD, path); let answer = next(path, name, value, size); attribute(path, LINK, answer); answer }
    fn listxattr(path: Path, names: Any, size: usize) -> isize, next { before_look(AT_FDCWD, path); let answer = next(path, names, size); attribute(path, STATE, answer); answer }
    fn llistxattr(path: Path, names: Any, size: usize) -> isize, next { before_look(AT_FDCWD, path); let answer = next(path, names, size); attribute(path, LINK, answer); answer }

    fn chdir(path: Path) -> c_int, next { look(AT_FDCWD, path, THERE); next(path) }

    fn opendir(path: Path) -> Any, next { list(AT_FDCWD, path); next(path) }
    fn fdopendir(fd: c_int) -> Any, next {
        if journal::active() {
            let _errno = sys::Errno::keep();
            journal::write_of_open(Entry::List, fd);
        }
        next(fd)
    }
    fn scandir(path: Path, names: Any, filter: Any, compare: Any) -> c_int, next { list(AT_FDCWD, path); next(path, names, filter, compare) }
    fn scandir64(path: Path, names: Any, filter: Any, compare: Any) -> c_int, next { list(AT_FDCWD, path); next(path, names, filter, compare) }
    fn scandirat(dir: c_int, path: Path, names: Any, filter: Any, compare: Any) -> c_int, next { list(dir, path); next(dir, path, names, filter, compare) }
    fn scandirat64(dir: c_int, path: Path, names: Any, filter: Any, compare: Any) -> c_int, next { list(dir, path); next(dir, path, names, filter, compare) }
}
