//! A command that Python sends, with everything that can be found out about it without the graph. It is read, named and
//! keyed once, without the engine's lock.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use ambidex_command::{Command, InputRole, Kind, ResponseFiles};
use ambidex_graph::Key;
use rustix::fs::{Access, access};

use crate::base::call::WaitingCopy;
use crate::base::environment::Environment;
use crate::base::executables::Executables;
use crate::base::parts::Parts;
use crate::base::protocol::Call;
use crate::base::roles::Roles;
use crate::base::stamp;
use crate::memory::record::RecordKey;
use crate::observe::unremembered::Unremembered;
use crate::program::job::Memorable;
use crate::program::left::Left;
use crate::uptodate::fingerprint::Fingerprint;
use crate::uptodate::key;

/// The known properties of the process that starts a command.
#[derive(Clone, Debug)]
pub(crate) struct ProcessContext {
    pub env: Arc<Environment>,
    pub roles: Arc<Roles>,
    pub executables: Arc<Executables>,
    /// Whether runs are remembered at all.
    pub remembers: bool,
}

/// A command that was read, named and keyed.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The arguments as Python sent them.
    pub argv: Vec<String>,
    pub command: Arc<Command>,
    pub cwd: Arc<Path>,
    pub env: Arc<Environment>,
    /// The executable file.
    pub program: Arc<Path>,
    /// The key that identifies its repetitions.
    pub key: Key,
    pub memorable: Memorable,
    /// A guess at its duration, in microseconds.
    pub weight: u64,
    /// The guessed duration of what must follow, as far as it is not recorded.
    pub following: u64,
    /// Whether it is a translation by Cython.
    pub translates: bool,
    /// Whether the text that a call of a function prints to its two streams appears at once.
    pub prints: [bool; 2],
    /// The copy of the process that makes it, if it is a call of a function.
    pub copy: Option<WaitingCopy>,
    /// For each input, a number that differs if the file has changed, or `None` if it is a run path and not a file.
    pub stamps: Box<[Option<u64>]>,
}

struct In<'a>(&'a Path);

impl ResponseFiles for In<'_> {
    fn read(&self, path: &str) -> io::Result<String> {
        // Reading a pipe would never end.
        io::read_to_string(ambidex_store::open_regular(&self.0.join(path))?)
    }
}

impl Prepared {
    /// Reads a command and finds its files.
    ///
    /// # Errors
    /// The reason why the command must be left to Python.
    pub fn new(argv: &[String], cwd: &Arc<Path>, context: &ProcessContext) -> Result<Self, Left> {
        let ProcessContext { env, executables, .. } = context;
        let find =
            |name: &str| executables.find(name, cwd, env).ok_or_else(|| Left::NoProgram(name.to_owned()));
        let program = find(argv.first().map_or("", String::as_str))?;
        let command = ambidex_command::read(argv, &env.variables, &In(cwd))?;
        if command.kind == Kind::Preprocess && !command.outputs.is_empty() {
            return Err(Left::MakesText);
        }
        let tool = match command.tool {
            0 => program.clone(),
            at => find(&command.argv[at])?,
        };
        check_outputs(&command, cwd)?;
        let mut prepared = Self {
            argv: argv.to_vec(),
            cwd: cwd.clone(),
            env: env.clone(),
            key: key_in_graph(&command, cwd, env, [&program, &tool]),
            memorable: memorable(&command, &program, cwd, context),
            weight: weight(&command, cwd),
            following: 0,
            translates: false,
            prints: [true; 2],
            copy: None,
            stamps: Box::default(),
            program,
            command: Arc::new(command),
        };
        prepared.stamp();
        Ok(prepared)
    }

    /// Prepares a call of a function, which a copy of the process will make.
    ///
    /// # Errors
    /// The reason why the call must be left to Python.
    pub fn of_call(
        argv: &[String],
        call: &Call,
        copy: Option<WaitingCopy>,
        cwd: &Arc<Path>,
        context: &ProcessContext,
    ) -> Result<Self, Left> {
        let command = Command::generation(argv.to_vec(), call.inputs.clone(), call.outputs.clone());
        check_outputs(&command, cwd)?;
        let copy = copy.ok_or(Left::NoCopy)?;
        let mut own = Parts::default();
        own.add(b"call");
        own.add(&call.number.to_le_bytes());
        let mut prepared = Self {
            argv: argv.to_vec(),
            cwd: cwd.clone(),
            env: context.env.clone(),
            // Each call has a copy of its own, so no call repeats another.
            key: Key(own.digest().0),
            memorable: match &call.unremembered {
                Some(why) => Memorable::No(Unremembered::NoValue(why.clone())),
                None => memorable(&command, &call.program, cwd, context),
            },
            weight: weight(&command, cwd),
            // What is made of it is compiled, which takes six times as long.
            following: if call.translates { 6 * weight(&command, cwd) } else { 0 },
            translates: call.translates,
            prints: call.prints,
            copy: Some(copy),
            stamps: Box::default(),
            program: call.program.as_path().into(),
            command: Arc::new(command),
        };
        prepared.stamp();
        Ok(prepared)
    }

    /// Stamps the inputs as they are now.
    pub fn stamp(&mut self) {
        let stamps = self.command.inputs.iter().map(|input| {
            let file = self.cwd.join(&input.path);
            // `-R folder` is a run path, `-R file` a file of symbols (ld manual).
            let is_run_path = input.role == InputRole::SymbolsOrRunPath && file.is_dir();
            (!is_run_path).then(|| stamp::of([&*file]))
        });
        self.stamps = stamps.collect();
    }
}

/// Returns whether runs of the command can be compared, and with which fingerprint.
fn memorable(command: &Command, program: &Path, cwd: &Path, context: &ProcessContext) -> Memorable {
    if !context.remembers {
        return Memorable::No(Unremembered::NotInSuchARun);
    }
    if let Some(reason) = key::always(command) {
        return Memorable::No(reason);
    }
    let (key, roles) = key::of(command, program, cwd, &context.env, &context.roles);
    let place = command.outputs.first().map(|output| cwd.join(&output.path)).unwrap_or_default();
    let here = RecordKey::of(key, &roles.name(&place.to_string_lossy()));
    Memorable::Yes(Fingerprint { key, here, roles })
}

/// Checks the places of outputs: a renamed output must not succeed where the command would have failed, nor replace
/// what the command would have written into.
fn check_outputs(command: &Command, cwd: &Path) -> Result<(), Left> {
    // Compilers and linkers make a new file (binutils, `bfd/opncls.c`); `ar` (`binutils/rename.c`) and functions write
    // into the one that is there, which may have other names.
    let makes_new = matches!(command.kind, Kind::Compile | Kind::CompileAndLink | Kind::Link);
    command.outputs.iter().try_for_each(|output| {
        let place = cwd.join(&output.path);
        let bad = || Left::BadOutput(place.clone());
        let folder = place.parent().ok_or_else(bad)?;
        access(folder, Access::WRITE_OK | Access::EXEC_OK).map_err(|_| bad())?;
        let is_replaceable = |data: &fs::Metadata| data.is_file() && (makes_new || data.nlink() == 1);
        match fs::symlink_metadata(&place) {
            Ok(data) if is_replaceable(&data) && access(&place, Access::WRITE_OK).is_ok() => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            _ => Err(bad()),
        }
    })
}

fn key_in_graph(command: &Command, cwd: &Path, env: &Environment, tools: [&Path; 2]) -> Key {
    let mut parts = Parts::default();
    let mut add = |part: &[u8]| parts.add(part);
    command.argv.iter().for_each(|arg| add(arg.as_bytes()));
    add(cwd.as_os_str().as_encoded_bytes());
    add(&env.hash);
    for tool in tools {
        add(tool.as_os_str().as_encoded_bytes());
        if let Ok(data) = fs::metadata(tool) {
            add(&data.size().to_le_bytes());
            add(&data.mtime().to_le_bytes());
            add(&data.mtime_nsec().to_le_bytes());
        }
    }
    Key(parts.digest().0)
}

/// Guesses the duration in microseconds from the size of the sources. Only the order of the guesses matters.
fn weight(command: &Command, cwd: &Path) -> u64 {
    let size = |path: &String| fs::metadata(cwd.join(path)).map_or(0, |data| data.size());
    match command.kind {
        Kind::Compile | Kind::CompileAndLink => {
            50_000 + command.inputs.iter().map(|input| size(&input.path)).sum::<u64>() * 4
        }
        // Cython translates some thirty kilobytes in a second.
        Kind::Generate => 100_000 + command.inputs.iter().map(|input| size(&input.path)).sum::<u64>() * 30,
        _ => 20_000,
    }
}
