//! Paths without `.` and `..`, by their text alone.

use std::path::{Component, Path, PathBuf};

/// Returns a path without `.` and `..`. Links are not followed.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            part => normal.push(part),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_detours() {
        assert_eq!(normal(Path::new("/p/./a/../b//c.h")), Path::new("/p/b/c.h"));
        assert_eq!(normal(Path::new("/../p")), Path::new("/p"));
    }
}
