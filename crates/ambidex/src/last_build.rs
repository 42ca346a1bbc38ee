//! How the commands that show the last build open it, where they write, and what they say of what is missing.

use std::path::Path;
use std::time::{Duration, Instant};

use ambidex_engine::BuildGraph;
use serde::Deserialize;

use crate::error::Error;
use crate::project::Project;
use crate::tell;

/// The name of a file that stands for standard output.
pub(crate) const STANDARD_OUTPUT: &str = "-";

/// Waits while something else reads the state, which takes milliseconds. A build has it for longer.
pub(crate) fn wait_for_readers(project: &Project) -> Result<(), Error> {
    let began = Instant::now();
    while ambidex_engine::is_in_use(&project.root) {
        if began.elapsed() > Duration::from_secs(1) {
            return Err(Error::Busy(project.root.clone()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Returns the error for an unreadable state of the last build.
pub(crate) fn state_error(project: &Project, source: std::io::Error) -> Error {
    Error::Unreadable { path: ambidex_engine::state_folder(&project.root), source }
}

/// Returns the graph of the last build of a project.
pub(crate) fn graph(project: &Project) -> Result<BuildGraph, Error> {
    wait_for_readers(project)?;
    let graph = ambidex_engine::graph(&project.root).map_err(|error| state_error(project, error))?;
    graph.ok_or_else(|| Error::NothingBuilt(project.root.clone()))
}

/// Writes a text to a file, or to standard output if the file is `-`. Leaves a file alone that has this text already,
/// because whoever watches it would read it again. Returns whether it was a file.
pub(crate) fn write(file: &Path, text: &str) -> Result<bool, Error> {
    if file == Path::new(STANDARD_OUTPUT) {
        return tell::print(text).map(|()| false);
    }
    if !std::fs::read(file).is_ok_and(|there| there == text.as_bytes()) {
        std::fs::write(file, text).map_err(|source| Error::Unwritable { path: file.to_owned(), source })?;
    }
    Ok(true)
}

/// A command of the last build that Python ran itself.
#[derive(Deserialize)]
pub(crate) struct Left {
    pub command: Vec<String>,
    pub reason: String,
}

/// Returns the commands of the last build that Python ran itself, as far as that is known.
pub(crate) fn left(project: &Project) -> Vec<Left> {
    #[derive(Deserialize)]
    struct Summary {
        left_to_python: Vec<Left>,
    }
    let file = ambidex_engine::state_folder(&project.root).join("last-build.json");
    // The graph is there without this file, too.
    let summary = std::fs::read(file).ok().and_then(|json| serde_json::from_slice::<Summary>(&json).ok());
    summary.map_or_else(Vec::new, |summary| summary.left_to_python)
}

/// Says how many commands of the last build are missing in its graph, because Python ran them itself.
pub(crate) fn tell_left(project: &Project) {
    let count = left(project).len();
    if count > 0 {
        let commands = if count == 1 { "command" } else { "commands" };
        tell::note(&format!(
            "without {count} {commands} of the last build that Python ran itself; `ambidex explain --time` lists them"
        ));
    }
}
