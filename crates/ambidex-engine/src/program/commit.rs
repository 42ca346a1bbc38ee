//! How the outputs of a program get to their places, and back, and what the next build learns about them.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use ambidex_command::Kind;
use ambidex_graph::{Action, NodeId, PathId, Version};

use super::Program;
use crate::base::notice;
use crate::base::stamp;
use crate::base::stat::Time;
use crate::execute::place;
use crate::memory::files::Files;
use crate::program::job::Memorable;

impl Program {
    /// Undoes what cancelled commands did at places.
    pub(super) fn take_back(&mut self) {
        let steps = self.graph.undo();
        if steps.is_empty() {
            return;
        }
        for step in steps {
            if let Some(backup) = self.backups.remove(&step.token) {
                let place = self.paths.place(step.path).to_owned();
                if let Err(error) = backup.restore() {
                    notice::tell(format_args!("warning: {} can't be put back: {error}", place.display()));
                }
            }
        }
        self.graph.undone();
    }

    pub(super) fn put(&self, path: PathId, version: Version) -> io::Result<()> {
        let place = self.paths.place(path);
        let result = match version {
            Version::Left(node) => self.written(node, path).map_or(Ok(()), |file| place::leave(&file, place)),
            Version::Written(node) => match self.written(node, path) {
                Some(file) => self.put_file(node, &file, place),
                None => Ok(()),
            },
        };
        result.map_err(|e| io::Error::new(e.kind(), format!("{} can't be written: {e}", place.display())))
    }

    /// Returns whether a path's place holds what a node made there, whoever put it there.
    pub(super) fn is_output_there(&self, files: &mut Files, path: PathId, node: NodeId) -> bool {
        let job = &self.jobs[node.index()];
        let at = job.products.iter().position(|product| product.path == path);
        let known = job.ending().zip(at).and_then(|(ending, at)| ending.outputs.get(at).copied());
        let place = self.paths.place(path);
        known.is_some() && place.exists() && files.digest(place) == known
    }

    /// Returns whether a version is at its place already.
    pub(super) fn is_put(&self, path: PathId, version: Version) -> bool {
        let Version::Written(node) = version else { return false };
        if self.jobs[node.index()].kind == Kind::Generate {
            // Unlike compilers, functions make their outputs anew, and projects compare the times of sources.
            return false;
        }
        self.tree.as_ref().is_some_and(|tree| self.is_output_there(&mut tree.memory().files, path, node))
    }

    fn put_file(&self, node: NodeId, file: &Path, place: &Path) -> io::Result<()> {
        // The times are in the order in which the serial build would have made the files, including those that Python
        // makes.
        self.place(file, place, Some(self.jobs[node.index()].recorded))
    }

    /// Puts a copy of a file at a place where commands may earlier have found nothing.
    pub(super) fn place(&self, file: &Path, place: &Path, modified: Option<Time>) -> io::Result<()> {
        place::commit(file, place, modified)?;
        if let Some(tree) = &self.tree {
            tree.memory().files.invalidate();
        }
        Ok(())
    }

    /// Puts the newest versions of paths at their places, for all paths that `wanted` accepts. A version that is not
    /// made yet is skipped, so a caller that needs all of them must have settled the program under the same lock.
    pub fn commit(&mut self, wanted: impl Fn(&Self, PathId) -> bool) -> io::Result<()> {
        let is_made = |(_, version): &(PathId, Version)| {
            let (Version::Written(node) | Version::Left(node)) = *version;
            self.jobs[node.index()].ending().is_some()
        };
        let all: Vec<(PathId, Version)> = self.graph.uncommitted().filter(is_made).collect();
        for (path, version) in all {
            if wanted(self, path) {
                if !self.is_put(path, version) {
                    self.note_placing(path)?;
                    self.put(path, version)?;
                }
                self.graph.committed(path);
                self.committed.insert(path, stamp::of([self.paths.place(path)]));
            }
        }
        self.commit_kept(wanted)
    }

    /// Marks these paths as uncommitted, except where the committed file is still at its place. The others may hold
    /// what was there before they got their newest versions.
    pub(super) fn take_from_places(&mut self, paths: &[PathId]) {
        for path in paths {
            let is_there = self.committed.get(path) == Some(&stamp::of([self.paths.place(*path)]));
            if !is_there {
                self.committed.remove(path);
                self.graph.uncommitted_again(*path);
            }
        }
    }

    /// Returns the paths among an action's reads that somebody has changed since they were put at their places.
    pub(super) fn changed_at_places(&self, action: &Action) -> Vec<PathId> {
        let is_changed = |path: &PathId| {
            let then = self.committed.get(path);
            then.is_some_and(|then| *then != stamp::of([self.paths.place(*path)]))
        };
        action.reads.iter().map(|read| read.path).filter(is_changed).collect()
    }

    /// Notes that somebody else has changed these paths, so that from here on they hold the changed content.
    pub fn change_outside(&mut self, paths: &[PathId]) {
        for path in paths {
            self.graph.changed_outside(*path);
            self.forget_kept(*path);
            self.committed.remove(path);
        }
    }

    /// Commits what the project is built for (modules, libraries, whatever no other command has used), and every output
    /// that has an older version at its place.
    pub fn commit_finals(&mut self) -> io::Result<()> {
        let is_step = |program: &Self, path| match program.graph.newest_version(path) {
            Some(Version::Written(node)) => {
                !program.jobs[node.index()].is_final() && program.graph.is_consumed(node)
            }
            Some(Version::Left(_)) => false,
            // A spared command wrote it.
            None => true,
        };
        let newest = self.graph.uncommitted().map(|(path, _)| path).chain(self.kept.keys().copied());
        let steps: Vec<PathId> = newest.filter(|path| is_step(self, *path)).collect();
        let present = self.present(&steps);
        self.commit(|program, path| present.contains(&path) || !is_step(program, path))
    }

    /// Returns those of these paths whose place holds something. It lists directories, because a check of each file
    /// would take a fifth of the time of a build in which nothing has changed.
    fn present(&self, paths: &[PathId]) -> HashSet<PathId> {
        let mut listed: HashMap<&Path, HashSet<OsString>> = HashMap::new();
        let names = |folder| {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.file_name()).collect()
        };
        let mut is_there = |path: &PathId| {
            let place = self.paths.place(*path);
            let (Some(folder), Some(name)) = (place.parent(), place.file_name()) else { return false };
            listed.entry(folder).or_insert_with(|| names(folder)).contains(name)
        };
        paths.iter().copied().filter(|path| is_there(path)).collect()
    }

    /// Adds to the conclusion everything that was made since the last call.
    pub fn gather(&mut self) {
        let from = std::mem::replace(&mut self.conclusion.recorded, self.graph.recorded());
        for number in from..self.graph.recorded() {
            let Some(seq) = self.graph.recording(number) else { continue };
            let node = self.graph.node_of(seq);
            let job = &self.jobs[node.index()];
            let (Memorable::Yes(fingerprint), Some(ending)) = (&job.memorable, job.ending()) else {
                continue;
            };
            self.conclusion.add_action(fingerprint.here);
            let is_kept = job.kind == Kind::Generate;
            if let (true, false, Some(digest)) = (job.is_final(), is_kept, ending.outputs.first()) {
                let name = self.extension_at(seq).map(str::to_owned);
                self.conclusion.add_file(name, job.products[0].place.to_path_buf(), *digest);
            }
        }
    }

    /// Ends the build of these extensions, which was successful.
    pub fn conclude(&mut self, command: &str, extensions: Option<&[String]>) {
        self.gather();
        self.gather_spared();
        if let Some(tree) = self.tree.clone() {
            let mut memory = tree.memory();
            self.remember_units(&mut memory);
            self.conclusion.end(&mut memory, &self.invocation, command, extensions);
        }
    }

    fn gather_spared(&mut self) {
        let from = std::mem::replace(&mut self.conclusion.spared, self.spared.len());
        for spared in &self.spared[from..] {
            for done in &spared.unit.commands {
                self.conclusion.add_action(done.action);
                if done.is_final {
                    self.conclusion.add_file(spared.name.clone(), done.place.clone(), done.digest);
                }
            }
        }
    }
}
