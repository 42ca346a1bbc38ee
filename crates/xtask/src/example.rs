//! The chore that builds the example from scratch and shows it.

use std::process::Command;

use anyhow::Result;

use crate::environment::{ambidex, python_with, root, run};

/// Builds `examples/shared-source` with two jobs and prints what its modules return.
pub(crate) fn show() -> Result<()> {
    let project = root().join("examples").join("shared-source");
    let python = python_with("example", &["setuptools"])?;
    run(Command::new(ambidex()?).args(["build", "-j2"]).arg(&project).arg("--python").arg(&python))?;
    run(Command::new(&python).arg(project.join("show.py")))
}
