//! The memory of all commands of one extension together, so that they need not be recorded again.

use std::path::PathBuf;

use ambidex_store::Digest;
use serde::{Deserialize, Serialize};

use super::groups::GroupId;
use super::record::RecordKey;
use crate::base::stat::Stat;

/// The commands of one extension at the end of a successful build. They would be the same again, with the same outputs,
/// as long as Python is in the same state (which identifies the unit) and nothing that the unit lists has changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Unit {
    /// The programs that they name, with the file of each.
    pub programs: Vec<(String, PathBuf)>,
    /// Everything that they looked at, and found or missed, and did not make themselves.
    pub looks: Vec<GroupId>,
    /// The values of the variables that they asked for, by number, each with the roles of paths: (path, name).
    pub surroundings: Vec<(u32, Vec<(String, String)>)>,
    /// The commands in program order, repetitions included.
    pub commands: Vec<Done>,
    /// The same commands as serialized [steps](super::graph::Step), which only the graph of a build needs.
    pub steps: Vec<u8>,
}

/// A command that has been recorded, and its output.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    /// The beginning of its key in the graph: commands with the same key are one.
    pub node: u64,
    pub action: RecordKey,
    /// The final path of the output, in its one spelling.
    pub place: PathBuf,
    pub digest: Digest,
    /// The number of the directory that holds the output.
    pub folder: u32,
    /// The status of the output when it was left there, if it is known.
    pub state: Option<Stat>,
    /// Whether the project is built for this output: then it is at its final path.
    pub is_final: bool,
}
