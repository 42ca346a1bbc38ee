//! Flags and error numbers of the kernel.

use std::ffi::c_int;

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

pub const F_GETFL: c_int = 3;
pub const F_DUPFD_CLOEXEC: c_int = 1030;
pub const FICLONE: usize = 0x4004_9409;

pub const AF_UNIX: usize = 1;
pub const SOCK_STREAM: usize = 1;
pub const SOCK_CLOEXEC: usize = 0o2_000_000;
pub const MSG_NOSIGNAL: usize = 0x4000;
pub const MSG_WAITALL: usize = 0x100;

pub const PR_SET_PDEATHSIG: usize = 1;
pub const WNOHANG: c_int = 1;
pub const WNOWAIT: usize = 0x100_0000;
pub const WEXITED: usize = 4;
pub const WSTOPPED: usize = 2;
pub const WCLONE: c_int = 0x8000_0000_u32 as c_int;
pub const WALL: c_int = 0x4000_0000;

pub const SIG_BLOCK: c_int = 0;
pub const SIG_UNBLOCK: c_int = 1;
pub const SIG_SETMASK: c_int = 2;
pub const SIGKILL: c_int = 9;
pub const SIGCHLD: c_int = 17;
