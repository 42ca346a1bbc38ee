//! One source in many places, compiled by every compiler.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use ambidex_object::{Bound, canonical, make};
use anyhow::{Result, anyhow};

use crate::travel::page::{Outcome, Table};
use crate::travel::places::{Place, Relation, Tour};
use crate::travel::sources::Stage;
use crate::travel::tools::{Compiler, FLAGS};

/// Folders with fewer bytes are no ordinary ones.
const SHORT: usize = 5;

/// A source and its places.
pub(crate) struct Journey<'a> {
    pub stage: &'a Stage,
    pub source: &'a Path,
    pub tour: Tour,
}

/// What a compiler wrote in one place.
struct Object {
    bytes: Vec<u8>,
    names_itself: bool,
}

/// What can be made for other places, if there is anything that depends on the place.
type Form = Result<Option<Vec<u8>>, Bound>;

/// One way to call a compiler.
struct Call<'a> {
    /// The name of the object.
    object: String,
    compiler: &'a Compiler,
    flags: usize,
    /// Whether the paths on the command line are absolute.
    absolute: bool,
    /// Whether the compiler runs in the temporary folder.
    elsewhere: bool,
    /// Whether a header of the environment is used.
    foreign: bool,
}

impl Journey<'_> {
    /// Compiles in all places, `ways` times with each compiler, judges each object in each pair of places, and returns
    /// how many objects were compiled everywhere.
    pub(crate) fn make(
        &self,
        compilers: &[Compiler],
        ways: usize,
        random: &mut fastrand::Rng,
        kept: &Path,
        table: &mut Table,
    ) -> Result<usize> {
        let all = compilers.iter().cycle().take(ways * compilers.len());
        let calls: Vec<Call<'_>> = all
            .enumerate()
            .map(|(number, compiler)| {
                let (flags, absolute, foreign) = (random.usize(0..FLAGS.len()), random.bool(), random.bool());
                let elsewhere = absolute && random.bool();
                Call { object: format!("out{number}.o"), compiler, flags, absolute, elsewhere, foreign }
            })
            .collect();
        let mut found = Vec::new();
        for place in &self.tour.places {
            let objects = self.stage.visit(place, || self.compile_all(&calls, place))?;
            // What one compiler refuses, it refuses everywhere.
            if objects.iter().all(Option::is_none) {
                return Ok(0);
            }
            found.push(objects);
        }
        let mut objects = 0;
        for (number, call) in calls.iter().enumerate() {
            let of_call: Vec<Object> = found.iter_mut().filter_map(|place| place[number].take()).collect();
            if of_call.len() == self.tour.places.len() {
                objects += 1;
                self.judge(call, &of_call, kept, table)?;
            }
        }
        Ok(objects)
    }

    /// Judges the objects of one call in all places.
    fn judge(&self, call: &Call<'_>, objects: &[Object], kept: &Path, table: &mut Table) -> Result<()> {
        let places = &self.tour.places;
        let forms: Vec<Form> = objects
            .iter()
            .zip(places)
            .map(|(object, place)| canonical(&object.bytes, &place.roles()))
            .collect();
        for pair in self.tour.pairs() {
            let [here, there] = pair.map(|number| &objects[number]);
            let itself = call.absolute && (here.names_itself || there.names_itself);
            let outcome = self.outcome(pair, objects, &forms, itself);
            if outcome == Outcome::Wrong {
                let number = table.wrong();
                fs::write(kept.join(format!("{number}-here.o")), &here.bytes)?;
                fs::write(kept.join(format!("{number}-there.o")), &there.bytes)?;
                let (command, [first, second]) =
                    (self.command(call, &places[pair[0]]), pair.map(|n| &places[n]));
                fs::write(
                    kept.join(format!("{number}.txt")),
                    format!("{command:?}\n{first:#?}\n{second:#?}\n"),
                )?;
            }
            let is_ordinary = !call.absolute
                && !FLAGS[call.flags].contains(&"-gdwarf-4")
                && self.tour.relation == Relation::Apart
                && self.shortest(pair) >= SHORT;
            table.count(call.compiler, call.flags, is_ordinary, outcome);
        }
        Ok(())
    }

    /// Compiles by all calls in one place, as many at a time as there are processors.
    fn compile_all(&self, calls: &[Call<'_>], place: &Place) -> Result<Vec<Option<Object>>> {
        let source = place.project.join(self.source);
        let names_itself = fs::read(source).is_ok_and(|text| names_itself(&text));
        let compile = |call| Some(Object { bytes: self.compile(call, place)?, names_itself });
        let share = calls.len().div_ceil(thread::available_parallelism()?.get());
        thread::scope(|scope| {
            let threads: Vec<_> = calls
                .chunks(share)
                .map(|calls| scope.spawn(|| calls.iter().map(compile).collect::<Vec<_>>()))
                .collect();
            let results =
                threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a thread panicked")));
            Ok(results.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
        })
    }

    fn command(&self, call: &Call<'_>, place: &Place) -> Command {
        let is_c = self.source.extension().is_some_and(|end| end == "c");
        let mut command = Command::new(if is_c { &call.compiler.c } else { &call.compiler.cpp });
        let cwd = if call.elsewhere { &place.temporary } else { &place.project };
        let of_project = |path: &Path| if call.absolute { place.project.join(path) } else { path.to_owned() };
        let search = |path: &Path| {
            let mut option = OsString::from("-I");
            option.push(path);
            option
        };
        command.args(FLAGS[call.flags]).args(["-fPIC", "-w"]);
        command.arg(search(&place.environment.join("include")));
        if call.foreign {
            command.arg("-include").arg(place.environment.join("include").join("own.h"));
        }
        for folder in self.source.ancestors().skip(1).chain([Path::new("include"), Path::new("src")]) {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            command.arg(search(&of_project(folder)));
        }
        command.args(self.stage.headers.iter().map(|path| search(path)));
        command.arg("-c").arg(of_project(self.source)).args(["-o", &call.object]);
        command.current_dir(cwd).env("PWD", cwd).stderr(Stdio::null());
        command
    }

    fn compile(&self, call: &Call<'_>, place: &Place) -> Option<Vec<u8>> {
        let object: PathBuf =
            (if call.elsewhere { &place.temporary } else { &place.project }).join(&call.object);
        let _ = fs::remove_file(&object);
        let status = self.command(call, place).status().ok()?;
        let bytes = status.success().then(|| fs::read(&object).ok()).flatten();
        let _ = fs::remove_file(&object);
        bytes
    }

    /// Judges what is made of the object of one place for another.
    fn outcome(&self, pair: [usize; 2], objects: &[Object], forms: &[Form], itself: bool) -> Outcome {
        let [first, second] = pair;
        let there = &objects[second].bytes;
        let form = match &forms[first] {
            Ok(Some(form)) => form,
            Ok(None) if objects[first].bytes == *there => return Outcome::Same,
            Ok(None) => return Outcome::Wrong,
            Err(bound) => return Outcome::Bound(self.reason(pair, bound)),
        };
        if itself {
            return Outcome::Bound("the source names itself".to_owned());
        }
        match make(form, &self.tour.places[second].roles()) {
            Ok(made) if made == *there => Outcome::Moved,
            Ok(_) => Outcome::Wrong,
            // Folders with the same relation give the same form, unless the other place is the one that binds.
            Err(_) if matches!(&forms[second], Ok(other) if self.tour.are_alike(pair) && other.as_ref() != Some(form)) => {
                Outcome::Wrong
            }
            Err(bound) => Outcome::Bound(self.reason(pair, &bound)),
        }
    }

    /// Returns a reason without what is particular to one object.
    fn reason(&self, pair: [usize; 2], bound: &Bound) -> String {
        match bound {
            // Two or three bytes are found anywhere.
            Bound::Outside { .. } | Bound::Pieces { .. } if self.shortest(pair) < SHORT => {
                "short path".to_owned()
            }
            Bound::Outside { section, .. } => {
                let kind: String =
                    section.chars().take_while(|c| *c != '_' || section.starts_with(".debug")).collect();
                let kind = kind.split('.').take(2).collect::<Vec<_>>().join(".");
                format!("path in {kind}")
            }
            Bound::Common(_) => "split at a common folder".to_owned(),
            Bound::Order(section) => format!("order of {section}"),
            Bound::Length(_) => "length of a path".to_owned(),
            Bound::Nesting(_) => "other nesting".to_owned(),
            Bound::Pieces { .. } => "piece of a path in code".to_owned(),
            Bound::Hashed(_) => "hash of a path".to_owned(),
            other => other.to_string(),
        }
    }

    /// Returns the length of the shortest folder.
    fn shortest(&self, pair: [usize; 2]) -> usize {
        let folders = pair.into_iter().flat_map(|number| self.tour.places[number].folders());
        folders.map(|(_, path)| path.as_os_str().len()).min().unwrap_or_default()
    }
}

/// Returns whether a source may compute with its own path. ambidex asks the preprocessor, which knows it exactly.
fn names_itself(source: &[u8]) -> bool {
    const WORDS: [&str; 4] = ["__FILE__", "__BASE_FILE__", "__builtin_FILE", "source_location"];
    let text = String::from_utf8_lossy(source);
    WORDS.iter().any(|word| text.contains(word))
}
