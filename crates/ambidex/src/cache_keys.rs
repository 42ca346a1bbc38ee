//! `ambidex cache-keys`: what the last build read, as the table by which uv decides whether to build again.

mod declared;
mod files;
mod table;
mod variables;

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::args::CacheKeysArgs;
use crate::error::Error;
use crate::last_build;
use crate::project::Project;
use crate::tell;

/// The file that holds the table.
const PYPROJECT: &str = "pyproject.toml";

/// What a build depends on, as far as uv can express it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    /// Files, relative to the project.
    files: BTreeSet<PathBuf>,
    /// Environment variables.
    variables: BTreeSet<String>,
}

/// Prints the table, or writes it to `pyproject.toml`.
pub(crate) fn cache_keys(args: &CacheKeysArgs) -> Result<u8, Error> {
    tell::set_color(args.output.color);
    let project = Project::find(&args.dir)?;
    let graph = last_build::graph(&project)?;
    let inputs =
        ambidex_engine::inputs(&project.root).map_err(|error| last_build::state_error(&project, error))?;
    let declared = declared::by(&project);
    let found = files::of(&project, &graph, &inputs, declared.files)?;
    let asked = inputs.iter().filter_map(|(_, inputs)| inputs.as_ref()?.variables.as_ref());
    let mut files = found.keys;
    // Who writes the table there must be asked again, whether or not the file exists yet.
    files.insert(PYPROJECT.into());
    let keys = Keys { files, variables: variables::of(asked.flatten(), declared.variables) };
    let entries = table::entries(&project.root, &keys);
    if args.write {
        let file = project.root.join(PYPROJECT);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(Error::Unreadable { path: file, source }),
        };
        let edited = table::written(&text, &entries)
            .map_err(|message| Error::BadPyproject { path: file.clone(), message })?;
        last_build::write(&file, &edited)?;
        if !args.output.quiet {
            tell::say(&format!("{} cache keys in {}", entries.len(), file.display()));
        }
    } else {
        tell::print(&table::text(&entries))?;
    }
    if !args.output.quiet {
        found.notes.iter().for_each(|note| tell::note(note));
        last_build::tell_left(&project);
    }
    Ok(0)
}
