//! The questions to the referee, and the form of its answers.
//!
//! A question is a letter, the process id, the length of the rest, and the rest; numbers have four bytes in the
//! machine's order. An answer is the length of a path, and the path.

use std::ffi::c_int;

use ambidex_hook::buffer::Buffer;
use ambidex_hook::sys::{self, Own, Piece};

/// The length that stands for "not a command".
const NO_COMMAND: u32 = u32::MAX;
/// The longest path.
const LONGEST: u32 = 4095;

/// A permission to start.
pub(crate) enum Answer {
    /// The process is none of the referee's business, but what it starts may be.
    Other,
    /// The process is a compiler or linker. Its output is to be watched if it is not empty.
    Command(Vec<u8>),
}

/// A referee, by its socket.
pub(crate) struct Referee {
    socket: Buffer<108>,
}

impl Referee {
    pub fn at(socket: &[u8]) -> Self {
        let mut name = Buffer::new();
        name.push(socket);
        Self { socket: name }
    }

    /// Asks whether this process may start its program, and waits for the answer. Returns `None` if there is none.
    pub fn may_start(&self) -> Option<Answer> {
        let arguments = sys::read_file(c"/proc/self/cmdline").ok()?;
        let mut folder = ambidex_hook::buffer::PathBuffer::new();
        folder.fill(sys::getcwd).ok()?;
        let mut rest = Vec::with_capacity(folder.bytes().len() + 1 + arguments.len());
        rest.extend_from_slice(folder.bytes());
        rest.push(0);
        rest.extend_from_slice(&arguments);
        self.ask(b'S', &rest)
    }

    /// Says that the watched file is open for writing, and waits until the process may go on.
    pub fn has_opened(&self, path: &[u8]) {
        let _ = self.ask(b'O', path);
    }

    fn ask(&self, letter: u8, rest: &[u8]) -> Option<Answer> {
        let connection = Own(sys::connect(self.socket.bytes()).ok()?);
        let pid = sys::getpid().to_ne_bytes();
        let length = u32::try_from(rest.len()).ok()?.to_ne_bytes();
        let letter = [letter];
        let mut pieces = [&letter[..], &pid, &length, rest].map(Piece::of);
        // SAFETY: the pieces are alive.
        unsafe { sys::send(connection.0, &mut pieces, None) }.ok()?;
        let length = number(connection.0)?;
        if length == NO_COMMAND {
            return Some(Answer::Other);
        }
        let mut path = vec![0; length.min(LONGEST) as usize];
        sys::receive(connection.0, &mut path).ok()?;
        Some(Answer::Command(path))
    }
}

fn number(connection: c_int) -> Option<u32> {
    let mut bytes = [0; 4];
    sys::receive(connection, &mut bytes).ok()?;
    Some(u32::from_ne_bytes(bytes))
}
