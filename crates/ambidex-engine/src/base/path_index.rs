//! Paths by number, and numbers by path.

use std::ffi::OsStr;
use std::hash::{BuildHasher, BuildHasherDefault};
use std::path::Path;
use std::sync::Arc;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::base::growth::push;

/// A table of paths, each with its index as its number. Paths are compared by their bytes, which is faster than by
/// their components: callers have one spelling for each path.
#[derive(Debug, Default)]
pub(crate) struct PathIndex {
    paths: Vec<Arc<Path>>,
    /// Only numbers, because `paths` already has the paths.
    numbers: HashTable<u32>,
}

impl PathIndex {
    /// Returns the number of a path, if it has one.
    pub fn number(&self, path: &Path) -> Option<usize> {
        let is = |number: &u32| self.paths[*number as usize].as_os_str() == path.as_os_str();
        self.numbers.find(hash(path.as_os_str()), is).map(|number| *number as usize)
    }

    /// Adds a path that has no number yet.
    ///
    /// # Panics
    /// If there are 2^32 paths.
    pub fn add(&mut self, path: Arc<Path>) -> usize {
        let number = u32::try_from(self.paths.len()).expect("fewer than 2^32 paths");
        let hash_of = hash(path.as_os_str());
        push(&mut self.paths, path);
        let rehash = |number: &u32| hash(self.paths[*number as usize].as_os_str());
        self.numbers.insert_unique(hash_of, number, rehash);
        number as usize
    }

    /// Returns the path with this number.
    pub fn path(&self, number: usize) -> &Arc<Path> {
        &self.paths[number]
    }

    /// Returns the number of paths.
    pub fn len(&self) -> usize {
        self.paths.len()
    }
}

fn hash(path: &OsStr) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_to_paths_and_back() {
        let mut index = PathIndex::default();
        let paths: Vec<Arc<Path>> = (0..1000).map(|n| Path::new(&format!("/a/{n}")).into()).collect();
        for (number, path) in paths.iter().enumerate() {
            assert_eq!(index.number(path), None);
            assert_eq!(index.add(path.clone()), number);
        }
        assert!(paths.iter().enumerate().all(|(number, path)| index.number(path) == Some(number)));
        assert!(paths.iter().enumerate().all(|(number, path)| index.path(number) == path));
        assert_eq!(index.len(), 1000);
    }
}
