//! How to tell people what a command was seen to depend on.

use std::io;
use std::path::Path;

use serde::Serialize;

use crate::memory::Memory;
use crate::memory::files::{FindingId, Found};
use crate::memory::record::{CommandDescription, Record};
use crate::observe::looks::View;
use crate::observe::observation::Asked;
use crate::report::explain::{Explanation, opened};

/// What a remembered command was seen to depend on, beside its arguments and the objects and archives among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inputs {
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

/// The commands of the last build in a project's folder, each with what it was seen to depend on when it last ran, in the
/// order of their outputs. Of some nothing is remembered.
///
/// # Errors
/// If the state can't be read.
pub fn inputs(root: &Path) -> io::Result<Vec<(Explanation, Option<Inputs>)>> {
    let Some(tree) = opened(root)? else { return Ok(Vec::new()) };
    let mut memory = tree.memory();
    let build = memory.last_build();
    let mut all: Vec<(Explanation, Option<Inputs>)> = Vec::new();
    for explained in build.explained {
        let key = memory.command_at(&explained.place).map(|(key, _)| key);
        let inputs = key.and_then(|key| of(&memory, &memory.record(&key)?));
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
        (Found::Something, View::Names) => Sight::Names,
        (Found::Something, View::Resolved) => Sight::Resolved,
        (Found::Something, View::Runs) => Sight::Executable,
        (Found::Something, View::State) => Sight::State,
    };
    Look { path: files.path_of(finding).to_string_lossy().into_owned(), seen }
}
