//! `ambidex report`: the last build as one HTML page.

use std::path::Path;

use ambidex_engine::{Bar, BuildDetails, GraphCommand, How, Outcome, PastBuild, TimedWait};
use ambidex_report::{Build, Command, Done, Header, Input, Past, Wait};

use crate::args::ReportArgs;
use crate::error::Error;
use crate::graph::word;
use crate::last_build::{self, STANDARD_OUTPUT, state_error};
use crate::project::Project;
use crate::{tell, whole};

/// The name of the page in the state directory.
const NAME: &str = "report.html";

/// Writes the page, and prints where it is.
pub(crate) fn report(args: &ReportArgs) -> Result<u8, Error> {
    tell::set_color(args.output.color);
    let project = Project::find(&args.dir)?;
    last_build::wait_for_readers(&project)?;
    let details = ambidex_engine::last_build(&project.root).map_err(|error| state_error(&project, error))?;
    let details = details.ok_or_else(|| Error::NothingBuilt(project.root.clone()))?;
    let left = last_build::left(&project).into_iter();
    let left = left.map(|left| ambidex_report::Left { arguments: left.command, reason: left.reason });
    let page = ambidex_report::html(&Build { left: left.collect(), ..build(&details) });
    let default = || ambidex_engine::state_folder(&args.dir).join(NAME);
    let file = args.out.clone().unwrap_or_else(default);
    if file == Path::new(STANDARD_OUTPUT) {
        tell::print(&page)?;
        return Ok(0);
    }
    whole::write(&file, page.as_bytes())
        .map_err(|source| Error::Unwritable { path: file.clone(), source })?;
    if !args.output.quiet {
        tell::print(&format!("{}\n", file.display()))?;
    }
    Ok(0)
}

fn build(details: &BuildDetails) -> Build {
    let commands = details.graph.commands.iter().zip(&details.outcomes);
    Build {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        directory: text(&details.graph.root),
        commands: commands.map(|(found, outcome)| command(found, outcome)).collect(),
        bars: details.bars.iter().map(bar).collect(),
        waits: details.waits.iter().map(wait).collect(),
        headers: details
            .headers
            .iter()
            .map(|header| Header { path: text(&header.path), readers: header.readers.clone() })
            .collect(),
        left: Vec::new(),
        past: details.past.iter().map(past).collect(),
    }
}

fn command(found: &GraphCommand, outcome: &Outcome) -> Command {
    let inputs = found.inputs.iter();
    Command {
        kind: word(found.kind),
        arguments: found.arguments.clone(),
        directory: text(&found.directory),
        variables: found.variables.clone(),
        extensions: found.extensions.clone(),
        inputs: inputs.map(|input| Input { path: text(&input.path), writer: input.writer }).collect(),
        outputs: found.outputs.iter().map(|output| text(&output.path)).collect(),
        in_place: found.outputs.iter().any(|output| !output.is_renamed),
        failed: found.has_failed,
        temporary: found.is_temporary,
        done: match outcome.done {
            How::Ran => Done::Run,
            How::Reused => Done::Reused,
            How::Cached => Done::Cached,
            How::Remote => Done::Remote,
        },
        reason: outcome.reason.clone(),
        duration: outcome.duration,
    }
}

fn bar(bar: &Bar) -> ambidex_report::Bar {
    let Bar { stretch, command, told } = bar;
    ambidex_report::Bar {
        slot: stretch.slot,
        from: stretch.from,
        to: stretch.to,
        command: *command,
        output: if told.output.is_empty() { told.command.join(" ") } else { told.output.clone() },
    }
}

/// Returns a wait of Python as pages and traces show it.
pub(crate) fn wait(wait: &TimedWait) -> Wait {
    let TimedWait { program, why, what, from, to, is_last } = wait.clone();
    Wait { program, why, what, from, to, is_last }
}

fn past(build: &PastBuild) -> Past {
    let PastBuild { began, wall, waited, jobs, ran, reused, cached, remote, failed } = *build;
    Past { began, wall, waited, jobs, ran, reused, cached, remote, failed }
}

/// Returns a path as text. What is not UTF-8 in it can't be shown.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
