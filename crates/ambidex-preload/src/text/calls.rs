//! The functions that write, and those that make a descriptor become something else.

use std::ffi::{c_int, c_uint, c_void};

use super::*;
use crate::sys::Piece;

type Any = *mut c_void;

hooks! {
    fn write(fd: c_int, bytes: Any, length: usize) -> isize, next {
        let piece = Piece { start: bytes.cast(), length };
        if state::maybe_open()
            && length > 0
            && let Some(all) = taken(fd, &[piece])
        {
            return all;
        }
        match passing(fd, &[piece], || next(fd, bytes, length)) {
            Some(sent) => sent,
            None => next(fd, bytes, length),
        }
    }
    fn writev(fd: c_int, pieces: *const Piece, count: c_int) -> isize, next {
        if state::maybe_open()
            && (1..=1024).contains(&count)
            && !pieces.is_null()
            && std::slice::from_raw_parts(pieces, count as usize).iter().any(|piece| piece.length > 0)
            && let Some(all) = taken(fd, std::slice::from_raw_parts(pieces, count as usize))
        {
            return all;
        }
        next(fd, pieces, count)
    }
    fn pwrite(fd: c_int, bytes: Any, length: usize, offset: i64) -> isize, next { written_otherwise(fd); next(fd, bytes, length, offset) }
    fn pwrite64(fd: c_int, bytes: Any, length: usize, offset: i64) -> isize, next { written_otherwise(fd); next(fd, bytes, length, offset) }
    fn sendfile(out: c_int, from: c_int, offset: Any, length: usize) -> isize, next { written_otherwise(out); next(out, from, offset, length) }
    fn sendfile64(out: c_int, from: c_int, offset: Any, length: usize) -> isize, next { written_otherwise(out); next(out, from, offset, length) }
    fn splice(from: c_int, at: Any, out: c_int, to: Any, length: usize, flags: c_int) -> isize, next {
        written_otherwise(out);
        next(from, at, out, to, length, flags)
    }
    fn tee(from: c_int, out: c_int, length: usize, flags: c_int) -> isize, next { written_otherwise(out); next(from, out, length, flags) }
    fn copy_file_range(from: c_int, at: Any, out: c_int, to: Any, length: usize, flags: c_int) -> isize, next {
        written_otherwise(out);
        next(from, at, out, to, length, flags)
    }
    fn lseek(fd: c_int, offset: i64, whence: c_int) -> isize, next { looked_into(fd); next(fd, offset, whence) }
    fn lseek64(fd: c_int, offset: i64, whence: c_int) -> isize, next { looked_into(fd); next(fd, offset, whence) }
    fn fsync(fd: c_int) -> c_int, next { looked_into(fd); next(fd) }
    fn fdatasync(fd: c_int) -> c_int, next { looked_into(fd); next(fd) }
    fn ftruncate(fd: c_int, length: i64) -> c_int, next { written_otherwise(fd); next(fd, length) }
    fn ftruncate64(fd: c_int, length: i64) -> c_int, next { written_otherwise(fd); next(fd, length) }
    fn fclose(stream: Any) -> c_int, next {
        if !stream.is_null() && state::session().is_some() {
            turning(sys::number_of(stream));
        }
        next(stream)
    }
    fn dup2(from: c_int, to: c_int) -> c_int, next { turning(to); next(from, to) }
    fn dup3(from: c_int, to: c_int, flags: c_int) -> c_int, next { turning(to); next(from, to, flags) }
    fn close(fd: c_int) -> c_int, next { turning(fd); next(fd) }
    fn closefrom(first: c_int) -> (), next {
        if first <= 2 {
            turned();
        }
        next(first)
    }
    fn close_range(first: c_uint, last: c_uint, flags: c_int) -> c_int, next {
        if first <= 2 && last >= 1 {
            turned();
        }
        next(first, last, flags)
    }
}
