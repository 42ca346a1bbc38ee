//! The attributes that a command inherits from the process that starts it, besides its environment and working
//! directory.
//!
//! Commands that the engine starts have the engine's attributes. If a process has changed its own attributes, the
//! engine leaves its commands to it.

use rustix::process::{Resource, getpriority_process, getrlimit};

/// The resource limits in the order of their numbers (getrlimit(2)).
const RESOURCES: [Resource; 16] = [
    Resource::Cpu,
    Resource::Fsize,
    Resource::Data,
    Resource::Stack,
    Resource::Core,
    Resource::Rss,
    Resource::Nproc,
    Resource::Nofile,
    Resource::Memlock,
    Resource::As,
    Resource::Locks,
    Resource::Sigpending,
    Resource::Msgqueue,
    Resource::Nice,
    Resource::Rtprio,
    Resource::Rttime,
];

/// Returns the attributes of the engine's commands, in the format in which the preloaded library sends those of its
/// process: the umask, the niceness, the limits, and the blocked signals (none in the engine's commands). None if the
/// kernel does not say.
pub(crate) fn of_commands() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let umask = status.lines().find_map(|line| line.strip_prefix("Umask:"))?.trim();
    let nice = getpriority_process(None).ok()?;
    let limits = RESOURCES.map(|resource| {
        let limit = getrlimit(resource);
        format!("{}:{}", limit.current.unwrap_or(u64::MAX), limit.maximum.unwrap_or(u64::MAX))
    });
    Some(format!("{umask} {nice} {} {:016x}", limits.join(","), 0))
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_parts_are_there() {
        let attributes = super::of_commands().expect("Linux 4.7 and newer tell the umask");
        let parts: Vec<&str> = attributes.split(' ').collect();
        assert_eq!(parts.len(), 4, "{attributes}");
        assert_eq!(parts[2].split(',').count(), 16, "{attributes}");
        assert_eq!(parts[3], "0000000000000000");
    }
}
