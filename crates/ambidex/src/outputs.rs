//! The files that a build leaves in a project, and how those of two builds differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use object::{Object, ObjectSection};
use walkdir::WalkDir;

use crate::error::Error;

/// The contents of the files after a build, by path.
pub(crate) type Outputs = BTreeMap<PathBuf, Vec<u8>>;

/// Returns every file of a built copy, except those that only cache or describe builds.
pub(crate) fn collect(root: &Path) -> Result<Outputs, Error> {
    let mut outputs = Outputs::new();
    let mut walk = WalkDir::new(root).follow_links(false).into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|e| Error::Unreadable { path: root.to_owned(), source: e.into() })?;
        let relative = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_owned();
        let name = entry.file_name();
        if entry.file_type().is_dir() && [".git", "__pycache__", ".ambidex"].iter().any(|skip| name == *skip)
        {
            walk.skip_current_dir();
        } else if entry.file_type().is_file() {
            let unreadable = |source| Error::Unreadable { path: entry.path().to_owned(), source };
            outputs.insert(relative, fs::read(entry.path()).map_err(unreadable)?);
        }
    }
    Ok(outputs)
}

/// Returns the paths that differ from the serial build, each with a description of the difference. `whose` names the
/// other build.
pub(crate) fn differences(serial: &Outputs, other: &Outputs, whose: &str) -> BTreeMap<PathBuf, String> {
    let paths: BTreeSet<&PathBuf> = serial.keys().chain(other.keys()).collect();
    let mut found = BTreeMap::new();
    for path in paths {
        let difference = match (serial.get(path), other.get(path)) {
            (Some(serial), Some(other)) if serial == other => continue,
            (Some(serial), Some(other)) => describe(serial, other),
            (Some(_), None) => "only the serial build has it".to_owned(),
            (None, _) => format!("only {whose} has it"),
        };
        found.insert(path.clone(), difference);
    }
    found
}

/// Describes a difference: the sections that differ if both are object files, otherwise the first offset that differs.
fn describe(serial: &[u8], other: &[u8]) -> String {
    if let (Some(serial), Some(other)) = (sections(serial), sections(other)) {
        let names: BTreeSet<&String> = serial.keys().chain(other.keys()).collect();
        let differ: Vec<&str> =
            names.into_iter().filter(|n| serial.get(*n) != other.get(*n)).map(String::as_str).collect();
        if !differ.is_empty() {
            return format!("section {}", differ.join(", "));
        }
    }
    let at = serial.iter().zip(other).position(|(a, b)| a != b).unwrap_or(serial.len().min(other.len()));
    format!("at byte {at} (sizes {} and {})", serial.len(), other.len())
}

fn sections(data: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    let file = object::File::parse(data).ok()?;
    let content = |s: object::Section<'_, '_>| Some((s.name().ok()?.to_owned(), s.data().ok()?.to_vec()));
    Some(file.sections().filter_map(content).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_difference_is_found() {
        let outputs = |files: &[(&str, &str)]| -> Outputs {
            files.iter().map(|(p, c)| (PathBuf::from(p), c.as_bytes().to_vec())).collect()
        };
        let stock = outputs(&[("same", "1"), ("content", "abc"), ("gone", "1")]);
        let ours = outputs(&[("same", "1"), ("content", "abd"), ("new", "1")]);
        let found = differences(&stock, &ours, "ambidex");
        let found: Vec<_> = found.iter().map(|(p, d)| (p.to_str().unwrap(), d.as_str())).collect();
        assert_eq!(
            found,
            [
                ("content", "at byte 2 (sizes 3 and 3)"),
                ("gone", "only the serial build has it"),
                ("new", "only ambidex has it")
            ]
        );
    }
}
