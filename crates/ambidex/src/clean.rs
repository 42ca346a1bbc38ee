//! `ambidex clean`: the removal of what builds left in a project.

use std::fs;
use std::io;
use std::path::Path;

use crate::args::CleanArgs;
use crate::error::Error;
use crate::project::Project;
use crate::tell;

/// Returns whether `build/` gets an entry of this name from a build: ambidex's own directory, and those that `setup.py
/// clean --all` removes, of any Python (distutils, `command/build.py`, `command/clean.py`).
fn is_from_a_build(name: &str) -> bool {
    let begins = ["lib.", "temp.", "scripts-", "bdist."];
    name == "lib" || name == ".ambidex" || begins.iter().any(|beginning| name.starts_with(beginning))
}

/// Removes what builds left.
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
        if is_from_a_build(&name) {
            remove(&entry.path())?;
            if !args.output.quiet {
                tell::say(&format!("removed {}", entry.path().display()));
            }
        }
    }
    // This fails if the directory is not empty, and so keeps other files.
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
