//! Knows how a started node gets its outputs: from this tree, from the store, or by running its command.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_command::{Command, Depfile, Kind};
use ambidex_graph::NodeId;
use ambidex_store::{Digest, Store};

use crate::cached;
use crate::fresh::{self, Operand, Remembered, Run, Subject};
use crate::job::{Ending, Environment, Inputs, Plan};
use crate::memory::files::{Stat, Time};
use crate::memory::record::{How, Record, Told, Why, Written};
use crate::paths::plain;
use crate::place;
use crate::process::{Ended, Running};
use crate::tree::Tree;

/// A command that is to be had, run or not.
pub(crate) struct Started {
    pub node: NodeId,
    pub plan: Plan,
    pub command: Arc<Command>,
    pub program: Arc<Path>,
    pub cwd: Arc<Path>,
    pub env: Arc<Environment>,
    /// For its outputs, made when it is needed; with its number.
    pub folder: PathBuf,
    pub folder_number: u32,
    pub tree: Arc<Tree>,
    /// None where it is run in any case, for the reason in `why`.
    pub question: Option<Question>,
    /// Why it is not up to date, if that is known already.
    pub why: Option<Why>,
}

/// What has to be known to find an earlier run of a command, or to remember this one.
pub(crate) struct Question {
    pub subject: Subject,
    pub operands: Vec<Operand>,
    /// The files that its line names, operands apart.
    pub declared: Vec<Arc<Path>>,
    /// What it writes: where, and under which name.
    pub outputs: Vec<(PathBuf, String)>,
    pub told: Told,
}

/// How a node came to its end, and the number of the folder of its outputs.
pub(crate) struct Obtained {
    pub ending: Ending,
    pub folder: u32,
}

/// What is known of a run, as [`Ending`] has it.
#[derive(Default)]
struct Learnt {
    inputs: Inputs,
    outputs: Box<[Digest]>,
}

/// What is shared by all commands.
pub(crate) struct Means<'a> {
    pub store: Option<&'a Store>,
    /// Where commands keep temporary files.
    pub temporary: &'a Path,
    /// Called with the process of a command that runs.
    pub started: &'a dyn Fn(u32),
}

impl Obtained {
    /// Of a record of this tree.
    pub fn reused(record: Record) -> Self {
        let folder = record.folder;
        let ending = ending(Remembered::from(record), How::Reused, Why::UpToDate);
        Self { ending, folder }
    }

    /// Of a command that could not be run at all, as a shell would report it.
    pub fn unable(error: &io::Error) -> Self {
        let ended =
            Ended { err: format!("ambidex: {error}\n").into_bytes(), status: 126, ..Ended::default() };
        Self::failed(ended, Why::New)
    }

    fn failed(ended: Ended, why: Why) -> Self {
        let ending = Ending::new(ended, How::Ran, why);
        // Nobody looks there: what failed has made nothing.
        Self { ending, folder: 0 }
    }
}

/// The end that a remembered run would have come to again.
fn ending(run: Remembered, how: How, why: Why) -> Ending {
    let outputs = run.result.outputs.iter().map(|output| output.digest).collect();
    let ended = Ended { out: run.result.out, err: run.result.err, ..Ended::default() };
    Ending::new(ended, how, why).with(Inputs::Remembered, outputs)
}

impl Started {
    /// Gets the outputs.
    pub fn obtain(&self, means: &Means<'_>) -> Obtained {
        let why = match &self.question {
            None => self.why.clone().unwrap_or(Why::New),
            Some(question) => match self.find(question, means) {
                Ok(found) => return found,
                Err(why) => why,
            },
        };
        match self.run(means, why) {
            Ok(obtained) => obtained,
            Err(error) => Obtained::unable(&error),
        }
    }

    /// Looks in this tree and in the store.
    fn find(&self, question: &Question, means: &Means<'_>) -> Result<Obtained, Why> {
        let mut memory = self.tree.memory();
        let why = match &self.why {
            Some(why) => why.clone(),
            None => match fresh::recall(&mut memory, &question.subject, &self.command, &question.operands) {
                Ok(record) => return Ok(Obtained::reused(record)),
                Err(why) => why,
            },
        };
        let why = match why {
            Why::New => match memory.told_of(&question.told.place) {
                Some((_, then)) => fresh::difference(&question.told, &then),
                None => Why::New,
            },
            why => why,
        };
        let Some(store) = means.store else { return Err(why) };
        let Question { subject, operands, declared, .. } = question;
        let found = cached::find(store, &mut memory.files, subject, &self.command, operands, declared);
        drop(memory);
        let Some(found) = found else { return Err(why) };
        let fetched = fs::create_dir_all(&self.folder).is_ok()
            && cached::fetch(store, &found.result, &self.folder).unwrap_or_else(|error| {
                warn_of_store(&error);
                false
            });
        if !fetched {
            return Err(why);
        }
        self.remember(question, &found);
        Ok(Obtained { ending: ending(found, How::Cached, why), folder: self.folder_number })
    }

    fn remember(&self, question: &Question, run: &Remembered) {
        let state = |output: &Written| Stat::of(&self.folder.join(&output.name));
        let record = Record {
            duration: run.result.duration,
            inputs: run.inputs.clone(),
            folders: run.folders.clone(),
            result: run.result.clone(),
            folder: self.folder_number,
            states: run.result.outputs.iter().map(state).collect(),
            told: postcard::to_stdvec(&question.told).expect("what is told is plain data"),
        };
        self.tree.memory().remember(question.subject.key, &record);
    }

    fn run(&self, means: &Means<'_>, why: Why) -> io::Result<Obtained> {
        self.prepare()?;
        let started = self.tree.now();
        let running =
            Running::start(&self.program, &self.plan.argv, &self.cwd, &self.env.variables, means.temporary)?;
        (means.started)(running.pid());
        let mut ended = running.wait()?;
        for (renamed, original) in &self.plan.renamed {
            ended.out = replace(std::mem::take(&mut ended.out), renamed, original);
            ended.err = replace(std::mem::take(&mut ended.err), renamed, original);
        }
        if ended.status != 0 {
            return Ok(Obtained::failed(ended, why));
        }
        let learnt = self.question.as_ref().map(|question| self.learn(question, means, started, &ended));
        let Learnt { inputs, outputs } = learnt.unwrap_or_default();
        let ending = Ending::new(ended, How::Ran, why).with(inputs, outputs);
        Ok(Obtained { ending, folder: self.folder_number })
    }

    /// Remembers a run that has ended well, here and in the store.
    fn learn(&self, question: &Question, means: &Means<'_>, started: Time, ended: &Ended) -> Learnt {
        let Some(read) = self.read_files(question, means.temporary) else { return Learnt::default() };
        let run = Run {
            subject: &question.subject,
            command: &self.command,
            env: &self.env,
            operands: &question.operands,
            read,
            outputs: &question.outputs,
            ended,
            started,
        };
        let mut memory = self.tree.memory();
        let Ok(inputs) = run.inputs(&mut memory.files) else { return Learnt::default() };
        let remembered = run.remember(&mut memory.files, inputs.clone());
        let Ok(remembered) = remembered else {
            return Learnt { inputs: Inputs::Known(inputs.into()), outputs: Box::default() };
        };
        let is_temporary = |file: &Arc<Path>| question.subject.roles.is_temporary(&file.to_string_lossy());
        let shared = means.store.filter(|_| !question.declared.iter().any(is_temporary)).and_then(|store| {
            let Question { subject, operands, declared, .. } = question;
            Some((store, cached::shared(&mut memory.files, subject, operands, declared, &remembered)?))
        });
        drop(memory);
        self.remember(question, &remembered);
        if let Some((store, (key, record))) = shared {
            let put = || {
                for (file, output) in question.outputs.iter().zip(&remembered.result.outputs) {
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
        Learnt { inputs: Inputs::Remembered, outputs }
    }

    /// Every file that the command read, operands apart; none if it did not tell.
    fn read_files(&self, question: &Question, temporary: &Path) -> Option<Vec<Arc<Path>>> {
        let mut files = question.declared.clone();
        let compiles = !matches!(self.command.kind, Kind::Link | Kind::Archive | Kind::Index);
        if compiles && self.command.depfile != Depfile::None {
            files.extend(self.prerequisites(self.plan.depfile.as_deref()?)?.into_iter().map(Arc::from));
        }
        if matches!(self.command.kind, Kind::Link | Kind::CompileAndLink) {
            let objects = plain(&self.tree.objects());
            let operands: Vec<PathBuf> =
                self.plan.operands.iter().map(|operand| plain(&self.cwd.join(operand))).collect();
            let told = self.prerequisites(self.plan.link_depfile.as_deref()?)?;
            let told = told.into_iter().filter(|file| {
                !file.starts_with(&objects) && !file.starts_with(temporary) && !operands.contains(file)
            });
            files.extend(told.map(Arc::from));
        }
        Some(files)
    }

    fn prerequisites(&self, depfile: &Path) -> Option<Vec<PathBuf>> {
        let text = fs::read(self.cwd.join(depfile)).ok()?;
        let names = crate::depfile::prerequisites(&String::from_utf8_lossy(&text));
        Some(names.into_iter().map(|name| plain(&self.cwd.join(name))).collect())
    }

    fn prepare(&self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        self.plan.met.iter().try_for_each(|(place, file)| place::meet(place, file))?;
        match &self.plan.copy {
            Some((from, to)) => match fs::copy(from, to) {
                // An archive that isn't there yet is made.
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
            None => Ok(()),
        }
    }
}

/// Says once that the store can't be used: builds go on without it.
fn warn_of_store(error: &ambidex_store::StoreError) {
    static WARNED: std::sync::Once = std::sync::Once::new();
    WARNED.call_once(|| eprintln!("warning: {error}; the build goes on without the store"));
}

impl From<Record> for Remembered {
    fn from(record: Record) -> Self {
        Self { inputs: record.inputs, folders: record.folders, result: record.result }
    }
}

/// What a command printed names the files as the project knows them.
fn replace(text: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    let from = from.as_bytes();
    if from.is_empty() || text.len() < from.len() {
        return text;
    }
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text.as_slice();
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        result.extend_from_slice(&rest[..at]);
        result.extend_from_slice(to.as_bytes());
        rest = &rest[at + from.len()..];
    }
    result.extend_from_slice(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::replace;

    #[test]
    fn renamed_files_are_told_by_their_own_names() {
        let text = b"ld: build/.ambidex/obj/1/a.o: in f: bad; build/.ambidex/obj/1/a.o\n".to_vec();
        let told = replace(text, "build/.ambidex/obj/1/a.o", "build/temp/a.o");
        assert_eq!(told, b"ld: build/temp/a.o: in f: bad; build/temp/a.o\n");
    }
}
