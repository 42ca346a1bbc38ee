//! The error message for a failed build.

use std::path::Path;

use ambidex_engine::{FailedCommand, Left};

use crate::error::Error;
use crate::supervise::Ended;
use crate::tell;

/// Prints why the build failed, as far as that is known, and returns the exit code.
pub(crate) fn tell(ended: &Ended) -> u8 {
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
        tell::error(&headline(failed), None);
        tell::say(&format!("  command: {}", failed.command.join(" ")));
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
