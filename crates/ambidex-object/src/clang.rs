//! How Clang splits a path into folder and file.

use crate::bound::{Bound, shown};

/// A file of a line table, as it is or will be.
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

    /// Returns the part of the path that stands in the object as an absolute path.
    pub(crate) fn prefix(&self) -> &[u8] {
        let absolute = [&self.name, &self.folder].into_iter().find(|part| part.starts_with(b"/"));
        absolute.unwrap_or(&self.base)
    }

    /// Checks that Clang would split the path as it is split: at the last folder that it has in common with the
    /// compiler's, unless that is the root; the rest is relative (CGDebugInfo.cpp, `CGDebugInfo::createFile`). Without
    /// a folder in common, the path is split before the name (MCDwarf.cpp, `MCDwarfLineTableHeader::tryGetFile`).
    pub(crate) fn split_as_expected(&self) -> Result<(), Bound> {
        // Below the compiler's folder the table has relative paths, and paths that were relative on the command line.
        // A whole path as the name is the source itself, as it was on the command line.
        let given = self.folder == self.base || !self.folder.starts_with(b"/");
        if given && (self.folder == self.base || !self.name.starts_with(b"/")) {
            return Ok(());
        }
        let path = self.path();
        let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
        let base = self.base.split(|byte| *byte == b'/');
        let common = parts.iter().zip(base).take_while(|(part, of_base)| **part == *of_base).count();
        // The empty part before the first slash is always in common.
        let split = if common > 1 { common } else { parts.len().saturating_sub(1) };
        let (folder, name) = parts.split_at_checked(split).unwrap_or_default();
        if folder.join(&b'/') == self.folder && name.join(&b'/') == self.name {
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

    fn fits(base: &str, folder: &str, name: &str) -> bool {
        let named = Named { base: base.into(), folder: folder.into(), name: name.into() };
        named.split_as_expected().is_ok()
    }

    /// What Clang 14 wrote, and what it did not.
    #[test]
    fn paths_are_split_at_the_common_folder() {
        assert!(fits("/tmp/p", "/tmp", "venv/include/v.h"));
        assert!(!fits("/tmp/p", "/tmp/venv/include", "v.h"));
        assert!(fits("/tmp/p", "/usr/include", "stdio.h"));
        assert!(!fits("/usr/p", "/usr/include", "stdio.h"));
        assert!(fits("/tmp/p", "./sub", "h.h"));
        assert!(fits("/tmp/p", "/tmp/p", "/tmp/p/x.c"));
        assert!(!fits("/tmp/p/build", "/tmp", "p/x.c"));
    }
}
