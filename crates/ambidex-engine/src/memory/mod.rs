//! What earlier builds of a tree have left: the contents of files, the runs of commands, the folders of outputs.
//!
//! Everything here is kept in one log, `build/.ambidex/state`. What is not in it has not happened.

mod compaction;
pub(crate) mod files;
pub(crate) mod groups;
mod log;
pub(crate) mod record;
mod surrounded;
pub(crate) mod tree;
pub(crate) mod unit;

use std::collections::{HashMap, HashSet};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::base::notice;
use crate::base::roles::Roles;
use crate::observe::surroundings::Surroundings;
use ambidex_store::Digest;
use files::{Files, FindingId, News};
use groups::{GroupId, Groups};
use log::Log;
use record::{ActionKey, CommandDescription, ExplainedCommand, Invocation, LastBuild, Record};
use unit::Unit;

/// What the log holds.
#[derive(Serialize, Deserialize)]
enum Frame<'a> {
    News(News),
    Record {
        key: ActionKey,
        record: &'a [u8],
    },
    Forget(ActionKey),
    /// The next group of looks.
    Group(Vec<FindingId>),
    /// The next variables that were asked for.
    Surroundings(Surroundings),
    /// By which the values of variables are hashed.
    Secret([u8; 32]),
    Invocation {
        key: Digest,
        invocation: &'a [u8],
    },
    /// What the last build did, in parts: the first one replaces the last build before it.
    LastBuild {
        first: bool,
        part: &'a [u8],
    },
    Unit {
        state: Digest,
        unit: &'a [u8],
    },
}

/// What is at hand of a record without reading it.
#[derive(Debug)]
struct RecordInLog {
    /// In microseconds.
    duration: u32,
    /// Where it is in the log.
    range: Range<usize>,
}

/// The duration that a record begins with. Those of more than an hour are all the same to whoever asks.
fn duration(record: &[u8]) -> u32 {
    let duration: u64 = postcard::take_from_bytes(record).map_or(0, |(duration, _)| duration);
    u32::try_from(duration).unwrap_or(u32::MAX)
}

/// How much may be in the log before it is thought of writing it anew, in bytes.
const SMALL: usize = 1 << 16;

/// How many explanations are written at once.
const PART: usize = 256;

/// How many different programs are remembered for one tree: `build`, `build_ext --inplace`, a wheel, ...
const INVOCATIONS: usize = 32;

/// Of surroundings with an environment, whose hash it is, and roles, in an epoch of files: programs may come and go.
type Comparison = (u32, [u8; 32], u64, u32);

/// See the module.
#[derive(Debug)]
pub(crate) struct Memory {
    log: Log,
    pub files: Files,
    groups: Groups,
    records: FxHashMap<ActionKey, RecordInLog>,
    /// The newest record of each output's place; made when the first is asked for.
    by_place: Option<HashMap<String, ActionKey>>,
    /// The variables that commands asked for, by their numbers.
    surroundings: Vec<Arc<Surroundings>>,
    secret: Option<[u8; 32]>,
    /// Whether such variables are set to the same, by environment and roles.
    compared: HashMap<Comparison, (bool, Arc<Roles>)>,
    invocations: HashMap<Digest, Range<usize>>,
    last_build: Vec<Range<usize>>,
    units: FxHashMap<Digest, Range<usize>>,
    /// Bytes of the log that say nothing any more.
    stale: usize,
    objects: PathBuf,
    /// The number of the next folder for outputs, once the folders there are were looked at.
    next_folder: Option<u32>,
    /// Whether folders of outputs may be there that no record names.
    untidy: bool,
}

impl Memory {
    /// Opens the memory of a tree. `objects` is where outputs are kept.
    pub fn open(file: &Path, objects: PathBuf) -> io::Result<Self> {
        let (log, bytes) = Log::open(file)?;
        let mut memory = Self {
            log,
            files: Files::default(),
            groups: Groups::default(),
            records: FxHashMap::default(),
            by_place: None,
            surroundings: Vec::new(),
            secret: None,
            compared: HashMap::new(),
            invocations: HashMap::new(),
            last_build: Vec::new(),
            units: FxHashMap::default(),
            stale: 0,
            objects,
            next_folder: None,
            untidy: false,
        };
        memory.recall(&bytes);
        Ok(memory)
    }

    /// Takes in what a log holds.
    fn recall(&mut self, log: &[u8]) {
        for range in log::frames(log) {
            let content = &log[range.clone()];
            // A checksum is no proof against a program with a bug: what can't be read is not there.
            let Ok(frame) = postcard::from_bytes::<Frame<'_>>(content) else { continue };
            let base = content.as_ptr() as usize;
            let within = |part: &[u8]| {
                let start = range.start + (part.as_ptr() as usize - base);
                start..start + part.len()
            };
            let replaced = match frame {
                Frame::News(news) => self.files.recall(news).then(|| range.clone()),
                Frame::Record { key, record } => {
                    let kept = RecordInLog { duration: duration(record), range: within(record) };
                    self.records.insert(key, kept).map(|old| old.range)
                }
                Frame::Forget(key) => self.records.remove(&key).map(|old| old.range),
                Frame::Group(members) => {
                    self.groups.add(members);
                    None
                }
                Frame::Surroundings(surroundings) => {
                    self.surroundings.push(Arc::new(surroundings));
                    None
                }
                Frame::Secret(secret) => {
                    self.secret = Some(secret);
                    None
                }
                Frame::Invocation { key, invocation } => {
                    let invocation = within(invocation);
                    self.invocations.insert(key, invocation)
                }
                Frame::LastBuild { first, part } => {
                    if first {
                        self.stale += self.last_build.drain(..).map(|old| old.len()).sum::<usize>();
                    }
                    self.last_build.push(within(part));
                    None
                }
                Frame::Unit { state, unit } => {
                    let unit = within(unit);
                    self.units.insert(state, unit)
                }
            };
            self.stale += replaced.map_or(0, |old| old.len());
        }
    }

    fn append(&mut self, frame: &Frame<'_>) -> Range<usize> {
        self.log.append(|tail| postcard::to_extend(frame, tail).expect("frames are plain data"))
    }

    /// Adds a frame whose last field is this part; returns where the part is.
    fn append_part(&mut self, frame: &Frame<'_>, part: usize) -> Range<usize> {
        let whole = self.append(frame);
        whole.end - part..whole.end
    }

    /// Writes down what was found out about files.
    fn write_news(&mut self) {
        for news in std::mem::take(&mut self.files.news) {
            self.append(&Frame::News(news));
        }
    }

    /// Writes down everything that has become known.
    fn save(&mut self) {
        self.write_news();
        self.log.flush();
    }

    /// What is remembered of a command.
    pub fn record(&self, key: &ActionKey) -> Option<Record> {
        let range = self.records.get(key)?.range.clone();
        postcard::from_bytes(&self.log.content(range)).ok()
    }

    /// How long a command took when it was last run, in microseconds.
    pub fn duration(&self, key: &ActionKey) -> Option<u64> {
        self.records.get(key).map(|kept| u64::from(kept.duration))
    }

    /// Remembers a run of a command. It counts from now on, also if this process is killed.
    pub fn remember(&mut self, key: ActionKey, record: &Record) {
        self.write_news();
        let content = postcard::to_stdvec(record).expect("records are plain data");
        let range = self.append_part(&Frame::Record { key, record: &content }, content.len());
        let kept = RecordInLog { duration: duration(&content), range };
        if let Some(old) = self.records.insert(key, kept) {
            self.stale += old.range.len();
            self.untidy = true;
        }
        if let (Some(by_place), Ok(told)) =
            (&mut self.by_place, postcard::from_bytes::<CommandDescription>(&record.told))
        {
            by_place.insert(told.place, key);
        }
        self.log.flush();
    }

    /// Looks as they are kept.
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

    /// The looks in these groups.
    pub fn looks(&self, groups: &[GroupId]) -> Vec<FindingId> {
        self.groups.all_of(groups).collect()
    }

    /// Whether all of these looks would see now what they saw; else one that wouldn't, if it is known.
    pub fn check(&mut self, groups: &[GroupId]) -> Result<(), Option<FindingId>> {
        groups.iter().try_for_each(|group| self.groups.check(*group, &mut self.files))
    }

    /// What is told of the newest command that made the output at this place.
    pub fn told_of(&mut self, place: &str) -> Option<(ActionKey, CommandDescription)> {
        if self.by_place.is_none() {
            let mut newest: Vec<(&RecordInLog, &ActionKey)> =
                self.records.iter().map(|(k, r)| (r, k)).collect();
            newest.sort_unstable_by_key(|(kept, _)| kept.range.start);
            let told = |key: &ActionKey| Some((self.told(key)?.place, *key));
            self.by_place = Some(newest.into_iter().filter_map(|(_, key)| told(key)).collect());
        }
        let key = *self.by_place.as_ref()?.get(place)?;
        Some((key, self.told(&key)?))
    }

    /// What is told of a command.
    pub fn told(&self, key: &ActionKey) -> Option<CommandDescription> {
        postcard::from_bytes(&self.record(key)?.told).ok()
    }

    /// What the last build did.
    pub fn last_build(&self) -> LastBuild {
        let mut build = LastBuild::default();
        for range in &self.last_build {
            let part = postcard::from_bytes::<LastBuild>(&self.log.content(range.clone()));
            let Ok(mut part) = part else { continue };
            build.explained.append(&mut part.explained);
            build.up_to_date.append(&mut part.up_to_date);
        }
        build
    }

    /// Remembers what this build did. Parts of it are written at once, so that a large build need not have all of them in
    /// memory.
    pub fn remember_build(
        &mut self,
        up_to_date: Vec<ActionKey>,
        mut explained: impl Iterator<Item = ExplainedCommand>,
    ) {
        let mut build = LastBuild { up_to_date, explained: explained.by_ref().take(PART).collect() };
        let content = postcard::to_stdvec(&build).expect("explanations are plain data");
        if build.explained.is_empty()
            && let [only] = &*self.last_build
            && *self.log.content(only.clone()) == *content
        {
            return;
        }
        self.stale += self.last_build.drain(..).map(|old| old.len()).sum::<usize>();
        self.add_to_last_build(true, &content);
        loop {
            build = LastBuild { up_to_date: Vec::new(), explained: explained.by_ref().take(PART).collect() };
            if build.explained.is_empty() {
                break;
            }
            self.add_to_last_build(false, &postcard::to_stdvec(&build).expect("explanations are plain data"));
        }
    }

    fn add_to_last_build(&mut self, first: bool, part: &[u8]) {
        let range = self.append_part(&Frame::LastBuild { first, part }, part.len());
        self.last_build.push(range);
        self.log.flush();
    }

    /// What the commands of an extension have come to when Python was in this state.
    pub fn unit(&self, state: &Digest) -> Option<Unit> {
        let range = self.units.get(state)?.clone();
        postcard::from_bytes(&self.log.content(range)).ok()
    }

    /// Remembers what the commands of an extension have come to.
    pub fn remember_unit(&mut self, state: Digest, unit: &Unit) {
        let content = postcard::to_stdvec(unit).expect("units are plain data");
        if self.units.get(&state).is_some_and(|range| *self.log.content(range.clone()) == *content) {
            return;
        }
        self.write_news();
        let range = self.append_part(&Frame::Unit { state, unit: &content }, content.len());
        self.stale += self.units.insert(state, range).map_or(0, |old| old.len());
    }

    /// Makes a new folder for the outputs of one run of a command: nobody else has it, or has had it.
    ///
    /// # Errors
    /// If it can't be made, or nobody can say what there is.
    pub fn new_folder(&mut self) -> io::Result<u32> {
        self.untidy = true;
        let mut next = match self.next_folder {
            Some(next) => next,
            None => self.newest_folder()? + 1,
        };
        loop {
            match std::fs::create_dir(self.folder(next)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => next += 1,
                // The whole folder was removed while the build runs.
                Err(error) if error.kind() == io::ErrorKind::NotFound && !self.objects.exists() => {
                    std::fs::create_dir_all(&self.objects)?;
                }
                made => {
                    self.next_folder = Some(next + 1);
                    return made.map(|()| next);
                }
            }
        }
    }

    fn newest_folder(&self) -> io::Result<u32> {
        let mut newest = 0;
        let entries = match std::fs::read_dir(&self.objects) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(newest),
            entries => entries?,
        };
        for entry in entries {
            let number = entry?.file_name().to_str().and_then(|name| name.parse().ok());
            newest = newest.max(number.unwrap_or_default());
        }
        Ok(newest)
    }

    /// The folder of that number.
    pub fn folder(&self, number: u32) -> PathBuf {
        self.objects.join(number.to_string())
    }

    /// What the last run of a program recorded.
    pub fn invocation(&self, key: &Digest) -> Option<Invocation> {
        let range = self.invocations.get(key)?.clone();
        postcard::from_bytes(&self.log.content(range)).ok()
    }

    /// Remembers what a run of a program recorded.
    pub fn remember_invocation(&mut self, key: Digest, invocation: Invocation) {
        let content = postcard::to_stdvec(&invocation).expect("invocations are plain data");
        // Of a large build it is large.
        drop(invocation);
        if self.invocations.get(&key).is_some_and(|range| *self.log.content(range.clone()) == *content) {
            return;
        }
        let range = self.append_part(&Frame::Invocation { key, invocation: &content }, content.len());
        self.stale += self.invocations.insert(key, range).map_or(0, |old| old.len());
        self.untidy = true;
        if self.invocations.len() > INVOCATIONS {
            let oldest = self.invocations.iter().min_by_key(|(_, range)| range.start).map(|(key, _)| *key);
            self.stale += oldest.and_then(|key| self.invocations.remove(&key)).map_or(0, |old| old.len());
        }
    }

    /// Whether another invocation has put this file to its place.
    pub fn is_committed_elsewhere(&self, key: &Digest, place: &Path) -> bool {
        let others = self.invocations.keys().filter(|other| *other != key);
        others
            .filter_map(|other| self.invocation(other))
            .any(|i| i.committed.iter().any(|file| file.place == place))
    }

    /// Ends a build: after a good one, what nobody needs any more goes.
    pub fn close(&mut self, good: bool) {
        if !self.objects.is_dir() {
            // The tree was removed, as frontends do with what they have unpacked.
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
        let invocations: Vec<Invocation> =
            self.invocations.keys().filter_map(|key| self.invocation(key)).collect();
        let wanted: HashSet<&ActionKey> = invocations.iter().flat_map(|i| &i.actions).collect();
        let named: HashSet<&Digest> = invocations.iter().flat_map(|i| &i.units).collect();
        // They come back with the log until that is written anew, and are as right then as now.
        let stale = self.units.extract_if(|state, _| !named.contains(state)).map(|(_, range)| range.len());
        self.stale += stale.sum::<usize>();
        let gone: Vec<ActionKey> = self.records.keys().filter(|key| !wanted.contains(key)).copied().collect();
        for key in gone {
            self.append(&Frame::Forget(key));
            self.stale += self.records.remove(&key).map_or(0, |old| old.range.len());
        }
        self.by_place = None;
        let folders: HashSet<u32> =
            self.records.keys().filter_map(|key| self.record(key)).map(|record| record.folder).collect();
        for entry in std::fs::read_dir(&self.objects)? {
            let entry = entry?;
            let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if !number.is_some_and(|number| folders.contains(&number)) {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }
}

fn remove(path: &Path) -> io::Result<()> {
    let result = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
