//! The table that the engine shares with all processes: whether anything is pending, and which names may be.

use std::sync::atomic::{AtomicPtr, Ordering};

use crate::buffer::PathBuffer;
use crate::sys;

const VERSION: u8 = 2;
const PENDING: usize = 4;
const BITS: usize = 4096;
const BIT_COUNT: u64 = 524_288;
const LENGTH: usize = BITS + (BIT_COUNT / 8) as usize;

/// The table that is used as long as the real one is not mapped: nothing is pending in it.
static NONE: [u8; PENDING + 1] = [0; PENDING + 1];

static TABLE: AtomicPtr<u8> = AtomicPtr::new((&raw const NONE).cast_mut().cast());

/// Maps the table beside this socket. Returns whether that succeeded.
pub fn open(socket: &[u8]) -> bool {
    let folder = socket.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    let mut path = PathBuffer::new();
    path.push(&socket[..folder]).push(b"/table");
    let Ok(fd) = sys::open(path.c(), sys::O_RDONLY) else {
        return false;
    };
    let fd = sys::Own(fd);
    if sys::fstat(fd.0).is_ok_and(|stat| stat.size < LENGTH as i64) {
        return false;
    }
    match sys::map_shared(fd.0, LENGTH) {
        // SAFETY: the file is long enough.
        Ok(table) if unsafe { table.read_volatile() } == VERSION => {
            TABLE.store(table.cast_mut(), Ordering::Relaxed);
            true
        }
        _ => false,
    }
}

/// Returns whether anything is pending in any program.
#[inline]
pub fn pending() -> bool {
    // SAFETY: both the table and its stand-in have this byte.
    unsafe { TABLE.load(Ordering::Relaxed).add(PENDING).read_volatile() != 0 }
}

/// Computes FNV-1a, the hash that the engine uses for names.
fn hash(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.iter().copied().flatten() {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    }
    hash
}

fn bit(parts: &[&[u8]]) -> bool {
    let table = TABLE.load(Ordering::Relaxed);
    if std::ptr::eq(table, (&raw const NONE).cast()) {
        return false;
    }
    let bit = hash(parts) % BIT_COUNT;
    // SAFETY: the table has all bits.
    let byte = unsafe { table.add(BITS + (bit / 8) as usize).read_volatile() };
    byte & (1 << (bit % 8)) != 0
}

/// Returns whether a pending output may have this file name.
pub fn may_be_pending(name: &[u8]) -> bool {
    bit(&[name])
}

/// Returns whether a pending output may be in a directory of this name.
pub fn may_hold_pending(folder: &[u8]) -> bool {
    bit(&[b"/", folder])
}
