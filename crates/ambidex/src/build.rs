//! `ambidex build` and `ambidex run`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use ambidex_engine::Report;

use crate::args::{BuildArgs, OutputArgs, RunArgs};
use crate::build_system::BuildSystem;
use crate::closing;
use crate::diagnose::{self, Seen};
use crate::error::Error;
use crate::project::Project;
use crate::promised::PromisedFiles;
use crate::settings::Settings;
use crate::supervise::{self, Ended, Task};
use crate::{live, tell, time};

/// Builds a project.
pub(crate) fn build(args: &BuildArgs) -> Result<u8, Error> {
    tell::set_color(args.common.output.color);
    let project = Project::find(&args.dir)?;
    BuildSystem::expect_setuptools(&project)?;
    let files = PromisedFiles::checked(args.summary.as_deref(), args.trace.trace.as_deref())?;
    let python = project.python(args.common.python.as_deref())?;
    let mut arguments = project.arguments(args.inplace, &args.setup_args);
    if args.common.output.quiet {
        // setup.py takes its global options before the first command.
        let at = arguments.iter().position(|a| a == "build" || a == "build_ext").unwrap_or(0);
        arguments.insert(at, "-q".into());
    }
    let task = Task {
        program: python.into_os_string(),
        arguments,
        cwd: &project.root,
        environment: project
            .environment()
            .into_iter()
            .chain(supervise::keep_going(args.keep_going, &project.settings))
            .collect(),
        log: None,
        timed: files.have_trace(),
        is_shown: live::can_be_shown(&args.common.output),
    };
    let mut options = supervise::sharing(&args.common.jobs, &project.settings)?;
    options.on_wait = args.common.output.verbose.then_some(tell::note);
    let ended = supervise::captured(task, options)?;
    let seen = if args.common.output.quiet { Seen::Output } else { Seen::All };
    conclude(&ended, &files, &args.common.output, seen)
}

/// Runs a command.
pub(crate) fn run(args: &RunArgs) -> Result<u8, Error> {
    tell::set_color(args.output.color);
    let files = PromisedFiles::checked(args.summary.as_deref(), args.trace.trace.as_deref())?;
    // The command may build any project, but most often it builds the one in this directory.
    let settings = Settings::of_folder(Path::new(""))?;
    let mut words = args.command.iter().map(OsString::from);
    let program = words.next().unwrap_or_default();
    let task = Task {
        program,
        arguments: words.collect(),
        cwd: Path::new("."),
        environment: supervise::keep_going(args.keep_going, &settings).into_iter().collect(),
        log: None,
        timed: files.have_trace(),
        is_shown: live::can_be_shown(&args.output),
    };
    let mut options = supervise::sharing(&args.jobs, &settings)?;
    options.on_wait = args.output.verbose.then_some(tell::note);
    let ended = supervise::captured(task, options)?;
    let seen = if args.output.quiet { Seen::Nothing } else { Seen::Unknown };
    let code = conclude(&ended, &files, &args.output, seen)?;
    // Users who put `ambidex run` before a command rely on that command's exit code.
    Ok(if ended.code == 0 { code } else { ended.code })
}

/// Writes the report as JSON where the next `ambidex explain --time` reads it. Returns the JSON.
pub(crate) fn keep(report: &Report, state_folders: &[PathBuf]) -> String {
    let mut json = serde_json::to_string_pretty(report).expect("a report is plain data");
    json.push('\n');
    for folder in state_folders {
        // The build could do without this directory, so an error is harmless.
        let _ = std::fs::write(folder.join("last-build.json"), &json);
    }
    json
}

/// Writes the report to disk, and prints a summary or why the build failed. Returns the exit code.
pub(crate) fn conclude(
    ended: &Ended,
    files: &PromisedFiles,
    output: &OutputArgs,
    seen: Seen,
) -> Result<u8, Error> {
    let json = keep(&ended.report, &ended.state_folders);
    files.write(&json, ended.timeline.as_ref())?;
    if ended.interrupted {
        return Ok(ended.code);
    }
    if ended.code != 0 {
        return Ok(diagnose::tell(ended, seen));
    }
    tell_left(&ended.report, output);
    let report = &ended.report;
    if let (false, Some(wait)) = (output.quiet, time::longest(&report.waits, report.wall_s)) {
        tell::note(&format!(
            "Python waited {:.1} s because it {}: {}; `ambidex explain --time` tells of all waits",
            wait.seconds, wait.why, wait.what
        ));
    }
    if let (false, Some(line)) = (output.quiet, closing::line(report)) {
        tell::say(&line);
    }
    Ok(0)
}

/// Prints the commands that were left to Python, if the output is verbose.
pub(crate) fn tell_left(report: &Report, output: &OutputArgs) {
    if output.verbose {
        for left in &report.left_to_python {
            tell::note(&format!("run by Python itself: {}\n  {}", left.command.join(" "), left.reason));
        }
    }
}
