//! The record of one run of a command: what it read, what it looked for, and what it made.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::groups::GroupId;
use crate::base::machine::Fact;
use crate::base::parts::Parts;
use crate::base::roles::Roles;
use crate::base::stat::Stat;
use crate::observe::unremembered::Unremembered;
use ambidex_store::Digest;

/// The identity of a command wherever and whenever it runs, whatever the content of its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct ActionKey(pub Digest);

/// The identity of a command that makes its output at one place of this tree. Extensions in several packages may have the
/// same command, because it names objects and outputs without their directories: each has a record of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct RecordKey(pub Digest);

impl RecordKey {
    /// Returns the key of a command that makes its output at this place, which is named by role.
    pub fn of(action: ActionKey, place: &str) -> Self {
        let mut parts = Parts::default();
        parts.add(&action.0.0);
        parts.add(place.as_bytes());
        Self(parts.digest())
    }
}

/// One run of a command, in terms of this tree's files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The duration in microseconds. It comes first, so that it can be read without the rest.
    pub duration: u64,
    pub action: ActionKey,
    /// The paths that it looked at, and found or missed, except operands.
    pub looks: Vec<GroupId>,
    /// The roles of paths when it ran: (path, name).
    pub roles: Vec<(String, String)>,
    /// The number of its [surroundings](crate::observe::surroundings): the variables that it asked for, and their
    /// values.
    pub surroundings: u32,
    /// Everything that does not depend on where the tree is.
    pub result: RunResult,
    /// The number of the directory that holds the outputs.
    pub folder: u32,
    /// The status of each output when the run left it there, as far as it is known.
    pub states: Vec<Option<Stat>>,
    /// A serialized [`CommandDescription`], which only explanations need.
    pub description: Vec<u8>,
}

/// Everything known about a run, apart from where its inputs are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunResult {
    /// The contents of objects and archives, which count by content and name, not by path.
    pub operands: Vec<Digest>,
    /// The paths of roles on which the outputs or the text depend.
    pub embedded_paths: Vec<Embedded>,
    /// The facts about the machine that the run depends on, as they were.
    pub machine: Vec<(Fact, Digest)>,
    /// The files that it wrote.
    pub outputs: Vec<Written>,
    /// The umask that determined the permissions of the outputs.
    pub umask: u32,
    /// The text that it printed to standard output.
    pub out: Vec<u8>,
    /// The text that it printed to standard error.
    pub err: Vec<u8>,
    /// What functions answered that remember their answers in the process, with paths by role.
    pub answers: String,
    /// The duration in microseconds.
    pub duration: u64,
}

impl RunResult {
    /// Gives the paths that can be replaced those that their roles have here.
    ///
    /// # Errors
    /// If a path is bound, the path and the reason.
    pub fn move_to(&mut self, roles: &Roles) -> Result<Moved, Why> {
        let mut moved = Moved::default();
        for embedded in &mut self.embedded_paths {
            if !embedded.is_moved(roles) {
                continue;
            }
            let here = roles.path_of(&embedded.role);
            let bound = |reason: &str| Why::Bound(embedded.path.clone(), reason.to_owned());
            match &embedded.bond {
                Bond::Bound(reason) => return Err(bound(reason)),
                Bond::Computes => moved.computes = true,
                Bond::Replaceable => {}
            }
            moved.paths = true;
            embedded.path = here.ok_or_else(|| bound("there is no such path here"))?.to_owned();
        }
        Ok(moved)
    }
}

/// What must be shown before a run of another place can be used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moved {
    /// Whether outputs must be made for other paths, so the compiler must be one that is understood.
    pub paths: bool,
    /// Whether no source may compute with its own path.
    pub computes: bool,
}

/// A path on which what a command made depends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Embedded {
    /// The role that the path had.
    pub role: String,
    pub path: String,
    pub bond: Bond,
}

impl Embedded {
    /// Returns whether the role has another path here, or none.
    pub fn is_moved(&self, roles: &Roles) -> bool {
        roles.path_of(&self.role) != Some(&self.path)
    }
}

/// How what a command made depends on the path of a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Bond {
    /// It holds the path only in strings that can be replaced, so it can be made for another path.
    Replaceable,
    /// The same, if no source computes with its own path: the command was told an absolute path.
    Computes,
    /// It can't be made for another path, for this reason.
    Bound(String),
}

/// A file that a command wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    /// The file name, without a directory.
    pub name: String,
    /// The hash of its content.
    pub digest: Digest,
    /// Whether it is executable.
    pub executable: bool,
    /// The hash of its [canonical form](ambidex_object), in which the store keeps it.
    pub canonical: Option<Digest>,
}

impl Written {
    /// Returns the name of the content that the store keeps.
    pub fn stored(&self) -> Digest {
        self.canonical.unwrap_or(self.digest)
    }
}

/// The description of a command that explains its next run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CommandDescription {
    /// The final path of the output, by role.
    pub place: String,
    /// The arguments, with paths by role.
    pub argv: Vec<String>,
    /// The extension that it was first recorded for.
    pub extension: Option<String>,
}

impl CommandDescription {
    /// Returns the serialized description.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("what is told is plain data")
    }
}

/// Everything that a whole run of a program recorded, to know what is no longer recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Invocation {
    /// Its commands.
    pub actions: Vec<RecordKey>,
    /// The files that were put at their final paths.
    pub committed: Vec<Committed>,
    /// The states that Python was in for its extensions, which identify their units.
    pub units: Vec<Digest>,
    /// How often its program ran such a command.
    pub ends: u32,
}

/// A file that was put at its final path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Committed {
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// The final path.
    pub place: PathBuf,
    /// The hash of its content.
    pub digest: Digest,
}

/// Why a command ran, or did not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Why {
    /// Nothing has changed.
    UpToDate,
    /// No command has made this output before.
    New,
    /// The command has changed.
    Command(Box<Difference>),
    /// This environment variable has another value.
    Variable(String),
    /// The compiler, or a program that it runs, has changed.
    Tool,
    /// The content of this file has changed.
    Changed(String),
    /// This file no longer exists.
    Gone(String),
    /// This object or archive has changed.
    Operand(String),
    /// This file is now found before a file that was found then.
    Shadowed(String),
    /// The output was removed or changed.
    Output(String),
    /// The command depends on a fact about the machine, and that fact has changed.
    Machine(Fact),
    /// The outputs contain the path of another directory.
    Place(String),
    /// The outputs of a run in another directory can't be made for this one: the path that they depend on, and the reason.
    Bound(String, String),
    /// A run in the store found something else at this path.
    Differs(String),
    /// A run in the store had other environment variables.
    Surroundings,
    /// The command runs every time, for this reason.
    Always(Unremembered),
}

/// The arguments in which a command differs from an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Difference {
    /// The arguments that the earlier command did not have.
    pub added: Vec<String>,
    /// The arguments that only the earlier command had.
    pub removed: Vec<String>,
}

/// How a command got its outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// The command ran.
    Ran,
    /// The output was there and up to date.
    Reused,
    /// The output came from the store.
    Cached,
    /// The output came from the store of another machine.
    Remote,
}

/// The commands of the last build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LastBuild {
    /// The commands that were not up to date.
    pub explained: Vec<ExplainedCommand>,
    /// The commands that were up to date.
    pub up_to_date: Vec<RecordKey>,
}

/// A command of the last build, with its explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExplainedCommand {
    pub place: String,
    pub extension: Option<String>,
    pub argv: Vec<String>,
    pub how: How,
    pub why: Why,
    /// Which node of the graph it is. A cancelled command is none.
    pub node: Option<GraphPosition>,
    /// What its runs are remembered by, if they are.
    pub action: Option<RecordKey>,
    /// When it had a job slot, if it needed one.
    pub stretch: Option<Stretch>,
}

/// A node of the last build's graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct GraphPosition {
    /// The number of its program in the graph.
    pub program: u32,
    /// Its number in that program.
    pub node: u32,
}

/// A stretch of time in which a command had a job slot. Times are in microseconds since the engine was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The number of the slot, from 0.
    pub slot: u32,
    /// When it began.
    pub from: u64,
    /// When it ended.
    pub to: u64,
}
