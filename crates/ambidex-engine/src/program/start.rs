//! How a node of a program is started, or spared its run.

use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use ambidex_command::Command;
use ambidex_graph::{Change, Content, NodeId, PathId};
use ambidex_store::Digest;

use super::Program;
use crate::execute::obtain::{CacheQuery, Execution, Obtained};
use crate::execute::place::Backup;
use crate::memory::Memory;
use crate::memory::record::{CommandDescription, Why};
use crate::program::job::{DeclaredRead, Life, Memorable, ReadAs};
use crate::uptodate::check;
use crate::uptodate::fingerprint::{Fingerprint, Operand};
use crate::uptodate::key;

impl Program {
    /// Ends a node that need not run, right after it was recorded: everything that it reads exists and is known, and an
    /// earlier build has left its outputs. Returns whether it did.
    pub fn reuse(&mut self, node: NodeId) -> bool {
        let Some(tree) = self.tree.clone().filter(|_| self.demanded.is_none()) else { return false };
        let Some(contents) = self.graph.preview(node) else { return false };
        let mut memory = tree.memory();
        let operands = self.operands(node, &contents, &mut memory);
        let job = &self.jobs[node.index()];
        let Memorable::Yes(fingerprint) = &job.memorable else { return false };
        let command = job.command();
        let describe = || self.description(node, &command, fingerprint);
        let recalled =
            check::recall(&mut memory, fingerprint, &command, &operands, &job.setting.env, describe);
        if let Ok(record) = &recalled
            && self.sees_pending(Some(node), &mut memory, |memory| memory.looks(&record.looks))
        {
            return false;
        }
        drop(memory);
        match recalled {
            Ok(record) => {
                self.graph.start(node);
                self.finish(node, Obtained::reused(record));
                true
            }
            Err(why) => {
                self.jobs[node.index()].life = Life::Waiting(Some(Box::new(why)));
                false
            }
        }
    }

    /// Returns the description of a node's command.
    fn description(&self, node: NodeId, command: &Command, fingerprint: &Fingerprint) -> CommandDescription {
        let (named, _) = key::named_argv(command, &fingerprint.roles);
        let place = &self.jobs[node.index()].products[0].place;
        check::described(fingerprint, named, place, self.extension_of(node))
    }

    /// Returns the objects and archives that a node reads.
    fn operands(&self, node: NodeId, contents: &[Content], memory: &mut Memory) -> Vec<Operand> {
        let job = &self.jobs[node.index()];
        let reads = job.reads.iter().zip(contents);
        let operand = |(read, content): (&DeclaredRead, &Content)| {
            let place = &*read.file;
            let digest = match (&read.as_what, content) {
                (ReadAs::Fixed, _) => return None,
                (_, Content::Of(writer)) => {
                    let job = &self.jobs[writer.index()];
                    let at = job.products.iter().position(|product| product.path == read.path);
                    let known = job.ending().zip(at).and_then(|(ending, at)| ending.outputs.get(at).copied());
                    known.or_else(|| memory.files.digest(&self.written(*writer, read.path)?))
                }
                (_, Content::AtPlace) => memory.files.digest(place),
            };
            let digest = digest.map(|digest| if is_thin(place) { digest_at(digest, place) } else { digest });
            let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Some(Operand { name, digest, previous: matches!(read.as_what, ReadAs::Previous) })
        };
        reads.filter_map(operand).collect()
    }

    /// Returns the files that a command line names, without operands, as far as they exist.
    fn declared(&self, node: NodeId) -> Vec<Arc<Path>> {
        let job = &self.jobs[node.index()];
        let fixed = job.reads.iter().filter(|read| matches!(read.as_what, ReadAs::Fixed));
        fixed.map(|read| read.file.clone()).filter(|file| file.exists()).collect()
    }

    /// Starts a node: makes the changes at places that it needs, and returns how to obtain its outputs.
    pub fn start(&mut self, node: NodeId) -> io::Result<Execution> {
        let start = self.graph.start(node);
        let waited = std::mem::replace(&mut self.jobs[node.index()].life, Life::Running(None));
        let copy = self.jobs[node.index()].copy.take();
        let tree = self.tree.clone().ok_or_else(|| io::Error::other("nothing is recorded without a tree"))?;
        for change in &start.changes {
            let place = self.paths.place(change.path).to_owned();
            let keep = tree.objects().join(format!("before-{}-{}", self.number, change.token));
            self.backups.insert(change.token, Backup::take(&place, keep)?);
            if let Change::Commit(version) = change.change
                && !self.is_put(change.path, version)
            {
                self.put(change.path, version)?;
            }
        }
        let prepared = if start.changes.is_empty() { self.jobs[node.index()].recorded } else { tree.now() };
        let mut memory = tree.memory();
        let folder_number = memory.new_folder()?;
        let folder = memory.folder(folder_number);
        self.jobs[node.index()].folder = Some(folder_number);
        let operands = self.operands(node, &start.reads, &mut memory);
        drop(memory);
        let job = &self.jobs[node.index()];
        let written = |node: NodeId, path: PathId| self.written(node, path);
        for (read, content) in job.reads.iter().zip(&start.reads) {
            if let Content::Of(writer) = content
                && let Some(file) = written(*writer, read.path)
                && !file.exists()
            {
                let (file, place) = (file.display(), read.file.display());
                return Err(io::Error::other(format!(
                    "{file}, which holds {place}, was removed while the build ran: build again"
                )));
            }
        }
        let command = job.command();
        let plan = job.plan(&command, &folder, &start.reads, &written);
        debug_assert!(start.reads.iter().all(|c| !matches!(c, Content::Of(n) if *n == node)));
        let (query, why) = match &job.memorable {
            Memorable::Yes(fingerprint) => {
                let outputs = job.products.iter().filter_map(|product| {
                    let file = product.file(&folder)?;
                    let name = file.file_name()?.to_string_lossy().into_owned();
                    Some((file, name))
                });
                let query = CacheQuery {
                    fingerprint: fingerprint.clone(),
                    operands,
                    declared: self.declared(node),
                    outputs: outputs.collect(),
                    description: self.description(node, &command, fingerprint),
                };
                let why = if let Life::Waiting(why) = waited { why } else { None };
                (Some(query), why.map(|why| *why))
            }
            Memorable::No(reason) => (None, Some(Why::Always(reason.clone()))),
        };
        Ok(Execution {
            node,
            plan,
            copy: Mutex::new(copy),
            translates: job.translates,
            code: if job.translates { self.loaded.clone() } else { Arc::default() },
            prints: job.prints,
            command,
            program: job.setting.program.clone(),
            cwd: job.setting.cwd.clone(),
            env: job.setting.env.clone(),
            folder,
            folder_number,
            tree,
            prepared,
            places: job.products.iter().map(|product| product.place.to_path_buf()).collect(),
            query,
            why,
        })
    }
}

/// Returns whether a file is a thin archive, whose members are elsewhere, at paths relative to the archive (ar(1)).
fn is_thin(file: &Path) -> bool {
    let mut head = [0; 8];
    file.extension().is_none_or(|end| end != "o")
        && ambidex_store::open_regular(file).and_then(|mut file| file.read_exact(&mut head)).is_ok()
        && head == *b"!<thin>\n"
}

/// Returns a digest of a file whose place counts as well as its content.
fn digest_at(content: Digest, place: &Path) -> Digest {
    Digest::of(&[&content.0, place.as_os_str().as_bytes()].concat())
}
