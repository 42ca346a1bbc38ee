//! Knows how one captured process is served: each request changes its program, waits for it, or both.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufReader};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard};

use ambidex_graph::{NodeId, PathId, Recorded};

use crate::job::Environment;
use crate::line::NoFiles;
use crate::process;
use crate::program::{Origin, Program, PythonState};
use crate::protocol::{self, OpenScope, Reply, Request};
use crate::roles::Roles;
use crate::server::Trees;
use crate::state::{Inner, Shared};

/// Programs that look at nothing a build makes: Python may start them while work is pending.
const HARMLESS: [&str; 6] = ["uname", "pkg-config", "pkgconf", "getconf", "lsb_release", "sysctl"];

/// One captured process.
pub(crate) struct Session {
    shared: Arc<Shared>,
    trees: Arc<Trees>,
    stream: UnixStream,
    /// What comes by it.
    incoming: BufReader<UnixStream>,
    /// Its program's number.
    program: usize,
    /// Whether Python has started processes, which may write files at any time.
    has_processes: bool,
    /// What came before its turn.
    early: VecDeque<Request>,
    /// Nodes that were recorded, and not yet looked for among what earlier builds have left.
    new_nodes: Vec<NodeId>,
}

/// What became of a command.
enum Taken {
    /// It is part of the graph, and writes these files.
    Recorded(Vec<String>),
    /// The serial build would not have come to it.
    Skipped,
    /// Everything before it is done, and Python is to run it.
    Yours,
}

type Guard<'a> = MutexGuard<'a, Inner>;

impl Session {
    /// Serves a process until it ends.
    pub fn serve(shared: Arc<Shared>, trees: Arc<Trees>, mut stream: UnixStream) -> io::Result<()> {
        let mut incoming = BufReader::new(stream.try_clone()?);
        let Some(Request::Hello { version, cwd, argv, lane_of, prefix, .. }) =
            protocol::receive(&mut incoming)?
        else {
            return Ok(());
        };
        if version != protocol::VERSION {
            return Err(io::Error::other("a captured process speaks another protocol"));
        }
        let program = {
            let mut inner = shared.lock();
            let run_all = !shared.options.only_record;
            let number = inner.programs.len();
            let store = shared.options.store.clone();
            let origin = Origin { store, ..origin(&cwd, &argv, prefix.as_deref()) };
            inner.programs.push(Program::new(number, PathBuf::from(cwd), lane_of, run_all, origin));
            number
        };
        trees.doubt(None);
        protocol::send(&mut stream, &Reply::Welcome { program })?;
        let mut session = Self {
            shared,
            trees,
            stream,
            incoming,
            program,
            has_processes: false,
            early: VecDeque::new(),
            new_nodes: Vec::new(),
        };
        let result = session.answer_all();
        // Whatever is still pending now belongs to a process that was killed.
        let unwanted = session.shared.lock().programs[program].abandon();
        unwanted.into_iter().for_each(process::end);
        result
    }

    fn answer_all(&mut self) -> io::Result<()> {
        while let Some(request) = self.next_request()? {
            let reply = self.answer(request)?;
            protocol::send(&mut self.stream, &reply)?;
            // While Python goes on.
            self.spare_or_start();
        }
        Ok(())
    }

    fn next_request(&mut self) -> io::Result<Option<Request>> {
        match self.early.pop_front() {
            Some(request) => Ok(Some(request)),
            None => protocol::receive(&mut self.incoming),
        }
    }

    fn answer(&mut self, request: Request) -> io::Result<Reply> {
        match request {
            Request::Record { commands, recording, cwd, scope, open, env } => {
                if self.shared.lock().programs[self.program].scope_of.len() != recording {
                    // Python did not know what became of those before.
                    return Ok(Reply::Recorded { outputs: Vec::new(), yours: false });
                }
                self.introduce(scope, open, env);
                self.record_all(commands, &Path::new(&cwd).into(), scope)
            }
            Request::Fresh { scope, open, state, again, code, cwd, env } => {
                if again {
                    self.trees.doubt(None);
                }
                self.introduce(scope, open, env);
                self.prepare()?;
                let mut inner = self.shared.lock();
                let program = &mut inner.programs[self.program];
                if let Some(code) = code {
                    program.learn_code(&code);
                }
                let python = PythonState { objects: &state, cwd: &Path::new(&cwd).into() };
                Ok(Reply::Fresh { outputs: program.spare(scope, &python) })
            }
            Request::Wait { scope } => self.wait(scope),
            Request::Finish { extensions } => self.finish(extensions.as_deref()),
            Request::Jobs { count } => {
                self.set_jobs(count);
                Ok(Reply::Ok)
            }
            Request::Look { paths, cwd } => self.look(&paths, Path::new(&cwd)),
            Request::Change { paths, cwd, private } => self.change(&paths, Path::new(&cwd), private),
            Request::Process { argv } => self.process(&argv),
            Request::Check => self.check(),
            Request::Retire => self.retire(),
            Request::Abandon { program } => {
                let unwanted = self.shared.lock().programs.get_mut(program).map(Program::abandon);
                unwanted.into_iter().flatten().for_each(process::end);
                Ok(Reply::Ok)
            }
            Request::Hello { .. } | Request::Printed => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "a message out of turn"))
            }
        }
    }

    /// Takes in what a message tells besides its commands.
    fn introduce(&self, scope: u32, open: Option<OpenScope>, env: Option<BTreeMap<String, String>>) {
        let mut inner = self.shared.lock();
        let program = &mut inner.programs[self.program];
        if let Some(open) = open {
            program.open_scope(scope, open, self.shared.options.keep_going);
        }
        if let Some(env) = env {
            program.env = Arc::new(Environment::new(env));
        }
    }

    /// Opens the tree that the program belongs to, and forgets what may be out of date.
    fn prepare(&self) -> io::Result<()> {
        if self.has_processes {
            self.trees.doubt(None);
        }
        let program = |inner: &Guard<'_>| {
            let program = &inner.programs[self.program];
            program.tree.is_none().then(|| program.cwd.clone())
        };
        let missing = program(&self.shared.lock());
        if let Some(root) = missing {
            // Another build of the same tree may have to end first.
            let tree = self.trees.open(&root)?;
            self.shared.lock().programs[self.program].tree = Some(tree);
        }
        Ok(())
    }

    fn record_all(&mut self, commands: Vec<Vec<String>>, cwd: &Arc<Path>, scope: u32) -> io::Result<Reply> {
        let mut outputs = Vec::with_capacity(commands.len());
        for argv in commands {
            match self.record(argv, cwd, scope)? {
                Taken::Recorded(files) => outputs.push(Some(files)),
                Taken::Skipped => outputs.push(None),
                Taken::Yours => return Ok(Reply::Recorded { outputs, yours: true }),
            }
        }
        Ok(Reply::Recorded { outputs, yours: false })
    }

    fn record(&mut self, argv: Vec<String>, cwd: &Arc<Path>, scope: u32) -> io::Result<Taken> {
        self.prepare()?;
        let mut inner = self.shared.lock();
        let program = &mut inner.programs[self.program];
        match program.record(&argv, cwd, scope) {
            Ok((Recorded::Skipped, _)) => Ok(Taken::Skipped),
            Ok((recorded, outputs)) => {
                if let Recorded::New(node) = recorded {
                    self.new_nodes.push(node);
                }
                Ok(Taken::Recorded(outputs))
            }
            Err(reason) => {
                program.left.push((argv, reason.to_string()));
                program.doubt_units();
                drop(inner);
                self.spare_or_start();
                self.force_all()?;
                self.shared.lock().programs[self.program].inputs_change();
                self.trees.doubt(None);
                Ok(Taken::Yours)
            }
        }
    }

    /// Ends the new nodes that are up to date, and has the others started.
    fn spare_or_start(&mut self) {
        if self.new_nodes.is_empty() {
            return;
        }
        let mut inner = self.shared.lock();
        let program = &mut inner.programs[self.program];
        let mut work = false;
        for node in self.new_nodes.drain(..) {
            work |= !program.reuse(node);
            program.jobs[node.index()].line.shorten();
        }
        if work {
            self.shared.new_work(&mut inner);
        }
    }

    fn wait(&mut self, scope: u32) -> io::Result<Reply> {
        let (nodes, in_turn) = {
            let inner = self.shared.lock();
            let program = &inner.programs[self.program];
            let awaited = program.scopes.get(&scope).is_some_and(|state| state.awaited);
            if self.shared.options.only_record && !awaited {
                return Ok(Reply::Waited { failures: Vec::new() });
            }
            // What a lane prints is printed when its turn in program order has come.
            let in_turn = program.lane_of.is_none() && program.prints_in_turn(scope);
            (program.nodes_of(scope), in_turn)
        };
        self.wait_until(Some(&nodes), in_turn)?;
        let mut inner = self.shared.lock();
        let failure = inner.programs[self.program].tell_failure(scope);
        Ok(Reply::Waited { failures: failure.into_iter().collect() })
    }

    fn finish(&mut self, extensions: Option<&[String]>) -> io::Result<Reply> {
        if self.shared.options.only_record {
            return Ok(Reply::Waited { failures: Vec::new() });
        }
        self.wait_until(None, true)?;
        let mut inner = self.shared.lock();
        let program = &mut inner.programs[self.program];
        if self.shared.options.commit_all {
            program.commit(|_, _| true)?;
        } else {
            program.commit_finals()?;
        }
        let failures = program.tell_failures();
        if failures.is_empty() {
            program.conclude(extensions);
        }
        Ok(Reply::Waited { failures })
    }

    /// Says whether a lane has read what the serial build would have read.
    fn check(&mut self) -> io::Result<Reply> {
        self.wait_until(None, false)?;
        let inner = self.shared.lock();
        Ok(Reply::Checked { holds: inner.programs[self.program].inputs_hold() })
    }

    /// Ends a lane. Objects are committed too: nobody comes back to this program when something looks at them.
    fn retire(&mut self) -> io::Result<Reply> {
        self.wait_until(None, true)?;
        let mut inner = self.shared.lock();
        let lane = &mut inner.programs[self.program];
        lane.commit(|_, _| true)?;
        lane.gather();
        let mut conclusion = std::mem::take(&mut lane.conclusion);
        let written: Vec<PathBuf> = lane.written_places().map(Path::to_owned).collect();
        if let Some(process) = lane.lane_of.and_then(|number| inner.programs.get_mut(number)) {
            // What the process itself has made of these paths came before.
            let older: Vec<PathId> = written.iter().filter_map(|place| process.paths.known(place)).collect();
            for path in older {
                process.graph.changed_outside(path);
                process.forget_kept(path);
            }
            process.conclusion.absorb(&mut conclusion);
        }
        Ok(Reply::Ok)
    }

    /// Waits until these nodes, or all, are settled. Prints what is done, in program order, if `print`.
    fn wait_until(&mut self, nodes: Option<&[NodeId]>, print: bool) -> io::Result<()> {
        self.shared.lock().begin_wait();
        let result = self.wait_and_print(nodes, print);
        self.shared.lock().end_wait();
        result
    }

    fn wait_and_print(&mut self, nodes: Option<&[NodeId]>, print: bool) -> io::Result<()> {
        let shared = self.shared.clone();
        let mut inner = shared.lock();
        let program = &mut inner.programs[self.program];
        match nodes {
            Some(nodes) => program.demand(nodes.iter().copied()),
            None => program.demanded = None,
        }
        shared.new_work(&mut inner);
        loop {
            if inner.stopping {
                return Err(io::Error::new(io::ErrorKind::Interrupted, "stopped"));
            }
            let program = &mut inner.programs[self.program];
            let commands = if print { program.printouts() } else { Vec::new() };
            if !commands.is_empty() {
                drop(inner);
                self.print(commands)?;
                inner = shared.lock();
                continue;
            }
            let graph = &program.graph;
            let done = match nodes {
                Some(nodes) => {
                    nodes.iter().all(|node| graph.state(*node).settled()) && graph.undo().is_empty()
                }
                None => graph.is_settled(),
            };
            if done {
                return Ok(());
            }
            inner = shared.wait_for_progress(inner);
        }
    }

    fn print(&mut self, commands: Vec<protocol::Printout>) -> io::Result<()> {
        protocol::send(&mut self.stream, &Reply::Print { commands })?;
        loop {
            match protocol::receive(&mut self.incoming)? {
                Some(Request::Printed) => return Ok(()),
                // Sent before Python read what it is to print.
                Some(request @ Request::Record { .. }) => self.early.push_back(request),
                Some(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "a message out of turn")),
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }

    fn set_jobs(&self, count: usize) {
        if !self.shared.options.jobs_may_change {
            return;
        }
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut inner = self.shared.lock();
        inner.jobs = if count == 0 { cores() } else { count };
        self.shared.new_work(&mut inner);
    }

    /// Waits for everything, and commits it: what comes next may look at anything.
    fn force_all(&mut self) -> io::Result<Reply> {
        self.wait_until(None, true)?;
        let mut inner = self.shared.lock();
        inner.programs[self.program].commit(|_, _| true)?;
        Ok(self.forced(&inner))
    }

    fn forced(&self, inner: &Guard<'_>) -> Reply {
        let program = &inner.programs[self.program];
        let settled = program.graph.is_settled()
            && program.graph.uncommitted().next().is_none()
            && !program.keeps_anything();
        if settled {
            // From here on Python tells of no change, until it records something.
            self.trees.doubt(None);
        }
        Reply::Forced { settled, failed: program.graph.fatal().is_some() }
    }

    /// The outputs that are pending, or done but not at their place, and are these paths or in these folders: right
    /// in them for a look, which sees no more, anywhere below them for a change.
    fn concerned(&self, paths: &[String], cwd: &Path, deep: bool) -> Vec<PathId> {
        let mut inner = self.shared.lock();
        let program = &mut inner.programs[self.program];
        let mut found = Vec::new();
        for path in paths {
            let spelled = program.paths.spelling(Path::new(path), cwd);
            let below: Vec<PathId> = program.paths.at_or_below(&spelled).collect();
            let written = |id: &PathId| program.graph.newest_version(*id).is_some() || program.is_kept(*id);
            let near = |id: &PathId| {
                let place = program.paths.place(*id);
                deep || place == spelled || place.parent() == Some(&spelled)
            };
            found.extend(below.into_iter().filter(written).filter(near));
        }
        found
    }

    fn look(&mut self, paths: &[String], cwd: &Path) -> io::Result<Reply> {
        let concerned = self.concerned(paths, cwd, false);
        if !concerned.is_empty() {
            self.wait_until(None, true)?;
            let mut inner = self.shared.lock();
            inner.programs[self.program].commit(|_, path| concerned.contains(&path))?;
        }
        Ok(self.forced(&self.shared.lock()))
    }

    fn change(&mut self, paths: &[String], cwd: &Path, private: bool) -> io::Result<Reply> {
        let concerned = self.concerned(paths, cwd, true);
        let read = {
            let mut inner = self.shared.lock();
            let mut read = false;
            for path in paths {
                let spelled = inner.programs[self.program].paths.spelling(Path::new(path), cwd);
                self.trees.doubt(Some(&spelled));
                read |= inner.programs[self.program].may_be_read(&spelled);
                if !private {
                    self.spoil_lanes(&mut inner, &spelled);
                }
            }
            read
        };
        if read || !concerned.is_empty() {
            self.wait_until(None, true)?;
            let mut inner = self.shared.lock();
            let program = &mut inner.programs[self.program];
            program.commit(|_, path| concerned.contains(&path))?;
            for path in concerned {
                // From here on the path holds what Python makes of it.
                program.graph.changed_outside(path);
                program.forget_kept(path);
            }
            program.inputs_change();
            drop(inner);
            self.trees.doubt(None);
        }
        Ok(self.forced(&self.shared.lock()))
    }

    /// Lanes that run ahead must not have read what this process, or an earlier lane of it, changes now.
    fn spoil_lanes(&self, inner: &mut Guard<'_>, changed: &Path) {
        let process = inner.programs[self.program].lane_of.unwrap_or(self.program);
        let own = self.program;
        let others = inner.programs.iter_mut().enumerate();
        for (_, lane) in others.filter(|(n, p)| *n != own && p.lane_of == Some(process)) {
            lane.spoiled |= lane.may_be_read(changed);
        }
    }

    fn process(&mut self, argv: &[String]) -> io::Result<Reply> {
        let name = argv.first().and_then(|program| Path::new(program).file_name());
        let harmless = name.is_some_and(|name| HARMLESS.iter().any(|known| name == *known)) || is_query(argv);
        if harmless {
            return Ok(self.forced(&self.shared.lock()));
        }
        let reply = self.force_all()?;
        let mut inner = self.shared.lock();
        let program = &mut inner.programs[self.program];
        program.inputs_change();
        program.doubt_units();
        drop(inner);
        self.has_processes = true;
        Ok(reply)
    }
}

/// What is known of a process from its first words.
fn origin(cwd: &str, argv: &[String], prefix: Option<&str>) -> Origin {
    let temporary = std::env::temp_dir();
    let mut folders: Vec<PathBuf> = [Path::new("/tmp"), Path::new("/var/tmp"), &temporary]
        .into_iter()
        .flat_map(|folder| [Some(folder.to_owned()), std::fs::canonicalize(folder).ok()])
        .flatten()
        .collect();
    folders.sort_unstable();
    folders.dedup();
    let roles = Roles::new(Path::new(cwd), prefix, &folders);
    let mut named = roles.clone();
    let text = argv.join("\n");
    named.learn(&text);
    Origin { invocation: named.name(&text).into_owned(), roles, store: None }
}

/// Whether this asks a compiler about itself.
fn is_query(argv: &[String]) -> bool {
    let env = std::collections::BTreeMap::new();
    ambidex_command::read(argv, &env, &NoFiles).is_ok_and(|c| c.kind == ambidex_command::Kind::Query)
}
