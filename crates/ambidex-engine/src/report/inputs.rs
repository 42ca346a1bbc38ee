//! The observed dependencies of commands.

use std::io;
use std::path::Path;

use serde::Serialize;

use crate::memory::Memory;
use crate::memory::files::{FindingId, Found};
use crate::memory::record::{CommandDescription, Record};
use crate::observe::looks::View;
use crate::observe::observation::Asked;
use crate::report::explain::{Explanation, opened};

/// The observed dependencies of a remembered command, apart from its arguments and the objects and archives among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inputs {
    /// The looks of the command, in the order of their paths.
    pub looks: Vec<Look>,
    /// The environment variables that it asked for, or `None` if it may have read all of them.
    pub variables: Option<Vec<String>>,
}

/// A path that a command looked at, in one view.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Look {
    /// The path as the command named it, made absolute.
    pub path: String,
    /// The kind of thing that the command saw there.
    pub seen: Sight,
}

/// A kind of thing that can be seen at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sight {
    /// The content of a file, or the identity of a directory.
    There,
    /// Nothing, because the path does not exist.
    Nothing,
    /// Nothing, because the path can't be reached.
    Unreachable,
    /// The target of a link, or that there is no link.
    Link,
    /// The names in a directory.
    Names,
    /// The path without links.
    Resolved,
    /// Whether it can be executed.
    Executable,
    /// A file's time, permissions and owner.
    State,
    /// What the loader's cache has for a library.
    Library,
}

/// Returns the commands of the last build in a project's directory, in the order of their outputs, each with its
/// observed dependencies when it last ran. For some commands, nothing is remembered.
///
/// # Errors
/// If the state can't be read.
pub fn inputs(root: &Path) -> io::Result<Vec<(Explanation, Option<Inputs>)>> {
    let Some(tree) = opened(root)? else { return Ok(Vec::new()) };
    let mut memory = tree.memory();
    let build = memory.last_build();
    let mut all: Vec<(Explanation, Option<Inputs>)> = Vec::new();
    for explained in build.explained {
        let inputs = memory.command_at(&explained.place).and_then(|(record, _)| of(&memory, &record));
        all.push((explained.into(), inputs));
    }
    for key in build.up_to_date {
        let Some(record) = memory.record(&key) else { continue };
        let Ok(told) = postcard::from_bytes::<CommandDescription>(&record.description) else { continue };
        all.push((told.into(), of(&memory, &record)));
    }
    all.sort_by(|(a, _), (b, _)| a.output.cmp(&b.output));
    Ok(all)
}

fn of(memory: &Memory, record: &Record) -> Option<Inputs> {
    let mut looks: Vec<Look> =
        memory.looks(&record.looks).into_iter().map(|finding| look(memory, finding)).collect();
    looks.sort();
    looks.dedup();
    let variables = match &memory.surroundings(record.surroundings)?.asked {
        Asked::These { names, .. } => Some(names.clone()),
        Asked::Any => None,
    };
    Some(Inputs { looks, variables })
}

fn look(memory: &Memory, finding: FindingId) -> Look {
    let files = &memory.files;
    let seen = match (files.found(finding), files.view(files.finding(finding).file)) {
        (Found::Nothing, _) => Sight::Nothing,
        (Found::Unreachable, _) => Sight::Unreachable,
        (Found::Something, View::Leads) => Sight::There,
        (Found::Something, View::Itself) => Sight::Link,
        (Found::Something, View::Names | View::Matching) => Sight::Names,
        (Found::Something, View::Resolved) => Sight::Resolved,
        (Found::Something, View::Runs) => Sight::Executable,
        (Found::Something, View::State) => Sight::State,
        (Found::Something, View::Library) => Sight::Library,
    };
    Look { path: files.path_of(finding).to_string_lossy().into_owned(), seen }
}
