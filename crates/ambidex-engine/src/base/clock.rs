//! The time that the file system would give to a change now.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use rustix::fs::{Timespec, Timestamps, UTIME_NOW, futimens};

use crate::base::stat::Time;

/// The file system's clock, read from a file of the engine's own.
///
/// Since Linux 6.13 a file system may date a change more finely than the kernel ticks, if a process has looked at the
/// file's times in between ("multigrain timestamps", Documentation/filesystems/multigrain-ts.rst); other file systems
/// use the tick. No clock that can be asked directly tells which. In either case, a change that comes after another
/// never has an earlier time.
#[derive(Debug)]
pub(crate) struct Clock(File);

impl Clock {
    /// Returns a clock that uses this file, whose times must not matter to anybody.
    pub fn of(file: File) -> Self {
        Self(file)
    }

    /// Returns the time that a change would get now.
    pub fn now(&self) -> Time {
        let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        let touched = futimens(&self.0, &Timestamps { last_access: now, last_modification: now });
        match touched.map_err(Into::into).and_then(|()| self.0.metadata()) {
            Ok(metadata) => modified(&metadata),
            Err(_) => tick(),
        }
    }

    /// Returns that time once it is later than `time`, so that everything that was changed until then has an earlier
    /// time. If the file system's ticks are too long to wait for one, the result may be equal to `time`.
    pub fn after(&self, time: Time) -> Time {
        let began = Instant::now();
        loop {
            let now = self.now();
            if now > time || began.elapsed() > LONGEST_TICK {
                return now;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The longest tick of a Linux kernel, which is configured for 100 to 1,000 ticks a second (`CONFIG_HZ`).
const LONGEST_TICK: Duration = Duration::from_millis(10);

fn modified(metadata: &fs::Metadata) -> Time {
    Time::new(metadata.mtime(), metadata.mtime_nsec())
}

/// Returns the last tick of the kernel: no later change has an earlier time.
pub(crate) fn tick() -> Time {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::RealtimeCoarse;
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Realtime;
    let time = rustix::time::clock_gettime(clock);
    Time::new(time.tv_sec, time.tv_nsec)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock, and a file beside it.
    struct Bench {
        folder: tempfile::TempDir,
        clock: Clock,
    }

    impl Bench {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let clock = Clock::of(File::create(folder.path().join("clock")).unwrap());
            Self { folder, clock }
        }

        fn other(&self) -> std::path::PathBuf {
            self.folder.path().join("other")
        }

        fn write(&self, content: u32) {
            fs::write(self.other(), content.to_string()).unwrap();
        }

        /// Returns when the file was written.
        fn written(&self) -> Time {
            modified(&fs::metadata(self.other()).unwrap())
        }
    }

    #[test]
    fn it_goes_with_the_times_of_files() {
        let bench = Bench::new();
        for content in 0..1000 {
            let before = bench.clock.now();
            bench.write(content);
            let written = bench.written();
            let after = bench.clock.now();
            assert!(before <= written && written <= after, "{before:?} {written:?} {after:?}");
        }
    }

    #[test]
    fn it_can_tell_what_came_before() {
        let bench = Bench::new();
        for content in 0..100 {
            bench.write(content);
            let after = bench.clock.after(bench.clock.now());
            let written = bench.written();
            assert!(written < after, "{written:?} {after:?}");
        }
    }
}
