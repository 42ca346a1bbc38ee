//! A test of incremental builds of real projects: random edits, each followed by a build with ambidex, a clean serial
//! build, and a count of the commands that the edit made necessary.
//!
//! **The clean build** is plain `setup.py build`, with an empty `build/`, of a second copy of the project at the same
//! path. To be affordable after every edit, it finds stand-ins for the compilers on its PATH (`stand_in.rs`). They
//! preprocess each source with the command's own flags, and copy the object of an earlier compilation if the command,
//! its directory and the preprocessed text, including line markers, are the same. The real tools do everything else,
//! including all links. At regular intervals (`--clean-every`), another build uses nothing but the sources, without any
//! stand-in, and both builds must agree.
//!
//! **The count** comes from the same build: the stand-ins log what each compilation reads (`-MD`, which is `-M` in
//! addition to the preprocessed text) and the inputs of each link, with hashes (`count.rs`).
//!
//! ambidex takes part in neither. It builds without a store.

mod change;
mod count;
mod pythons;
pub(crate) mod stand_in;
pub(crate) mod trees;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::corpus::{self, Place};
use crate::environment::{ambidex, root};
use change::{Changes, Kind};
use count::{Memory, Needed};
use stand_in::StandIns;
use trees::{Built, Modules, Trees, modules};

/// The projects to edit if none is named.
const PROJECTS: [&str; 4] = ["librt", "pplpy", "cytoolz", "biopython"];

/// The options of `cargo xtask edits`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only these projects in corpus/projects.toml
    projects: Vec<String>,
    /// Number of edits of each project
    #[arg(long, default_value_t = 200)]
    edits: u32,
    /// Seed for choosing the edits; the same seed gives the same edits
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of edits between checks of the clean build itself, against a build from the sources without stand-ins
    #[arg(long, default_value_t = 25)]
    clean_every: u32,
}

/// The results of the edits of one kind.
#[derive(Default)]
struct Row {
    edits: u64,
    least: u64,
    most: u64,
    executed: u64,
    translations: u64,
    mismatches: u64,
}

/// What a build with ambidex ran.
struct Executed {
    commands: u64,
    translations: u64,
}

/// Edits the projects and writes `docs/edits.md`.
pub(crate) fn judge(options: &Options) -> Result<()> {
    let program = ambidex()?;
    let names = if options.projects.is_empty() {
        PROJECTS.map(str::to_owned).to_vec()
    } else {
        options.projects.clone()
    };
    let file = root().join("docs").join("edits.md");
    let mut mismatches = Vec::new();
    for name in &names {
        let place = corpus::place(name)?;
        let title = format!("{name} {}", place.version);
        let mut session = Session::begin(&place, &program, options)?;
        let mut rows: BTreeMap<Kind, Row> = BTreeMap::new();
        for number in 1..=options.edits {
            let mismatch = session.edit(number, options, &mut rows)?;
            if let Some(mismatch) = mismatch {
                let again = format!("cargo xtask edits {name} --seed {} --edits {number}", options.seed);
                println!("{title}: {mismatch}\n    again: {again}");
                mismatches.push(format!("{title}, edit {number}: {mismatch} ({again})"));
            }
        }
        let section = section(&title, options, &rows)?;
        println!("{section}");
        let known = fs::read_to_string(&file).unwrap_or_default();
        fs::write(&file, with_section(&known, &title, &section))?;
    }
    anyhow::ensure!(mismatches.is_empty(), "{} mismatches:\n{}", mismatches.len(), mismatches.join("\n"));
    Ok(())
}

/// The state of one project between two edits.
struct Session<'a> {
    place: &'a Place,
    /// The Pythons that build it in turn.
    pythons: Vec<PathBuf>,
    program: &'a Path,
    summary: PathBuf,
    trees: Trees,
    changes: Changes,
    memory: Memory,
    stand_ins: StandIns,
    /// The number of objects that were removed or damaged and not yet rebuilt. Any later build may have to rebuild
    /// them.
    harmed: u64,
}

impl<'a> Session<'a> {
    /// Copies the project, and builds it for the first time.
    fn begin(place: &'a Place, program: &'a Path, options: &Options) -> Result<Self> {
        let folder = root().join("target").join("xtask").join("edits").join(&place.name);
        fs::create_dir_all(&folder)?;
        let mut trees = Trees::copy(&place.folder, &folder)?;
        let pythons = pythons::of(place)?;
        let changes = Changes::begin(&mut trees, options.seed, pythons.len())?;
        let mut session = Self {
            place,
            pythons,
            program,
            summary: folder.join("summary.json"),
            trees,
            changes,
            memory: Memory::default(),
            stand_ins: StandIns::make(&folder.join("stand-ins"), &place.python)?,
            harmed: 0,
        };
        let clean = session.build_clean()?.context("the project can't be built")?;
        let (needed, _) = session.count()?;
        let executed = session.build()?.commands;
        let mismatch = judgement(&clean.modules, &modules(session.trees.here())?, needed, executed);
        if let Some(mismatch) = mismatch {
            println!("{}: the first build: {mismatch}", place.name);
        }
        session.check_clean(&clean.modules)?;
        Ok(session)
    }

    /// Makes an edit, builds, and judges. Returns what is wrong, if anything.
    fn edit(
        &mut self,
        number: u32,
        options: &Options,
        rows: &mut BTreeMap<Kind, Row>,
    ) -> Result<Option<String>> {
        let (kind, what, clean) = loop {
            let (kind, what) = self.changes.make(&mut self.trees)?;
            if let Some(clean) = self.build_clean()? {
                break (kind, what, clean);
            }
            // Nobody would keep an edit that doesn't build.
            self.changes.undo(&mut self.trees)?;
        };
        let (mut needed, commands) = self.count()?;
        match kind {
            _ if kind.is_of_place() => needed = Needed { least: 0, most: commands },
            Kind::LostModule | Kind::DamagedModule => needed.most += 1,
            Kind::LostObject | Kind::DamagedObject => self.harmed += 1,
            _ => {}
        }
        let without_harm = needed.most;
        needed.most += self.harmed;
        let Executed { commands: executed, translations } = self.build()?;
        self.harmed -= executed.saturating_sub(without_harm).min(self.harmed);
        let is_of_pyx = kind.is_of_source() && what.ends_with(".pyx");
        let to_translate = match kind {
            _ if kind.is_of_place() => Needed { least: 0, most: u64::MAX },
            _ => Needed { least: u64::from(is_of_pyx), most: clean.translations },
        };
        let mismatch = judgement(&clean.modules, &modules(self.trees.here())?, needed, executed)
            .or_else(|| count_of_translations(to_translate, translations));
        let verdict = mismatch.as_deref().unwrap_or("equal");
        println!(
            "{number:4} {kind}: {what}: needed {}, run {executed}, translated {translations}, {verdict}",
            told(needed)
        );
        if number.is_multiple_of(options.clean_every.max(1)) {
            self.check_clean(&clean.modules)?;
        }
        let row = rows.entry(kind).or_default();
        row.edits += 1;
        row.least += needed.least;
        row.most += needed.most;
        row.executed += executed;
        row.translations += translations;
        row.mismatches += u64::from(mismatch.is_some());
        Ok(mismatch)
    }

    /// Sets the environment variables that all builds share.
    fn surroundings(&self, command: &mut Command) {
        for name in ["CC", "CXX", "CPPFLAGS", "LDFLAGS", "LDSHARED", "PYTHONPATH", "AMBIDEX_JOBS", "CPATH"] {
            command.env_remove(name);
        }
        command
            .env("CFLAGS", self.changes.flags())
            .env("CXXFLAGS", self.changes.flags())
            .env("PYTHONHASHSEED", "0")
            .env("SOURCE_DATE_EPOCH", "1600000000")
            .envs(&self.place.environment);
    }

    fn python(&self) -> &Path {
        &self.pythons[self.changes.python()]
    }

    fn serial(&self) -> Command {
        let mut command = Command::new(self.python());
        self.surroundings(&mut command);
        command.args(["setup.py", "build", "-j1"]);
        command
    }

    fn build_clean(&self) -> Result<Option<Built>> {
        let mut command = self.serial();
        self.stand_ins.be_used_by(&mut command)?;
        self.trees.build_clean(command)
    }

    /// Fails unless a build from nothing but the sources, without stand-ins, gives the same result.
    fn check_clean(&self, clean: &Modules) -> Result<()> {
        let plain = self.trees.build_from_sources(self.serial())?.context("the plain build fails")?;
        let differing = differences(&plain.modules, clean);
        anyhow::ensure!(
            differing.is_empty(),
            "the clean build is not that of setuptools: {}",
            differing.join(", ")
        );
        Ok(())
    }

    /// Counts the commands that the last clean build shows to be necessary. Also returns its total number of commands.
    fn count(&mut self) -> Result<(Needed, u64)> {
        let entries = self.stand_ins.entries()?;
        anyhow::ensure!(!entries.is_empty(), "the build has used other compilers than those on the PATH");
        self.changes.learn(&self.trees, &entries);
        Ok((self.memory.build(self.trees.here(), &entries), entries.len() as u64))
    }

    /// Builds with ambidex.
    fn build(&self) -> Result<Executed> {
        let mut command = Command::new(self.program);
        self.surroundings(&mut command);
        command.args(["build", "-j2", "--summary"]).arg(&self.summary).arg("--python").arg(self.python());
        let output = command.arg(self.trees.here()).env("AMBIDEX_CACHE_DIR", "").output()?;
        let printed = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "ambidex fails: {}\n{printed}", output.status);
        let summary: Value = serde_json::from_str(&fs::read_to_string(&self.summary)?)?;
        let count = |of: &str| {
            summary.pointer(of).and_then(Value::as_u64).with_context(|| format!("the summary has no {of}"))
        };
        Ok(Executed {
            commands: count("/commands/executed")?,
            translations: count("/translations/executed")?,
        })
    }
}

/// Returns what is wrong, if anything.
fn judgement(clean: &Modules, built: &Modules, needed: Needed, executed: u64) -> Option<String> {
    let mut wrong = differences(clean, built);
    if !(needed.least..=needed.most).contains(&executed) {
        wrong.push(format!("{executed} commands were run, {} needed", told(needed)));
    }
    (!wrong.is_empty()).then(|| wrong.join(", "))
}

fn count_of_translations(needed: Needed, run: u64) -> Option<String> {
    let is_right = (needed.least..=needed.most).contains(&run);
    (!is_right).then(|| format!("{run} translations were run, {} needed", told(needed)))
}

fn differences(clean: &Modules, built: &Modules) -> Vec<String> {
    // Another Python builds into its own directory.
    let folder = |name: &String| name.split('/').nth(1).map(str::to_owned);
    let folders: std::collections::BTreeSet<_> = clean.keys().map(folder).collect();
    let built: Modules = built
        .iter()
        .filter(|(name, _)| folders.contains(&folder(name)))
        .map(|(name, hash)| (name.clone(), hash.clone()))
        .collect();
    let names: std::collections::BTreeSet<&String> = clean.keys().chain(built.keys()).collect();
    let told = |name: &String| match (clean.get(name), built.get(name)) {
        (Some(clean), Some(built)) if clean == built => None,
        (Some(_), Some(_)) => Some(format!("{name} differs")),
        (Some(_), None) => Some(format!("{name} is missing")),
        (None, _) => Some(format!("{name} should not be there")),
    };
    names.into_iter().filter_map(told).collect()
}

fn told(needed: Needed) -> String {
    if needed.least == needed.most {
        needed.least.to_string()
    } else {
        format!("{} to {}", needed.least, needed.most)
    }
}

const HEAD: &str = "# Edits\n
Written by `cargo xtask edits`: random edits of real projects, each followed by `ambidex build -j2` without a cache, a
clean serial build of the same sources at the same path, and a count of the commands that had to run, from the files
that the preprocessor names (`gcc -M`) and their hashes. An edit is a mismatch if a module or library differs from that
of the clean build, or if the number of commands that ran is not the expected one. The expected number is a range where
the edit restores commands that ran before the last build, where only the text of a generated source differs (Cython
writes it in different ways), and where an output was damaged and ambidex may have another copy of it. Builds alternate between two environments of one Python (each with its own `Python.h` before the real one),
another Python, and a copy of the tree that includes everything built so far. The first build after such a switch may
run any number of commands. A Cython source that was edited must be translated, and no more sources than plain
Cython, which goes by times, translates.
";

fn section(title: &str, options: &Options, rows: &BTreeMap<Kind, Row>) -> Result<String> {
    let mut text = format!("## {title}\n\nSeed {}, {} edits.\n\n", options.seed, options.edits);
    text.push_str("| edit | times | commands needed | run | translations run | mismatches |\n");
    text.push_str("| --- | --- | --- | --- | --- | --- |\n");
    let mut sum = Row::default();
    let line = |text: &mut String, name: &str, row: &Row| {
        let needed = told(Needed { least: row.least, most: row.most });
        let Row { edits, executed, translations, mismatches, .. } = row;
        writeln!(text, "| {name} | {edits} | {needed} | {executed} | {translations} | {mismatches} |")
    };
    for (kind, row) in rows {
        line(&mut text, &kind.to_string(), row)?;
        sum.edits += row.edits;
        sum.least += row.least;
        sum.most += row.most;
        sum.executed += row.executed;
        sum.translations += row.translations;
        sum.mismatches += row.mismatches;
    }
    line(&mut text, "all", &sum)?;
    Ok(text)
}

/// Returns the text with one section replaced or added.
fn with_section(known: &str, title: &str, section: &str) -> String {
    let mut sections: Vec<&str> = known.split("\n## ").skip(1).map(str::trim_end).collect();
    let own = section.trim_end().trim_start_matches("## ");
    match sections.iter_mut().find(|other| other.lines().next() == Some(title)) {
        Some(old) => *old = own,
        None => sections.push(own),
    }
    let mut text = HEAD.to_owned();
    for section in sections {
        text.push_str("\n## ");
        text.push_str(section);
        text.push('\n');
    }
    text
}
