//! The arguments of the commands that judge a project or a machine.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{CommonArgs, Format, OutputArgs};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ambidex check
  ambidex check --format sarif > ambidex.sarif
  ambidex check --format github          # in a job of GitHub Actions")]
pub(crate) struct CheckArgs {
    /// The project directory
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub common: CommonArgs,
    /// How to print the result
    #[arg(long, default_value = "text")]
    pub format: CheckFormat,
}

/// How to print hazards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For code scanners: SARIF 2.1.0
    Sarif,
    /// For GitHub Actions: annotations of the project's files
    Github,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ambidex races
  ambidex races --show 'mod1.value(), mod2.value()'  # the values after both builds")]
pub(crate) struct RacesArgs {
    /// The project directory
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub common: CommonArgs,
    /// Evaluate this Python expression with the modules of both builds; the modules that it names are imported
    #[arg(long, value_name = "EXPR")]
    pub show: Option<String>,
    /// How to print the result
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The project directory
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub common: CommonArgs,
    /// Build the modules next to their sources (`setup.py build_ext --inplace`)
    #[arg(long)]
    pub inplace: bool,
    /// Write a summary of the comparison to this file
    #[arg(long, value_name = "FILE.json")]
    pub summary: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ambidex doctor                 # what a build in this directory would use
  ambidex doctor -q              # only what is not ok
  ambidex doctor --python 3.12")]
pub(crate) struct DoctorArgs {
    /// The project directory
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// The Python that runs setup.py: a path, a name, or a version such as 3.12 [default: the active virtual environment's, else python3]
    #[arg(long, value_name = "EXE", env = "AMBIDEX_PYTHON", hide_env_values = true)]
    pub python: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
    /// How to print the result
    #[arg(long, default_value = "text")]
    pub format: Format,
}
