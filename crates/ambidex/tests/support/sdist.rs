//! Source distributions of real projects, fetched once and kept for later runs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::environment::Environment;
use super::run::run;
use super::{repository, skipped, told};

/// Returns the directory of a project as its source distribution has it. The environment must have what the project
/// needs to say its name. Reports a skip and returns `None` if it can't be fetched.
pub fn sdist(name: &str, version: &str, environment: &Environment) -> Option<PathBuf> {
    let all = repository().join("target").join("test-sdists");
    fs::create_dir_all(&all).expect("the target folder can be written");
    let wanted = format!("{name}-{version}");
    let folder = all.join(&wanted);
    let lock = File::create(all.join(format!("{wanted}.lock"))).expect("the target folder can be written");
    lock.lock().expect("the target folder is on a file system with locks");
    if !folder.is_dir() {
        told(&format!("fetching {wanted}, which later runs use again"));
        if let Err(problem) = fetch(name, version, environment, &folder) {
            assert!(std::env::var_os("CI").is_none(), "{wanted} can't be fetched: {problem}");
            skipped(&format!("{wanted} can't be fetched: {problem}"));
            return None;
        }
    }
    Some(folder)
}

/// Fetches a source distribution, and puts it to its place when it is complete.
fn fetch(name: &str, version: &str, environment: &Environment, folder: &Path) -> Result<(), String> {
    let parent = folder.parent().expect("it is in a directory");
    let partial = tempfile::tempdir_in(parent).map_err(|error| error.to_string())?;
    let mut pip = Command::new(environment.python());
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation", "--no-binary", name]);
    succeed(pip.arg("--dest").arg(partial.path()).arg(format!("{name}=={version}")))?;
    let entries = fs::read_dir(partial.path()).map_err(|error| error.to_string())?;
    let archive = entries.flatten().next().ok_or("pip has left no file")?.path();
    let unpacked = partial.path().join("unpacked");
    succeed(Command::new(environment.python()).args(["-m", "tarfile", "-e"]).arg(&archive).arg(&unpacked))?;
    let entries = fs::read_dir(&unpacked).map_err(|error| error.to_string())?;
    let root = entries.flatten().next().ok_or("the archive is empty")?.path();
    fs::rename(root, folder).map_err(|error| error.to_string())
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let ran = run(command);
    if ran.code == 0 { Ok(()) } else { Err(ran.to_string()) }
}
