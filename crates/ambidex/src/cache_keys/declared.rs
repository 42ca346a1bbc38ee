//! What the project's own files name: files that `setup.py` may read, and variables that it may ask for.
//!
//! Python's own reads are not observed, so every text in `setup.py` that is the path of a file counts. That may be too
//! many, which only costs a build.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use ambidex_engine::without_dots;
use toml::Value;

use crate::project::Project;

/// The files that setuptools reads in every project that has them.
const ALWAYS: [&str; 4] = ["MANIFEST.in", "pyproject.toml", "setup.cfg", "setup.py"];

/// What a project declares.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    /// Paths relative to the project, of which some may not exist.
    pub files: BTreeSet<PathBuf>,
    pub variables: BTreeSet<String>,
}

/// Returns what a project declares.
pub(crate) fn by(project: &Project) -> Declared {
    let read = |name: &str| std::fs::read_to_string(project.root.join(name)).unwrap_or_default();
    let mut declared = Declared::default();
    declared.files.extend(ALWAYS.map(PathBuf::from));
    let script = read("setup.py");
    declared.files.extend(texts(&script).into_iter().filter_map(inside));
    declared.files.extend(
        imported(&script)
            .flat_map(|name| [PathBuf::from(format!("{name}.py")), Path::new(name).join("__init__.py")]),
    );
    declared.variables.extend(asked(&script));
    declared.files.extend(in_cfg(&read("setup.cfg")).into_iter().filter_map(inside));
    if let Some(table) = &project.pyproject {
        let tables = ["project", "tool"].into_iter().filter_map(|name| table.get(name));
        let setuptools = |value: &Value| match value.get("setuptools") {
            Some(setuptools) => setuptools.clone(),
            None => value.clone(),
        };
        for value in tables.map(setuptools) {
            declared.files.extend(in_table(&value).into_iter().filter_map(|text| inside(&text)));
        }
    }
    declared
}

/// Returns a text as a path, if it is one that does not leave the project.
fn inside(text: impl AsRef<str>) -> Option<PathBuf> {
    let path = Path::new(text.as_ref().trim());
    let is_inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    (!path.as_os_str().is_empty() && path.components().all(is_inside)).then(|| without_dots(path))
}

/// Returns the texts in quotes, each in one line.
fn texts(script: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in script.lines() {
        for quote in ['"', '\''] {
            found.extend(line.split(quote).skip(1).step_by(2));
        }
    }
    found
}

/// Returns the names of the modules that a script imports.
fn imported(script: &str) -> impl Iterator<Item = &str> {
    let name = |line: &'_ str| -> Option<usize> {
        let rest = line.trim_start();
        let rest = rest.strip_prefix("import ").or_else(|| rest.strip_prefix("from "))?;
        Some(line.len() - rest.len())
    };
    script.lines().filter_map(move |line| {
        let rest = line[name(line)?..].trim_start();
        rest.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).next()
    })
}

/// Returns the variables that a script asks for by `environ[..]`, `environ.get(..)` or `getenv(..)`.
fn asked(script: &str) -> Vec<String> {
    let mut found = Vec::new();
    for way in ["environ[", "environ.get(", "getenv(", "environ.pop(", "environ.setdefault("] {
        for (at, _) in script.match_indices(way) {
            let rest = script[at + way.len()..].trim_start();
            let Some(quote) = rest.chars().next().filter(|letter| ['"', '\''].contains(letter)) else {
                continue;
            };
            let name = rest[1..].split(quote).next().unwrap_or_default();
            if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                found.push(name.to_owned());
            }
        }
    }
    // What is only set is not asked for, but to tell one from the other takes more than the text.
    found
}

/// Returns the files of `file:` directives.
fn in_cfg(text: &str) -> Vec<String> {
    let files = text.lines().filter_map(|line| line.split_once("file:"));
    files.flat_map(|(_, files)| files.split(',').map(|file| file.trim().to_owned())).collect()
}

/// Returns the values that name files: `readme`, `license`, `license-files`, and `file` anywhere below.
fn in_table(value: &Value) -> Vec<String> {
    let Value::Table(table) = value else { return Vec::new() };
    let mut found = Vec::new();
    for (key, value) in table {
        match (key.as_str(), value) {
            ("readme" | "file", Value::String(text)) => found.push(text.clone()),
            ("license-files" | "file", Value::Array(items)) => {
                found.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            (_, value) => found.extend(in_table(value)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_names_files_and_variables() {
        let script = "import os, versions\nfrom tools.make import x\nwith open('VERSION') as f: pass\n\
            read(\"docs/readme.txt\")\nos.environ.get('FAST')\nos.getenv(\"SLOW\")\nos.environ[name]\n";
        assert!(texts(script).contains(&"VERSION") && texts(script).contains(&"docs/readme.txt"));
        assert_eq!(imported(script).collect::<Vec<_>>(), ["os", "tools"]);
        assert_eq!(asked(script), ["FAST", "SLOW"]);
    }

    #[test]
    fn tables_name_files() {
        let table: toml::Table =
            "readme = 'README.md'\nlicense = { file = 'COPYING' }\nlicense-files = ['A']\n[dynamic]\nversion = { file = ['V'] }"
                .parse()
                .unwrap();
        let mut found = in_table(&Value::Table(table));
        found.sort();
        assert_eq!(found, ["A", "COPYING", "README.md", "V"]);
        assert_eq!(in_cfg("long_description = file: README.md, NEWS\n"), ["README.md", "NEWS"]);
    }

    #[test]
    fn no_path_leaves_the_project() {
        assert_eq!(inside("./a/b.c"), Some(PathBuf::from("a/b.c")));
        for outside in ["../a", "/etc/passwd", "", " "] {
            assert_eq!(inside(outside), None, "{outside}");
        }
    }
}
