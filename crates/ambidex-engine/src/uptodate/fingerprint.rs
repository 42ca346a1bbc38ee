//! The identity of a command before it runs: its action key and the contents of its operands.

use std::sync::Arc;

use ambidex_command::{Command, Kind};
use ambidex_store::Digest;

use crate::base::roles::Roles;
use crate::memory::record::{ActionKey, RecordKey, RunResult, Why};

/// The identity of a command for comparisons: everything that its recording says.
#[derive(Clone, Debug)]
pub(crate) struct Fingerprint {
    pub key: ActionKey,
    /// The key of what this tree remembers of it.
    pub here: RecordKey,
    pub roles: Arc<Roles>,
}

/// An object or archive that a command reads.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    /// The file name, without the directory.
    pub name: String,
    /// The hash of the content; none if the file doesn't exist.
    pub digest: Option<Digest>,
    /// Whether this is the archive that the command changes.
    pub previous: bool,
}

impl Fingerprint {
    /// Returns why a run is no longer what the command would do, if so. What the run looked at and its outputs are not
    /// checked here.
    pub fn objection(
        &self,
        command: &Command,
        operands: &[Operand],
        roles: &Roles,
        result: &RunResult,
    ) -> Option<Why> {
        if let Some(why) = operands_differ(command, operands, result) {
            return Some(why);
        }
        if let Some(moved) = result.embedded_paths.iter().find(|embedded| embedded.is_moved(roles)) {
            return Some(Why::Place(moved.path.clone()));
        }
        let another = result.machine.iter().find(|(fact, then)| fact.now() != *then);
        another.map(|(fact, _)| Why::Machine(*fact))
    }
}

/// Returns why the operands differ from those of a run, if they do. Archives are special: adding members that an
/// archive already has changes nothing, so the result of the last run counts as equal to the archive before it.
fn operands_differ(command: &Command, operands: &[Operand], result: &RunResult) -> Option<Why> {
    let made = result.outputs.first().map(|output| output.digest);
    let same_count = operands.len() == result.operands.len();
    let differs = operands.iter().zip(&result.operands).find(|(now, then)| {
        let again = now.previous && is_idempotent(command) && now.digest == made;
        now.digest.unwrap_or(NOTHING) != **then && !again
    });
    match differs {
        Some((now, _)) => Some(Why::Operand(now.name.clone())),
        None => (!same_count).then(|| Why::Operand(String::new())),
    }
}

/// The hash that stands for an archive that doesn't exist yet.
pub(super) const NOTHING: Digest = Digest([0; 32]);

/// Returns whether two runs leave the same as one: `ar r`, not `ar q` (binutils manual, "ar"), and ranlib.
fn is_idempotent(command: &Command) -> bool {
    // If options precede the operation, their arguments determine which word it is.
    let operation = command.argv.get(command.tool + 1).filter(|word| !word.starts_with("--"));
    command.kind == Kind::Index
        || command.kind == Kind::Archive
            && operation.is_some_and(|word| word.contains('r') && !word.contains('q'))
}
