//! What a command is told apart by before it runs: its action key and the contents of its operands.

use std::sync::Arc;

use ambidex_command::{Command, Kind};
use ambidex_store::Digest;

use crate::base::roles::Roles;
use crate::memory::record::{ActionKey, RunResult, Why};

/// What makes a command comparable with others: all that its recording tells.
#[derive(Clone, Debug)]
pub(crate) struct Fingerprint {
    pub key: ActionKey,
    pub roles: Arc<Roles>,
}

/// An object or archive that a command reads.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    /// Its name, without the folder.
    pub name: String,
    /// Its content; none where there is no such file.
    pub digest: Option<Digest>,
    /// Whether it is the archive that the command changes.
    pub previous: bool,
}

impl Fingerprint {
    /// Whether a run is still what the command would do, but for what it looked at and its outputs.
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
        let moved = result.embedded_paths.iter().find(|(role, path)| roles.path_of(role) != Some(path));
        if let Some((_, path)) = moved {
            return Some(Why::Place(path.clone()));
        }
        let another = result.machine.iter().find(|(fact, then)| fact.now() != *then);
        another.map(|(fact, _)| Why::Machine(*fact))
    }
}

/// Archives are special: taking members in that it has already changes nothing, so what came of the last run is as
/// good as what was there before it.
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

/// Stands for an archive that is not there yet.
pub(super) const NOTHING: Digest = Digest([0; 32]);

/// Whether running it twice leaves what running it once does: `ar r`, not `ar q` (binutils manual, "ar"), and ranlib.
fn is_idempotent(command: &Command) -> bool {
    // With options before it, which word it is depends on what they take.
    let operation = command.argv.get(command.tool + 1).filter(|word| !word.starts_with("--"));
    command.kind == Kind::Index
        || command.kind == Kind::Archive
            && operation.is_some_and(|word| word.contains('r') && !word.contains('q'))
}
