//! When a look at a path may meet something pending, and the functions that look at paths.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::buffer::PathBuffer;
use crate::paths::{self, Place};
use crate::sys::{self, AT_FDCWD, Kind};
use crate::wire::{self, Question};
use crate::{changes, control, state, table, text, undo};

/// Waits if the file that is looked at may be pending. `path` is a C string or null.
///
/// # Safety
/// As for [`Place::new`].
#[inline]
pub(crate) unsafe fn look(dir: c_int, path: *const c_char) {
    if state::looks_matter() || text::in_a_file() {
        // SAFETY: the caller keeps the same contract.
        unsafe { look_closer(dir, path, false) };
    }
}

/// Whether the process lists directories only for the names that match what it has announced.
static MATCHES: AtomicBool = AtomicBool::new(false);

/// Waits if something may be pending that matches a pattern: the path of a directory with the pattern as its last part.
/// The listings before the next call, which is one without a pattern, are made for nothing else.
pub(crate) fn will_match(pattern: &[u8]) {
    MATCHES.store(!pattern.is_empty(), Ordering::Relaxed);
    if pattern.is_empty() || !state::looks_matter() {
        return;
    }
    let mut path = PathBuffer::new();
    path.push(pattern);
    let place = Place { dir: AT_FDCWD, path: path.c() };
    let may_match = || {
        place
            .real(false)
            .is_some_and(|real| table::may_hold_pending(paths::name(paths::parent(real.bytes()))))
    };
    if state::unreplied() || (table::pending() && may_match()) {
        wire::ask(Question::Look, "match", &[place]);
    }
}

/// Waits if an entry of the directory that is looked at may be pending.
///
/// # Safety
/// As for [`Place::new`].
#[inline]
pub(crate) unsafe fn look_into(dir: c_int, path: *const c_char) {
    if state::looks_matter() && !MATCHES.load(Ordering::Relaxed) {
        // SAFETY: the caller keeps the same contract.
        unsafe { look_closer(dir, path, true) };
    }
}

/// Waits if an entry of the open directory may be pending.
pub(crate) fn look_into_open(fd: c_int) {
    if state::looks_matter() {
        let _errno = sys::Errno::keep();
        let mut path = PathBuffer::new();
        if paths::of_descriptor(fd, &mut path) {
            // SAFETY: the path is alive.
            unsafe { look_closer(AT_FDCWD, path.c().as_ptr(), true) };
        }
    }
}

/// Settles before a call that looks at many paths, which the library does not see one by one.
#[inline]
pub(crate) fn look_around() {
    if state::looks_matter() || text::in_a_file() {
        wire::settle("listing");
    }
}

#[cold]
unsafe fn look_closer(dir: c_int, path: *const c_char, listing: bool) {
    let _errno = sys::Errno::keep();
    // SAFETY: the caller keeps the same contract.
    let Some(place) = (unsafe { Place::new(dir, path) }) else {
        return;
    };
    if paths::kernels(place.bytes()) {
        return;
    }
    if text::in_a_file() && text::is_a_sink(place.stat()) {
        wire::settle("text");
    }
    if state::unreplied() || (table::pending() && may_matter(place, listing)) {
        wire::ask(Question::Look, if listing { "list" } else { "look" }, &[place]);
    }
}

fn may_matter(place: Place<'_>, listing: bool) -> bool {
    let name = place.name();
    let link = || place.lstat().is_ok_and(|stat| stat.kind() == Kind::Link);
    if !listing {
        // The directory that is listed for names that match has been announced.
        let is_vague = paths::vague(name) && !MATCHES.load(Ordering::Relaxed);
        return is_vague || table::may_be_pending(name) || link();
    }
    if !paths::vague(name) && !link() {
        return table::may_hold_pending(name);
    }
    paths::folder_name(place).is_none_or(|path| table::may_hold_pending(paths::name(path.bytes())))
}

/// Handles the opening of a file for reading: a look; for a directory, also a listing; for a pipe, contact with another
/// process.
unsafe fn opening_to_read(dir: c_int, path: *const c_char, flags: c_int) {
    // SAFETY: the caller keeps the same contract.
    unsafe {
        look(dir, path);
        if flags & sys::O_DIRECTORY != 0 {
            look_into(dir, path);
        }
        if state::maybe_open() {
            changes::opening_a_pipe(dir, path);
        }
    }
}

unsafe fn opening(dir: c_int, path: *const c_char, flags: c_int) {
    // SAFETY: the caller keeps the same contract.
    unsafe {
        if changes::writes(flags) {
            changes::opening(dir, path, flags);
        } else {
            opening_to_read(dir, path, flags);
        }
    }
}

/// Returns the flags that a mode of `fopen` stands for.
unsafe fn flags_of(mode: *const c_char) -> c_int {
    if mode.is_null() {
        return 0;
    }
    // SAFETY: the mode is a C string.
    let mode = unsafe { std::ffi::CStr::from_ptr(mode) }.to_bytes();
    let has = |letter| mode.iter().take_while(|byte| **byte != b',').any(|byte| *byte == letter);
    let both = if has(b'+') { sys::O_RDWR } else { sys::O_WRONLY };
    let exclusive = if has(b'x') { sys::O_EXCL } else { 0 };
    match mode.first() {
        Some(b'w') => both | sys::O_CREAT | sys::O_TRUNC | exclusive,
        Some(b'a') => both | sys::O_CREAT | exclusive,
        _ if has(b'+') => sys::O_RDWR,
        _ => sys::O_RDONLY,
    }
}

type Path = *const c_char;
type Any = *mut c_void;

hooks! {
    fn open(path: Path, flags: c_int, mode: c_uint) -> c_int, next { opening(AT_FDCWD, path, flags); next(path, flags, mode) }
    fn open64(path: Path, flags: c_int, mode: c_uint) -> c_int, next { opening(AT_FDCWD, path, flags); next(path, flags, mode) }
    fn openat(dir: c_int, path: Path, flags: c_int, mode: c_uint) -> c_int, next { opening(dir, path, flags); next(dir, path, flags, mode) }
    fn openat64(dir: c_int, path: Path, flags: c_int, mode: c_uint) -> c_int, next { opening(dir, path, flags); next(dir, path, flags, mode) }
    fn __open_2(path: Path, flags: c_int) -> c_int, next { opening(AT_FDCWD, path, flags); next(path, flags) }
    fn __open64_2(path: Path, flags: c_int) -> c_int, next { opening(AT_FDCWD, path, flags); next(path, flags) }
    fn __openat_2(dir: c_int, path: Path, flags: c_int) -> c_int, next { opening(dir, path, flags); next(dir, path, flags) }
    fn __openat64_2(dir: c_int, path: Path, flags: c_int) -> c_int, next { opening(dir, path, flags); next(dir, path, flags) }
    fn creat(path: Path, mode: c_uint) -> c_int, next {
        changes::opening(AT_FDCWD, path, sys::O_WRONLY | sys::O_CREAT | sys::O_TRUNC);
        next(path, mode)
    }
    fn creat64(path: Path, mode: c_uint) -> c_int, next {
        changes::opening(AT_FDCWD, path, sys::O_WRONLY | sys::O_CREAT | sys::O_TRUNC);
        next(path, mode)
    }
    fn fopen(path: Path, mode: Path) -> Any, next { opening(AT_FDCWD, path, flags_of(mode)); next(path, mode) }
    fn fopen64(path: Path, mode: Path) -> Any, next { opening(AT_FDCWD, path, flags_of(mode)); next(path, mode) }
    fn freopen(path: Path, mode: Path, stream: Any) -> Any, next { text::turning(sys::number_of(stream)); opening(AT_FDCWD, path, flags_of(mode)); next(path, mode, stream) }
    fn freopen64(path: Path, mode: Path, stream: Any) -> Any, next { text::turning(sys::number_of(stream)); opening(AT_FDCWD, path, flags_of(mode)); next(path, mode, stream) }

    fn stat(path: Path, into: Any) -> c_int, next { look(AT_FDCWD, path); next(path, into) }
    fn stat64(path: Path, into: Any) -> c_int, next { look(AT_FDCWD, path); next(path, into) }
    fn lstat(path: Path, into: Any) -> c_int, next { look(AT_FDCWD, path); next(path, into) }
    fn lstat64(path: Path, into: Any) -> c_int, next { look(AT_FDCWD, path); next(path, into) }
    fn fstatat(dir: c_int, path: Path, into: Any, flags: c_int) -> c_int, next { look(dir, path); next(dir, path, into, flags) }
    fn fstatat64(dir: c_int, path: Path, into: Any, flags: c_int) -> c_int, next { look(dir, path); next(dir, path, into, flags) }
    fn __xstat(version: c_int, path: Path, into: Any) -> c_int, next { look(AT_FDCWD, path); next(version, path, into) }
    fn __xstat64(version: c_int, path: Path, into: Any) -> c_int, next { look(AT_FDCWD, path); next(version, path, into) }
    fn __lxstat(version: c_int, path: Path, into: Any) -> c_int, next { look(AT_FDCWD, path); next(version, path, into) }
    fn __lxstat64(version: c_int, path: Path, into: Any) -> c_int, next { look(AT_FDCWD, path); next(version, path, into) }
    fn __fxstatat(version: c_int, dir: c_int, path: Path, into: Any, flags: c_int) -> c_int, next {
        look(dir, path);
        next(version, dir, path, into, flags)
    }
    fn __fxstatat64(version: c_int, dir: c_int, path: Path, into: Any, flags: c_int) -> c_int, next {
        look(dir, path);
        next(version, dir, path, into, flags)
    }
    fn statx(dir: c_int, path: Path, flags: c_int, mask: c_uint, into: Any) -> c_int, next {
        look(dir, path);
        next(dir, path, flags, mask, into)
    }
    fn access(path: Path, mode: c_int) -> c_int, next { look(AT_FDCWD, path); next(path, mode) }
    fn faccessat(dir: c_int, path: Path, mode: c_int, flags: c_int) -> c_int, next { look(dir, path); next(dir, path, mode, flags) }
    fn eaccess(path: Path, mode: c_int) -> c_int, next { look(AT_FDCWD, path); next(path, mode) }
    fn euidaccess(path: Path, mode: c_int) -> c_int, next { look(AT_FDCWD, path); next(path, mode) }

    fn readlink(path: Path, into: *mut c_char, size: usize) -> isize, next {
        if let Some(answer) = control::called(path, into, size) {
            return answer;
        }
        look(AT_FDCWD, path);
        next(path, into, size)
    }
    fn readlinkat(dir: c_int, path: Path, into: *mut c_char, size: usize) -> isize, next {
        if let Some(answer) = control::called(path, into, size) {
            return answer;
        }
        look(dir, path);
        next(dir, path, into, size)
    }
    fn __readlink_chk(path: Path, into: *mut c_char, size: usize, room: usize) -> isize, next {
        if let Some(answer) = control::called(path, into, size.min(room)) {
            return answer;
        }
        look(AT_FDCWD, path);
        next(path, into, size, room)
    }
    fn __readlinkat_chk(dir: c_int, path: Path, into: *mut c_char, size: usize, room: usize) -> isize, next {
        if let Some(answer) = control::called(path, into, size.min(room)) {
            return answer;
        }
        look(dir, path);
        next(dir, path, into, size, room)
    }
    fn realpath(path: Path, into: *mut c_char) -> *mut c_char, next { look(AT_FDCWD, path); next(path, into) }
    fn __realpath_chk(path: Path, into: *mut c_char, size: usize) -> *mut c_char, next { look(AT_FDCWD, path); next(path, into, size) }
    fn canonicalize_file_name(path: Path) -> *mut c_char, next { look(AT_FDCWD, path); next(path) }

    fn getxattr(path: Path, name: Path, value: Any, size: usize) -> isize, next { look(AT_FDCWD, path); next(path, name, value, size) }
    fn lgetxattr(path: Path, name: Path, value: Any, size: usize) -> isize, next { look(AT_FDCWD, path); next(path, name, value, size) }
    fn listxattr(path: Path, list: Any, size: usize) -> isize, next { look(AT_FDCWD, path); next(path, list, size) }
    fn llistxattr(path: Path, list: Any, size: usize) -> isize, next { look(AT_FDCWD, path); next(path, list, size) }
    fn name_to_handle_at(dir: c_int, path: Path, handle: Any, mount: Any, flags: c_int) -> c_int, next {
        look(dir, path);
        next(dir, path, handle, mount, flags)
    }
    fn inotify_add_watch(fd: c_int, path: Path, mask: c_uint) -> c_int, next {
        look(AT_FDCWD, path);
        look_into(AT_FDCWD, path);
        next(fd, path, mask)
    }
}

/// Waits before a library is loaded. It is unknown what a library does when it is loaded, so everything before that is
/// settled if the library may be the project's or has to be searched for.
///
/// # Safety
/// `path` must be null or a C string.
pub(crate) unsafe fn loading(path: *const c_char) {
    if !state::changes_matter() {
        return;
    }
    // SAFETY: the caller guarantees a C string or null.
    let Some(place) = (unsafe { Place::new(AT_FDCWD, path) }) else {
        return;
    };
    let _errno = sys::Errno::keep();
    let name = place.bytes();
    let projects = || place.real(true).is_none_or(|real| undo::may_be_inside(real.bytes()));
    if !name.contains(&b'/') || projects() {
        wire::settle("library");
    } else {
        // SAFETY: as above.
        unsafe { look(AT_FDCWD, path) };
    }
}
