//! The Python that runs a project: named by its path, its name or its version, or else the usual one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;

/// Returns the Python that the user or the project has named, otherwise the usual one.
pub(crate) fn find(named: Option<&Path>) -> Result<PathBuf, Error> {
    let Some(named) = named else { return usual() };
    if let Some(version) = named.to_str().filter(|name| is_version(name)) {
        return of_version(version);
    }
    // A relative path must be valid in the project directory too. A bare name is looked up on the PATH.
    let is_path = named.components().count() > 1;
    let python =
        if is_path { std::path::absolute(named).unwrap_or(named.to_owned()) } else { named.to_owned() };
    // To start a process takes a while, so a usual name is believed.
    if has_usual_name(&python) {
        return Ok(python);
    }
    match ask(&python) {
        Ok(Some(_)) => Ok(python),
        Ok(None) => Err(Error::NotPython(named.to_owned())),
        Err(source) => Err(Error::NotStarted { program: named.to_string_lossy().into_owned(), source }),
    }
}

/// Returns the Python of the active virtual environment, otherwise the first on the PATH.
fn usual() -> Result<PathBuf, Error> {
    let active = std::env::var_os("VIRTUAL_ENV").map(|env| Path::new(&env).join("bin").join("python"));
    let on_path = ["python3", "python"].into_iter().filter_map(on_path);
    active.into_iter().chain(on_path).find(|file| file.is_file()).ok_or(Error::NoPython)
}

/// Returns the first Python on the PATH that has this version. A script that stands in for several Pythons, such as
/// pyenv's, counts if it starts the right one.
fn of_version(version: &str) -> Result<PathBuf, Error> {
    let mut parts = version.split('.');
    let name = format!("python{}", parts.by_ref().take(2).collect::<Vec<_>>().join("."));
    let mut others = Vec::new();
    for file in all_on_path(&name) {
        match ask(&file) {
            Ok(Some(found)) if is_of(&found, version) => return Ok(file),
            Ok(Some(found)) => others.push(format!("{} is {found}", file.display())),
            Ok(None) | Err(_) => others.push(format!("{} starts no Python", file.display())),
        }
    }
    Err(Error::NoSuchVersion { version: version.to_owned(), name, others })
}

/// Returns whether a text is a version such as `3`, `3.9` or `3.9.18`.
fn is_version(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
    text.split('.').all(is_number) && text.split('.').count() <= 3
}

/// Returns whether a version is the wanted one, as far as that goes.
fn is_of(found: &str, wanted: &str) -> bool {
    let mut found = found.split('.');
    wanted.split('.').all(|part| found.next() == Some(part))
}

/// Returns whether a file is named as Pythons are: `python`, `python3`, `python3.12`, `pypy3`.
fn has_usual_name(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let version = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"));
    version.is_some_and(|version| version.is_empty() || is_version(version))
}

/// Asks a program for its version. Returns `None` if it doesn't answer as a Python.
///
/// # Errors
/// If it can't be started.
fn ask(program: &Path) -> std::io::Result<Option<String>> {
    let question = "import sys; print('Python', '.'.join(map(str, sys.version_info[:3])))";
    let mut command = Command::new(program);
    command.args(["-I", "-S", "-c", question]).stdin(Stdio::null()).stderr(Stdio::null());
    let answer = command.output()?;
    let answer = String::from_utf8_lossy(&answer.stdout);
    let version = answer.trim_end().strip_prefix("Python ").filter(|version| is_version(version));
    Ok(version.map(str::to_owned))
}

/// Returns the first file of this name on the PATH.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    all_on_path(name).next()
}

fn all_on_path(name: &str) -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.into_iter().map(move |folder| folder.join(name)).filter(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert!(["3", "3.9", "3.12.1"].into_iter().all(is_version));
        assert!(!["", "3.", ".9", "3.9.1.2", "py39", "3.9-dev", "./3.9"].into_iter().any(is_version));
        assert!(is_of("3.9.18", "3.9") && is_of("3.9.18", "3.9.18") && is_of("3.9.18", "3"));
        assert!(!is_of("3.9.18", "3.1") && !is_of("3.9.18", "3.9.1") && !is_of("3.9", "3.9.1"));
    }

    #[test]
    fn usual_names() {
        let usual = ["python", "python3", "/usr/bin/python3.12", "pypy3", "env/bin/pypy3.10"];
        assert!(usual.iter().all(|name| has_usual_name(Path::new(name))));
        let others = ["/usr/bin/true", "python3-config", "ipython", "python-wrapper", "/"];
        assert!(!others.iter().any(|name| has_usual_name(Path::new(name))));
    }
}
