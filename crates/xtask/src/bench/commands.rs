//! A way to learn the command lines of a project's `setup.py` without ambidex: a script in front of the compiler.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};

use super::contender::setup_command;
use super::project::Project;
use super::site::remove;
use super::spent::spend;
use super::tools::Tools;

/// The names that setuptools uses for compilers and archivers.
pub(crate) const NAMES: [&str; 7] =
    ["gcc", "g++", "cc", "c++", "ar", "x86_64-linux-gnu-gcc", "x86_64-linux-gnu-g++"];

/// A command that ran.
pub(crate) struct Recorded {
    pub argv: Vec<String>,
    pub cwd: String,
}

/// Builds once with one job, and returns all commands in order.
pub(crate) fn record(tools: &Tools, project: &Project, tree: &Path, folder: &Path) -> Result<Vec<Recorded>> {
    let (programs, records) = (folder.join("programs"), folder.join("records"));
    fs::create_dir_all(&programs)?;
    fs::create_dir_all(&records)?;
    for name in NAMES {
        // The directory is first on PATH. The script removes it to find the real program.
        let text = format!(
            "#!/bin/sh\nrecord=$(mktemp '{}/XXXXXXXXXX') || exit 1\n\
             printf '%s\\0' \"$PWD\" {name} \"$@\" > \"$record\"\n\
             PATH=${{PATH#*:}}\nexport PATH\nexec {name} \"$@\"\n",
            records.display()
        );
        fs::write(programs.join(name), text)?;
        fs::set_permissions(programs.join(name), fs::Permissions::from_mode(0o755))?;
    }
    let path = std::env::var("PATH").context("there is no PATH")?;
    let mut command = tools.command(&tools.python);
    command.args(["setup.py", setup_command(project), "-j1"]).current_dir(tree);
    command.env("PATH", format!("{}:{path}", programs.display()));
    spend(&mut command, &folder.join("log")).context("the build whose commands ninja gets")?;
    let mut found: Vec<(SystemTime, Recorded)> = Vec::new();
    for entry in fs::read_dir(&records)? {
        let entry = entry?;
        let text = fs::read_to_string(entry.path())?;
        let mut words = text.split_terminator('\0').map(str::to_owned);
        let cwd = words.next().context("an empty record")?;
        found.push((entry.metadata()?.modified()?, Recorded { argv: words.collect(), cwd }));
    }
    found.sort_by_key(|(time, _)| *time);
    remove(&programs)?;
    remove(&records)?;
    Ok(found.into_iter().map(|(_, recorded)| recorded).collect())
}
