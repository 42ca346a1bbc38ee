//! The graph as JSON. `docs/graph.md` documents the schema.

use std::collections::BTreeMap;
use std::path::Path;

use ambidex_engine::{BuildGraph, GraphCommand};
use serde::Serialize;

use super::word;

/// The version of the schema. It goes up when a field goes or changes its meaning, not when one is added.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Graph<'a> {
    version: u32,
    directory: &'a Path,
    commands: Vec<Command<'a>>,
}

#[derive(Serialize)]
struct Command<'a> {
    kind: &'static str,
    extensions: &'a [String],
    directory: &'a Path,
    arguments: &'a [String],
    environment: BTreeMap<&'a str, Option<&'a str>>,
    inputs: Vec<Input<'a>>,
    outputs: Vec<Output<'a>>,
    failed: bool,
    temporary: bool,
    changed: Option<&'a Path>,
}

#[derive(Serialize)]
struct Input<'a> {
    path: &'a Path,
    command: Option<usize>,
}

#[derive(Serialize)]
struct Output<'a> {
    path: &'a Path,
    last: bool,
    kept: Option<&'a Path>,
}

/// Returns the graph as JSON.
pub(super) fn json(graph: &BuildGraph) -> String {
    let commands = graph.commands.iter().map(command).collect();
    let graph = Graph { version: VERSION, directory: &graph.root, commands };
    serde_json::to_string_pretty(&graph).expect("a graph is plain data") + "\n"
}

fn command(command: &GraphCommand) -> Command<'_> {
    let variables = command.variables.iter();
    Command {
        kind: word(command.kind),
        extensions: &command.extensions,
        directory: &command.directory,
        arguments: &command.arguments,
        environment: variables.map(|(name, value)| (name.as_str(), value.as_deref())).collect(),
        inputs: command.inputs.iter().map(|i| Input { path: &i.path, command: i.writer }).collect(),
        outputs: command
            .outputs
            .iter()
            .map(|output| Output { path: &output.path, last: output.is_last, kept: output.kept.as_deref() })
            .collect(),
        failed: command.has_failed,
        temporary: command.is_temporary,
        changed: command.changed.as_deref(),
    }
}
