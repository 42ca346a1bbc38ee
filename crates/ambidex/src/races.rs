//! `ambidex races`: builds a copy of a project with plain setuptools, in an order that makes its races certain, and
//! compares the modules with those of the serial build.

mod evaluate;
mod judge;
mod referee;
mod report;
mod rules;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use ambidex_engine::HazardPath;

use crate::args::{Format, RacesArgs};
use crate::bench::Bench;
use crate::build_system::BuildSystem;
use crate::capture::Capture;
use crate::error::Error;
use crate::outputs::{Outputs, collect, differences};
use crate::project::Project;
use crate::supervise::{self, Task};
use crate::{hazards, tell};

use self::evaluate::Expression;
use self::judge::Compared;
use self::referee::Referee;
use self::report::{Outcome, Race, Report, Shown};
use self::rules::{Aim, Contested, Rules};

/// Shows the races of a project. The exit code is 1 if a race has shown itself.
pub(crate) fn races(args: &RacesArgs) -> Result<u8, Error> {
    tell::set_color(args.common.output.color);
    let project = Project::find(&args.dir)?;
    BuildSystem::expect_setuptools(&project)?;
    let python = project.python(args.common.python.as_deref())?;
    let bench = Bench::new(&project, python.clone(), false)?;
    let options = supervise::options(&args.common.jobs, &project.settings);
    let track = Track {
        bench: &bench,
        limit: options.jobs,
        expression: args.show.as_deref().map(|text| Expression { text, python: &python }),
        is_quiet: args.common.output.quiet || args.format == Format::Json,
    };
    bench.fresh_copy()?;
    let root = bench.root();
    track.tell("recording the commands");
    let hazards = hazards::of(bench.task(&root, &[], bench.beside("recording.log")), options)?;
    let report = if hazards.is_empty() { Report::default() } else { track.run(&hazards)? };
    tell::print(&match args.format {
        Format::Json => report.json(),
        Format::Text => report.text(),
    })?;
    if let Some(path) = report.not_forced() {
        return Err(Error::NotForced(path.to_owned()));
    }
    Ok(u8::from(report.has_shown_a_race()))
}

/// Everything that the builds of one project have in common.
struct Track<'a> {
    bench: &'a Bench<'a>,
    /// How many compilers and linkers may run at once.
    limit: usize,
    expression: Option<Expression<'a>>,
    is_quiet: bool,
}

/// The serial build.
struct Serial {
    outputs: Outputs,
    value: Option<String>,
}

/// A parallel build whose order was decided.
struct Directed {
    /// Whether the build succeeded.
    succeeded: bool,
    printed: String,
    outputs: Outputs,
    value: Option<String>,
    rules: Rules,
}

impl Track<'_> {
    fn run(&self, hazards: &[HazardPath]) -> Result<Report, Error> {
        self.tell("building serially");
        let outputs = self.bench.build_serially()?.0;
        let serial = Serial { outputs, value: self.value() };
        let mut races: Vec<Race> = hazards.iter().map(Race::new).collect();
        let mut shown = self.expression.as_ref().map(|expression| Shown::new(expression.text, &serial.value));
        let jobs = parallelism(hazards);
        if hazards.iter().any(|hazard| !hazard.duplicate) {
            self.tell(&format!(
                "building with `setup.py build -j{jobs}`, every object written before any is linked"
            ));
            let contested = hazards.iter().map(|hazard| contested(hazard, Aim::LastWriterWins)).collect();
            let directed = self.direct(contested, jobs)?;
            let differing = self.differing(&serial.outputs, &directed)?;
            if let Some(shown) = &mut shown {
                shown.parallel.clone_from(&directed.value);
            }
            let compared = Compared { directed: &directed, serial: &serial.outputs, differing: &differing };
            for (race, hazard) in races.iter_mut().zip(hazards).filter(|(_, hazard)| !hazard.duplicate) {
                race.outcome = judge::conflict(hazard, &compared);
            }
        }
        // One torn read ends the build, so there can't be two. A conflict is torn only if it changes no code.
        let duplicate = hazards.iter().position(|hazard| hazard.duplicate);
        let unchanged = || races.iter().all(|race| race.outcome.leaves_all_code()).then_some(0);
        if let Some(at) = duplicate.or_else(unchanged) {
            self.tell(&format!(
                "building with `setup.py build -j{jobs}`, an object read while it is written"
            ));
            let directed = self.direct(vec![contested(&hazards[at], Aim::TornRead)], jobs)?;
            let differing = self.differing(&serial.outputs, &directed)?;
            let compared = Compared { directed: &directed, serial: &serial.outputs, differing: &differing };
            let outcome = judge::torn_read(&hazards[at], &compared);
            if outcome.is_a_race() || hazards[at].duplicate {
                (races[at].outcome, races[at].is_torn) = (outcome, true);
            }
            if let Some(shown) = shown.as_mut().filter(|shown| shown.parallel.is_none()) {
                shown.parallel.clone_from(&directed.value);
            }
            let first = hazards::shown(&hazards[at]).to_owned();
            let others = races.iter_mut().zip(hazards).skip(at + 1).filter(|(_, hazard)| hazard.duplicate);
            others.for_each(|(race, _)| race.outcome = Outcome::AsFor { path: first.clone() });
        }
        Ok(Report { jobs, races, shown })
    }

    fn tell(&self, what: &str) {
        if !self.is_quiet {
            tell::say(&format!("ambidex: {what}"));
        }
    }

    /// Evaluates the user's expression with the modules that are built now.
    fn value(&self) -> Option<String> {
        self.expression.as_ref().map(|expression| expression.value(&self.bench.root()))
    }

    /// Builds a fresh copy with plain setuptools and this many jobs, in an order that brings about what the contested
    /// paths aim at.
    fn direct(&self, contested: Vec<Contested>, jobs: usize) -> Result<Directed, Error> {
        self.bench.fresh_copy()?;
        let root = self.bench.root();
        let log = self.bench.beside("parallel.log");
        let capture = Capture::lay_out()?;
        let socket = self.bench.beside("gate");
        let _ = fs::remove_file(&socket);
        let mut environment: Vec<(&'static str, OsString)> = capture.gate(&socket)?;
        let referee = Referee::start(&socket, Rules::new(contested, self.limit)).map_err(Error::Engine)?;
        let task = self.bench.task(&root, &[format!("-j{jobs}")], log.clone());
        environment.extend(task.environment.iter().cloned());
        let ended = supervise::plain(&Task { environment, ..task });
        let rules = referee.end();
        let (code, interrupted) = ended?;
        if interrupted {
            return Err(Error::Interrupted(code));
        }
        let printed = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
        Ok(Directed { succeeded: code == 0, printed, outputs: collect(&root)?, value: self.value(), rules })
    }

    /// Returns the modules that differ from those of the serial build, and don't differ between two serial builds.
    fn differing(&self, serial: &Outputs, directed: &Directed) -> Result<BTreeMap<PathBuf, String>, Error> {
        if !directed.succeeded {
            return Ok(BTreeMap::new());
        }
        let mut differing = differences(serial, &directed.outputs, "the parallel one");
        differing.retain(|path, _| is_module(path));
        if !differing.is_empty() {
            self.tell("building serially once more, to see what differs anyway");
            let unsteady = differences(serial, &self.bench.build_serially()?.0, "the second one");
            differing.retain(|path, _| !unsteady.contains_key(path));
        }
        Ok(differing)
    }
}

fn is_module(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "so" || end == "a")
}

/// Returns how many extensions must be built at once: those that wait for one another.
fn parallelism(hazards: &[HazardPath]) -> usize {
    let writers = hazards.iter().flat_map(|hazard| &hazard.writers);
    let mut extensions: Vec<&str> = writers.map(|writer| writer.extension.as_str()).collect();
    extensions.sort_unstable();
    extensions.dedup();
    extensions.len()
}

/// Returns the contested path of a hazard. What no command reads again, such as a module, is wrong if the serial build's
/// last writer comes first.
fn contested(hazard: &HazardPath, aim: Aim) -> Contested {
    let mut writers = hazard.writers.clone();
    if is_module(&hazard.path) {
        writers.reverse();
    }
    Contested::new(hazard.path.clone(), aim, writers)
}
