//! The command line that is really run, with renamed outputs and operands.

use std::path::PathBuf;

/// A command line as it is really run.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub argv: Vec<String>,
    /// An archive that the command will change: where its content is now, and where the command expects it.
    pub copy: Option<(PathBuf, PathBuf)>,
    /// Places that the command would write to, and where it writes instead: should it fail, what it has met matters.
    pub met: Vec<(PathBuf, PathBuf)>,
    /// The objects and archives that are at their own places, as the command line names them.
    pub operands: Vec<String>,
    /// Texts that stand in the argv only because outputs were renamed, and what stood there.
    pub renamed: Vec<(String, String)>,
}
