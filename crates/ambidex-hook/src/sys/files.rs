//! Files, directories and descriptors.

use std::ffi::{CStr, c_int};

use super::number as nr;
use super::*;

/// The status of a file, as the kernel returns it.
#[cfg(target_arch = "x86_64")]
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Stat {
    pub dev: u64,
    pub ino: u64,
    pub nlink: u64,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pad: u32,
    pub rdev: u64,
    pub size: i64,
    blksize: i64,
    blocks: i64,
    pub atime: i64,
    pub atime_ns: i64,
    pub mtime: i64,
    pub mtime_ns: i64,
    ctime: i64,
    ctime_ns: i64,
    unused: [i64; 3],
}

/// The status of a file, as the kernel returns it.
#[cfg(target_arch = "aarch64")]
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Stat {
    pub dev: u64,
    pub ino: u64,
    pub mode: u32,
    pub nlink: u32,
    pub uid: u32,
    pub gid: u32,
    pub rdev: u64,
    pad: u64,
    pub size: i64,
    blksize: i32,
    pad2: i32,
    blocks: i64,
    pub atime: i64,
    pub atime_ns: i64,
    pub mtime: i64,
    pub mtime_ns: i64,
    ctime: i64,
    ctime_ns: i64,
    unused: [u32; 2],
}

/// The type of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Regular,
    Folder,
    Link,
    Character,
    Block,
    Fifo,
    Socket,
    /// A file without a type: epoll, eventfd and the like.
    Nameless,
}

impl Stat {
    pub fn kind(&self) -> Kind {
        match self.mode & 0o170_000 {
            0o100_000 => Kind::Regular,
            0o040_000 => Kind::Folder,
            0o120_000 => Kind::Link,
            0o020_000 => Kind::Character,
            0o060_000 => Kind::Block,
            0o010_000 => Kind::Fifo,
            0o140_000 => Kind::Socket,
            _ => Kind::Nameless,
        }
    }

    /// Returns the major and minor number of a character device.
    pub fn device(&self) -> (u64, u64) {
        let major = ((self.rdev >> 8) & 0xfff) | ((self.rdev >> 32) & !0xfff);
        let minor = (self.rdev & 0xff) | ((self.rdev >> 12) & !0xff);
        (major, minor)
    }
}

pub fn fstat(fd: c_int) -> Result<Stat, c_int> {
    let mut stat = Stat::default();
    call!(nr::FSTAT, fd, &raw mut stat)?;
    Ok(stat)
}

pub fn fstatat(dir: c_int, path: &CStr, flags: c_int) -> Result<Stat, c_int> {
    let mut stat = Stat::default();
    call!(nr::NEWFSTATAT, dir, path.as_ptr(), &raw mut stat, flags)?;
    Ok(stat)
}

pub fn lstat(path: &CStr) -> Result<Stat, c_int> {
    fstatat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW)
}

pub fn openat(dir: c_int, path: &CStr, flags: c_int, mode: u32) -> Result<c_int, c_int> {
    loop {
        match call!(nr::OPENAT, dir, path.as_ptr(), flags | O_CLOEXEC, mode) {
            Err(EINTR) => {}
            answer => return answer.map(|fd| fd as c_int),
        }
    }
}

pub fn open(path: &CStr, flags: c_int) -> Result<c_int, c_int> {
    openat(AT_FDCWD, path, flags, 0)
}

/// Creates a file without a name, in memory.
pub fn memory_file() -> Result<c_int, c_int> {
    call!(nr::MEMFD_CREATE, c"ambidex".as_ptr(), 1).map(|fd| fd as c_int)
}

pub fn close(fd: c_int) {
    let _ = call!(nr::CLOSE, fd);
}

/// A descriptor of the library's own, which is closed when this is dropped.
pub struct Own(pub c_int);

impl Drop for Own {
    fn drop(&mut self) {
        close(self.0);
    }
}

pub fn read(fd: c_int, into: &mut [u8]) -> Answer {
    loop {
        match call!(nr::READ, fd, into.as_mut_ptr(), into.len()) {
            Err(EINTR) => {}
            answer => return answer,
        }
    }
}

/// Reads the whole of a small file, such as those in /proc.
pub fn read_file(path: &CStr) -> Result<Vec<u8>, c_int> {
    let fd = Own(open(path, O_RDONLY)?);
    let mut all = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match read(fd.0, &mut piece)? {
            0 => return Ok(all),
            length => all.extend_from_slice(&piece[..length]),
        }
    }
}

pub fn write(fd: c_int, bytes: &[u8]) -> Answer {
    loop {
        match call!(nr::WRITE, fd, bytes.as_ptr(), bytes.len()) {
            Err(EINTR) => {}
            answer => return answer,
        }
    }
}

pub fn write_all(fd: c_int, mut bytes: &[u8]) -> Result<(), c_int> {
    while !bytes.is_empty() {
        let length = write(fd, bytes)?;
        bytes = &bytes[length..];
    }
    Ok(())
}

pub fn pread(fd: c_int, into: &mut [u8], offset: i64) -> Answer {
    call!(nr::PREAD64, fd, into.as_mut_ptr(), into.len(), offset)
}

pub fn lseek(fd: c_int, offset: i64, whence: c_int) -> Answer {
    call!(nr::LSEEK, fd, offset, whence)
}

pub fn ftruncate(fd: c_int, length: i64) -> Answer {
    call!(nr::FTRUNCATE, fd, length)
}

/// Makes the file `to` share the content of `from`, if the file system can.
pub fn clone_content(to: c_int, from: c_int) -> Answer {
    call!(nr::IOCTL, to, FICLONE, from)
}

pub fn readlinkat(dir: c_int, path: &CStr, into: &mut [u8]) -> Answer {
    call!(nr::READLINKAT, dir, path.as_ptr(), into.as_mut_ptr(), into.len())
}

pub fn getcwd(into: &mut [u8]) -> Answer {
    // The kernel counts the NUL.
    call!(nr::GETCWD, into.as_mut_ptr(), into.len()).map(|length| length.saturating_sub(1))
}

pub fn unlinkat(dir: c_int, path: &CStr, flags: c_int) -> Answer {
    call!(nr::UNLINKAT, dir, path.as_ptr(), flags)
}

pub fn rename(from: &CStr, to: &CStr) -> Answer {
    call!(nr::RENAMEAT, AT_FDCWD, from.as_ptr(), AT_FDCWD, to.as_ptr())
}

pub fn link(from: &CStr, to: &CStr) -> Answer {
    call!(nr::LINKAT, AT_FDCWD, from.as_ptr(), AT_FDCWD, to.as_ptr(), 0)
}

pub fn getdents(fd: c_int, into: &mut [u8]) -> Answer {
    call!(nr::GETDENTS64, fd, into.as_mut_ptr(), into.len())
}

/// Calls `see` with each entry of an open directory until `see` returns false.
pub fn entries(fd: c_int, mut see: impl FnMut(&[u8]) -> bool) -> Result<(), c_int> {
    #[repr(align(8))]
    struct Room([u8; 4096]);
    let mut room = Room([0; 4096]);
    loop {
        let length = getdents(fd, &mut room.0)?;
        if length == 0 {
            return Ok(());
        }
        let mut at = 0;
        while at + 19 < length {
            let size = usize::from(u16::from_ne_bytes([room.0[at + 16], room.0[at + 17]]));
            let name = CStr::from_bytes_until_nul(&room.0[at + 19..length]).unwrap_or_default().to_bytes();
            if name != b"." && name != b".." && !see(name) {
                return Ok(());
            }
            at += size.max(19);
        }
    }
}

pub fn status_flags(fd: c_int) -> Result<c_int, c_int> {
    call!(nr::FCNTL, fd, F_GETFL).map(|flags| flags as c_int)
}

/// Moves a descriptor out of the way of the numbers that the program expects, if possible.
pub fn move_high(fd: c_int) -> c_int {
    match call!(nr::FCNTL, fd, F_DUPFD_CLOEXEC, 500) {
        Ok(high) => {
            close(fd);
            high as c_int
        }
        Err(_) => fd,
    }
}

/// Duplicates a descriptor of the program. The copy is closed on exec.
pub fn duplicate(fd: c_int) -> Result<c_int, c_int> {
    call!(nr::FCNTL, fd, F_DUPFD_CLOEXEC, 3).map(|fd| fd as c_int)
}

pub fn dup3(from: c_int, to: c_int, flags: c_int) -> Answer {
    call!(nr::DUP3, from, to, flags)
}
