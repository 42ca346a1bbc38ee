//! The names of the tools, and of the launchers that may precede them.

use crate::{Lookup, NotUnderstood};

/// The kind of tool that a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// `gcc`, `clang++`, `cc`.
    Driver(Driver),
    /// `ld` and similar linkers, called directly.
    Linker,
    /// `ar`.
    Archiver,
    /// `ranlib`.
    Ranlib,
}

/// A compiler driver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Driver {
    /// Whether sources with a C extension are compiled as C++ (GCC manual, "Invoking G++").
    pub cxx: bool,
}

/// The tool of a command line, and its position.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    /// The index of the tool in the arguments.
    pub index: usize,
    /// The kind of tool.
    pub tool: Tool,
    /// The tool's environment: the command's own, with the variables that `env` assigns.
    pub env: Environment<'a>,
}

/// An environment with the assignments of `env` on top.
pub(crate) struct Environment<'a> {
    below: &'a dyn Lookup,
    assigned: Vec<(&'a str, &'a str)>,
}

impl Environment<'_> {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let assigned = self.assigned.iter().rev().find(|(key, _)| *key == name);
        assigned.map_or_else(|| self.below.get(name), |(_, value)| Some(value))
    }
}

impl std::fmt::Debug for Environment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment").field("assigned", &self.assigned).finish_non_exhaustive()
    }
}

const TOOLS: &[(&str, Tool)] = &[
    ("ar", Tool::Archiver),
    ("c++", Tool::Driver(Driver { cxx: true })),
    ("c89", Tool::Driver(Driver { cxx: false })),
    ("c99", Tool::Driver(Driver { cxx: false })),
    ("cc", Tool::Driver(Driver { cxx: false })),
    ("clang", Tool::Driver(Driver { cxx: false })),
    ("clang++", Tool::Driver(Driver { cxx: true })),
    ("g++", Tool::Driver(Driver { cxx: true })),
    ("gcc", Tool::Driver(Driver { cxx: false })),
    ("gcc-ar", Tool::Archiver),
    ("gcc-ranlib", Tool::Ranlib),
    ("ld", Tool::Linker),
    ("ld.bfd", Tool::Linker),
    ("ld.gold", Tool::Linker),
    ("ld.lld", Tool::Linker),
    ("ld.mold", Tool::Linker),
    ("llvm-ar", Tool::Archiver),
    ("llvm-ranlib", Tool::Ranlib),
    ("mold", Tool::Linker),
    ("ranlib", Tool::Ranlib),
];

/// Launchers that take the whole command as their arguments.
const LAUNCHERS: &[&str] = &["ccache", "distcc", "icecc", "sccache"];

/// Finds the tool, after any launchers.
pub(crate) fn find<'a>(argv: &'a [String], env: &'a dyn Lookup) -> Result<Start<'a>, NotUnderstood> {
    let mut env = Environment { below: env, assigned: Vec::new() };
    let mut launcher: Option<&str> = None;
    let mut index = 0;
    loop {
        let Some(word) = argv.get(index) else {
            return Err(launcher
                .map_or(NotUnderstood::Empty, |launcher| NotUnderstood::MissingValue(launcher.to_owned())));
        };
        let name = file_name(word);
        if name == "env" {
            launcher = Some(word);
            index += 1;
            while let Some((key, value)) = argv.get(index).and_then(|word| word.split_once('=')) {
                env.assigned.push((key, value));
                index += 1;
            }
        } else if LAUNCHERS.contains(&name) {
            launcher = Some(word);
            index += 1;
        } else if let Some(tool) = named(name) {
            return Ok(Start { index, tool, env });
        } else {
            let word = word.clone();
            return Err(match launcher {
                Some(launcher) => NotUnderstood::Launcher { launcher: launcher.to_owned(), argument: word },
                None => NotUnderstood::UnknownTool(word),
            });
        }
    }
}

/// Returns the tool of a name such as `x86_64-linux-gnu-gcc-12`, which consists of a target, a tool and a version. Only
/// the tool is required.
fn named(name: &str) -> Option<Tool> {
    let base = match name.rsplit_once('-') {
        Some((base, version)) if is_version(version) => base,
        _ => name,
    };
    let known = |name: &str| {
        let found = TOOLS.binary_search_by_key(&name, |(name, _)| name);
        found.ok().map(|at| TOOLS[at].1)
    };
    known(base).or_else(|| {
        // The earliest dash first, so that `x86_64-linux-gnu-gcc-ar` is `gcc-ar`.
        let mut dashes = base.match_indices('-');
        dashes.find_map(|(dash, _)| is_target(&base[..dash]).then(|| known(&base[dash + 1..])).flatten())
    })
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Returns whether a target triple names a system with ELF files and the file names that this crate assumes. On other
/// systems, the output may get an extension, or an import library may be written as well.
pub(crate) fn is_target(triple: &str) -> bool {
    triple.contains('-')
        && triple
            .split('-')
            .any(|part| ["linux", "freebsd", "netbsd", "openbsd"].iter().any(|os| part.starts_with(os)))
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn tools_are_sorted() {
        assert!(TOOLS.is_sorted_by_key(|(name, _)| name));
    }

    #[test]
    fn names() {
        let c = Some(Tool::Driver(Driver { cxx: false }));
        let cxx = Some(Tool::Driver(Driver { cxx: true }));
        for (name, tool) in [
            ("gcc", c),
            ("gcc-12", c),
            ("gcc-4.8.5", c),
            ("x86_64-linux-gnu-gcc", c),
            ("x86_64-linux-gnu-gcc-12", c),
            ("x86_64-conda-linux-gnu-cc", c),
            ("x86_64-conda_cos6-linux-gnu-c++", cxx),
            ("arm-linux-gnueabihf-g++", cxx),
            ("clang-14", c),
            ("clang++-14", cxx),
            ("c99", c),
            ("ar", Some(Tool::Archiver)),
            ("x86_64-linux-gnu-gcc-ar-12", Some(Tool::Archiver)),
            ("llvm-ranlib-14", Some(Tool::Ranlib)),
            ("ld.bfd", Some(Tool::Linker)),
            ("x86_64-linux-gnu-ld.gold", Some(Tool::Linker)),
            ("mold", Some(Tool::Linker)),
            ("nvcc", None),
            ("icc", None),
            ("gfortran", None),
            ("x86_64-linux-gnu-gfortran-12", None),
            ("cl.exe", None),
            ("clang-cl", None),
            ("clang-tidy", None),
            ("clang-cpp-14", None),
            ("x86_64-w64-mingw32-gcc", None),
            ("my-gcc", None),
            ("musl-gcc", None),
            ("gcc-nm", None),
            ("python3", None),
        ] {
            assert_eq!(named(name), tool, "{name}");
        }
    }

    #[test]
    fn launchers() {
        let env = BTreeMap::from([("CPATH".to_owned(), "a".to_owned())]);
        let argv = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let line = argv("/usr/bin/env CPATH=b X= ccache distcc /opt/bin/gcc-12 -c a.c");
        let start = find(&line, &env).unwrap();
        assert_eq!(start.index, 5);
        assert_eq!(start.env.get("CPATH"), Some("b"));
        assert_eq!(start.env.get("X"), Some(""));
        assert_eq!(start.env.get("Y"), None);
        for line in ["env -i gcc -c a.c", "ccache -s", "ccache --clear", "sccache nvcc a.cu"] {
            assert!(matches!(find(&argv(line), &env), Err(NotUnderstood::Launcher { .. })), "{line}");
        }
        assert_eq!(
            find(&argv("ccache"), &env).unwrap_err(),
            NotUnderstood::MissingValue("ccache".to_owned())
        );
        assert_eq!(find(&[], &env).unwrap_err(), NotUnderstood::Empty);
    }
}
