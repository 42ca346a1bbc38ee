//! How Clang splits a path into folder and file.

use crate::bound::{Bound, shown};

/// A file of a line table, as it is or will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The compiler's folder.
    pub base: Vec<u8>,
    /// The folder of the file, as the table says.
    pub folder: Vec<u8>,
    /// The name, relative to it.
    pub name: Vec<u8>,
}

impl Named {
    /// Returns the whole path.
    pub(crate) fn path(&self) -> Vec<u8> {
        let folder = join(&self.base, &self.folder);
        join(&folder, &self.name)
    }

    /// Returns the file as Clang names it if its whole path is `path` and the compiler's folder `base`, neither of which
    /// has changed more than in its beginning.
    ///
    /// Clang splits an absolute path at the last folder that it has in common with the compiler's, unless that is the
    /// root; the rest is relative (CGDebugInfo.cpp, `CGDebugInfo::createFile`). Without a folder in common, or if that
    /// is the compiler's own, the path is split before the name (MCDwarf.cpp, `MCDwarfLineTableHeader::tryGetFile`).
    pub(crate) fn respelled(&self, base: Vec<u8>, path: &[u8]) -> Self {
        // A whole path as the name is the source itself, as it was on the command line.
        if self.folder == self.base && self.name.starts_with(b"/") {
            return Self { folder: base.clone(), base, name: path.to_vec() };
        }
        // The path was relative on the command line, or is in the compiler's folder and stays there.
        if self.folder == self.base {
            return Self { folder: base.clone(), base, name: self.name.clone() };
        }
        if !self.folder.starts_with(b"/") {
            return Self { base, folder: self.folder.clone(), name: self.name.clone() };
        }
        let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
        let of_base: Vec<&[u8]> = base.split(|byte| *byte == b'/').collect();
        let common = parts.iter().zip(&of_base).take_while(|(part, of_base)| part == of_base).count();
        // The empty part before the first slash is always in common.
        let before = if common == of_base.len() { common } else { 0 };
        let split =
            if common > 1 && before == 0 { common } else { parts.len().saturating_sub(1).max(before) };
        let (folder, name) = parts.split_at_checked(split).unwrap_or_default();
        let folder = folder.get(before..).unwrap_or_default().join(&b'/');
        let folder = if folder.is_empty() && before > 0 { base.clone() } else { folder };
        Self { base, folder, name: name.join(&b'/') }
    }

    /// Checks that Clang would name the file as it is named.
    pub(crate) fn is_as_expected(&self) -> Result<(), Bound> {
        let path = self.path();
        // Clang drops empty parts where it splits, and keeps them where it does not.
        let plain = |path: &[u8]| memchr::memmem::find(path, b"//").is_none();
        let is_plain = self.folder == self.base || (plain(&path) && plain(&self.base));
        if is_plain && self.respelled(self.base.clone(), &path) == *self {
            Ok(())
        } else {
            Err(Bound::Common(shown(&path)))
        }
    }
}

fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if name.starts_with(b"/") { name.to_vec() } else { [folder, b"/", name].concat() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(base: &str, folder: &str, name: &str) -> Named {
        Named { base: base.into(), folder: folder.into(), name: name.into() }
    }

    /// What Clang 14 wrote, and what it did not.
    #[test]
    fn paths_are_split_at_the_common_folder() {
        let fits = |base, folder, name| named(base, folder, name).is_as_expected().is_ok();
        assert!(fits("/tmp/p", "/tmp", "venv/include/v.h"));
        assert!(!fits("/tmp/p", "/tmp/venv/include", "v.h"));
        assert!(fits("/tmp/p", "/usr/include", "stdio.h"));
        assert!(!fits("/usr/p", "/usr/include", "stdio.h"));
        assert!(fits("/tmp/p", "./sub", "h.h"));
        assert!(fits("/tmp/p", "/tmp/p", "/tmp/p/x.c"));
        assert!(!fits("/tmp/p/build", "/tmp", "p/x.c"));
        assert!(!fits("/tmp/p", "/usr//include", "stdio.h"));
    }

    #[test]
    fn paths_are_split_anew_in_another_place() {
        let respelled = |base: &str, path: &str| {
            let file = named("/a/p", "/usr/include", "x.h").respelled(base.into(), path.as_bytes());
            (String::from_utf8(file.folder).unwrap(), String::from_utf8(file.name).unwrap())
        };
        assert_eq!(respelled("/b/p", "/b/v/i/x.h"), ("/b".into(), "v/i/x.h".into()));
        assert_eq!(respelled("/b/p", "/c/v/i/x.h"), ("/c/v/i".into(), "x.h".into()));
        assert_eq!(respelled("/b/p", "/b/p/i/x.h"), ("i".into(), "x.h".into()));
        assert_eq!(respelled("/b/p", "/b/p/x.h"), ("/b/p".into(), "x.h".into()));
    }
}
