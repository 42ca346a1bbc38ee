//! How a process becomes another program: everything before that is settled, and the other program is captured too.

use std::ffi::{c_char, c_int};

use crate::environment::{List, captured};
use crate::looks::look;
use crate::outside::before;
use crate::sys::AT_FDCWD;

type Path = *const c_char;
type Words = *const *const c_char;

unsafe extern "C" {
    static environ: List;
}

/// Settles and waits before the process becomes another program, whose file may be a pending output, too.
unsafe fn becoming(dir: c_int, path: Path) {
    before("exec");
    // SAFETY: the path is a C string, or null.
    unsafe {
        if !path.is_null() && std::ffi::CStr::from_ptr(path).to_bytes().contains(&b'/') {
            look(dir, path);
        }
    }
}

hooks! {
    fn execve(path: Path, words: Words, environment: List) -> c_int, next {
        becoming(AT_FDCWD, path);
        captured(environment, |environment| next(path, words, environment))
    }
    fn execv(path: Path, words: Words) -> c_int, next {
        becoming(AT_FDCWD, path);
        match next!(execve: fn(Path, Words, List) -> c_int) {
            Some(execve) => captured(environ, |environment| execve(path, words, environment)),
            None => next(path, words),
        }
    }
    fn execvp(file: Path, words: Words) -> c_int, next {
        becoming(AT_FDCWD, file);
        match next!(execvpe: fn(Path, Words, List) -> c_int) {
            Some(execvpe) => captured(environ, |environment| execvpe(file, words, environment)),
            None => next(file, words),
        }
    }
    fn execvpe(file: Path, words: Words, environment: List) -> c_int, next {
        becoming(AT_FDCWD, file);
        captured(environment, |environment| next(file, words, environment))
    }
    fn fexecve(fd: c_int, words: Words, environment: List) -> c_int, next {
        before("exec");
        captured(environment, |environment| next(fd, words, environment))
    }
    fn execveat(dir: c_int, path: Path, words: Words, environment: List, flags: c_int) -> c_int, next {
        becoming(dir, path);
        captured(environment, |environment| next(dir, path, words, environment, flags))
    }
}

/// Looks up the functions that may first be needed in a child of vfork, where it is too late to look them up.
pub(crate) fn prepare() {
    let _ = next!(execve: fn(Path, Words, List) -> c_int);
    let _ = next!(execvpe: fn(Path, Words, List) -> c_int);
}
