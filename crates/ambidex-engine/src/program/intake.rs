//! How a prepared command becomes an action of the graph: which versions it reads, which paths it writes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_command::{Command, Depfile, InputRole, Kind, OutputRole, Placement};
use ambidex_graph::{Access, Action, At, Graph, GroupId};

use crate::base::environment::Environment;
use crate::base::paths::PathTable;
use crate::base::stamp;
use crate::base::stat::Time;
use crate::memory::Memory;
use crate::program::expected;
use crate::program::job::{DeclaredRead, Job, Life, Memorable, Place, Product, ReadAs, Setting};
use crate::program::line::Line;
use crate::program::prepared::Prepared;

/// The state that is needed to turn a prepared command into an action.
pub(crate) struct Intake<'a> {
    pub graph: &'a mut Graph,
    pub paths: &'a mut PathTable,
    /// The memory of earlier builds, or `None` if it is not used.
    pub memory: Option<&'a Memory>,
    /// The setting of the last command.
    pub setting: &'a mut Option<Arc<Setting>>,
    pub generation: u64,
    /// The time, by the clock of files.
    pub now: Time,
}

impl Intake<'_> {
    /// Makes an action and a job from a command.
    pub fn take(&mut self, prepared: &Prepared, group: GroupId) -> (Action, Job) {
        let Prepared { command, cwd, .. } = prepared;
        let named = self.reads(prepared);
        let reads = named.iter().map(|(access, _, _)| *access).collect();
        let outside = named.iter().filter(|(_, read, _)| read.outside).map(|(_, _, stamp)| *stamp);
        let outside_stamp = stamp::together(outside);
        let (writes, products) = self.writes(command, cwd);
        let named: Box<[DeclaredRead]> = named.into_iter().map(|(_, read, _)| read).collect();
        let known = match (&prepared.memorable, &self.memory) {
            (Memorable::Yes(fingerprint), Some(memory)) => memory.duration(&fingerprint.here),
            _ => None,
        };
        let weight = known.unwrap_or(prepared.weight) + prepared.following;
        let action = Action { group, key: prepared.key, reads, writes, weight };
        let job = Job {
            kind: command.kind,
            declares_all: command.depfile == Depfile::None,
            line: Line::new(command.clone(), &prepared.argv),
            memorable: prepared.memorable.clone(),
            setting: self.setting(cwd, &prepared.env, prepared.program.clone()),
            products: products.into(),
            reads: named,
            folder: None,
            outside_stamp,
            recorded: self.now,
            generation: self.generation,
            awaited: false,
            translates: prepared.translates,
            prints: prepared.prints,
            copy: None,
            remembered: known.and_then(expected::remembered),
            life: Life::Waiting(None),
        };
        (action, job)
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

    /// Returns the files that the command reads, each with its stamp.
    fn reads(&mut self, prepared: &Prepared) -> Vec<(Access, DeclaredRead, u64)> {
        let Prepared { command, cwd, .. } = prepared;
        let mut reads = Vec::new();
        for (input, stamp) in command.inputs.iter().zip(&prepared.stamps) {
            let Some(stamp) = stamp else { continue };
            let spelled = self.paths.spelling(Path::new(&input.path), cwd);
            let substitutable = input.role.substitutable() && command.placement == Placement::Renamable;
            let (at, as_what) = match input.role {
                InputRole::Previous if substitutable => (At::Renamable, ReadAs::Previous),
                _ => match Place::new(input.span).filter(|_| substitutable) {
                    Some(place) => (At::Renamable, ReadAs::Operand(place)),
                    None => (At::InPlace, ReadAs::Fixed),
                },
            };
            let (access, read) = self.read(spelled, at, as_what);
            reads.push((access, read, *stamp));
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

    /// Adds the files that `-l` options name, if they are outputs of the program or exist in directories that the
    /// command names. The linker takes the first directory that has one (ld manual, `-l`).
    fn libraries(&mut self, command: &Command, cwd: &Path, reads: &mut Vec<(Access, DeclaredRead, u64)>) {
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
                    let stamp = stamp::of([&*spelled]);
                    let (access, read) = self.read(spelled, at, ReadAs::Library { folder });
                    reads.push((access, read, stamp));
                    break 'found;
                }
            }
        }
    }

    fn writes(&mut self, command: &Command, cwd: &Path) -> (Vec<Access>, Vec<Product>) {
        let renamable = command.placement == Placement::Renamable;
        let mut writes = Vec::new();
        let mut products = Vec::new();
        for output in &command.outputs {
            let place = self.paths.spelling(Path::new(&output.path), cwd);
            let path = self.paths.id(self.graph, place);
            let place = self.paths.shared(path);
            let renamed = renamable && output.role == OutputRole::Primary;
            writes.push(Access { path, at: if renamed { At::Renamable } else { At::InPlace } });
            products.push(Product { path, place, renamed });
        }
        (writes, products)
    }
}
