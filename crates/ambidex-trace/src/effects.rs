//! The effects for which a command that runs ahead of its turn needs the engine's permission.
//!
//! Such a command may not change files that are not its outputs: they may hold a count or a log that others read, and
//! nobody can undo such a change. Nor may it look at outputs of other commands that are not at their final paths yet.
//!
//! The head of the trace holds the rules for this, as fields that each end with NUL: the engine's socket, the command's
//! name, and the paths that need no question. These belong to the command or are managed by others: files, and
//! directories with everything in them.

use std::ffi::{c_char, c_int};
use std::sync::atomic::Ordering;

use crate::buffer::PathBuffer;
use crate::paths::{self, Place};
use crate::{frames, journal, sys, table};

/// The engine's answer that permits a look.
const LOOK: u8 = 2;

/// Asks, if necessary, before a change at a path.
#[inline]
pub(crate) unsafe fn before(dir: c_int, path: *const c_char) {
    if may_have_to_ask() {
        let _errno = sys::Errno::keep();
        // SAFETY: the caller of the hook passes a C string or null.
        if let Some(place) = unsafe { Place::new(dir, path) } {
            // The link itself, and the file that it leads to.
            for real in [place.real(false), place.real(true)].iter().flatten() {
                before_at(real.bytes());
            }
        }
    }
}

/// Asks, if necessary, before a change at a path without links.
#[inline]
pub(crate) fn before_at(real: &[u8]) {
    if may_have_to_ask() {
        consider(real);
    }
}

/// Asks, if necessary, before a look at a path.
#[inline]
pub(crate) unsafe fn before_look(dir: c_int, path: *const c_char) {
    if table::pending() && may_have_to_ask() {
        let _errno = sys::Errno::keep();
        // SAFETY: the caller of the hook passes a C string or null.
        if let Some(place) = unsafe { Place::new(dir, path) } {
            consider_look(place);
        }
    }
}

/// Asks, if necessary, before a directory is listed.
#[inline]
pub(crate) unsafe fn before_list(dir: c_int, path: *const c_char) {
    if table::pending() && may_have_to_ask() {
        let _errno = sys::Errno::keep();
        // SAFETY: the caller of the hook passes a C string or null.
        if let Some(place) = unsafe { Place::new(dir, path) }
            && let Some(folder) = paths::folder_name(place)
            && table::may_hold_pending(paths::name(folder.bytes()))
        {
            ask(b"list", folder.bytes());
        }
    }
}

/// Asks, if necessary, before those names in a directory are read that match the name of a path.
pub(crate) fn before_match(pattern: Place<'_>) {
    if table::pending()
        && may_have_to_ask()
        && let Some(real) = pattern.real(false)
        && table::may_hold_pending(paths::name(paths::parent(real.bytes())))
    {
        ask(b"match", real.bytes());
    }
}

fn may_have_to_ask() -> bool {
    journal::turn().is_some_and(|turn| turn.load(Ordering::Relaxed) == 0)
}

#[cold]
fn consider(real: &[u8]) {
    // Of the kernel's own files, only named shared memory concerns others.
    if !is_own(real) && (!paths::kernels(real) || paths::below(real, b"/dev/shm")) {
        ask(b"change", real);
    }
}

#[cold]
fn consider_look(place: Place<'_>) {
    // Most names are not pending, and a link has another name than the file that it leads to.
    let name = place.name();
    if !paths::vague(name) && table::may_be_pending(name)
        || place.lstat().is_ok_and(|stat| stat.kind() == sys::Kind::Link)
    {
        for real in [place.real(false), place.real(true)].iter().flatten() {
            if table::may_be_pending(paths::name(real.bytes())) && !is_own(real.bytes()) {
                ask(b"look", real.bytes());
            }
        }
    }
}

fn is_own(real: &[u8]) -> bool {
    journal::rules()
        .split(|byte| *byte == 0)
        .skip(2)
        .any(|own| !own.is_empty() && (real == own || paths::below(real, own) || is_temporary(real, own)))
}

/// Returns whether a file is a temporary one that a tool has beside its output, before it gets the output's name:
/// Clang's `a-0123abcd.o.tmp` (`CompilerInstance::createOutputFile`), LLD's `a.so.tmp0123abc` (`FileOutputBuffer`),
/// llvm-ar's `a.a.temp-archive-0123abc.a`, mold's `.mold-0123ab`, binutils' `st0123ab` (`make_tempname` in `bucomm.c`).
fn is_temporary(file: &[u8], output: &[u8]) -> bool {
    let (name, output_name) = (paths::name(file), paths::name(output));
    let stem = output_name.split(|byte| *byte == b'.').next().unwrap_or_default();
    let is_random = |text: &[u8], length| text.len() == length && text.iter().all(u8::is_ascii_alphanumeric);
    let of_clang = name
        .strip_prefix(stem)
        .and_then(|rest| rest.strip_prefix(b"-"))
        .and_then(|rest| rest.split_at_checked(8))
        .is_some_and(|(random, end)| is_random(random, 8) && end.starts_with(b".") && end.ends_with(b".tmp"));
    let behind_output = name.strip_prefix(output_name).unwrap_or_default();
    let of_lld = behind_output.strip_prefix(b".tmp").is_some_and(|random| is_random(random, 7));
    let of_llvm_ar = behind_output
        .strip_prefix(b".temp-archive-")
        .and_then(|rest| rest.strip_suffix(b".a"))
        .is_some_and(|random| is_random(random, 7));
    let of_mold = name.strip_prefix(b".mold-").is_some_and(|random| is_random(random, 6));
    let of_binutils = name.strip_prefix(b"st").is_some_and(|random| is_random(random, 6));
    paths::parent(file) == paths::parent(output)
        && (of_clang || of_lld || of_llvm_ar || of_mold || of_binutils)
}

/// Asks the engine and waits. If the command may not go on, the engine ends it. Without an engine, nothing waits.
fn ask(what: &[u8], path: &[u8]) {
    let mut rules = journal::rules().split(|byte| *byte == 0);
    let (Some(socket), Some(command)) = (rules.next(), rules.next()) else { return };
    if socket.is_empty() {
        return;
    }
    let Ok(stream) = sys::connect(socket).map(sys::Own) else { return };
    let mut question = PathBuffer::new();
    question.push(b"E").push(command).push(b" ").push(what).push(b"\0").push(path);
    let mut answer = [0];
    if frames::send_frame(stream.0, question.bytes(), None).is_ok()
        && frames::receive_frame(stream.0, &mut answer).is_some()
        && answer[0] != LOOK
        && let Some(turn) = journal::turn()
    {
        turn.store(1, Ordering::Relaxed);
    }
}
