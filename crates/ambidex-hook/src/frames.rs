//! The frames in which libraries and the engine speak to each other: a length in four bytes, big end first, and so
//! many bytes.

use std::ffi::c_int;

use crate::sys::{self, Piece};

/// Sends one frame, and descriptors with it.
///
/// # Errors
/// The number of the error that the kernel gives.
pub fn send_frame(fd: c_int, payload: &[u8], fds: Option<[c_int; 2]>) -> Result<(), c_int> {
    let length = (payload.len() as u32).to_be_bytes();
    let mut pieces = [Piece::of(&length), Piece::of(payload)];
    // SAFETY: both pieces are alive here.
    unsafe { sys::send(fd, &mut pieces, fds) }
}

/// Receives one frame into `into`, and says how long it was; what is longer is dropped.
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
