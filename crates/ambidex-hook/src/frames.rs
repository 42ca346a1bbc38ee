//! The frames in which the libraries and the engine talk to each other: a length in four bytes, big-endian, and that
//! many bytes.

use std::ffi::c_int;

use crate::sys::{self, Piece};

/// Sends one frame, and descriptors with it.
///
/// # Errors
/// Returns the error number from the kernel.
pub fn send_frame(fd: c_int, payload: &[u8], fds: Option<[c_int; 2]>) -> Result<(), c_int> {
    let length = (payload.len() as u32).to_be_bytes();
    let mut pieces = [Piece::of(&length), Piece::of(payload)];
    // SAFETY: both pieces are alive here.
    unsafe { sys::send(fd, &mut pieces, fds) }
}

/// Receives one frame into `into` and returns how many bytes it has stored there. Drops the bytes that do not fit.
pub fn receive_frame(fd: c_int, into: &mut [u8]) -> Option<usize> {
    let mut length = [0; 4];
    sys::receive(fd, &mut length).ok()?;
    let length = u32::from_be_bytes(length) as usize;
    let have = length.min(into.len());
    sys::receive(fd, &mut into[..have]).ok()?;
    let mut rest = length - have;
    let mut drop = [0; 256];
    while rest > 0 {
        let piece = rest.min(drop.len());
        sys::receive(fd, &mut drop[..piece]).ok()?;
        rest -= piece;
    }
    Some(have)
}
