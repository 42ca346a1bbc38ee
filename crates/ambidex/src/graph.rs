//! `ambidex graph`: the build graph of the last build, for people (Graphviz), for programs (JSON), and for ninja.

mod copies;
mod dot;
mod json;
mod ninja;
mod ninja_text;
mod own_paths;

use std::path::Path;

use ambidex_engine::Kind;

use crate::args::{GraphArgs, GraphFormat};
use crate::error::Error;
use crate::project::Project;
use crate::{last_build, tell};

/// Writes the graph.
pub(crate) fn graph(args: &GraphArgs) -> Result<u8, Error> {
    tell::set_color(args.output.color);
    let project = Project::find(&args.dir)?;
    let graph = last_build::graph(&project)?;
    let mut notes = Vec::new();
    let text = match args.format {
        GraphFormat::Dot => dot::dot(&graph),
        GraphFormat::Json => json::json(&graph),
        GraphFormat::Ninja => ninja::ninja(&graph, &mut notes)?,
    };
    last_build::write(&args.out, &text)?;
    if !args.output.quiet {
        notes.iter().for_each(|note| tell::note(note));
        last_build::tell_left(&project);
    }
    Ok(0)
}

/// Returns the word for a kind of command.
pub(crate) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Compile => "compile",
        Kind::Preprocess => "preprocess",
        Kind::CompileAndLink => "compile-and-link",
        Kind::Link => "link",
        Kind::Archive => "archive",
        Kind::Index => "index",
        Kind::Generate => "generate",
        Kind::Query => "query",
    }
}

/// Returns a path as users read it: relative to the project if it is inside.
fn shown(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}
