//! Why a command is left to Python.

use std::path::PathBuf;

use ambidex_command::NotUnderstood;

/// Why a command is left to Python, to be run as it stands.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Left {
    /// Its line can't be read.
    #[error(transparent)]
    NotUnderstood(#[from] NotUnderstood),
    /// Its program is on no folder of `PATH`.
    #[error("there is no program `{0}`")]
    NoProgram(String),
    /// What an extension that was up to date has made can't be put where the command looks for it.
    #[error("its input can't be put in place: {0}")]
    NotAtPlace(String),
    /// Commands of the engine would have others.
    #[error(
        "the process has changed its umask, niceness, limits or blocked signals, which the command inherits"
    )]
    Attributes,
    /// Something else than a command has changed a file that the program makes, while commands were pending.
    #[error("something else has changed its input")]
    ChangedOutside,
    /// Any later command may include it by a name that is nowhere in its command line.
    #[error("it generates text that other commands may include")]
    MakesText,
    /// The command would fail, or follow a link.
    #[error("`{0}` is not writable, or not a regular file")]
    BadOutput(PathBuf),
}
