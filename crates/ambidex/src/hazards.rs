//! The paths that more than one extension of a project writes, found by a recording that builds nothing.

use std::collections::BTreeSet;
use std::path::Path;

use ambidex_engine::{HazardPath, Options, Writer};

use crate::bench::show_log;
use crate::error::Error;
use crate::supervise::{self, Task};

/// Returns the hazards of a build, which is recorded and not run. `options` are those of the build.
pub(crate) fn of(task: Task<'_>, options: Options) -> Result<Vec<HazardPath>, Error> {
    let log = task.log.clone();
    let ended = supervise::captured(task, Options { only_record: true, ..options })?;
    if ended.interrupted {
        return Err(Error::Interrupted(ended.code));
    }
    if ended.code != 0 {
        log.as_deref().into_iter().for_each(show_log);
        return Err(Error::SetupFailed(ended.code));
    }
    Ok(ended.report.hazard_paths)
}

/// Returns the path relative to the project, if it is in the project.
pub(crate) fn shown(hazard: &HazardPath) -> &Path {
    hazard.path.strip_prefix(&hazard.root).unwrap_or(&hazard.path)
}

/// Returns the word for the kind of hazard: `duplicate` if all writers are the same command, else `conflict`.
pub(crate) fn kind(hazard: &HazardPath) -> &'static str {
    if hazard.duplicate { "duplicate" } else { "conflict" }
}

/// Returns the arguments of a writer that not all writers have.
pub(crate) fn own_arguments<'a>(writer: &'a Writer, all: &[Writer]) -> Vec<&'a str> {
    let sets: Vec<BTreeSet<&String>> = all.iter().map(|w| w.command.iter().collect()).collect();
    let everywhere = |argument: &String| sets.iter().all(|set| set.contains(argument));
    writer.command.iter().filter(|a| !everywhere(a)).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let writer = |extension: &str, value: &str| Writer {
            extension: extension.into(),
            command: ["gcc", "-c", "common.c", value].map(String::from).to_vec(),
        };
        let all = [writer("a", "-DV=1"), writer("b", "-DV=2")];
        assert_eq!(own_arguments(&all[0], &all), ["-DV=1"]);
        assert_eq!(own_arguments(&all[1], &all), ["-DV=2"]);
        let same = [writer("a", "-DV=1"), writer("b", "-DV=1")];
        assert!(own_arguments(&same[0], &same).is_empty());
    }
}
