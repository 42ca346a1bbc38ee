//! Knows how to tell people what a command was seen to depend on.

use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use crate::memory::Memory;
use crate::memory::files::{Found, VersionId};
use crate::memory::record::{ActionKey, Record, Told};
use crate::observation::{Asked, View};
use crate::roles;
use crate::tree::{Tree, folder_of};

/// What a remembered command was seen to depend on, beside its arguments and the objects and archives among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inputs {
    /// What the command makes, relative to the project where it is in it.
    pub output: String,
    /// The extension that it was first recorded for.
    pub extension: Option<String>,
    /// What it looked at, by path.
    pub looks: Vec<Look>,
    /// The variables that it asked for; none if it may have read all of them.
    pub variables: Option<Vec<String>>,
}

/// A path that a command looked at, in one respect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Look {
    /// The path, as the command named it, made absolute.
    pub path: String,
    /// What it saw there.
    pub seen: Sight,
}

/// What can be seen at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sight {
    /// The content of a file, or which folder it is.
    There,
    /// That there is nothing.
    Nothing,
    /// That it can't be reached.
    Unreachable,
    /// Where a link leads to, or that there is none.
    Link,
    /// The names in a folder.
    Names,
    /// The path without links.
    Resolved,
    /// Whether it can be executed.
    Executable,
    /// A file's time, permissions and owner.
    State,
}

/// What the commands of the last build in a project's folder depend on, as they were seen when they last ran, in the order
/// of their outputs. Commands that are not remembered are left out.
///
/// # Errors
/// If the state can't be read.
pub fn inputs(root: &Path) -> io::Result<Vec<Inputs>> {
    if !folder_of(root).is_dir() {
        return Ok(Vec::new());
    }
    let tree = Tree::open(root, &AtomicBool::new(false))?;
    let mut memory = tree.memory();
    let build = memory.last_build();
    let mut keys = build.up_to_date;
    keys.extend(build.explained.iter().filter_map(|told| Some(memory.told_of(&told.place)?.0)));
    let mut all: Vec<Inputs> = keys.iter().filter_map(|key| of(&memory, key)).collect();
    all.sort_by(|a, b| a.output.cmp(&b.output));
    Ok(all)
}

fn of(memory: &Memory, key: &ActionKey) -> Option<Inputs> {
    let record: Record = memory.record(key)?;
    let told: Told = postcard::from_bytes(&record.told).ok()?;
    let mut looks: Vec<Look> =
        memory.looks(&record.looks).into_iter().map(|version| look(memory, version)).collect();
    looks.sort();
    looks.dedup();
    let variables = match &memory.surroundings(record.surroundings)?.asked {
        Asked::These { names, .. } => Some(names.clone()),
        Asked::Any => None,
    };
    Some(Inputs { output: roles::shown(&told.place), extension: told.extension, looks, variables })
}

fn look(memory: &Memory, version: VersionId) -> Look {
    let files = &memory.files;
    let seen = match (files.found(version), files.view(files.version(version).file)) {
        (Found::Nothing, _) => Sight::Nothing,
        (Found::Unreachable, _) => Sight::Unreachable,
        (Found::Something, View::Leads) => Sight::There,
        (Found::Something, View::Itself) => Sight::Link,
        (Found::Something, View::Names) => Sight::Names,
        (Found::Something, View::Resolved) => Sight::Resolved,
        (Found::Something, View::Runs) => Sight::Executable,
        (Found::Something, View::State) => Sight::State,
    };
    Look { path: files.path_of(version).to_string_lossy().into_owned(), seen }
}
