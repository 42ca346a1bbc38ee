//! Knows where a command looks for files by name, and which files it would now find before those that it read.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use ambidex_command::{Command, InputRole, Kind, SearchKind};

use crate::memory::files::{FileId, Files, VersionId};
use crate::tool::Tool;

/// The folders that a command searches, in its order, and the names that its own line makes it look for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Search {
    folders: Vec<PathBuf>,
    /// Where the tool's own folders begin. Sources in these include by `<...>`, which looks beside nothing.
    own_folders: Vec<PathBuf>,
    /// Names of libraries, and of headers that are included by an option.
    names: Vec<String>,
    /// Whether `-include` looks in the working directory first.
    beside: Option<PathBuf>,
}

/// What a search touched.
pub(crate) struct Found {
    /// Files that are there and that the command did not read.
    pub spare: BTreeSet<PathBuf>,
    /// The states of the folders that were looked into, also of those that are not there.
    pub folders: Vec<VersionId>,
}

impl Search {
    /// The search of a command.
    pub fn new(command: &Command, cwd: &Path, tool: &Tool) -> Self {
        let mut search = Self::default();
        let links = matches!(command.kind, Kind::Link | Kind::CompileAndLink);
        if command.kind != Kind::Link {
            let mut dirs: Vec<_> = command.include_dirs.iter().collect();
            // Stable: within a kind, the order in which they are written.
            dirs.sort_by_key(|dir| dir.kind);
            let after = dirs.partition_point(|dir| dir.kind < SearchKind::After);
            let place = |dir: &&ambidex_command::SearchDir| plain(&cwd.join(&dir.path));
            search.folders.extend(dirs[..after].iter().map(place));
            search.folders.extend(tool.include_dirs.iter().map(|dir| plain(dir)));
            search.folders.extend(dirs[after..].iter().map(place));
            search.own_folders = tool.include_dirs.iter().map(|dir| plain(dir)).collect();
            let forced = command.inputs.iter().filter(|input| input.role == InputRole::ForcedInclude);
            search.names.extend(forced.map(|input| input.path.clone()));
            search.beside = (!search.names.is_empty()).then(|| plain(cwd));
        }
        if links {
            search.folders.extend(command.library_dirs.iter().map(|dir| plain(&cwd.join(&dir.path))));
            search.folders.extend(tool.library_dirs.iter().map(|dir| plain(dir)));
            search.names.extend(command.libraries.iter().flat_map(ambidex_command::Library::file_names));
        }
        search
    }

    /// Whether a file is one of the tool's own, in a folder that no option names.
    pub fn is_own(&self, file: &Path) -> bool {
        file.ancestors().skip(1).any(|folder| self.own_folders.iter().any(|own| own == folder))
    }

    /// Looks for everything that the command may have looked for, given what it read: each file's name below the
    /// folder in which it was found, in all folders before that, and beside each file that may include it
    /// (GCC manual, "Search Path"). `asked` are names that `__has_include` asks for.
    pub fn look(&self, files: &mut Files, read: &[Arc<Path>], asked: &[String]) -> Found {
        let own: HashSet<&Path> = self.own_folders.iter().map(PathBuf::as_path).collect();
        let mut beside: BTreeSet<&Path> = self.beside.iter().map(PathBuf::as_path).collect();
        // The number of folders in which a name is looked for, the folders beside not counted.
        let mut names: HashMap<&Path, usize> = HashMap::new();
        for file in read {
            if let Some(folder) = file.parent()
                && !folder.ancestors().any(|folder| own.contains(folder))
            {
                beside.insert(folder);
            }
            for (before, folder) in self.folders.iter().enumerate() {
                if let Ok(name) = file.strip_prefix(folder) {
                    let known = names.entry(name).or_default();
                    *known = before.max(*known);
                }
            }
        }
        let all = self.names.iter().chain(asked).map(Path::new);
        all.for_each(|name| {
            names.insert(name, self.folders.len());
        });
        let read: HashSet<&Path> = read.iter().map(|file| &**file).collect();
        let mut looking = Looking { files, listed: HashMap::new(), folders: BTreeSet::new() };
        let mut spare = BTreeSet::new();
        let folders = self.folders.iter().map(|folder| (folder.as_path(), false));
        let folders: Vec<(&Path, bool)> =
            folders.chain(beside.iter().map(|folder| (*folder, true))).collect();
        for (at, (folder, beside)) in folders.into_iter().enumerate() {
            for (name, limit) in &names {
                if (beside || at < *limit) && looking.has(folder, name) {
                    let file = plain(&folder.join(name));
                    if !read.contains(file.as_path()) {
                        spare.insert(file);
                    }
                }
            }
        }
        Found { spare, folders: looking.folders.into_iter().collect() }
    }
}

/// Listings that were needed.
struct Looking<'a> {
    files: &'a mut Files,
    listed: HashMap<PathBuf, Option<Arc<HashSet<OsString>>>>,
    folders: BTreeSet<VersionId>,
}

impl Looking<'_> {
    fn has(&mut self, folder: &Path, name: &Path) -> bool {
        let mut at = folder.to_owned();
        for component in name.components() {
            match component {
                Component::Normal(part) => {
                    if !self.list(&at).is_some_and(|names| names.contains(part)) {
                        return false;
                    }
                    at.push(part);
                }
                Component::ParentDir => at.push(".."),
                _ => {}
            }
        }
        true
    }

    fn list(&mut self, folder: &Path) -> Option<&Arc<HashSet<OsString>>> {
        if !self.listed.contains_key(folder) {
            let id: FileId = self.files.id(folder);
            self.folders.insert(self.files.state(id));
            let names = self.files.names(folder);
            self.listed.insert(folder.to_owned(), names);
        }
        self.listed[folder].as_ref()
    }
}

/// A path without `.` and doubled slashes. `..` stays: what it means depends on links.
pub(crate) fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn look(search: &Search, read: &[PathBuf], asked: &[&str]) -> Vec<PathBuf> {
        let read: Vec<Arc<Path>> = read.iter().map(|file| file.as_path().into()).collect();
        let asked: Vec<String> = asked.iter().map(|name| (*name).to_owned()).collect();
        search.look(&mut Files::default(), &read, &asked).spare.into_iter().collect()
    }

    #[test]
    fn a_header_before_the_one_that_was_read_is_found_and_one_behind_is_not() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for folder in ["a/sub", "b/sub", "c/sub", "src"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("b/sub/x.h"), "").unwrap();
        let folders = ["a", "b", "c"].map(|name| root.join(name)).to_vec();
        let search = Search { folders, ..Search::default() };
        let read = [root.join("src/m.c"), root.join("b/sub/x.h")];
        assert!(look(&search, &read, &[]).is_empty());
        fs::write(root.join("c/sub/x.h"), "").unwrap();
        assert!(look(&search, &read, &[]).is_empty());
        fs::write(root.join("a/sub/x.h"), "").unwrap();
        fs::create_dir(root.join("src/sub")).unwrap();
        fs::write(root.join("src/sub/x.h"), "").unwrap();
        assert_eq!(look(&search, &read, &[]), [root.join("a/sub/x.h"), root.join("src/sub/x.h")]);
    }

    #[test]
    fn names_that_are_asked_for_are_looked_for_everywhere() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir(root.join("a")).unwrap();
        let search = Search { folders: vec![root.join("a")], ..Search::default() };
        assert!(look(&search, &[root.join("m.c")], &["config.h"]).is_empty());
        fs::write(root.join("a/config.h"), "").unwrap();
        assert_eq!(look(&search, &[root.join("m.c")], &["config.h"]), [root.join("a/config.h")]);
    }

    #[test]
    fn a_change_of_a_folder_that_was_searched_shows() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir_all(root.join("b")).unwrap();
        fs::write(root.join("b/x.h"), "").unwrap();
        let search = Search { folders: vec![root.join("a"), root.join("b")], ..Search::default() };
        let mut files = Files::default();
        let read: Vec<Arc<Path>> = vec![root.join("b/x.h").as_path().into()];
        let found = search.look(&mut files, &read, &[]);
        assert!(found.folders.iter().all(|state| files.is_current(*state)));
        fs::create_dir(root.join("a")).unwrap();
        files.doubt();
        assert!(!found.folders.iter().all(|state| files.is_current(*state)));
    }
}
