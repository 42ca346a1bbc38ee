//! `ambidex verify`: builds one project twice at the same path, serially and with ambidex, and compares the outputs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ambidex_engine::{Options, Report};
use serde::Serialize;

use crate::args::VerifyArgs;
use crate::bench::{Bench, show_log};
use crate::build_system::BuildSystem;
use crate::diagnose::{self, Seen};
use crate::error::Error;
use crate::outputs::{Outputs, collect, differences};
use crate::project::Project;
use crate::promised::PromisedFiles;
use crate::supervise;
use crate::tell;

/// Compares the two builds. The exit code is 1 if they differ.
pub(crate) fn verify(args: &VerifyArgs) -> Result<u8, Error> {
    tell::set_color(args.common.output.color);
    let project = Project::find(&args.dir)?;
    BuildSystem::expect_setuptools(&project)?;
    let files = PromisedFiles::checked(args.summary.as_deref(), None)?;
    let bench = Bench::new(&project, project.python(args.common.python.as_deref())?, args.inplace)?;
    let (stock, serial_s) = bench.build_serially()?;
    let options = Options { commit_all: true, ..supervise::options(&args.common.jobs, &project.settings) };
    let Some((ours, report)) = build_with_ambidex(&bench, options)? else {
        tell::error("the build with ambidex failed, the one with plain setuptools did not", None);
        return Ok(1);
    };
    let differing = differences(&stock, &ours, "ambidex");
    // Before blaming ambidex, check whether two serial builds differ too.
    let unsteady: BTreeSet<PathBuf> = match differing.is_empty() {
        true => BTreeSet::new(),
        false => differences(&stock, &bench.build_serially()?.0, "the second one").into_keys().collect(),
    };
    let mut comparison = Comparison { serial_s, report, ..Comparison::default() };
    comparison.equal = stock.keys().filter(|path| !differing.contains_key(*path)).count();
    for (path, difference) in differing {
        let list = match (unsteady.contains(&path), is_intermediate(&path)) {
            (false, _) => &mut comparison.differing,
            (true, false) => &mut comparison.unsteady,
            (true, true) => &mut comparison.unsteady_objects,
        };
        list.insert(path, difference);
    }
    tell::print(&comparison.text())?;
    let json = serde_json::to_string_pretty(&comparison).expect("a comparison is plain data");
    files.write(&(json + "\n"), None)?;
    Ok(u8::from(!comparison.differing.is_empty() || !comparison.unsteady.is_empty()))
}

/// The result of a comparison of two builds.
#[derive(Debug, Default, Serialize)]
struct Comparison {
    /// The number of equal files.
    equal: usize,
    /// The files that differ in ambidex's build only, with the difference.
    differing: BTreeMap<PathBuf, String>,
    /// The files that differ between two serial builds too, with the difference.
    unsteady: BTreeMap<PathBuf, String>,
    /// The objects that differ between two serial builds too; they are not part of the result.
    unsteady_objects: BTreeMap<PathBuf, String>,
    /// The duration of the serial build, in seconds.
    serial_s: f64,
    /// The engine's report on ambidex's build.
    report: Option<Report>,
}

impl Comparison {
    fn text(&self) -> String {
        const UNSTEADY: &str = "not reproducible (two serial builds differ too";
        let mut lines = Vec::new();
        for (path, difference) in &self.differing {
            lines.push(format!("differs: {}: {difference}", path.display()));
        }
        for (path, difference) in &self.unsteady {
            lines.push(format!("{UNSTEADY}): {}: {difference}", path.display()));
        }
        for path in self.unsteady_objects.keys() {
            lines.push(format!("{UNSTEADY}; not part of the result): {}", path.display()));
        }
        lines.push(match (self.differing.len(), self.unsteady.len()) {
            (0, 0) => format!("equal: {} files\n", self.equal),
            (0, unsteady) => format!("{} files are equal; {unsteady} can't be judged\n", self.equal),
            (differing, _) => format!("{} files are equal; {differing} differ\n", self.equal),
        });
        lines.join("\n")
    }
}

/// Returns whether a file is an object, which is only a step towards a module. With LTO, GCC puts a random name into
/// objects.
fn is_intermediate(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "o")
}

/// Builds the copy with ambidex. Returns the outputs and the engine's report, or `None` if the build fails.
fn build_with_ambidex(
    bench: &Bench<'_>,
    options: Options,
) -> Result<Option<(Outputs, Option<Report>)>, Error> {
    bench.fresh_copy()?;
    let root = bench.root();
    let log = bench.beside("ambidex.log");
    let ended = supervise::captured(bench.task(&root, &[], log.clone()), options)?;
    if ended.code != 0 {
        show_log(&log);
        diagnose::tell(&ended, Seen::All);
        return Ok(None);
    }
    Ok(Some((collect(&root)?, Some(ended.report))))
}
