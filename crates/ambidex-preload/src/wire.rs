//! The messages to the engine: questions on a connection of the process's own, called B, and frames on the session,
//! called A.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use crate::buffer::{Buffer, PathBuffer};
use crate::lock::Lock;
use crate::paths::Place;
use crate::sys::{self, Piece};
use crate::{settings, state, text};

pub(crate) use ambidex_hook::frames::{receive_frame, send_frame};

/// The version of the protocol.
pub(crate) const VERSION: u64 = 2;

/// The kind of a question.
#[derive(Clone, Copy)]
pub(crate) enum Question {
    Look,
    Change,
    Settle,
}

/// The connection B.
struct Connection {
    fd: c_int,
    pid: c_int,
    /// The device and inode of the socket: the program may close the descriptor, and something else may get its number.
    file: (u64, u64),
}

impl Connection {
    fn new(pid: c_int) -> Option<Self> {
        let fd = greet(pid)?;
        let file = sys::fstat(fd).map_or((0, 0), |stat| (stat.dev, stat.ino));
        Some(Self { fd, pid, file })
    }
}

const NONE: Connection = Connection { fd: -1, pid: 0, file: (0, 0) };

static CONNECTION: Lock<Connection> = Lock::new(NONE);

/// Whether the engine failed to answer. Then it isn't asked again.
static GONE: AtomicBool = AtomicBool::new(false);

/// The maximum number of paths in a question.
const PATHS: usize = 4;

/// Waits until everything of this program is settled.
pub(crate) fn settle(why: &str) {
    ask(Question::Settle, why, &[]);
}

/// Asks the engine and waits until it lets the process go on.
pub(crate) fn ask(question: Question, why: &str, places: &[Place<'_>]) {
    if GONE.load(Ordering::Relaxed) || !settings::active() {
        return;
    }
    let _errno = sys::Errno::keep();
    let mut rooms = [const { PathBuffer::new() }; PATHS];
    let mut paths: [&[u8]; PATHS] = [b""; PATHS];
    let count = places.len().min(PATHS);
    for ((path, place), room) in paths.iter_mut().zip(places).zip(&mut rooms) {
        *path = place.absolute(room);
    }
    let kind = match question {
        Question::Look => b'L',
        Question::Change => b'C',
        Question::Settle => b'S',
    };
    let (sent, recordings) = (state::sent(), state::recordings());
    match exchange(kind, why, &paths[..count]) {
        Some(reply) => {
            if reply & 1 != 0 && state::session().is_some() {
                text::settled(sent, recordings);
            }
        }
        None => GONE.store(true, Ordering::Relaxed),
    }
}

/// Tells the engine that a snapshot waits. Returns whether the engine keeps it.
pub(crate) fn snapshot_waits(number: &[u8]) -> bool {
    let number = std::str::from_utf8(number).unwrap_or_default();
    exchange(b'W', number, &[]).is_some_and(|reply| reply & 2 != 0)
}

fn exchange(kind: u8, why: &str, paths: &[&[u8]]) -> Option<u8> {
    let pid = sys::getpid();
    if HOME.load(Ordering::Relaxed) == pid
        && let Some(mut connection) = CONNECTION.try_lock()
    {
        if connection.pid != pid || !same(&connection) {
            *connection = NONE;
            *connection = Connection::new(pid)?;
        }
        let reply = question(connection.fd, kind, why, paths);
        if reply.is_none() {
            sys::close(connection.fd);
            *connection = NONE;
        }
        return reply;
    }
    // A child of vfork shares the parent's memory and must not leave a connection in it, and a thread or signal handler
    // doesn't wait for the one that is asking. They open a connection for this question alone.
    let fd = sys::Own(greet(pid)?);
    question(fd.0, kind, why, paths)
}

/// The process that this memory belongs to.
static HOME: AtomicI32 = AtomicI32::new(0);

/// Notes that the memory belongs to this process from now on: it was started, forked or resumed.
pub(crate) fn at_home() {
    HOME.store(sys::getpid(), Ordering::Relaxed);
}

fn same(connection: &Connection) -> bool {
    sys::fstat(connection.fd).is_ok_and(|stat| (stat.dev, stat.ino) == connection.file)
}

/// Opens a new connection and introduces the process on it.
fn greet(pid: c_int) -> Option<c_int> {
    let fd = sys::connect(settings::socket()).ok()?;
    let mut hello = Buffer::<64>::new();
    hello.push(b"H").push_number(VERSION).push(b" ").push_number(pid as u64).push(b" ");
    match state::session() {
        Some(session) => hello.push_number(session.program).push(b" ").push_number(session.incarnation),
        None => hello.push(b"-"),
    };
    if send_frame(fd, hello.bytes(), None).is_err() {
        sys::close(fd);
        return None;
    }
    Some(fd)
}

fn question(fd: c_int, kind: u8, why: &str, paths: &[&[u8]]) -> Option<u8> {
    let mut head = Buffer::<96>::new();
    head.push(&[kind]).push_number(state::sent()).push(if state::announced() { b"+" } else { b"" });
    head.push(b"\0").push(why.as_bytes()).push(b"\0");
    let mut folder = PathBuffer::new();
    let _ = folder.fill(sys::getcwd);
    let mut pieces = [const { Piece { start: std::ptr::null(), length: 0 } }; 4 + 2 * PATHS];
    pieces[1] = Piece::of(head.bytes());
    pieces[2] = Piece::of(folder.bytes());
    pieces[3] = Piece::of(b"\0");
    for (at, path) in paths.iter().enumerate() {
        pieces[4 + 2 * at] = Piece::of(path);
        pieces[5 + 2 * at] = Piece::of(b"\0");
    }
    let used = 4 + 2 * paths.len();
    let length: usize = pieces[..used].iter().map(|piece| piece.length).sum();
    let length = (length as u32).to_be_bytes();
    pieces[0] = Piece::of(&length);
    // SAFETY: all pieces are alive here.
    unsafe { sys::send(fd, &mut pieces[..used], None) }.ok()?;
    let mut reply = [0; 1];
    (receive_frame(fd, &mut reply)? > 0).then_some(reply[0])
}

/// Returns the descriptor of connection B, if the connection is this process's.
pub(crate) fn connection() -> Option<c_int> {
    let connection = CONNECTION.try_lock()?;
    (connection.pid == sys::getpid()).then_some(connection.fd)
}

/// Makes the connection before it is needed, so that no descriptor appears during a call of the project.
pub(crate) fn connect() {
    if let Some(mut connection) = CONNECTION.try_lock()
        && let Some(new) = Connection::new(sys::getpid())
    {
        *connection = new;
    }
}

/// Forgets the connection. A child made by fork opens one of its own, and closes the parent's.
pub(crate) fn forget_connection() {
    CONNECTION.free_after_fork();
    if let Some(mut connection) = CONNECTION.try_lock() {
        if connection.pid != 0 && same(&connection) {
            sys::close(connection.fd);
        }
        *connection = NONE;
    }
}
