//! The mistakes that a user can make, and what to say of each.

use std::io;
use std::path::PathBuf;

use ambidex_store::StoreError;

/// Why ambidex itself could not do what was asked. A failed build is none of these.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{} is no folder", .0.display())]
    NoFolder(PathBuf),
    #[error("{} has neither setup.py nor pyproject.toml", .0.display())]
    NoProject(PathBuf),
    #[error("{} can't be read: {source}", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}: {message}", .path.display())]
    BadPyproject { path: PathBuf, message: String },
    #[error("{}: tool.ambidex has no key `{key}`", .path.display())]
    UnknownKey { path: PathBuf, key: String, nearest: &'static str },
    #[error("the build environment could not be {what}{}{log}", if .log.is_empty() { "" } else { ":\n" })]
    Environment { what: &'static str, log: String },
    #[error("the build backend `{backend}` {problem}")]
    Backend { backend: String, problem: String },
    #[error("there is no Python: neither `python3` nor `python` is on the PATH")]
    NoPython,
    #[error("`{program}` can't be started: {source}")]
    NotStarted { program: String, source: io::Error },
    #[error("{} can't be written: {source}", .path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("standard output can't be written: {0}")]
    Output(io::Error),
    #[error("the engine can't be started: {0}")]
    Engine(io::Error),
    #[error("setup.py failed (exit code {0}); there is nothing to check")]
    SetupFailed(u8),
    #[error("{} holds no build that could be explained", .0.display())]
    NothingBuilt(PathBuf),
    #[error("no command of the last build makes `{0}`")]
    NoSuchOutput(String),
    #[error("interrupted")]
    Interrupted(u8),
    #[error("{} is being built by another ambidex", .0.display())]
    Busy(PathBuf),
    #[error("the build with plain setuptools failed (exit code {0}); there is nothing to compare with")]
    StockFailed(i32),
    #[error("AMBIDEX_CACHE_SIZE is `{0}`, which is no size")]
    BadCacheSize(String),
    #[error("there is no cache: AMBIDEX_CACHE_DIR is empty, or there is no home folder")]
    NoStore,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Error {
    /// What a process ends with that could not do what was asked.
    pub const EXIT_CODE: u8 = 2;

    /// What the process ends with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Interrupted(code) => *code,
            _ => Self::EXIT_CODE,
        }
    }

    /// What the user can do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UnknownKey { nearest, .. } => {
                return Some(format!("the nearest that it has is `{nearest}`"));
            }
            Self::NoFolder(_) | Self::NoProject(_) => "give the folder of a project that uses setuptools",
            Self::BadPyproject { .. } => "correct the file",
            Self::Environment { .. } => {
                "see above; --no-isolation builds with what is installed, --python chooses another Python"
            }
            Self::Backend { .. } => {
                "check `build-backend` in pyproject.toml, and that `requires` names its package; with --no-isolation it has to be installed"
            }
            Self::NoPython => "install Python 3.6 or newer, or name one with --python",
            Self::NotStarted { .. } => "check the name, or give the full path",
            Self::Output(_) => "check what it leads to, and whether the disk is full",
            Self::Unwritable { .. } => "check the permissions, and whether the disk is full",
            Self::Engine(_) => "check that TMPDIR names a folder that can be written",
            Self::Busy(_) => "wait for it, or end it",
            Self::StockFailed(_) => "make the project build without ambidex first",
            Self::BadCacheSize(_) => {
                "give a number of bytes, or one with K, M, G or T behind it, such as 5G or 500M"
            }
            Self::NothingBuilt(_) => "build it by `ambidex build` first",
            Self::NoSuchOutput(_) => "leave the name out to see all outputs",
            Self::NoStore => "set AMBIDEX_CACHE_DIR to a folder",
            Self::Store(_) => {
                "check the permissions and whether the disk is full, or set AMBIDEX_CACHE_DIR to another folder; an empty one does without"
            }
            Self::Unreadable { .. } => "check the file and its permissions; text has to be UTF-8",
            Self::SetupFailed(_) => "make `setup.py build` end well first",
            Self::Interrupted(_) => return None,
        };
        Some(hint.to_owned())
    }
}
