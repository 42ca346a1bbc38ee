//! Which machine this is, and since which boot.

use std::{fs, io};

/// The file with a random text that is another one on each machine and after each boot (random(4)).
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// Returns what tells this boot of this machine from all others.
///
/// # Errors
/// If the system doesn't say.
pub(crate) fn id() -> io::Result<Vec<u8>> {
    fs::read(BOOT)
}
