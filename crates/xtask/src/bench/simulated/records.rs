//! The records of what compilers did, and the stand-ins for compilers that write and use them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::bench::commands::NAMES;
use crate::edits::stand_in::prerequisites;
use crate::environment::run;

const PROGRAM: &str = include_str!("compiler.c");

/// The directory with the records of one project's commands.
pub(super) struct Records {
    folder: PathBuf,
}

impl Records {
    /// Creates the directory.
    pub fn new(folder: &Path) -> Result<Self> {
        let records = Self { folder: folder.join("records") };
        fs::create_dir_all(records.translations())?;
        fs::create_dir_all(records.folder.join("real"))?;
        Ok(records)
    }

    /// Returns the directory for the records of translations.
    pub fn translations(&self) -> PathBuf {
        self.folder.join("translations")
    }

    /// Makes stand-ins that run the real compilers and record what these do. Returns their directory.
    pub fn recorders(&self) -> Result<PathBuf> {
        let path = std::env::var_os("PATH").context("there is no PATH")?;
        for name in NAMES {
            let mut files = std::env::split_paths(&path).map(|folder| folder.join(name));
            if let Some(file) = files.find(|file| file.is_file()) {
                symlink(file, self.folder.join("real").join(name))?;
            }
        }
        self.programs("recorders", &["-DRECORDING"])
    }

    /// Makes stand-ins that do what was recorded. Returns their directory.
    pub fn stand_ins(&self) -> Result<PathBuf> {
        self.programs("stand-ins", &[])
    }

    fn programs(&self, name: &str, flags: &[&str]) -> Result<PathBuf> {
        let programs = self.folder.join(name);
        fs::create_dir(&programs)?;
        let (source, program) = (self.folder.join("compiler.c"), self.folder.join("program"));
        fs::write(&source, PROGRAM)?;
        // Not linked statically: the engine could not observe it.
        let mut compile = Command::new("gcc");
        compile.args(["-O2", "-o"]).arg(&program).arg(&source).args(flags);
        run(compile.arg(format!("-DRECORDS=\"{}\"", self.folder.display())))?;
        for entry in fs::read_dir(self.folder.join("real"))? {
            fs::copy(&program, programs.join(entry?.file_name()))?;
        }
        Ok(programs)
    }

    /// Adds which files each compiler has read. Returns how long all commands took, in seconds.
    pub fn complete(&self) -> Result<f64> {
        let mut nanoseconds = 0;
        for entry in fs::read_dir(&self.folder)? {
            let command = entry?.path();
            if command.extension().is_none_or(|end| end != "command") {
                continue;
            }
            let text = fs::read_to_string(command.with_extension(""))?;
            let (duration, status) = text.trim().split_once(' ').context("a damaged record")?;
            nanoseconds += duration.parse::<u64>()?;
            if status == "0" {
                note_reads(&command)?;
            }
        }
        ensure!(nanoseconds > 0, "no command was recorded");
        Ok(nanoseconds as f64 / 1e9)
    }
}

/// Asks the preprocessor for the files that a compilation reads, and adds them to its record.
fn note_reads(command: &Path) -> Result<()> {
    let text = fs::read_to_string(command)?;
    let mut words = text.split_terminator('\0');
    let (folder, real) = (words.next().context("no directory")?, words.next().context("no program")?);
    let arguments: Vec<&str> = words.collect();
    if !arguments.contains(&"-c") {
        return Ok(());
    }
    let rule = command.with_extension("rule");
    let output = arguments.iter().position(|argument| *argument == "-o");
    let is_output = |at: usize| output.is_some_and(|output| at == output || at == output + 1);
    let rest = arguments.iter().enumerate().filter(|(at, _)| !is_output(*at)).map(|(_, argument)| argument);
    let mut preprocess = Command::new(real);
    preprocess.args(rest).args(["-w", "-M", "-MT", "it", "-MF"]).arg(&rule).current_dir(folder);
    run(&mut preprocess)?;
    let reads = prerequisites(&fs::read_to_string(rule)?);
    let reads: String = reads.into_iter().map(|file| file + "\0").collect();
    fs::write(command.with_extension("reads"), reads)?;
    Ok(())
}
