//! What is remembered of one command that ran: what it read, what it looked for, what came of it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::groups::GroupId;
use crate::base::machine::Fact;
use crate::base::stat::Stat;
use crate::observe::unremembered::Unremembered;
use ambidex_store::Digest;

/// What makes commands the same, wherever and whenever they run, but for the content of what they read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct ActionKey(pub Digest);

/// One run of a command, in terms of this tree's files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// How long it took, in microseconds; in front, where it is found without reading all.
    pub duration: u64,
    /// What it looked at, and found or missed, operands apart.
    pub looks: Vec<GroupId>,
    /// The roles of paths when it ran: (path, name).
    pub roles: Vec<(String, String)>,
    /// The variables that it asked for, and what they were set to: the number of the [surroundings](crate::observe::surroundings).
    pub surroundings: u32,
    /// Everything that does not depend on where the tree is.
    pub result: RunResult,
    /// The number of the folder that holds the outputs.
    pub folder: u32,
    /// In which state each of them was left there, as far as it is known.
    pub states: Vec<Option<Stat>>,
    /// [`CommandDescription`], which only explanations need.
    pub description: Vec<u8>,
}

/// What is known of a run apart from its inputs' places.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunResult {
    /// The contents of objects and archives, which count by content and name, not by place.
    pub operands: Vec<Digest>,
    /// Roles whose paths are part of the outputs, with these paths.
    pub embedded_paths: Vec<(String, String)>,
    /// What of the machine it depends on, as it was.
    pub machine: Vec<(Fact, Digest)>,
    /// What it wrote.
    pub outputs: Vec<Written>,
    /// The umask that their permissions come from.
    pub umask: u32,
    /// What it printed.
    pub out: Vec<u8>,
    /// What it printed to its standard error.
    pub err: Vec<u8>,
    /// How long it took, in microseconds.
    pub duration: u64,
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
pub(crate) struct CommandDescription {
    /// The output's own path, by role.
    pub place: String,
    /// The command, by role.
    pub argv: Vec<String>,
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
    /// It depends on something of the machine, and that is another.
    Machine(Fact),
    /// The outputs carry the path of another folder.
    Place(String),
    /// It is run each time, for this reason.
    Always(Unremembered),
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
    pub explained: Vec<ExplainedCommand>,
    /// Those that were.
    pub up_to_date: Vec<ActionKey>,
}

/// A command of the last build, as it is explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExplainedCommand {
    pub place: String,
    pub extension: Option<String>,
    pub argv: Vec<String>,
    pub how: How,
    pub why: Why,
}
