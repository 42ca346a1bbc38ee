//! When the serial build would have made each file of this run, and whether a file would be out of date by these times.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ambidex_graph::PathId;
use rustc_hash::FxHashMap;

use super::Program;
use crate::base::stat::Time;

/// The times at which the serial build would have made the files of this run.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// All files, in program order.
    all: Vec<(PathId, Time)>,
    newest: FxHashMap<PathId, Time>,
}

impl Made {
    /// Adds a file that the serial build would make at this time.
    pub fn add(&mut self, path: PathId, time: Time) {
        self.all.push((path, time));
        self.newest.insert(path, time);
    }

    /// Returns how many files were made so far, repetitions included.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Goes back to when only `count` files had been made.
    pub fn go_back(&mut self, count: usize) {
        self.all.truncate(count);
        self.newest = self.all.iter().copied().collect();
    }
}

/// The precision with which times are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// The precision of the file system.
    Exact,
    /// Whole seconds, as before setuptools 67.
    Seconds,
}

impl Unit {
    fn is_later(self, one: Time, other: Time) -> bool {
        match self {
            Self::Exact => one > other,
            Self::Seconds => one.seconds() > other.seconds(),
        }
    }
}

impl Program {
    /// Returns when the serial build would have made the file in this run, or `None` if it would not have made it.
    ///
    /// If it would have made the file (two extensions of one name), it would also find the file up to date, provided
    /// that the file is newer than its sources. The file's own time does not show that, because the file may be left
    /// from an earlier build.
    pub fn made_at(&mut self, file: &Path, cwd: &Path) -> Option<Time> {
        let spelled = self.paths.spelling(file, cwd);
        let path = self.paths.known(&spelled)?;
        self.made.newest.get(&path).copied()
    }

    /// Returns whether the serial build would make one of the sources after that time.
    pub fn is_one_made_after(&mut self, time: Time, sources: &[PathBuf], cwd: &Path, unit: Unit) -> bool {
        let mut made = sources.iter().filter_map(|source| self.made_at(source, cwd));
        made.any(|changed| unit.is_later(changed, time))
    }

    /// Returns whether a file that the serial build would have made at the time `made` would be out of date by the
    /// files' own times. All of the files must be at their places.
    pub fn is_older(
        &mut self,
        made: Time,
        target: &Path,
        sources: &[PathBuf],
        cwd: &Path,
        unit: Unit,
    ) -> bool {
        let modified = |path: &Path| {
            let data = fs::metadata(cwd.join(path)).ok()?;
            Some(Time::new(data.mtime(), data.mtime_nsec()))
        };
        let target = modified(target);
        sources.iter().any(|source| {
            // The command of a source may have run late, but not later than that of the target. A later time comes from
            // a change by others.
            let late = self.made_at(source, cwd).and(target);
            modified(source).is_none_or(|time| unit.is_later(time, late.map_or(made, |late| late.max(made))))
        })
    }
}
