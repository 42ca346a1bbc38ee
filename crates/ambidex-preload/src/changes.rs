//! The functions that change files and directories: each waits for the commands that the change concerns, and journals
//! the change if it may have to be undone.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::buffer::PathBuffer;
use crate::paths::{self, Place};
use crate::sys::{self, AT_FDCWD, Kind, Stat};
use crate::undo::{self, Written};
use crate::wire::{self, Question};
use crate::{listing, state};

/// Returns whether these flags open a file for a change.
pub(crate) fn writes(flags: c_int) -> bool {
    flags & sys::O_ACCMODE != sys::O_RDONLY || flags & (sys::O_CREAT | sys::O_TRUNC) != 0
}

/// The word that tells the engine about a directory of which nothing changes that a command reads: it is new, so nothing
/// is in it, or only its times change, which change with everything that is made in it.
const ONLY_FOLDER: &str = "folder";

/// The word that tells the engine about a change that a rollback undoes.
const UNDOABLE: &str = "undoable";

type Path = *const c_char;
type Any = *mut c_void;

/// Waits until a change may be made. Returns the real paths if the change must be journalled.
#[cold]
unsafe fn may_change<const N: usize>(
    why: &str,
    places: [(c_int, Path); N],
    follow: bool,
) -> Option<[PathBuffer; N]> {
    // SAFETY: the caller's strings live on.
    let found = places.map(|(dir, path)| unsafe { Place::new(dir, path) });
    if found.iter().any(Option::is_none) {
        return None;
    }
    let found = found.map(|place| place.unwrap_or(Place { dir: AT_FDCWD, path: c"." }));
    if found.iter().all(|place| paths::kernels(place.bytes())) {
        return None;
    }
    let is_inside = || {
        let inside = |place: &Place| place.real(follow).is_some_and(|path| undo::is_inside(path.bytes()));
        found.iter().all(inside)
    };
    let undoable = state::live() && is_inside();
    wire::ask(Question::Change, if undoable && why != ONLY_FOLDER { UNDOABLE } else { why }, &found);
    if !state::live() {
        return None;
    }
    // The paths are resolved only now: a pending output may have come to its final path during the wait for the answer.
    let real = found.map(|place| place.real(follow));
    // In a directory that does not exist, nothing can be made.
    let fails = |place: &Place| matches!(place.lstat(), Err(sys::ENOENT | sys::ENOTDIR));
    if real.iter().zip(&found).any(|(path, place)| path.is_none() && fails(place)) {
        return None;
    }
    if real.iter().any(|path| path.as_ref().is_none_or(|path| !undo::is_inside(path.bytes()))) {
        wire::settle("outside");
        return None;
    }
    Some(real.map(|path| path.unwrap_or(PathBuffer::new())))
}

/// Settles everything first if no entry could be written, because then the change can't be undone.
fn or_settle(written: Written) {
    if !written.is_done() {
        wire::settle("journal");
    }
}

/// Waits and journals before a file is opened for a change.
///
/// # Safety
/// As for [`Place::new`].
#[inline]
pub(crate) unsafe fn opening(dir: c_int, path: Path, flags: c_int) {
    if state::changes_matter() && flags & sys::O_TMPFILE != sys::O_TMPFILE {
        // SAFETY: the caller keeps the same contract.
        unsafe { opening_closer(dir, path, flags) };
    }
}

#[cold]
unsafe fn opening_closer(dir: c_int, path: Path, flags: c_int) {
    let _errno = sys::Errno::keep();
    // SAFETY: the caller keeps the same contract.
    let Some(place) = (unsafe { Place::new(dir, path) }) else { return };
    match place.stat() {
        Ok(stat) if stat.kind() == Kind::Fifo => return wire::settle("pipe"),
        Ok(stat) if stat.kind() != Kind::Regular => return,
        _ => {}
    }
    // SAFETY: the caller keeps the same contract.
    let Some([mut real]) = (unsafe { may_change("change", [(dir, path)], flags & sys::O_NOFOLLOW == 0) })
    else {
        return;
    };
    match sys::lstat(real.c()) {
        Ok(stat) if stat.kind() == Kind::Regular => or_settle(undo::content(&mut real, &stat)),
        Err(_) if flags & sys::O_CREAT != 0 => or_settle(undo::absent(real.bytes())),
        _ => {}
    }
}

/// The files that were written last, each with the number of commands that were recorded at that time.
static WRITTEN: [(AtomicU64, AtomicU64); 16] = [const { (AtomicU64::new(0), AtomicU64::new(0)) }; 16];

/// Asks the engine before an open regular file is written. When the file was opened, the question covered the commands
/// recorded until then; commands recorded since may read the file, too.
#[cold]
pub(crate) fn writing(fd: c_int, stat: &Stat) {
    let recordings = state::recordings();
    let (inode, then) = &WRITTEN[(stat.ino % 16) as usize];
    if inode.swap(stat.ino, Ordering::Relaxed) == stat.ino && then.load(Ordering::Relaxed) == recordings {
        return;
    }
    then.store(recordings, Ordering::Relaxed);
    let mut path = PathBuffer::new();
    if paths::of_descriptor(fd, &mut path) {
        // Snapshots keep the content of open files.
        let why = if state::live() { UNDOABLE } else { "change" };
        wire::ask(Question::Change, why, &[Place { dir: AT_FDCWD, path: path.c() }]);
    } else {
        wire::settle("descriptor");
    }
}

/// Settles before a pipe is opened for reading, because another process is at its other end.
///
/// # Safety
/// As for [`Place::new`].
pub(crate) unsafe fn opening_a_pipe(dir: c_int, path: Path) {
    let _errno = sys::Errno::keep();
    // SAFETY: the caller keeps the same contract.
    if let Some(place) = unsafe { Place::new(dir, path) }
        && place.stat().is_ok_and(|stat| stat.kind() == Kind::Fifo)
    {
        wire::settle("pipe");
    }
}

/// Waits and journals before something is created at a path. If something is already there, the call fails.
#[inline]
unsafe fn creating(dir: c_int, path: Path, why: &str) {
    if state::changes_matter() {
        let _errno = sys::Errno::keep();
        // SAFETY: the caller of the hook passes a C string or null.
        if let Some([mut real]) = unsafe { may_change(why, [(dir, path)], false) }
            && sys::lstat(real.c()).is_err()
        {
            or_settle(undo::absent(real.bytes()));
        }
    }
}

/// Waits and journals before the file at a path is removed. Returns whether the removal is already done.
#[inline]
unsafe fn removing(dir: c_int, path: Path, folder: bool) -> bool {
    // SAFETY: the caller of the hook passes a C string or null.
    state::changes_matter() && unsafe { removing_closer(dir, path, folder) }
}

#[cold]
unsafe fn removing_closer(dir: c_int, path: Path, folder: bool) -> bool {
    let _errno = sys::Errno::keep();
    // SAFETY: the caller keeps the same contract.
    let Some([mut real]) = (unsafe { may_change("change", [(dir, path)], false) }) else { return false };
    let Ok(stat) = sys::lstat(real.c()) else { return false };
    match stat.kind() {
        Kind::Folder if folder => or_settle(undo::folder(real.bytes(), &stat)),
        Kind::Link if !folder => or_settle(undo::link(&mut real)),
        // With a slash at its end, the path names a directory, and the call fails.
        Kind::Regular if !folder && !unsafe { ends_with_slash(path) } => return set_aside(&mut real, &stat),
        Kind::Folder | Kind::Link | Kind::Regular => {}
        _ => wire::settle("outside"),
    }
    false
}

unsafe fn ends_with_slash(path: Path) -> bool {
    // SAFETY: the path is a C string, as for the hook.
    unsafe { std::ffi::CStr::from_ptr(path) }.to_bytes().ends_with(b"/")
}

/// Moves a file that is about to be removed to where the journal keeps it. Returns whether it was moved.
fn set_aside(real: &mut PathBuffer, stat: &Stat) -> bool {
    if let Some(mut kept) = undo::new_place()
        && undo::moved(real.bytes(), kept.bytes()).is_done()
        && sys::rename(real.c(), kept.c()).is_ok()
    {
        return true;
    }
    // The journal is on another file system.
    or_settle(undo::content(real, stat));
    false
}

/// Waits and journals before one path is renamed to another.
#[inline]
unsafe fn renaming(from: (c_int, Path), to: (c_int, Path)) {
    if state::changes_matter() {
        // SAFETY: the caller of the hook passes C strings or null.
        unsafe { renaming_closer(from, to) };
    }
}

#[cold]
unsafe fn renaming_closer(from: (c_int, Path), to: (c_int, Path)) {
    let _errno = sys::Errno::keep();
    // SAFETY: the caller keeps the same contract.
    let Some([mut from, mut to]) = (unsafe { may_change("change", [from, to], false) }) else { return };
    if sys::lstat(from.c()).is_err() {
        // The call fails. Undoing a rename that never happened would move a file that was always there.
        return;
    }
    if let Ok(stat) = sys::lstat(to.c()) {
        or_settle(match stat.kind() {
            Kind::Folder => undo::folder(to.bytes(), &stat),
            Kind::Link => undo::link(&mut to),
            Kind::Regular => replacing(&mut to, &stat),
            _ => return wire::settle("outside"),
        });
    }
    or_settle(undo::renamed(from.bytes(), to.bytes()));
}

/// Keeps a file that another is about to replace: by a second link, or, on another file system, by a copy.
fn replacing(real: &mut PathBuffer, stat: &Stat) -> Written {
    if let Some(mut kept) = undo::new_place() {
        // The entry comes first: a link that no entry names would outlive the journal. An entry without its link has no
        // effect.
        let written = undo::moved(real.bytes(), kept.bytes());
        if !written.is_done() || sys::link(real.c(), kept.c()).is_ok() {
            return written;
        }
    }
    undo::content(real, stat)
}

/// The aspect of a file, other than its content, that a call changes.
#[derive(Clone, Copy)]
enum Aspect {
    Permissions,
    Times,
}

#[inline]
unsafe fn altering(dir: c_int, path: Path, aspect: Aspect, follow: bool) {
    if state::changes_matter() {
        let _errno = sys::Errno::keep();
        // SAFETY: the caller of the hook passes a C string or null.
        let is_folder = unsafe { Place::new(dir, path) }
            .is_some_and(|place| place.stat().is_ok_and(|stat| stat.kind() == Kind::Folder));
        let why = if is_folder && follow && matches!(aspect, Aspect::Times) { ONLY_FOLDER } else { "change" };
        // SAFETY: as above.
        if let Some([mut real]) = unsafe { may_change(why, [(dir, path)], follow) }
            && let Ok(stat) = sys::lstat(real.c())
        {
            match aspect {
                // The journal has no entries for the attributes of a link itself.
                _ if stat.kind() == Kind::Link => wire::settle("outside"),
                Aspect::Permissions => or_settle(undo::permissions(real.bytes(), &stat)),
                Aspect::Times => or_settle(undo::times(real.bytes(), &stat)),
            }
        }
    }
}

#[inline]
unsafe fn altering_open(fd: c_int, aspect: Aspect) {
    if state::changes_matter() {
        let mut path = PathBuffer::new();
        if paths::of_descriptor(fd, &mut path) && path.bytes().starts_with(b"/") {
            // SAFETY: the path is alive.
            unsafe { altering(AT_FDCWD, path.c().as_ptr(), aspect, true) };
        }
    }
}

/// Waits before a change that isn't journalled.
#[inline]
unsafe fn changing(dir: c_int, path: Path) {
    if state::changes_matter() {
        let _errno = sys::Errno::keep();
        // SAFETY: the caller of the hook passes a C string or null.
        if unsafe { may_change("change", [(dir, path)], false) }.is_some() {
            wire::settle("outside");
        }
    }
}

/// Journals a file or directory after the call has made it, because the call itself has chosen the name.
unsafe fn made(path: Path, is_there: bool) {
    if is_there && state::live() {
        let _errno = sys::Errno::keep();
        // SAFETY: the call has left a C string.
        if let Some(place) = unsafe { Place::new(AT_FDCWD, path) }
            && let Some(real) = place.real(false)
        {
            or_settle(undo::absent(real.bytes()));
        }
    }
}

/// Returns whether a directory could not be removed only because it held the hidden entry, so the call must try again.
unsafe fn emptied(dir: c_int, path: Path, failed: bool) -> bool {
    // SAFETY: the caller of the hook passes a C string or null.
    failed
        && matches!(sys::errno(), sys::ENOTEMPTY | sys::EEXIST)
        && unsafe { Place::new(dir, path) }.is_some_and(listing::emptied)
}

hooks! {
    fn unlink(path: Path) -> c_int, next { if removing(AT_FDCWD, path, false) { 0 } else { next(path) } }
    fn unlinkat(dir: c_int, path: Path, flags: c_int) -> c_int, next {
        if removing(dir, path, flags & sys::AT_REMOVEDIR != 0) {
            return 0;
        }
        let answer = next(dir, path, flags);
        if emptied(dir, path, answer != 0 && flags & sys::AT_REMOVEDIR != 0) { next(dir, path, flags) } else { answer }
    }
    fn rmdir(path: Path) -> c_int, next {
        removing(AT_FDCWD, path, true);
        let answer = next(path);
        if emptied(AT_FDCWD, path, answer != 0) { next(path) } else { answer }
    }
    fn remove(path: Path) -> c_int, next {
        let folder = state::changes_matter() && Place::new(AT_FDCWD, path)
            .is_some_and(|place| place.lstat().is_ok_and(|stat| stat.kind() == Kind::Folder));
        if removing(AT_FDCWD, path, folder) {
            return 0;
        }
        let answer = next(path);
        if emptied(AT_FDCWD, path, answer != 0) { next(path) } else { answer }
    }
    fn rename(from: Path, to: Path) -> c_int, next { renaming((AT_FDCWD, from), (AT_FDCWD, to)); next(from, to) }
    fn renameat(from_dir: c_int, from: Path, to_dir: c_int, to: Path) -> c_int, next {
        renaming((from_dir, from), (to_dir, to));
        next(from_dir, from, to_dir, to)
    }
    fn renameat2(from_dir: c_int, from: Path, to_dir: c_int, to: Path, flags: c_uint) -> c_int, next {
        // With flags, the call may exchange two files.
        if flags == 0 { renaming((from_dir, from), (to_dir, to)) } else { changing(from_dir, from); changing(to_dir, to) }
        next(from_dir, from, to_dir, to, flags)
    }
    fn link(from: Path, to: Path) -> c_int, next { crate::looks::look(AT_FDCWD, from); creating(AT_FDCWD, to, "change"); next(from, to) }
    fn linkat(from_dir: c_int, from: Path, to_dir: c_int, to: Path, flags: c_int) -> c_int, next {
        crate::looks::look(from_dir, from);
        creating(to_dir, to, "change");
        next(from_dir, from, to_dir, to, flags)
    }
    fn symlink(target: Path, path: Path) -> c_int, next { creating(AT_FDCWD, path, "change"); next(target, path) }
    fn symlinkat(target: Path, dir: c_int, path: Path) -> c_int, next { creating(dir, path, "change"); next(target, dir, path) }
    fn mkdir(path: Path, mode: c_uint) -> c_int, next { creating(AT_FDCWD, path, ONLY_FOLDER); next(path, mode) }
    fn mkdirat(dir: c_int, path: Path, mode: c_uint) -> c_int, next { creating(dir, path, ONLY_FOLDER); next(dir, path, mode) }
    fn mknod(path: Path, mode: c_uint, device: u64) -> c_int, next { changing(AT_FDCWD, path); next(path, mode, device) }
    fn mknodat(dir: c_int, path: Path, mode: c_uint, device: u64) -> c_int, next { changing(dir, path); next(dir, path, mode, device) }
    fn __xmknod(version: c_int, path: Path, mode: c_uint, device: Any) -> c_int, next { changing(AT_FDCWD, path); next(version, path, mode, device) }
    fn __xmknodat(version: c_int, dir: c_int, path: Path, mode: c_uint, device: Any) -> c_int, next {
        changing(dir, path);
        next(version, dir, path, mode, device)
    }
    fn mkfifo(path: Path, mode: c_uint) -> c_int, next { changing(AT_FDCWD, path); next(path, mode) }
    fn mkfifoat(dir: c_int, path: Path, mode: c_uint) -> c_int, next { changing(dir, path); next(dir, path, mode) }

    fn chmod(path: Path, mode: c_uint) -> c_int, next { altering(AT_FDCWD, path, Aspect::Permissions, true); next(path, mode) }
    fn lchmod(path: Path, mode: c_uint) -> c_int, next { altering(AT_FDCWD, path, Aspect::Permissions, false); next(path, mode) }
    fn fchmodat(dir: c_int, path: Path, mode: c_uint, flags: c_int) -> c_int, next {
        altering(dir, path, Aspect::Permissions, flags & sys::AT_SYMLINK_NOFOLLOW == 0);
        next(dir, path, mode, flags)
    }
    fn fchmod(fd: c_int, mode: c_uint) -> c_int, next { altering_open(fd, Aspect::Permissions); next(fd, mode) }
    fn chown(path: Path, user: c_uint, group: c_uint) -> c_int, next { changing(AT_FDCWD, path); next(path, user, group) }
    fn lchown(path: Path, user: c_uint, group: c_uint) -> c_int, next { changing(AT_FDCWD, path); next(path, user, group) }
    fn fchown(fd: c_int, user: c_uint, group: c_uint) -> c_int, next { crate::outside::before("outside"); next(fd, user, group) }
    fn fchownat(dir: c_int, path: Path, user: c_uint, group: c_uint, flags: c_int) -> c_int, next {
        changing(dir, path);
        next(dir, path, user, group, flags)
    }
    fn utime(path: Path, times: Any) -> c_int, next { altering(AT_FDCWD, path, Aspect::Times, true); next(path, times) }
    fn utimes(path: Path, times: Any) -> c_int, next { altering(AT_FDCWD, path, Aspect::Times, true); next(path, times) }
    fn lutimes(path: Path, times: Any) -> c_int, next { altering(AT_FDCWD, path, Aspect::Times, false); next(path, times) }
    fn futimes(fd: c_int, times: Any) -> c_int, next { altering_open(fd, Aspect::Times); next(fd, times) }
    fn futimesat(dir: c_int, path: Path, times: Any) -> c_int, next { altering(dir, path, Aspect::Times, true); next(dir, path, times) }
    fn utimensat(dir: c_int, path: Path, times: Any, flags: c_int) -> c_int, next {
        if path.is_null() { altering_open(dir, Aspect::Times) } else {
            altering(dir, path, Aspect::Times, flags & sys::AT_SYMLINK_NOFOLLOW == 0);
        }
        next(dir, path, times, flags)
    }
    fn futimens(fd: c_int, times: Any) -> c_int, next { altering_open(fd, Aspect::Times); next(fd, times) }
    fn truncate(path: Path, length: i64) -> c_int, next { opening(AT_FDCWD, path, sys::O_WRONLY); next(path, length) }
    fn truncate64(path: Path, length: i64) -> c_int, next { opening(AT_FDCWD, path, sys::O_WRONLY); next(path, length) }
    fn setxattr(path: Path, name: Path, value: Any, size: usize, flags: c_int) -> c_int, next {
        changing(AT_FDCWD, path);
        next(path, name, value, size, flags)
    }
    fn lsetxattr(path: Path, name: Path, value: Any, size: usize, flags: c_int) -> c_int, next {
        changing(AT_FDCWD, path);
        next(path, name, value, size, flags)
    }
    fn fsetxattr(fd: c_int, name: Path, value: Any, size: usize, flags: c_int) -> c_int, next {
        crate::outside::before("outside");
        next(fd, name, value, size, flags)
    }
    fn fremovexattr(fd: c_int, name: Path) -> c_int, next { crate::outside::before("outside"); next(fd, name) }
    fn removexattr(path: Path, name: Path) -> c_int, next { changing(AT_FDCWD, path); next(path, name) }
    fn lremovexattr(path: Path, name: Path) -> c_int, next { changing(AT_FDCWD, path); next(path, name) }

    fn mkstemp(path: *mut c_char) -> c_int, next { let fd = next(path); made(path, fd >= 0); fd }
    fn mkstemp64(path: *mut c_char) -> c_int, next { let fd = next(path); made(path, fd >= 0); fd }
    fn mkostemp(path: *mut c_char, flags: c_int) -> c_int, next { let fd = next(path, flags); made(path, fd >= 0); fd }
    fn mkostemp64(path: *mut c_char, flags: c_int) -> c_int, next { let fd = next(path, flags); made(path, fd >= 0); fd }
    fn mkstemps(path: *mut c_char, end: c_int) -> c_int, next { let fd = next(path, end); made(path, fd >= 0); fd }
    fn mkstemps64(path: *mut c_char, end: c_int) -> c_int, next { let fd = next(path, end); made(path, fd >= 0); fd }
    fn mkostemps(path: *mut c_char, end: c_int, flags: c_int) -> c_int, next { let fd = next(path, end, flags); made(path, fd >= 0); fd }
    fn mkostemps64(path: *mut c_char, end: c_int, flags: c_int) -> c_int, next { let fd = next(path, end, flags); made(path, fd >= 0); fd }
    fn mkdtemp(path: *mut c_char) -> *mut c_char, next { let made_it = next(path); made(path, !made_it.is_null()); made_it }
}
