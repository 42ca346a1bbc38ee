//! The graph for Graphviz: a box for each command, a plain text for each file that no command makes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use ambidex_engine::{BuildGraph, GraphCommand};

use super::{shown, word};

/// Returns the graph in the language DOT. Probes are left out.
pub(super) fn dot(graph: &BuildGraph) -> String {
    let mut text = "digraph build {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
    let commands = graph.commands.iter().enumerate().filter(|(_, command)| !command.is_temporary);
    let mut files: BTreeMap<&Path, BTreeSet<usize>> = BTreeMap::new();
    for (number, command) in commands {
        let style = match command {
            GraphCommand { has_failed: true, .. } => ", color=red",
            _ if command.is_final() => ", style=bold",
            _ => "",
        };
        writeln!(text, "  c{number} [label={}{style}];", label(command, &graph.root))
            .expect("a string takes all");
        let writers: BTreeSet<usize> = command.inputs.iter().filter_map(|input| input.writer).collect();
        for writer in writers {
            writeln!(text, "  c{writer} -> c{number};").expect("a string takes all");
        }
        for input in command.inputs.iter().filter(|input| input.writer.is_none()) {
            files.entry(&input.path).or_default().insert(number);
        }
    }
    for (number, (path, readers)) in files.into_iter().enumerate() {
        let label = quoted(&shown(path, &graph.root));
        writeln!(text, "  f{number} [label={label}, shape=plaintext];").expect("a string takes all");
        for reader in readers {
            writeln!(text, "  f{number} -> c{reader};").expect("a string takes all");
        }
    }
    text + "}\n"
}

fn label(command: &GraphCommand, root: &Path) -> String {
    let mut lines = vec![word(command.kind).to_owned()];
    lines.extend(command.outputs.iter().map(|output| shown(&output.path, root)));
    if !command.extensions.is_empty() {
        lines.push(format!("({})", command.extensions.join(", ")));
    }
    quoted(&lines.join("\n"))
}

/// Returns a text as a quoted string of DOT. Labels have escape sequences of their own, which begin with a backslash
/// (Graphviz, `escString`).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            _ => quoted.push(character),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_show_what_they_stand_for() {
        assert_eq!(quoted("a\"b\\n\nc é"), "\"a\\\"b\\\\n\\nc é\"");
    }
}
