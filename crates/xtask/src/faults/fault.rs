//! The faults: what each one is, and how to cause it.

use std::fmt;
use std::path::Path;
use std::process::Command;

/// A kind of fault in a build.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// The engine is killed (`kill -9`) as it makes one of the system calls that change files.
    KilledEngine,
    /// A Python process of the build is killed.
    KilledPython,
    /// A compiler, an assembler or a linker is killed.
    KilledCompiler,
    /// A system call of the engine fails because the disk is full.
    NoSpace,
    /// A system call of the engine fails because the disk is broken.
    InputOutput,
    /// A system call of the engine fails because too many files are open.
    NoDescriptors,
    /// The disk of project and store becomes full at some time: writes of all programs are short, and then fail.
    FullDisk,
}

impl Fault {
    pub(super) const ALL: [Self; 7] = [
        Self::KilledEngine,
        Self::KilledPython,
        Self::KilledCompiler,
        Self::NoSpace,
        Self::InputOutput,
        Self::NoDescriptors,
        Self::FullDisk,
    ];

    /// Returns the system calls at which the engine fails or is killed, or `None` if the fault is of another kind.
    fn calls(self) -> Option<&'static str> {
        Some(match self {
            Self::KilledEngine => {
                "write,pwrite64,writev,ftruncate,fallocate,copy_file_range,sendfile,ioctl,rename,renameat,renameat2,link,\
                 linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,fchmod,chmod,utimensat"
            }
            Self::NoSpace => {
                "write,pwrite64,writev,ftruncate,fallocate,copy_file_range,rename,renameat,renameat2,link,linkat,\
                 symlink,symlinkat,mkdir,mkdirat"
            }
            Self::InputOutput => {
                "read,pread64,readv,write,pwrite64,writev,ftruncate,copy_file_range,rename,renameat,renameat2,\
                 getdents64,newfstatat,statx"
            }
            Self::NoDescriptors => {
                "open,openat,openat2,pipe,pipe2,socket,socketpair,accept,accept4,dup,memfd_create,pidfd_open,\
                 epoll_create1,eventfd2"
            }
            Self::KilledPython | Self::KilledCompiler | Self::FullDisk => return None,
        })
    }

    /// Returns what happens at such a call, in strace's syntax.
    fn what(self) -> &'static str {
        match self {
            Self::NoSpace => "error=ENOSPC",
            Self::InputOutput => "error=EIO",
            Self::NoDescriptors => "error=EMFILE",
            _ => "signal=KILL",
        }
    }

    /// Returns whether the engine meets an error, so that it must print a message and go on or end.
    pub(super) fn is_error(self) -> bool {
        matches!(self, Self::NoSpace | Self::InputOutput | Self::NoDescriptors | Self::FullDisk)
    }

    /// Returns an strace command to which the program's arguments can be added. Each thread of the program meets the
    /// fault at its `when`th call; the programs that it starts meet no fault (`--detach-on=execve`). Returns `None` for
    /// a fault that does not use strace.
    pub(super) fn injected(self, program: &Path, when: u64, log: &Path) -> Option<Command> {
        let calls = self.calls()?;
        let mut command = Command::new("strace");
        command.args(["-f", "--detach-on=execve", "-y", "-qq", "-o"]).arg(log);
        command.args(["-e", &format!("trace=?{}", calls.replace(',', ",?"))]);
        command.args(["-e", &format!("inject=?{}:{}:when={when}", calls.replace(',', ",?"), self.what())]);
        command.arg("--").arg(program);
        Some(command)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KilledEngine => "engine killed at a write",
            Self::KilledPython => "Python killed",
            Self::KilledCompiler => "compiler killed",
            Self::NoSpace => "ENOSPC",
            Self::InputOutput => "EIO",
            Self::NoDescriptors => "EMFILE",
            Self::FullDisk => "full disk (short writes)",
        })
    }
}

/// Returns whether the build met the fault, according to strace's log.
pub(super) fn met(log: &str) -> bool {
    log.contains("(INJECTED)") || log.contains("killed by SIGKILL")
}

/// Returns whether the fault can happen in reality. No disk is behind a pipe or a socket, but strace can't exclude
/// those.
pub(super) fn is_real(log: &str) -> bool {
    let has_no_disk = |line: &str| line.contains("<pipe:") || line.contains("<socket:");
    !log.lines().any(|line| line.contains("(INJECTED)") && has_no_disk(line)) || log.contains("-1 EMFILE")
}

/// Returns what the last call that met the fault was about: the state, the store, the outputs, or something else.
pub(super) fn about(log: &str, store: &Path) -> &'static str {
    let is_met = |line: &&str| line.contains("(INJECTED)") || line.contains("= ?");
    let line = log.lines().rev().find(is_met).unwrap_or_default();
    if line.contains(&*store.to_string_lossy()) {
        "store"
    } else if line.contains("/.ambidex/state") {
        "state"
    } else if line.contains("/build/") {
        "outputs"
    } else {
        "other"
    }
}
