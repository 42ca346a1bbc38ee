//! The trees that an engine builds, each locked once.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use crate::memory::large_files::LargeFiles;
use crate::memory::tree::Tree;

/// A tree, or one that is being opened: another build of it may have to end first.
#[derive(Debug, Default)]
struct Cell {
    opening: Mutex<()>,
    tree: OnceLock<Arc<Tree>>,
}

/// The trees that this engine builds, each locked once.
#[derive(Debug, Default)]
pub(crate) struct Trees {
    cells: Mutex<HashMap<PathBuf, Arc<Cell>>>,
    /// Whether the engine is ending. Then nobody waits for another build any more.
    pub ending: AtomicBool,
    /// Where builds keep the hashes of large files, if they do.
    large_files: Option<PathBuf>,
    /// Whether a signal is the reason.
    pub is_interrupted: AtomicBool,
}

impl Trees {
    /// Returns no trees yet. `large_files` is where builds keep the hashes of large files.
    pub fn new(large_files: Option<PathBuf>) -> Self {
        Self { large_files, ..Self::default() }
    }

    pub fn open(&self, root: &Path) -> io::Result<Arc<Tree>> {
        let cell = self.cells().entry(root.to_owned()).or_default().clone();
        let _opening = cell.opening.lock().expect("no thread dies while it opens a tree");
        if let Some(tree) = cell.tree.get() {
            return Ok(tree.clone());
        }
        let tree = Arc::new(Tree::open(root, &self.ending)?);
        if let Some(place) = &self.large_files {
            tree.memory().files.large = LargeFiles::kept_at(place.clone());
        }
        Ok(cell.tree.get_or_init(|| tree).clone())
    }

    /// Invalidates what is known of files, whoever looked at them: something that commands may read was changed, or may
    /// be changed at any time from now on. `file` is that file, if it is known.
    pub fn invalidate(&self, file: Option<&Path>) {
        for tree in self.all() {
            let files = &mut tree.memory().files;
            match file {
                Some(file) => files.invalidate_file(file),
                None => files.invalidate(),
            }
        }
    }

    pub fn all(&self) -> Vec<Arc<Tree>> {
        self.cells().values().filter_map(|cell| cell.tree.get().cloned()).collect()
    }

    fn cells(&self) -> MutexGuard<'_, HashMap<PathBuf, Arc<Cell>>> {
        self.cells.lock().expect("no thread dies with the trees in its hands")
    }
}
