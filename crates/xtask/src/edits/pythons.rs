//! The Pythons that build a project in turn: two environments of one Python, which differ in a header, and one of
//! another version.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::change::used_once;
use crate::corpus::Place;
use crate::environment::{python_of, run};

/// The number of environments of the first version.
const ENVIRONMENTS: u32 = 2;

/// Creates the environments. Leaves out the one of another version if this machine has no such Python.
///
/// # Errors
/// If an environment can't be created.
pub(super) fn of(place: &Place) -> Result<Vec<PathBuf>> {
    let packages: Vec<&str> = place.packages.iter().map(String::as_str).collect();
    let mut pythons = Vec::new();
    for number in 1..=ENVIRONMENTS {
        let name = format!("edits-{}-{}-{number}", place.name, place.version);
        pythons.push(made(python_of(Path::new("python3"), &name, &packages)?, number)?);
    }
    let number = ENVIRONMENTS + 1;
    match another_version() {
        Some(base) => {
            let name = format!("edits-{}-{}-{number}", place.name, place.version);
            pythons.push(made(python_of(&base, &name, &packages)?, number)?);
        }
        None => println!("no other Python here: skipped \"another Python\""),
    }
    Ok(pythons)
}

/// Gives an environment its own header, which comes before Python's in every search.
fn made(python: PathBuf, number: u32) -> Result<PathBuf> {
    let ask = "import sys, os; os.makedirs(os.path.join(sys.prefix, 'include'), exist_ok=True)";
    run(Command::new(&python).args(["-c", ask]))?;
    let environment = python.parent().and_then(Path::parent).context("it is in the bin folder of one")?;
    let text = format!("#include_next <Python.h>\n{}", used_once(1_000_000 + number));
    fs::write(environment.join("include").join("Python.h"), text)?;
    Ok(python)
}

/// Returns a Python from pyenv whose version differs from that of `python3`, and that can build all the projects edited
/// here.
fn another_version() -> Option<PathBuf> {
    let home = std::env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".pyenv")))?;
    let of = |python: &Path| {
        let ask = "import sys; print(sys.version_info[1])";
        let output = Command::new(python).args(["-c", ask]).output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse::<u32>().ok()
    };
    let usual = of(Path::new("python3"))?;
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(home.join("versions"))
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin").join("python"))
        .filter_map(|python| Some((of(&python)?, python)))
        .filter(|(minor, _)| *minor != usual && *minor >= 10)
        .collect();
    found.sort();
    Some(found.pop()?.1)
}
