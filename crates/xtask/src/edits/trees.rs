//! The copies of a project: two that are built incrementally, in turn, and one for clean builds, which take place at
//! the path of the copy that has its turn.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use anyhow::{Context, Result};
use walkdir::WalkDir;

use crate::environment::run;

/// Large directories of sdists that no build reads.
const LEFT_OUT: [&str; 3] = ["Tests", "Doc", "build"];

/// A file's content and modification time, or `None` if the file does not exist.
type Version = Option<(Vec<u8>, SystemTime)>;

/// The copies. Debug information contains the path at which a file was compiled, so the clean copy moves to another
/// copy's path for its builds.
pub(crate) struct Trees {
    /// The copies that are built in turn. The second one exists from its first turn on.
    places: [PathBuf; 2],
    turn: usize,
    clean: PathBuf,
    aside: PathBuf,
    /// The sources: the files of the sdist and those that edits have added, without generated files.
    sources: BTreeSet<String>,
    /// The files that the current edit has changed, as they were before.
    changed: Vec<(String, Version)>,
    /// Whether the current edit switches to the other copy.
    has_switched: bool,
    /// All earlier versions of each file.
    history: BTreeMap<String, Vec<(Vec<u8>, SystemTime)>>,
}

impl Trees {
    /// Copies a project twice into a directory.
    pub(crate) fn copy(original: &Path, folder: &Path) -> Result<Self> {
        let (here, clean) = (folder.join("tree"), folder.join("clean"));
        let places = [here.clone(), folder.join("copy-of-tree")];
        for copy in places.iter().chain([&clean]) {
            let _ = fs::remove_dir_all(copy);
        }
        let mut sources = BTreeSet::new();
        let walk = WalkDir::new(original).into_iter();
        let walk =
            walk.filter_entry(|e| e.depth() != 1 || !LEFT_OUT.iter().any(|name| e.file_name() == *name));
        for entry in walk {
            let entry = entry?;
            if entry.file_type().is_file() {
                let relative = entry.path().strip_prefix(original)?;
                for copy in [&here, &clean] {
                    copy_file(entry.path(), &copy.join(relative))?;
                }
                sources.insert(relative.to_string_lossy().into_owned());
            }
        }
        let aside = folder.join("aside");
        let _ = fs::remove_dir_all(&aside);
        Ok(Self {
            places,
            turn: 0,
            clean,
            aside,
            sources,
            changed: Vec::new(),
            has_switched: false,
            history: BTreeMap::new(),
        })
    }

    /// Returns the copy that has its turn, at whose path the clean copy is built.
    pub(crate) fn here(&self) -> &Path {
        &self.places[self.turn]
    }

    /// Switches to the other copy. Before its first turn, creates it with everything that was built in this one.
    pub(crate) fn switch(&mut self) -> Result<()> {
        let other = &self.places[1 - self.turn];
        if !other.exists() {
            run(Command::new("cp").arg("-a").arg(self.here()).arg(other))?;
        }
        self.turn = 1 - self.turn;
        self.has_switched = !self.has_switched;
        Ok(())
    }

    /// Returns all copies that exist.
    fn copies(&self) -> Vec<PathBuf> {
        self.places.iter().chain([&self.clean]).filter(|copy| copy.exists()).cloned().collect()
    }

    /// Returns the name of a source from its path, as commands write it, or `None` if the path is not a source of the
    /// project.
    pub(crate) fn source(&self, path: &str) -> Option<String> {
        let path = Path::new(path);
        let relative = path.strip_prefix(self.here()).unwrap_or(path);
        let mut parts: Vec<_> = Vec::new();
        for part in relative.components() {
            match part {
                std::path::Component::Normal(name) => parts.push(name.to_string_lossy()),
                std::path::Component::CurDir => {}
                std::path::Component::ParentDir => drop(parts.pop()),
                _ => return None,
            }
        }
        let name = parts.join("/");
        self.sources.contains(&name).then_some(name)
    }

    pub(crate) fn sources(&self) -> impl Iterator<Item = &String> {
        self.sources.iter()
    }

    pub(crate) fn read(&self, name: &str) -> Result<String> {
        fs::read_to_string(self.here().join(name)).with_context(|| name.to_owned())
    }

    /// Returns the older versions of a file.
    pub(crate) fn older(&self, name: &str) -> &[(Vec<u8>, SystemTime)] {
        self.history.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the files that have older versions.
    pub(crate) fn edited(&self) -> Vec<String> {
        self.history.keys().filter(|name| self.sources.contains(*name)).cloned().collect()
    }

    /// Begins another edit, to which all later changes belong.
    pub(crate) fn begin(&mut self) {
        self.changed.clear();
        self.has_switched = false;
    }

    /// Writes a file in all copies.
    pub(crate) fn write(&mut self, name: &str, content: &[u8], time: SystemTime) -> Result<()> {
        let before = self.version(name)?;
        if let Some(version) = &before {
            self.history.entry(name.to_owned()).or_default().push(version.clone());
        }
        self.changed.push((name.to_owned(), before));
        self.put(name, Some((content.to_owned(), time)))
    }

    /// Removes a file from all copies.
    pub(crate) fn remove(&mut self, name: &str) -> Result<()> {
        self.changed.push((name.to_owned(), self.version(name)?));
        self.put(name, None)
    }

    /// Sets the modification time of a file in all copies.
    pub(crate) fn touch(&mut self, name: &str, time: SystemTime) -> Result<()> {
        self.changed.push((name.to_owned(), self.version(name)?));
        for copy in self.copies() {
            fs::File::options().append(true).open(copy.join(name))?.set_modified(time)?;
        }
        Ok(())
    }

    /// Undoes the current edit.
    pub(crate) fn undo(&mut self) -> Result<()> {
        for (name, before) in std::mem::take(&mut self.changed).into_iter().rev() {
            self.put(&name, before)?;
        }
        if self.has_switched {
            self.switch()?;
        }
        Ok(())
    }

    fn version(&self, name: &str) -> Result<Version> {
        let file = self.here().join(name);
        if !file.exists() {
            return Ok(None);
        }
        Ok(Some((fs::read(&file)?, fs::metadata(&file)?.modified()?)))
    }

    fn put(&mut self, name: &str, version: Version) -> Result<()> {
        for copy in self.copies() {
            let file = copy.join(name);
            let Some((content, time)) = &version else {
                fs::remove_file(&file)?;
                continue;
            };
            fs::create_dir_all(file.parent().context("it is in the tree")?)?;
            fs::write(&file, content)?;
            fs::File::options().append(true).open(&file)?.set_modified(*time)?;
        }
        if version.is_some() {
            self.sources.insert(name.to_owned());
        } else {
            self.sources.remove(name);
        }
        Ok(())
    }

    /// Builds the clean copy from nothing but its sources and what Python has generated beside them. Returns `None` if
    /// the build fails.
    pub(crate) fn build_clean(&self, build: Command) -> Result<Option<Built>> {
        let _ = fs::remove_dir_all(self.clean.join("build"));
        self.build_at_place(&self.clean, build)
    }

    /// Builds a third copy, which has the sources alone. Returns `None` if the build fails.
    pub(crate) fn build_from_sources(&self, build: Command) -> Result<Option<Built>> {
        let fresh = self.clean.with_file_name("fresh");
        let _ = fs::remove_dir_all(&fresh);
        for name in &self.sources {
            copy_file(&self.clean.join(name), &fresh.join(name))?;
        }
        let modules = self.build_at_place(&fresh, build);
        fs::remove_dir_all(&fresh)?;
        modules
    }

    fn build_at_place(&self, copy: &Path, mut build: Command) -> Result<Option<Built>> {
        let here = self.here();
        fs::rename(here, &self.aside)?;
        fs::rename(copy, here)?;
        let built = build.current_dir(here).stdin(Stdio::null()).output();
        let modules = modules(here);
        fs::rename(here, copy)?;
        fs::rename(&self.aside, here)?;
        let built = built.with_context(|| format!("{build:?}"))?;
        if !built.status.success() {
            return Ok(None);
        }
        let printed = String::from_utf8_lossy(&built.stdout);
        let translations = printed.lines().filter(|line| line.contains("] Cythonizing ")).count() as u64;
        Ok(Some(Built { modules: modules?, translations }))
    }
}

/// The result of a clean build.
pub(crate) struct Built {
    pub modules: Modules,
    /// The number of sources that Cython has translated.
    pub translations: u64,
}

/// The hashes of modules and libraries below `build/lib*`, by path.
pub(crate) type Modules = BTreeMap<String, String>;

/// Returns the modules and libraries that a build has left.
pub(crate) fn modules(tree: &Path) -> Result<Modules> {
    let mut found = Modules::new();
    for file in files_below(&tree.join("build"), &["so", "a"])? {
        let name = file.strip_prefix(tree)?.to_string_lossy().into_owned();
        if name.starts_with("build/lib") {
            found.insert(name, blake3::hash(&fs::read(&file)?).to_hex().to_string());
        }
    }
    Ok(found)
}

/// Returns the files below a directory with one of these endings, sorted by name.
pub(crate) fn files_below(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if entry.path().extension().is_some_and(|e| endings.iter().any(|ending| e == *ending)) {
            found.push(entry.into_path());
        }
    }
    Ok(found)
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().context("it is in a folder")?)?;
    fs::copy(from, to)?;
    fs::File::options().append(true).open(to)?.set_modified(fs::metadata(from)?.modified()?)?;
    Ok(())
}
