//! The measurement of all ways to build a project, side by side, and the table of the results.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use anyhow::Result;

use super::contender::{Contender, Variant, Way};
use super::counts::{Counts, ccache_hits};
use super::project::Project;
use super::scenario::{Scenario, edit};
use super::site::{Site, remove};
use super::spent::spend;
use super::tools::Tools;
use crate::environment::{root, run};

/// The scenarios of one project. Each scenario starts with the trees that the previous one left.
pub(crate) struct Contest<'a> {
    project: &'a Project,
    tools: &'a Tools,
    pristine: PathBuf,
    folder: PathBuf,
    /// A counter of edits and copies, so that none repeats an earlier one.
    revision: u32,
}

/// One measured build.
struct Sample {
    wall: f64,
    cpu: f64,
    counts: Counts,
    /// The least time that this build could have taken, if known.
    bound: Option<f64>,
}

/// A contender's figures, or the reason why it has none.
struct Row {
    contender: Contender,
    outcome: Result<Vec<Sample>, String>,
}

impl<'a> Contest<'a> {
    /// Fetches or generates the project.
    pub fn open(project: &'a Project, tools: &'a Tools) -> Result<Self> {
        let folder = root().join("target").join("xtask").join("contests").join(project.name);
        remove(&folder)?;
        Ok(Self { project, tools, pristine: project.folder(tools)?, folder, revision: 0 })
    }

    /// Measures all contenders of a scenario in turn, and returns their table.
    pub fn hold(&mut self, scenario: Scenario, rounds: usize) -> Result<String> {
        let contenders = Contender::all(scenario, self.project.shape().is_some());
        let mut rows: Vec<Row> =
            contenders.into_iter().map(|contender| Row { contender, outcome: Ok(Vec::new()) }).collect();
        // The first round creates the trees, and warms the caches of files and byte code.
        for round in 0..=rounds {
            self.revision += 1;
            for row in &mut rows {
                let Ok(samples) = &mut row.outcome else { continue };
                match self.measure(row.contender, scenario, round == 0) {
                    Ok(sample) if round > 0 => samples.push(sample),
                    Ok(_) => {}
                    Err(error) => row.outcome = Err(format!("{error:#}")),
                }
            }
            eprintln!("{}/{}: round {round} of {rounds}", self.project.name, scenario.name());
        }
        Ok(table(self.project, scenario, &mut rows))
    }

    fn measure(&self, contender: Contender, scenario: Scenario, first: bool) -> Result<Sample> {
        let site = self.folder.join(contender.folder_name(scenario));
        let site = Site::open(site, contender, &self.pristine, self.project, self.tools)?;
        let folder = self.prepare(contender, scenario, &site, first)?;
        if contender.way == Way::Ccache {
            run(Command::new("ccache").arg("-z").env("CCACHE_DIR", site.cache()).stdout(Stdio::null()))?;
        }
        let mut command = contender.command(self.tools, self.project, scenario, &site, &folder)?;
        let began = SystemTime::now();
        let spent = spend(&mut command, &site.log())?;
        let (counts, bound) = match contender.way {
            Way::Ambidex => {
                Counts::of_summary(&site.summary()).map(|(counts, bound)| (counts, Some(bound)))?
            }
            Way::Ccache => (Counts::of_files(&folder, began)?.with_hits(ccache_hits(&site.cache())?), None),
            Way::Setup(_) | Way::Ninja | Way::Meson => (Counts::of_files(&folder, began)?, None),
        };
        Ok(Sample { wall: spent.wall, cpu: spent.cpu, counts, bound })
    }

    /// Prepares the starting point of a scenario. Returns the directory to build in.
    fn prepare(&self, contender: Contender, scenario: Scenario, site: &Site, first: bool) -> Result<PathBuf> {
        let tree = site.tree();
        let build = || -> Result<()> {
            let mut command = contender.command(self.tools, self.project, Scenario::Cold, site, &tree)?;
            spend(&mut command, &site.log())?;
            Ok(())
        };
        match scenario {
            Scenario::Cold => {
                site.clean(contender.variant == Variant::Known)?;
                site.empty_cache()?;
            }
            Scenario::Elsewhere => {
                let stores = matches!(contender.way, Way::Ccache | Way::Ambidex);
                if contender.variant == Variant::Empty {
                    site.empty_cache()?;
                } else if first && stores {
                    build()?;
                }
                return site.elsewhere(&self.pristine, self.revision);
            }
            Scenario::Nothing | Scenario::Source | Scenario::Header | Scenario::FewHeader => {
                if first {
                    build()?;
                }
            }
        }
        if let Some(file) = self.project.edited(scenario) {
            edit(&tree.join(file), self.revision)?;
        }
        Ok(tree)
    }
}

fn table(project: &Project, scenario: Scenario, rows: &mut [Row]) -> String {
    let mut text = format!(
        "{}; {}.\n\n\
         | build | median, s | ratio | run / reused / cached | bound | own CPU, s |\n\
         | --- | --- | --- | --- | --- | --- |\n",
        project.title,
        scenario.title()
    );
    let mut first = None;
    for row in rows {
        let label = row.contender.label(project, scenario);
        let line = match &mut row.outcome {
            Ok(samples) => figures(samples, &mut first),
            Err(error) => format!("not measured: {} | | | | ", in_a_cell(error)),
        };
        writeln!(text, "| {label} | {line} |").expect("a string takes all");
    }
    text
}

fn figures(samples: &[Sample], first: &mut Option<f64>) -> String {
    let wall = median(samples.iter().map(|sample| sample.wall));
    let counts = samples.last().map(|sample| sample.counts).unwrap_or_default();
    let bounds: Vec<f64> = samples.iter().filter_map(|s| Some(s.wall / s.bound?)).collect();
    let bound = if bounds.is_empty() { String::new() } else { format!("{:.2}", median(bounds.into_iter())) };
    let ratio = wall / *first.get_or_insert(wall);
    let cpu = median(samples.iter().map(|sample| sample.cpu));
    format!("{wall:.3} | {ratio:.2} | {counts} | {bound} | {cpu:.3}")
}

/// Returns the median: of an even number of values, the upper of the two in the middle.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Formats an error as one cell of a table, without the path of this repository.
pub(crate) fn in_a_cell(error: &str) -> String {
    let text = error.replace(&format!("{}/", root().display()), "").replace(['\n', '|'], " ");
    text.chars().take(300).collect()
}
