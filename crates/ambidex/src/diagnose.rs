//! The error message for a failed build.

use std::path::Path;

use ambidex_engine::{FailedCommand, Left};

use crate::error::Error;
use crate::supervise::Ended;
use crate::tell;

/// What the user has seen of a failed command when ambidex tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The command itself and its output, because setuptools has printed both.
    All,
    /// Only its output, because setuptools was to print less.
    Output,
    /// Perhaps all of it, by a program that passes on what it likes.
    Unknown,
    /// Nothing for certain, because that program was to print less.
    Nothing,
}

/// Prints why the build failed, as far as that is known and the user has not seen it, and returns the exit code.
pub(crate) fn tell(ended: &Ended, seen: Seen) -> u8 {
    let report = &ended.report;
    if let Some(left) = report.left_to_python.iter().rfind(|left| matches!(left.reason, Left::NoProgram(_))) {
        tell::error(&left.reason.to_string(), Some("install a C compiler, or name one in CC and CXX"));
        return Error::EXIT_CODE;
    }
    let of_extension = |failed: &&FailedCommand| failed.extension.is_some();
    if let Some(failed) = report.failures.iter().rfind(of_extension) {
        if failed.err.contains("Python.h: No such file") && lacks_headers(&failed.command) {
            let hint = "install them: python3-dev on Debian and Ubuntu, python3-devel on Fedora and openSUSE";
            tell::error("this Python has no headers", Some(hint));
            return Error::EXIT_CODE;
        }
        let (begin, command) = (headline(failed), format!("  command: {}", failed.command.join(" ")));
        let printed = |place: &str| match failed.err.is_empty() {
            true => String::new(),
            false => format!("; its output is {place}"),
        };
        match seen {
            Seen::All => tell::error(&(begin + &printed("above")), None),
            Seen::Unknown => tell::error(&(begin + &printed("in that of the build")), None),
            Seen::Output => {
                tell::error(&(begin + &printed("above")), None);
                tell::say(&command);
            }
            Seen::Nothing => {
                tell::error(&begin, None);
                tell::say(&command);
                tell::say(failed.err.trim_end());
            }
        }
    }
    ended.code
}

/// Returns whether the command searches one of Python's header directories that has no `Python.h`. Otherwise a missing
/// `Python.h` means that the command doesn't search the right directory.
fn lacks_headers(command: &[String]) -> bool {
    command.iter().filter_map(|arg| arg.strip_prefix("-I")).map(Path::new).any(|folder| {
        let is_pythons = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python"));
        is_pythons && !folder.join("Python.h").exists()
    })
}

fn headline(failed: &FailedCommand) -> String {
    let how = match failed.status {
        status if status < 0 => format!("was ended by signal {}", -status),
        status => format!("failed with exit code {status}"),
    };
    let tool = failed.command.first().map_or("the command", String::as_str);
    match &failed.extension {
        Some(name) => format!("extension '{name}': `{tool}` {how}"),
        None => format!("`{tool}` {how}"),
    }
}
