//! Knows what makes two commands the same, wherever and whenever they are run: all but the content of what they read.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use ambidex_command::{Command, Kind, OutputRole, Placement, Span};
use ambidex_store::Digest;

use crate::job::Environment;
use crate::memory::record::ActionKey;
use crate::parts::Parts;
use crate::roles::Roles;

/// Counts up when what goes into a key changes.
const VERSION: &[u8] = b"ambidex action 2";

/// The key of a command, and the roles of its paths.
pub(crate) fn of(
    command: &Command,
    program: &Path,
    cwd: &Path,
    env: &Environment,
    roles: &Arc<Roles>,
) -> (ActionKey, Arc<Roles>) {
    let (argv, roles) = named_argv(command, roles);
    let mut parts = Parts::default();
    let mut add = |part: &[u8]| parts.add(part);
    add(VERSION);
    add(roles.name(&program.to_string_lossy()).as_bytes());
    argv.iter().for_each(|argument| add(argument.as_bytes()));
    add(roles.name(&cwd.to_string_lossy()).as_bytes());
    if let Some(other) = other_name_of(cwd, env) {
        add(other.as_bytes());
    }
    (ActionKey(parts.digest()), roles)
}

/// What `PWD` calls the working directory, if that is another name: compilers write it into debug information.
pub(crate) fn other_name_of<'a>(cwd: &Path, env: &'a Environment) -> Option<&'a str> {
    let name = env.variables.get("PWD")?.as_str();
    if Path::new(name) == cwd {
        return None;
    }
    let is_same = std::fs::canonicalize(name).is_ok_and(|real| real == cwd);
    is_same.then_some(name)
}

/// What `-march=native` means here.
pub(crate) static PROCESSOR: LazyLock<Digest> = LazyLock::new(|| {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let telling = ["vendor_id", "cpu family", "model", "stepping", "flags", "Features", "CPU"];
    let first = text.split("\n\n").next().unwrap_or_default();
    let lines = first.lines().filter(|line| {
        let name = line.split(':').next().unwrap_or_default().trim();
        telling.iter().any(|start| name.starts_with(start)) && name != "cpu MHz"
    });
    Digest::of(lines.collect::<Vec<_>>().join("\n").as_bytes())
});

/// The arguments with paths named by role, and the roles with all that they name. Of outputs, and of objects and archives that it reads, only the name
/// counts; a macro's value counts as it is written, since it may end up in any form in the output.
pub(crate) fn named_argv(command: &Command, roles: &Arc<Roles>) -> (Vec<String>, Arc<Roles>) {
    let mut spans: Vec<(Span, String)> = Vec::new();
    for output in command.outputs.iter().filter(|output| output.role == OutputRole::Primary) {
        spans.extend(output.span.map(|span| (span, file_name(&output.path))));
    }
    for input in command.inputs.iter().filter(|input| input.role.substitutable()) {
        spans.push((input.span, file_name(&input.path)));
    }
    let replacements: Vec<(Span, &str)> = spans.iter().map(|(span, name)| (*span, name.as_str())).collect();
    let mut argv = command.with_replacements(&replacements);
    let mut roles = roles.clone();
    let mut is_macro = false;
    for argument in &mut argv {
        let literal = is_macro || argument.starts_with("-D") || argument.starts_with("-U");
        is_macro = matches!(argument.as_str(), "-D" | "-U");
        if literal || !argument.contains('/') {
            continue;
        }
        if roles.mentions_temporary(argument) {
            Arc::make_mut(&mut roles).learn(argument);
        }
        if let Cow::Owned(named) = roles.name(argument) {
            *argument = named;
        }
    }
    (argv, roles)
}

/// A file's name behind a mark, so that it is no path of the same text.
fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name().map_or_else(|| path.into(), |name| name.to_string_lossy());
    format!("\0file\0/{name}")
}

/// Why a command is run each time, if it is.
pub(crate) fn always(command: &Command) -> Option<String> {
    if let Placement::InPlace(reason) = command.placement {
        return Some(reason.describe().to_owned());
    }
    if command.outputs.iter().any(|output| output.role != OutputRole::Primary) {
        return Some("it writes files beside its output".to_owned());
    }
    if command.kind == Kind::Query || command.outputs.is_empty() {
        return Some("it writes no file".to_owned());
    }
    None
}
