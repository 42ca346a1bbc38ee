//! Knows the content of files and the names in folders, and spares reading them again while the file system vouches
//! for them.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use ambidex_store::Digest;
use rustc_hash::FxHashSet;
use rustix::time::Timespec;

use super::content::{self, Content};
use crate::clock::tick;
use crate::growth::push;
use crate::path_index::PathIndex;

/// A file or folder, by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct FileId(pub u32);

/// A content that a file was seen to have, by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct VersionId(pub u32);

/// What the file system says of a file. The time of the last status change is part of it: unlike the modification
/// time, nobody can set it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Stat {
    pub device: u64,
    pub inode: u64,
    pub size: u64,
    pub modified: Time,
    pub changed: Time,
}

/// A moment by a clock of the file system, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Time(i64);

impl Time {
    /// Moments that a 64 bit number has no room for (after 2262) are all the same.
    pub fn new(seconds: i64, nanoseconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds))
    }

    /// As the kernel has it.
    pub fn timespec(self) -> Timespec {
        Timespec { tv_sec: self.seconds(), tv_nsec: self.0.rem_euclid(1_000_000_000) }
    }

    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    fn is_whole(self) -> bool {
        self.0 % 1_000_000_000 == 0
    }
}

impl Stat {
    /// The state of a file, links followed; none where there is nothing that can be looked at.
    pub fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|data| Self::from(&data))
    }

    /// Whether a change after this moment would show: two changes within one tick of the file system's clock may
    /// carry the same time ("racy git", git's `Documentation/technical/racy-git.txt`). `now` is that clock's time.
    fn is_settled(&self, now: Time) -> bool {
        if self.changed.is_whole() && self.modified.is_whole() {
            // The file system may count whole seconds, or two (FAT).
            return self.changed.seconds() + 2 < now.seconds();
        }
        self.changed < now
    }
}

impl From<&Metadata> for Stat {
    fn from(data: &Metadata) -> Self {
        Self {
            device: data.dev(),
            inode: data.ino(),
            size: data.size(),
            modified: Time::new(data.mtime(), data.mtime_nsec()),
            changed: Time::new(data.ctime(), data.ctime_nsec()),
        }
    }
}

/// Whether an output that was left in a folder of its own, in this state, still has this content. Nobody else writes
/// there, so it need not be in the table of files, which would be a good part of a large build's memory.
pub(crate) fn is_still(file: &Path, state: Option<Stat>, digest: &Digest) -> bool {
    let Some(now) = Stat::of(file) else { return false };
    Some(now) == state || File::open(file).and_then(Digest::of_reader).is_ok_and(|found| found == *digest)
}

/// A content of a file, or the names in a folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    pub file: FileId,
    pub content: Content,
}

/// The digest of what is not there.
const ABSENT: Digest = Digest([0; 32]);

#[derive(Debug)]
struct Entry {
    /// The version that became known last.
    newest: Option<VersionId>,
    /// The version in which it was found last, with the state that the file had then, where that state vouches for it.
    known: Option<(Stat, VersionId)>,
    /// What was found in this epoch.
    found: Option<(u32, Option<VersionId>)>,
    /// Written by somebody who may go on writing without a word: looked at each time.
    volatile: bool,
}

/// What has become known and is to be remembered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum News {
    /// The next file has this path.
    File(PathBuf),
    /// The next version is this.
    Version(Version),
    /// A file that is in this state has this version.
    Vouched(Stat, VersionId),
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// By the numbers of the files, as the entries.
    paths: PathIndex,
    entries: Vec<Entry>,
    /// Each with the one that was known of its file before.
    versions: Vec<(Version, Option<VersionId>)>,
    /// The names in folders, as far as they were needed.
    listings: HashMap<FileId, (VersionId, Arc<FxHashSet<OsString>>)>,
    /// How often anything may have changed.
    epoch: u32,
    /// What was not yet remembered.
    pub news: Vec<News>,
}

impl Files {
    /// The number of a path.
    pub fn id(&mut self, path: &Path) -> FileId {
        match self.paths.number(path) {
            Some(number) => FileId(number as u32),
            None => self.add_new(path.into()),
        }
    }

    /// The same of a path that others keep too.
    pub fn id_of(&mut self, path: &Arc<Path>) -> FileId {
        match self.paths.number(path) {
            Some(number) => FileId(number as u32),
            None => self.add_new(path.clone()),
        }
    }

    fn add_new(&mut self, path: Arc<Path>) -> FileId {
        self.news.push(News::File(path.to_path_buf()));
        self.add(path)
    }

    fn add(&mut self, path: Arc<Path>) -> FileId {
        let number = self.paths.add(path);
        push(&mut self.entries, Entry { newest: None, known: None, found: None, volatile: false });
        FileId(number as u32)
    }

    /// The path of a number.
    pub fn path(&self, id: FileId) -> &Arc<Path> {
        self.paths.path(id.0 as usize)
    }

    /// A version.
    pub fn version(&self, id: VersionId) -> &Version {
        &self.versions[id.0 as usize].0
    }

    /// The path of a version.
    pub fn path_of(&self, id: VersionId) -> &Arc<Path> {
        self.path(self.version(id).file)
    }

    /// Takes in what was remembered, as far as it can be right. Whether something older says nothing any more now.
    pub fn recall(&mut self, news: News) -> bool {
        match news {
            News::File(path) => {
                self.add(path.into());
            }
            News::Version(version) => {
                if (version.file.0 as usize) < self.entries.len() {
                    self.add_version(version);
                }
            }
            News::Vouched(stat, id) => {
                let Some((version, _)) = self.versions.get(id.0 as usize) else { return false };
                return self.entries[version.file.0 as usize].known.replace((stat, id)).is_some();
            }
        }
        false
    }

    /// The newest version of a file, with the state that vouches for it.
    pub fn known(&self, id: FileId) -> Option<(Stat, VersionId)> {
        self.entries[id.0 as usize].known
    }

    /// Takes over a version from another table, where it has the number `old`.
    pub fn adopt(
        &mut self,
        path: &Path,
        version: &Version,
        known: Option<(Stat, VersionId)>,
        old: VersionId,
    ) -> VersionId {
        let file = self.id(path);
        let id = self.intern(file, version.content.clone());
        if let Some((stat, vouched)) = known
            && vouched == old
        {
            self.vouch(stat, id);
        }
        id
    }

    fn add_version(&mut self, version: Version) -> VersionId {
        let id = VersionId(u32::try_from(self.versions.len()).expect("fewer than 2^32 versions"));
        let newest = &mut self.entries[version.file.0 as usize].newest;
        let before = newest.replace(id);
        push(&mut self.versions, (version, before));
        id
    }

    /// Anything may have changed since: files are looked at again.
    pub fn doubt(&mut self) {
        self.epoch += 1;
    }

    /// Somebody changes this file, and may go on doing so.
    pub fn doubt_file(&mut self, path: &Path) {
        let id = self.id(path);
        self.entries[id.0 as usize].volatile = true;
        self.entries[id.0 as usize].found = None;
    }

    /// The version that a file has now; none where there is none that can be read.
    pub fn current(&mut self, id: FileId) -> Option<VersionId> {
        let entry = &self.entries[id.0 as usize];
        match entry.found {
            Some((epoch, found)) if epoch == self.epoch && !entry.volatile => found,
            _ => self.look(id),
        }
    }

    /// The same, with a version of its own for what is not there.
    pub fn state(&mut self, id: FileId) -> VersionId {
        self.current(id).unwrap_or_else(|| self.intern(id, Content::opaque(ABSENT)))
    }

    /// Whether a version is what the file has now.
    pub fn is_current(&mut self, id: VersionId) -> bool {
        let version = self.version(id);
        let (file, absent) = (version.file, version.content.digest == ABSENT);
        match self.current(file) {
            Some(now) => now == id,
            None => absent,
        }
    }

    /// The same, whatever was found before in this run.
    pub fn look(&mut self, id: FileId) -> Option<VersionId> {
        let stat = Stat::of(self.path(id));
        self.look_at(id, stat)
    }

    /// The same of a file that was just seen to be in this state.
    pub fn look_at(&mut self, id: FileId, stat: Option<Stat>) -> Option<VersionId> {
        let found = stat.and_then(|stat| self.version_at(id, stat).ok());
        self.entries[id.0 as usize].found = Some((self.epoch, found));
        found
    }

    /// The version of a file that is in this state.
    fn version_at(&mut self, id: FileId, stat: Stat) -> io::Result<VersionId> {
        if let Some((known, version)) = self.entries[id.0 as usize].known
            && known == stat
        {
            return Ok(version);
        }
        let path = self.path(id).clone();
        // Before it is read: what comes later shows then.
        let now = tick();
        let metadata = fs::metadata(&path)?;
        let content =
            if metadata.is_dir() { Content::opaque(self.list(id, &path)?) } else { content::read(&path)? };
        let version = self.intern(id, content);
        let stat = Stat::from(&metadata);
        if stat.is_settled(now) {
            self.vouch(stat, version);
        }
        Ok(version)
    }

    fn intern(&mut self, file: FileId, content: Content) -> VersionId {
        let mut next = self.entries[file.0 as usize].newest;
        while let Some(id) = next {
            let (version, before) = &self.versions[id.0 as usize];
            if version.content.digest == content.digest {
                return id;
            }
            next = *before;
        }
        let version = Version { file, content };
        self.news.push(News::Version(version.clone()));
        self.add_version(version)
    }

    fn vouch(&mut self, stat: Stat, version: VersionId) {
        let file = self.version(version).file;
        self.entries[file.0 as usize].known = Some((stat, version));
        self.news.push(News::Vouched(stat, version));
    }

    /// The version of a program that is known to have this content in this state.
    pub fn vouched(&mut self, path: &Path, stat: Stat, digest: Digest) -> VersionId {
        let id = self.id(path);
        let version = self.intern(id, Content::opaque(digest));
        self.vouch(stat, version);
        version
    }

    /// The digest of what a file contains now.
    pub fn digest(&mut self, path: &Path) -> Option<Digest> {
        let id = self.id(path);
        let version = self.look(id)?;
        Some(self.version(version).content.digest)
    }

    /// A hash of the names in a folder, those left out that no compiler looks for.
    fn list(&mut self, id: FileId, path: &Path) -> io::Result<Digest> {
        let mut names: Vec<OsString> = Vec::new();
        for entry in fs::read_dir(path)? {
            let name = entry?.file_name();
            if !is_made_by_builds(&name) {
                names.push(name);
            }
        }
        names.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        for name in &names {
            hasher.update(name.as_encoded_bytes()).update(&[0]);
        }
        let digest = Digest(*hasher.finalize().as_bytes());
        let version = self.intern(id, Content::opaque(digest));
        self.listings.insert(id, (version, Arc::new(names.into_iter().collect())));
        Ok(digest)
    }

    /// The names in a folder; none where there is no such folder.
    pub fn names(&mut self, folder: &Path) -> Option<Arc<FxHashSet<OsString>>> {
        let id = self.id(folder);
        let version = self.current(id)?;
        if let Some((listed, names)) = self.listings.get(&id)
            && *listed == version
        {
            return Some(names.clone());
        }
        let path = self.path(id).clone();
        self.list(id, &path).ok()?;
        self.listings.get(&id).map(|(_, names)| names.clone())
    }
}

/// Names that come and go with every build and that no `#include` and no `-l` means.
fn is_made_by_builds(name: &OsString) -> bool {
    let name = name.as_encoded_bytes();
    [".o", ".pyc", ".pyo", ".py", ".egg-info"].iter().any(|end| name.ends_with(end.as_bytes()))
        || name == b"__pycache__"
}
