//! The status of a file, and times by the file system's clock.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use ambidex_store::{Digest, open_regular};
use rustix::time::Timespec;
use serde::{Deserialize, Serialize};

/// The status of a file in the file system. The time of the last status change is part of it: unlike the modification
/// time, nobody can set it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Stat {
    pub device: u64,
    pub inode: u64,
    pub size: u64,
    pub modified: Time,
    pub changed: Time,
}

/// A time by a clock of the file system, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Time(i64);

impl Time {
    /// Creates a time. All times that have no room in a 64-bit number (after 2262) are the same.
    pub fn new(seconds: i64, nanoseconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds))
    }

    /// Returns the time in the kernel's form.
    pub fn timespec(self) -> Timespec {
        Timespec { tv_sec: self.seconds(), tv_nsec: self.0.rem_euclid(1_000_000_000) }
    }

    /// Returns the whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    fn is_whole(self) -> bool {
        self.0 % 1_000_000_000 == 0
    }
}

impl Stat {
    /// Returns the status of a file, with links followed; none if there is nothing that can be looked at.
    pub fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|data| Self::from(&data))
    }

    /// Returns whether a change after `now` would show: two changes within one tick of the file system's clock may
    /// carry the same time ("racy git", git's `Documentation/technical/racy-git.txt`). `now` is a time by that clock.
    pub fn is_settled(&self, now: Time) -> bool {
        if self.changed.is_whole() && self.modified.is_whole() {
            // The file system may count in whole seconds, or in steps of two (FAT).
            return self.changed.seconds() + 2 < now.seconds();
        }
        self.changed < now
    }
}

impl From<&Metadata> for Stat {
    fn from(data: &Metadata) -> Self {
        Self {
            device: data.dev(),
            inode: data.ino(),
            size: data.size(),
            modified: Time::new(data.mtime(), data.mtime_nsec()),
            changed: Time::new(data.ctime(), data.ctime_nsec()),
        }
    }
}

/// Returns whether an output that was left in a directory of its own, with this status, still has this content. Nobody
/// else writes there, so the output need not be in the table of files, where it would take a large part of a large
/// build's memory.
pub(crate) fn is_still(file: &Path, state: Option<Stat>, digest: &Digest) -> bool {
    let Some(now) = Stat::of(file) else { return false };
    Some(now) == state || open_regular(file).and_then(Digest::of_reader).is_ok_and(|found| found == *digest)
}
