//! How alike files with the same content are, in the respects in which compilers compare them for `#pragma once`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::base::stat::Stat;

/// For each of some files, the number of the first one that is like it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Alike {
    /// The first that was changed in the same second (GCC, `libcpp/files.cc`, `_cpp_find_file`).
    times: Vec<u32>,
    /// The first that is the same file under another name (Clang, `FileManager`).
    files: Vec<u32>,
}

impl Alike {
    /// Compares files; none if one is gone.
    pub fn of(files: &[&Path]) -> Option<Self> {
        let stats: Vec<Stat> = files.iter().map(|file| Stat::of(file)).collect::<Option<_>>()?;
        let time = |stat: &Stat| stat.modified.seconds();
        let file = |stat: &Stat| (stat.device, stat.inode);
        Some(Self { times: firsts(&stats, time), files: firsts(&stats, file) })
    }
}

/// Returns, for each item, the number of the first one with the same property.
fn firsts<T, P: PartialEq>(items: &[T], property: impl Fn(&T) -> P) -> Vec<u32> {
    let first = |item: &T| items.iter().position(|other| property(other) == property(item));
    items.iter().filter_map(first).filter_map(|number| u32::try_from(number).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_compared_with_every_other() {
        assert_eq!(firsts(&[1, 2, 2, 1], |number| *number), [0, 1, 1, 0]);
        assert_eq!(firsts(&[1, 2, 3, 1], |number| *number), [0, 1, 2, 0]);
    }
}
