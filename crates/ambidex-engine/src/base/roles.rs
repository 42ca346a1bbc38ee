//! How paths are named by what they are for, so that a command is the same in another directory or environment.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The mark before and after the name of a role. No path and no argument can contain it.
const MARK: char = '\0';

/// The directories with a role, for one command.
///
/// - the *project*: the directory in which the captured process runs;
/// - the *environment*: `sys.prefix`, if it is that of a virtual environment;
/// - *temporary* directories and files: everything directly below a directory for temporary files, in the order in
///   which the command names it; of several such directories, those with the longest path first. pip, build and uv
///   create their environments there, and setuptools its directories for editable builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Roles {
    /// (path, name), longest path first.
    known: Vec<(String, String)>,
    /// The directories for temporary files, longest path first.
    temporary: Vec<String>,
}

impl Roles {
    /// Returns the roles of a process that runs in `project`.
    pub fn new(project: &Path, prefix: Option<&str>, temporary: &[PathBuf]) -> Self {
        let mut known = Vec::new();
        for (path, name) in [(project.to_str(), "project"), (prefix, "environment")] {
            // The path of a project in the root of the file system would be part of every path.
            if let Some(path) = path.filter(|path| path.starts_with('/') && path.len() > 1) {
                known.push((path.trim_end_matches('/').to_owned(), name.to_owned()));
            }
        }
        let temporary = temporary.iter().filter_map(|folder| folder.to_str()).map(str::to_owned);
        let mut temporary: Vec<String> = temporary.collect();
        temporary.sort_by_key(|folder| std::cmp::Reverse(folder.len()));
        let mut roles = Self { known, temporary };
        roles.sort();
        roles
    }

    fn sort(&mut self) {
        self.known.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
    }

    /// Returns whether a text may contain something to [learn](Self::learn).
    pub fn mentions_temporary(&self, text: &str) -> bool {
        self.temporary.iter().any(|folder| text.contains(folder.as_str()))
    }

    /// Numbers the temporary directories that a text names.
    pub fn learn(&mut self, text: &str) {
        let folders = self.temporary.clone();
        for (number, folder) in folders.iter().enumerate() {
            for (at, _) in text.match_indices(folder.as_str()) {
                let Some(name) = name_below(folder, &text[at..]) else { continue };
                let is_deeper =
                    folders[..number].iter().any(|folder| name_below(folder, &text[at..]).is_some());
                let path = format!("{folder}/{name}");
                // The directory for temporary files may itself be in a directory with a role, or be one.
                let contains = |known: &str| known.len() >= folder.len() && path_is_below(known, &path);
                let is_known = self.known.iter().any(|(known, _)| contains(known));
                if begins_path(text, at) && !is_deeper && !is_known {
                    let count = self.known.iter().filter(|(_, name)| name.starts_with("temporary")).count();
                    self.known.push((path, format!("temporary{count}")));
                    self.sort();
                }
            }
        }
    }

    /// Returns a text in which role names replace all paths that have a role.
    pub fn name<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut named = Cow::Borrowed(text);
        for (path, name) in &self.known {
            let mut from = 0;
            while let Some(at) = named[from..].find(path.as_str()).map(|at| at + from) {
                let end = at + path.len();
                let is_whole = named[end..].chars().next().is_none_or(|c| c == '/' || is_separator(c));
                if is_whole && begins_path(&named, at) {
                    let new = format!("{MARK}{name}{MARK}");
                    from = at + new.len();
                    named.to_mut().replace_range(at..end, &new);
                } else {
                    from = end;
                }
            }
        }
        named
    }

    /// Returns the text that a named text stands for; none if a role has no path here.
    pub fn place(&self, named: &str) -> Option<String> {
        let mut text = String::with_capacity(named.len());
        let mut parts = named.split(MARK);
        text.push_str(parts.next().unwrap_or_default());
        while let (Some(name), Some(rest)) = (parts.next(), parts.next()) {
            text.push_str(self.path_of(name)?);
            text.push_str(rest);
        }
        Some(text)
    }

    /// Returns the text that a named text stands for, if nothing else here has this name: two real paths are equal here
    /// just when their names are. None if a role has no path here, or if the text has another name here, as a path of
    /// the project has where the environment lies inside of the project.
    pub fn place_alone(&self, named: &str) -> Option<String> {
        self.place(named).filter(|text| self.name(text) == named)
    }

    /// Returns the path of a role.
    pub fn path_of(&self, name: &str) -> Option<&str> {
        self.known.iter().find(|(_, known)| known == name).map(|(path, _)| path.as_str())
    }

    /// Returns a hash of all roles, valid in this process only.
    pub fn hash(&self) -> u64 {
        use std::hash::BuildHasher;
        std::hash::BuildHasherDefault::<rustc_hash::FxHasher>::default().hash_one(&self.known)
    }

    /// Returns the roles of a remembered run.
    pub fn of(known: &[(String, String)]) -> Self {
        Self { known: known.to_vec(), temporary: Vec::new() }
    }

    /// Returns all roles: (path, name).
    pub fn all(&self) -> &[(String, String)] {
        &self.known
    }

    /// Returns the roles as the crate that knows objects takes them.
    pub fn of_objects(&self) -> Vec<ambidex_object::Role<'_>> {
        self.known.iter().map(|(path, name)| ambidex_object::Role { name, path: path.as_bytes() }).collect()
    }

    /// Returns whether a path is a temporary file itself, or in a temporary directory.
    pub fn is_temporary(&self, path: &str) -> bool {
        self.name(path).starts_with(&format!("{MARK}temporary"))
    }
}

/// Returns a named text in the form that users read.
pub(crate) fn shown(named: &str) -> String {
    named
        .replace(&format!("{MARK}project{MARK}/"), "")
        .replace(&format!("{MARK}project{MARK}"), ".")
        .replace(&format!("{MARK}environment{MARK}"), "{environment}")
        .replace(&format!("{MARK}file{MARK}/"), "")
        .split(MARK)
        .collect()
}

/// Returns the name directly below a directory in the path with which a text begins, if the path is below it.
fn name_below<'a>(folder: &str, text: &'a str) -> Option<&'a str> {
    let behind = text.strip_prefix(folder)?.strip_prefix('/')?;
    behind.split(is_separator).next().filter(|name| !name.is_empty())
}

/// Returns whether a character can't be part of a path's component in an argument that contains paths.
fn is_separator(c: char) -> bool {
    matches!(c, '/' | ':' | ',' | ';' | '=' | '"' | '\'' | ' ')
}

/// Returns whether a path may begin here, because the text before it is no part of it. Options may directly precede
/// their paths.
fn begins_path(text: &str, at: usize) -> bool {
    let before = &text[..at];
    before.chars().next_back().is_none_or(|c| is_separator(c) && c != '/') || OPTIONS.contains(&before)
}

/// Options that a path may directly follow.
const OPTIONS: [&str; 12] =
    ["-I", "-L", "-B", "-F", "-R", "-T", "-o", "-isystem", "-iquote", "-idirafter", "-include", "-imacros"];

fn path_is_below(folder: &str, path: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn roles() -> Roles {
        Roles::new(Path::new("/home/me/project"), Some("/home/me/project/.venv"), &["/tmp".into()])
    }

    #[test]
    fn the_longest_role_names_a_path() {
        let roles = roles();
        assert_eq!(roles.name("-I/home/me/project/include"), "-I\0project\0/include");
        assert_eq!(roles.name("-I/home/me/project/.venv/include"), "-I\0environment\0/include");
        assert_eq!(roles.name("/home/me/project"), "\0project\0");
        assert_eq!(roles.name("-fprefix-map=/home/me/project=."), "-fprefix-map=\0project\0=.");
    }

    #[test]
    fn what_only_looks_alike_has_no_role() {
        let roles = roles();
        for text in ["/home/me/project2/a.c", "/mnt/home/me/project/a.c", "me/project"] {
            assert_eq!(roles.name(text), text);
        }
    }

    #[test]
    fn temporary_folders_are_numbered_as_they_come() {
        let mut roles = roles();
        roles.learn("-I/tmp/build-env-x1y2/include:/tmp/abc");
        assert_eq!(
            roles.name("-I/tmp/build-env-x1y2/include:/tmp/abc"),
            "-I\0temporary0\0/include:\0temporary1\0"
        );
        assert!(roles.is_temporary("/tmp/abc/d.c"));
    }

    #[test]
    fn a_folder_for_temporary_files_in_another() {
        let folders = ["/tmp".into(), "/tmp/job/t".into(), "/home/me/t".into()];
        let mut roles = Roles::new(Path::new("/home/me"), None, &folders);
        roles.learn("-I/tmp/job/t/env/include:/tmp/job/a:/tmp/job/t:/home/me/t/b/c");
        assert_eq!(
            roles.name("/tmp/job/t/env/include:/tmp/job/a:/home/me/t/b/c:/home/me/t:/home/me/d"),
            "\0temporary0\0/include:\0temporary2\0/a:\0temporary1\0/c:\0project\0/t:\0project\0/d"
        );
    }

    #[test]
    fn a_project_that_keeps_its_temporary_files_beside_its_sources() {
        let mut roles = Roles::new(Path::new("/home/me/p"), None, &["/home/me/p".into()]);
        roles.learn("/home/me/p/src/a.c");
        assert_eq!(roles.name("/home/me/p/src/a.c"), "\0project\0/src/a.c");
    }

    #[test]
    fn a_named_text_is_placed_elsewhere() {
        let mut there = Roles::new(Path::new("/srv/other"), None, &["/tmp".into()]);
        there.learn("/tmp/q");
        assert_eq!(there.place("-L\0project\0/lib:\0temporary0\0").unwrap(), "-L/srv/other/lib:/tmp/q");
        assert_eq!(there.place("\0environment\0/x"), None);
        assert_eq!(there.place("/usr/include/a.h").unwrap(), "/usr/include/a.h");
    }

    #[test]
    fn a_path_that_has_another_name_here_is_not_placed_alone() {
        let roles = roles();
        assert_eq!(roles.place_alone("\0project\0/include").unwrap(), "/home/me/project/include");
        assert_eq!(roles.place_alone("\0environment\0/a").unwrap(), "/home/me/project/.venv/a");
        assert_eq!(roles.place_alone("\0project\0/.venv/a"), None);
        assert_eq!(roles.place_alone("/home/me/project/include"), None);
        assert_eq!(roles.place_alone("\0temporary0\0"), None);
    }

    fn path() -> impl Strategy<Value = String> {
        "(/[ab]){1,4}"
    }

    proptest! {
        #[test]
        fn equal_names_are_equal_paths_in_all_places(
            there in (path(), path()),
            here in (path(), path()),
            one in path(),
            other in path(),
        ) {
            let roles = |(project, prefix): &(String, String)| {
                let mut roles = Roles::new(Path::new(project), Some(prefix), &["/a/b/b".into()]);
                roles.learn("/a/b/b/a");
                roles
            };
            let (there, here) = (roles(&there), roles(&here));
            let names = [&one, &other].map(|path| there.name(path).into_owned());
            prop_assert_eq!(&there.place(&names[0]), &Some(one.clone()));
            let [one_here, other_here] = [0, 1].map(|number| here.place_alone(&names[number]));
            if let (Some(one_here), Some(other_here)) = (one_here, other_here) {
                prop_assert_eq!(one_here == other_here, one == other);
            }
        }
    }

    #[test]
    fn a_project_in_the_temporary_folder_is_the_project() {
        let mut roles = Roles::new(Path::new("/tmp/p"), None, &["/tmp".into()]);
        roles.learn("/tmp/p/a.c");
        assert_eq!(roles.name("/tmp/p/a.c"), "\0project\0/a.c");
    }
}
