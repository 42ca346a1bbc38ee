//! How alike files with the same content are, in the respects in which compilers compare them for `#pragma once`.

use std::hash::Hash;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::base::stat::Stat;

/// For each of some files, the number of the first one that is like it. Only these relations count: a file that gets
/// another inode or time by itself is as unlike the others as before.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Alike {
    /// The first that was changed in the same second (GCC, `libcpp/files.cc`, `_cpp_find_file`).
    times: Vec<u32>,
    /// The first that is the same file under another name (Clang, `FileManager`).
    files: Vec<u32>,
}

impl Alike {
    /// Compares files.
    pub fn of(stats: &[Stat]) -> Self {
        let time = |stat: &Stat| stat.modified.seconds();
        let file = |stat: &Stat| (stat.device, stat.inode);
        Self { times: firsts(stats, time), files: firsts(stats, file) }
    }

    /// Returns the number of the first file that is like another one than it was.
    pub fn difference(&self, now: &Self) -> Option<usize> {
        let both = |alike: &Self, number: usize| {
            (alike.times.get(number).copied(), alike.files.get(number).copied())
        };
        (0..self.times.len().max(now.times.len())).find(|number| both(self, *number) != both(now, *number))
    }
}

/// Returns, for each item, the number of the first one with the same property.
fn firsts<T, P: Hash + Eq>(items: &[T], property: impl Fn(&T) -> P) -> Vec<u32> {
    let mut known = FxHashMap::default();
    (0..).zip(items).map(|(number, item)| *known.entry(property(item)).or_insert(number)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::stat::Time;

    #[test]
    fn every_file_is_compared_with_every_other() {
        assert_eq!(firsts(&[1, 2, 2, 1], |number| *number), [0, 1, 1, 0]);
        assert_eq!(firsts(&[1, 2, 3, 1], |number| *number), [0, 1, 2, 0]);
    }

    #[test]
    fn only_relations_count() {
        let stat = |inode, seconds| {
            let time = Time::new(seconds, 7);
            Stat { device: 1, inode, size: 2, modified: time, changed: time }
        };
        let alike = |stats: [(u64, i64); 3]| Alike::of(&stats.map(|(inode, seconds)| stat(inode, seconds)));
        let then = alike([(1, 5), (2, 5), (3, 6)]);
        assert_eq!(then, alike([(4, 8), (2, 8), (9, 5)]));
        assert_eq!(then.difference(&then), None);
        assert_eq!(then.difference(&alike([(1, 5), (1, 5), (3, 6)])), Some(1));
        assert_eq!(then.difference(&alike([(1, 5), (2, 5), (3, 5)])), Some(2));
    }
}
