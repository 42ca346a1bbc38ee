//! The files that a build leaves in a directory, and the differences between two builds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// Files by their path in a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<PathBuf, Content>);

/// The thing at a path that isn't a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    File {
        mode: u32,
        bytes: Vec<u8>,
    },
    Link(PathBuf),
    /// A pipe, a socket or a device.
    Other,
}

impl Content {
    fn of(entry: &walkdir::DirEntry) -> Self {
        let kind = entry.file_type();
        if kind.is_symlink() {
            return Self::Link(fs::read_link(entry.path()).expect("the project can be read"));
        }
        if !kind.is_file() {
            return Self::Other;
        }
        let mode = entry.metadata().expect("the project can be read").permissions().mode() & 0o7777;
        // The build may have made the file unreadable.
        Self::File { mode, bytes: fs::read(entry.path()).unwrap_or_default() }
    }

    /// Describes the change from this to another.
    fn change_to(&self, other: &Self) -> String {
        match (self, other) {
            (Self::File { bytes, .. }, Self::File { bytes: others, .. }) if bytes != others => {
                format!("differs{}", first_line(bytes, others))
            }
            (Self::File { mode, .. }, Self::File { mode: others, .. }) => {
                format!("has mode {others:o} and not {mode:o}")
            }
            (Self::Link(target), Self::Link(others)) => {
                format!("leads to {} and not to {}", others.display(), target.display())
            }
            _ => "is a file of another kind".to_owned(),
        }
    }
}

impl Files {
    /// Returns every file below a directory, except for files that only cache or describe builds.
    pub fn below(root: &Path) -> Self {
        let skipped = |name: &std::ffi::OsStr| [".ambidex", "__pycache__"].iter().any(|skip| name == *skip);
        let walk = WalkDir::new(root).into_iter().filter_entry(|entry| !skipped(entry.file_name()));
        let mut files = BTreeMap::new();
        for entry in walk {
            let entry = entry.expect("the project can be read");
            if !entry.file_type().is_dir() {
                let relative = entry.path().strip_prefix(root).expect("it is below").to_owned();
                files.insert(relative, Content::of(&entry));
            }
        }
        Self(files)
    }

    /// Returns the files for which a project is built: everything below `build/lib*`.
    pub fn built(root: &Path) -> Self {
        Self::below(root).only(|path| path.to_string_lossy().starts_with("build/lib"))
    }

    /// Keeps only the files whose paths fit.
    pub fn only(self, fits: impl Fn(&Path) -> bool) -> Self {
        Self(self.0.into_iter().filter(|(path, _)| fits(path)).collect())
    }

    /// Returns these files, but takes from `other` each file that is the same there as in `first`. Leaves out paths
    /// that neither `first` nor `other` has.
    pub fn or(&self, first: &Self, other: &Self) -> Self {
        let mut files = self.0.clone();
        for (path, content) in &other.0 {
            if first.0.get(path) == Some(content) {
                files.insert(path.clone(), content.clone());
            }
        }
        files.retain(|path, _| other.0.contains_key(path) || first.0.contains_key(path));
        Self(files)
    }

    /// Returns the paths that both have and at which they differ.
    pub fn changed(&self, other: &Self) -> Vec<PathBuf> {
        let differs = |(path, content): (&PathBuf, &Content)| {
            other.0.get(path).is_some_and(|other| other != content).then(|| path.clone())
        };
        self.0.iter().filter_map(differs).collect()
    }

    /// Returns the paths.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    /// Returns the one file whose name starts with `start`.
    pub fn named(&self, start: &str) -> &Path {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut found = self.paths().filter(|path| name(path).starts_with(start));
        let one = found.next().unwrap_or_else(|| panic!("no {start} in {:?}", self.0.keys()));
        assert!(found.next().is_none(), "more than one {start} in {:?}", self.0.keys());
        one
    }

    /// Returns whether there is a file whose name starts with `start`.
    pub fn has(&self, start: &str) -> bool {
        self.paths()
            .any(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start)))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Returns the differences between the serial build and ours, one line for each file.
pub fn differences(serial: &Files, ours: &Files) -> Vec<String> {
    let paths: BTreeSet<&PathBuf> = serial.0.keys().chain(ours.0.keys()).collect();
    let told = |path: &PathBuf| {
        let what = match (serial.0.get(path), ours.0.get(path)) {
            (Some(serial), Some(ours)) if serial == ours => return None,
            (Some(serial), Some(ours)) => serial.change_to(ours),
            (Some(_), None) => "is missing".to_owned(),
            (None, _) => "should not be there".to_owned(),
        };
        Some(format!("{} {what}", path.display()))
    };
    paths.into_iter().filter_map(told).collect()
}

/// Describes the first lines that differ, if the files are text.
fn first_line(serial: &[u8], ours: &[u8]) -> String {
    let (Ok(serial), Ok(ours)) = (std::str::from_utf8(serial), std::str::from_utf8(ours)) else {
        return String::new();
    };
    let pair = serial.lines().zip(ours.lines()).find(|(serial, ours)| serial != ours);
    pair.map_or_else(
        || ": in its length".to_owned(),
        |(serial, ours)| format!(": {serial:?} became {ours:?}"),
    )
}
