//! The files of a project that its last build read: what its commands looked at, and what became part of the package.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ambidex_engine::{BuildGraph, Explanation, Inputs, Sight, without_dots};
use serde::Deserialize;
use walkdir::WalkDir;

use crate::closing::number;
use crate::error::Error;
use crate::project::Project;

/// The files, and what the user should know of them.
pub(crate) struct Found {
    pub keys: BTreeSet<PathBuf>,
    pub notes: Vec<String>,
}

/// Returns the files that the last build read, relative to the project. `declared` are more files, which count if they
/// exist.
pub(crate) fn of(
    project: &Project,
    graph: &BuildGraph,
    inputs: &[(Explanation, Option<Inputs>)],
    declared: BTreeSet<PathBuf>,
) -> Result<Found, Error> {
    let root = &project.root;
    let made: HashSet<PathBuf> = graph
        .commands
        .iter()
        .flat_map(|command| command.outputs.iter().map(|output| without_dots(&output.path)))
        .collect();
    let looked = inputs.iter().filter_map(|(_, inputs)| inputs.as_ref()).flat_map(|inputs| &inputs.looks);
    let looked =
        looked.filter(|look| !matches!(look.seen, Sight::Nothing | Sight::Unreachable | Sight::Names));
    let looked = looked.map(|look| PathBuf::from(&look.path));
    let named = graph.commands.iter().flat_map(|command| {
        let sources = command.sources.iter().map(|source| command.directory.join(source));
        sources.chain(command.inputs.iter().map(|input| input.path.clone()))
    });
    let packaged = packaged(root, &made)?;
    let during = Period::of_the_last_build(project);
    let mut written = BTreeSet::new();
    let all = looked.chain(named).chain(packaged).chain(declared.into_iter().map(|file| root.join(file)));
    let keys = all.map(|path| without_dots(&path)).filter(|path| !made.contains(path) && path.is_file());
    let keys: BTreeSet<PathBuf> = keys
        .filter_map(|path| Some(path.strip_prefix(root).ok()?.to_owned()))
        .filter(|path| !path.starts_with("build"))
        .filter(|path| {
            let is_written = during.as_ref().is_some_and(|during| during.has_changed(&root.join(path)));
            if is_written {
                written.insert(path.clone());
            }
            !is_written
        })
        .collect();
    let mut notes: Vec<String> = Vec::new();
    for file in written {
        notes.push(format!("without {}: it was written while the build ran", file.display()));
    }
    let unknown = inputs.iter().filter(|(_, inputs)| inputs.is_none()).count();
    if unknown > 0 {
        notes.push(format!(
            "{} may have read more files; `ambidex explain --inputs` says why that is not known",
            number(unknown, "command")
        ));
    }
    Ok(Found { keys, notes })
}

/// The time of a build.
struct Period {
    from: SystemTime,
    to: SystemTime,
}

impl Period {
    /// Returns when the last build ran, as far as it has left that.
    fn of_the_last_build(project: &Project) -> Option<Self> {
        #[derive(Deserialize)]
        struct Summary {
            wall_s: f64,
        }
        let file = ambidex_engine::state_folder(&project.root).join("last-build.json");
        let summary: Summary = serde_json::from_slice(&fs::read(&file).ok()?).ok()?;
        let to = fs::metadata(&file).and_then(|data| data.modified()).ok()?;
        let length = Duration::try_from_secs_f64(summary.wall_s).ok()?;
        Some(Self { from: to.checked_sub(length)?, to })
    }

    /// Returns whether a file was last changed in this time. The build writes such a file itself: as a key, it would make
    /// uv build each time.
    fn has_changed(&self, file: &Path) -> bool {
        let modified = fs::metadata(file).and_then(|data| data.modified());
        modified.is_ok_and(|modified| self.from <= modified && modified <= self.to)
    }
}

/// Returns the files of the project of which the build has put copies into the package, such as Python modules.
fn packaged(root: &Path, made: &HashSet<PathBuf>) -> Result<Vec<PathBuf>, Error> {
    // The directories in which projects keep their packages.
    const TOPS: [&str; 3] = ["", "src", "lib"];
    let build = root.join("build");
    let unreadable = |error: walkdir::Error| Error::Unreadable { path: build.clone(), source: error.into() };
    let mut found = Vec::new();
    for entry in fs::read_dir(&build).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with("lib") {
            continue;
        }
        for file in WalkDir::new(entry.path()) {
            let file = file.map_err(unreadable)?;
            if !file.file_type().is_file() || made.contains(file.path()) {
                continue;
            }
            let inside = file.path().strip_prefix(entry.path()).unwrap_or(file.path());
            found.extend(TOPS.iter().map(|top| root.join(top).join(inside)).filter(|path| path.is_file()));
        }
    }
    Ok(found)
}
