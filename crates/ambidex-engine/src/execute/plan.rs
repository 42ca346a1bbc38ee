//! The command line that really runs, with renamed outputs and operands.

use std::path::PathBuf;

/// A command line as it really runs.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub argv: Vec<String>,
    /// An archive that the command will change: where its content is now, and where the command expects it.
    pub copy: Option<(PathBuf, PathBuf)>,
    /// Final paths that the command would write to, and where it writes instead.
    pub outputs: Vec<(PathBuf, PathBuf)>,
    /// Whether the command finds there what is at the final paths: if it fails, that matters.
    pub meets: bool,
    /// The objects and archives that are at their final paths, as the command line names them.
    pub operands: Vec<String>,
    /// Strings that are in `argv` only because outputs were renamed, each with the original string.
    pub renamed: Vec<(String, String)>,
}
