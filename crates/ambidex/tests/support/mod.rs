//! What the integration tests share: Pythons, virtual environments, copies of projects, and comparisons of builds.
#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

mod compiler;
mod edited;
mod environment;
mod files;
mod interpreter;
mod package;
mod processes;
mod run;
mod workspace;

use std::io::Write;
use std::path::{Path, PathBuf};

pub use compiler::Compiler;
pub use edited::{ALL, Counts, Edited, all_files};
pub use environment::{Environment, NEWEST};
pub use files::{Files, differences};
pub use package::{Package, Verdict};
pub use processes::{is_alive, wait_until_none_has, with_mark};
pub use run::{Ran, on_path, run, run_until_signalled};
pub use workspace::{Workspace, read_json};

/// The root of the repository.
pub fn repository() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in `crates`");
    crates.parent().expect("`crates` is in the repository").to_owned()
}

/// A project below `tests/fixtures`.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("fixtures").join(name)
}

/// The example with two modules that share a source.
pub fn shared_source() -> PathBuf {
    repository().join("examples").join("shared-source")
}

/// Tells that something was not tested. Written past the test harness, which shows what a test prints only if it
/// fails.
pub fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}");
}
