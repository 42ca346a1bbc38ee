//! On which paths a run depends, and whether what it made can be made for other paths.
//!
//! The paths of roles get into an object from where the command runs and from its arguments. A compiler that was not
//! told otherwise writes them into debug information and nowhere else, and there they can be replaced. This module
//! knows when that is not all: another program took part, a file says the path itself, an option changes paths.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use ambidex_command::{Command, Kind};

use super::key;
use super::run::Run;
use crate::base::paths::is_within;
use crate::base::roles::Roles;
use crate::memory::Memory;
use crate::memory::files::FindingId;
use crate::memory::record::{Bond, Embedded, RunResult, Why};
use crate::observe::tools;

/// The beginnings of options for which the path of a source counts: compilers put a hash or a part of it into symbols
/// and data, or compare it with a list (GCC manual, "Instrumentation Options"; Clang, "Clang command line argument
/// reference").
const BY_PATH: [&str; 11] = [
    "-fcoverage-mapping",
    "-fcs-profile-generate",
    "-finstrument-functions-exclude-file-list",
    "-fprofile-instr-generate",
    "-fprofile-list",
    "-fsanitize-blacklist",
    "-fsanitize-coverage-",
    "-fsanitize-ignorelist",
    "-fsanitize-undefined-strip-path-components",
    "-funique-internal-linkage-names",
    "-fxray-",
];

/// The beginning of options by which messages have paths in another form.
const FORMAT: &str = "-fdiagnostics-format";

/// The bonds of a run, by role. Of several, the strongest counts.
#[derive(Default)]
struct Bonds<'a>(BTreeMap<&'a str, Bond>);

impl<'a> Bonds<'a> {
    fn add(&mut self, role: &'a str, bond: Bond) {
        let known = self.0.entry(role).or_insert(Bond::Replaceable);
        if bond > *known {
            *known = bond;
        }
    }

    fn bind(&mut self, role: &'a str, reason: &str) {
        self.add(role, Bond::Bound(reason.to_owned()));
    }
}

/// Returns the paths on which a run depends.
pub(super) fn of(run: &Run<'_>, memory: &mut Memory, looks: &[FindingId]) -> Vec<Embedded> {
    let mut bonds = Bonds::default();
    for output in run.outputs {
        output.bonds.iter().for_each(|(role, bond)| bonds.add(role, bond.clone()));
    }
    let printed = [&run.ended.out, &run.ended.err];
    let is_escaped = has_option(run, FORMAT) && printed.iter().any(|text| !text.is_empty());
    for (path, role) in run.roles.all() {
        let is_in = |text: &[u8]| memchr::memmem::find(text, path.as_bytes()).is_some();
        if is_named_from_outside(run, path) {
            bonds.bind(role, "the command has named a file in it by a path relative to another directory");
        }
        if is_escaped || printed.iter().any(|text| is_in(text)) {
            bonds.bind(role, "the command has printed the path");
        }
    }
    // Functions write paths as text if at all, and these are found in the text. A relative path has no role's path in
    // it, but depends on how the directories lie to each other (Cython writes `../../x.pxd` where that is shorter).
    if run.command.kind != Kind::Generate {
        add_those_of_a_compiler(&mut bonds, run, memory, looks);
    } else {
        let climbs = run.outputs.iter().any(|output| output.climbs);
        for (path, role) in run.roles.all() {
            if climbs {
                bonds.bind(role, "its output has a relative path that leaves a directory");
            } else if !path.bytes().all(is_never_escaped) {
                bonds.bind(role, "its output may have the path in another form");
            }
        }
    }
    for (role, bond) in &mut bonds.0 {
        let Some(path) = run.roles.path_of(role) else { continue };
        if !matches!(bond, Bond::Bound(_)) && is_in_a_text(memory, looks, path.as_bytes()) {
            *bond = Bond::Bound("a file that the command reads has the path in its text".to_owned());
        }
    }
    let embedded = bonds.0.into_iter().filter_map(|(role, bond)| {
        let path = run.roles.path_of(role)?.to_owned();
        Some(Embedded { role: role.to_owned(), path, bond })
    });
    embedded.collect()
}

/// Returns whether all notations have a character as it is: strings of C, JSON and Python, and URIs (RFC 3986, 2.3).
fn is_never_escaped(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte)
}

/// Adds what a compiler, or another program in its place, may make of paths besides their texts.
fn add_those_of_a_compiler<'a>(
    bonds: &mut Bonds<'a>,
    run: &Run<'a>,
    memory: &mut Memory,
    looks: &[FindingId],
) {
    let named = key::named_argv(run.command, run.roles).0;
    let in_all = bound_in_all(run, memory, looks);
    let goes_by_path = BY_PATH.iter().any(|beginning| has_option(run, beginning));
    let compared = compared(run);
    let may_compute = !matches!(run.command.kind, Kind::Link | Kind::Archive | Kind::Index);
    for (path, role) in run.roles.all() {
        if let Some(reason) = in_all.or_else(|| bound_by_arguments(run.command, &named, path)) {
            bonds.bind(role, reason);
        }
        if compared.contains(role.as_str()) {
            bonds.bind(role, "the command has compared a name with a real path");
        }
        if may_compute && is_known_by_absolute_path(run, memory, looks, path) {
            match goes_by_path {
                true => bonds.bind(role, "an option goes by the path of the source"),
                false => bonds.add(role, Bond::Computes),
            }
        }
    }
}

fn has_option(run: &Run<'_>, beginning: &str) -> bool {
    run.command.argv.iter().any(|argument| argument.starts_with(beginning))
}

/// Returns why a command may make something of any path that does not show, if it may.
fn bound_in_all(run: &Run<'_>, memory: &mut Memory, looks: &[FindingId]) -> Option<&'static str> {
    // A script can compute with the directory that it runs in, and with each argument.
    if run.observation.programs.iter().any(|(program, _)| !tools::habits(program).works_anywhere) {
        return Some("a program that is no compiler took part");
    }
    if has_option(run, "@") {
        return Some("its arguments are in a file");
    }
    if has_option(run, "-fplugin") || has_option(run, "-fpass-plugin") {
        return Some("a plugin of the compiler took part");
    }
    if run.observation.may_shorten {
        return Some("a header may have been named by its real path, if that is shorter");
    }
    // Options may be in GCC's `specs` and Clang's configuration files, whatever they are called.
    let may_have_options: Vec<FindingId> = looks
        .iter()
        .copied()
        .filter(|id| {
            let seen = run.observation.looks.get(memory.files.path_of(*id));
            seen.is_none_or(|seen| seen.for_options)
        })
        .collect();
    let is_mapped = is_in_a_text(memory, &may_have_options, b"prefix-map");
    is_mapped.then_some("a file that the command reads may map paths")
}

/// Returns why a command would make something of the paths of roles here that it did not make of others where it ran, if
/// it would: an argument that is the same in both places may have to do with the path of a role in one of them only.
pub(super) fn bound_here(command: &Command, result: &RunResult, roles: &Arc<Roles>) -> Option<Why> {
    let mut moved = result.embedded_paths.iter().filter(|embedded| embedded.is_moved(roles)).peekable();
    moved.peek()?;
    let named = key::named_argv(command, roles).0;
    moved.filter_map(|embedded| roles.path_of(&embedded.role)).find_map(|path| {
        let reason = bound_by_arguments(command, &named, path)?;
        Some(Why::Bound(path.to_owned(), reason.to_owned()))
    })
}

/// Returns why a command may make something of this path that does not show, if it may. `named` are its arguments with
/// the names of roles.
fn bound_by_arguments(command: &Command, named: &[String], path: &str) -> Option<&'static str> {
    // The key has such an argument as it is, so it is the same in all places.
    if named.iter().any(|argument| argument.contains(path)) {
        return Some("an argument has the path as text");
    }
    for argument in &command.argv {
        if let Some((_, map)) = argument.split_once("prefix-map=") {
            let of = map.split('=').next().unwrap_or_default();
            if path != of && path.starts_with(of) {
                return Some("an option maps a part of the path");
            }
        }
        // Clang keeps the empty part or not, depending on which folders the path shares with the project's.
        if argument.contains("//") && argument.contains(path) {
            return Some("a path of the command has an empty part");
        }
    }
    None
}

/// Returns the names of the roles with whose paths a command may have compared a name: it has asked where a file really
/// is, and had opened the file by a name with more parts than the real path has below the role's. Clang compares the
/// names in `#include` with the real path, part by part from the end (`PPDirectives.cpp`, `trySimplifyPath`).
fn compared<'a>(run: &Run<'a>) -> BTreeSet<&'a str> {
    let role = |path: &Path| run.roles.all().iter().find(|(folder, _)| is_within(path, Path::new(folder)));
    let reaches = |path: &PathBuf| {
        let real = path.canonicalize().ok().filter(|real| real != path)?;
        let (folder, name) = role(&real)?;
        let is_same = role(path).is_some_and(|(_, other)| other == name);
        let reaches = !is_same || parts_below(path, folder) > parts_below(&real, folder);
        reaches.then_some(name.as_str())
    };
    run.observation.resolved.iter().filter_map(reaches).collect()
}

/// Returns how many parts of a path below a directory are left when each `..` takes one away.
fn parts_below(path: &Path, folder: &str) -> usize {
    let (mut parts, mut up) = (0, 0);
    for part in path.strip_prefix(folder).unwrap_or(path).components().rev() {
        match part {
            Component::ParentDir => up += 1,
            Component::Normal(_) if up > 0 => up -= 1,
            Component::Normal(_) => parts += 1,
            _ => {}
        }
    }
    parts
}

/// Returns whether a command has named something in a directory by a relative path from outside, as a project may name
/// a file of an environment that is inside of it. Elsewhere the environment may not be there.
fn is_named_from_outside(run: &Run<'_>, folder: &str) -> bool {
    let folder = Path::new(folder);
    !is_within(run.cwd, folder)
        && run.observation.looks.iter().any(|(path, seen)| seen.relative && is_within(path, folder))
}

/// Returns whether a command knows a file below a directory by its absolute path: `__FILE__` may have put it into the
/// output in another form than its own text, of which only the length may be left.
fn is_known_by_absolute_path(run: &Run<'_>, memory: &Memory, looks: &[FindingId], folder: &str) -> bool {
    let files = looks.iter().filter(|id| memory.files.is_content(**id));
    let mut files =
        files.map(|id| memory.files.path_of(*id)).filter(|file| is_within(file, Path::new(folder)));
    files.any(|file| run.observation.looks.get(file).is_some_and(|seen| seen.absolute))
}

/// Returns whether a file that was read has this text, other than a program (`#line 1 "/home/me/project/a.y"`).
pub(super) fn is_in_a_text(memory: &mut Memory, looks: &[FindingId], text: &[u8]) -> bool {
    let Memory { files, texts, .. } = memory;
    let mut contents = looks.iter().filter(|id| files.is_content(**id));
    contents.any(|id| texts.holds(files.finding(*id).digest, files.path_of(*id), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_name_that_can_be_compared() {
        let below = |path: &str| parts_below(Path::new(path), "/p");
        assert_eq!(below("/p/inc/a.h"), 2);
        assert_eq!(below("/p/near/../inc/a.h"), 2);
        assert_eq!(below("/p/../p/inc/a.h"), 3);
        assert_eq!(below("/p/a/b/../../../q/a.h"), 2);
    }
}
