//! What a command's result depends on, by what its processes were seen to do.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use crate::base::machine::Fact;
use crate::base::paths::{folder_of, plain};
use crate::observe::tools::{self, Habits};
use crate::observe::trace::{self, Entry};

/// In which respect a path was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum View {
    /// What it leads to: a file's content; whether there is a folder, or nothing.
    Leads,
    /// The link that is there, unless it is something else.
    Itself,
    /// The names in a folder.
    Names,
    /// The path without links.
    Resolved,
    /// Whether it can be executed.
    Runs,
    /// A file's modification time and permissions.
    State,
}

impl View {
    const ALL: [Self; 6] = [Self::Leads, Self::Itself, Self::Names, Self::Resolved, Self::Runs, Self::State];

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// How one path was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// A bit for each view.
    views: u8,
    /// Whether there was something.
    pub found: bool,
    /// Whether there was something at one time and nothing at another.
    unsteady: bool,
    /// Whether it was named by its whole path.
    pub absolute: bool,
    /// The device and the inode of the file, where it was opened.
    pub identity: Option<(u64, u64)>,
}

impl Seen {
    /// In which respects.
    pub fn views(self) -> impl Iterator<Item = View> {
        View::ALL.into_iter().filter(move |view| self.views & view.bit() != 0)
    }

    fn and(&mut self, other: Self) {
        self.views |= other.views;
        let is_another = self.identity.zip(other.identity).is_some_and(|(one, other)| one != other);
        self.unsteady |= other.unsteady || self.found != other.found || is_another;
        self.absolute |= other.absolute;
        self.identity = self.identity.or(other.identity);
    }
}

/// All paths that were looked at, in the order of the first look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Looks {
    all: Vec<(PathBuf, Seen)>,
    /// By the bytes of the paths, which are faster to compare than their parts.
    places: FxHashMap<OsString, usize>,
}

impl Looks {
    /// Adds a look at a path.
    pub fn add(&mut self, path: &Path, view: View, found: bool) {
        let seen = Seen { views: view.bit(), found, unsteady: false, absolute: false, identity: None };
        self.merge(path, seen);
    }

    fn merge(&mut self, path: &Path, seen: Seen) {
        match self.places.get(path.as_os_str()) {
            Some(place) => self.all[*place].1.and(seen),
            None => {
                self.places.insert(path.into(), self.all.len());
                self.all.push((path.to_owned(), seen));
            }
        }
    }

    /// What a path without links is depends on its folder, and on whether it is a link itself. Compilers ask for that of
    /// each header, of which many are in one folder.
    fn resolve_by_folders(&mut self) {
        let mut folders: Vec<PathBuf> = Vec::new();
        for (path, seen) in &mut self.all {
            if seen.views & View::Resolved.bit() == 0 {
                continue;
            }
            let (folder, is_named) = (path.parent(), path.file_name().is_some());
            if !seen.found {
                seen.views = seen.views & !View::Resolved.bit() | View::Leads.bit();
            } else if let Some(folder) = folder
                && is_named
                && !path.is_symlink()
            {
                seen.views = seen.views & !View::Resolved.bit() | View::Itself.bit();
                if folders.last().is_none_or(|last| last != folder) {
                    folders.push(folder.to_owned());
                }
            }
        }
        folders.iter().for_each(|folder| self.add(folder, View::Resolved, true));
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, Seen)> {
        self.all.iter().map(|(path, seen)| (path.as_path(), *seen))
    }

    /// How a path was looked at, if it was.
    pub fn get(&self, path: &Path) -> Option<Seen> {
        self.places.get(path.as_os_str()).map(|place| self.all[*place].1)
    }
}

/// The variables that processes asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Asked {
    These {
        /// In their order.
        names: Vec<String>,
        /// Programs that were looked for in the folders of `PATH`: only which file each one is counts of that variable.
        programs: Vec<String>,
    },
    /// Nobody knows: maybe any.
    Any,
}

/// Everything that a command looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    pub looks: Looks,
    pub asked: Asked,
    /// The programs that ran, each with the folders in which its libraries are looked for first.
    pub programs: BTreeSet<(PathBuf, String)>,
    /// What libraries were loaded, beside those that programs name themselves.
    pub loaded: BTreeSet<PathBuf>,
    /// Locales that were chosen, and catalogs of messages: (domain, folder).
    pub locales: BTreeSet<String>,
    pub catalogs: BTreeSet<(String, PathBuf)>,
    /// What was written, made, removed or altered.
    pub changes: BTreeMap<PathBuf, Changed>,
    /// What of the machine matters.
    pub machine: BTreeSet<Fact>,
    /// Whether the time does.
    pub timed: bool,
}

/// What was changed at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Whether something was there before.
    pub was_there: bool,
    /// Whether only compilers and their kin have changed it.
    pub by_tool: bool,
}

impl Observation {
    /// Takes down which programs were looked for in these folders, which are those of `PATH`.
    pub fn note_programs(&mut self, folders: &[PathBuf]) {
        let Asked::These { programs, .. } = &mut self.asked else { return };
        let folders: FxHashSet<&[u8]> = folders.iter().map(|folder| folder.as_os_str().as_bytes()).collect();
        let found = self.looks.iter().map(|(path, _)| path).filter(|path| folders.contains(folder_of(path)));
        let names = found.filter_map(|path| path.file_name()?.to_str()).map(str::to_owned);
        let names: BTreeSet<String> = names.collect();
        *programs = names.into_iter().collect();
    }
}

/// Why a command's dependencies are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what it looks at can't be observed: {0}")]
pub(crate) struct Unobserved(pub String);

/// What `entries` say about a command. `is_own` says of which files only the command and ambidex know: nobody else
/// looks at them or changes them.
pub(crate) fn of(bytes: &[u8], is_own: impl Fn(&Path) -> bool) -> Result<Observation, Unobserved> {
    let mut observation = Observation {
        looks: Looks::default(),
        asked: Asked::Any,
        programs: BTreeSet::new(),
        loaded: BTreeSet::new(),
        locales: BTreeSet::new(),
        catalogs: BTreeSet::new(),
        changes: BTreeMap::new(),
        machine: BTreeSet::new(),
        timed: false,
    };
    let unobserved = |what: &str| Unobserved(what.to_owned());
    let mut variables = BTreeSet::new();
    let mut any_variable = false;
    let mut habits: HashMap<u32, Habits> = HashMap::new();
    let mut clocks: HashMap<u32, usize> = HashMap::new();
    let mut seen: FxHashMap<&[u8], Seen> = FxHashMap::default();
    let mut order: Vec<&[u8]> = Vec::new();
    // One was started by the engine.
    let (mut started, mut began) = (1_usize, 0_usize);
    let mut running: FxHashSet<u32> = FxHashSet::default();
    for entry in trace::entries(bytes) {
        let habit = habits.get(&entry.process).copied().unwrap_or(Habits::UNKNOWN);
        match entry.kind {
            b'P' => {
                began += 1;
                running.insert(entry.process);
                let (program, libraries) = trace::parts(entry.text);
                let path = Entry { text: program, ..entry };
                let path = path.path().ok_or_else(|| unobserved("a program's name is no text"))?;
                let habit = tools::habits(path);
                habits.insert(entry.process, habit);
                clocks.remove(&entry.process);
                any_variable |= !habit.asks_by_name;
                let libraries = String::from_utf8_lossy(libraries).into_owned();
                observation.programs.insert((plain(path), libraries));
            }
            b'E' => started += 1,
            b'X' => started -= 1,
            b'Q' => {
                running.remove(&entry.process);
            }
            b'G' => {
                variables.insert(text(&entry)?.to_owned());
            }
            b'Z' => {
                let (_, name) = trace::parts(entry.text);
                observation.locales.insert(String::from_utf8_lossy(name).into_owned());
            }
            b'M' => {
                let (domain, folder) = trace::parts(entry.text);
                let domain = String::from_utf8_lossy(domain).into_owned();
                observation.catalogs.insert((domain, trace::as_path(folder).to_owned()));
            }
            b'T' => {
                let count = clocks.entry(entry.process).or_default();
                *count += 1;
                observation.timed |= habit.time_matters(entry.text, *count);
            }
            b'K' => {
                observation.machine.insert(Fact::Processor);
            }
            // What compilers make doesn't depend on who runs them where.
            b'H' if habit.goes_by_content => {}
            b'H' => {
                observation.machine.insert(fact(&entry)?);
            }
            b'O' => {
                observation.loaded.insert(path(&entry)?);
            }
            b'W' => {
                let path = path(&entry)?;
                if !is_own(&path) {
                    let new = Changed { was_there: entry.found, by_tool: true };
                    observation.changes.entry(path).or_insert(new).by_tool &= habit.goes_by_content;
                }
            }
            // Compilers ask the kernel how much they may use, not what to make.
            b'L' | b'N' | b'C' | b'D' if habit.goes_by_content && is_kernels(entry.text) => {}
            b'L' | b'N' | b'C' | b'D' => {
                let look = look(&entry, habit);
                seen.entry(entry.text).and_modify(|seen| seen.and(look)).or_insert_with(|| {
                    order.push(entry.text);
                    look
                });
            }
            b'U' => return Err(unobserved(&String::from_utf8_lossy(entry.text))),
            _ => return Err(unobserved("a process has ended in the middle of a call")),
        }
    }
    if began < started {
        return Err(unobserved("a program has run without the library that observes it"));
    }
    if !running.is_empty() {
        return Err(unobserved("a process has become another one, or was killed, or goes on"));
    }
    for text in order {
        let path = std::str::from_utf8(text).map_err(|_| unobserved("a path is no text"))?;
        let path = plainly(path);
        if !is_own(&path) {
            observation.looks.merge(&path, seen[text]);
        }
    }
    observation.looks.resolve_by_folders();
    // A command that makes what it has missed is judged by its changes.
    let unsteady = |(path, seen): &(&Path, Seen)| seen.unsteady && !observation.changes.contains_key(*path);
    if let Some((path, _)) = observation.looks.iter().find(unsteady) {
        return Err(Unobserved(format!("{} came or went while it ran", path.display())));
    }
    if any_variable {
        observation.asked = Asked::Any;
    } else {
        variables.extend(tools::asked_by_the_c_library().map(str::to_owned));
        variables.retain(|name| !tools::counts_otherwise(name));
        observation.asked = Asked::These { names: variables.into_iter().collect(), programs: Vec::new() };
    }
    Ok(observation)
}

/// Whether a file is one that the kernel makes up (proc(5), sysfs(5)).
pub(crate) fn is_kernels(path: &[u8]) -> bool {
    path.starts_with(b"/proc/") || path.starts_with(b"/sys/")
}

/// How an entry looks at its path.
fn look(entry: &Entry<'_>, habits: Habits) -> Seen {
    let mut views = match entry.kind {
        b'N' => View::Itself,
        b'C' => View::Resolved,
        b'D' => View::Names,
        _ => View::Leads,
    }
    .bit();
    if entry.executable {
        views |= View::Runs.bit();
    }
    // Of an open file it may be asked for its times, which isn't seen.
    if entry.state && !habits.goes_by_content || entry.identity.is_some() && !habits.reads_content {
        views |= View::State.bit();
    }
    let absolute = entry.absolute && entry.found;
    Seen { views, found: entry.found, unsteady: false, absolute, identity: entry.identity }
}

/// What of the machine was asked for.
fn fact(entry: &Entry<'_>) -> Result<Fact, Unobserved> {
    Ok(match entry.text {
        b"k" => Fact::Kernel,
        b"u" => Fact::User,
        b"n" => Fact::Processors,
        other => return Err(Unobserved(String::from_utf8_lossy(other).into_owned())),
    })
}

/// A path without `.` and doubled slashes. Most have none.
fn plainly(path: &str) -> Cow<'_, Path> {
    let path_of = Path::new(path);
    if path.contains("/./")
        || path.contains("//")
        || path.ends_with("/.")
        || path.len() > 1 && path.ends_with('/')
    {
        Cow::Owned(plain(path_of))
    } else {
        Cow::Borrowed(path_of)
    }
}

fn text<'a>(entry: &Entry<'a>) -> Result<&'a str, Unobserved> {
    std::str::from_utf8(entry.text).map_err(|_| Unobserved("a name is no text".to_owned()))
}

fn path(entry: &Entry<'_>) -> Result<PathBuf, Unobserved> {
    Ok(plain(Path::new(text(entry)?)))
}
