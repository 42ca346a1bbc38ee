//! Knows `ambidex explain`: why each command of the last build was run, or why it was not.

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
