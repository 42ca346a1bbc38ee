//! How a session takes in a command: it is recorded, left to Python, or met again after a snapshot.

use std::io;
use std::path::Path;
use std::sync::Arc;

use ambidex_graph::Recorded;

use super::Session;
use crate::base::protocol::{Call, Reply};
use crate::base::terminal;
use crate::program::left::Left;
use crate::program::prepared::Prepared;
use crate::serve::pool::EngineState;
use crate::serve::sight;

/// The result of taking in a command that Python sent.
enum Taken {
    /// It is in the graph, with this number, and writes these files.
    Recorded { number: usize, outputs: Vec<String> },
    /// It is not understood. Python went on after it, and will come to it again.
    Strange,
    /// It is not understood. Python waits, and runs it itself.
    Left,
}

impl Session {
    pub(super) fn record(
        &mut self,
        argv: Vec<String>,
        cwd: &Arc<Path>,
        scope: u32,
        awaited: bool,
        call: Option<&Call>,
    ) -> io::Result<Reply> {
        self.prepare()?;
        self.look_again();
        if awaited {
            self.be_serial()?;
        }
        let context = self.sight.pool.lock().programs[self.program].context();
        let copy = call.and_then(|call| self.sight.pool.lock().copies.remove(&(self.program, call.number)));
        let mut prepared = match call {
            Some(call) => Prepared::of_call(&argv, call, copy, cwd, &context),
            None => Prepared::new(&argv, cwd, &context),
        };
        if self.commit_read(prepared.as_ref().ok(), awaited)? {
            // Something that is at its place now may be one of the command's files.
            match (&mut prepared, call) {
                (Ok(prepared), Some(_)) => prepared.stamp(),
                _ => prepared = Prepared::new(&argv, cwd, &context),
            }
        }
        match self.take_in(argv, prepared, scope, awaited, call)? {
            Taken::Recorded { number, outputs } => {
                self.spare_or_start();
                let status = if awaited { Some(self.wait_for(number)?) } else { None };
                let settled = if awaited { self.sight.tell_settled(self.program) } else { None };
                Ok(Reply::Recorded { outputs, run_in_python: false, status, settled })
            }
            Taken::Strange => {
                self.spare_or_start();
                self.sight.pool.advance(self.program);
                Ok(Reply::Recorded { outputs: Vec::new(), run_in_python: true, status: None, settled: None })
            }
            Taken::Left => {
                self.spare_or_start();
                self.sight.settle_all()?;
                let settled = self.sight.tell_settled(self.program);
                self.sight.let_print();
                Ok(Reply::Recorded { outputs: Vec::new(), run_in_python: true, status: None, settled })
            }
        }
    }

    /// Puts the files at their places that other processes make and a command reads. Returns whether there was anything
    /// to look for.
    fn commit_read(&self, prepared: Option<&Prepared>, awaited: bool) -> io::Result<bool> {
        let Some(prepared) = prepared else { return Ok(false) };
        let reads = {
            let mut engine = self.sight.pool.lock();
            let is_needless = engine.programs.len() == 1 || self.sight.pool.options.only_record && !awaited;
            if is_needless { Vec::new() } else { engine.programs[self.program].reads_of(prepared) }
        };
        self.sight.commit_read(&reads)
    }

    /// Takes in a command together with its frame: whoever waits for the frame must find the result of the command.
    fn take_in(
        &mut self,
        argv: Vec<String>,
        prepared: Result<Prepared, Left>,
        scope: u32,
        awaited: bool,
        call: Option<&Call>,
    ) -> io::Result<Taken> {
        let pool = self.sight.pool.clone();
        let mut engine = pool.lock();
        let EngineState { programs, table, .. } = &mut *engine;
        let program = &mut programs[self.program];
        if let Some(call) = call {
            program.add_code(&call.code);
        }
        let number = program.graph.recorded();
        let taken = match program.record(prepared, scope, awaited) {
            Ok((recorded, outputs)) => {
                if let Recorded::New(node) = recorded {
                    self.new_nodes.push(node);
                }
                if let (Some(call), Recorded::New(node) | Recorded::Merged(node)) = (call, recorded) {
                    program.note_call(call.number, node);
                }
                outputs.iter().try_for_each(|output| table.add(Path::new(output)))?;
                Taken::Recorded { number, outputs }
            }
            Err(reason) => {
                program.log.end_echo();
                program.invalidate_units();
                if awaited || pool.options.only_record {
                    program.left.push((argv, reason));
                    Taken::Left
                } else if program.has_snapshot() {
                    // Python went on as if the command had run. It will come to it again, and await it then.
                    program.meet_strange();
                    Taken::Strange
                } else {
                    let command = argv.join(" ");
                    return Err(io::Error::other(format!(
                        "nobody ran this command, and Python went on: {command}"
                    )));
                }
            }
        };
        program.frames += 1;
        if !std::mem::replace(&mut program.passes_text, program.sees) {
            // Until now, the process printed by itself.
            terminal::withdraw();
        }
        pool.tell_progress();
        Ok(taken)
    }

    /// Brings everything to the state in which the serial build would be. A command that may fail must run in that
    /// state, because it could otherwise fail for a file that is not at its place yet.
    fn be_serial(&self) -> io::Result<()> {
        if self.sight.pool.options.only_record {
            return Ok(());
        }
        drop(self.sight.settle_and_commit(self.program, |_, _| true)?);
        self.sight.commit_others()
    }

    /// Waits for a command that Python awaits. Returns how it ended.
    fn wait_for(&self, number: usize) -> io::Result<i32> {
        let (only_record, sees) = {
            let mut engine = self.sight.pool.lock();
            let program = &mut engine.programs[self.program];
            let wanted = program.unsettled(number);
            program.demand(wanted);
            let sees = program.sees;
            self.sight.pool.new_work(&mut engine);
            (self.sight.pool.options.only_record, sees)
        };
        let mut engine = if only_record {
            self.sight.wait(self.program, |program| program.status(number).is_some())?
        } else {
            self.sight.settle(self.program)?
        };
        if !sees {
            sight::commit(&mut engine, self.program, |_, _| true)?;
        }
        Ok(engine.programs[self.program].status(number).unwrap_or(-1))
    }

    /// Ends the new nodes that are up to date, and lets the others be started.
    pub(super) fn spare_or_start(&mut self) {
        if self.new_nodes.is_empty() {
            return;
        }
        let mut engine = self.sight.pool.lock();
        let program = &mut engine.programs[self.program];
        let mut work = false;
        for node in self.new_nodes.drain(..) {
            work |= !program.reuse(node);
            program.jobs[node.index()].line.shorten();
        }
        let wrong = program.advance();
        if work {
            self.sight.pool.new_work(&mut engine);
        }
        drop(engine);
        self.sight.pool.park(wrong);
    }
}
