//! Why a run of a command can't be remembered, so that the command runs in every build.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The reason why a run can't be remembered. Users read the text (`ambidex explain`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum Unremembered {
    /// Its outputs can't be renamed, for the reason that `ambidex-command` gives.
    #[error("it {0}")]
    InPlace(String),
    #[error("it writes files beside its output")]
    WritesBeside,
    #[error("it writes no file")]
    WritesNothing,
    #[error("this kind of run remembers nothing")]
    NotInSuchARun,
    #[error("it looks at another command's output before that is at its final path")]
    SeesPending,
    #[error("it looks at more files than can be remembered")]
    SeesTooMuch,
    #[error("it asks for the time")]
    AsksForTheTime,
    #[error("it reads and changes {0}")]
    ReadsAndChanges(PathBuf),
    #[error("it changes {0} besides its output")]
    ChangesBesides(PathBuf),
    #[error("it sets the permissions of {0}")]
    SetsPermissions(String),
    #[error("{0} changed while it ran")]
    ChangedMeanwhile(PathBuf),
    #[error("{0} appeared or disappeared while it ran")]
    CameOrWent(PathBuf),
    #[error("{path} can't be read: {error}")]
    Unreadable { path: PathBuf, error: String },
    /// Something determines the result of a call that has no value to compare.
    #[error("{0}")]
    NoValue(String),
    #[error("its inputs can't be observed: {0}")]
    Unobserved(Unobserved),
}

/// The reason why a command could not be observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum Unobserved {
    #[error("no library can be preloaded into it")]
    NoPreloading,
    #[error("one of its programs ran without the library that observes it")]
    WithoutLibrary,
    #[error("one of its processes was killed, still runs, or became another program")]
    NoEnd,
    #[error("one of its processes ended in the middle of a call")]
    EndInACall,
    #[error("a name or path is not valid UTF-8")]
    NoText,
    /// Something that the library in the command has met (`unseen.rs` there).
    #[error("{0}")]
    Unseen(String),
    /// The trace can't be read.
    #[error("{0}")]
    Trace(String),
}

impl Unremembered {
    /// Returns the reason for a file that must be read and can't be.
    pub fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), error: error.to_string() }
    }
}

impl From<Unobserved> for Unremembered {
    fn from(why: Unobserved) -> Self {
        Self::Unobserved(why)
    }
}
