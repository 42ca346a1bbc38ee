//! The numbers of system calls.

pub use self::of_machine::*;

#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
mod of_machine {
    pub const READ: usize = 0; pub const WRITE: usize = 1; pub const CLOSE: usize = 3; pub const FSTAT: usize = 5;
    pub const LSEEK: usize = 8; pub const MMAP: usize = 9; pub const MUNMAP: usize = 11;
    pub const RT_SIGPROCMASK: usize = 14; pub const IOCTL: usize = 16;
    pub const PREAD64: usize = 17; pub const SCHED_YIELD: usize = 24; pub const GETITIMER: usize = 36;
    pub const GETPID: usize = 39; pub const SOCKET: usize = 41; pub const CONNECT: usize = 42;
    pub const RECVFROM: usize = 45; pub const SENDMSG: usize = 46; pub const CLONE: usize = 56;
    pub const WAIT4: usize = 61; pub const KILL: usize = 62; pub const FCNTL: usize = 72;
    pub const FTRUNCATE: usize = 77; pub const GETCWD: usize = 79;
    pub const GETPPID: usize = 110; pub const RT_SIGPENDING: usize = 127;
    pub const GETPRIORITY: usize = 140; pub const PRCTL: usize = 157; pub const GETTID: usize = 186;
    pub const GETDENTS64: usize = 217; pub const EXIT_GROUP: usize = 231; pub const WAITID: usize = 247;
    pub const OPENAT: usize = 257; pub const NEWFSTATAT: usize = 262; pub const UNLINKAT: usize = 263;
    pub const RENAMEAT: usize = 264; pub const LINKAT: usize = 265; pub const READLINKAT: usize = 267;
    pub const PPOLL: usize = 271; pub const DUP3: usize = 292;
    pub const PRLIMIT64: usize = 302; pub const STATX: usize = 332; pub const EXECVE: usize = 59; pub const CLOSE_RANGE: usize = 436;
    pub const SETPGID: usize = 109; pub const MEMFD_CREATE: usize = 319;
    pub const FUTEX: usize = 202; pub const GETRANDOM: usize = 318; pub const MEMBARRIER: usize = 324;
}

#[cfg(target_arch = "aarch64")]
#[rustfmt::skip]
mod of_machine {
    pub const READ: usize = 63; pub const WRITE: usize = 64; pub const CLOSE: usize = 57; pub const FSTAT: usize = 80;
    pub const LSEEK: usize = 62; pub const MMAP: usize = 222; pub const MUNMAP: usize = 215;
    pub const RT_SIGPROCMASK: usize = 135; pub const IOCTL: usize = 29;
    pub const PREAD64: usize = 67; pub const SCHED_YIELD: usize = 124; pub const GETITIMER: usize = 102;
    pub const GETPID: usize = 172; pub const SOCKET: usize = 198; pub const CONNECT: usize = 203;
    pub const RECVFROM: usize = 207; pub const SENDMSG: usize = 211; pub const CLONE: usize = 220;
    pub const WAIT4: usize = 260; pub const KILL: usize = 129; pub const FCNTL: usize = 25;
    pub const FTRUNCATE: usize = 46; pub const GETCWD: usize = 17;
    pub const GETPPID: usize = 173; pub const RT_SIGPENDING: usize = 136;
    pub const GETPRIORITY: usize = 141; pub const PRCTL: usize = 167; pub const GETTID: usize = 178;
    pub const GETDENTS64: usize = 61; pub const EXIT_GROUP: usize = 94; pub const WAITID: usize = 95;
    pub const OPENAT: usize = 56; pub const NEWFSTATAT: usize = 79; pub const UNLINKAT: usize = 35;
    pub const RENAMEAT: usize = 38; pub const LINKAT: usize = 37; pub const READLINKAT: usize = 78;
    pub const PPOLL: usize = 73; pub const DUP3: usize = 24;
    pub const PRLIMIT64: usize = 261; pub const STATX: usize = 291; pub const EXECVE: usize = 221; pub const CLOSE_RANGE: usize = 436;
    pub const SETPGID: usize = 154; pub const MEMFD_CREATE: usize = 279;
    pub const FUTEX: usize = 98; pub const GETRANDOM: usize = 278; pub const MEMBARRIER: usize = 283;
}
