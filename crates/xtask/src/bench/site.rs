//! The directories of one contender: its copy of the project, its store, its log and its summary.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::commands;
use super::contender::{Contender, Way};
use super::project::Project;
use super::tools::Tools;
use super::{ninja_file, twin};
use crate::environment::run;

/// A contender's directories. The tree has its own path, always at the same depth.
pub(crate) struct Site {
    folder: PathBuf,
    way: Way,
}

impl Site {
    /// Creates the directories, unless an earlier scenario of this run has. In that case the tree is as that scenario
    /// left it.
    pub fn open(
        folder: PathBuf,
        contender: Contender,
        pristine: &Path,
        project: &Project,
        tools: &Tools,
    ) -> Result<Self> {
        let site = Self { folder, way: contender.way };
        if site.tree().is_dir() {
            return Ok(site);
        }
        if let Err(error) = site.make(contender, pristine, project, tools) {
            // The next scenario must not mistake it for a complete tree.
            remove(&site.tree())?;
            return Err(error);
        }
        Ok(site)
    }

    fn make(&self, contender: Contender, pristine: &Path, project: &Project, tools: &Tools) -> Result<()> {
        fs::create_dir_all(&self.folder)?;
        copy(pristine, &self.tree())?;
        match (contender.way, project.shape()) {
            (Way::Meson, Some(shape)) => twin::add(&self.tree(), project.name, shape)?,
            (Way::Ninja, _) => {
                tools.ninja()?;
                let recorded = commands::record(tools, project, &self.tree(), &self.folder)?;
                fs::write(self.tree().join("build.ninja"), ninja_file::text(&recorded, &self.tree())?)?;
                self.clean(false)?;
            }
            (Way::Ccache, _) => tools.need_ccache()?,
            _ => {}
        }
        Ok(())
    }

    /// Returns the directory of everything that belongs to the contender.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns its copy of the project.
    pub fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    /// Returns the directory of its store.
    pub fn cache(&self) -> PathBuf {
        self.folder.join("cache")
    }

    /// Returns the log file of its last build.
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Returns the file with ambidex' summary of its last build.
    pub fn summary(&self) -> PathBuf {
        self.folder.join("summary.json")
    }

    /// Makes a fresh copy of the untouched project, in a directory that no build has seen, and returns that directory.
    /// Removes the previous copy.
    pub fn elsewhere(&self, pristine: &Path, revision: u32) -> Result<PathBuf> {
        let all = self.folder.join("elsewhere");
        remove(&all)?;
        fs::create_dir(&all)?;
        let folder = all.join(format!("copy-{revision}"));
        copy(pristine, &folder)?;
        Ok(folder)
    }

    /// Removes what builds have left in the tree. If `keep_state` is set, ambidex keeps its state, as if only its
    /// outputs were lost.
    pub fn clean(&self, keep_state: bool) -> Result<()> {
        let tree = self.tree();
        match self.way {
            Way::Ninja => {
                // The files that Python wrote below `build/` in the recorded build must stay.
                run(Command::new("ninja").args(["-t", "clean"]).current_dir(&tree).stdout(Stdio::null()))?;
                for name in [".ninja_log", ".ninja_deps"] {
                    remove(&tree.join(name))?;
                }
            }
            Way::Ambidex if keep_state => {
                let state = tree.join("build").join(".ambidex");
                for entry in fs::read_dir(tree.join("build")).into_iter().flatten() {
                    let path = entry?.path();
                    if path != state {
                        remove(&path)?;
                    }
                }
                remove(&state.join("obj"))?;
            }
            Way::Meson => remove(&tree.join(twin::BUILD))?,
            Way::Setup(_) | Way::Ccache | Way::Ambidex => remove(&tree.join("build"))?,
        }
        Ok(())
    }

    /// Empties the store. The Python files of ambidex itself, which are there too, stay, because they belong to no
    /// build.
    pub fn empty_cache(&self) -> Result<()> {
        for entry in fs::read_dir(self.cache()).into_iter().flatten() {
            let entry = entry?;
            if entry.file_name() != "capture" {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }
}

/// Removes a file or directory, if it exists.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let result = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| path.display().to_string())
        }
        _ => Ok(()),
    }
}

/// Copies a directory. The copies get the current time, as after a checkout.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    run(Command::new("cp").arg("-R").arg("--no-preserve=timestamps").arg(from).arg(to))
}
