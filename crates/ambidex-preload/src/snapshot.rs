//! How a snapshot of the process is taken: a child made by fork waits until the engine resumes or releases it.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::buffer::{Buffer, PathBuffer};
use crate::suitability::{self, OpenFile};
use crate::sys::{self, Own};
use crate::{park, settings, state, text, undo, wire};

static PREPARED: AtomicBool = AtomicBool::new(false);

/// The space for the engine's answer about a new snapshot, in bytes.
const ANSWER: usize = 16 << 10;

/// The position of an open file when the snapshot was taken.
struct Position {
    fd: c_int,
    offset: i64,
    /// The path of a copy of the content, if the process can change the file.
    content: Option<PathBuffer>,
}

/// Takes a snapshot and reports it in `answer`. In the snapshot itself, when it is resumed, reports that instead.
pub(crate) fn take(answer: &mut PathBuffer) {
    park::reap();
    let Some(session) = state::session() else {
        answer.push(b"refused session");
        return;
    };
    if let Err(reason) = try_to_take(session, answer) {
        answer.clear().push(b"refused ").push(reason);
    }
}

fn try_to_take(session: state::Session, answer: &mut PathBuffer) -> Result<(), &'static [u8]> {
    let files = suitability::examine(session)?;
    if !PREPARED.swap(true, Ordering::Relaxed) {
        park::prepare();
    }
    // The process is not parked between here and the end, so the copy is either whole or absent. And nobody asks the
    // copy anything before it has waited.
    let mask = sys::signal_mask(sys::SIG_SETMASK, u64::MAX);
    let result = copy(session, &files, answer);
    sys::signal_mask(sys::SIG_SETMASK, mask);
    result
}

/// Makes the copy, which also goes on from here if the engine resumes it.
fn copy(session: state::Session, files: &[OpenFile], answer: &mut PathBuffer) -> Result<(), &'static [u8]> {
    let stream = Own(sys::connect(settings::socket()).map_err(|_| &b"engine"[..])?);
    let number = register(stream.0, session)?;
    let incarnation = std::str::from_utf8(&number).ok().and_then(|number| number.parse().ok());
    let incarnation = incarnation.ok_or(&b"engine"[..])?;
    let positions = files.iter().map(position).collect::<Option<Vec<Position>>>().ok_or(&b"files"[..])?;
    if !undo::mark(&number).is_done() {
        return Err(b"journal");
    }
    let (shown, parent_shown) = (state::shown_pid(), state::shown_parent());
    let parent = sys::getpid();
    // SAFETY: the process has one thread, so no other thread holds a lock.
    match unsafe { sys::quiet_fork() } {
        Ok(0) => {
            let _ = sys::prctl(sys::PR_SET_PDEATHSIG, sys::SIGKILL as usize);
            if sys::getppid() != parent {
                end();
            }
            // The engine must see the end of the session when the original process has stopped.
            sys::close(session.fd);
            wire::forget_connection();
            let text = wait(stream.0);
            let _ = sys::prctl(sys::PR_SET_PDEATHSIG, 0);
            let session = state::Session { incarnation, ..session };
            go_on(stream, session, shown, parent_shown, &positions);
            answer.push(b"resumed ").push(&text);
            Ok(())
        }
        Ok(child) => {
            park::add(child);
            drop(stream);
            // From here on, the engine relies on the snapshot, or releases it if it doesn't need it.
            if !wire::snapshot_waits(&number) {
                return Err(b"enough");
            }
            state::snapshot_taken();
            answer.push(b"taken");
            Ok(())
        }
        Err(_) => Err(b"fork"),
    }
}

/// Announces the future snapshot to the engine. Returns the snapshot's number.
fn register(stream: c_int, session: state::Session) -> Result<Vec<u8>, &'static [u8]> {
    let mut hello = Buffer::<96>::new();
    hello.push(b"K").push_number(session.program).push(b" ").push_number(state::sent()).push(b" ");
    hello.push_number(sys::getpid() as u64).push(b" ").push_number(session.incarnation);
    wire::send_frame(stream, hello.bytes(), None).map_err(|_| &b"engine"[..])?;
    let mut reply = vec![0; ANSWER];
    let length = wire::receive_frame(stream, &mut reply).ok_or(&b"engine"[..])?;
    let reply = &reply[..length];
    let mut fields = match reply.strip_prefix(b"U") {
        Some(fields) => fields.strip_suffix(b"\0").unwrap_or(fields).split(|byte| *byte == 0),
        None => return Err(b"enough"),
    };
    let number = fields.next().unwrap_or_default().to_vec();
    let folder = fields.next().unwrap_or_default();
    undo::begin(folder, fields.map(<[u8]>::to_vec).collect());
    Ok(number)
}

/// Keeps the position of a file, and its content if the process can change it. Returns `None` if the content can't be
/// kept.
fn position(file: &OpenFile) -> Option<Position> {
    let offset = sys::lseek(file.fd, 0, 1).ok()? as i64;
    let content = match file.writes {
        false => None,
        true => {
            let mut kept = undo::new_place()?;
            // The descriptor itself may be write-only.
            let readable = opened_again(file.fd, sys::O_RDONLY)?;
            // A rollback has to write it back.
            opened_again(file.fd, sys::O_WRONLY)?;
            undo::keep(readable.0, file.size, undo::LARGEST_OPEN, &mut kept).then_some(())?;
            Some(kept)
        }
    };
    Some(Position { fd: file.fd, offset, content })
}

/// Opens the file behind a descriptor once more. The file may no longer have a name.
fn opened_again(fd: c_int, flags: c_int) -> Option<Own> {
    let mut link = Buffer::<64>::new();
    link.push(b"/proc/self/fd/").push_number(fd as u64);
    sys::open(link.c(), flags).map(Own).ok()
}

/// Waits until the engine decides what happens to the snapshot. Returns the part of the message that is for Python.
fn wait(stream: c_int) -> Vec<u8> {
    let mut frame = [0; 256];
    match wire::receive_frame(stream, &mut frame) {
        Some(length) if frame[..length].starts_with(b"R") => frame[1..length].to_vec(),
        _ => end(),
    }
}

/// Ends the snapshot as one that nobody waits for: see `park.rs`.
fn end() -> ! {
    let _ = sys::kill(sys::getpid(), sys::SIGKILL);
    sys::exit_group(0)
}

/// Takes the place of the original process.
fn go_on(stream: Own, session: state::Session, shown: c_int, parent_shown: c_int, files: &[Position]) {
    let _ = sys::dup3(stream.0, session.fd, sys::O_CLOEXEC);
    drop(stream);
    wire::at_home();
    park::forget();
    state::take_place(shown, parent_shown);
    state::begin_session(session);
    // The engine knows which text was printed already and comes again.
    state::recorded();
    text::resumed();
    for file in files {
        if let Some(content) = &file.content
            && !put_back(file.fd, content.clone())
        {
            let _ = sys::write_all(2, b"ambidex: error: an open file can't be put back: is the disk full?\n");
            end();
        }
        let _ = sys::lseek(file.fd, file.offset, 0);
    }
}

/// Restores a file's content. The file that is opened again does not append, as the descriptor itself may. The file is
/// truncated last, so that its own space is used before it needs new space.
fn put_back(fd: c_int, mut content: PathBuffer) -> bool {
    let (Ok(kept), Some(file)) =
        (sys::open(content.c(), sys::O_RDONLY).map(Own), opened_again(fd, sys::O_WRONLY))
    else {
        return false;
    };
    let mut piece = vec![0; 1 << 16];
    let mut length = 0;
    loop {
        match sys::read(kept.0, &mut piece) {
            Ok(0) => return sys::ftruncate(file.0, length).is_ok(),
            Ok(count) if sys::write_all(file.0, &piece[..count]).is_ok() => length += count as i64,
            _ => return false,
        }
    }
}

/// Cleans up when nothing is pending any more and no snapshot is needed.
pub(crate) fn settled() {
    park::reap();
}

/// Resets the state in a child made by fork, which has no snapshots.
pub(crate) fn forked() {
    park::forget();
    undo::forked();
    PREPARED.store(false, Ordering::Relaxed);
}
