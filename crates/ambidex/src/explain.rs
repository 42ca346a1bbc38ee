//! `ambidex explain`: why each command of the last build ran or didn't, and what it depends on.

use std::fmt::Write as _;
use std::path::Path;

use ambidex_engine::{Explanation, Inputs, Sight};
use serde_json::json;

use crate::args::{ExplainArgs, Format};
use crate::closing::{Counts, number};
use crate::error::Error;
use crate::last_build::{state_error, wait_for_readers};
use crate::project::Project;
use crate::{tell, time, wanted};

/// Prints the explanation of the requested output, or of all outputs.
pub(crate) fn explain(args: &ExplainArgs) -> Result<u8, Error> {
    tell::set_color(args.output.color);
    let (dir, name) = dir_and_name(args);
    let project = Project::find(dir)?;
    if args.time {
        tell::print(&time::text(&project.root, args.format)?)?;
        return Ok(0);
    }
    wait_for_readers(&project)?;
    let root = &project.root;
    if args.inputs {
        let found = ambidex_engine::inputs(root).map_err(|error| state_error(&project, error))?;
        let found = chosen(found, name, root, |(told, _)| told)?;
        tell::print(&inputs(&found, args.format))?;
        return Ok(0);
    }
    let found = ambidex_engine::explain(root).map_err(|error| state_error(&project, error))?;
    let found = chosen(found, name, root, |told| told)?;
    tell::print(&match args.format {
        Format::Json => {
            serde_json::to_string_pretty(&json!({ "commands": found })).expect("plain data") + "\n"
        }
        Format::Text if name.is_some() => described(found.iter(), args.output.verbose),
        Format::Text => overview(&found, root, args.output.verbose),
    })?;
    Ok(0)
}

/// Returns the project directory and the name of the requested output. A single argument that is no directory is a name.
fn dir_and_name(args: &ExplainArgs) -> (&Path, Option<&str>) {
    match (&args.wanted, args.dir.to_str()) {
        (None, Some(name)) if !args.time && !args.dir.is_dir() => (Path::new("."), Some(name)),
        (wanted, _) => (&args.dir, wanted.as_deref()),
    }
}

/// Returns the totals, then what ran and why. Then everything else, if the output is verbose.
fn overview(found: &[Explanation], root: &Path, verbose: bool) -> String {
    let (temporary, lasting): (Vec<_>, Vec<_>) = found.iter().partition(|told| is_temporary(told, root));
    let count = |done: &str| lasting.iter().filter(|told| told.done == done).count();
    let counts = Counts {
        run: count("run"),
        reused: count("reused"),
        cached: count("cached"),
        remote: count("remote"),
        repeated: 0,
    };
    let mut totals: Vec<String> = counts.all("command").into_iter().collect();
    if !temporary.is_empty() {
        totals.push(format!("{} whose output is gone, such as a probe", number(temporary.len(), "command")));
    }
    let (run, rest): (Vec<&Explanation>, Vec<_>) = lasting.into_iter().partition(|told| told.done == "run");
    let more = if verbose || rest.len() + temporary.len() == 0 { "" } else { " (-v lists all)" };
    let mut text = format!("{}{more}\n", totals.join("; "));
    text += &described(run.into_iter(), verbose);
    if verbose {
        text += &described(rest.into_iter().chain(temporary), verbose);
    }
    text
}

/// Returns whether the output of a command was not meant to last: it is gone, and was outside of the project or belonged
/// to no extension.
fn is_temporary(told: &Explanation, root: &Path) -> bool {
    let is_elsewhere = Path::new(&told.output).is_absolute() || told.extension.is_none();
    is_elsewhere && !root.join(&told.output).exists()
}

/// Returns the reason for each command, and the command itself if the output is verbose.
fn described<'a>(found: impl Iterator<Item = &'a Explanation>, verbose: bool) -> String {
    let mut text = String::new();
    for told in found {
        let extension = told.extension.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let how = match told.done {
            "reused" => "up to date",
            "cached" => "from the cache",
            "remote" => "from the remote cache",
            done => done,
        };
        text += &format!("{}{extension}\n  {how}: {}\n", told.output, told.reason);
        if verbose {
            text += &format!("  {}\n", told.command.join(" "));
        }
    }
    text
}

/// Returns the commands that the name means, or all commands. It is an error if there are none.
fn chosen<T>(
    found: Vec<T>,
    name: Option<&str>,
    root: &Path,
    told: impl Fn(&T) -> &Explanation,
) -> Result<Vec<T>, Error> {
    if found.is_empty() {
        return Err(Error::NothingBuilt(root.to_owned()));
    }
    match name {
        Some(name) => wanted::named(found, name, root, told),
        None => Ok(found),
    }
}

/// Formats the dependencies of commands. Commands without a remembered run come last in text, and don't appear in JSON.
fn inputs(found: &[(Explanation, Option<Inputs>)], format: Format) -> String {
    let known = found.iter().filter_map(|(told, inputs)| Some((told, inputs.as_ref()?)));
    if let Format::Json = format {
        let commands: Vec<_> = known
            .map(|(Explanation { output, extension, .. }, Inputs { looks, variables })| {
                json!({ "output": output, "extension": extension, "looks": looks, "variables": variables })
            })
            .collect();
        return serde_json::to_string_pretty(&json!({ "commands": commands })).expect("plain data") + "\n";
    }
    let mut text = String::new();
    for (Explanation { output, extension, .. }, Inputs { looks, variables }) in known {
        let extension = extension.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        writeln!(text, "{output}{extension}").expect("a string takes all");
        for look in looks {
            writeln!(text, "  {:<12} {}", word(look.seen), look.path).expect("a string takes all");
        }
        let variables = variables.as_ref().map_or_else(|| "all".to_owned(), |names| names.join(" "));
        writeln!(text, "  {:<12} {variables}", "variables").expect("a string takes all");
    }
    for (Explanation { output, reason, .. }, _) in found.iter().filter(|(_, inputs)| inputs.is_none()) {
        writeln!(text, "{output}\n  not remembered: {reason}").expect("a string takes all");
    }
    text
}

fn word(seen: Sight) -> &'static str {
    match seen {
        Sight::There => "found",
        Sight::Nothing => "missing",
        Sight::Unreachable => "unreachable",
        Sight::Link => "link",
        Sight::Names => "listed",
        Sight::Resolved => "resolved",
        Sight::Executable => "executable",
        Sight::State => "state",
        Sight::Library => "library",
    }
}
