//! Findings about paths, each in one view; a path is not read again while the file system vouches for its finding.

mod look;

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use ambidex_store::Digest;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::growth::push;
use crate::base::path_index::PathIndex;
use crate::base::stat::{Stat, Time};
use crate::memory::large_files::LargeFiles;
use crate::observe::looks::View;
use look::{ABSENT, FOLDER, OBSTRUCTED, UNREACHABLE, YES};

/// A path in one view, by its index in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct FileId(pub u32);

/// A finding, by its index in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct FindingId(pub u32);

/// The result of a look: a path in one view, and a hash of what was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub file: FileId,
    /// The hash of a file's content, or of whatever else the view shows.
    pub digest: Digest,
}

#[derive(Debug)]
struct Entry {
    view: View,
    /// The finding that became known last.
    newest: Option<FindingId>,
    /// The last finding that a status of the file vouches for, with that status.
    known: Option<(Stat, FindingId)>,
    /// The epoch of the last look, with what it found; none if the path can't be read.
    found: Option<(u32, Option<FindingId>)>,
    /// Something may go on writing the file without notice, so each look reads it again.
    volatile: bool,
}

/// Whether something was seen at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Nothing,
    /// Not known: something on the way to the path can't be passed.
    Unreachable,
    Something,
}

/// Why it is not known what was seen at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unsteady {
    /// It has changed.
    Changed,
    /// It can't be read; the text is the system's message.
    Unreadable(String),
}

/// Something that has become known and must be remembered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum News {
    /// The next file has this path, in this view.
    File(View, PathBuf),
    /// The next finding.
    Finding(Finding),
    /// A file with this status has this finding.
    Vouched(Stat, FindingId),
    /// What was found has this real path, which is not the one that was looked at.
    Real(FindingId, PathBuf),
}

/// The table of paths in their views, and of what was found there.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// Indexed by file number, like the entries. In every view except [`View::Leads`], a mark follows the path.
    paths: PathIndex,
    entries: Vec<Entry>,
    /// Each finding with the one that was known of its file before.
    findings: Vec<(Finding, Option<FindingId>)>,
    /// The real paths in findings that say one, if it is not the path that was looked at.
    real: FxHashMap<FindingId, PathBuf>,
    /// What other builds know of contents.
    pub large: LargeFiles,
    /// The looks that follow a link at their paths, as they are known.
    links: FxHashSet<FileId>,
    /// The devices and inodes of files that something may go on writing.
    volatile: FxHashSet<(u64, u64)>,
    /// How often anything may have changed.
    epoch: u32,
    /// News that is not yet remembered.
    pub news: Vec<News>,
}

impl Files {
    /// Returns the number of a path in the view [`View::Leads`].
    pub fn id(&mut self, path: &Path) -> FileId {
        match self.paths.number(path) {
            Some(number) => FileId(number as u32),
            None => self.add_new(path.into(), View::Leads),
        }
    }

    /// Does the same for a path that others keep, too.
    pub fn id_of(&mut self, path: &Arc<Path>) -> FileId {
        match self.paths.number(path) {
            Some(number) => FileId(number as u32),
            None => self.add_new(path.clone(), View::Leads),
        }
    }

    /// Returns the number of a path in a view.
    pub fn id_in(&mut self, path: &Path, view: View) -> FileId {
        if view == View::Leads {
            return self.id(path);
        }
        let key = marked(path, view);
        match self.paths.number(&key) {
            Some(number) => FileId(number as u32),
            None => self.add_new(key.into(), view),
        }
    }

    fn add_new(&mut self, key: Arc<Path>, view: View) -> FileId {
        self.news.push(News::File(view, unmarked(&key, view).to_path_buf()));
        self.add(key, view)
    }

    fn add(&mut self, key: Arc<Path>, view: View) -> FileId {
        let number = self.paths.add(key);
        let entry = Entry { view, newest: None, known: None, found: None, volatile: false };
        push(&mut self.entries, entry);
        FileId(number as u32)
    }

    /// Returns the path with this number.
    pub fn path(&self, id: FileId) -> &Path {
        unmarked(self.paths.path(id.0 as usize), self.view(id))
    }

    /// Returns the number of looks.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// Returns the looks that were added when there were `count` looks already.
    pub fn since(&self, count: usize) -> impl Iterator<Item = FileId> + use<> {
        (count..self.count()).map(|number| FileId(number as u32))
    }

    /// Returns the looks that follow a link at their paths.
    pub fn links(&self) -> impl Iterator<Item = FileId> + '_ {
        self.links.iter().copied()
    }

    /// Returns whether a look follows a link at its path.
    pub fn follows_link(&self, id: FileId) -> bool {
        self.links.contains(&id)
    }

    /// Returns the view of a look.
    pub fn view(&self, id: FileId) -> View {
        self.entries[id.0 as usize].view
    }

    /// Returns a finding.
    pub fn finding(&self, id: FindingId) -> &Finding {
        &self.findings[id.0 as usize].0
    }

    /// Returns the path of a finding.
    pub fn path_of(&self, id: FindingId) -> &Path {
        self.path(self.finding(id).file)
    }

    /// Returns whether something was there.
    pub fn found(&self, id: FindingId) -> Found {
        match self.finding(id).digest {
            ABSENT | OBSTRUCTED => Found::Nothing,
            UNREACHABLE => Found::Unreachable,
            _ => Found::Something,
        }
    }

    /// Returns whether nothing was there.
    pub fn is_absent(&self, id: FindingId) -> bool {
        self.found(id) == Found::Nothing
    }

    /// Returns the real path of the directory that was found, if one was found.
    pub fn folder(&self, id: FindingId) -> Option<&Path> {
        let finding = self.finding(id);
        match self.view(finding.file) {
            View::Leads if finding.digest == FOLDER => Some(self.path(finding.file)),
            View::Leads => self.real.get(&id).map(PathBuf::as_path),
            _ => None,
        }
    }

    /// Returns whether the directory with this real path was found.
    pub fn is_folder(&self, id: FindingId, real: &str) -> bool {
        self.folder(id).is_some_and(|folder| folder.as_os_str() == real)
    }

    /// Returns whether a finding names a path, so that it says nothing about another path, nor about a place where a
    /// role has another path that was part of it. `is_same` tells whether a path is the same wherever the finding counts.
    pub fn is_bound(&self, id: FindingId, is_same: impl Fn(&str) -> bool) -> bool {
        let finding = self.finding(id);
        let is_same = |path: &Path| path.to_str().is_some_and(&is_same);
        self.view(finding.file) == View::Resolved
            && finding.digest != YES
            && !(is_same(self.path(finding.file)) && self.real.get(&id).is_some_and(|real| is_same(real)))
    }

    /// Returns whether a finding is the content of a file.
    pub fn is_content(&self, id: FindingId) -> bool {
        let finding = self.finding(id);
        let others = [ABSENT, OBSTRUCTED, UNREACHABLE];
        self.view(finding.file) == View::Leads
            && !others.contains(&finding.digest)
            && self.folder(id).is_none()
    }

    /// Takes in what was remembered, as far as it can be right. Returns whether this makes something older obsolete.
    pub fn recall(&mut self, news: News) -> bool {
        match news {
            News::File(view, path) => {
                let key = if view == View::Leads { path } else { marked(&path, view) };
                self.add(key.into(), view);
            }
            News::Finding(finding) => {
                if (finding.file.0 as usize) < self.entries.len() {
                    self.add_finding(finding);
                }
            }
            News::Vouched(stat, id) => {
                let Some((finding, _)) = self.findings.get(id.0 as usize) else { return false };
                return self.entries[finding.file.0 as usize].known.replace((stat, id)).is_some();
            }
            News::Real(id, real) => {
                let finding = self.findings.get(id.0 as usize);
                if finding.is_some_and(|(finding, _)| finding.digest == look::digest_of_real(&real)) {
                    self.real.insert(id, real);
                }
            }
        }
        false
    }

    /// Returns the last finding that a status of the file vouches for, with that status.
    pub fn known(&self, id: FileId) -> Option<(Stat, FindingId)> {
        self.entries[id.0 as usize].known
    }

    /// Takes over a finding from another table, where it has the number `old`.
    pub fn adopt(&mut self, from: &Self, old: FindingId) -> FindingId {
        let finding = from.finding(old);
        let file = self.id_in(from.path(finding.file), from.view(finding.file));
        let id = self.intern(file, finding.digest);
        if let Some((stat, vouched)) = from.known(finding.file)
            && vouched == old
        {
            self.vouch(stat, id);
        }
        if let Some(real) = from.real.get(&old) {
            self.note_real(id, real);
        }
        id
    }

    fn note_real(&mut self, id: FindingId, real: &Path) {
        // No record can hold another path.
        if real.to_str().is_some() && !self.real.contains_key(&id) {
            self.real.insert(id, real.to_owned());
            self.news.push(News::Real(id, real.to_owned()));
        }
    }

    fn add_finding(&mut self, finding: Finding) -> FindingId {
        let id = FindingId(u32::try_from(self.findings.len()).expect("fewer than 2^32 findings"));
        let newest = &mut self.entries[finding.file.0 as usize].newest;
        let before = newest.replace(id);
        push(&mut self.findings, (finding, before));
        id
    }

    /// Returns the epoch: how often anything may have changed.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Returns whether something may go on writing the file of a finding.
    pub fn is_volatile(&self, id: FindingId) -> bool {
        self.entries[self.finding(id).file.0 as usize].volatile
    }

    /// Begins a new epoch, because anything may have changed: all files are looked at again.
    pub fn invalidate(&mut self) {
        self.epoch += 1;
    }

    /// Notes that something changes this file, and may go on doing so. Other paths may lead to it.
    pub fn invalidate_file(&mut self, path: &Path) {
        self.epoch += 1;
        if let Some(stat) = Stat::of(path) {
            let file = (stat.device, stat.inode);
            self.volatile.insert(file);
            for entry in &mut self.entries {
                entry.volatile |= entry.known.is_some_and(|(known, _)| (known.device, known.inode) == file);
            }
        }
        let id = self.id(path);
        self.entries[id.0 as usize].volatile = true;
    }

    /// Returns what is there now, which may be nothing; none if it can't be read.
    pub fn state(&mut self, id: FileId) -> Option<FindingId> {
        let entry = &self.entries[id.0 as usize];
        match entry.found {
            Some((epoch, found)) if epoch == self.epoch && !entry.volatile => found,
            _ => self.look_at_state(id),
        }
    }

    /// Looks again, whatever was found before in this run, and returns what is there.
    pub fn look_at_state(&mut self, id: FileId) -> Option<FindingId> {
        self.look(id).ok().map(|(finding, _)| finding)
    }

    /// Looks again and returns what is there, if it was already there at `time`, by the file system's clock. The file
    /// must be the one with this device and inode, if they are known. A change may carry that very time and still have
    /// come after it: such a file is in doubt, too.
    pub fn look_since(
        &mut self,
        id: FileId,
        time: Time,
        identity: Option<(u64, u64)>,
    ) -> Result<FindingId, Unsteady> {
        match self.look(id) {
            Ok((_, Some(now))) if !now.is_settled(time) => Err(Unsteady::Changed),
            Ok((_, Some(now))) if identity.is_some_and(|known| known != (now.device, now.inode)) => {
                Err(Unsteady::Changed)
            }
            Ok((finding, _)) => Ok(finding),
            Err(error) => Err(Unsteady::Unreadable(error.to_string())),
        }
    }

    /// Looks at a path. Returns the finding, and the file's status if that shows every change.
    fn look(&mut self, id: FileId) -> io::Result<(FindingId, Option<Stat>)> {
        let found = self.see(id);
        let finding = found.as_ref().ok().map(|(finding, _)| *finding);
        self.entries[id.0 as usize].found = Some((self.epoch, finding));
        found
    }

    /// Returns the current finding of a file; none if there is no file, or if it can't be read.
    pub fn current(&mut self, id: FileId) -> Option<FindingId> {
        self.state(id).filter(|finding| !self.is_absent(*finding))
    }

    /// Returns whether a finding is what is there now.
    pub fn is_current(&mut self, id: FindingId) -> bool {
        self.state(self.finding(id).file) == Some(id)
    }

    fn intern(&mut self, file: FileId, digest: Digest) -> FindingId {
        let mut next = self.entries[file.0 as usize].newest;
        while let Some(id) = next {
            let (finding, before) = &self.findings[id.0 as usize];
            if finding.digest == digest {
                return id;
            }
            next = *before;
        }
        let finding = Finding { file, digest };
        self.news.push(News::Finding(finding));
        self.add_finding(finding)
    }

    /// Returns the finding of a real path. If it is the path that was looked at, the digest is `itself`, so that it is the
    /// same at another path.
    fn intern_real(&mut self, file: FileId, real: &Path, itself: Digest) -> FindingId {
        if real.as_os_str() == self.path(file).as_os_str() {
            return self.intern(file, itself);
        }
        let id = self.intern(file, look::digest_of_real(real));
        self.note_real(id, real);
        id
    }

    fn vouch(&mut self, stat: Stat, finding: FindingId) {
        let file = self.finding(finding).file;
        self.entries[file.0 as usize].known = Some((stat, finding));
        self.news.push(News::Vouched(stat, finding));
    }

    /// Returns the hash of a file's current content, whatever was found before in this run.
    pub fn digest(&mut self, path: &Path) -> Option<Digest> {
        let id = self.id(path);
        let finding = self.look_at_state(id).filter(|finding| !self.is_absent(*finding))?;
        Some(self.finding(finding).digest)
    }
}

/// Returns a path with the mark of a view, which no path can contain.
fn marked(path: &Path, view: View) -> PathBuf {
    let mut key = path.as_os_str().to_owned();
    key.push(mark(view));
    key.into()
}

fn unmarked(key: &Path, view: View) -> &Path {
    let bytes = key.as_os_str().as_bytes();
    Path::new(OsStr::from_bytes(&bytes[..bytes.len() - mark(view).len()]))
}

fn mark(view: View) -> &'static str {
    match view {
        View::Leads => "",
        View::Itself => "\0link",
        View::Names => "\0names",
        View::Matching => "\0matching",
        View::Resolved => "\0real",
        View::Runs => "\0runs",
        View::State => "\0state",
        View::Library => "\0library",
    }
}
