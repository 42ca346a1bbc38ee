//! The files and directories that the recorded commands of a program may read.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use ambidex_command::Kind;

use crate::base::paths::PathTable;
use crate::program::job::Job;

/// The suffixes of files that sources include, wherever these files are.
const HEADERS: [&str; 12] = ["h", "hh", "hpp", "hxx", "h++", "H", "inc", "inl", "ipp", "tcc", "tpp", "def"];

/// The files and directories that jobs may read. It is rarely queried, so it takes jobs in only then.
#[derive(Debug, Default)]
pub(crate) struct ReadSet {
    files: BTreeSet<PathBuf>,
    folders: BTreeSet<PathBuf>,
    /// The number of jobs that were taken in.
    taken: usize,
}

impl ReadSet {
    /// Adds what the newest of these jobs read.
    pub fn take_in(&mut self, jobs: &[Job], paths: &mut PathTable) {
        for job in &jobs[self.taken..] {
            self.files.extend(job.reads.iter().map(|read| read.file.to_path_buf()));
            let command = job.command();
            let dirs = command.include_dirs.iter().chain(&command.library_dirs);
            self.folders.extend(dirs.map(|folder| paths.folder(&job.setting.cwd.join(&folder.path))));
            // `#include "x.h"` looks beside the source first (GCC manual, "Search Path").
            if !matches!(job.kind, Kind::Link | Kind::Archive | Kind::Index) {
                self.folders
                    .extend(job.reads.iter().filter_map(|read| read.file.parent().map(Path::to_owned)));
            }
        }
        self.taken = jobs.len();
    }

    /// Returns whether a job may read this file, or a file below this directory.
    pub fn may_have(&self, file: &Path) -> bool {
        // Headers are found in more directories than the command line names (the environment, `#include_next`).
        file.extension().is_some_and(|e| HEADERS.iter().any(|header| e == *header))
            || file.ancestors().skip(1).any(|folder| self.folders.contains(folder))
            || [&self.files, &self.folders].into_iter().any(|read| {
                read.range::<Path, _>((Bound::Included(file), Bound::Unbounded))
                    .next()
                    .is_some_and(|first| first.starts_with(file))
            })
    }
}
