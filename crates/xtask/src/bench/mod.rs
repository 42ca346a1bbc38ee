//! The chore `cargo xtask bench`: which cases it measures, in which order, and where the figures go.

pub(crate) mod client;
mod commands;
mod contender;
mod contest;
mod counts;
mod generated;
mod ninja_file;
mod nodes;
mod page;
mod project;
mod scenario;
mod simulated;
mod site;
mod spent;
mod tools;
mod twin;

use anyhow::{Result, bail};

use contest::Contest;
use page::Page;
use project::PROJECTS;
use tools::Tools;

/// The options of `cargo xtask bench`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Number of measurements of each build
    #[arg(long, default_value_t = 11)]
    rounds: usize,
    /// Only these cases: a project (`small`), a scenario (`cold`), both (`small/cold`), the engine alone
    /// (`nodes/1000`), or a simulated machine (`simulated/pplpy`)
    cases: Vec<String>,
    /// Measure the engine alone, with 1,000, 10,000 and 100,000 commands that do nothing
    #[arg(long)]
    nodes: bool,
    /// Measure builds on a simulated machine with 16 jobs, whose compilers sleep as long as the real ones took
    #[arg(long)]
    simulated: bool,
    /// Include projects of 10,000 files
    #[arg(long)]
    large: bool,
}

impl Options {
    /// Returns whether a case is requested. A large project runs only if it is named, or with `--large`.
    fn wants(&self, project: &str, scenario: &str, large: bool) -> bool {
        let named = |case: &String| match case.split_once('/') {
            Some(both) => both == (project, scenario),
            None => case == project || (case == scenario && (self.large || !large)),
        };
        if self.cases.is_empty() {
            !(self.nodes || self.simulated) && (self.large || !large)
        } else {
            self.cases.iter().any(named)
        }
    }

    /// Returns whether the engine alone is requested at this size.
    fn wants_nodes(&self, size: usize) -> bool {
        let is_nodes = |case: &&String| case.starts_with("nodes/");
        match self.cases.iter().find(is_nodes) {
            Some(_) => self.cases.contains(&nodes::name(size)),
            None => self.nodes,
        }
    }

    /// Returns whether builds of this project on a simulated machine are requested.
    fn wants_simulated(&self, subject: &simulated::Subject) -> bool {
        let is_simulated = |case: &&String| case.starts_with("simulated/");
        match self.cases.iter().find(is_simulated) {
            Some(_) => self.cases.contains(&subject.case()),
            None => self.simulated,
        }
    }
}

/// Measures the cases. Writes `docs/benchmarks.md` after each case, since all of them take a long time.
pub(crate) fn measure(options: &Options) -> Result<()> {
    let known = PROJECTS.iter().flat_map(|p| p.scenarios.iter().map(|s| format!("{}/{}", p.name, s.name())));
    let known = known.chain(nodes::SIZES.iter().map(|size| nodes::name(*size)));
    let mut page =
        Page::open(known.chain(simulated::SUBJECTS.iter().map(simulated::Subject::case)).collect());
    if let Some(unknown) = options.cases.iter().find(|case| !page.knows(case)) {
        bail!("no case is named `{unknown}`");
    }
    let tools = Tools::find()?;
    for project in PROJECTS {
        let wanted = |s: &&scenario::Scenario| options.wants(project.name, s.name(), project.large);
        let scenarios: Vec<_> = project.scenarios.iter().copied().filter(|s| wanted(&s)).collect();
        if scenarios.is_empty() {
            continue;
        }
        let mut contest = match Contest::open(project, &tools) {
            Ok(contest) => contest,
            Err(error) => {
                eprintln!("{} is left out: {error:#}", project.name);
                continue;
            }
        };
        for scenario in scenarios {
            let table = contest.hold(scenario, options.rounds)?;
            page.put(
                &format!("{}/{}", project.name, scenario.name()),
                &tools.machine(options.rounds)?,
                &table,
            )?;
        }
    }
    for size in nodes::SIZES.into_iter().filter(|size| options.wants_nodes(*size)) {
        let table = nodes::measure(&tools, size, options.rounds)?;
        page.put(&nodes::name(size), &tools.machine(options.rounds)?, &table)?;
    }
    for subject in simulated::SUBJECTS.iter().filter(|subject| options.wants_simulated(subject)) {
        match simulated::measure(&tools, subject, options.rounds) {
            Ok(table) => page.put(&subject.case(), &tools.machine(options.rounds)?, &table)?,
            Err(error) => eprintln!("{} is left out: {error:#}", subject.case()),
        }
    }
    Ok(())
}
