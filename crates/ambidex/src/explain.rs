//! Knows `ambidex explain`: why each command of the last build was run, or why it was not, and what it depends on.

use std::fmt::Write as _;

use ambidex_engine::{Explanation, Inputs, Sight};

use crate::args::{ExplainArgs, Format};
use crate::error::Error;
use crate::project::Project;
use crate::{tell, time};

/// Tells it for the outputs whose paths end like the one that is asked for, or for all.
pub(crate) fn explain(args: &ExplainArgs) -> Result<u8, Error> {
    tell::set_color(args.output.color);
    let project = Project::find(&args.dir)?;
    if args.time {
        tell::print(&time::text(&project.root, args.format)?)?;
        return Ok(0);
    }
    let mut found = ambidex_engine::explain(&project.root).map_err(Error::Engine)?;
    if found.is_empty() {
        return Err(Error::NothingBuilt(project.root));
    }
    if let Some(wanted) = &args.wanted {
        let wanted = wanted.trim_start_matches("./");
        found.retain(|told| told.output == wanted || told.output.ends_with(&format!("/{wanted}")));
        if found.is_empty() {
            return Err(Error::NoSuchOutput(wanted.to_owned()));
        }
    }
    if args.inputs {
        let mut known = ambidex_engine::inputs(&project.root).map_err(Error::Engine)?;
        known.retain(|inputs| found.iter().any(|told| told.output == inputs.output));
        let others = found.iter().filter(|told| known.iter().all(|inputs| inputs.output != told.output));
        tell::print(&inputs(&known, others, args.format))?;
        return Ok(0);
    }
    let mut text = String::new();
    match args.format {
        Format::Json => {
            text =
                serde_json::to_string_pretty(&serde_json::json!({ "commands": found })).expect("plain data");
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

/// What commands depend on. Of the others nothing is remembered.
fn inputs<'a>(known: &[Inputs], others: impl Iterator<Item = &'a Explanation>, format: Format) -> String {
    if let Format::Json = format {
        let json = serde_json::json!({ "commands": known });
        return serde_json::to_string_pretty(&json).expect("plain data") + "\n";
    }
    let mut text = String::new();
    for Inputs { output, extension, looks, variables } in known {
        let extension = extension.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        writeln!(text, "{output}{extension}").expect("a string takes all");
        for look in looks {
            writeln!(text, "  {:<12} {}", word(look.seen), look.path).expect("a string takes all");
        }
        let variables = variables.as_ref().map_or_else(|| "all".to_owned(), |names| names.join(" "));
        writeln!(text, "  {:<12} {variables}", "variables").expect("a string takes all");
    }
    for Explanation { output, reason, .. } in others {
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
