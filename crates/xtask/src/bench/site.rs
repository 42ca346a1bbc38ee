//! The folders of one contender: its copy of the project, its store, what it said and summed up.

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

/// A contender's folders. The tree is always at the same depth, with names of its own.
pub(crate) struct Site {
    folder: PathBuf,
    way: Way,
}

impl Site {
    /// Makes them, unless an earlier scenario of this run has: then the tree is as that has left it.
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
            // The next scenario must not take it for a whole one.
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

    /// All that is its own.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its copy of the project.
    pub fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    /// Where its store is.
    pub fn cache(&self) -> PathBuf {
        self.folder.join("cache")
    }

    /// What its last build said.
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// What ambidex wrote of its last build.
    pub fn summary(&self) -> PathBuf {
        self.folder.join("summary.json")
    }

    /// A fresh copy of the untouched project, in a folder that no build has seen. The last one is removed.
    pub fn elsewhere(&self, pristine: &Path, revision: u32) -> Result<PathBuf> {
        let all = self.folder.join("elsewhere");
        remove(&all)?;
        fs::create_dir(&all)?;
        let folder = all.join(format!("copy-{revision}"));
        copy(pristine, &folder)?;
        Ok(folder)
    }

    /// Removes what builds have left in the tree. Of ambidex, its state may be kept, as if only what it made were lost.
    pub fn clean(&self, keep_state: bool) -> Result<()> {
        let tree = self.tree();
        match self.way {
            Way::Ninja => {
                // What Python has written below `build/` in the recorded build has to stay.
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

    /// Empties the store. The Python files of ambidex' own, which lie there too, stay: they are part of no build.
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

/// Removes a file or folder, if it is there.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let result = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| path.display().to_string())
        }
        _ => Ok(()),
    }
}

/// Copies a folder; the files are as old as the copy, as after a checkout.
fn copy(from: &Path, to: &Path) -> Result<()> {
    run(Command::new("cp").arg("-R").arg("--no-preserve=timestamps").arg(from).arg(to))
}
