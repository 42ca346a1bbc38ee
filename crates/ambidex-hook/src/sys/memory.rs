//! Memory.

use std::ffi::c_int;

use super::number as nr;
use super::*;

/// Maps the beginning of a file, shared and read-only.
pub fn map_shared(fd: c_int, length: usize) -> Result<*const u8, c_int> {
    call!(nr::MMAP, 0, length, 1, 1, fd, 0).map(|address| address as *const u8)
}

/// Maps the beginning of a file, shared, for reading and writing.
pub fn map_shared_to_write(fd: c_int, length: usize) -> Result<*mut u8, c_int> {
    call!(nr::MMAP, 0, length, 3, 1, fd, 0).map(|address| address as *mut u8)
}

/// Maps new memory.
pub fn map_memory(length: usize) -> Result<*mut u8, c_int> {
    call!(nr::MMAP, 0, length, 3, 0x22, usize::MAX, 0).map(|address| address as *mut u8)
}

/// Unmaps memory.
///
/// # Safety
/// The memory must come from [`map_memory`] and must not be used any more.
pub unsafe fn unmap(start: *mut u8, length: usize) {
    let _ = call!(nr::MUNMAP, start, length);
}
