//! The command line of ambidex: arguments in, exit code out.

mod args;
#[cfg(test)]
mod book;
mod build;
mod build_system;
mod cache;
mod capture;
mod check;
mod clean;
mod closing;
mod compdb;
mod diagnose;
mod environment;
mod error;
mod explain;
mod graph;
mod last_build;
mod project;
mod python;
mod remote;
mod serve;
mod settings;
mod shell;
mod store_location;
mod summary;
mod supervise;
mod tell;
mod time;
mod verify;
mod wanted;
mod wheel;

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
        Command::Verify(args) => verify::verify(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Compdb(args) => compdb::compdb(&args),
        Command::Graph(args) => graph::graph(&args),
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
        tell(panic);
        // The exit code of Rust after a panic in the main thread.
        std::process::exit(101);
    }));
}
