//! How a started node gets its outputs: from this tree, from the store, or by running its command.

mod call;

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ambidex_command::{Command, Kind};
use ambidex_graph::NodeId;
use ambidex_store::{Digest, Store};

use crate::base::call::WaitingCopy;
use crate::base::environment::Environment;
use crate::base::notice;
use crate::base::paths::{is_within, plain};
use crate::base::process::{Ended, Running};
use crate::base::roles::Roles;
use crate::base::stat::{Stat, Time};
use crate::execute::messages;
use crate::execute::outcome::{Ending, Inputs};
use crate::execute::place;
use crate::execute::plan::Plan;
use crate::memory::Memory;
use crate::memory::files::FindingId;
use crate::memory::record::{CommandDescription, How, Record, Why, Written};
use crate::memory::tree::Tree;
use crate::observe::by_libc::{self, Loaded};
use crate::observe::looks::View;
use crate::observe::observation::{self, Observation};
use crate::observe::surroundings;
use crate::observe::trace::Trace;
use crate::observe::unremembered::{Unobserved, Unremembered};
use crate::uptodate::check;
use crate::uptodate::fingerprint::{Fingerprint, Operand};
use crate::uptodate::remember::{self, Remembered, Run};
use crate::uptodate::shared::{self, Wanted};

/// A started command whose outputs are needed, whether it runs or not.
pub(crate) struct Execution {
    pub node: NodeId,
    pub plan: Plan,
    /// The copy of the process that makes the call, if it is a call of a function.
    pub copy: Mutex<Option<WaitingCopy>>,
    pub command: Arc<Command>,
    pub program: Arc<Path>,
    pub cwd: Arc<Path>,
    pub env: Arc<Environment>,
    /// The directory for its outputs, created when it is needed, and the number of that directory.
    pub folder: PathBuf,
    pub folder_number: u32,
    pub tree: Arc<Tree>,
    /// When the program had prepared everything that the command must find, by the file system's clock.
    pub prepared: Time,
    /// Whether a call is a translation by Cython.
    pub translates: bool,
    /// The files of the code that a translation runs.
    pub code: Arc<Vec<PathBuf>>,
    /// Whether the text that a call prints to its two streams appears at once.
    pub prints: [bool; 2],
    /// The final paths of its outputs.
    pub places: Vec<PathBuf>,
    /// None if the command runs in any case, for the reason in `why`.
    pub query: Option<CacheQuery>,
    /// Why it is not up to date, if that is already known.
    pub why: Option<Why>,
}

/// The data needed to find an earlier run of a command, or to remember this one.
pub(crate) struct CacheQuery {
    pub fingerprint: Fingerprint,
    pub operands: Vec<Operand>,
    /// The files that its command line names, except operands.
    pub declared: Vec<Arc<Path>>,
    /// The files that it writes: where each one is written, and under which name.
    pub outputs: Vec<(PathBuf, String)>,
    pub description: CommandDescription,
}

/// How a node ended, and the number of the directory that holds its outputs.
pub(crate) struct Obtained {
    pub ending: Ending,
    pub folder: u32,
}

/// The observed inputs and outputs of a run, in the form that [`Ending`] takes.
#[derive(Default)]
struct ObservedIo {
    inputs: Inputs,
    outputs: Box<[Digest]>,
    /// Why the run can't be remembered, if it can't.
    unremembered: Option<Unremembered>,
}

/// A function that lists looks only when they are needed: to list them for each command would waste time.
pub(crate) type LooksOf<'a> = dyn Fn(&Memory) -> Vec<FindingId> + 'a;

/// The context in which a node gets its outputs.
pub(crate) struct ExecContext<'a> {
    pub store: Option<&'a Store>,
    /// The directory for the temporary files of commands.
    pub temporary: &'a Path,
    /// The library that observes commands, if they can be observed.
    pub observer: Option<&'a Path>,
    /// Known facts about how the loader finds libraries.
    pub loaded: &'a Mutex<Loaded>,
    /// Called with the process ID of a command that has started.
    pub started: &'a dyn Fn(u32),
    /// Tells whether any of these looks sees another command's output that is not at its final path.
    pub sees_pending: &'a dyn Fn(&LooksOf<'_>) -> bool,
    /// The socket on which a command asks whether its turn has come, and the name under which it asks.
    pub socket: &'a Path,
    pub name: String,
}

impl Obtained {
    /// Returns the result of reusing a record of this tree.
    pub fn reused(record: Record) -> Self {
        let (folder, roles) = (record.folder, Roles::of(&record.roles));
        Self { ending: Ending::again(record.result, &roles, How::Reused, Why::UpToDate), folder }
    }

    /// Returns the result of a command that could not be run at all, as a shell would report it.
    pub fn unable(error: &io::Error) -> Self {
        let ended =
            Ended { err: format!("ambidex: {error}\n").into_bytes(), status: 126, ..Ended::default() };
        Self::failed(ended, Why::New)
    }

    fn failed(ended: Ended, why: Why) -> Self {
        let ending = Ending::new(ended, How::Ran, why);
        // A failed command has made nothing, so nothing looks there.
        Self { ending, folder: 0 }
    }
}

impl Execution {
    /// Gets the outputs.
    pub fn obtain(&self, context: &ExecContext<'_>) -> Obtained {
        let why = match &self.query {
            None => self.why.clone().unwrap_or(Why::New),
            Some(query) => match self.find(query, context) {
                Ok(found) => return found,
                Err(why) => why,
            },
        };
        match self.run(context, why) {
            Ok(obtained) => obtained,
            Err(error) => Obtained::unable(&error),
        }
    }

    /// Looks for an earlier run in this tree and in the store.
    fn find(&self, query: &CacheQuery, context: &ExecContext<'_>) -> Result<Obtained, Why> {
        let mut memory = self.tree.memory();
        let why = match &self.why {
            Some(why) => why.clone(),
            None => {
                let CacheQuery { fingerprint, operands, .. } = query;
                match check::recall(&mut memory, fingerprint, &self.command, operands, &self.env) {
                    Ok(record) => {
                        drop(memory);
                        if (context.sees_pending)(&|memory| memory.looks(&record.looks)) {
                            return Err(Why::Always(Unremembered::SeesPending));
                        }
                        return Ok(Obtained::reused(record));
                    }
                    Err(why) => why,
                }
            }
        };
        let why = match why {
            Why::New => match memory.command_at(&query.description.place) {
                // Two commands of one build may write the same path.
                Some((key, then)) if !self.tree.is_new(&key) => check::difference(&query.description, &then),
                _ => Why::New,
            },
            why => why,
        };
        let Some(store) = context.store else { return Err(why) };
        let found = self.wanted(query).find(store, &mut memory.files);
        drop(memory);
        let Some(found) = found else { return Err(why) };
        if (context.sees_pending)(&|_| found.looks.clone()) {
            return Err(Why::Always(Unremembered::SeesPending));
        }
        let fetched = fs::create_dir_all(&self.folder).is_ok()
            && shared::fetch(store, &found.result, &self.folder).unwrap_or_else(|error| {
                warn_of_store(&error);
                false
            });
        if !fetched {
            return Err(why);
        }
        let surrounded = self.tree.memory().surrounded_by(&found.asked, &self.env, &query.fingerprint.roles);
        let roles = surrounded.1.clone();
        self.remember(query, &found, surrounded);
        let ending = Ending::again(found.result, &roles, How::Cached, why);
        Ok(Obtained { ending, folder: self.folder_number })
    }

    fn wanted<'a>(&'a self, query: &'a CacheQuery) -> Wanted<'a> {
        let CacheQuery { fingerprint, operands, declared, .. } = query;
        Wanted { fingerprint, command: &self.command, env: &self.env, operands, declared }
    }

    /// Remembers a run in this tree, with the number of its surroundings and the roles of the paths that they name.
    fn remember(&self, query: &CacheQuery, run: &Remembered, surrounded: (u32, Arc<Roles>)) {
        let (surroundings, roles) = surrounded;
        let state = |output: &Written| Stat::of(&self.folder.join(&output.name));
        let states = run.result.outputs.iter().map(state).collect();
        let mut memory = self.tree.memory();
        let looks = memory.grouped(&run.looks);
        let record = Record {
            duration: run.result.duration,
            looks,
            roles: roles.all().to_vec(),
            surroundings,
            result: run.result.clone(),
            folder: self.folder_number,
            states,
            description: postcard::to_stdvec(&query.description).expect("what is told is plain data"),
        };
        memory.remember(query.fingerprint.key, &record);
    }

    fn run(&self, context: &ExecContext<'_>, why: Why) -> io::Result<Obtained> {
        self.prepare()?;
        let temporary = temporary_folder(context.temporary)?;
        let started = self.tree.after(self.prepared);
        let observed = |library| Some((library, Trace::new(&self.rules(context, &temporary)).ok()?));
        let trace = context.observer.and_then(observed);
        let copy = self.copy.lock().expect("nobody dies with a copy").take();
        let mut ended = match copy {
            Some(copy) => self.call(context, copy, trace.as_ref())?,
            None => {
                let own = self.own_variables(&temporary, trace.as_ref());
                let env = &self.env.variables;
                let running = Running::start(&self.program, &self.plan.argv, &self.cwd, env, &own)?;
                (context.started)(running.pid());
                running.wait()?
            }
        };
        // This fails if the command left files there: a process that it left running may use them.
        let _ = fs::remove_dir(&temporary);
        for (renamed, original) in &self.plan.renamed {
            ended.out = messages::with_names(std::mem::take(&mut ended.out), renamed, original);
            ended.err = messages::with_names(std::mem::take(&mut ended.err), renamed, original);
        }
        if ended.status != 0 {
            return Ok(Obtained::failed(ended, why));
        }
        let trace = trace.map(|(_, trace)| trace);
        let learnt = self.learn(context, Traced { trace, temporary: &temporary, started }, &ended);
        let why = learnt.unremembered.map_or(why, Why::Always);
        let ending = Ending::new(ended, How::Ran, why).with(learnt.inputs, learnt.outputs);
        Ok(Obtained { ending, folder: self.folder_number })
    }

    /// Returns the rules for what the command must ask for before it changes something: see `effects.rs` in the library
    /// that observes it.
    fn rules(&self, context: &ExecContext<'_>, temporary: &Path) -> Vec<u8> {
        let objects = self.tree.objects();
        let ours = [objects.parent().unwrap_or(&objects), temporary];
        // A call writes to the final paths only if the library in it could not tell which path it means.
        let places: &[PathBuf] = if self.command.kind == Kind::Generate { &[] } else { &self.places };
        let own = ours.into_iter().chain(places.iter().map(PathBuf::as_path)).map(real);
        let shared = self.shared_by_launchers().into_iter();
        let shared = shared.map(|folder| folder.canonicalize().unwrap_or_else(|_| self.cwd.join(folder)));
        let head = [context.socket.to_owned(), PathBuf::from(&context.name)];
        let fields = head.into_iter().chain(own).chain(shared).map(PathBuf::into_os_string);
        fields.flat_map(|field| [field.into_vec(), vec![0]].concat()).collect()
    }

    /// Returns the directories that compiler launchers share between runs, with locks of their own: ccache's
    /// (ccache(1), `cache_dir` and `temporary_dir`), sccache's, distcc's (distcc(1), `DISTCC_DIR`), and those that the
    /// XDG base directory specification has for caches. Without this list, each command with a launcher would be
    /// awaited.
    fn shared_by_launchers(&self) -> Vec<PathBuf> {
        let variable = |name: &str| self.env.variables.get(name).filter(|value| !value.is_empty());
        let named = [
            "CCACHE_DIR",
            "CCACHE_TEMPDIR",
            "CCACHE_LOGFILE",
            "SCCACHE_DIR",
            "SCCACHE_ERROR_LOG",
            "DISTCC_DIR",
            "XDG_CACHE_HOME",
            "XDG_RUNTIME_DIR",
        ];
        let named = named.into_iter().filter_map(variable).map(PathBuf::from);
        let home = variable("HOME").map(PathBuf::from).into_iter();
        named
            .chain(home.flat_map(|home| [".cache", ".ccache", ".distcc"].map(|name| home.join(name))))
            .collect()
    }

    /// Returns the environment variables that the engine sets for the command.
    fn own_variables(
        &self,
        temporary: &Path,
        trace: Option<&(&Path, Trace)>,
    ) -> Vec<(&'static str, OsString)> {
        let mut own = vec![("TMPDIR", temporary.into())];
        if let Some((library, trace)) = trace {
            let mut preload = library.as_os_str().to_owned();
            if let Some(others) = self.env.variables.get("LD_PRELOAD").filter(|others| !others.is_empty()) {
                preload.push(":");
                preload.push(others);
            }
            own.extend([("AMBIDEX_TRACE", trace.path().into()), ("LD_PRELOAD", preload)]);
        }
        own
    }

    /// Finds out what a successful run has looked at, and remembers the run, here and in the store.
    fn learn(&self, context: &ExecContext<'_>, traced: Traced<'_>, ended: &Ended) -> ObservedIo {
        let unremembered =
            |reason: Unremembered| ObservedIo { unremembered: Some(reason), ..ObservedIo::default() };
        let started = traced.started;
        let observation = match self.observe(context, traced) {
            Ok(observation) => observation,
            Err(reason) => return unremembered(reason),
        };
        let mut memory = self.tree.memory();
        let looks = match remember::looks(&mut memory, &observation, started) {
            Ok(looks) => looks,
            Err(reason) => return unremembered(reason),
        };
        let known = |looks: Vec<FindingId>| Inputs::Known(looks.into());
        let Some(query) = &self.query else {
            return ObservedIo { inputs: known(looks), ..ObservedIo::default() };
        };
        let surrounded = memory.surrounded_by(&observation.asked, &self.env, &query.fingerprint.roles);
        let run = Run {
            roles: &surrounded.1,
            command: &self.command,
            operands: &query.operands,
            observation: &observation,
            outputs: &query.outputs,
            ended,
        };
        let result = match run.result(&memory, &looks) {
            Ok(result) => result,
            Err(reason) => return ObservedIo { inputs: known(looks), ..unremembered(reason) },
        };
        let remembered = Remembered { looks, asked: observation.asked.clone(), result };
        let is_temporary = |file: &Arc<Path>| query.fingerprint.roles.is_temporary(&file.to_string_lossy());
        let shared = context.store.filter(|_| !query.declared.iter().any(is_temporary)).and_then(|store| {
            Some((store, self.wanted(query).shared(store, &mut memory.files, &remembered)?))
        });
        drop(memory);
        self.remember(query, &remembered, surrounded);
        if let Some((store, (key, record))) = shared {
            let put = || {
                for (file, output) in query.outputs.iter().zip(&remembered.result.outputs) {
                    if !store.put(&output.digest, &file.0)? {
                        return Ok(());
                    }
                }
                store.add_record(&key, &record)
            };
            if let Err(error) = put() {
                warn_of_store(&error);
            }
        }
        let outputs = remembered.result.outputs.iter().map(|output| output.digest).collect();
        ObservedIo { inputs: Inputs::Remembered, outputs, unremembered: None }
    }

    /// Returns what the command was seen to look at, or why that is not known.
    fn observe(&self, context: &ExecContext<'_>, traced: Traced<'_>) -> Result<Observation, Unremembered> {
        let trace = traced.trace.ok_or(Unobserved::NoPreloading)?;
        let bytes = trace.read().map_err(|error| Unobserved::Trace(error.to_string()))?;
        let bytes = bytes.ok_or(Unremembered::SeesTooMuch)?;
        let objects = plain(&self.tree.objects());
        let ours = objects.parent().unwrap_or(&objects);
        let operand = |operand: &String| plain(&self.cwd.join(operand)).into_os_string();
        let operands: HashSet<OsString> = self.plan.operands.iter().map(operand).collect();
        let is_own = |path: &Path| {
            is_within(path, ours) || is_within(path, traced.temporary) || operands.contains(path.as_os_str())
        };
        let mut observation = observation::of(&bytes, self.habits(), is_own)?;
        let program = plain(&self.program);
        [View::Leads, View::Runs].into_iter().for_each(|view| observation.looks.add(&program, view, true));
        self.code.iter().for_each(|file| observation.looks.add(&plain(file), View::Leads, true));
        let variable = |name: &str| self.env.variables.get(name).cloned();
        let mut loaded = context.loaded.lock().expect("nobody dies with what is known of libraries");
        by_libc::complete(&mut observation, &mut loaded, &variable)?;
        observation.note_programs(&surroundings::folders(&self.env));
        Ok(observation)
    }

    fn prepare(&self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        if self.plan.meets {
            self.plan.outputs.iter().try_for_each(|(place, file)| place::meet(place, file))?;
        }
        match &self.plan.copy {
            Some((from, to)) => match fs::copy(from, to) {
                // The command creates an archive that doesn't exist yet.
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
            None => Ok(()),
        }
    }
}

/// Returns a path without links in its directory.
fn real(path: &Path) -> PathBuf {
    match path.parent().map(Path::canonicalize) {
        Some(Ok(folder)) => folder.join(path.file_name().unwrap_or_default()),
        _ => path.to_owned(),
    }
}

/// A run that has ended.
struct Traced<'a> {
    trace: Option<Trace>,
    /// Where the command kept its temporary files.
    temporary: &'a Path,
    /// When it started, by the file system's clock.
    started: Time,
}

/// Creates a directory for the temporary files of one command. Commands don't share one, because it would go unnoticed
/// if a command looked at a temporary file of another.
fn temporary_folder(of_all: &Path) -> io::Result<PathBuf> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let folder = of_all.join(NUMBER.fetch_add(1, Ordering::Relaxed).to_string());
    fs::create_dir(&folder)?;
    Ok(folder)
}

/// Warns once that the store can't be used; builds go on without it.
fn warn_of_store(error: &ambidex_store::StoreError) {
    static WARNED: std::sync::Once = std::sync::Once::new();
    WARNED.call_once(|| notice::tell(format_args!("warning: {error}; the build goes on without the cache")));
}
