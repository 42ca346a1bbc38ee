//! Connections to the engine.

use std::ffi::c_int;

use super::number as nr;
use super::*;

/// Opens a new connection to the socket at this path.
pub fn connect(path: &[u8]) -> Result<c_int, c_int> {
    let mut address = [0_u8; 110];
    if path.len() >= 108 {
        return Err(EINVAL);
    }
    address[..2].copy_from_slice(&(AF_UNIX as u16).to_ne_bytes());
    address[2..2 + path.len()].copy_from_slice(path);
    let fd = call!(nr::SOCKET, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)? as c_int;
    loop {
        match call!(nr::CONNECT, fd, address.as_ptr(), 2 + path.len() + 1) {
            Ok(_) => return Ok(move_high(fd)),
            Err(EINTR) => {}
            Err(number) => {
                close(fd);
                return Err(number);
            }
        }
    }
}

/// A part of a message to send.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Piece {
    pub start: *const u8,
    pub length: usize,
}

impl Piece {
    pub fn of(bytes: &[u8]) -> Self {
        Self { start: bytes.as_ptr(), length: bytes.len() }
    }
}

#[repr(C)]
struct Message {
    name: usize,
    name_length: usize,
    pieces: *mut Piece,
    count: usize,
    control: *const u8,
    control_length: usize,
    flags: c_int,
}

/// Two descriptors, in the form in which a message carries them.
#[repr(C)]
struct Rights {
    length: usize,
    level: c_int,
    kind: c_int,
    fds: [c_int; 2],
}

/// Sends all pieces as one message, with the two descriptors if they are given. Never raises SIGPIPE.
///
/// # Safety
/// The pieces must be readable, or the kernel answers EFAULT.
pub unsafe fn send(fd: c_int, pieces: &mut [Piece], fds: Option<[c_int; 2]>) -> Result<(), c_int> {
    let rights = Rights { length: 24, level: 1, kind: 1, fds: fds.unwrap_or([-1; 2]) };
    let mut control = fds.is_some();
    let mut from = 0;
    while from < pieces.len() {
        if pieces[from].length == 0 {
            from += 1;
            continue;
        }
        let message = Message {
            name: 0,
            name_length: 0,
            pieces: pieces[from..].as_mut_ptr(),
            count: pieces.len() - from,
            control: if control { (&raw const rights).cast() } else { std::ptr::null() },
            control_length: if control { 24 } else { 0 },
            flags: 0,
        };
        match call!(nr::SENDMSG, fd, &raw const message, MSG_NOSIGNAL) {
            Ok(mut sent) => {
                control = false;
                while from < pieces.len() && sent >= pieces[from].length {
                    sent -= pieces[from].length;
                    from += 1;
                }
                if from < pieces.len() {
                    // SAFETY: the piece is longer than the part of it that was sent.
                    pieces[from].start = unsafe { pieces[from].start.add(sent) };
                    pieces[from].length -= sent;
                }
            }
            Err(EINTR) => {}
            Err(EAGAIN) => writable(fd),
            Err(number) => return Err(number),
        }
    }
    Ok(())
}

/// Waits until a socket accepts more data.
fn writable(fd: c_int) {
    let mut poll = [fd, 4];
    let _ = call!(nr::PPOLL, poll.as_mut_ptr(), 1);
}

/// Fills `into` from a socket. If the connection ends before that, this is an error. Signal handlers may run in
/// between.
pub fn receive(fd: c_int, into: &mut [u8]) -> Result<(), c_int> {
    let mut have = 0;
    while have < into.len() {
        match call!(nr::RECVFROM, fd, into[have..].as_mut_ptr(), into.len() - have, MSG_WAITALL) {
            Ok(0) => return Err(ENOENT),
            Ok(more) => have += more,
            Err(EINTR) => {}
            Err(number) => return Err(number),
        }
    }
    Ok(())
}
