//! `ambidex doctor`: what a build needs from this machine, checked one thing at a time.

mod cache;
mod environment;
mod probe;
mod project;
mod python;
mod tools;

use std::path::Path;

use serde::Serialize;

use crate::args::{DoctorArgs, Format};
use crate::error::Error;
use crate::project::Project;
use crate::tell;

/// What a check has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The name of the check, which stays the same in later versions.
    check: &'static str,
    state: State,
    /// One line.
    message: String,
    /// What the user can do. Every finding that is not ok has it.
    next: Option<String>,
}

/// How good a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Nothing is to be done.
    Ok,
    /// Builds work, but not as well as they could, or not all of them.
    Warning,
    /// No build can work.
    Error,
}

impl Finding {
    fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, state: State::Ok, message: message.into(), next: None }
    }

    fn warning(check: &'static str, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { check, state: State::Warning, message: message.into(), next: Some(next.into()) }
    }

    fn error(check: &'static str, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { check, state: State::Error, message: message.into(), next: Some(next.into()) }
    }

    /// Returns the finding for an error that a build would report.
    fn of(check: &'static str, error: &Error) -> Self {
        Self::error(check, error.to_string().replace('\n', " "), error.hint().unwrap_or_default())
    }
}

/// Prints what all checks have found. The exit code is 1 if no build can work.
pub(crate) fn doctor(args: &DoctorArgs) -> Result<u8, Error> {
    tell::set_color(args.output.color);
    if !args.dir.is_dir() {
        return Err(Error::NoFolder(args.dir.clone()));
    }
    let findings = examine(&args.dir, args.python.as_deref());
    let can_build = findings.iter().all(|finding| finding.state != State::Error);
    tell::print(&match args.format {
        Format::Json => {
            let told = serde_json::json!({ "can_build": can_build, "findings": findings });
            serde_json::to_string_pretty(&told).expect("findings are plain data") + "\n"
        }
        Format::Text => text(&findings, args.output.quiet),
    })?;
    Ok(u8::from(!can_build))
}

fn examine(dir: &Path, named: Option<&Path>) -> Vec<Finding> {
    let project = Project::find(dir);
    let settings = project.as_ref().map(|project| project.settings.clone()).unwrap_or_default();
    let (mut findings, python) = python::examine(named, settings.python.as_deref());
    if let Some(python) = &python {
        findings.extend(tools::examine(python));
    }
    findings.extend(cache::examine());
    findings.extend(environment::examine());
    findings.extend(project::examine(project, python.as_ref()));
    findings
}

/// Formats findings; `only_bad` leaves out those that are ok.
fn text(findings: &[Finding], only_bad: bool) -> String {
    let mut text = String::new();
    for finding in findings.iter().filter(|finding| !only_bad || finding.state != State::Ok) {
        let mark = match finding.state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Error => "error",
        };
        text += &format!("{mark:<8} {}\n", finding.message);
        if let Some(next) = &finding.next {
            text += &format!("{:<8} next: {next}\n", "");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_lines() {
        let findings = [
            Finding::ok("python", "Python 3.11.7"),
            Finding::warning("cxx", "there is no C++ compiler", "install one"),
            Finding::error("cc", "there is no C compiler", "install one"),
        ];
        let all = "ok       Python 3.11.7\nwarning  there is no C++ compiler\n         next: install one\n\
                   error    there is no C compiler\n         next: install one\n";
        assert_eq!(text(&findings, false), all);
        assert_eq!(text(&findings, true), all.split_once('\n').unwrap().1);
    }
}
