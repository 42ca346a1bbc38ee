//! The project's own chores, run as `cargo xtask CHORE`.

mod bench;
mod corpus;
mod disk;
mod edits;
mod environment;
mod example;
mod faults;
mod namespace;
mod oracle;
mod page;
mod peers;
mod remote;
mod stress;
mod travel;
mod versions;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The chores of ambidex itself")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Build examples/shared-source and show what its modules return
    Example,
    /// Compare the speed of ambidex with setuptools, ninja, ccache and meson-python, and write docs/benchmarks.md
    Bench(bench::Options),
    /// Build real projects with plain setuptools and with ambidex, compare the results, and write docs/corpus.md
    Corpus {
        /// Only these projects
        names: Vec<String>,
        /// Number of jobs for ambidex
        #[arg(short, long, default_value_t = 2)]
        jobs: u32,
    },
    /// Edit real projects at random, build them incrementally, judge every build, and write docs/edits.md
    Edits(edits::Options),
    /// Kill a build at its writes, make its system calls fail, fill its disk, and judge the results; with `--write`,
    /// update docs/reliability.md
    Faults(faults::Options),
    /// Change the dependencies of commands, one at a time, and judge what ambidex makes of each change
    Oracle(oracle::Options),
    /// Run setuptools' own tests of its build commands with and without ambidex, compare the outcomes, and write
    /// docs/peers.md
    Peers,
    /// Build with a cache on another machine that goes wrong, and judge the results; with `--write`, update docs/remote.md
    Remote(remote::Options),
    /// Build trees in many processes at once, with one store that is too small, and write docs/stress.md
    Stress(stress::Options),
    /// Make objects of many compilers for other folders, compare them with what the compiler writes there, and write
    /// docs/travel.md
    Travel(travel::Options),
    /// Stand in for a compiler (started by `edits`)
    #[command(hide = true)]
    StandIn {
        objects: PathBuf,
        log: PathBuf,
        name: String,
        real: PathBuf,
        #[arg(last = true)]
        arguments: Vec<String>,
    },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().chore {
        Chore::Example => example::show(),
        Chore::Bench(options) => bench::measure(&options),
        Chore::Corpus { names, jobs } => corpus::build(&names, jobs),
        Chore::Edits(options) => edits::judge(&options),
        Chore::Faults(options) => faults::judge(&options),
        Chore::Oracle(options) => oracle::judge(&options),
        Chore::Peers => peers::compare(),
        Chore::Remote(options) => remote::judge(&options),
        Chore::Stress(options) => stress::stress(&options),
        Chore::Travel(options) => travel::judge(&options),
        Chore::StandIn { objects, log, name, real, arguments } => {
            std::process::exit(edits::stand_in::run(&objects, &log, &name, &real, &arguments)?)
        }
    }
}
