//! The copies of modules that a build in place leaves next to their sources.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

/// Returns the files in a project, outside of its `build`, that have the name and the content of one of these modules:
/// each module with its copy.
pub(super) fn copies<'a>(root: &Path, modules: &[&'a Path]) -> Vec<(&'a Path, PathBuf)> {
    let named = |module: &&'a Path| Some((module.file_name()?, *module));
    let mut by_name: HashMap<&OsStr, Vec<&'a Path>> = HashMap::new();
    for (name, module) in modules.iter().filter_map(named) {
        by_name.entry(name).or_default().push(module);
    }
    let mut found = Vec::new();
    for entry in WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(may_have_copies).flatten() {
        let alike = by_name.get(entry.file_name()).into_iter().flatten();
        let is_copied = |module: &&&'a Path| **module != entry.path() && is_copy(module, entry.path());
        if let Some(module) = alike.filter(|_| entry.file_type().is_file()).find(is_copied) {
            found.push((*module, entry.into_path()));
        }
    }
    found
}

/// Returns whether a directory may have sources of the project: it is neither hidden, nor `build`, nor a virtual
/// environment, in which modules are installed.
fn may_have_copies(entry: &DirEntry) -> bool {
    let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
    let is_build = entry.depth() == 1 && entry.file_name() == "build";
    entry.depth() == 0 || !is_hidden && !is_build && !entry.path().join("pyvenv.cfg").exists()
}

fn is_copy(one: &Path, other: &Path) -> bool {
    let length = |file: &Path| std::fs::metadata(file).ok().map(|data| data.len());
    length(one) == length(other) && std::fs::read(one).ok() == std::fs::read(other).ok()
}
