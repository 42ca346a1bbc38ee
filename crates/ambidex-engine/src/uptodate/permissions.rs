//! The permissions that compilers give to their outputs.

use std::sync::LazyLock;

/// Returns the umask of this process, and so of the commands that it starts.
pub(super) fn umask() -> u32 {
    static UMASK: LazyLock<u32> = LazyLock::new(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
        line.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok()).unwrap_or(0o022)
    });
    *UMASK
}

/// Returns the permissions that a compiler gives to an output.
pub(super) fn expected_mode(executable: bool, umask: u32) -> u32 {
    (if executable { 0o777 } else { 0o666 }) & !umask
}
