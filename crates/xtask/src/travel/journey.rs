//! One source in two places, compiled by every compiler.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ambidex_object::{Bound, canonical, make};
use anyhow::Result;

use crate::travel::page::{Outcome, Table};
use crate::travel::places::{Pair, Place, Relation};
use crate::travel::sources::Stage;
use crate::travel::tools::{Compiler, FLAGS};

/// Folders with fewer bytes are no ordinary ones.
const SHORT: usize = 5;

/// A source and two places.
pub(crate) struct Journey<'a> {
    pub stage: &'a Stage,
    pub source: &'a Path,
    pub pair: Pair,
}

/// One way to call a compiler.
struct Call<'a> {
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
    /// Compiles in both places, judges each object, and returns how many there were.
    pub(crate) fn make(
        &self,
        compilers: &[Compiler],
        random: &mut fastrand::Rng,
        kept: &Path,
        table: &mut Table,
    ) -> Result<usize> {
        let calls: Vec<Call<'_>> = compilers
            .iter()
            .map(|compiler| {
                let (flags, absolute, foreign) = (random.usize(0..FLAGS.len()), random.bool(), random.bool());
                Call { compiler, flags, absolute, foreign, elsewhere: absolute && random.bool() }
            })
            .collect();
        let [first, second] = &self.pair.places;
        let mut objects = 0;
        let here = self.stage.visit(first, || Ok(self.compile_all(&calls, first)))?;
        let there = self.stage.visit(second, || Ok(self.compile_all(&calls, second)))?;
        for ((call, here), there) in calls.iter().zip(&here).zip(&there) {
            let (Some(here), Some(there)) = (here, there) else { continue };
            objects += 1;
            let outcome = self.outcome(&here.0, &there.0, call.absolute && (here.1 || there.1));
            if outcome == Outcome::Wrong {
                let number = table.wrong();
                fs::write(kept.join(format!("{number}-here.o")), &here.0)?;
                fs::write(kept.join(format!("{number}-there.o")), &there.0)?;
                let command = self.command(call, first);
                fs::write(kept.join(format!("{number}.txt")), format!("{command:?}\n{:#?}\n", self.pair))?;
            }
            let is_ordinary = !call.absolute
                && !FLAGS[call.flags].contains(&"-gdwarf-4")
                && self.pair.relation == Relation::Apart
                && self.shortest() >= SHORT;
            table.count(call.compiler, call.flags, is_ordinary, outcome);
        }
        Ok(objects)
    }

    fn compile_all(&self, calls: &[Call<'_>], place: &Place) -> Vec<Option<(Vec<u8>, bool)>> {
        let source = place.project.join(self.source);
        let itself = fs::read(source).is_ok_and(|text| names_itself(&text));
        calls.iter().map(|call| Some((self.compile(call, place)?, itself))).collect()
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
        command.arg("-c").arg(of_project(self.source)).args(["-o", "out.o"]);
        command.current_dir(cwd).env("PWD", cwd).stderr(Stdio::null());
        command
    }

    fn compile(&self, call: &Call<'_>, place: &Place) -> Option<Vec<u8>> {
        let object: PathBuf = (if call.elsewhere { &place.temporary } else { &place.project }).join("out.o");
        let _ = fs::remove_file(&object);
        let status = self.command(call, place).status().ok()?;
        let bytes = status.success().then(|| fs::read(&object).ok()).flatten();
        let _ = fs::remove_file(&object);
        bytes
    }

    /// Judges what is made of two objects.
    fn outcome(&self, here: &[u8], there: &[u8], itself: bool) -> Outcome {
        let [first, second] = &self.pair.places;
        let form = match canonical(here, &first.roles()) {
            Ok(Some(form)) => form,
            Ok(None) if here == there => return Outcome::Same,
            Ok(None) => return Outcome::Wrong,
            Err(bound) => return Outcome::Bound(self.reason(&bound)),
        };
        if itself {
            return Outcome::Bound("the source names itself".to_owned());
        }
        let other = canonical(there, &second.roles());
        match make(&form, &second.roles()) {
            Ok(made) if made == there => Outcome::Moved,
            Ok(_) => Outcome::Wrong,
            // Folders with the same relation give the same form, unless the other place is the one that binds.
            Err(_) if matches!(&other, Ok(other) if self.pair.relation != Relation::Moved && other.as_ref() != Some(&form)) => {
                Outcome::Wrong
            }
            Err(bound) => Outcome::Bound(self.reason(&bound)),
        }
    }

    /// Returns a reason without what is particular to one object.
    fn reason(&self, bound: &Bound) -> String {
        match bound {
            // Two or three bytes are found anywhere.
            Bound::Outside { .. } | Bound::Pieces { .. } if self.shortest() < SHORT => {
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
    fn shortest(&self) -> usize {
        let folders = self.pair.places.iter().flat_map(|place| place.folders());
        folders.map(|(_, path)| path.as_os_str().len()).min().unwrap_or_default()
    }
}

/// Returns whether a source may compute with its own path. ambidex asks the preprocessor, which knows it exactly.
fn names_itself(source: &[u8]) -> bool {
    const WORDS: [&str; 4] = ["__FILE__", "__BASE_FILE__", "__builtin_FILE", "source_location"];
    let text = String::from_utf8_lossy(source);
    WORDS.iter().any(|word| text.contains(word))
}
