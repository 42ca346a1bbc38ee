//! How the engine serves one captured process: each request changes its program, waits for it, or both.

mod leave;
mod record;

use std::collections::BTreeMap;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use ambidex_graph::NodeId;

use crate::base::environment::Environment;
use crate::base::process;
use crate::base::protocol::{self, OpenScope, Reply, Request, Target};
use crate::base::roles::Roles;
use crate::program::text::{self, Sinks, Stream};
use crate::program::waits::Cause;
use crate::program::{Origin, Program, PythonState, Unit};
use crate::serve::frames::Frames;
use crate::serve::sight::{self, Sight, Stopped};

/// The session of one captured process.
pub(crate) struct Session {
    sight: Sight,
    stream: UnixStream,
    frames: Frames,
    /// The number of its program.
    program: usize,
    /// Nodes that were recorded, and not yet looked up among the results of earlier builds.
    new_nodes: Vec<NodeId>,
}

impl Session {
    /// Serves a process until it ends. `hello` is its first frame.
    pub fn serve(sight: Sight, stream: UnixStream, mut frames: Frames, hello: &[u8]) -> io::Result<()> {
        let Request::Hello { version, cwd, argv, prefix, sees, .. } = serde_json::from_slice(hello)? else {
            return Ok(());
        };
        if version != protocol::VERSION {
            return Err(io::Error::other("a captured process speaks another protocol"));
        }
        let only_record = sight.pool.options.only_record;
        let program = {
            let mut engine = sight.pool.lock();
            let number = engine.programs.len();
            let origin = origin(&cwd, &argv, prefix.as_deref());
            let mut program = Program::new(number, PathBuf::from(cwd), sees, !only_record, origin);
            program.pid = process::peer_of(&stream);
            if let Ok([out, err]) = <[_; 2]>::try_from(frames.take_fds()) {
                program.log.sinks(Some(Sinks::new(out, err)));
            }
            engine.programs.push(program);
            number
        };
        sight.trees.invalidate(None);
        let sight = Sight { asker: Some(program), ..sight };
        let mut session = Self { sight, stream, frames, program, new_nodes: Vec::new() };
        let writer = session.start_writer()?;
        let welcomed = protocol::send(&mut session.stream, &Reply::Welcome { program, only_record });
        let result = welcomed.and_then(|()| session.serve_to_the_end());
        if result.is_err() {
            // The process may end by the same signal at any time.
            let _ = session.take_leave();
        }
        session.sight.let_print();
        // Whatever is still pending now belongs to a process that was killed.
        let unwanted = {
            let mut engine = session.sight.pool.lock();
            engine.let_copies_go(program);
            let program = &mut engine.programs[program];
            program.let_snapshots_go();
            program.has_ended = true;
            program.abandon()
        };
        unwanted.into_iter().for_each(process::end);
        // Whatever it changed last, nobody has said that the change is done.
        session.sight.trees.invalidate(None);
        session.sight.pool.tell_progress();
        // A panic there has already been printed.
        let _ = writer.join();
        session.change(|program| program.log.close());
        result
    }

    /// Writes, in a thread of its own, what the process and its commands have printed, because whoever reads it may be
    /// slow.
    ///
    /// # Errors
    /// If the system allows no more threads.
    fn start_writer(&self) -> io::Result<std::thread::JoinHandle<()>> {
        let (pool, number) = (self.sight.pool.clone(), self.program);
        std::thread::Builder::new().spawn(move || {
            let mut engine = pool.lock();
            loop {
                let was_drained = engine.programs[number].log.is_drained();
                let batch = engine.programs[number].take_text();
                if !batch.is_empty() {
                    drop(engine);
                    text::write(batch);
                    engine = pool.lock();
                    engine.programs[number].log.busy = false;
                    pool.tell_progress();
                    continue;
                }
                if engine.programs[number].has_ended {
                    return;
                }
                if !was_drained && engine.programs[number].log.is_drained() {
                    // All of it was written before a rollback, or there is nothing to write.
                    pool.tell_progress();
                }
                engine = pool.wait_for_progress(engine);
            }
        })
    }

    fn serve_to_the_end(&mut self) -> io::Result<()> {
        loop {
            let result = self.answer_all();
            let rolling_back = self.sight.pool.lock().programs[self.program].is_rolling_back();
            if !rolling_back {
                return result;
            }
            self.go_back()?;
        }
    }

    fn answer_all(&mut self) -> io::Result<()> {
        while let Some(frame) = self.frames.next()? {
            if self.take_text(&frame) {
                self.taken_in();
                continue;
            }
            let request = serde_json::from_slice(&frame)?;
            if let Some(reply) = self.answer(request)? {
                protocol::send(&mut self.stream, &reply)?;
                // Meanwhile, Python goes on.
                self.spare_or_start();
            }
        }
        Ok(())
    }

    /// Takes in a frame of the preloaded library: text, or where text goes. Returns whether it is one.
    fn take_text(&mut self, frame: &[u8]) -> bool {
        match frame.first() {
            Some(b'T') => {
                let stream = if frame.get(1) == Some(&b'2') { Stream::Err } else { Stream::Out };
                let data = frame[2.min(frame.len())..].to_vec();
                self.change(|program| program.log.text(stream, data));
            }
            Some(b'F') => {
                if let Ok([out, err]) = <[_; 2]>::try_from(self.frames.take_fds()) {
                    self.change(|program| program.log.sinks(Some(Sinks::new(out, err))));
                }
            }
            Some(b'X') => self.change(|program| program.log.sinks(None)),
            _ => return false,
        }
        true
    }

    /// Changes the program, and wakes the threads that wait for it.
    fn change<T>(&self, change: impl FnOnce(&mut Program) -> T) -> T {
        let mut engine = self.sight.pool.lock();
        let result = change(&mut engine.programs[self.program]);
        self.sight.pool.tell_progress();
        result
    }

    /// Counts the last frame: what it says is part of the program now.
    fn taken_in(&self) {
        self.change(|program| program.frames += 1);
    }

    fn answer(&mut self, request: Request) -> io::Result<Option<Reply>> {
        match request {
            Request::Echo => {
                self.change(|program| program.log.begin_echo());
                self.taken_in();
                Ok(None)
            }
            Request::Record { argv, cwd, scope, open, env, attributes, awaited, refused, call } => {
                if let Some(attributes) = attributes {
                    let has_own =
                        crate::base::attributes::of_commands().is_some_and(|usual| usual != attributes);
                    self.change(|program| program.has_own_attributes = has_own);
                }
                self.introduce(scope, open, env);
                let because = refused.map_or_else(String::new, |reason| format!(" (no snapshot: {reason})"));
                let what = format!("{}{because}", argv.join(" "));
                let began = Instant::now();
                let reply = self.record(argv, &Path::new(&cwd).into(), scope, awaited, call.as_deref())?;
                let is_left = matches!(reply, Reply::Recorded { run_in_python: true, .. });
                let cause = if is_left { Cause::Left } else { Cause::Awaited };
                if awaited || is_left {
                    self.sight.waited(cause, || what, began);
                }
                Ok(Some(reply))
            }
            Request::Fresh { scope, open, state, again, code, cwd, env } => {
                if again {
                    self.sight.trees.invalidate(None);
                }
                self.introduce(scope, open, env);
                self.prepare()?;
                self.look_again();
                let outputs = self.spare(scope, &state, code, &Path::new(&cwd).into())?;
                Ok(Some(Reply::Fresh { outputs }))
            }
            Request::Outdated { targets, cwd, seconds } => {
                self.taken_in();
                let unit = if seconds { Unit::Seconds } else { Unit::Exact };
                let outdated = targets.iter().map(|target| self.is_outdated(target, Path::new(&cwd), unit));
                Ok(Some(Reply::Outdated { outdated: outdated.collect::<io::Result<_>>()? }))
            }
            Request::Answers { calls, wait } => {
                self.taken_in();
                if wait {
                    drop(self.sight.settle(self.program)?);
                }
                let answers = self.change(|program| program.answers(&calls));
                Ok(Some(Reply::Answers { answers }))
            }
            Request::Wait => {
                self.taken_in();
                if !self.sight.pool.options.only_record {
                    self.sight
                        .timed(Cause::End, String::new, || self.sight.settle(self.program).map(drop))?;
                }
                Ok(Some(self.waited()))
            }
            Request::Finish { extensions, command } => {
                self.taken_in();
                let sight = self.sight.clone();
                sight
                    .timed(Cause::End, String::new, || self.finish(&command, extensions.as_deref()))
                    .map(Some)
            }
            Request::Jobs { count } => {
                self.set_jobs(count);
                self.taken_in();
                Ok(Some(Reply::Ok))
            }
            Request::Hello { .. } => Err(io::Error::new(io::ErrorKind::InvalidData, "a message out of turn")),
        }
    }

    fn frames(&self) -> u64 {
        self.sight.pool.lock().programs[self.program].frames
    }

    fn waited(&self) -> Reply {
        let failed = self.change(Program::acknowledge_failures);
        Reply::Waited { settled: self.sight.tell_settled(self.program), failed }
    }

    /// Takes in what a message says besides its commands.
    fn introduce(&self, scope: u32, open: Option<OpenScope>, env: Option<BTreeMap<String, String>>) {
        self.change(|program| {
            if let Some(open) = open {
                program.open_scope(scope, open);
            }
            if let Some(env) = env {
                program.env = Arc::new(Environment::new(env));
            }
        });
    }

    /// Opens the tree that the program belongs to.
    fn prepare(&self) -> io::Result<()> {
        let missing = {
            let program = &self.sight.pool.lock().programs[self.program];
            program.tree.is_none().then(|| program.cwd.clone())
        };
        if let Some(root) = missing {
            // Another build of the same tree may have to end first.
            let tree = self.sight.trees.open(&root)?;
            self.change(|program| program.tree = Some(tree));
        }
        Ok(())
    }

    fn spare(
        &self,
        scope: u32,
        state: &str,
        code: Option<Vec<String>>,
        cwd: &Arc<Path>,
    ) -> io::Result<Option<Vec<String>>> {
        let (outputs, sees) = {
            let mut engine = self.sight.pool.lock();
            let program = &mut engine.programs[self.program];
            if let Some(code) = code {
                program.learn_code(&code);
            }
            let outputs = program.spare(scope, &PythonState { objects: state, cwd });
            let sees = program.sees;
            for output in outputs.iter().flatten() {
                engine.table.add(Path::new(output))?;
            }
            (outputs, sees)
        };
        self.taken_in();
        if outputs.is_some() && !sees {
            drop(self.sight.settle_and_commit(self.program, |_, _| true)?);
        }
        Ok(outputs)
    }

    /// Returns whether the serial build would find the target out of date, if it would have made the target in this
    /// run.
    fn is_outdated(&self, target: &Target, cwd: &Path, unit: Unit) -> io::Result<Option<bool>> {
        let Target { path, sources } = target;
        let path = Path::new(path);
        let (made, is_later) = {
            let program = &mut self.sight.pool.lock().programs[self.program];
            let Some(made) = program.made_at(path, cwd) else { return Ok(None) };
            (made, program.is_one_made_after(made, sources, cwd, unit))
        };
        let looked_at: Vec<&Path> =
            std::iter::once(path).chain(sources.iter().map(PathBuf::as_path)).collect();
        let looked_at = if is_later { &looked_at[..1] } else { &looked_at };
        if !self.sight.pool.options.only_record {
            self.sight.look(looked_at, cwd)?;
        }
        if !cwd.join(path).exists() {
            return Ok(None);
        }
        let program = &mut self.sight.pool.lock().programs[self.program];
        Ok(Some(is_later || program.is_older(made, path, sources, cwd, unit)))
    }

    /// Makes the engine look at files again, if somebody announced a change: it may have been made by now.
    fn look_again(&self) {
        let is_due = |program: &mut Program| {
            let changes = &mut program.changes;
            std::mem::take(&mut changes.unseen) || changes.by_others
        };
        if self.change(is_due) {
            self.sight.trees.invalidate(None);
        }
    }

    fn finish(&mut self, command: &str, extensions: Option<&[String]>) -> io::Result<Reply> {
        if self.sight.pool.options.only_record {
            return Ok(Reply::Waited { settled: Some(self.frames()), failed: 0 });
        }
        drop(self.sight.settle(self.program)?);
        let reply = self.waited();
        let all = self.sight.pool.options.commit_all;
        let mut engine = self.sight.pool.lock();
        let program = &mut engine.programs[self.program];
        if all {
            program.commit(|_, _| true)?;
        } else {
            program.commit_finals()?;
        }
        if matches!(reply, Reply::Waited { failed: 0, .. }) {
            program.conclude(command, extensions);
        }
        sight::tidy(&mut engine);
        Ok(reply)
    }

    fn set_jobs(&self, count: usize) {
        let pool = &self.sight.pool;
        if !pool.options.jobs_may_change {
            return;
        }
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut engine = pool.lock();
        engine.jobs = if count == 0 { cores() } else { count };
        pool.new_work(&mut engine);
    }

    /// Lets the process go on from a snapshot, because a command after it did not end as predicted.
    fn go_back(&mut self) -> io::Result<()> {
        // The snapshot may print by itself until it records a command.
        self.sight.let_print();
        // The process ends this stream when it has stopped.
        self.frames.drain();
        self.new_nodes.clear();
        let unwanted = self.change(Program::go_back);
        unwanted.into_iter().for_each(process::end);
        let pool = self.sight.pool.clone();
        let journal = pool.journal(self.program)?;
        let mut engine = pool.lock();
        loop {
            let program = &engine.programs[self.program];
            if engine.stopping {
                return Err(Stopped.into());
            }
            if program.graph.is_settled() && !program.log.busy {
                break;
            }
            engine = pool.wait_for_progress(engine);
        }
        engine.let_copies_go(self.program);
        let program = &mut engine.programs[self.program];
        program.frames = 0;
        self.stream = program.resume(&journal)?;
        self.sight.incarnation = program.incarnation();
        self.frames = Frames::new(self.stream.try_clone()?);
        drop(engine);
        self.sight.trees.invalidate(None);
        pool.tell_progress();
        Ok(())
    }
}

/// Returns what is known of a process from its first message.
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
    let invocation = named.name(&text).into_owned();
    let mut roots: Vec<PathBuf> = std::fs::canonicalize(cwd).into_iter().chain(folders).collect();
    roots.dedup();
    Origin { invocation, roles, roots }
}
