//! What is remembered of the commands of one extension as a whole, so that they need not be recorded again.

use std::path::PathBuf;

use ambidex_store::Digest;
use serde::{Deserialize, Serialize};

use super::groups::GroupId;
use super::record::ActionKey;
use crate::base::stat::Stat;

/// The commands of one extension at the end of a good build. They would be the same again, with the same outputs, as
/// long as Python is in the same state (by which a unit is found) and everything here is what it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Unit {
    /// The programs that they name, with the files that these were.
    pub programs: Vec<(String, PathBuf)>,
    /// All that they looked at, and found or missed, and did not make themselves.
    pub looks: Vec<GroupId>,
    /// What the variables were set to that they asked for, each with the roles of paths: (path, name).
    pub surroundings: Vec<(u32, Vec<(String, String)>)>,
    /// In program order, repetitions included.
    pub commands: Vec<Done>,
}

/// A command that has been recorded, and its output.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    /// The beginning of its key in the graph: commands of one key are one.
    pub node: u64,
    pub action: ActionKey,
    /// The output's own path, in its one spelling.
    pub place: PathBuf,
    pub digest: Digest,
    /// The number of the folder that holds the output.
    pub folder: u32,
    /// In which state it was left there, if that is known.
    pub state: Option<Stat>,
    /// Whether the output is one that the project is built for: then it is at its place.
    pub is_final: bool,
}
