//! How a recorded command line becomes an action of the graph: its files found, its tool identified.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_command::{Command, Depfile, InputRole, Kind, OutputRole, Placement, ResponseFiles};
use ambidex_graph::{Access, Action, At, Graph, GroupId, Key};
use rustix::fs::{Access as Permission, access};

use crate::base::environment::Environment;
use crate::base::executables::Executables;
use crate::base::parts::Parts;
use crate::base::paths::PathTable;
use crate::base::roles::Roles;
use crate::base::stamp;
use crate::base::stat::Time;
use crate::memory::Memory;
use crate::observe::unremembered::Unremembered;
use crate::program::job::{DeclaredRead, Job, Life, Memorable, Place, Product, ReadAs, Setting};
use crate::program::left::Left;
use crate::program::line::Line;
use crate::uptodate::fingerprint::Fingerprint;
use crate::uptodate::key;

/// What is needed to take a command in.
pub(crate) struct Intake<'a> {
    pub graph: &'a mut Graph,
    pub paths: &'a mut PathTable,
    pub programs: &'a mut Executables,
    /// What earlier builds have left; none where nothing of it is wanted.
    pub memory: Option<&'a Memory>,
    /// The roles of the process.
    pub roles: &'a Arc<Roles>,
    /// That of the last command.
    pub setting: &'a mut Option<Arc<Setting>>,
    pub generation: u64,
    /// By the clock of files.
    pub now: Time,
}

struct In<'a>(&'a Path);

impl ResponseFiles for In<'_> {
    fn read(&self, path: &str) -> io::Result<String> {
        // A pipe would have no end.
        io::read_to_string(ambidex_store::open_regular(&self.0.join(path))?)
    }
}

impl Intake<'_> {
    /// Reads a command and finds its files.
    pub fn take(
        &mut self,
        argv: &[String],
        cwd: &Arc<Path>,
        env: &Arc<Environment>,
        group: GroupId,
    ) -> Result<(Action, Job), Left> {
        let program = self.program(argv.first().map_or("", String::as_str), cwd, env)?;
        let command = ambidex_command::read(argv, &env.variables, &In(cwd))?;
        if command.kind == Kind::Preprocess && !command.outputs.is_empty() {
            return Err(Left::MakesText);
        }
        let tool = match command.tool {
            0 => program.clone(),
            at => self.program(&command.argv[at], cwd, env)?,
        };
        let memorable = self.memorable(&command, &program, cwd, env);
        let key = key(&command, cwd, env, [&program, &tool]);
        let named = self.reads(&command, cwd);
        let reads = named.iter().map(|(access, _)| *access).collect();
        let (writes, products) = self.writes(&command, cwd)?;
        let named: Box<[DeclaredRead]> = named.into_iter().map(|(_, read)| read).collect();
        let outside_stamp = stamp::of(named.iter().filter(|read| read.outside).map(|read| &*read.file));
        let known = match (&memorable, &self.memory) {
            (Memorable::Yes(fingerprint), Some(memory)) => memory.duration(&fingerprint.key),
            _ => None,
        };
        let weight = known.unwrap_or_else(|| weight(&command, &named));
        let action = Action { group, key, reads, writes, weight };
        let job = Job {
            kind: command.kind,
            declares_all: command.depfile == Depfile::None,
            line: Line::new(command, argv),
            memorable,
            setting: self.setting(cwd, env, program),
            products: products.into(),
            reads: named,
            folder: None,
            outside_stamp,
            recorded: self.now,
            generation: self.generation,
            awaited: false,
            life: Life::Waiting(None),
        };
        Ok((action, job))
    }

    fn setting(&mut self, cwd: &Arc<Path>, env: &Arc<Environment>, program: Arc<Path>) -> Arc<Setting> {
        if let Some(last) = &self.setting
            && *last.cwd == **cwd
            && Arc::ptr_eq(&last.env, env)
            && *last.program == *program
        {
            return last.clone();
        }
        let new = Arc::new(Setting { cwd: cwd.clone(), env: env.clone(), program });
        *self.setting = Some(new.clone());
        new
    }

    fn program(&mut self, name: &str, cwd: &Path, env: &Environment) -> Result<Arc<Path>, Left> {
        self.programs.find(name, cwd, env).ok_or_else(|| Left::NoProgram(name.to_owned()))
    }

    fn reads(&mut self, command: &Command, cwd: &Path) -> Vec<(Access, DeclaredRead)> {
        let mut reads = Vec::new();
        for input in &command.inputs {
            if input.role == InputRole::SymbolsOrRunPath && cwd.join(&input.path).is_dir() {
                // `-R folder` is a run path, `-R file` a file of symbols (ld manual).
                continue;
            }
            let spelled = self.paths.spelling(Path::new(&input.path), cwd);
            let substitutable = input.role.substitutable() && command.placement == Placement::Renamable;
            let (at, as_what) = match input.role {
                InputRole::Previous if substitutable => (At::Renamable, ReadAs::Previous),
                _ => match Place::new(input.span).filter(|_| substitutable) {
                    Some(place) => (At::Renamable, ReadAs::Operand(place)),
                    None => (At::InPlace, ReadAs::Fixed),
                },
            };
            reads.push(self.read(spelled, at, as_what));
        }
        if matches!(command.kind, Kind::Link | Kind::CompileAndLink) {
            self.libraries(command, cwd, &mut reads);
        }
        reads
    }

    fn read(&mut self, spelled: PathBuf, at: At, as_what: ReadAs) -> (Access, DeclaredRead) {
        let path = self.paths.id(self.graph, spelled);
        let outside = self.graph.newest_version(path).is_none();
        (Access { path, at }, DeclaredRead { path, file: self.paths.shared(path), as_what, outside })
    }

    /// The files that `-l` options name, where they are files of the program or in folders that it names. The
    /// linker takes the first folder that has one (ld manual, `-l`).
    fn libraries(&mut self, command: &Command, cwd: &Path, reads: &mut Vec<(Access, DeclaredRead)>) {
        for library in &command.libraries {
            let names = library.file_names();
            'found: for folder in &command.library_dirs {
                for name in &names {
                    let spelled = self.paths.spelling(&Path::new(&folder.path).join(name), cwd);
                    let id = self.paths.known(&spelled);
                    let pending = id.is_some_and(|id| self.graph.newest_version(id).is_some());
                    if !pending && !spelled.exists() {
                        continue;
                    }
                    let at =
                        if command.placement == Placement::Renamable { At::Renamable } else { At::InPlace };
                    let folder = folder.first_arg.and_then(|argument| u32::try_from(argument).ok());
                    reads.push(self.read(spelled, at, ReadAs::Library { folder }));
                    break 'found;
                }
            }
        }
    }

    fn writes(&mut self, command: &Command, cwd: &Path) -> Result<(Vec<Access>, Vec<Product>), Left> {
        let renamable = command.placement == Placement::Renamable;
        let mut writes = Vec::new();
        let mut products = Vec::new();
        for output in &command.outputs {
            let place = self.paths.spelling(Path::new(&output.path), cwd);
            check_output(&place)?;
            let path = self.paths.id(self.graph, place);
            let place = self.paths.shared(path);
            let renamed = renamable && output.role == OutputRole::Primary;
            writes.push(Access { path, at: if renamed { At::Renamable } else { At::InPlace } });
            products.push(Product { path, place, renamed });
        }
        Ok((writes, products))
    }

    /// Whether runs of the command can be compared, and by what.
    fn memorable(&self, command: &Command, program: &Path, cwd: &Path, env: &Environment) -> Memorable {
        if self.memory.is_none() {
            return Memorable::No(Unremembered::NotInSuchARun);
        }
        if let Some(reason) = key::always(command) {
            return Memorable::No(reason);
        }
        let (key, roles) = key::of(command, program, cwd, env, self.roles);
        Memorable::Yes(Fingerprint { key, roles })
    }
}

/// A renamed output must not succeed where the command would have failed, nor replace what it would have followed.
fn check_output(place: &Path) -> Result<(), Left> {
    let bad = || Left::BadOutput(place.to_owned());
    let folder = place.parent().ok_or_else(bad)?;
    access(folder, Permission::WRITE_OK | Permission::EXEC_OK).map_err(|_| bad())?;
    match fs::symlink_metadata(place) {
        Ok(data) if data.is_file() && access(place, Permission::WRITE_OK).is_ok() => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        _ => Err(bad()),
    }
}

fn key(command: &Command, cwd: &Path, env: &Environment, tools: [&Path; 2]) -> Key {
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

/// A guess at the duration in microseconds, by the size of the sources. Only its order matters.
fn weight(command: &Command, reads: &[DeclaredRead]) -> u64 {
    let size =
        || -> u64 { reads.iter().filter_map(|read| fs::metadata(&read.file).ok()).map(|d| d.size()).sum() };
    match command.kind {
        Kind::Compile | Kind::CompileAndLink => 50_000 + size() * 4,
        _ => 20_000,
    }
}
