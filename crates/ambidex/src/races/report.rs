//! The result of `ambidex races`, as text and as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ambidex_engine::HazardPath;
use object::{Object, ObjectSection, ObjectSymbol};
use serde::Serialize;

use crate::closing::number;
use crate::hazards;

/// How many functions of a module are named at most.
const MOST_FUNCTIONS: usize = 5;

/// The result of `ambidex races`.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    /// The number of jobs of the parallel builds.
    pub jobs: usize,
    pub races: Vec<Race>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
}

/// A path that more than one extension writes.
#[derive(Debug, Serialize)]
pub(crate) struct Race {
    pub path: PathBuf,
    pub kind: &'static str,
    pub writers: Vec<RaceWriter>,
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Whether the outcome is that of a read while the path was written.
    pub is_torn: bool,
}

/// A command that writes the path.
#[derive(Debug, Serialize)]
pub(crate) struct RaceWriter {
    pub extension: String,
    pub command: Vec<String>,
    /// The arguments that not all writers have.
    #[serde(skip)]
    own: Vec<String>,
}

/// The user's expression, and its values with the modules of the builds.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    pub expression: String,
    pub serial: Option<String>,
    pub parallel: Option<String>,
}

impl Shown {
    pub fn new(expression: &str, serial: &Option<String>) -> Self {
        Self { expression: expression.to_owned(), serial: serial.clone(), parallel: None }
    }
}

/// What became of a race.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// The build succeeded, and these modules are wrong.
    WrongModules { steps: Vec<String>, modules: Vec<WrongModule> },
    /// The build failed, and the serial build did not.
    BuildFails {
        steps: Vec<String>,
        /// Whether the build has named the path when it failed; otherwise it may have failed for another reason.
        names_the_path: bool,
        /// What the build has printed about it.
        lines: Vec<String>,
    },
    /// The modules are right although the commands ran in the bad order.
    NoDifference { why: &'static str },
    /// The same as for another path, which shows it for both: a build can fail only once.
    AsFor { path: PathBuf },
    /// The commands did not run in the bad order.
    NotForced,
}

/// A module that differs from that of the serial build.
#[derive(Debug, Serialize)]
pub(crate) struct WrongModule {
    pub path: PathBuf,
    /// What differs.
    pub difference: String,
    /// The functions whose code differs.
    pub functions: Vec<String>,
    /// The functions that are missing.
    pub missing: Vec<String>,
    /// Whether all that is loaded is the same, so only debug information differs.
    pub loads_the_same: bool,
}

impl WrongModule {
    pub fn new(path: &Path, difference: &str, serial: &[u8], parallel: &[u8]) -> Self {
        let loads_the_same = loaded(serial).is_some_and(|loads| Some(loads) == loaded(parallel));
        let (serial, parallel) = (functions(serial), functions(parallel));
        let chosen = |is_wanted: &dyn Fn(&String, &Vec<u8>) -> bool| {
            let wanted = serial.iter().filter(|(name, code)| is_wanted(name, code));
            wanted.map(|(name, _)| name.clone()).take(MOST_FUNCTIONS).collect()
        };
        Self {
            path: path.to_owned(),
            difference: difference.to_owned(),
            functions: chosen(&|name, code| parallel.get(name).is_some_and(|there| there != code)),
            missing: chosen(&|name, _| !parallel.contains_key(name)),
            loads_the_same,
        }
    }

    /// Returns in words what is wrong with it.
    fn told(&self) -> String {
        match (&self.missing[..], &self.functions[..]) {
            _ if self.loads_the_same => format!("only its debug information differs: {}", self.difference),
            ([], []) => format!("it differs from that of the serial build: {}", self.difference),
            ([], differing) => format!("it has other code in {}", differing.join(", ")),
            (missing, _) => format!("it has no {}", missing.join(", ")),
        }
    }
}

impl Race {
    pub fn new(hazard: &HazardPath) -> Self {
        let writer = |writer: &ambidex_engine::Writer| {
            let own = hazards::own_arguments(writer, &hazard.writers);
            RaceWriter {
                extension: writer.extension.clone(),
                command: writer.command.clone(),
                own: own.into_iter().map(str::to_owned).collect(),
            }
        };
        Self {
            path: hazards::shown(hazard).to_owned(),
            kind: hazards::kind(hazard),
            writers: hazard.writers.iter().map(writer).collect(),
            outcome: Outcome::NotForced,
            is_torn: false,
        }
    }
}

/// Returns the last part of a path as text.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Returns the name of a file without its endings.
pub(crate) fn module_name(path: &Path) -> String {
    let name = file_name(path);
    name.split('.').next().unwrap_or(&name).to_owned()
}

/// Returns the sections of a module that are loaded, without the hash of everything.
fn loaded(module: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    const BUILD_ID: &str = ".note.gnu.build-id";
    let file = object::File::parse(module).ok()?;
    let is_loaded = |section: &object::Section<'_, '_>| match section.flags() {
        object::SectionFlags::Elf { sh_flags } => sh_flags & u64::from(object::elf::SHF_ALLOC) != 0,
        _ => true,
    };
    let content = |section: object::Section<'_, '_>| {
        Some((section.name().ok()?.to_owned(), section.data().ok()?.to_vec()))
    };
    let sections = file.sections().filter(is_loaded).filter_map(content);
    Some(sections.filter(|(name, _)| name != BUILD_ID).collect())
}

/// Returns the code of each function of a module.
fn functions(module: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let Ok(file) = object::File::parse(module) else { return BTreeMap::new() };
    let code = |symbol: object::Symbol<'_, '_>| {
        let section = file.section_by_index(symbol.section_index()?).ok()?;
        let code = section.data_range(symbol.address(), symbol.size()).ok()??;
        Some((symbol.name().ok()?.to_owned(), code.to_vec()))
    };
    let is_function =
        |symbol: &object::Symbol<'_, '_>| symbol.kind() == object::SymbolKind::Text && symbol.size() > 0;
    file.symbols().chain(file.dynamic_symbols()).filter(is_function).filter_map(code).collect()
}

/// Says why the build went wrong.
fn why(race: &Race) -> String {
    let name = file_name(&race.path);
    let consequence = match &race.outcome {
        Outcome::BuildFails { names_the_path: false, .. } => {
            "Here a command fails, perhaps for another reason: the extensions may share more than this path."
        }
        _ if race.is_torn => {
            "A link that reads the file while another command writes it again gets a part of it."
        }
        Outcome::BuildFails { .. } => "What one extension does to the file, another one does not expect.",
        _ => {
            "A link that comes after the compiler of another extension gets that one's object.\n  \
             No command fails, so nobody notices."
        }
    };
    format!(
        "  why: {} write {name}, and setuptools keeps no order between two extensions.\n  {consequence}\n",
        number(race.writers.len(), "command")
    )
}

impl Outcome {
    /// Returns whether the bad order has changed nothing that is loaded.
    pub fn leaves_all_code(&self) -> bool {
        match self {
            Self::NoDifference { .. } => true,
            Self::WrongModules { modules, .. } => modules.iter().all(|module| module.loads_the_same),
            _ => false,
        }
    }

    pub fn is_a_race(&self) -> bool {
        matches!(self, Self::WrongModules { .. } | Self::BuildFails { .. })
    }
}

impl Report {
    pub fn has_shown_a_race(&self) -> bool {
        self.races.iter().any(|race| race.outcome.is_a_race())
    }

    /// Returns a path whose race should have been shown and was not, if no race was.
    pub fn not_forced(&self) -> Option<&Path> {
        let mut not_forced = self.races.iter().filter(|race| matches!(race.outcome, Outcome::NotForced));
        not_forced.next().filter(|_| !self.has_shown_a_race()).map(|race| race.path.as_path())
    }

    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a report is plain data") + "\n"
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        for race in &self.races {
            self.describe(race, &mut text).expect("a string takes all");
        }
        if let Some(Shown { expression, serial, parallel }) = &self.shown {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "not built".to_owned());
            let (serial, parallel) = (value(serial), value(parallel));
            writeln!(text, "{expression}\n  after -j1: {serial}\n  after -j{}: {parallel}", self.jobs)
                .expect("a string takes all");
        }
        text + &self.conclusion()
    }

    fn describe(&self, race: &Race, text: &mut String) -> std::fmt::Result {
        writeln!(text, "{}: {}", race.kind, race.path.display())?;
        for writer in &race.writers {
            let own =
                if writer.own.is_empty() { String::new() } else { format!(": {}", writer.own.join(" ")) };
            writeln!(text, "  {}{own}", writer.extension)?;
        }
        let steps = |text: &mut String, steps: &[String]| {
            writeln!(text, "  plain `setup.py build -j{}`, in this order:", self.jobs)?;
            let mut numbered = (1..).zip(steps);
            numbered.try_for_each(|(number, step)| writeln!(text, "    {number}. {step}"))
        };
        match &race.outcome {
            Outcome::WrongModules { steps: order, modules } => {
                steps(text, order)?;
                for module in modules {
                    writeln!(text, "  wrong: {}\n    {}", module.path.display(), module.told())?;
                }
                text.write_str(&why(race))
            }
            Outcome::BuildFails { steps: order, lines, .. } => {
                steps(text, order)?;
                writeln!(text, "  the build fails; the serial one does not:")?;
                lines.iter().try_for_each(|line| writeln!(text, "    {line}"))?;
                text.write_str(&why(race))
            }
            Outcome::NoDifference { why } => writeln!(text, "  no wrong module: {why}"),
            Outcome::AsFor { path } => writeln!(text, "  as for {}", path.display()),
            Outcome::NotForced => {
                writeln!(text, "  not shown: the commands could not be put in the bad order")
            }
        }
    }

    fn conclusion(&self) -> String {
        if self.races.is_empty() {
            return "no path is written by more than one extension: nothing can race\n".to_owned();
        }
        let count = |loads_the_same: bool| {
            let modules = self.races.iter().flat_map(|race| match &race.outcome {
                Outcome::WrongModules { modules, .. } => modules.as_slice(),
                _ => &[],
            });
            let wanted = modules.filter(|module| module.loads_the_same == loads_the_same);
            wanted.map(|module| &module.path).collect::<BTreeSet<_>>().len()
        };
        let (wrong, other_debug) = (count(false), count(true));
        let fails = self.races.iter().any(|race| matches!(race.outcome, Outcome::BuildFails { .. }));
        let mut told = Vec::new();
        if wrong > 0 {
            told.push(format!(
                "plain setuptools builds {} wrong with -j{}",
                number(wrong, "module"),
                self.jobs
            ));
        }
        if other_debug > 0 {
            let modules = number(other_debug, "module");
            told.push(format!("with -j{}, {modules} would get other debug information", self.jobs));
        }
        if fails {
            told.push(format!("a build with -j{} fails", self.jobs));
        }
        if told.is_empty() {
            told.push("no race has shown itself".to_owned());
        }
        told.join("; ") + "\n"
    }
}
