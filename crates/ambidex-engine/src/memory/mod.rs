//! The memory of earlier builds of a tree: the contents of files, the runs of commands, the directories of outputs.
//!
//! All of this is kept in one log, `build/.ambidex/state`. If something is not in the log, it has not happened.

mod compaction;
pub(crate) mod files;
mod folders;
pub(crate) mod graph;
pub(crate) mod groups;
pub(crate) mod large_files;
mod last_build;
mod log;
pub(crate) mod past;
pub(crate) mod record;
mod surrounded;
mod table;
mod texts;
pub(crate) mod tree;
pub(crate) mod unit;

use std::collections::{HashMap, HashSet};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_store::Digest;
use serde::{Deserialize, Serialize};

use crate::base::notice;
use crate::base::roles::Roles;
use crate::observe::surroundings::Surroundings;
use files::{Files, FindingId, News};
use groups::{Equals, GroupId, Groups};
use log::Log;
use record::{ActionKey, CommandDescription, Invocation, Record, RecordKey};
use table::{Kind, Table, Value};
use texts::Texts;
use unit::Unit;

/// A frame of the log.
#[derive(Serialize, Deserialize)]
enum Frame<'a> {
    News(News),
    /// The next group of looks.
    Group(Vec<FindingId>),
    /// The next group of looks, at files with the same content.
    Equals(Equals),
    /// The next set of variables that a command asked for.
    Surroundings(Surroundings),
    /// The key for hashes of variables' values.
    Secret([u8; 32]),
    /// From now on, a key of a table has this value.
    Put {
        kind: Kind,
        key: Digest,
        value: &'a [u8],
    },
    /// From now on, a key of a table has no value.
    Forget {
        kind: Kind,
        key: Digest,
    },
}

/// How many different programs are remembered for one tree: `build`, `build_ext --inplace`, a wheel, ...
const INVOCATIONS: usize = 32;

/// The number of surroundings, the hashes of an environment and of roles, and the epoch of files, because executables
/// may appear and disappear.
type Comparison = (u32, [u8; 32], u64, u32);

/// The records of each command, wherever its output is, and the newest one for the final path of each output.
#[derive(Debug, Default)]
struct Index {
    by_action: HashMap<ActionKey, Vec<RecordKey>>,
    by_place: HashMap<String, RecordKey>,
}

impl Index {
    fn add(&mut self, key: RecordKey, record: &Record) {
        let keys = self.by_action.entry(record.action).or_default();
        keys.retain(|known| *known != key);
        keys.push(key);
        if let Ok(described) = postcard::from_bytes::<CommandDescription>(&record.description) {
            self.by_place.insert(described.place, key);
        }
    }
}

/// Everything that is remembered of one tree.
#[derive(Debug)]
pub(crate) struct Memory {
    log: Log,
    pub files: Files,
    pub texts: Texts,
    groups: Groups,
    /// Indexed by kind.
    tables: [Table; table::KINDS.len()],
    /// Built when it is first needed.
    index: Option<Index>,
    /// The variables that commands asked for, by number.
    surroundings: Vec<Arc<Surroundings>>,
    secret: Option<[u8; 32]>,
    /// Whether these variables have the same values, by environment and roles.
    compared: HashMap<Comparison, (bool, Arc<Roles>)>,
    /// The number of obsolete bytes in the log.
    stale: usize,
    objects: PathBuf,
    /// The number of the next directory for outputs, once the existing directories have been listed.
    next_folder: Option<u32>,
    /// Whether there may be directories of outputs that no record names.
    untidy: bool,
}

impl Value for Record {
    const KIND: Kind = Kind::Record;
}

impl Value for Invocation {
    const KIND: Kind = Kind::Invocation;
}

impl Value for Unit {
    const KIND: Kind = Kind::Unit;
}

impl Memory {
    /// Opens the memory of a tree. `objects` is the directory for outputs.
    ///
    /// # Errors
    /// If the log can't be opened or read.
    pub fn open(file: &Path, objects: PathBuf) -> io::Result<Self> {
        let (log, bytes) = Log::open(file)?;
        let mut memory = Self {
            log,
            files: Files::default(),
            texts: Texts::default(),
            groups: Groups::default(),
            tables: Default::default(),
            index: None,
            surroundings: Vec::new(),
            secret: None,
            compared: HashMap::new(),
            stale: 0,
            objects,
            next_folder: None,
            untidy: false,
        };
        memory.recall(&bytes);
        Ok(memory)
    }

    /// Takes in the content of a log.
    fn recall(&mut self, log: &[u8]) {
        for range in log::frames(log) {
            let content = &log[range.clone()];
            // A checksum does not protect from a program with a bug: a frame that can't be read counts as absent.
            let Ok(frame) = postcard::from_bytes::<Frame<'_>>(content) else { continue };
            match frame {
                Frame::News(news) => {
                    if self.files.recall(news) {
                        self.stale += range.len();
                    }
                }
                Frame::Group(members) => {
                    self.groups.add(members);
                }
                Frame::Equals(equals) => {
                    self.groups.add_equals(equals);
                }
                Frame::Surroundings(surroundings) => self.surroundings.push(Arc::new(surroundings)),
                Frame::Secret(secret) => self.secret = Some(secret),
                Frame::Put { kind, key, value } => {
                    let start = range.end - value.len();
                    self.stale += self.table_mut(kind).put(key, start..range.end);
                }
                Frame::Forget { kind, key } => self.stale += range.len() + self.table_mut(kind).remove(&key),
            }
        }
    }

    fn append(&mut self, frame: &Frame<'_>) -> Range<usize> {
        self.log.append(|tail| postcard::to_extend(frame, tail).expect("frames are plain data"))
    }

    fn table(&self, kind: Kind) -> &Table {
        &self.tables[kind as usize]
    }

    fn table_mut(&mut self, kind: Kind) -> &mut Table {
        &mut self.tables[kind as usize]
    }

    /// Returns the value of a key.
    fn get<V: Value>(&self, key: &Digest) -> Option<V> {
        postcard::from_bytes(&self.table(V::KIND).content(&self.log, key)?).ok()
    }

    /// Gives a key this value. Returns false if the key already had this value.
    fn set<V: Value>(&mut self, key: Digest, value: &V) -> bool {
        let content = postcard::to_stdvec(value).expect("values are plain data");
        if self.is_content(V::KIND, &key, &content) {
            return false;
        }
        self.put(V::KIND, key, &content);
        true
    }

    /// Appends a value of a key, whatever value the key has.
    fn put(&mut self, kind: Kind, key: Digest, content: &[u8]) {
        let frame = self.append(&Frame::Put { kind, key, value: content });
        self.stale += self.table_mut(kind).put(key, frame.end - content.len()..frame.end);
    }

    /// Returns whether a key has this value already.
    fn is_content(&self, kind: Kind, key: &Digest, content: &[u8]) -> bool {
        self.table(kind).content(&self.log, key).is_some_and(|then| *then == *content)
    }

    /// Removes the value of a key.
    fn forget(&mut self, kind: Kind, key: Digest) {
        let frame = self.append(&Frame::Forget { kind, key });
        self.stale += frame.len() + self.table_mut(kind).remove(&key);
    }

    /// Appends what was found out about files to the log.
    fn write_news(&mut self) {
        for news in std::mem::take(&mut self.files.news) {
            self.append(&Frame::News(news));
        }
    }

    /// Writes everything that has become known to the log.
    fn save(&mut self) {
        self.write_news();
        self.log.flush();
    }

    /// Returns what is remembered of a command.
    pub fn record(&self, key: &RecordKey) -> Option<Record> {
        self.get(&key.0)
    }

    /// Returns how long the last run of a command took, in microseconds.
    pub fn duration(&self, key: &RecordKey) -> Option<u64> {
        /// The length of the longest number in a log (postcard, "Wire format", varint).
        const NUMBER: usize = 10;
        let beginning = self.table(Kind::Record).beginning(&self.log, &key.0, NUMBER)?;
        postcard::take_from_bytes(&beginning).ok().map(|(duration, _)| duration)
    }

    /// Remembers a run of a command. It counts from now on, even if this process is killed.
    pub fn remember(&mut self, key: RecordKey, record: &Record) {
        self.write_news();
        self.untidy |= self.table(Kind::Record).holds(&key.0);
        self.set(key.0, record);
        if let Some(index) = &mut self.index {
            index.add(key, record);
        }
        self.log.flush();
    }

    /// Returns the groups in which these looks are kept. Adds those that are new.
    pub fn grouped(&mut self, looks: &[FindingId]) -> Vec<GroupId> {
        let groups = groups::by_folder(looks, &self.files);
        self.write_news();
        let number = |members: Vec<FindingId>| match self.groups.number(&members) {
            Some(known) => known,
            None => {
                self.append(&Frame::Group(members.clone()));
                self.groups.add(members)
            }
        };
        groups.into_iter().map(number).collect()
    }

    /// Returns the groups in which these files with the same content are kept. Adds those that are new.
    pub fn grouped_equals(&mut self, all: &[Equals]) -> Vec<GroupId> {
        self.write_news();
        let number = |equals: &Equals| match self.groups.number_of_equals(equals) {
            Some(known) => known,
            None => {
                self.append(&Frame::Equals(equals.clone()));
                self.groups.add_equals(equals.clone())
            }
        };
        all.iter().map(number).collect()
    }

    /// Returns the files with the same content in these groups.
    pub fn equals(&self, groups: &[GroupId]) -> Vec<Equals> {
        groups.iter().filter_map(|group| self.groups.equals(*group)).cloned().collect()
    }

    /// Returns the looks in these groups.
    pub fn looks(&self, groups: &[GroupId]) -> Vec<FindingId> {
        self.groups.all_of(groups).collect()
    }

    /// Checks whether all looks in these groups would see the same now. Fails with one that wouldn't, if it is known.
    pub fn check(&mut self, groups: &[GroupId]) -> Result<(), Option<FindingId>> {
        groups.iter().try_for_each(|group| self.groups.check(*group, &mut self.files))
    }

    /// Returns the newest run of a command that made the output at this path.
    pub fn command_at(&mut self, place: &str) -> Option<(Record, CommandDescription)> {
        let key = *self.index().by_place.get(place)?;
        let record = self.record(&key)?;
        let described = postcard::from_bytes(&record.description).ok()?;
        Some((record, described))
    }

    /// Returns the newest record of a command that is wanted, wherever its output is. If none is, returns the newest.
    pub fn record_elsewhere(
        &mut self,
        action: &ActionKey,
        is_wanted: impl Fn(&Record) -> bool,
    ) -> Option<Record> {
        let keys = self.index().by_action.get(action)?.clone();
        let records = || keys.iter().rev().filter_map(|key| self.record(key));
        records().find(is_wanted).or_else(|| records().next())
    }

    fn index(&mut self) -> &mut Index {
        let index = self.index.take().unwrap_or_else(|| {
            let mut index = Index::default();
            for key in self.table(Kind::Record).by_age().into_iter().map(RecordKey) {
                self.record(&key).iter().for_each(|record| index.add(key, record));
            }
            index
        });
        self.index.insert(index)
    }

    /// Returns the description of a command.
    pub fn description(&self, key: &RecordKey) -> Option<CommandDescription> {
        postcard::from_bytes(&self.record(key)?.description).ok()
    }

    /// Returns the unit of an extension for this state of Python.
    pub fn unit(&self, state: &Digest) -> Option<Unit> {
        self.get(state)
    }

    /// Remembers the unit of an extension.
    pub fn remember_unit(&mut self, state: Digest, unit: &Unit) {
        self.write_news();
        self.set(state, unit);
    }

    /// Returns what the last run of a program recorded.
    pub fn invocation(&self, key: &Digest) -> Option<Invocation> {
        self.get(key)
    }

    /// Remembers what a run of a program recorded.
    pub fn remember_invocation(&mut self, key: Digest, invocation: &Invocation) {
        self.untidy |= self.set(key, invocation);
        if self.table(Kind::Invocation).len() > INVOCATIONS {
            let oldest = self.table(Kind::Invocation).by_age()[0];
            self.forget(Kind::Invocation, oldest);
        }
    }

    /// Returns whether another invocation has put this file at its final path.
    pub fn is_committed_elsewhere(&self, key: &Digest, place: &Path) -> bool {
        let others = self.table(Kind::Invocation).keys().filter(|other| *other != key);
        others
            .filter_map(|other| self.invocation(other))
            .any(|i| i.committed.iter().any(|file| file.place == place))
    }

    /// Ends a build. After a successful one, removes what is no longer needed.
    pub fn close(&mut self, good: bool) {
        // Without it, other builds read these files again.
        let _ = self.files.large.save();
        if !self.objects.is_dir() {
            // The tree was removed, as build frontends do with trees that they have unpacked.
            return;
        }
        let tidied = if good { self.tidy().and_then(|()| self.compact()) } else { Ok(()) };
        if let Err(error) = tidied {
            notice::tell(format_args!("warning: {} can't be tidied up: {error}", self.objects.display()));
        }
        self.save();
    }

    /// Forgets the commands that no program records any more, and removes outputs that belong to no record.
    fn tidy(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.untidy) {
            return Ok(());
        }
        let programs = self.table(Kind::Invocation).keys();
        let invocations: Vec<Invocation> = programs.filter_map(|key| self.invocation(key)).collect();
        let actions: HashSet<Digest> = invocations.iter().flat_map(|i| &i.actions).map(|key| key.0).collect();
        let units: HashSet<Digest> = invocations.iter().flat_map(|i| &i.units).copied().collect();
        self.unnamed(Kind::Record, &actions).into_iter().for_each(|key| self.forget(Kind::Record, key));
        for state in self.unnamed(Kind::Unit, &units) {
            // It comes back with the log until that is written anew, and is as valid then: whoever builds in two
            // environments in turn finds the units of both.
            self.stale += self.table_mut(Kind::Unit).remove(&state);
        }
        self.index = None;
        let records = self.table(Kind::Record).keys().filter_map(|key| self.get::<Record>(key));
        let folders: HashSet<u32> = records.map(|record| record.folder).collect();
        self.remove_folders(&folders)
    }

    /// Returns the keys of a table that are not among these.
    fn unnamed(&self, kind: Kind, named: &HashSet<Digest>) -> Vec<Digest> {
        self.table(kind).keys().filter(|key| !named.contains(*key)).copied().collect()
    }
}

#[cfg(test)]
mod tests;
