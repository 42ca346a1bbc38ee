//! The command line of ambidex: arguments in, exit code out.

mod args;
mod bench;
#[cfg(test)]
mod book;
mod build;
mod build_system;
mod cache;
mod cache_keys;
mod capture;
mod check;
mod clean;
mod closing;
mod compdb;
mod diagnose;
mod doctor;
mod environment;
mod error;
mod explain;
mod graph;
mod hazards;
mod last_build;
mod live;
mod outputs;
mod project;
mod promised;
mod python;
mod races;
mod remote;
mod report;
mod serve;
mod settings;
mod shell;
mod store_location;
mod supervise;
mod tell;
mod time;
mod trace;
mod verify;
mod wanted;
mod wheel;
mod whole;

use std::process::ExitCode;

use crate::args::{Cli, Command};
use crate::error::Error;

fn main() -> ExitCode {
    end_where_a_thread_panics();
    match Cli::of_process().and_then(run) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            tell::error(&error.to_string(), error.hint().as_deref());
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(cli: Cli) -> Result<u8, Error> {
    match cli.command {
        Command::Build(args) => build::build(&args),
        Command::Wheel(args) => wheel::wheel(&args),
        Command::Run(args) => build::run(&args),
        Command::Check(args) => check::check(&args),
        Command::Races(args) => races::races(&args),
        Command::Verify(args) => verify::verify(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Compdb(args) => compdb::compdb(&args),
        Command::Graph(args) => graph::graph(&args),
        Command::CacheKeys(args) => cache_keys::cache_keys(&args),
        Command::Doctor(args) => doctor::doctor(&args),
        Command::Report(args) => report::report(&args),
        Command::Clean(args) => clean::clean(&args),
        Command::Cache(args) => cache::cache(&args),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { dir } => shell::man(dir.as_deref()),
        Command::Serve(args) => serve::serve(&args),
    }
}

/// Makes a panic in any thread end the process: the panic may leave inconsistent state, and other threads wait for the
/// work of that thread. The processes that ambidex started notice its end, as after `kill -9`.
fn end_where_a_thread_panics() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        ambidex_engine::terminal::withdraw();
        tell(panic);
        // The exit code of Rust after a panic in the main thread.
        std::process::exit(101);
    }));
}
