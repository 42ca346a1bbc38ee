//! What builds leave in a project, and how it is removed.

use std::fs;
use std::io;
use std::path::Path;

use crate::args::CleanArgs;
use crate::error::Error;
use crate::project::Project;
use crate::tell;

/// What `setup.py clean --all` removes from `build/` (distutils, `command/clean.py`), and ambidex' own folder.
const PARTS: [&str; 5] = [".ambidex", "lib", "temp.", "scripts-", "bdist."];

/// Removes what builds have left.
pub(crate) fn clean(args: &CleanArgs) -> Result<u8, Error> {
    tell::set_color(args.output.color);
    let project = Project::find(&args.dir)?;
    let build = project.root.join("build");
    if ambidex_engine::is_in_use(&project.root) {
        return Err(Error::Busy(project.root));
    }
    let Ok(entries) = fs::read_dir(&build) else { return Ok(0) };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if PARTS.iter().any(|part| name.starts_with(part)) {
            remove(&entry.path())?;
            if !args.output.quiet {
                tell::say(&format!("removed {}", entry.path().display()));
            }
        }
    }
    // Only if nothing else is in it.
    let _ = fs::remove_dir(&build);
    Ok(0)
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Error::Unwritable { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}
