//! The engine's directories use only directories below them, and no modules use each other in a cycle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The engine's directories, from the top.
const FOLDERS: [&str; 8] = ["serve", "report", "program", "execute", "uptodate", "memory", "observe", "base"];

/// A module, by its path from the root of the crate.
type Module = Vec<String>;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    files
}

fn module_of(file: &Path) -> Module {
    let relative = file.strip_prefix(source()).unwrap().with_extension("");
    let mut parts: Module = relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    parts.retain(|part| part != "mod" && part != "lib");
    parts
}

/// Returns the code of a file without comments, strings and white space.
fn code_of(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code: String = lines.collect::<Vec<_>>().join(" ");
    let outside_of_strings = code.split('"').step_by(2);
    outside_of_strings.flat_map(str::chars).filter(|c| !c.is_whitespace()).collect()
}

/// Returns the paths after `crate::` and `super::` in a module. If a list ends a path, there is one result for each
/// name in the list.
fn paths_in(code: &str, module: &Module) -> Vec<Module> {
    let mut found = Vec::new();
    for (prefix, base) in [("crate::", &[][..]), ("super::", &module[..module.len().saturating_sub(1)])] {
        for (at, _) in code.match_indices(prefix) {
            let rest = &code[at + prefix.len()..];
            let end =
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
            let path: Vec<&str> = rest[..end].split("::").filter(|part| !part.is_empty()).collect();
            let heads = match rest[end..].strip_prefix('{') {
                Some(list) => heads_of(list),
                None => vec![""],
            };
            for head in heads {
                let parts = path.iter().copied().chain(Some(head)).filter(|part| !part.is_empty());
                found.push(base.iter().cloned().chain(parts.map(str::to_owned)).collect());
            }
        }
    }
    found
}

/// Returns the first parts of the names in a list, up to its closing brace.
fn heads_of(list: &str) -> Vec<&str> {
    let mut depth = 0;
    let mut heads = Vec::new();
    let mut start = 0;
    for (at, c) in list.char_indices() {
        let ends = matches!(c, ',' | '}') && depth == 0;
        if ends {
            heads.push(list[start..at].split("::").next().unwrap_or_default());
            start = at + 1;
        }
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            _ => {}
        }
    }
    heads
}

/// Returns each module with the modules that it uses.
fn uses() -> BTreeMap<Module, BTreeSet<Module>> {
    let files = rust_files(&source());
    let modules: BTreeSet<Module> = files.iter().map(|file| module_of(file)).collect();
    let mut uses = BTreeMap::new();
    for file in &files {
        let module = module_of(file);
        let code = code_of(&fs::read_to_string(file).unwrap());
        let used = paths_in(&code, &module).into_iter().filter_map(|path| {
            // The longest prefix of the path that is a module.
            (1..=path.len()).rev().map(|length| path[..length].to_vec()).find(|path| modules.contains(path))
        });
        uses.insert(module.clone(), used.filter(|used| *used != module).collect());
    }
    uses
}

#[test]
fn folders_use_only_what_is_below() {
    let level = |module: &Module| FOLDERS.iter().position(|folder| *folder == module[0]);
    let mut wrong = Vec::new();
    for (module, used) in uses().iter().filter(|(module, _)| !module.is_empty()) {
        let from = level(module);
        assert!(from.is_some(), "{} is in no folder", module.join("::"));
        wrong.extend(
            used.iter()
                .filter(|used| level(used) < from)
                .map(|used| format!("{} uses {}", module.join("::"), used.join("::"))),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A module and its parent are one thing in several files, so they may use each other.
#[test]
fn no_modules_use_each_other_in_a_circle() {
    let uses = uses();
    let is_kin = |a: &Module, b: &Module| a.starts_with(b) || b.starts_with(a);
    let mut left: BTreeMap<&Module, BTreeSet<&Module>> =
        uses.iter().map(|(m, used)| (m, used.iter().filter(|u| !is_kin(m, u)).collect())).collect();
    // Removes modules that use no remaining module, and modules that no remaining module uses, until only cycles
    // remain.
    loop {
        let used: BTreeSet<&Module> = left.values().flatten().copied().collect();
        let is_end = |module: &Module, uses: &BTreeSet<&Module>| {
            !used.contains(module) || !uses.iter().any(|used| left.contains_key(used))
        };
        let free: Vec<&Module> =
            left.iter().filter(|(module, uses)| is_end(module, uses)).map(|(module, _)| *module).collect();
        if free.is_empty() {
            break;
        }
        free.iter().for_each(|module| drop(left.remove(*module)));
    }
    let shown: Vec<String> = left
        .iter()
        .map(|(m, used)| {
            let used: Vec<String> =
                used.iter().filter(|u| left.contains_key(*u)).map(|u| u.join("::")).collect();
            format!("{} uses {}", m.join("::"), used.join(", "))
        })
        .collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

#[test]
fn imports_are_found() {
    let module: Module = vec!["a".into(), "b".into()];
    let code =
        code_of("use crate::x::{self, y::Z, w::{V, u}}; // crate::no\nfn f() { super::c::g(\"crate::n\") }");
    let found: Vec<String> = paths_in(&code, &module).iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["x::self", "x::y", "x::w", "a::c::g"]);
}
