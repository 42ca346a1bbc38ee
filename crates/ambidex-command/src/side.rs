//! The names of the files that compilers write beside their output.

/// A kind of file beside an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Notes for `gcov` (`-ftest-coverage`).
    Notes,
    /// Debug information outside of the object (`-gsplit-dwarf`).
    SplitDwarf,
    /// Stack usage of each function (`-fstack-usage`).
    StackUsage,
    /// Call graph (`-fcallgraph-info`).
    CallGraph,
    /// Clang's time trace (`-ftime-trace`).
    TimeTrace,
    /// Make rules (`-MD`, `-MMD`).
    Depfile,
}

impl Side {
    fn extension(self) -> &'static str {
        match self {
            Side::Notes => "gcno",
            Side::SplitDwarf => "dwo",
            Side::StackUsage => "su",
            Side::CallGraph => "ci",
            Side::TimeTrace => "json",
            Side::Depfile => "d",
        }
    }

    /// Returns the name of this file for one source that is compiled, not linked. It is the output's name, or the
    /// source's without its directory if the output is implied, with another extension (GCC manual, "Developer
    /// Options", auxiliary output names). All versions of GCC and Clang agree here; if a command also links, they
    /// don't.
    pub(crate) fn path(self, output: Option<&str>, source: &str) -> String {
        let stem = without_extension(output.unwrap_or_else(|| file_name(source)));
        format!("{stem}.{}", self.extension())
    }
}

/// Returns the name that a driver gives to an implied output.
pub(crate) fn implied_output(source: &str, extension: &str) -> String {
    format!("{}.{extension}", without_extension(file_name(source)))
}

/// Returns whether a path is a file that can be renamed and committed, not a device or the standard output.
pub(crate) fn is_plain_file(path: &str) -> bool {
    path != "-" && !path.starts_with("/dev/")
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn without_extension(path: &str) -> &str {
    match path.rfind('.') {
        Some(dot) if !path[dot..].contains('/') => &path[..dot],
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (side, output, expected) in [
            (Side::Notes, Some("o/x.o"), "o/x.gcno"),
            (Side::Notes, Some("o/x.q.w"), "o/x.q.gcno"),
            (Side::Notes, Some("o.p/x"), "o.p/x.gcno"),
            (Side::Notes, None, "s.gcno"),
            (Side::SplitDwarf, Some("o/x.o"), "o/x.dwo"),
            (Side::StackUsage, Some("x"), "x.su"),
            (Side::Depfile, Some("o/x.o"), "o/x.d"),
        ] {
            assert_eq!(side.path(output, "src/s.c"), expected);
        }
        assert_eq!(implied_output("../src/s.t.c", "o"), "s.t.o");
    }
}
