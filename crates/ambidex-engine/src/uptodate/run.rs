//! A command that has run, and what was seen of it.

use std::path::Path;
use std::sync::Arc;

use ambidex_command::Command;

use super::fingerprint::Operand;
use super::output::Looked;
use crate::base::process::Ended;
use crate::base::roles::Roles;
use crate::observe::observation::Observation;

/// A successful run, and what is needed to remember it.
pub(crate) struct Run<'a> {
    /// The roles of its paths, and of the paths in variables that it asked for.
    pub roles: &'a Arc<Roles>,
    pub command: &'a Command,
    /// Where it ran.
    pub cwd: &'a Path,
    pub operands: &'a [Operand],
    pub observation: &'a Observation,
    /// The files that it wrote.
    pub outputs: &'a [Looked],
    pub ended: &'a Ended,
}
