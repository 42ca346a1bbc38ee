//! A copy of a project, in which builds that are compared run one after the other.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ambidex_engine::OwnFolder;
use walkdir::WalkDir;

use crate::error::Error;
use crate::outputs::{Outputs, collect};
use crate::project::Project;
use crate::supervise::{self, Task};
use crate::tell;

/// A copy of a project, always at the same path, because the outputs of a build contain paths (`__FILE__`, debug
/// information).
pub(crate) struct Bench<'a> {
    project: &'a Project,
    python: PathBuf,
    inplace: bool,
    folder: OwnFolder,
}

impl<'a> Bench<'a> {
    /// Makes a place for copies of a project. `inplace` is whether its builds put the modules next to their sources.
    pub fn new(project: &'a Project, python: PathBuf, inplace: bool) -> Result<Self, Error> {
        let folder = OwnFolder::new("copy-").map_err(Error::Engine)?;
        Ok(Self { project, python, inplace, folder })
    }

    /// Returns the directory of the copy.
    pub fn root(&self) -> PathBuf {
        let name = self.project.root.file_name().unwrap_or(std::ffi::OsStr::new("project"));
        self.folder.path().join(name)
    }

    /// Returns a path beside the copy.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Copies the project, without what earlier builds have left.
    pub fn fresh_copy(&self) -> Result<(), Error> {
        let root = self.root();
        let unwritable = |source| Error::Unwritable { path: root.clone(), source };
        match fs::remove_dir_all(&root) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(unwritable(source)),
            _ => copy(&self.project.root, &root),
        }
    }

    /// Returns a build of the copy, which is in `root`. All builds get the same time and the same hash seed, unless the
    /// user has set them.
    pub fn task<'b>(&self, root: &'b Path, more: &[String], log: PathBuf) -> Task<'b> {
        let fixed: [(&'static str, OsString); 2] =
            [("PYTHONHASHSEED", "0".into()), ("SOURCE_DATE_EPOCH", "1600000000".into())];
        Task {
            program: self.python.clone().into_os_string(),
            arguments: self.project.arguments(self.inplace, more),
            cwd: root,
            environment: fixed.into_iter().filter(|(name, _)| std::env::var_os(name).is_none()).collect(),
            log: Some(log),
            timed: false,
            is_shown: false,
        }
    }

    /// Builds a fresh copy serially, with plain setuptools. Returns the outputs, and the duration in seconds.
    pub fn build_serially(&self) -> Result<(Outputs, f64), Error> {
        self.fresh_copy()?;
        let root = self.root();
        let log = self.beside("serial.log");
        let began = Instant::now();
        let (code, interrupted) = supervise::plain(&self.task(&root, &[], log.clone()))?;
        let seconds = began.elapsed().as_secs_f64();
        if interrupted {
            return Err(Error::Interrupted(code));
        }
        if code != 0 {
            show_log(&log);
            return Err(Error::StockFailed(i32::from(code)));
        }
        Ok((collect(&root)?, seconds))
    }
}

/// Prints what a build has printed.
pub(crate) fn show_log(log: &Path) {
    let printed = fs::read(log).unwrap_or_default();
    let printed = String::from_utf8_lossy(&printed);
    if !printed.trim().is_empty() {
        tell::say(printed.trim_end());
    }
}

/// Returns whether an earlier build left this path in the project, or it is not part of any build.
fn is_left_out(relative: &Path) -> bool {
    let text = relative.to_string_lossy();
    let built = ["build/lib", "build/temp.", "build/bdist.", "build/scripts-", "build/.ambidex"];
    built.iter().any(|start| text.starts_with(start))
        || relative.file_name().is_some_and(|n| n == "__pycache__")
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let unreadable = |path: &Path, source| Error::Unreadable { path: path.to_owned(), source };
    let mut walk = WalkDir::new(from).into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|e| unreadable(from, e.into()))?;
        let relative = entry.path().strip_prefix(from).unwrap_or(entry.path());
        if is_left_out(relative) {
            if entry.file_type().is_dir() {
                walk.skip_current_dir();
            }
            continue;
        }
        let target = to.join(relative);
        let kind = entry.file_type();
        let result = if kind.is_dir() {
            fs::create_dir_all(&target)
        } else if kind.is_symlink() {
            fs::read_link(entry.path()).and_then(|link| std::os::unix::fs::symlink(link, &target))
        } else if kind.is_file() {
            copy_file(entry.path(), &target)
        } else {
            Ok(())
        };
        result.map_err(|source| Error::Unwritable { path: target, source })?;
    }
    Ok(())
}

/// Copies a file with its modification time, because generators use it to decide what is out of date.
fn copy_file(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::copy(from, to)?;
    let modified = fs::metadata(from)?.modified()?;
    fs::File::options().append(true).open(to).and_then(|file| file.set_modified(modified))
}
