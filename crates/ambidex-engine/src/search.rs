//! Knows where a command looks for files by name, and which files it would now find before those that it read.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use ambidex_command::{Command, InputRole, Kind, SearchKind};

use crate::memory::files::{FileId, Files, VersionId};
use crate::memory::includes::{Form, Include, Includes};
use crate::tool::Tool;

/// The folders that a command searches, in its order, and the names that its own line makes it look for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Search {
    folders: Vec<PathBuf>,
    /// The number of folders in front that are for `#include "..."` only.
    after_quotes: usize,
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
            search.after_quotes = dirs.partition_point(|dir| dir.kind == SearchKind::Quote);
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

    /// Looks for everything that the command may have looked for, given what it read: in all places before the one
    /// where a file was found (GCC manual, "Search Path").
    pub fn look(&self, files: &mut Files, inputs: &[VersionId]) -> Found {
        let read = self.read(files, inputs);
        let mut wanted = self.wanted_by_texts(&read);
        for name in self.names.iter().chain(&read.asked) {
            self.want_everywhere(&mut wanted, &read, Path::new(name), self.folders.len());
        }
        let mut looking = Looking { files, listed: HashMap::new(), folders: BTreeSet::new() };
        let mut spare = BTreeSet::new();
        for (folder, name) in wanted {
            if looking.has(folder, name) {
                let file = plain(&folder.join(name));
                if !read.paths.contains(file.as_path()) {
                    spare.insert(file);
                }
            }
        }
        Found { spare, folders: looking.folders.into_iter().collect() }
    }

    fn read(&self, files: &Files, inputs: &[VersionId]) -> Read {
        let mut read = Read::default();
        for id in inputs {
            let content = &files.version(*id).content;
            let path = files.path_of(*id).clone();
            if let Some(traits) = &content.traits {
                read.asked.extend(traits.asks_for.iter().cloned());
            }
            for (index, folder) in self.folders.iter().enumerate() {
                if let Ok(name) = path.strip_prefix(folder) {
                    read.by_name.entry(name.to_owned()).or_default().push((index, path.clone()));
                }
            }
            if let Some(includes) = &content.includes {
                read.computed |= includes.computed;
                read.texts.push((path.clone(), includes.clone()));
            }
            read.paths.insert(path);
        }
        read.asked.sort_unstable();
        read.asked.dedup();
        read.by_name.values_mut().for_each(|places| places.sort_unstable_by_key(|(index, _)| *index));
        read
    }

    /// The places, each a folder and a name, where the compiler looked in vain for what the texts include. For a file
    /// that no directive explains, these are all places where one of its name could be found before it.
    fn wanted_by_texts<'a>(&'a self, read: &'a Read) -> Wanted<'a> {
        let mut wanted = Wanted::new();
        let mut explained: HashSet<Arc<Path>> = HashSet::new();
        let mut done: HashSet<(&Path, &Include)> = HashSet::new();
        let texts = if read.computed { &[] } else { read.texts.as_slice() };
        for (path, includes) in texts {
            let Some(beside) = path.parent() else { continue };
            for include in &includes.named {
                // Only quoted names mean another thing beside another text.
                let quoted = include.form == Form::Quoted;
                if !done.insert((if quoted { beside } else { Path::new("") }, include)) {
                    continue;
                }
                let name = Path::new(include.name.as_str());
                if quoted && let Some(file) = read.paths.get(plain(&beside.join(name)).as_path()) {
                    explained.insert(file.clone());
                    continue;
                }
                let first = if include.form == Form::Angled { self.after_quotes } else { 0 };
                let places =
                    read.by_name.get(name).into_iter().flatten().filter(|(place, _)| *place >= first);
                // The next one may be any of them.
                let found: Vec<_> =
                    places.take(if include.form == Form::Next { usize::MAX } else { 1 }).collect();
                let Some((last, _)) = found.last() else { continue };
                wanted.extend(self.folders[first..*last].iter().map(|folder| (folder.as_path(), name)));
                wanted.extend(quoted.then_some((beside, name)));
                explained.extend(found.iter().map(|(_, file)| file.clone()));
            }
        }
        for (name, places) in &read.by_name {
            let unexplained = places.iter().rev().find(|(_, file)| !explained.contains(file));
            if let Some((place, _)) = unexplained {
                self.want_everywhere(&mut wanted, read, name, *place);
            }
        }
        wanted
    }

    /// A name is looked for in so many folders, and beside all that may include it.
    fn want_everywhere<'a>(
        &'a self,
        wanted: &mut Wanted<'a>,
        read: &'a Read,
        name: &'a Path,
        folders: usize,
    ) {
        let texts = read.paths.iter().filter(|path| !self.is_own(path)).filter_map(|path| path.parent());
        let folders = self.folders[..folders].iter().map(PathBuf::as_path);
        wanted.extend(folders.chain(self.beside.as_deref()).chain(texts).map(|folder| (folder, name)));
    }
}

/// Folders with a name that is looked for in each.
type Wanted<'a> = HashSet<(&'a Path, &'a Path)>;

/// What a command read, by what can be looked for.
#[derive(Debug, Default)]
struct Read {
    paths: HashSet<Arc<Path>>,
    /// Names below folders that are searched, with the places of these folders, in order.
    by_name: HashMap<PathBuf, Vec<(usize, Arc<Path>)>>,
    texts: Vec<(Arc<Path>, Arc<Includes>)>,
    /// Whether a text says by a macro what it includes: then any may have included anything.
    computed: bool,
    /// What `__has_include` asks for.
    asked: Vec<String>,
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

    /// A tree of texts, and what a search in it finds.
    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new(texts: &[(&str, &str)]) -> Self {
            let tree = Self(tempfile::tempdir().unwrap());
            texts.iter().for_each(|(name, text)| tree.write(name, text));
            tree
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        /// What is looked for after these were read, the first folders for quotes only; the files that are there.
        fn spare(&self, folders: &[&str], after_quotes: usize, read: &[&str]) -> Vec<String> {
            let folders = folders.iter().map(|name| self.path(name)).collect();
            let search = Search { folders, after_quotes, ..Search::default() };
            let mut files = Files::default();
            let read: Vec<VersionId> = read
                .iter()
                .map(|name| {
                    let id = files.id(&self.path(name));
                    files.current(id).unwrap()
                })
                .collect();
            let named =
                |path: PathBuf| path.strip_prefix(self.0.path()).unwrap().to_str().unwrap().to_owned();
            search.look(&mut files, &read).spare.into_iter().map(named).collect()
        }
    }

    #[test]
    fn a_header_before_the_one_that_was_read_is_found_and_one_behind_is_not() {
        let tree = Tree::new(&[("src/m.c", "#include \"sub/x.h\"\n"), ("b/sub/x.h", "")]);
        let spare = || tree.spare(&["a", "b", "c"], 0, &["src/m.c", "b/sub/x.h"]);
        assert!(spare().is_empty());
        tree.write("c/sub/x.h", "");
        assert!(spare().is_empty());
        tree.write("a/sub/x.h", "");
        tree.write("src/sub/x.h", "");
        assert_eq!(spare(), ["a/sub/x.h", "src/sub/x.h"]);
    }

    #[test]
    fn brackets_look_neither_beside_the_text_nor_where_quotes_look() {
        let tree =
            Tree::new(&[("src/m.c", "#include <x.h>\n"), ("b/x.h", ""), ("src/x.h", ""), ("quotes/x.h", "")]);
        let spare = || tree.spare(&["quotes", "a", "b"], 1, &["src/m.c", "b/x.h"]);
        assert!(spare().is_empty());
        tree.write("a/x.h", "");
        assert_eq!(spare(), ["a/x.h"]);
    }

    #[test]
    fn what_is_found_beside_its_includer_is_looked_for_nowhere_else() {
        let tree = Tree::new(&[
            ("src/m.c", "#include <all.h>\n"),
            ("b/all.h", "#include \"part.h\"\n"),
            ("b/part.h", ""),
            ("a/part.h", ""),
            ("src/part.h", ""),
        ]);
        assert!(tree.spare(&["a", "b"], 0, &["src/m.c", "b/all.h", "b/part.h"]).is_empty());
        // Another text asks for it in another way.
        tree.write("src/m.c", "#include <all.h>\n#include <part.h>\n");
        assert_eq!(tree.spare(&["a", "b"], 0, &["src/m.c", "b/all.h", "b/part.h"]), ["a/part.h"]);
    }

    #[test]
    fn the_next_one_may_be_any() {
        let tree =
            Tree::new(&[("src/m.c", "#include <x.h>\n"), ("a/x.h", "#include_next <x.h>\n"), ("c/x.h", "")]);
        let spare = || tree.spare(&["a", "b", "c"], 0, &["src/m.c", "a/x.h", "c/x.h"]);
        assert!(spare().is_empty());
        tree.write("b/x.h", "");
        assert_eq!(spare(), ["b/x.h"]);
    }

    #[test]
    fn what_no_directive_explains_is_looked_for_everywhere() {
        for text in ["#include NAME\n#include \"x.h\"\n", ""] {
            let tree = Tree::new(&[("src/m.c", text), ("b/x.h", ""), ("a/x.h", ""), ("src/x.h", "")]);
            assert_eq!(tree.spare(&["a", "b"], 0, &["src/m.c", "b/x.h"]), ["a/x.h", "src/x.h"]);
        }
    }

    #[test]
    fn names_that_are_asked_for_are_looked_for_everywhere() {
        let tree = Tree::new(&[("m.c", "#if __has_include(\"config.h\")\n#endif\n")]);
        assert!(tree.spare(&["a"], 0, &["m.c"]).is_empty());
        tree.write("a/config.h", "");
        assert_eq!(tree.spare(&["a"], 0, &["m.c"]), ["a/config.h"]);
    }

    #[test]
    fn a_change_of_a_folder_that_was_searched_shows() {
        let tree = Tree::new(&[("b/x.h", "")]);
        let search = Search { folders: vec![tree.path("a"), tree.path("b")], ..Search::default() };
        let mut files = Files::default();
        let id = files.id(&tree.path("b/x.h"));
        let read = [files.current(id).unwrap()];
        let found = search.look(&mut files, &read);
        assert!(found.folders.iter().all(|state| files.is_current(*state)));
        fs::create_dir(tree.path("a")).unwrap();
        files.doubt();
        assert!(!found.folders.iter().all(|state| files.is_current(*state)));
    }
}
