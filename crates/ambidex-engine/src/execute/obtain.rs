//! How a started node gets its outputs: from this tree, from the store, or by running its command.

mod call;
mod find;
mod learn;
mod preprocess;
mod probe;
mod variables;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ambidex_command::Command;
use ambidex_graph::NodeId;
use ambidex_store::Store;

use self::learn::Traced;
use crate::base::call::WaitingCopy;
use crate::base::environment::Environment;
use crate::base::notice;
use crate::base::process::{Ended, Running};
use crate::base::roles::Roles;
use crate::base::stat::Time;
use crate::execute::messages;
use crate::execute::outcome::Ending;
use crate::execute::place;
use crate::execute::plan::Plan;
use crate::memory::Memory;
use crate::memory::files::FindingId;
use crate::memory::record::{CommandDescription, How, Record, Why};
use crate::memory::tree::Tree;
use crate::observe::by_libc::Loaded;
use crate::observe::trace::Trace;
use crate::uptodate::fingerprint::{Fingerprint, Operand};

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
