//! When the serial build would have made each file of this run, and whether one would be out of date by that.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ambidex_graph::PathId;
use rustc_hash::FxHashMap;

use super::Program;
use crate::base::stat::Time;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// In program order.
    all: Vec<(PathId, Time)>,
    newest: FxHashMap<PathId, Time>,
}

impl Made {
    /// The serial build would make this file at this time.
    pub fn add(&mut self, path: PathId, time: Time) {
        self.all.push((path, time));
        self.newest.insert(path, time);
    }

    /// How many files were made so far, repetitions included.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Goes back to when so many were.
    pub fn go_back(&mut self, count: usize) {
        self.all.truncate(count);
        self.newest = self.all.iter().copied().collect();
    }
}

/// What times are compared in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// As finely as the file system has them.
    Exact,
    /// Before setuptools 67.
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
    /// When the serial build would have made the file in this run; none if it would not have.
    ///
    /// Then it is up to date there as well (two extensions of one name), if it is newer than its sources. Its own time does
    /// not say: it may be left from an earlier build.
    pub fn made_at(&mut self, file: &Path, cwd: &Path) -> Option<Time> {
        let spelled = self.paths.spelling(file, cwd);
        let path = self.paths.known(&spelled)?;
        self.made.newest.get(&path).copied()
    }

    /// Whether the serial build would make one of the sources after that time.
    pub fn is_one_made_after(&mut self, time: Time, sources: &[PathBuf], cwd: &Path, unit: Unit) -> bool {
        let mut made = sources.iter().filter_map(|source| self.made_at(source, cwd));
        made.any(|changed| unit.is_later(changed, time))
    }

    /// Whether a file that the serial build would have made at that time would be out of date by the files' own times.
    /// All of them are at their places.
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
            // Its command may have run late, but not later than that of the target. Whatever is later is a change by others.
            let late = self.made_at(source, cwd).and(target);
            modified(source).is_none_or(|time| unit.is_later(time, late.map_or(made, |late| late.max(made))))
        })
    }
}
