//! The behavior of well-known compilers, assemblers, linkers, archivers and shells that can't be seen from outside: how
//! they use the environment, the times of files and the clock.

use std::path::Path;

/// Known facts about how a program behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Habits {
    /// Whether it asks for each variable by name (getenv(3)) and reads no others.
    pub asks_by_name: bool,
    /// Whether the times and permissions of files don't matter to it.
    pub goes_by_content: bool,
    /// Whether it never asks for the times of a file that it has opened.
    pub reads_content: bool,
    /// Whether its output doesn't depend on who runs it, or on which machine.
    pub works_anywhere: bool,
    /// Whether it may take options from a file that it reads.
    pub reads_options: bool,
    clock: Clock,
}

/// How a program uses the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clock {
    /// Only `__DATE__`, `__TIME__` and `__TIMESTAMP__` ask for the time in seconds, or for its parts (GCC,
    /// `libcpp/macro.cc`; Clang, `PPMacroExpansion.cpp`). Other calls measure how long something takes.
    Macros,
    /// It asks once when it begins, for its own purposes (`$SECONDS`, `$RANDOM`).
    AtTheBeginning,
    /// Any call may matter.
    Any,
}

impl Habits {
    /// The habits of an unknown program.
    pub const UNKNOWN: Self = Self {
        asks_by_name: false,
        goes_by_content: false,
        reads_content: false,
        works_anywhere: false,
        reads_options: true,
        clock: Clock::Any,
    };

    /// The habits of a call of a function of Cython in a copy of a Python process, which reports each variable that it
    /// asks for. The import system asks for the times of files, but only to find out whether their contents have
    /// changed.
    pub const TRANSLATOR: Self = Self {
        asks_by_name: true,
        goes_by_content: true,
        reads_content: true,
        works_anywhere: false,
        reads_options: true,
        clock: Clock::Any,
    };

    /// Returns whether the nth call for the time, with this function, may show in what the program makes.
    pub fn time_matters(self, function: &[u8], nth: usize) -> bool {
        match self.clock {
            Clock::Macros => matches!(function, b"time" | b"localtime"),
            Clock::AtTheBeginning => nth > 1 || function != b"gettimeofday",
            Clock::Any => true,
        }
    }
}

/// Names of compilers and similar tools, without a target before them or a version after them.
const TOOLS: [&str; 36] = [
    "ar",
    "as",
    "c++",
    "cc",
    "cc1",
    "cc1obj",
    "cc1objplus",
    "cc1plus",
    "clang",
    "clang++",
    "clang-cpp",
    "collect2",
    "cpp",
    "f951",
    "g++",
    "gcc",
    "gcc-ar",
    "gcc-nm",
    "gcc-ranlib",
    "gfortran",
    "gold",
    "ld",
    "ld.bfd",
    "ld.gold",
    "ld.lld",
    "lld",
    "llvm-ar",
    "llvm-as",
    "llvm-ranlib",
    "lto-wrapper",
    "lto1",
    "mold",
    "nm",
    "ranlib",
    "strip",
    "objcopy",
];

/// The names of GCC's compilers proper. Only the driver reads files with options and gives their options to these (GCC
/// manual, "Spec Files"). Clang is both in one.
const COMPILERS_PROPER: [&str; 5] = ["cc1", "cc1obj", "cc1objplus", "cc1plus", "f951"];

/// Names of shells.
const SHELLS: [&str; 4] = ["bash", "dash", "sh", "busybox"];

/// Returns the habits of the program in this file, by its name.
pub(crate) fn habits(program: &Path) -> Habits {
    let name = program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if is_tool(name) {
        return Habits {
            asks_by_name: true,
            goes_by_content: true,
            reads_content: true,
            works_anywhere: true,
            reads_options: !COMPILERS_PROPER.contains(&without_version(name)),
            clock: Clock::Macros,
        };
    }
    if SHELLS.contains(&name) {
        return Habits { reads_content: true, clock: Clock::AtTheBeginning, ..Habits::UNKNOWN };
    }
    Habits::UNKNOWN
}

/// Returns whether a name is that of a compiler or a similar tool: `x86_64-linux-gnu-gcc-12`, `clang++-19`, `ld.lld`.
fn is_tool(name: &str) -> bool {
    let name = without_version(name);
    TOOLS
        .iter()
        .any(|tool| name.strip_suffix(tool).is_some_and(|target| target.is_empty() || target.ends_with('-')))
}

/// Returns a name without a version after it.
fn without_version(name: &str) -> &str {
    let version = |c: char| c.is_ascii_digit() || c == '.';
    match name.rsplit_once('-') {
        Some((name, end)) if !end.is_empty() && end.chars().all(version) => name,
        _ => name,
    }
}

/// Returns the variables that the C library reads by itself, unseen (setlocale(3), gettext(3), tzset(3), ld.so(8),
/// mallopt(3), iconv(1), catopen(3)).
pub(crate) fn asked_by_the_c_library() -> impl Iterator<Item = &'static str> {
    [
        "GCONV_PATH",
        "GLIBC_TUNABLES",
        "LANG",
        "LANGUAGE",
        "LC_ALL",
        "LC_COLLATE",
        "LC_CTYPE",
        "LC_MESSAGES",
        "LC_NUMERIC",
        "LC_TIME",
        "LD_AUDIT",
        "LD_BIND_NOW",
        "LD_DEBUG",
        "LD_HWCAP_MASK",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "LOCPATH",
        "MALLOC_PERTURB_",
        "NLSPATH",
        "OUTPUT_CHARSET",
        "POSIXLY_CORRECT",
        "TZ",
        "TZDIR",
    ]
    .into_iter()
}

/// Returns whether a variable doesn't count by its value. The engine sets `TMPDIR`, and the value of `PWD` is part of a
/// command's key. `TERM` matters only to a program that prints to a terminal, which no command does. `MAKEFLAGS` says
/// how many jobs there may be.
pub(crate) fn counts_otherwise(name: &str) -> bool {
    matches!(name, "TMPDIR" | "PWD" | "TERM" | "MAKEFLAGS")
}

/// Returns whether an unknown program is assumed to read a variable. Variables that only say which shell and which
/// terminal is in use differ between any two of these, and ambidex's own variables differ between any two builds. The
/// engine sets `TMPDIR`, and the value of `PWD` is part of a command's key.
pub(crate) fn may_matter(name: &str) -> bool {
    const OF_SHELLS: [&str; 8] = ["PWD", "OLDPWD", "SHLVL", "_", "TERM", "COLUMNS", "LINES", "TMPDIR"];
    !OF_SHELLS.contains(&name) && !name.starts_with("AMBIDEX_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_known_with_targets_and_versions() {
        let tools = [
            "gcc",
            "x86_64-linux-gnu-gcc-12",
            "clang++-19",
            "ld.lld",
            "x86_64-conda-linux-gnu-c++",
            "cc1plus",
            "clang-14.0.6",
        ];
        for name in tools {
            assert!(habits(Path::new("/usr/bin").join(name).as_path()).asks_by_name, "{name}");
        }
        for name in ["ccache", "sh", "python3.11", "mygcc", "gcc.sh", "distcc", "-", ""] {
            assert!(!habits(Path::new("/usr/bin").join(name).as_path()).asks_by_name, "{name}");
        }
    }

    #[test]
    fn the_clock_matters_where_it_can_show() {
        let of = |name: &str| habits(Path::new(name));
        assert!(of("/cc1").time_matters(b"time", 1) && !of("/cc1").time_matters(b"gettimeofday", 5));
        assert!(
            !of("/bash").time_matters(b"gettimeofday", 1) && of("/bash").time_matters(b"gettimeofday", 2)
        );
        assert!(of("/date").time_matters(b"clock_gettime", 1));
    }
}
