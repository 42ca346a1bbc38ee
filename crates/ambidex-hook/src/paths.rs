//! How paths are made absolute and real, without the C library and without allocation.

use std::ffi::{CStr, c_char, c_int};

use crate::buffer::{Buffer, PathBuffer};
use crate::sys::{self, Kind};

/// A path as C code passes it: with the directory that it is relative to.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The descriptor of the directory, or `AT_FDCWD`.
    pub dir: c_int,
    /// The path, relative to that directory unless it is absolute.
    pub path: &'a CStr,
}

impl Place<'_> {
    /// Returns the place that a caller means, or `None` for a null pointer or an empty path.
    ///
    /// # Safety
    /// `path` must be null or a C string that lives as long as the place is used.
    pub unsafe fn new<'a>(dir: c_int, path: *const c_char) -> Option<Place<'a>> {
        if path.is_null() {
            return None;
        }
        // SAFETY: the caller guarantees a C string that lives long enough.
        let path = unsafe { CStr::from_ptr(path) };
        (!path.is_empty()).then_some(Place { dir, path })
    }

    /// Returns the path itself.
    pub fn bytes(&self) -> &[u8] {
        self.path.to_bytes()
    }

    /// Returns the last component of the path.
    pub fn name(&self) -> &[u8] {
        name(self.bytes())
    }

    /// Returns the status of the file there, without following a symbolic link.
    pub fn lstat(&self) -> Result<sys::Stat, c_int> {
        sys::fstatat(self.dir, self.path, sys::AT_SYMLINK_NOFOLLOW)
    }

    /// Returns the status of the file there, following symbolic links.
    pub fn stat(&self) -> Result<sys::Stat, c_int> {
        sys::fstatat(self.dir, self.path, 0)
    }

    /// Returns the path in a form that the engine can read: absolute, or relative to the working directory.
    pub fn absolute<'b>(&'b self, buffer: &'b mut PathBuffer) -> &'b [u8] {
        if self.dir == sys::AT_FDCWD || self.bytes().starts_with(b"/") {
            return self.bytes();
        }
        if !of_descriptor(self.dir, buffer) {
            return self.bytes();
        }
        buffer.push(b"/").push(self.bytes());
        buffer.bytes()
    }

    /// Returns the path without symbolic links in its directory; with `follow`, also without one at its end. Returns
    /// `None` if the directory does not exist, because then nothing can be done at the path either.
    pub fn real(&self, follow: bool) -> Option<PathBuffer> {
        let mut real = PathBuffer::new();
        if !real_of(self.dir, self.path, &mut real) {
            return None;
        }
        // The kernel follows as many links.
        for _ in 0..40 {
            if !follow || !sys::lstat(real.c()).is_ok_and(|stat| stat.kind() == Kind::Link) {
                return Some(real);
            }
            let mut target = PathBuffer::new();
            target.fill(|room| sys::readlinkat(sys::AT_FDCWD, real.c(), room)).ok()?;
            let mut next = PathBuffer::new();
            if !target.bytes().starts_with(b"/") {
                next.push(parent(real.bytes())).push(b"/");
            }
            next.push(target.bytes());
            if !next.whole() || !real_of(sys::AT_FDCWD, next.c(), &mut real) {
                return None;
            }
        }
        None
    }
}

/// Returns the last component, which is empty if the path ends with a slash.
pub fn name(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => &path[slash + 1..],
        None => path,
    }
}

/// Returns the part before the last component.
pub fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => &path[..slash],
        None => b"",
    }
}

/// Returns whether a name says nothing about the file that it leads to.
pub fn vague(name: &[u8]) -> bool {
    matches!(name, b"" | b"." | b"..")
}

/// Returns whether a path is in one of the kernel's own file systems. No command keeps files there, except in
/// `/dev/shm`.
pub fn kernels(path: &[u8]) -> bool {
    [&b"/proc"[..], b"/sys", b"/dev"].iter().any(|root| below(path, root) || path == *root)
}

/// Returns whether a path is below a directory.
pub fn below(path: &[u8], folder: &[u8]) -> bool {
    folder == b"/" || path.strip_prefix(folder).is_some_and(|rest| rest.len() > 1 && rest[0] == b'/')
}

/// Reads the path of an open file. Returns whether that succeeded.
pub fn of_descriptor(fd: c_int, into: &mut PathBuffer) -> bool {
    let mut link = Buffer::<64>::new();
    link.push(b"/proc/self/fd/").push_number(u64::from(fd.unsigned_abs()));
    fd >= 0 && into.fill(|room| sys::readlinkat(sys::AT_FDCWD, link.c(), room)).is_ok()
}

/// Finds the real path of an entry of a directory. It opens the directory to do so, because the kernel resolves paths
/// better than we could.
fn real_of(dir: c_int, path: &CStr, into: &mut PathBuffer) -> bool {
    let mut bytes = path.to_bytes();
    while bytes.len() > 1 && bytes.ends_with(b"/") {
        bytes = &bytes[..bytes.len() - 1];
    }
    let last = name(bytes);
    let mut folder = PathBuffer::new();
    if vague(last) {
        folder.push(bytes);
    } else if last.len() == bytes.len() {
        folder.push(b".");
    } else {
        folder.push(&bytes[..bytes.len() - last.len()]);
    }
    let Ok(fd) = sys::openat(dir, folder.c(), sys::O_PATH | sys::O_DIRECTORY, 0) else {
        return false;
    };
    let fd = sys::Own(fd);
    if !of_descriptor(fd.0, into) {
        return false;
    }
    if !vague(last) {
        if into.bytes() != b"/" {
            into.push(b"/");
        }
        into.push(last);
    }
    into.whole()
}

/// Returns the real path of a directory, whose name selects the bit for its listing.
pub fn folder_name(place: Place<'_>) -> Option<PathBuffer> {
    let fd = sys::Own(sys::openat(place.dir, place.path, sys::O_PATH | sys::O_DIRECTORY, 0).ok()?);
    let mut path = PathBuffer::new();
    of_descriptor(fd.0, &mut path).then_some(path)
}
