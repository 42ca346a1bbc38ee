//! `ambidex explain`: why each command of the last build ran or didn't, and what it depends on.

use std::fmt::Write as _;

use ambidex_engine::{Explanation, Inputs, Sight};
use serde_json::json;

use crate::args::{ExplainArgs, Format};
use crate::error::Error;
use crate::last_build::{state_error, wait_for_readers};
use crate::project::Project;
use crate::{tell, time};

/// Prints the explanation of each output whose path ends with the requested one, or of all outputs.
pub(crate) fn explain(args: &ExplainArgs) -> Result<u8, Error> {
    tell::set_color(args.output.color);
    let project = Project::find(&args.dir)?;
    if !args.time {
        wait_for_readers(&project)?;
    }
    if args.time {
        tell::print(&time::text(&project.root, args.format)?)?;
        return Ok(0);
    }
    if args.inputs {
        let found = ambidex_engine::inputs(&project.root).map_err(|error| state_error(&project, error))?;
        let found = wanted(args, project, found, |(told, _)| &told.output)?;
        tell::print(&inputs(&found, args.format))?;
        return Ok(0);
    }
    let found = ambidex_engine::explain(&project.root).map_err(|error| state_error(&project, error))?;
    let found = wanted(args, project, found, |told| &told.output)?;
    let mut text = String::new();
    match args.format {
        Format::Json => {
            text = serde_json::to_string_pretty(&json!({ "commands": found })).expect("plain data");
            text.push('\n');
        }
        Format::Text => {
            for told in found {
                let extension = told.extension.map(|name| format!(" ({name})")).unwrap_or_default();
                text.push_str(&format!("{}{extension}\n  {}: {}\n", told.output, told.done, told.reason));
                if args.output.verbose {
                    text.push_str(&format!("  {}\n", told.command.join(" ")));
                }
            }
        }
    }
    tell::print(&text)?;
    Ok(0)
}

/// Returns the commands whose outputs the user asked for, or all commands. It is an error if there are none.
fn wanted<T>(
    args: &ExplainArgs,
    project: Project,
    mut found: Vec<T>,
    output: fn(&T) -> &String,
) -> Result<Vec<T>, Error> {
    if found.is_empty() {
        return Err(Error::NothingBuilt(project.root));
    }
    if let Some(wanted) = &args.wanted {
        let wanted = wanted.trim_start_matches("./");
        found.retain(|told| output(told) == wanted || output(told).ends_with(&format!("/{wanted}")));
        if found.is_empty() {
            return Err(Error::NoSuchOutput(wanted.to_owned()));
        }
    }
    Ok(found)
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
    }
}
