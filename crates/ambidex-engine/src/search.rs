//! Knows where a command looks for files by name, and which files it would now find before those that it read.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_command::{Command, InputRole, Kind, SearchKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::memory::files::{FileId, Files, VersionId};
use crate::memory::includes::{Form, Include, Includes};
use crate::paths::{below, plain};
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
        self.own_folders.iter().any(|own| below(file, own).is_some())
    }

    /// Looks for everything that the command may have looked for, given what it read: in all places before the one
    /// where a file was found (GCC manual, "Search Path").
    pub fn look(&self, files: &mut Files, inputs: &[VersionId]) -> Found {
        let texts: Vec<Text> = inputs.iter().map(|id| Text::of(files, *id)).collect();
        let asked: BTreeSet<&String> = texts.iter().flat_map(|text| &text.asks_for).collect();
        let read = Read::new(&texts, self);
        let mut wanted = self.wanted_by_texts(&texts, &read);
        for name in self.names.iter().chain(asked) {
            self.want_everywhere(&mut wanted, &read, OsStr::new(name), self.folders.len());
        }
        let mut looking = Looking { files, listed: FxHashMap::default(), folders: BTreeSet::new() };
        let mut spare = BTreeSet::new();
        for (folder, name) in wanted {
            if looking.has(folder, name) {
                let file = plain(&Path::new(folder).join(name));
                if !read.paths.contains_key(file.as_os_str()) {
                    spare.insert(file);
                }
            }
        }
        Found { spare, folders: looking.folders.into_iter().collect() }
    }

    /// The places, each a folder and a name, where the compiler looked in vain for what the texts include. For a file
    /// that no directive explains, these are all places where one of its name could be found before it.
    fn wanted_by_texts<'a>(&'a self, texts: &'a [Text], read: &Read<'a>) -> Wanted<'a> {
        let mut wanted = Wanted::default();
        let mut known = Explained { files: vec![false; texts.len()], beside: vec![false; texts.len()] };
        if !texts.iter().any(|text| text.includes().computed) {
            self.want_included(&mut wanted, texts, read, &mut known);
            self.want_next(&mut wanted, texts, read, &mut known);
        }
        for (name, places) in &read.by_name {
            if let Some((folder, _)) = places.iter().rev().find(|(_, file)| !known.files[*file]) {
                self.want_everywhere(&mut wanted, read, name, *folder);
            }
        }
        wanted
    }

    /// The places of what `#include` names.
    fn want_included<'a>(
        &'a self,
        wanted: &mut Wanted<'a>,
        texts: &'a [Text],
        read: &Read<'a>,
        known: &mut Explained,
    ) {
        let mut done: FxHashSet<(&OsStr, &Include)> = FxHashSet::default();
        let mut place = OsString::new();
        for text in texts {
            let Some(beside) = text.path.parent() else { continue };
            for include in text.includes().named.iter().filter(|include| include.form != Form::Next) {
                // Only quoted names mean another thing beside another text.
                let quoted = include.form == Form::Quoted;
                if !done.insert((if quoted { beside.as_os_str() } else { OsStr::new("") }, include)) {
                    continue;
                }
                let name = OsStr::new(&include.name);
                if quoted {
                    place.clear();
                    place.push(beside);
                    place.push("/");
                    place.push(name);
                    if let Some(file) = read.paths.get(place.as_os_str()) {
                        known.files[*file] = true;
                        known.beside[*file] = true;
                        continue;
                    }
                }
                let first = if quoted { 0 } else { self.after_quotes };
                let mut places = read.by_name.get(name).into_iter().flatten();
                let Some((folder, file)) = places.find(|(folder, _)| *folder >= first) else { continue };
                known.files[*file] = true;
                wanted.extend(self.folders[first..*folder].iter().map(|folder| (folder.as_os_str(), name)));
                wanted.extend(quoted.then_some((beside.as_os_str(), name)));
            }
        }
    }

    /// The places of what `#include_next` names: behind the folder in which the text itself was found, or in all where
    /// it was found beside another, or nobody knows where. The file may be any of that name.
    fn want_next<'a>(
        &'a self,
        wanted: &mut Wanted<'a>,
        texts: &'a [Text],
        read: &Read<'a>,
        known: &mut Explained,
    ) {
        for (number, text) in texts.iter().enumerate() {
            for include in text.includes().named.iter().filter(|include| include.form == Form::Next) {
                let first = match read.found_in[number] {
                    Some(folder) if !known.beside[number] => folder + 1,
                    _ => 0,
                };
                let name = OsStr::new(&include.name);
                let places = read.by_name.get(name).into_iter().flatten();
                let mut last = first;
                for (folder, file) in places.filter(|(folder, _)| *folder >= first) {
                    known.files[*file] = true;
                    last = *folder;
                }
                wanted.extend(self.folders[first..last].iter().map(|folder| (folder.as_os_str(), name)));
            }
        }
    }

    /// A name is looked for in so many folders, and beside all that may include it.
    fn want_everywhere<'a>(
        &'a self,
        wanted: &mut Wanted<'a>,
        read: &Read<'a>,
        name: &'a OsStr,
        folders: usize,
    ) {
        let folders = self.folders[..folders].iter().map(|folder| folder.as_os_str());
        wanted.extend(folders.chain(read.beside.iter().copied()).map(|folder| (folder, name)));
    }
}

/// What is known of the files that were read, by their numbers.
struct Explained {
    /// Whether a directive explains why the file was read.
    files: Vec<bool>,
    /// Whether it was found beside the text that includes it.
    beside: Vec<bool>,
}

/// Folders with a name that is looked for in each. All paths here are compared by their bytes: by their parts, this
/// would take longer than all else that is done for a command.
type Wanted<'a> = FxHashSet<(&'a OsStr, &'a OsStr)>;

/// A file that a command read.
struct Text {
    path: Arc<Path>,
    includes: Option<Arc<Includes>>,
    /// What `__has_include` asks for.
    asks_for: Vec<String>,
}

impl Text {
    fn of(files: &Files, version: VersionId) -> Self {
        let content = &files.version(version).content;
        let asks_for = content.traits.as_ref().map_or_else(Vec::new, |traits| traits.asks_for.clone());
        Self { path: files.path_of(version).clone(), includes: content.includes.clone(), asks_for }
    }

    fn includes(&self) -> &Includes {
        static NONE: Includes = Includes { named: Vec::new(), computed: false };
        self.includes.as_deref().unwrap_or(&NONE)
    }
}

/// What a command read, by what can be looked for.
struct Read<'a> {
    /// The number of each file.
    paths: FxHashMap<&'a OsStr, usize>,
    /// Names below folders that are searched, with the numbers of folder and file, by folder.
    by_name: FxHashMap<&'a OsStr, Vec<(usize, usize)>>,
    /// The first folder that each file is below.
    found_in: Vec<Option<usize>>,
    /// The folders of the texts, the tool's own apart, and where else is looked first.
    beside: FxHashSet<&'a OsStr>,
}

impl<'a> Read<'a> {
    fn new(texts: &'a [Text], search: &'a Search) -> Self {
        let paths = texts.iter().enumerate().map(|(file, text)| (text.path.as_os_str(), file)).collect();
        let mut by_name: FxHashMap<&OsStr, Vec<(usize, usize)>> = FxHashMap::default();
        let mut found_in = vec![None; texts.len()];
        for (number, folder) in search.folders.iter().enumerate() {
            for (file, text) in texts.iter().enumerate() {
                if let Some(name) = below(&text.path, folder) {
                    found_in[file].get_or_insert(number);
                    by_name.entry(name).or_default().push((number, file));
                }
            }
        }
        let own = texts.iter().filter(|text| !search.is_own(&text.path));
        let beside = own.filter_map(|text| text.path.parent()).chain(search.beside.as_deref());
        Self { paths, by_name, found_in, beside: beside.map(Path::as_os_str).collect() }
    }
}

/// Listings that were needed.
struct Looking<'a> {
    files: &'a mut Files,
    listed: FxHashMap<OsString, Option<Arc<FxHashSet<OsString>>>>,
    folders: BTreeSet<VersionId>,
}

impl Looking<'_> {
    fn has(&mut self, folder: &OsStr, name: &OsStr) -> bool {
        let (first, rest) = match memchr::memchr(b'/', name.as_bytes()) {
            Some(slash) => (&name.as_bytes()[..slash], Some(&name.as_bytes()[slash + 1..])),
            None => (name.as_bytes(), None),
        };
        if !matches!(first, b"" | b"." | b"..") {
            let first = OsStr::from_bytes(first);
            if !self.list(folder).is_some_and(|names| names.contains(first)) {
                return false;
            }
        }
        rest.is_none_or(|rest| {
            let folder = Path::new(folder).join(OsStr::from_bytes(first));
            self.has(folder.as_os_str(), OsStr::from_bytes(rest))
        })
    }

    fn list(&mut self, folder: &OsStr) -> Option<&Arc<FxHashSet<OsString>>> {
        if !self.listed.contains_key(folder) {
            let id: FileId = self.files.id(Path::new(folder));
            self.folders.insert(self.files.state(id));
            let names = self.files.names(Path::new(folder));
            self.listed.insert(folder.to_owned(), names);
        }
        self.listed[folder].as_ref()
    }
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
    fn the_next_one_is_behind_the_text_that_asks_for_it() {
        let tree = Tree::new(&[
            ("src/m.c", "#include <math>\n"),
            ("b/math", "#include_next <x.h>\n"),
            ("d/x.h", ""),
            ("a/x.h", ""),
        ]);
        let spare = || tree.spare(&["a", "b", "c", "d"], 0, &["src/m.c", "b/math", "d/x.h"]);
        assert!(spare().is_empty());
        tree.write("c/x.h", "");
        assert_eq!(spare(), ["c/x.h"]);
        // Found beside its includer, it is in no folder.
        tree.write("b/y.h", "#include \"math\"\n");
        let read = ["src/m.c", "b/y.h", "b/math", "d/x.h"];
        assert_eq!(tree.spare(&["a", "b", "c", "d"], 0, &read), ["a/x.h", "c/x.h"]);
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
