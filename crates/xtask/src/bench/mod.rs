//! What `cargo xtask bench` does: which cases are asked for, in which order they run, and where figures go.

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
mod site;
mod spent;
mod tools;
mod twin;

use anyhow::Result;

use contest::Contest;
use page::Page;
use project::PROJECTS;
use tools::Tools;

/// What is asked for.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often each build is measured
    #[arg(long, default_value_t = 11)]
    rounds: usize,
    /// Only these: a project (`small`), a scenario (`cold`), or both (`small/cold`); `nodes/1000`
    cases: Vec<String>,
    /// The engine alone, at 1,000, 10,000 and 100,000 commands that do nothing
    #[arg(long)]
    nodes: bool,
    /// Projects of 10,000 files as well
    #[arg(long)]
    large: bool,
}

impl Options {
    /// Whether a case is asked for. One that is named runs even if it is large.
    fn wants(&self, project: &str, scenario: &str, large: bool) -> bool {
        let named = |case: &String| match case.split_once('/') {
            Some(both) => both == (project, scenario),
            None => case == project || (case == scenario && (self.large || !large)),
        };
        if self.cases.is_empty() {
            !self.nodes && (self.large || !large)
        } else {
            self.cases.iter().any(named)
        }
    }

    /// Whether the engine alone is asked for at this size.
    fn wants_nodes(&self, size: usize) -> bool {
        let is_nodes = |case: &&String| case.starts_with("nodes/");
        match self.cases.iter().find(is_nodes) {
            Some(_) => self.cases.contains(&nodes::name(size)),
            None => self.nodes,
        }
    }
}

/// Measures, and writes `docs/benchmarks.md` after each case, since all of them take long.
pub(crate) fn measure(options: &Options) -> Result<()> {
    let known = PROJECTS.iter().flat_map(|p| p.scenarios.iter().map(|s| format!("{}/{}", p.name, s.name())));
    let mut page = Page::open(known.chain(nodes::SIZES.iter().map(|size| nodes::name(*size))).collect());
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
    Ok(())
}
