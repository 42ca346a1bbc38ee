//! Facts about the machine and its user that commands may ask for, and whether these have changed.

use std::fmt;
use std::sync::LazyLock;

use ambidex_store::Digest;
use serde::{Deserialize, Serialize};

/// Something that a result may depend on, besides files and environment variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Fact {
    /// The meaning of `-march=native`.
    Processor,
    /// The number of processors that can be used.
    Processors,
    /// The kernel, and the name of the host (uname(2)).
    Kernel,
    /// The user and the groups of the process (credentials(7)).
    User,
}

impl Fact {
    /// Returns a hash of the fact as it is now.
    pub fn now(self) -> Digest {
        static PROCESSOR: LazyLock<Digest> = LazyLock::new(processor);
        static PROCESSORS: LazyLock<Digest> = LazyLock::new(processors);
        static KERNEL: LazyLock<Digest> = LazyLock::new(kernel);
        static USER: LazyLock<Digest> = LazyLock::new(user);
        match self {
            Self::Processor => *PROCESSOR,
            Self::Processors => *PROCESSORS,
            Self::Kernel => *KERNEL,
            Self::User => *USER,
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Processor => "the processor has changed, and the command generates code for it",
            Self::Processors => "the number of processors has changed, and the command asks for it",
            Self::Kernel => "the kernel or the host name has changed, and the command asks for it",
            Self::User => "the user has changed, and the command asks for the user",
        })
    }
}

fn processor() -> Digest {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let telling = ["vendor_id", "cpu family", "model", "stepping", "flags", "Features", "CPU"];
    let first = text.split("\n\n").next().unwrap_or_default();
    let lines = first.lines().filter(|line| {
        let name = line.split(':').next().unwrap_or_default().trim();
        telling.iter().any(|start| name.starts_with(start)) && name != "cpu MHz"
    });
    Digest::of(lines.collect::<Vec<_>>().join("\n").as_bytes())
}

fn processors() -> Digest {
    let count = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    Digest::of(&count.to_le_bytes())
}

fn kernel() -> Digest {
    let all = rustix::system::uname();
    let parts = [all.sysname(), all.nodename(), all.release(), all.version(), all.machine()];
    Digest::of(&parts.map(std::ffi::CStr::to_bytes_with_nul).concat())
}

fn user() -> Digest {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let told =
        status.lines().filter(|line| ["Uid:", "Gid:", "Groups:"].iter().any(|name| line.starts_with(name)));
    Digest::of(told.collect::<Vec<_>>().join("\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::Fact;

    #[test]
    fn facts_are_known_and_differ() {
        let all = [Fact::Processor, Fact::Processors, Fact::Kernel, Fact::User].map(Fact::now);
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one));
        }
        assert_eq!(all, [Fact::Processor, Fact::Processors, Fact::Kernel, Fact::User].map(Fact::now));
    }
}
