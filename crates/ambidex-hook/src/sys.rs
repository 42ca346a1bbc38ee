//! The kernel: raw system calls, their numbers, constants and structures.
//!
//! This is the one place of plain system calls. All of the library's own work goes through here and not through the C
//! library, whose functions are hooked. The functions are safe where the kernel checks what it is given; those that
//! take addresses of the caller are not.

use std::arch::asm;
use std::ffi::{CStr, c_int};

use self::number as nr;

#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
pub mod number {
    pub const READ: usize = 0; pub const WRITE: usize = 1; pub const CLOSE: usize = 3; pub const FSTAT: usize = 5;
    pub const LSEEK: usize = 8; pub const MMAP: usize = 9; pub const MUNMAP: usize = 11;
    pub const RT_SIGPROCMASK: usize = 14; pub const IOCTL: usize = 16;
    pub const PREAD64: usize = 17; pub const SCHED_YIELD: usize = 24; pub const GETITIMER: usize = 36;
    pub const GETPID: usize = 39; pub const SOCKET: usize = 41; pub const CONNECT: usize = 42;
    pub const RECVFROM: usize = 45; pub const SENDMSG: usize = 46; pub const CLONE: usize = 56;
    pub const WAIT4: usize = 61; pub const KILL: usize = 62; pub const FCNTL: usize = 72;
    pub const FTRUNCATE: usize = 77; pub const GETCWD: usize = 79;
    pub const GETPPID: usize = 110; pub const RT_SIGPENDING: usize = 127; pub const RT_SIGTIMEDWAIT: usize = 128;
    pub const GETPRIORITY: usize = 140; pub const PRCTL: usize = 157; pub const GETTID: usize = 186;
    pub const GETDENTS64: usize = 217; pub const EXIT_GROUP: usize = 231; pub const WAITID: usize = 247;
    pub const OPENAT: usize = 257; pub const NEWFSTATAT: usize = 262; pub const UNLINKAT: usize = 263;
    pub const RENAMEAT: usize = 264; pub const LINKAT: usize = 265; pub const READLINKAT: usize = 267;
    pub const PPOLL: usize = 271; pub const DUP3: usize = 292;
    pub const PRLIMIT64: usize = 302; pub const STATX: usize = 332; pub const EXECVE: usize = 59; pub const CLOSE_RANGE: usize = 436;
    pub const FUTEX: usize = 202; pub const GETRANDOM: usize = 318; pub const MEMBARRIER: usize = 324;
}

#[cfg(target_arch = "aarch64")]
#[rustfmt::skip]
pub mod number {
    pub const READ: usize = 63; pub const WRITE: usize = 64; pub const CLOSE: usize = 57; pub const FSTAT: usize = 80;
    pub const LSEEK: usize = 62; pub const MMAP: usize = 222; pub const MUNMAP: usize = 215;
    pub const RT_SIGPROCMASK: usize = 135; pub const IOCTL: usize = 29;
    pub const PREAD64: usize = 67; pub const SCHED_YIELD: usize = 124; pub const GETITIMER: usize = 102;
    pub const GETPID: usize = 172; pub const SOCKET: usize = 198; pub const CONNECT: usize = 203;
    pub const RECVFROM: usize = 207; pub const SENDMSG: usize = 211; pub const CLONE: usize = 220;
    pub const WAIT4: usize = 260; pub const KILL: usize = 129; pub const FCNTL: usize = 25;
    pub const FTRUNCATE: usize = 46; pub const GETCWD: usize = 17;
    pub const GETPPID: usize = 173; pub const RT_SIGPENDING: usize = 136; pub const RT_SIGTIMEDWAIT: usize = 137;
    pub const GETPRIORITY: usize = 141; pub const PRCTL: usize = 167; pub const GETTID: usize = 178;
    pub const GETDENTS64: usize = 61; pub const EXIT_GROUP: usize = 94; pub const WAITID: usize = 95;
    pub const OPENAT: usize = 56; pub const NEWFSTATAT: usize = 79; pub const UNLINKAT: usize = 35;
    pub const RENAMEAT: usize = 38; pub const LINKAT: usize = 37; pub const READLINKAT: usize = 78;
    pub const PPOLL: usize = 73; pub const DUP3: usize = 24;
    pub const PRLIMIT64: usize = 261; pub const STATX: usize = 291; pub const EXECVE: usize = 221; pub const CLOSE_RANGE: usize = 436;
    pub const FUTEX: usize = 98; pub const GETRANDOM: usize = 278; pub const MEMBARRIER: usize = 283;
}

pub const ENOENT: c_int = 2;
pub const ENOTDIR: c_int = 20;
pub const EINTR: c_int = 4;
pub const EAGAIN: c_int = 11;
pub const EFAULT: c_int = 14;
pub const EEXIST: c_int = 17;
pub const EINVAL: c_int = 22;
pub const ENOSYS: c_int = 38;
pub const ENOTEMPTY: c_int = 39;

pub const AT_FDCWD: c_int = -100;
pub const AT_SYMLINK_NOFOLLOW: c_int = 0x100;
pub const X_OK: c_int = 1;
pub const AT_REMOVEDIR: c_int = 0x200;

pub const O_ACCMODE: c_int = 3;
pub const O_RDONLY: c_int = 0;
pub const O_WRONLY: c_int = 1;
pub const O_RDWR: c_int = 2;
pub const O_CREAT: c_int = 0o100;
pub const O_EXCL: c_int = 0o200;
pub const O_TRUNC: c_int = 0o1000;
pub const O_APPEND: c_int = 0o2000;
#[cfg(target_arch = "x86_64")]
pub const O_DIRECTORY: c_int = 0o200_000;
#[cfg(target_arch = "x86_64")]
pub const O_NOFOLLOW: c_int = 0o400_000;
#[cfg(target_arch = "aarch64")]
pub const O_DIRECTORY: c_int = 0o40_000;
#[cfg(target_arch = "aarch64")]
pub const O_NOFOLLOW: c_int = 0o100_000;
pub const O_CLOEXEC: c_int = 0o2_000_000;
pub const O_PATH: c_int = 0o10_000_000;
pub const O_TMPFILE: c_int = 0o20_000_000 | O_DIRECTORY;

const F_GETFL: c_int = 3;
const F_DUPFD_CLOEXEC: c_int = 1030;
const FICLONE: usize = 0x4004_9409;

const AF_UNIX: usize = 1;
const SOCK_STREAM: usize = 1;
const SOCK_CLOEXEC: usize = 0o2_000_000;
const MSG_NOSIGNAL: usize = 0x4000;
const MSG_WAITALL: usize = 0x100;

pub const PR_SET_PDEATHSIG: usize = 1;
pub const WNOHANG: c_int = 1;
const WNOWAIT: usize = 0x100_0000;
const WEXITED: usize = 4;
const WSTOPPED: usize = 2;
pub const WCLONE: c_int = 0x8000_0000_u32 as c_int;
pub const WALL: c_int = 0x4000_0000;

pub const SIG_BLOCK: c_int = 0;
pub const SIG_UNBLOCK: c_int = 1;
pub const SIG_SETMASK: c_int = 2;
pub const SIGKILL: c_int = 9;
pub const SIGCHLD: c_int = 17;

/// What a system call gives: a number, or an error's number.
pub type Answer = Result<usize, c_int>;

/// A raw system call.
///
/// # Safety
/// The arguments must be what the call expects; addresses among them must be good for it.
#[inline]
unsafe fn call(number: usize, arguments: [usize; 6]) -> Answer {
    let answer: isize;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the registers are those of the kernel's convention.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => answer,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            in("r8") arguments[4],
            in("r9") arguments[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack)
        );
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: the registers are those of the kernel's convention.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") arguments[0] => answer,
            in("x1") arguments[1],
            in("x2") arguments[2],
            in("x3") arguments[3],
            in("x4") arguments[4],
            in("x5") arguments[5],
            options(nostack)
        );
    }
    if (-4095..0).contains(&answer) { Err(-answer as c_int) } else { Ok(answer as usize) }
}

macro_rules! call {
    ($number:expr $(, $argument:expr)*) => {{
        #[allow(unused_mut)]
        let mut arguments = [0_usize; 6];
        #[allow(unused_mut)]
        let mut _at = 0;
        $( arguments[_at] = $argument as usize; _at += 1; )*
        // SAFETY: references and slices of the caller live as long as the call; the rest are plain numbers.
        unsafe { call($number, arguments) }
    }};
}

unsafe extern "C" {
    fn fileno(stream: *mut std::ffi::c_void) -> c_int;
    fn __errno_location() -> *mut c_int;
}

pub fn set_errno(number: c_int) {
    // SAFETY: the C library gives this thread's errno.
    unsafe { *__errno_location() = number }
}

pub fn errno() -> c_int {
    // SAFETY: the C library gives this thread's errno.
    unsafe { *__errno_location() }
}

/// Gives errno back its value when it goes: our work must not be seen in it.
pub struct Errno(c_int);

impl Errno {
    pub fn keep() -> Self {
        Self(errno())
    }
}

impl Drop for Errno {
    fn drop(&mut self) {
        set_errno(self.0);
    }
}

/// What the kernel says of a file.
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

/// What the kernel says of a file.
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

/// The kinds of files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Regular,
    Folder,
    Link,
    Character,
    Block,
    Fifo,
    Socket,
    /// Something without a kind: epoll, eventfd and the like.
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

    /// The numbers of a character device.
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

pub fn close(fd: c_int) {
    let _ = call!(nr::CLOSE, fd);
}

/// A descriptor of our own, closed when it goes.
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

/// The whole of a small file, such as those in /proc.
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

/// Makes the file `to` share the content of `from`, where the file system can.
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

/// Goes through the entries of an open folder, until `see` answers false.
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

/// Moves a descriptor out of the way of those that the program counts on, if it can be.
pub fn move_high(fd: c_int) -> c_int {
    match call!(nr::FCNTL, fd, F_DUPFD_CLOEXEC, 500) {
        Ok(high) => {
            close(fd);
            high as c_int
        }
        Err(_) => fd,
    }
}

/// A copy of a descriptor of the program, which children don't get.
pub fn duplicate(fd: c_int) -> Result<c_int, c_int> {
    call!(nr::FCNTL, fd, F_DUPFD_CLOEXEC, 3).map(|fd| fd as c_int)
}

pub fn dup3(from: c_int, to: c_int, flags: c_int) -> Answer {
    call!(nr::DUP3, from, to, flags)
}

/// A new stream to the socket of that path.
pub fn connect(path: &[u8]) -> Result<c_int, c_int> {
    let mut address = [0_u8; 110];
    if path.len() >= 108 {
        return Err(EINVAL);
    }
    address[..2].copy_from_slice(&(AF_UNIX as u16).to_ne_bytes());
    address[2..2 + path.len()].copy_from_slice(path);
    let fd = call!(nr::SOCKET, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)? as c_int;
    loop {
        match call!(nr::CONNECT, fd, address.as_ptr(), 2 + path.len() + 1) {
            Ok(_) => return Ok(move_high(fd)),
            Err(EINTR) => {}
            Err(number) => {
                close(fd);
                return Err(number);
            }
        }
    }
}

/// A piece of what is sent.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Piece {
    pub start: *const u8,
    pub length: usize,
}

impl Piece {
    pub fn of(bytes: &[u8]) -> Self {
        Self { start: bytes.as_ptr(), length: bytes.len() }
    }
}

#[repr(C)]
struct Message {
    name: usize,
    name_length: usize,
    pieces: *mut Piece,
    count: usize,
    control: *const u8,
    control_length: usize,
    flags: c_int,
}

/// Two descriptors, as a message carries them.
#[repr(C)]
struct Rights {
    length: usize,
    level: c_int,
    kind: c_int,
    fds: [c_int; 2],
}

/// Sends all pieces as one message, with the two descriptors if there are some. It never raises SIGPIPE.
///
/// # Safety
/// The pieces must be readable, or the kernel answers EFAULT.
pub unsafe fn send(fd: c_int, pieces: &mut [Piece], fds: Option<[c_int; 2]>) -> Result<(), c_int> {
    let rights = Rights { length: 24, level: 1, kind: 1, fds: fds.unwrap_or([-1; 2]) };
    let mut control = fds.is_some();
    let mut from = 0;
    while from < pieces.len() {
        if pieces[from].length == 0 {
            from += 1;
            continue;
        }
        let message = Message {
            name: 0,
            name_length: 0,
            pieces: pieces[from..].as_mut_ptr(),
            count: pieces.len() - from,
            control: if control { (&raw const rights).cast() } else { std::ptr::null() },
            control_length: if control { 24 } else { 0 },
            flags: 0,
        };
        match call!(nr::SENDMSG, fd, &raw const message, MSG_NOSIGNAL) {
            Ok(mut sent) => {
                control = false;
                while from < pieces.len() && sent >= pieces[from].length {
                    sent -= pieces[from].length;
                    from += 1;
                }
                if from < pieces.len() {
                    // SAFETY: the piece is longer than what was sent of it.
                    pieces[from].start = unsafe { pieces[from].start.add(sent) };
                    pieces[from].length -= sent;
                }
            }
            Err(EINTR) => {}
            Err(EAGAIN) => writable(fd),
            Err(number) => return Err(number),
        }
    }
    Ok(())
}

/// Waits until a socket takes more.
fn writable(fd: c_int) {
    let mut poll = [fd, 4];
    let _ = call!(nr::PPOLL, poll.as_mut_ptr(), 1);
}

/// Fills `into` from a socket; an end before that is an error. Signal handlers may run in between.
pub fn receive(fd: c_int, into: &mut [u8]) -> Result<(), c_int> {
    let mut have = 0;
    while have < into.len() {
        match call!(nr::RECVFROM, fd, into[have..].as_mut_ptr(), into.len() - have, MSG_WAITALL) {
            Ok(0) => return Err(ENOENT),
            Ok(more) => have += more,
            Err(EINTR) => {}
            Err(number) => return Err(number),
        }
    }
    Ok(())
}

pub fn getpid() -> c_int {
    call!(nr::GETPID).map_or(0, |pid| pid as c_int)
}

pub fn getppid() -> c_int {
    call!(nr::GETPPID).map_or(0, |pid| pid as c_int)
}

pub fn gettid() -> c_int {
    call!(nr::GETTID).map_or(0, |tid| tid as c_int)
}

pub fn sched_yield() {
    let _ = call!(nr::SCHED_YIELD);
}

/// Sleeps for some milliseconds, or until a signal is handled.
pub fn pause(milliseconds: i64) {
    let time = [milliseconds / 1000, milliseconds % 1000 * 1_000_000];
    let _ = call!(nr::PPOLL, 0, 0, time.as_ptr());
}

pub fn kill(pid: c_int, signal: c_int) -> Answer {
    call!(nr::KILL, pid, signal)
}

pub fn exit_group(status: c_int) -> ! {
    loop {
        let _ = call!(nr::EXIT_GROUP, status);
    }
}

/// A fork that nobody hears of: without SIGCHLD, and without the C library's handlers. 0 is the child's answer.
///
/// # Safety
/// The child must know that locks held by other threads are held for ever in it.
pub unsafe fn quiet_fork() -> Result<c_int, c_int> {
    call!(nr::CLONE, 0, 0, 0, 0, 0).map(|pid| pid as c_int)
}

/// Waits for a child: its pid (0 if none has ended) and status.
pub fn wait4(pid: c_int, options: c_int) -> Result<(c_int, c_int), c_int> {
    let mut status = 0;
    call!(nr::WAIT4, pid, &raw mut status, options, 0).map(|pid| (pid as c_int, status))
}

/// Waits until any child has ended, clone children too, and leaves it to be waited for: its pid.
pub fn ended_child() -> Result<c_int, c_int> {
    let mut information = [0_i32; 32];
    call!(nr::WAITID, 0, 0, information.as_mut_ptr(), WEXITED | WNOWAIT | WALL as usize, 0)?;
    // Behind three words and a gap (waitid(2)).
    Ok(information[4])
}

/// Whether the process has children that it would hear of by SIGCHLD, also dead ones.
pub fn has_children() -> bool {
    let mut information = [0_u64; 16];
    call!(nr::WAITID, 0, 0, information.as_mut_ptr(), WEXITED | WSTOPPED | WNOHANG as usize | WNOWAIT, 0)
        .is_ok()
}

pub fn prctl(option: usize, value: usize) -> Answer {
    call!(nr::PRCTL, option, value)
}

/// Changes the mask of blocked signals; gives the old one. Bit n-1 stands for signal n.
pub fn signal_mask(how: c_int, mask: u64) -> u64 {
    let mut old = 0_u64;
    let _ = call!(nr::RT_SIGPROCMASK, how, &raw const mask, &raw mut old, 8);
    old
}

/// The signals that are blocked and have come.
pub fn pending_signals() -> u64 {
    let mut pending = 0_u64;
    let _ = call!(nr::RT_SIGPENDING, &raw mut pending, 8);
    pending
}

/// Takes a pending signal of the mask away without handling it, if there is one.
pub fn discard_signal(mask: u64) {
    let none = [0_i64; 2];
    let _ = call!(nr::RT_SIGTIMEDWAIT, &raw const mask, 0, none.as_ptr(), 8);
}

/// The soft and hard limit.
pub fn limit(resource: usize) -> [u64; 2] {
    let mut limit = [0; 2];
    let _ = call!(nr::PRLIMIT64, 0, resource, 0, limit.as_mut_ptr());
    limit
}

/// The descriptor of a stream of the C library.
///
/// # Safety
/// The stream must be open.
pub unsafe fn number_of(stream: *mut std::ffi::c_void) -> c_int {
    // SAFETY: the caller says so.
    unsafe { fileno(stream) }
}

/// Leaves no core file.
pub fn no_core() {
    let none = [0_u64; 2];
    let _ = call!(nr::PRLIMIT64, 0, 4, none.as_ptr(), 0);
}

pub fn nice() -> i64 {
    call!(nr::GETPRIORITY, 0, 0).map_or(0, |value| 20 - value as i64)
}

/// Whether one of the three interval timers runs.
pub fn timer_runs() -> bool {
    (0..3).any(|which| {
        let mut timer = [0_i64; 4];
        call!(nr::GETITIMER, which, timer.as_mut_ptr()).is_ok() && timer[2..] != [0, 0]
    })
}

/// Closes all descriptors there are.
pub fn close_all() {
    if call!(nr::CLOSE_RANGE, 0, u32::MAX, 0).is_ok() {
        return;
    }
    let last = limit(7)[0].min(65_536) as c_int;
    for fd in 0..last {
        close(fd);
    }
}

/// Maps the beginning of a file, shared and to be read only.
pub fn map_shared(fd: c_int, length: usize) -> Result<*const u8, c_int> {
    call!(nr::MMAP, 0, length, 1, 1, fd, 0).map(|address| address as *const u8)
}

/// Maps the beginning of a file, shared, to be read and written.
pub fn map_shared_to_write(fd: c_int, length: usize) -> Result<*mut u8, c_int> {
    call!(nr::MMAP, 0, length, 3, 1, fd, 0).map(|address| address as *mut u8)
}

/// Fresh memory.
pub fn map_memory(length: usize) -> Result<*mut u8, c_int> {
    call!(nr::MMAP, 0, length, 3, 0x22, usize::MAX, 0).map(|address| address as *mut u8)
}

/// Gives memory back.
///
/// # Safety
/// It must come from [`map_memory`] and not be used any more.
pub unsafe fn unmap(start: *mut u8, length: usize) {
    let _ = call!(nr::MUNMAP, start, length);
}
