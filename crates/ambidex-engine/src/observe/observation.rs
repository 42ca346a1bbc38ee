//! The dependencies of a command's result, according to what its processes were seen to do.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::looks::{Looks, Seen, View, is_kernels};
use super::unremembered::{Unobserved, Unremembered};
use crate::base::machine::Fact;
use crate::base::paths::{folder_of, plain};
use crate::observe::tools::{self, Habits};
use crate::observe::trace::{self, Entry};

/// The environment variables that processes asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Asked {
    These {
        /// The names of the variables, sorted.
        names: Vec<String>,
        /// The programs that were looked for in the directories of `PATH`. Of that variable, only the file of each
        /// program counts.
        programs: Vec<String>,
    },
    /// Not known: possibly any variable.
    #[default]
    Any,
}

/// Everything that one run of a command did, read from its trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Observation {
    pub looks: Looks,
    pub asked: Asked,
    /// The programs that ran, each with the directories in which the loader looks for its libraries first.
    pub programs: BTreeSet<(PathBuf, String)>,
    /// The libraries that were loaded when a program began and when it ended.
    pub loaded: BTreeSet<PathBuf>,
    /// The locales that were chosen, and the catalogs of messages: (domain, directory).
    pub locales: BTreeSet<String>,
    pub catalogs: BTreeSet<(String, PathBuf)>,
    /// The paths that were written, created, removed or altered.
    pub changes: BTreeMap<PathBuf, Changed>,
    /// The facts about the machine that matter.
    pub machine: BTreeSet<Fact>,
    /// Whether the time matters.
    pub timed: bool,
    /// Whether a process has resolved a relative path that may be longer than the real one. Where it is, GCC names a
    /// system header by the real path (`libcpp/files.cc`, `maybe_shorter_path`).
    pub may_shorten: bool,
    /// The files of which a process has asked where they really are, when it had opened them by these paths. Clang
    /// compares that with the names in `#include` (`PPDirectives.cpp`, `trySimplifyPath`).
    pub resolved: Vec<PathBuf>,
}

/// A change at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Whether something was there before.
    pub was_there: bool,
    /// Whether only compilers and similar tools have changed it.
    pub by_tool: bool,
}

impl Observation {
    /// Notes which programs were looked for in these directories, which are those of `PATH`.
    pub fn note_programs(&mut self, folders: &[PathBuf]) {
        let Asked::These { programs, .. } = &mut self.asked else { return };
        let folders: FxHashSet<&[u8]> = folders.iter().map(|folder| folder.as_os_str().as_bytes()).collect();
        let found = self.looks.iter().map(|(path, _)| path).filter(|path| folders.contains(folder_of(path)));
        let names = found.filter_map(|path| path.file_name()?.to_str()).map(str::to_owned);
        let names: BTreeSet<String> = names.collect();
        *programs = names.into_iter().collect();
    }
}

/// Returns what the entries in `bytes` say about a command. `is_own` tells which files only the command and ambidex
/// know: nobody else looks at them or changes them. `first` has the habits of the first program, if its file does not
/// tell them.
///
/// # Errors
/// If something that the command did was not seen.
pub(crate) fn of(
    bytes: &[u8],
    first: Option<Habits>,
    is_own: impl Fn(&Path) -> bool,
) -> Result<Observation, Unremembered> {
    // The engine started one program.
    let mut reading = Reading { started: 1, first, ..Reading::default() };
    for entry in trace::entries(bytes) {
        reading.take(&entry, &is_own)?;
    }
    reading.finish(&is_own)
}

/// A trace while it is read.
#[derive(Default)]
struct Reading<'a> {
    observation: Observation,
    variables: BTreeSet<String>,
    /// Whether a program has run that may have read any variable.
    any_variable: bool,
    /// The habits of the program that each process runs.
    habits: HashMap<u32, Habits>,
    /// How often each process has asked for the time.
    clocks: HashMap<u32, usize>,
    /// The looks at each path, and the paths in the order of their first looks.
    seen: FxHashMap<&'a [u8], Seen>,
    order: Vec<&'a [u8]>,
    /// The devices and inodes of open files of which a process has asked where they really are.
    resolved: FxHashSet<(u64, u64)>,
    first: Option<Habits>,
    /// How many programs were started, and how many have begun.
    started: usize,
    began: usize,
    running: FxHashSet<u32>,
}

impl<'a> Reading<'a> {
    fn take(&mut self, entry: &Entry<'a>, is_own: &impl Fn(&Path) -> bool) -> Result<(), Unobserved> {
        let habit = self.habits.get(&entry.process).copied().unwrap_or(Habits::UNKNOWN);
        let observation = &mut self.observation;
        match entry.kind {
            b'P' => self.begin(entry)?,
            b'E' => self.started += 1,
            b'X' => self.started -= 1,
            b'Q' => drop(self.running.remove(&entry.process)),
            b'G' => drop(self.variables.insert(text(entry)?.to_owned())),
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
                let count = self.clocks.entry(entry.process).or_default();
                *count += 1;
                observation.timed |= habit.time_matters(entry.text, *count);
            }
            b'K' => drop(observation.machine.insert(Fact::Processor)),
            // The output of a compiler doesn't depend on who runs it, or where.
            b'H' if habit.works_anywhere => {}
            b'H' => drop(observation.machine.insert(fact(entry)?)),
            b'O' => drop(observation.loaded.insert(path(entry)?)),
            b'W' => {
                let path = path(entry)?;
                if !is_own(&path) {
                    let new = Changed { was_there: entry.found, by_tool: true };
                    observation.changes.entry(path).or_insert(new).by_tool &= habit.goes_by_content;
                }
            }
            // Compilers ask the kernel how much they may use, not what to make.
            b'L' | b'N' | b'C' | b'D' if habit.goes_by_content && is_kernels(entry.text) => {}
            b'L' | b'N' | b'C' | b'D' | b'A' => self.look(entry, habit),
            b'R' if habit.goes_by_content && is_kernels(entry.text) => {}
            b'R' => self.resolved.extend(entry.identity),
            b'U' => return Err(Unobserved::Unseen(String::from_utf8_lossy(entry.text).into_owned())),
            _ => return Err(Unobserved::EndInACall),
        }
        Ok(())
    }

    /// Takes in that a program begins in a process.
    fn begin(&mut self, entry: &Entry<'a>) -> Result<(), Unobserved> {
        self.began += 1;
        self.running.insert(entry.process);
        let (program, libraries) = trace::parts(entry.text);
        let path = Entry { text: program, ..*entry };
        let path = path.path().ok_or(Unobserved::NoText)?;
        let habit = self.first.take().unwrap_or_else(|| tools::habits(path));
        self.habits.insert(entry.process, habit);
        self.clocks.remove(&entry.process);
        self.any_variable |= !habit.asks_by_name;
        let libraries = String::from_utf8_lossy(libraries).into_owned();
        self.observation.programs.insert((plain(path), libraries));
        Ok(())
    }

    fn look(&mut self, entry: &Entry<'a>, habit: Habits) {
        self.observation.may_shorten |= entry.kind == b'C' && !entry.absolute && is_long(entry.text);
        let look = look(entry, habit);
        self.seen.entry(entry.text).and_modify(|seen| seen.and(look)).or_insert_with(|| {
            self.order.push(entry.text);
            look
        });
    }

    /// Returns the observation, after everything was read.
    fn finish(self, is_own: &impl Fn(&Path) -> bool) -> Result<Observation, Unremembered> {
        let Self { mut observation, mut variables, seen, order, resolved, .. } = self;
        if self.began < self.started {
            return Err(Unobserved::WithoutLibrary.into());
        }
        if !self.running.is_empty() {
            return Err(Unobserved::NoEnd.into());
        }
        // A file may have been opened by several paths, and it is not known for which of them the process has asked.
        let mut opened = FxHashSet::default();
        for text in order {
            let path = std::str::from_utf8(text).map_err(|_| Unobserved::NoText)?;
            let path = plainly(path);
            let asked_for = seen[text].identity.filter(|file| resolved.contains(file));
            opened.extend(asked_for);
            if !is_own(&path) {
                observation.looks.merge(&path, seen[text]);
                if asked_for.is_some() {
                    observation.resolved.push(path.into_owned());
                }
            }
        }
        if opened.len() < resolved.len() {
            return Err(Unobserved::Unseen("the path of an open file".to_owned()).into());
        }
        observation.looks.resolve_by_folders();
        observation.resolved.iter().for_each(|path| observation.looks.add_real_path(path));
        // A command that makes a file that it has missed is judged by its changes.
        let unsteady =
            |(path, seen): &(&Path, Seen)| seen.unsteady && !observation.changes.contains_key(*path);
        if let Some((path, _)) = observation.looks.iter().find(unsteady) {
            return Err(Unremembered::CameOrWent(path.to_owned()));
        }
        if !self.any_variable {
            variables.extend(tools::asked_by_the_c_library().map(str::to_owned));
            variables.retain(|name| !tools::counts_otherwise(name));
            observation.asked = Asked::These { names: variables.into_iter().collect(), programs: Vec::new() };
        }
        Ok(observation)
    }
}

/// Returns how an entry looks at its path.
fn look(entry: &Entry<'_>, habits: Habits) -> Seen {
    let mut views = match entry.kind {
        b'N' => View::Itself,
        b'C' => View::Resolved,
        b'D' => View::Names,
        b'A' => View::Matching,
        _ => View::Leads,
    }
    .bit();
    if entry.executable {
        views |= View::Runs.bit();
    }
    // A process may ask an open file for its times, and that isn't seen.
    if entry.state && !habits.goes_by_content || entry.identity.is_some() && !habits.reads_content {
        views |= View::State.bit();
    }
    let absolute = entry.absolute && entry.found;
    let (found, relative, for_options) = (entry.found, !entry.absolute, habits.reads_options);
    Seen { views, found, unsteady: false, absolute, relative, for_options, identity: entry.identity }
}

/// Returns whether a relative path may be longer than its real path, by what `.` and slashes add to it. The shortest
/// directory that can move has two letters (`/a`).
fn is_long(path: &[u8]) -> bool {
    std::str::from_utf8(path).is_ok_and(|path| path.len() - plainly(path).as_os_str().len() > "/a/".len())
}

/// Returns the fact about the machine that a process asked for.
fn fact(entry: &Entry<'_>) -> Result<Fact, Unobserved> {
    Ok(match entry.text {
        b"k" => Fact::Kernel,
        b"u" => Fact::User,
        b"n" => Fact::Processors,
        other => return Err(Unobserved::Unseen(String::from_utf8_lossy(other).into_owned())),
    })
}

/// Returns a path without `.` and doubled slashes. Most paths have none.
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
    std::str::from_utf8(entry.text).map_err(|_| Unobserved::NoText)
}

fn path(entry: &Entry<'_>) -> Result<PathBuf, Unobserved> {
    Ok(plain(Path::new(text(entry)?)))
}
