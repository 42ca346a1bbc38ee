//! The arguments of every command, each defined once with its documentation.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::error::Error;
use crate::settings::MOST_JOBS;

mod judgements;

pub(crate) use judgements::{CheckArgs, CheckFormat, DoctorArgs, RacesArgs, VerifyArgs};

/// Correct and fast parallel builds of Python extension modules, for every project that uses setuptools.
#[derive(Debug, Parser)]
#[command(name = "ambidex", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Parses the arguments of this process. Ends the process where clap does: after help, and after a mistake on the
    /// command line.
    pub fn of_process() -> Result<Self, Error> {
        Self::try_parse().map_err(|error| variable_at_fault(&error).unwrap_or_else(|| error.exit()))
    }
}

/// Returns the error for a value that comes from an environment variable. clap reports it as that of the option.
fn variable_at_fault(error: &clap::Error) -> Option<Error> {
    let (Some(ContextValue::String(option)), Some(ContextValue::String(value))) =
        (error.get(ContextKind::InvalidArg), error.get(ContextKind::InvalidValue))
    else {
        return None;
    };
    let (_, name, expected) = VARIABLES.iter().find(|(start, ..)| option.starts_with(start))?;
    let is_from_variable = std::env::var_os(name).is_some_and(|given| given == value.as_str());
    is_from_variable.then(|| Error::BadVariable { name, value: value.clone(), expected })
}

/// The variables whose values clap checks: the option that each stands for, its name, and what it may be.
const VARIABLES: [(&str, &str, &str); 2] = [
    ("--jobs", "AMBIDEX_JOBS", "a number of commands from 1 to 4096"),
    ("--keep-going", "AMBIDEX_KEEP_GOING", "1 or 0"),
];

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build a project's extension modules
    ///
    /// The last line counts commands: run, up to date in this directory, from the cache, and repeated (the same command
    /// on the same inputs as an earlier one, run once).
    Build(BuildArgs),
    /// Build a wheel with the project's own build backend, isolated like `python -m build --wheel`
    Wheel(WheelArgs),
    /// Run any command, and capture every Python that it starts
    Run(RunArgs),
    /// List the paths that more than one extension writes, which would race under `setup.py build -j`
    Check(CheckArgs),
    /// Make the races of plain `setup.py build -j` certain, and show the wrong modules
    ///
    /// Builds a copy of the project with plain setuptools, and puts its compilers and linkers in the order that gives
    /// wrong modules, or makes a link read an object while it is written. Then compares the modules with those of the
    /// serial build. The exit code is 1 if a race has shown itself.
    Races(RacesArgs),
    /// Build with plain setuptools and with ambidex, and compare every output byte for byte
    Verify(VerifyArgs),
    /// Explain why each command of the last build ran or didn't
    ///
    /// Prints totals and what ran; with -v everything else too, and the commands themselves.
    Explain(ExplainArgs),
    /// Write compile_commands.json for clangd and other tools, from the last build
    ///
    /// There is an entry for each command of the last build that compiled a source of the project, with its arguments
    /// and its working directory. Probes, which compile temporary files, are left out.
    Compdb(CompdbArgs),
    /// Write the graph of the last build: for Graphviz, for programs, or for ninja
    ///
    /// The graph has the commands of the last build, what they read and wrote, and which of them made what others read.
    /// From a file for ninja, plain ninja builds the same modules, and follows edits of sources and headers.
    Graph(GraphArgs),
    /// Write the `[tool.uv] cache-keys` of a project from what its last build read
    ///
    /// uv builds a project again if one of these files or variables has changed: sources, headers, and what setup.py
    /// names. By itself, it looks only at pyproject.toml, setup.py and setup.cfg.
    CacheKeys(CacheKeysArgs),
    /// Check what builds need from this machine: Python, compilers, the cache, the environment
    ///
    /// Prints one line for each thing, and a next step for each that is not ok. The exit code is 1 if no build can work.
    Doctor(DoctorArgs),
    /// Write an HTML page about the last build: what ran when and why, what raced, what took long
    ///
    /// The page needs no network. It has a timeline with the critical path and what Python waited for, the graph of
    /// commands, the paths that would have raced under `setup.py build -j`, the slowest files, the most expensive headers,
    /// and the builds before.
    Report(ReportArgs),
    /// Remove what builds left behind in a project
    Clean(CleanArgs),
    /// Manage the cache that all projects share
    ///
    /// The cache is in AMBIDEX_CACHE_DIR [default: `ambidex` in the user's cache directory], and never takes more than
    /// AMBIDEX_CACHE_SIZE, such as 500M [default: 5G]. AMBIDEX_CACHE_READ_DIR names another cache that is only read,
    /// AMBIDEX_REMOTE a server of the Remote Execution API, such as grpc://host:port.
    Cache(CacheArgs),
    /// Print a script that makes a shell complete the arguments of ambidex
    ///
    /// For example, for bash: ambidex completions bash > ~/.local/share/bash-completion/completions/ambidex
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page of ambidex, or write the pages of all commands to a directory
    ///
    /// For example: ambidex man ~/.local/share/man/man1
    Man {
        /// The directory for the pages
        dir: Option<PathBuf>,
    },
    /// Serve the Python process that started this
    #[command(hide = true)]
    Serve(ServeArgs),
}

/// How many commands run at once.
#[derive(Debug, Args)]
pub(crate) struct JobArgs {
    /// How many commands to run at once [default: the number of cores that this process may use]
    #[arg(short, long, value_name = "N", env = "AMBIDEX_JOBS", hide_env_values = true,
          value_parser = clap::value_parser!(u32).range(1..=MOST_JOBS.into()))]
    pub jobs: Option<u32>,
    /// Choose among ready commands at random, with this seed
    #[arg(long, value_name = "N", hide = true)]
    pub schedule_seed: Option<u64>,
    /// Don't leave objects in build/temp*, where plain setuptools leaves them
    #[arg(long)]
    pub no_objects: bool,
}

impl JobArgs {
    /// Whether to put objects at their final paths, if the user has chosen.
    pub fn objects(&self) -> Option<bool> {
        self.no_objects.then_some(false)
    }
}

/// The arguments of every command that runs a project.
#[derive(Debug, Args)]
pub(crate) struct CommonArgs {
    /// The Python that runs setup.py: a path, a name, or a version such as 3.12 [default: the active virtual environment's, else python3]
    #[arg(long, value_name = "EXE", env = "AMBIDEX_PYTHON", hide_env_values = true)]
    pub python: Option<PathBuf>,
    #[command(flatten)]
    pub jobs: JobArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How much to print, and in which colours.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Print errors only
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print more, such as which commands ambidex left to Python, and why
    #[arg(short, long)]
    pub verbose: bool,
    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to write about a build besides its summary.
#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// Write a trace of the build to this file, for Perfetto or chrome://tracing: what ran in which job slot, and when
    /// Python waited
    #[arg(long, value_name = "FILE.json")]
    pub trace: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// The project directory
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub common: CommonArgs,
    /// Put the modules next to their sources (`setup.py build_ext --inplace`)
    #[arg(long)]
    pub inplace: bool,
    /// Keep building the other extensions when one fails
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          env = "AMBIDEX_KEEP_GOING", hide_env_values = true, value_parser = BoolishValueParser::new())]
    pub keep_going: Option<bool>,
    /// Write a summary of the build to this file
    #[arg(long, value_name = "FILE.json")]
    pub summary: Option<PathBuf>,
    #[command(flatten)]
    pub trace: TraceArgs,
    /// More arguments for setup.py, after `build`
    #[arg(last = true, value_name = "SETUP_ARGS")]
    pub setup_args: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct WheelArgs {
    /// The project directory
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Where to put the wheel [default: the project's `dist`]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Build with the installed packages, not in an isolated environment
    #[arg(long)]
    pub no_isolation: bool,
    /// A setting for the build backend; you can repeat this option
    #[arg(short = 'C', long = "config-setting", value_name = "KEY=VALUE")]
    pub config_settings: Vec<String>,
    #[command(flatten)]
    pub trace: TraceArgs,
    #[command(flatten)]
    pub common: CommonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub jobs: JobArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Keep building the other extensions when one fails
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          env = "AMBIDEX_KEEP_GOING", hide_env_values = true, value_parser = BoolishValueParser::new())]
    pub keep_going: Option<bool>,
    /// Write a summary of the build to this file
    #[arg(long, value_name = "FILE.json")]
    pub summary: Option<PathBuf>,
    #[command(flatten)]
    pub trace: TraceArgs,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// How to print a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The project directory
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Explain only this output, by its path or the end of its path, or this extension, by its name
    #[arg(value_name = "OUTPUT")]
    pub wanted: Option<String>,
    /// Show where the time went instead: what Python waited for, how long and why, longest wait first
    #[arg(long, conflicts_with = "wanted")]
    pub time: bool,
    /// Show the observed dependencies of each command instead: paths that it found or missed, and variables
    #[arg(long, conflicts_with = "time")]
    pub inputs: bool,
    #[command(flatten)]
    pub output: OutputArgs,
    /// How to print the result
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ambidex compdb                  # compile_commands.json in this directory
  ambidex compdb -o - | jq length # how many compilations there are")]
pub(crate) struct CompdbArgs {
    /// The project directory
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// The file to write, or `-` for standard output [default: `compile_commands.json` in the project directory]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ambidex graph | dot -Tsvg -o graph.svg
  ambidex graph --format json | jq '.commands[].outputs[].path'
  ambidex graph --format ninja -o build.ninja && ninja")]
pub(crate) struct GraphArgs {
    /// The project directory
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// What to write
    #[arg(long, default_value = "dot")]
    pub format: GraphFormat,
    /// The file to write, or `-` for standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub out: PathBuf,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How to write a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For Graphviz
    Dot,
    /// For programs (docs/graph.md)
    Json,
    /// For ninja, run in the project directory: builds the same modules without setup.py
    Ninja,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ambidex cache-keys              # print the table
  ambidex cache-keys --write      # put it into pyproject.toml, and leave the rest as it is")]
pub(crate) struct CacheKeysArgs {
    /// The project directory
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Write the table to the project's pyproject.toml
    #[arg(long)]
    pub write: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ambidex report                        # build/.ambidex/report.html
  xdg-open $(ambidex report)            # the same, in a browser
  ambidex report -o report.html         # elsewhere")]
pub(crate) struct ReportArgs {
    /// The project directory
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// The file to write, or `-` for standard output [default: `build/.ambidex/report.html` in the project directory]
    #[arg(short, long, value_name = "FILE.html")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CleanArgs {
    /// The project directory
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CacheArgs {
    #[command(subcommand)]
    pub command: CacheCommand,
}

/// The subcommands of `ambidex cache`.
#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Show where the cache is, how much it holds, and how much builds have found there
    Stats {
        /// How to print the result
        #[arg(long, default_value = "text")]
        format: Format,
    },
    /// Remove what killed builds left behind, and the least recently used entries down to nine tenths of the limit
    Gc,
    /// Read every entry, and remove damaged ones; the exit code is 1 if there were any
    Verify,
    /// Remove everything
    Clear,
    /// Write the entries that were used since the last import to one compressed file, for another machine or a later
    /// CI job
    Export {
        /// The file to write
        file: PathBuf,
        /// Write all entries
        #[arg(long)]
        all: bool,
    },
    /// Take in a file that `ambidex cache export` wrote; the exit code is 1 if a part of it is damaged
    Import {
        /// The file to read
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub jobs: JobArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
