//! The functions of the C library by which a program opens a file for writing.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};

use crate::{opened, sys};

type Path = *const c_char;
type Stream = *mut c_void;

/// Tells of a descriptor if the flags allow writing to it.
fn with_flags(fd: c_int, flags: c_int) -> c_int {
    const ACCESS: c_int = 3;
    if flags & ACCESS != sys::O_RDONLY {
        opened(fd);
    }
    fd
}

/// Tells of a stream if its mode allows writing to it.
unsafe fn with_mode(stream: Stream, mode: Path) -> Stream {
    // SAFETY: the mode is a C string, as for `fopen`, and the stream is open unless it is null.
    unsafe {
        let writes = CStr::from_ptr(mode).to_bytes().iter().any(|letter| b"wa+".contains(letter));
        if writes && !stream.is_null() {
            opened(sys::number_of(stream));
        }
    }
    stream
}

hooks! {
    fn open(path: Path, flags: c_int, mode: c_uint) -> c_int, next { with_flags(next(path, flags, mode), flags) }
    fn open64(path: Path, flags: c_int, mode: c_uint) -> c_int, next { with_flags(next(path, flags, mode), flags) }
    fn openat(dir: c_int, path: Path, flags: c_int, mode: c_uint) -> c_int, next {
        with_flags(next(dir, path, flags, mode), flags)
    }
    fn openat64(dir: c_int, path: Path, flags: c_int, mode: c_uint) -> c_int, next {
        with_flags(next(dir, path, flags, mode), flags)
    }
    fn creat(path: Path, mode: c_uint) -> c_int, next {
        let fd = next(path, mode);
        opened(fd);
        fd
    }
    fn creat64(path: Path, mode: c_uint) -> c_int, next {
        let fd = next(path, mode);
        opened(fd);
        fd
    }
    fn fopen(path: Path, mode: Path) -> Stream, next { with_mode(next(path, mode), mode) }
    fn fopen64(path: Path, mode: Path) -> Stream, next { with_mode(next(path, mode), mode) }
}
