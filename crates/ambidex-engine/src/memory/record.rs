//! Knows what is remembered of one command that ran: what it read, what it looked for, what came of it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::files::{Stat, VersionId};
use ambidex_store::Digest;

/// What makes commands the same, wherever and whenever they run, but for the content of what they read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct ActionKey(pub Digest);

/// One run of a command, in terms of this tree's files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// How long it took, in microseconds; in front, where it is found without reading all.
    pub duration: u64,
    /// What it read apart from the operands, in the order in which it was told: (path, content).
    pub inputs: Vec<VersionId>,
    /// The names in the folders in which it looked for files.
    pub folders: Vec<VersionId>,
    /// Everything that does not depend on where the tree is.
    pub result: RunResult,
    /// The number of the folder that holds the outputs.
    pub folder: u32,
    /// In which state each of them was left there, as far as it is known.
    pub states: Vec<Option<Stat>>,
    /// [`Told`], which only explanations need.
    pub told: Vec<u8>,
}

/// What is known of a run apart from its inputs' places.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunResult {
    /// The contents of objects and archives, which count by content and name, not by place.
    pub operands: Vec<Digest>,
    /// Files that were where it looked and were not what it read, by role ([`crate::roles`]).
    pub spare: Vec<String>,
    /// Roles whose paths are part of the outputs, with these paths.
    pub bindings: Vec<(String, String)>,
    /// The time that is part of the outputs.
    pub moment: Moment,
    /// What it wrote.
    pub outputs: Vec<Written>,
    /// What it printed.
    pub out: Vec<u8>,
    /// What it printed to its standard error.
    pub err: Vec<u8>,
    /// How long it took, in microseconds.
    pub duration: u64,
}

/// Times that went into outputs, as `__DATE__` and `__TIMESTAMP__` have them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moment {
    /// The day, in days since 1970 local time.
    pub day: Option<i64>,
    /// Modification times of the inputs that mention theirs, in seconds, in the order of the inputs.
    pub modified: Vec<i64>,
}

/// A file that a command wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    /// Its name, without a folder.
    pub name: String,
    /// Its content.
    pub digest: Digest,
    /// Whether it may be run.
    pub executable: bool,
}

/// What is told of a command when its next run is explained.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// The output's own path, by role.
    pub place: String,
    /// The command, by role.
    pub argv: Vec<String>,
    /// The variables that matter, with their values.
    pub environment: Vec<(String, String)>,
    /// The tool's identity.
    pub tool: Option<Digest>,
    /// The extension that it was first recorded for.
    pub extension: Option<String>,
}

/// What the whole run of a program recorded, to know what is not recorded any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Invocation {
    /// Its commands.
    pub actions: Vec<ActionKey>,
    /// The files that were put to their own places.
    pub committed: Vec<Committed>,
    /// The states in which Python was for its extensions, by which their units are found.
    pub units: Vec<Digest>,
}

/// A file that was put to its own place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Committed {
    /// The extension that it is of.
    pub extension: Option<String>,
    /// Where it was put.
    pub place: PathBuf,
    /// Its content.
    pub digest: Digest,
}

/// Why a command was run, or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Why {
    /// All is what it was.
    UpToDate,
    /// No command has made this output before.
    New,
    /// The command is another.
    Command(Box<Difference>),
    /// A variable has another value.
    Variable(String),
    /// The compiler, or a program that it runs, is another.
    Tool,
    /// The content of this file changed.
    Changed(String),
    /// This file is gone.
    Gone(String),
    /// This object or archive is another.
    Operand(String),
    /// This file is found now before one that was found then.
    Shadowed(String),
    /// The output was removed or changed.
    Output(String),
    /// It puts a time into its output, and that is another now.
    Time,
    /// The outputs carry the path of another folder.
    Place(String),
    /// It is run each time, for this reason.
    Always(String),
}

/// By which arguments a command differs from an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Difference {
    /// Those that were not there before.
    pub added: Vec<String>,
    /// Those that are not there any more.
    pub removed: Vec<String>,
}

/// What was done for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum How {
    /// It was run.
    Ran,
    /// Its output was there, up to date.
    Reused,
    /// Its output was taken from the store.
    Cached,
}

/// What the last build did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LastBuild {
    /// Its commands that were not up to date.
    pub explained: Vec<Explained>,
    /// Those that were.
    pub up_to_date: Vec<ActionKey>,
}

/// A command of the last build, as it is explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Explained {
    pub place: String,
    pub extension: Option<String>,
    pub argv: Vec<String>,
    pub how: How,
    pub why: Why,
}
