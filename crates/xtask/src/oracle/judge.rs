//! How to run a command by itself and with ambidex, and what the outcome is.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::cases::{Case, FILES};
use crate::bench::client::Client;

/// The outcome of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Failed,
    /// The hash and the mode of its output, or `None` if it wrote nothing.
    Made(Option<(blake3::Hash, u32)>),
}

/// A case with its tree.
pub(crate) struct Subject<'a> {
    pub case: &'a Case,
    pub tree: PathBuf,
    pub ambidex: &'a Path,
    /// The directory of the store.
    pub store: PathBuf,
    /// The directory for temporary files.
    pub temporary: PathBuf,
}

impl Subject<'_> {
    /// Writes the tree.
    pub fn write(&self) -> Result<()> {
        for (name, text) in FILES {
            let file = self.tree.join(name);
            fs::create_dir_all(file.parent().context("a file is in a folder")?)?;
            fs::write(file, text)?;
        }
        fs::create_dir_all(self.tree.join("build"))?;
        fs::create_dir_all(&self.temporary)?;
        let mut shell = Command::new("sh");
        let status = shell.args(["-ec", self.case.prepare]).current_dir(&self.tree).status()?;
        if !status.success() {
            bail!("{}: what the case needs can't be made", self.case.name);
        }
        Ok(())
    }

    pub fn argv(&self) -> Vec<String> {
        self.case.argv(&self.tree.to_string_lossy())
    }

    /// Returns whether a path belongs to the kernel or to the run itself, and so is not an input.
    pub fn is_beside(&self, path: &Path) -> bool {
        ["/proc", "/sys", "/dev"].iter().any(|root| path.starts_with(root))
            || path.starts_with(self.tree.join("build"))
            || path.starts_with(&self.temporary)
    }

    fn environment(&self) -> Vec<(String, String)> {
        let mut variables = vec![
            ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("HOME".to_owned(), self.tree.to_string_lossy().into_owned()),
            ("TMPDIR".to_owned(), self.temporary.to_string_lossy().into_owned()),
        ];
        for variable in self.case.variables {
            let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
            variables.retain(|(other, _)| other != name);
            variables.push((name.to_owned(), value.replace("{tree}", &self.tree.to_string_lossy())));
        }
        variables
    }

    /// Returns the command for a run by itself.
    pub fn command(&self) -> Command {
        let argv = self.argv();
        let mut command = Command::new("env");
        command.arg("-i").args(self.environment().iter().map(|(name, value)| format!("{name}={value}")));
        command.args(&argv).env_clear().env("PATH", "/usr/bin:/bin").current_dir(&self.tree);
        command
    }

    /// Returns whether the command changes its output in place, as `ar r` does.
    pub fn updates(&self) -> bool {
        self.argv().first().is_some_and(|program| program.ends_with("ar"))
    }

    fn output(&self) -> PathBuf {
        self.tree.join(self.case.output())
    }

    fn outcome(&self, succeeded: bool) -> Result<Outcome> {
        if !succeeded {
            return Ok(Outcome::Failed);
        }
        let output = self.output();
        if !output.is_file() {
            return Ok(Outcome::Made(None));
        }
        let mode = output.metadata()?.permissions().mode() & 0o7777;
        Ok(Outcome::Made(Some((blake3::hash(&fs::read(&output)?), mode))))
    }

    /// Has `run` start the command by itself, in a separate `build`. Determines the outcome before that directory is
    /// removed.
    pub fn plain(&self, run: impl FnOnce(Command) -> Result<bool>) -> Result<Outcome> {
        let (build, kept) = (self.tree.join("build"), self.tree.with_extension("build"));
        fs::rename(&build, &kept)?;
        fs::create_dir(&build)?;
        if self.updates() {
            // Both start with the archive that is there.
            let archive = self.output();
            let there = kept.join(archive.strip_prefix(&build)?);
            if there.is_file() {
                fs::copy(there, archive)?;
            }
        }
        let outcome = run(self.command()).and_then(|succeeded| self.outcome(succeeded));
        fs::remove_dir_all(&build)?;
        fs::rename(&kept, &build)?;
        outcome
    }

    /// Runs the command by itself.
    pub fn really(&self) -> Result<Outcome> {
        self.plain(succeeds)
    }

    /// Has ambidex run the command. Also returns whether the command was executed.
    pub fn by_ambidex(&self) -> Result<(Outcome, bool)> {
        let log = self.tree.with_extension("log");
        let mut command = Command::new(self.ambidex);
        command.args(["serve", "-j1"]).current_dir(&self.tree).env("AMBIDEX_CACHE_DIR", &self.store);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(fs::File::create(&log)?);
        let mut engine = command.spawn()?;
        let told = self.converse(&mut engine);
        drop(engine.stdin.take());
        engine.wait()?;
        let told = told.with_context(|| format!("ambidex said: {:?}", fs::read_to_string(&log)))?;
        let Some(succeeded) = told else { return Ok((self.outcome(succeeds(self.command())?)?, true)) };
        let summary = fs::read(self.tree.join("build/.ambidex/last-build.json")).context("the summary")?;
        let summary: serde_json::Value = serde_json::from_slice(&summary)?;
        Ok((self.outcome(succeeded)?, summary["commands"]["executed"] != 0))
    }

    /// Returns the paths that the command looked at when ambidex last ran it, or `None` if ambidex remembers no such
    /// run.
    pub fn observed(&self) -> Result<Option<BTreeSet<PathBuf>>> {
        #[derive(Deserialize)]
        struct Told {
            commands: Vec<Inputs>,
        }
        #[derive(Deserialize)]
        struct Inputs {
            looks: Vec<Look>,
        }
        #[derive(Deserialize)]
        struct Look {
            path: PathBuf,
        }
        let mut command = Command::new(self.ambidex);
        command.args(["explain", "--inputs", "--format", "json"]).current_dir(&self.tree);
        let told = command.env("AMBIDEX_CACHE_DIR", &self.store).output()?;
        if !told.status.success() {
            // ambidex left the command to the process that asked.
            return Ok(None);
        }
        let Told { mut commands } = serde_json::from_slice(&told.stdout)?;
        let last = commands.pop();
        Ok(last.map(|inputs| inputs.looks.into_iter().map(|look| look.path).collect()))
    }

    fn converse(&self, engine: &mut Child) -> Result<Option<bool>> {
        let output = engine.stdout.take().context("the engine has no standard output")?;
        let lines = BufReader::new(output).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        let sockets: Vec<String> =
            lines.filter_map(|line| Some(line.strip_prefix("AMBIDEX_SOCKET=")?.to_owned())).collect();
        let socket = sockets.first().context("the engine names no socket")?;
        let mut client = Client::open(Path::new(socket), &self.tree)?;
        client.run(&self.argv(), &self.tree, &self.environment())
    }
}

/// Runs a command and discards its output. Returns whether it succeeded.
fn succeeds(mut command: Command) -> Result<bool> {
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?.success())
}
