//! How paths are named by what they are for, so that a command is the same in another folder or environment.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// What stands before the name of a role. No path and no argument can hold it.
const MARK: char = '\0';

/// Folders with a role, for one command.
///
/// - the *project*: the folder in which the captured process runs;
/// - the *environment*: `sys.prefix`, where it is a virtual environment's;
/// - *temporary* folders and files: what is right below a folder for temporary files, in the order in which the
///   command names it. pip, build and uv make their environments there, setuptools its folders for editable builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Roles {
    /// Longest first: (path, name).
    known: Vec<(String, String)>,
    /// Folders for temporary files.
    temporary: Vec<String>,
}

impl Roles {
    /// The roles of a process that runs in `project`.
    pub fn new(project: &Path, prefix: Option<&str>, temporary: &[PathBuf]) -> Self {
        let mut known = Vec::new();
        for (path, name) in [(project.to_str(), "project"), (prefix, "environment")] {
            // A project in the root of the file system would be everywhere.
            if let Some(path) = path.filter(|path| path.starts_with('/') && path.len() > 1) {
                known.push((path.trim_end_matches('/').to_owned(), name.to_owned()));
            }
        }
        let temporary = temporary.iter().filter_map(|folder| folder.to_str()).map(str::to_owned).collect();
        let mut roles = Self { known, temporary };
        roles.sort();
        roles
    }

    fn sort(&mut self) {
        self.known.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
    }

    /// Whether there may be something to [learn](Self::learn).
    pub fn mentions_temporary(&self, text: &str) -> bool {
        self.temporary.iter().any(|folder| text.contains(folder.as_str()))
    }

    /// Gives the temporary folders that this text names their numbers.
    pub fn learn(&mut self, text: &str) {
        for folder in self.temporary.clone() {
            for (at, _) in text.match_indices(folder.as_str()) {
                let behind = &text[at + folder.len()..];
                let Some(name) = behind.strip_prefix('/') else { continue };
                let name: &str = name.split(is_separator).next().unwrap_or_default();
                let path = format!("{folder}/{name}");
                let is_known = self.known.iter().any(|(known, _)| path_is_below(known, &path));
                if !name.is_empty() && begins_path(text, at) && !is_known {
                    let count = self.known.iter().filter(|(_, name)| name.starts_with("temporary")).count();
                    self.known.push((path, format!("temporary{count}")));
                    self.sort();
                }
            }
        }
    }

    /// A text with every path that has a role named by it.
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

    /// The text that was named so; none if a role has no path here.
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

    /// The path of a role.
    pub fn path_of(&self, name: &str) -> Option<&str> {
        self.known.iter().find(|(_, known)| known == name).map(|(path, _)| path.as_str())
    }

    /// A hash of all roles, for this process alone.
    pub fn hash(&self) -> u64 {
        use std::hash::BuildHasher;
        std::hash::BuildHasherDefault::<rustc_hash::FxHasher>::default().hash_one(&self.known)
    }

    /// The roles that others were known by.
    pub fn of(known: &[(String, String)]) -> Self {
        Self { known: known.to_vec(), temporary: Vec::new() }
    }

    /// All roles: (path, name).
    pub fn all(&self) -> &[(String, String)] {
        &self.known
    }

    /// Whether this is a temporary file itself, or in a temporary folder.
    pub fn is_temporary(&self, path: &str) -> bool {
        self.name(path).starts_with(&format!("{MARK}temporary"))
    }
}

/// A named text as people are to read it.
pub(crate) fn shown(named: &str) -> String {
    named
        .replace(&format!("{MARK}project{MARK}/"), "")
        .replace(&format!("{MARK}project{MARK}"), ".")
        .replace(&format!("{MARK}environment{MARK}"), "{environment}")
        .replace(&format!("{MARK}file{MARK}/"), "")
        .split(MARK)
        .collect()
}

/// Characters that can't belong to a path's component where paths stand in arguments.
fn is_separator(c: char) -> bool {
    matches!(c, '/' | ':' | ',' | ';' | '=' | '"' | '\'' | ' ')
}

/// Whether a path may begin here: what stands before it is no part of it. Options are written right before theirs.
fn begins_path(text: &str, at: usize) -> bool {
    let before = &text[..at];
    before.chars().next_back().is_none_or(|c| is_separator(c) && c != '/') || OPTIONS.contains(&before)
}

/// Options that paths are written right behind.
const OPTIONS: [&str; 12] =
    ["-I", "-L", "-B", "-F", "-R", "-T", "-o", "-isystem", "-iquote", "-idirafter", "-include", "-imacros"];

fn path_is_below(folder: &str, path: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_named_text_is_placed_elsewhere() {
        let mut there = Roles::new(Path::new("/srv/other"), None, &["/tmp".into()]);
        there.learn("/tmp/q");
        assert_eq!(there.place("-L\0project\0/lib:\0temporary0\0").unwrap(), "-L/srv/other/lib:/tmp/q");
        assert_eq!(there.place("\0environment\0/x"), None);
        assert_eq!(there.place("/usr/include/a.h").unwrap(), "/usr/include/a.h");
    }

    #[test]
    fn a_project_in_the_temporary_folder_is_the_project() {
        let mut roles = Roles::new(Path::new("/tmp/p"), None, &["/tmp".into()]);
        roles.learn("/tmp/p/a.c");
        assert_eq!(roles.name("/tmp/p/a.c"), "\0project\0/a.c");
    }
}
