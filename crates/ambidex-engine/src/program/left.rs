//! Why a command is left to Python.

use std::path::PathBuf;

use ambidex_command::NotUnderstood;

/// The reason why a command is left to Python, which runs it unchanged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Left {
    /// The copy of the process in which it would be made is gone.
    #[error("there is no copy of the process for it")]
    NoCopy,
    /// Its command line can't be read.
    #[error(transparent)]
    NotUnderstood(#[from] NotUnderstood),
    /// Its executable is in no directory of `PATH`.
    #[error("there is no program `{0}`")]
    NoProgram(String),
    /// An output of a spared extension can't be put where the command looks for it.
    #[error("its input can't be put in place: {0}")]
    NotAtPlace(String),
    /// Commands of the engine would inherit other attributes.
    #[error(
        "the process has changed its umask, niceness, limits or blocked signals, which the command inherits"
    )]
    Attributes,
    /// Something other than a command has changed a file that the program makes, while commands were pending.
    #[error("something else has changed its input")]
    ChangedOutside,
    /// Any later command may include its output by a name that is nowhere in that command's line.
    #[error("it generates text that other commands may include")]
    MakesText,
    /// The command would fail, or would write into a file that has another name.
    #[error("`{0}` is not writable, not a regular file, or has more than one name")]
    BadOutput(PathBuf),
}
