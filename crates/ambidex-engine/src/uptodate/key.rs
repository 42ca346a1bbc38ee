//! The identity of a command, wherever and whenever it runs: everything but the content of what it reads.

use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use ambidex_command::{Command, Kind, OutputRole, Placement, Span};

use crate::base::environment::Environment;
use crate::base::parts::Parts;
use crate::base::roles::Roles;
use crate::memory::record::ActionKey;
use crate::observe::unremembered::Unremembered;

/// The version of keys, which goes up when what goes into a key changes.
const VERSION: &[u8] = b"ambidex action 7";

/// Returns the key of a command, and the roles of its paths.
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
    if command.kind == Kind::Generate {
        // A function may name what is below the working directory by relative paths, and leave these in its output
        // (Cython, `Compiler/Scanning.py`, `FileSourceDescriptor`).
        for (path, name) in roles.all() {
            if let Some(relative) =
                Path::new(path).strip_prefix(cwd).ok().filter(|path| *path != Path::new(""))
            {
                parts.add(name.as_bytes());
                parts.add(relative.as_os_str().as_bytes());
            }
        }
    }
    (ActionKey(parts.digest()), roles)
}

/// Returns the name of the working directory in `PWD`, if that is another name: compilers write it into debug
/// information.
pub(crate) fn other_name_of<'a>(cwd: &Path, env: &'a Environment) -> Option<&'a str> {
    let name = env.variables.get("PWD")?.as_str();
    // By their bytes: compilers write `//a` and `/a/` as they are, although they are equal as paths.
    if name.as_bytes() == cwd.as_os_str().as_bytes() {
        return None;
    }
    let is_same = std::fs::canonicalize(name).is_ok_and(|real| real == cwd);
    is_same.then_some(name)
}

/// Returns the arguments with paths named by role, and the roles of all paths that they name. Of outputs, and of
/// objects and archives that the command reads, only the file name counts. Anything that is not a path counts as it is
/// written: the value of a macro, for instance, may end up in the output in any form.
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
    let mut is_value = false;
    for argument in &mut argv {
        let literal = is_value || !holds_paths(argument);
        is_value = takes_text(argument);
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

/// Returns whether an argument holds paths and nothing else: a file name, or an option with one (GCC manual, "Options
/// for Directory Search", "Options for Linking", `-ffile-prefix-map`).
fn holds_paths(argument: &str) -> bool {
    const BEGINNINGS: [&str; 19] = [
        "-I",
        "-L",
        "-B",
        "-F",
        "-R",
        "-T",
        "-o",
        "-isystem",
        "-iquote",
        "-idirafter",
        "-include",
        "-imacros",
        "-iprefix",
        "-isysroot",
        "--sysroot=",
        "-specs=",
        "-fplugin=",
        "-Wl,",
        "-fuse-ld=",
    ];
    !argument.starts_with('-')
        || BEGINNINGS.iter().any(|beginning| argument.starts_with(beginning))
        || argument.starts_with("-f") && argument.contains("-prefix-map=")
}

/// Returns whether the argument after this one is text: a macro, or something to pass on to another program.
fn takes_text(argument: &str) -> bool {
    matches!(argument, "-D" | "-U" | "-A" | "-Xpreprocessor" | "-Xassembler" | "-Xclang" | "-mllvm")
        || argument.starts_with("--define-macro")
        || argument.starts_with("--undefine-macro")
}

/// Returns a file's name after a mark, so that it differs from every path with the same text.
fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name().map_or_else(|| path.into(), |name| name.to_string_lossy());
    format!("\0file\0/{name}")
}

/// Returns why a command runs every time, if it does.
pub(crate) fn always(command: &Command) -> Option<Unremembered> {
    if let Placement::InPlace(reason) = command.placement {
        return Some(Unremembered::InPlace(reason.describe().to_owned()));
    }
    if command.outputs.iter().any(|output| output.role != OutputRole::Primary) {
        return Some(Unremembered::WritesBeside);
    }
    if command.kind == Kind::Query || command.outputs.is_empty() {
        return Some(Unremembered::WritesNothing);
    }
    None
}
