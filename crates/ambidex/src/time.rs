//! `ambidex explain --time`: where the time of the last build went.

use std::fmt::Write as _;
use std::path::Path;

use ambidex_engine::Wait;
use serde::Deserialize;

use crate::args::Format;
use crate::error::Error;
use crate::last_build::Left;

/// The fields that are read from a build's summary.
#[derive(Deserialize)]
struct LastBuild {
    jobs: usize,
    wall_s: f64,
    capture_s: f64,
    lower_bound_s: f64,
    waits: Vec<Wait>,
    left_to_python: Vec<Left>,
}

/// Returns where the time of the last build of a project went, as text for people or as JSON for programs.
pub(crate) fn text(root: &Path, format: Format) -> Result<String, Error> {
    let path = ambidex_engine::state_folder(root).join("last-build.json");
    let json = match std::fs::read_to_string(&path) {
        Ok(json) => json,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::NothingBuilt(root.to_owned()));
        }
        Err(source) => return Err(Error::Unreadable { path, source }),
    };
    // Another version's summary may not parse; it counts as no build.
    let build: LastBuild = serde_json::from_str(&json).map_err(|_| Error::NothingBuilt(root.to_owned()))?;
    Ok(match format {
        Format::Json => {
            let told = serde_json::json!({
                "jobs": build.jobs,
                "wall_s": build.wall_s,
                "capture_s": build.capture_s,
                "lower_bound_s": build.lower_bound_s,
                "waits": build.waits,
            });
            format!("{told:#}\n")
        }
        Format::Text => for_people(&build),
    })
}

fn for_people(build: &LastBuild) -> String {
    let mut text = format!(
        "{:.2} s with {} jobs\n{:.2} s Python alone\n{:.2} s the commands, at least: their total by jobs, or the \
        longest chain\n",
        build.wall_s, build.jobs, build.capture_s, build.lower_bound_s
    );
    if build.waits.is_empty() {
        text.push_str("Python waited for nothing.\n");
    } else {
        text.push_str("Python waited because it\n");
    }
    for wait in &build.waits {
        let times = if wait.times == 1 { String::new() } else { format!(" ({} times)", wait.times) };
        let colon = if wait.what.is_empty() { "" } else { ": " };
        let _ = writeln!(text, "{:8.2} s  {}{colon}{}{times}", wait.seconds, wait.why, wait.what);
    }
    for left in &build.left_to_python {
        let _ = writeln!(text, "run by Python itself: {}\n  {}", left.command.join(" "), left.reason);
    }
    text
}

/// Returns the longest wait before the end of a build, if it is worth a look: at least half a second, and at least a
/// tenth of the build.
pub(crate) fn longest(waits: &[Wait], wall_s: f64) -> Option<&Wait> {
    let longest = waits.iter().find(|wait| !wait.is_last)?;
    (longest.seconds >= 0.5 && longest.seconds >= wall_s / 10.0).then_some(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_waits_and_the_last_one_are_not_worth_a_look() {
        let wait = |seconds: f64, is_last: bool| Wait {
            why: "looked".into(),
            what: "a.so".into(),
            times: 1,
            seconds,
            is_last,
        };
        let waits = [wait(9.0, true), wait(2.0, false), wait(1.0, false)];
        assert_eq!(longest(&waits, 12.0).map(|wait| wait.seconds), Some(2.0));
        assert!(longest(&waits, 30.0).is_none());
        assert!(longest(&[wait(0.4, false)], 1.0).is_none());
    }
}
