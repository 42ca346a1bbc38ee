//! The environment variables that ambidex reads, and the directory for temporary files.

use std::env;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use ambidex_engine::OwnFolder;

use super::Finding;
use crate::settings::{MOST_JOBS, nearest};

/// The variables that users set, sorted.
const KNOWN: [&str; 12] = [
    "AMBIDEX_BINARY",
    "AMBIDEX_CACHE_DIR",
    "AMBIDEX_CACHE_READ_DIR",
    "AMBIDEX_CACHE_SIZE",
    "AMBIDEX_JOBS",
    "AMBIDEX_KEEP_GOING",
    "AMBIDEX_PYTHON",
    "AMBIDEX_REMOTE",
    "AMBIDEX_REMOTE_CREDENTIAL_HELPER",
    "AMBIDEX_REMOTE_READ_ONLY",
    "AMBIDEX_REMOTE_TIMEOUT",
    "AMBIDEX_REMOTE_TOKEN_FILE",
];

/// Variables of ambidex itself.
const OWN: [&str; 6] = [
    "AMBIDEX_ENTRY",
    "AMBIDEX_GATE",
    "AMBIDEX_GATE_OUTPUT",
    "AMBIDEX_OFF",
    "AMBIDEX_SOCKET",
    "AMBIDEX_TRACE",
];

/// Examines both.
pub(crate) fn examine() -> Vec<Finding> {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut findings: Vec<Finding> = names.filter_map(|name| misspelled(&name)).collect();
    findings.extend(jobs(env::var("AMBIDEX_JOBS").ok().as_deref()));
    findings.extend(off(env::var("AMBIDEX_OFF").ok().as_deref()));
    findings.push(temporary_files());
    findings
}

fn misspelled(name: &str) -> Option<Finding> {
    let is_known = KNOWN.contains(&name) || OWN.contains(&name) || name.starts_with("AMBIDEX_TEST_");
    (name.starts_with("AMBIDEX_") && !is_known).then(|| {
        let message = format!("the environment variable {name} means nothing to ambidex");
        Finding::warning("variables", message, format!("did you mean {}?", nearest(name, &KNOWN)))
    })
}

fn jobs(value: Option<&str>) -> Option<Finding> {
    let value =
        value.filter(|value| !value.parse::<u32>().is_ok_and(|jobs| (1..=MOST_JOBS).contains(&jobs)))?;
    let message = format!("AMBIDEX_JOBS is `{value}`, which is not a number of commands from 1 to 4096");
    Some(Finding::error("variables", message, "correct the variable, or unset it"))
}

fn off(value: Option<&str>) -> Option<Finding> {
    value.filter(|value| !value.is_empty())?;
    let message = "AMBIDEX_OFF is set: `import ambidex; ambidex.enable()` and the build backend do nothing";
    Some(Finding::warning("variables", message, "unset it"))
}

/// Checks that temporary files can be written and executed: `setup.py` may run what it has compiled there.
fn temporary_files() -> Finding {
    const CHECK: &str = "temporary-files";
    let folder = env::temp_dir();
    let place = folder.display().to_string();
    let next = "set TMPDIR to another directory";
    let made = OwnFolder::new("doctor-");
    let script = made.and_then(|made| {
        let script = made.path().join("script");
        std::fs::File::create(&script)?.write_all(b"#!/bin/sh\n")?;
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755))?;
        Ok((made, script))
    });
    if !folder.is_dir() {
        return Finding::error(CHECK, format!("temporary files: {place} is not a directory"), next);
    }
    let (_made, script) = match script {
        Ok(script) => script,
        Err(error) => return Finding::error(CHECK, format!("temporary files in {place}: {error}"), next),
    };
    match Command::new(script).stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Finding::ok(CHECK, format!("temporary files in {place}")),
        _ => {
            let message =
                format!("nothing can be executed in {place}, so projects that try out programs fail");
            Finding::warning(CHECK, message, next)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_misspelled_is_found() {
        let next = |name| misspelled(name).and_then(|finding| finding.next);
        assert_eq!(next("AMBIDEX_CACHE_DRI").as_deref(), Some("did you mean AMBIDEX_CACHE_DIR?"));
        assert_eq!(next("AMBIDEX_JOB").as_deref(), Some("did you mean AMBIDEX_JOBS?"));
        for known in KNOWN.iter().chain(&OWN).chain(&["AMBIDEX_TEST_ALL", "PATH"]) {
            assert_eq!(next(known), None);
        }
    }

    #[test]
    fn wrong_values_are_found() {
        assert!(jobs(None).is_none() && jobs(Some("8")).is_none());
        for wrong in ["0", "many", "-1", ""] {
            assert!(jobs(Some(wrong)).is_some(), "{wrong}");
        }
        assert!(off(Some("")).is_none() && off(Some("1")).is_some());
    }
}
