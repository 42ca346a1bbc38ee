//! Looks at paths: in which views, and whether something was there.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::base::paths::{plain, with_targets};

/// One respect in which a path can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum View {
    /// The target of the path: a file's content, a directory, or nothing.
    Leads,
    /// The symbolic link at the path itself, if there is one.
    Itself,
    /// The names in a directory.
    Names,
    /// The path with all links resolved.
    Resolved,
    /// Whether the file can be executed.
    Runs,
    /// A file's modification time, permissions and owner.
    State,
    /// The names in a directory that match the name of the path, in which one `*` stands for any text.
    Matching,
    /// What the loader's cache has for a library: the path is that of the cache, then the name of the library.
    Library,
}

impl View {
    const ALL: [Self; 8] = [
        Self::Leads,
        Self::Itself,
        Self::Names,
        Self::Resolved,
        Self::Runs,
        Self::State,
        Self::Matching,
        Self::Library,
    ];

    pub(super) fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Returns the directory whose names a look at `path` reads in this view, if it lists one.
    pub fn lists(self, path: &Path) -> Option<&Path> {
        match self {
            Self::Names => Some(path),
            Self::Matching => path.parent(),
            _ => None,
        }
    }

    /// Returns whether a look at `path` in this view shows that something is at `place`.
    pub fn shows(self, path: &Path, place: &Path) -> bool {
        match self {
            Self::Names => place.parent() == Some(path),
            Self::Matching => place.parent() == path.parent() && matches(path, place),
            _ => place == path,
        }
    }
}

/// Returns whether the name of `file` is that of `pattern`, in which the first `*` stands for any text.
pub(crate) fn matches(pattern: &Path, file: &Path) -> bool {
    let name = |path: &Path| path.file_name().unwrap_or_default().as_bytes().to_vec();
    let (pattern, name) = (name(pattern), name(file));
    let Some(star) = pattern.iter().position(|byte| *byte == b'*') else { return pattern == name };
    let rest = name.strip_prefix(&pattern[..star]);
    rest.is_some_and(|rest| rest.ends_with(&pattern[star + 1..]))
}

/// How one path was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// A bit for each view.
    pub(super) views: u8,
    /// Whether something was there.
    pub found: bool,
    /// Whether two looks differ: in whether something was there, or in the file that was opened.
    pub(super) unsteady: bool,
    /// Whether a process named it by its absolute path.
    pub absolute: bool,
    /// Whether a process named it by a path relative to the working directory.
    pub relative: bool,
    /// Whether a process looked that may take options from a file.
    pub for_options: bool,
    /// The device and the inode of the file, if it was opened.
    pub identity: Option<(u64, u64)>,
}

impl Seen {
    /// Returns the views in which the path was looked at.
    pub fn views(self) -> impl Iterator<Item = View> {
        View::ALL.into_iter().filter(move |view| self.views & view.bit() != 0)
    }

    pub(super) fn and(&mut self, other: Self) {
        self.views |= other.views;
        let is_another = self.identity.zip(other.identity).is_some_and(|(one, other)| one != other);
        self.unsteady |= other.unsteady || self.found != other.found || is_another;
        self.absolute |= other.absolute;
        self.relative |= other.relative;
        self.for_options |= other.for_options;
        self.identity = self.identity.or(other.identity);
    }
}

/// All paths that were looked at, in the order of the first look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Looks {
    all: Vec<(PathBuf, Seen)>,
    /// Indexed by the bytes of the paths, which are faster to compare than their components.
    places: FxHashMap<OsString, usize>,
}

impl Looks {
    /// Adds a look at a path.
    pub fn add(&mut self, path: &Path, view: View, found: bool) {
        let views = view.bit();
        let (unsteady, absolute, relative, for_options) = (false, false, false, false);
        let seen = Seen { views, found, unsteady, absolute, relative, for_options, identity: None };
        self.merge(path, seen);
    }

    pub(super) fn merge(&mut self, path: &Path, seen: Seen) {
        match self.places.get(path.as_os_str()) {
            Some(place) => self.all[*place].1.and(seen),
            None => {
                self.places.insert(path.into(), self.all.len());
                self.all.push((path.to_owned(), seen));
            }
        }
    }

    /// Replaces the look at a resolved path by looks at the path itself, which may be a link, and at the resolved path
    /// of its directory: the resolved path depends on nothing else. Compilers resolve the path of each header, and many
    /// headers are in one directory.
    pub(super) fn resolve_by_folders(&mut self) {
        let mut folders: Vec<PathBuf> = Vec::new();
        for (path, seen) in &mut self.all {
            if seen.views & View::Resolved.bit() == 0 {
                continue;
            }
            let (folder, is_named) = (path.parent(), path.file_name().is_some());
            if !seen.found {
                seen.views = seen.views & !View::Resolved.bit() | View::Leads.bit();
            } else if let Some(folder) = folder
                && is_named
                && !path.is_symlink()
            {
                seen.views = seen.views & !View::Resolved.bit() | View::Itself.bit();
                if folders.last().is_none_or(|last| last != folder) {
                    folders.push(folder.to_owned());
                }
            }
        }
        folders.iter().for_each(|folder| self.add(folder, View::Resolved, true));
    }

    /// Adds looks at everything that determines where a file really is: whether it is a link, where that leads, and
    /// which directory each of these files is in. Two of these directories are one just when their names by role are
    /// equal, so such looks don't bind a run to its place as a look at the real path does.
    pub(super) fn add_real_path(&mut self, file: &Path) {
        for file in with_targets(file.to_owned()) {
            let file = plain(&file);
            let (Some(folder), true) = (file.parent(), file.file_name().is_some()) else { break };
            self.add(folder, View::Leads, true);
            self.add(&file, View::Itself, true);
        }
    }

    /// Returns all looks.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, Seen)> {
        self.all.iter().map(|(path, seen)| (path.as_path(), *seen))
    }

    /// Returns how a path was looked at, if it was.
    pub fn get(&self, path: &Path) -> Option<Seen> {
        self.places.get(path.as_os_str()).map(|place| self.all[*place].1)
    }
}

/// Returns whether the kernel generates a file (proc(5), sysfs(5)).
pub(crate) fn is_kernels(path: &[u8]) -> bool {
    path.starts_with(b"/proc/") || path.starts_with(b"/sys/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_star_stands_for_any_text() {
        let is_shown = |pattern: &str, file: &str| View::Matching.shows(Path::new(pattern), Path::new(file));
        assert!(is_shown("/a/m.cython-*.pxd", "/a/m.cython-30.pxd"));
        assert!(is_shown("/a/*.py", "/a/m.py") && is_shown("/a/m*", "/a/m"));
        assert!(!is_shown("/a/m.cython-*.pxd", "/a/m.pxd"));
        assert!(!is_shown("/a/m.*.m", "/a/m.m"), "both ends can't be the same text");
        assert!(!is_shown("/a/*.py", "/a/b/m.py") && !is_shown("/a/*.py", "/b/m.py"));
        assert_eq!(View::Matching.lists(Path::new("/a/*.py")), Some(Path::new("/a")));
    }
}
