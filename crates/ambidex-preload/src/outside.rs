//! Calls that reach beyond the process and its files: sockets, shared memory, locks, signals to others. None of this
//! can be undone, so everything before it is settled first.

use std::ffi::{c_char, c_int, c_long, c_uint, c_void};

use crate::sys::Piece;
use crate::{call, state, text, wire};

/// Settles if commands are open.
#[inline]
pub(crate) fn before(why: &str) {
    call::not_in_a_copy();
    if state::maybe_open() && state::open() {
        wire::settle(why);
    }
}

/// Settles before this process ends without its exit handlers: nobody else would put what its commands have made at its
/// final path.
pub(crate) fn before_the_end() {
    call::not_in_a_copy();
    if state::maybe_open() && state::open() || state::session().is_some() && state::looks_matter() {
        wire::settle("exit");
    }
}

/// The commands of fcntl(2) that change an open file itself: its mode (`F_SETFL`), its locks (`F_SETLK`, `F_SETLKW`,
/// `F_OFD_SETLK`, `F_OFD_SETLKW`), its lease (`F_SETLEASE`). A snapshot has the same open file, and a lock is released
/// only when the last process closes the file, so no snapshot may remain when a lock is requested.
const CHANGING: [c_int; 6] = [4, 6, 7, 37, 38, 1024];

type Any = *mut c_void;
type Path = *const c_char;

/// The beginning of the C library's `struct msghdr`.
#[repr(C)]
pub(crate) struct Message {
    name: Any,
    name_length: c_uint,
    pieces: *const Piece,
    count: usize,
}

hooks! {
    fn connect(fd: c_int, address: Any, length: c_uint) -> c_int, next { before("socket"); next(fd, address, length) }
    fn bind(fd: c_int, address: Any, length: c_uint) -> c_int, next { before("socket"); next(fd, address, length) }
    fn listen(fd: c_int, waiting: c_int) -> c_int, next { before("socket"); next(fd, waiting) }
    fn accept(fd: c_int, address: Any, length: Any) -> c_int, next { before("socket"); next(fd, address, length) }
    fn accept4(fd: c_int, address: Any, length: Any, flags: c_int) -> c_int, next { before("socket"); next(fd, address, length, flags) }
    fn send(fd: c_int, bytes: Any, length: usize, flags: c_int) -> isize, next {
        let piece = Piece { start: bytes.cast(), length };
        if let Some(sent) = text::passing(fd, &[piece], || next(fd, bytes, length, flags)) {
            return sent;
        }
        before("socket");
        next(fd, bytes, length, flags)
    }
    fn sendto(fd: c_int, bytes: Any, length: usize, flags: c_int, address: Any, address_length: c_uint) -> isize, next {
        let piece = Piece { start: bytes.cast(), length };
        if let Some(sent) = text::passing(fd, &[piece], || next(fd, bytes, length, flags, address, address_length)) {
            return sent;
        }
        before("socket");
        next(fd, bytes, length, flags, address, address_length)
    }
    fn sendmsg(fd: c_int, message: *const Message, flags: c_int) -> isize, next {
        let pieces = match message.as_ref() {
            Some(message) if !message.pieces.is_null() => std::slice::from_raw_parts(message.pieces, message.count),
            _ => &[],
        };
        if let Some(sent) = text::passing(fd, pieces, || next(fd, message, flags)) {
            return sent;
        }
        before("socket");
        next(fd, message, flags)
    }
    fn sendmmsg(fd: c_int, messages: Any, count: c_uint, flags: c_int) -> c_int, next { before("socket"); next(fd, messages, count, flags) }

    fn shm_open(name: Path, flags: c_int, mode: c_uint) -> c_int, next { before("shared"); next(name, flags, mode) }
    fn shm_unlink(name: Path) -> c_int, next { before("shared"); next(name) }
    fn sem_open(name: Path, flags: c_int, mode: c_uint, value: c_uint) -> Any, next { before("shared"); next(name, flags, mode, value) }
    fn sem_unlink(name: Path) -> c_int, next { before("shared"); next(name) }
    fn mq_open(name: Path, flags: c_int, mode: c_uint, attributes: Any) -> c_int, next { before("shared"); next(name, flags, mode, attributes) }
    fn shmget(key: c_int, size: usize, flags: c_int) -> c_int, next { before("shared"); next(key, size, flags) }
    fn msgget(key: c_int, flags: c_int) -> c_int, next { before("shared"); next(key, flags) }
    fn semget(key: c_int, count: c_int, flags: c_int) -> c_int, next { before("shared"); next(key, count, flags) }

    fn flock(fd: c_int, operation: c_int) -> c_int, next { before("lock"); next(fd, operation) }
    fn lockf(fd: c_int, operation: c_int, length: c_long) -> c_int, next { before("lock"); next(fd, operation, length) }
    fn lockf64(fd: c_int, operation: c_int, length: i64) -> c_int, next { before("lock"); next(fd, operation, length) }
    fn fcntl(fd: c_int, command: c_int, value: usize) -> c_int, next {
        if CHANGING.contains(&command) {
            before("lock")
        }
        next(fd, command, value)
    }
    fn fcntl64(fd: c_int, command: c_int, value: usize) -> c_int, next {
        if CHANGING.contains(&command) {
            before("lock")
        }
        next(fd, command, value)
    }

    fn kill(pid: c_int, signal: c_int) -> c_int, next { before("signal"); next(state::meant_pid(pid), signal) }
    fn killpg(group: c_int, signal: c_int) -> c_int, next { before("signal"); next(group, signal) }
    fn tgkill(pid: c_int, thread: c_int, signal: c_int) -> c_int, next {
        before("signal");
        next(state::meant_pid(pid), state::meant_pid(thread), signal)
    }
    fn sigqueue(pid: c_int, signal: c_int, value: Any) -> c_int, next { before("signal"); next(state::meant_pid(pid), signal, value) }
    fn ptrace(request: c_long, pid: c_int, address: Any, data: Any) -> isize, next { before("signal"); next(request, pid, address, data) }
    fn mount(source: Path, target: Path, kind: Path, flags: usize, data: Any) -> c_int, next { before("mount"); next(source, target, kind, flags, data) }
    fn umount(target: Path) -> c_int, next { before("mount"); next(target) }
    fn umount2(target: Path, flags: c_int) -> c_int, next { before("mount"); next(target, flags) }
}
