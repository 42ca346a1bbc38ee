//! `ambidex compdb`: the last build's compilations as a JSON compilation database, as clangd and other tools of Clang
//! read it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use ambidex_engine::{BuildGraph, GraphCommand, Kind};
use serde::Serialize;

use crate::args::CompdbArgs;
use crate::error::Error;
use crate::project::Project;
use crate::{last_build, tell};

/// The name that tools look for, in the directory of a source and in those above.
const NAME: &str = "compile_commands.json";

/// A command that compiles a source ("JSON Compilation Database Format Specification" of Clang).
#[derive(PartialEq, Eq, Hash, Serialize)]
struct Entry<'a> {
    directory: &'a Path,
    file: PathBuf,
    arguments: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a Path>,
}

/// Writes the database.
pub(crate) fn compdb(args: &CompdbArgs) -> Result<u8, Error> {
    tell::set_color(args.output.color);
    let project = Project::find(&args.dir)?;
    let graph = last_build::graph(&project)?;
    let entries = entries(&graph);
    if entries.is_empty() {
        return Err(Error::NothingCompiled(project.root));
    }
    let text = serde_json::to_string_pretty(&entries).expect("entries are plain data") + "\n";
    let file = args.out.clone().unwrap_or_else(|| args.dir.join(NAME));
    if last_build::write(&file, &text)? && !args.output.quiet {
        tell::say(&format!("{} compilations in {}", entries.len(), file.display()));
    }
    if !args.output.quiet {
        last_build::tell_left(&project);
    }
    Ok(0)
}

/// Returns the compilations of the project's own sources, in program order. A probe compiles a temporary file, or one
/// that it removes.
fn entries(graph: &BuildGraph) -> Vec<Entry<'_>> {
    let is_wanted = |command: &&GraphCommand| {
        matches!(command.kind, Kind::Compile | Kind::CompileAndLink) && !command.is_temporary
    };
    let all = graph.commands.iter().filter(is_wanted).flat_map(|command| {
        command.sources.iter().map(|source| Entry {
            directory: &command.directory,
            file: command.directory.join(source),
            arguments: &command.arguments,
            output: command.outputs.first().map(|output| output.path.as_path()),
        })
    });
    let mut seen = HashSet::new();
    all.filter(|entry| entry.file.is_file())
        .filter(|entry| seen.insert((entry.directory, entry.file.clone(), entry.arguments)))
        .collect()
}
