//! The spellings that name one file, and the number of each file in the graph.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::Bound;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use ambidex_graph::{Graph, PathId};
use rustc_hash::FxHashMap;

use crate::base::growth;
use crate::base::path_index::PathIndex;

/// The paths of one program.
#[derive(Debug, Default)]
pub(crate) struct PathTable {
    places: PathIndex,
    /// Indexed by the numbers of the paths in `places`.
    ids: Vec<PathId>,
    /// The numbers by path, in path order, except for the newest paths: that order is rarely needed.
    sorted: BTreeMap<Arc<Path>, PathId>,
    /// Directories as they were spelled, with their real paths.
    folders: FxHashMap<OsString, PathBuf>,
}

impl PathTable {
    /// Returns the one spelling of a file: its real directory and its name. If the file itself is a link, this doesn't
    /// follow it, because replacing the file would not follow it either.
    pub fn spelling(&mut self, path: &Path, cwd: &Path) -> PathBuf {
        let path = cwd.join(path);
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return self.folder(&path);
        };
        let name = name.to_owned();
        let mut spelled = self.folder(folder);
        spelled.push(name);
        spelled
    }

    /// Returns the real path of a directory if it exists, otherwise the path without its dots.
    pub fn folder(&mut self, folder: &Path) -> PathBuf {
        if let Some(known) = self.folders.get(folder.as_os_str()) {
            return known.clone();
        }
        match std::fs::canonicalize(folder) {
            Ok(real) => {
                // A link may soon lead elsewhere.
                if real == without_dots(folder) {
                    self.folders.insert(folder.into(), real.clone());
                }
                real
            }
            Err(_) => without_dots(folder),
        }
    }

    /// Forgets which directories are real: one is about to be moved or removed.
    pub fn forget_folders(&mut self) {
        self.folders.clear();
    }

    /// Returns the number of a file in its one spelling.
    pub fn id(&mut self, graph: &mut Graph, spelled: PathBuf) -> PathId {
        if let Some(id) = self.known(&spelled) {
            return id;
        }
        let id = graph.path();
        self.places.add(spelled.into());
        growth::push(&mut self.ids, id);
        debug_assert_eq!(id.index() + 1, self.ids.len(), "all paths of a graph come from here");
        id
    }

    /// Returns the number of a file, if it has one.
    pub fn known(&self, spelled: &Path) -> Option<PathId> {
        self.places.number(spelled).map(|number| self.ids[number])
    }

    /// Returns the file with this number.
    pub fn place(&self, id: PathId) -> &Path {
        self.places.path(id.index())
    }

    /// Does the same, for a caller that keeps the path.
    pub fn shared(&self, id: PathId) -> Arc<Path> {
        self.places.path(id.index()).clone()
    }

    /// Returns the file itself and all files below it.
    pub fn at_or_below<'a>(&'a mut self, spelled: &'a Path) -> impl Iterator<Item = PathId> + 'a {
        let unsorted = self.sorted.len()..self.places.len();
        self.sorted.extend(unsorted.map(|number| (self.places.path(number).clone(), self.ids[number])));
        // In path order, everything below a directory follows it directly.
        self.sorted
            .range::<Path, _>((Bound::Included(spelled), Bound::Unbounded))
            .take_while(move |(path, _)| path.starts_with(spelled))
            .map(|(_, id)| *id)
    }
}

/// Returns a path without `.` and doubled slashes. `..` stays, because its meaning depends on links.
pub(crate) fn plain(path: &Path) -> PathBuf {
    path.components().filter(|component| *component != Component::CurDir).collect()
}

/// Returns whether a path is that of a directory or below it. Every look of every command needs this, so it compares
/// bytes, which is faster than comparing components. Both paths must be plain.
pub(crate) fn is_within(path: &Path, folder: &Path) -> bool {
    let rest = path.as_os_str().as_bytes().strip_prefix(folder.as_os_str().as_bytes());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// Returns the directory that a plain path is in, likewise by its bytes.
pub(crate) fn folder_of(path: &Path) -> &[u8] {
    let bytes = path.as_os_str().as_bytes();
    let end = memchr::memrchr(b'/', bytes).unwrap_or(0);
    // The directory of `/a` is `/`.
    &bytes[..if end == 0 && bytes.starts_with(b"/") { 1 } else { end }]
}

/// Returns a path, and what it leads to if it is a symbolic link: each link on the way, and the end.
pub(crate) fn with_targets(path: PathBuf) -> impl Iterator<Item = PathBuf> {
    let target = |link: &PathBuf| {
        let target = std::fs::read_link(link).ok()?;
        Some(link.parent().unwrap_or(Path::new("/")).join(target))
    };
    // As many as the kernel follows (path_resolution(7)).
    std::iter::successors(Some(path), target).take(41)
}

/// Returns a path without `.` and `..`, by its text alone. Links are not followed.
pub fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_file_are_one() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("real")).unwrap();
        std::os::unix::fs::symlink("real", root.join("link")).unwrap();
        let mut paths = PathTable::default();
        let expected = root.join("real/a.o");
        for spelling in ["real/a.o", "./real/a.o", "link/a.o", "link/../real/a.o"] {
            assert_eq!(paths.spelling(Path::new(spelling), &root), expected, "{spelling}");
        }
    }

    #[test]
    fn a_link_may_lead_elsewhere_and_a_directory_may_become_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let link = |to: &str, from: &str| std::os::unix::fs::symlink(to, root.join(from)).unwrap();
        ["one", "two"].iter().for_each(|name| std::fs::create_dir(root.join(name)).unwrap());
        let mut paths = PathTable::default();
        link("one", "link");
        assert_eq!(paths.spelling(Path::new("link/a.o"), &root), root.join("one/a.o"));
        std::fs::remove_file(root.join("link")).unwrap();
        link("two", "link");
        assert_eq!(paths.spelling(Path::new("link/a.o"), &root), root.join("two/a.o"));
        assert_eq!(paths.spelling(Path::new("one/a.o"), &root), root.join("one/a.o"));
        paths.forget_folders();
        std::fs::remove_dir(root.join("one")).unwrap();
        link("two", "one");
        assert_eq!(paths.spelling(Path::new("one/a.o"), &root), root.join("two/a.o"));
    }

    #[test]
    fn nothing_is_left_of_detours() {
        assert_eq!(without_dots(Path::new("/p/./a/../b//c.h")), Path::new("/p/b/c.h"));
        assert_eq!(without_dots(Path::new("/../p")), Path::new("/p"));
    }

    #[test]
    fn below_a_folder_are_not_its_namesakes() {
        let mut graph = Graph::new();
        let mut paths = PathTable::default();
        for path in ["/b", "/b/x.o", "/b/y/z.o", "/b.o", "/c"] {
            paths.id(&mut graph, path.into());
        }
        let found: Vec<_> = paths.at_or_below(Path::new("/b")).collect();
        let found: Vec<_> = found.into_iter().map(|id| paths.place(id).to_owned()).collect();
        assert_eq!(found, [Path::new("/b"), Path::new("/b/x.o"), Path::new("/b/y/z.o")]);
    }

    #[test]
    fn folders_and_what_is_within() {
        let within = |path: &str, folder: &str| is_within(Path::new(path), Path::new(folder));
        assert!(within("/a/b", "/a") && within("/a", "/a"));
        assert!(!within("/ab", "/a") && !within("/b/a", "/a"));
        let folder = |path: &'static str| folder_of(Path::new(path));
        assert_eq!([folder("/a/b"), folder("/a"), folder("a/b"), folder("a")], [&b"/a"[..], b"/", b"a", b""]);
    }
}
