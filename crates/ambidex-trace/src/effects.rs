//! Knows that a command changes files of the project which are not its outputs only when the engine says so: there may be a
//! count or a log in them, which others read, and nobody can take such a change back.
//!
//! The engine says in the head of the journal what is to be asked for: its socket, the command's name, the folders that
//! matter (the project's, and those for temporary files), behind an empty one what in them
//! is the command's own; each ends with NUL.

use std::ffi::{c_char, c_int};
use std::sync::atomic::Ordering;

use crate::buffer::Buffer;
use crate::paths::{self, Place};
use crate::{frames, journal, sys};

/// Before something is changed at a path.
#[inline]
pub(crate) unsafe fn before(dir: c_int, path: *const c_char) {
    if may_have_to_ask() {
        let _errno = sys::Errno::keep();
        // SAFETY: as for the hook.
        if let Some(place) = unsafe { Place::new(dir, path) } {
            // A link itself, and what it leads to.
            for real in [place.real(false), place.real(true)].iter().flatten() {
                before_at(real.bytes());
            }
        }
    }
}

/// Before what is at a path without links is changed.
#[inline]
pub(crate) fn before_at(real: &[u8]) {
    if may_have_to_ask() {
        consider(real);
    }
}

fn may_have_to_ask() -> bool {
    journal::turn().is_some_and(|turn| turn.load(Ordering::Relaxed) == 0)
}

#[cold]
fn consider(real: &[u8]) {
    let mut rules = journal::rules().split(|byte| *byte == 0);
    let (Some(socket), Some(command)) = (rules.next(), rules.next()) else { return };
    let mut matters = false;
    for root in rules.by_ref().take_while(|root| !root.is_empty()) {
        matters |= paths::below(real, root);
    }
    let is_own = rules
        .any(|own| !own.is_empty() && (real == own || paths::below(real, own) || is_temporary(real, own)));
    if !matters || is_own || paths::kernels(real) {
        return;
    }
    // Without an engine nobody waits for anything.
    if ask(socket, command).is_some()
        && let Some(turn) = journal::turn()
    {
        turn.store(1, Ordering::Relaxed);
    }
}

/// Whether a file is a temporary one that a compiler has beside its output, before it gets the output's name: Clang's
/// `a-0123abcd.o.tmp` (`CompilerInstance::createOutputFile`), binutils' `st0123ab` (`make_tempname` in `bucomm.c`).
fn is_temporary(file: &[u8], output: &[u8]) -> bool {
    let name = paths::name(file);
    let stem = paths::name(output).split(|byte| *byte == b'.').next().unwrap_or_default();
    let of_clang =
        name.strip_prefix(stem).is_some_and(|rest| rest.starts_with(b"-") && rest.ends_with(b".tmp"));
    let of_binutils = name.len() == 8 && name.starts_with(b"st");
    paths::parent(file) == paths::parent(output) && (of_clang || of_binutils)
}

/// Asks the engine. A command that has to go instead of an answer is ended while it waits.
fn ask(socket: &[u8], command: &[u8]) -> Option<()> {
    let stream = sys::Own(sys::connect(socket).ok()?);
    let mut question = Buffer::<64>::new();
    question.push(b"E").push(command);
    frames::send_frame(stream.0, question.bytes(), None).ok()?;
    let mut answer = [0];
    frames::receive_frame(stream.0, &mut answer)?;
    Some(())
}
