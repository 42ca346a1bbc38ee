//! The session of this process, as Python has reported it: the number of sent frames, unanswered requests, open
//! commands.
//!
//! The state belongs to the process that set it. A child made by fork starts without a session. A child of vfork shares
//! the memory, so its pid tells it apart. The flags are loaded before the pid is asked for, so a call costs nothing
//! more if nothing is open.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicU64, Ordering};

use crate::{sys, table};

/// The process that the rest belongs to; 0 without a session.
static OWNER: AtomicI32 = AtomicI32::new(0);
/// The session's descriptor, called A.
static SESSION: AtomicI32 = AtomicI32::new(-1);
/// The inode of the session's socket: the program may close the descriptor, and something else may get its number.
static SOCKET: AtomicU64 = AtomicU64::new(0);
static PROGRAM: AtomicU64 = AtomicU64::new(0);
/// The number of frames sent on A.
static SENT: AtomicU64 = AtomicU64::new(0);
/// The number of requests on A without an answer.
static UNREPLIED: AtomicI64 = AtomicI64::new(0);
/// The number of the snapshot that the session's process was; 0 for the process that was started.
static INCARNATION: AtomicU64 = AtomicU64::new(0);
static RECORDED: AtomicU64 = AtomicU64::new(0);
/// The number of commands that the engine is about to receive: see [`announce`].
static ANNOUNCED: AtomicU64 = AtomicU64::new(0);
/// Whether commands were recorded that the engine hasn't reported as settled.
static OPEN: AtomicBool = AtomicBool::new(false);
/// Whether a snapshot was taken since then, so that changes are journalled.
static LIVE: AtomicBool = AtomicBool::new(false);

/// The first process's pid, which the process in its place shows.
static SHOWN: AtomicI32 = AtomicI32::new(0);
static SHOWN_BY: AtomicI32 = AtomicI32::new(0);
static PARENT_SHOWN: AtomicI32 = AtomicI32::new(0);
static PARENT_REAL: AtomicI32 = AtomicI32::new(0);

/// The stream to the engine of a process that was copied for one call (`call.rs`); -1 in other processes.
static COPY: AtomicI32 = AtomicI32::new(-1);

/// The session of this process, if it has one.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    pub fd: c_int,
    pub program: u64,
    /// The number of the snapshot that this process was; 0 for the program's first process.
    pub incarnation: u64,
}

/// Returns whether the state is this process's own.
fn mine() -> bool {
    let owner = OWNER.load(Ordering::Relaxed);
    owner != 0 && owner == sys::getpid()
}

pub(crate) fn session() -> Option<Session> {
    mine().then(|| Session {
        fd: SESSION.load(Ordering::Relaxed),
        program: PROGRAM.load(Ordering::Relaxed),
        incarnation: INCARNATION.load(Ordering::Relaxed),
    })
}

/// Returns whether a look may concern something pending.
#[inline]
pub(crate) fn looks_matter() -> bool {
    table::pending() || UNREPLIED.load(Ordering::Relaxed) > 0
}

/// Returns whether a change or a start may concern something pending.
#[inline]
pub(crate) fn changes_matter() -> bool {
    looks_matter() || OPEN.load(Ordering::Relaxed)
}

/// Returns whether text must go in order. Makes no system call, so this may be the state of a parent by vfork.
#[inline]
pub(crate) fn maybe_open() -> bool {
    OPEN.load(Ordering::Relaxed)
}

pub(crate) fn unreplied() -> bool {
    UNREPLIED.load(Ordering::Relaxed) > 0 && mine()
}

pub(crate) fn open() -> bool {
    OPEN.load(Ordering::Relaxed) && mine()
}

pub(crate) fn live() -> bool {
    LIVE.load(Ordering::Relaxed) && mine()
}

/// Returns how many frames were sent on A.
pub(crate) fn sent() -> u64 {
    if mine() { SENT.load(Ordering::Relaxed) } else { 0 }
}

fn inode(fd: c_int) -> u64 {
    sys::fstat(fd).map_or(0, |stat| stat.ino)
}

pub(crate) fn begin_session(session: Session) {
    SESSION.store(session.fd, Ordering::Relaxed);
    SOCKET.store(inode(session.fd), Ordering::Relaxed);
    PROGRAM.store(session.program, Ordering::Relaxed);
    INCARNATION.store(session.incarnation, Ordering::Relaxed);
    SENT.store(0, Ordering::Relaxed);
    UNREPLIED.store(0, Ordering::Relaxed);
    ANNOUNCED.store(0, Ordering::Relaxed);
    OPEN.store(false, Ordering::Relaxed);
    LIVE.store(false, Ordering::Relaxed);
    OWNER.store(sys::getpid(), Ordering::Release);
}

/// Ends the session because the engine is gone. The process goes on as without a session.
pub(crate) fn end_session() {
    OWNER.store(0, Ordering::Relaxed);
    UNREPLIED.store(0, Ordering::Relaxed);
    OPEN.store(false, Ordering::Relaxed);
    LIVE.store(false, Ordering::Relaxed);
}

pub(crate) fn frame_sent() {
    SENT.fetch_add(1, Ordering::Relaxed);
}

pub(crate) fn asked() {
    UNREPLIED.fetch_add(1, Ordering::Relaxed);
}

pub(crate) fn replied() {
    UNREPLIED.fetch_sub(1, Ordering::Relaxed);
}

/// Announces a command that the engine is about to receive. Until then, a signal handler may ask the engine, which does
/// not know of the command yet: neither the engine nor this process may take everything for settled.
pub(crate) fn announce() {
    ANNOUNCED.fetch_add(1, Ordering::Relaxed);
}

/// Returns whether the engine is about to receive a command.
pub(crate) fn announced() -> bool {
    ANNOUNCED.load(Ordering::Relaxed) > 0
}

/// Notes that the announced commands were sent to the engine.
pub(crate) fn told() {
    ANNOUNCED.store(0, Ordering::Relaxed);
}

pub(crate) fn recorded() {
    RECORDED.fetch_add(1, Ordering::Relaxed);
    OPEN.store(true, Ordering::Relaxed);
}

/// Returns how many commands were recorded.
pub(crate) fn recordings() -> u64 {
    RECORDED.load(Ordering::Relaxed)
}

pub(crate) fn snapshot_taken() {
    LIVE.store(true, Ordering::Relaxed);
}

/// Notes that no snapshots exist any more.
pub(crate) fn snapshots_gone() {
    LIVE.store(false, Ordering::Relaxed);
}

/// Notes that nothing is pending any more.
pub(crate) fn close() {
    OPEN.store(false, Ordering::Relaxed);
}

/// Makes this process one that was copied for a call.
pub(crate) fn become_copy(stream: c_int) {
    COPY.store(stream, Ordering::Relaxed);
}

/// Returns whether this process was copied for a call.
#[inline]
pub(crate) fn is_copy() -> bool {
    COPY.load(Ordering::Relaxed) >= 0
}

/// Returns the stream of such a process to the engine.
pub(crate) fn copy_stream() -> c_int {
    COPY.load(Ordering::Relaxed)
}

/// Returns the pid that the program sees.
pub(crate) fn shown_pid() -> c_int {
    let real = sys::getpid();
    if SHOWN_BY.load(Ordering::Relaxed) == real { SHOWN.load(Ordering::Relaxed) } else { real }
}

/// Returns the parent's pid that the program sees.
pub(crate) fn shown_parent() -> c_int {
    let real = sys::getppid();
    if PARENT_REAL.load(Ordering::Relaxed) == real && real != 0 {
        PARENT_SHOWN.load(Ordering::Relaxed)
    } else {
        real
    }
}

/// Returns the real pid of the process that the program means by a pid that it has seen.
pub(crate) fn meant_pid(pid: c_int) -> c_int {
    let by = SHOWN_BY.load(Ordering::Relaxed);
    if by != 0 && pid == SHOWN.load(Ordering::Relaxed) { by } else { pid }
}

/// Makes this process take the place of the one that showed these pids.
pub(crate) fn take_place(shown: c_int, parent_shown: c_int) {
    SHOWN.store(shown, Ordering::Relaxed);
    SHOWN_BY.store(sys::getpid(), Ordering::Relaxed);
    PARENT_SHOWN.store(parent_shown, Ordering::Relaxed);
    PARENT_REAL.store(sys::getppid(), Ordering::Relaxed);
}

/// Ends the session in a child made by fork, and shows the parent's pid as the parent shows it. Returns the descriptor
/// of the parent's session.
pub(crate) fn forked() -> Option<c_int> {
    let owner = OWNER.swap(0, Ordering::Relaxed);
    SENT.store(0, Ordering::Relaxed);
    UNREPLIED.store(0, Ordering::Relaxed);
    OPEN.store(false, Ordering::Relaxed);
    LIVE.store(false, Ordering::Relaxed);
    PARENT_REAL.store(SHOWN_BY.load(Ordering::Relaxed), Ordering::Relaxed);
    PARENT_SHOWN.store(SHOWN.load(Ordering::Relaxed), Ordering::Relaxed);
    let session = SESSION.load(Ordering::Relaxed);
    (owner != 0 && inode(session) == SOCKET.load(Ordering::Relaxed)).then_some(session)
}
