//! The errors that ambidex reports to users, with their hints.

use std::io;
use std::path::PathBuf;

use ambidex_store::StoreError;

/// The reason why ambidex itself could not do what the user asked for. A failed build is not an `Error`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{} is not a directory", .0.display())]
    NoFolder(PathBuf),
    #[error("{} has neither setup.py nor pyproject.toml", .0.display())]
    NoProject(PathBuf),
    #[error("{}: `{backend}` builds this project, not setuptools", .path.display())]
    OtherBackend { path: PathBuf, backend: String, may_use_setuptools: bool },
    #[error("{} names no build backend, and describes nothing that setuptools could build", .0.display())]
    NothingDescribed(PathBuf),
    #[error("{} can't be read: {source}", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}: {message}", .path.display())]
    BadPyproject { path: PathBuf, message: String },
    #[error("{}: tool.ambidex has no key `{key}`", .path.display())]
    UnknownKey { path: PathBuf, key: String, nearest: &'static str },
    #[error("the build environment could not be {what}{}{log}", if .log.is_empty() { "" } else { ":\n" })]
    Environment { what: &'static str, log: String },
    #[error("the build backend `{backend}` {problem}")]
    Backend { backend: String, problem: String },
    #[error("no Python found: neither `python3` nor `python` is on the PATH")]
    NoPython,
    #[error("`{}` is not a Python", .0.display())]
    NotPython(PathBuf),
    #[error("no Python {version} found: {}", not_on_path(.name, .others))]
    NoSuchVersion { version: String, name: String, others: Vec<String> },
    #[error("`{program}` can't be started: {source}")]
    NotStarted { program: String, source: io::Error },
    #[error("{} can't be written: {source}", .path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("the {what} can't be written to {}: {source}", .path.display())]
    UnwritableFile { what: &'static str, path: PathBuf, source: io::Error },
    #[error("the environment variable {name} is `{value}`, which is not {expected}")]
    BadVariable { name: &'static str, value: String, expected: &'static str },
    #[error("standard output can't be written: {0}")]
    Output(io::Error),
    #[error("the engine can't be started: {0}")]
    Engine(io::Error),
    #[error("setup.py failed (exit code {0}); there is nothing to check")]
    SetupFailed(u8),
    #[error("ambidex has built nothing in {} yet", .0.display())]
    NothingBuilt(PathBuf),
    #[error("the last build of {} compiled no source that is still there", .0.display())]
    NothingCompiled(PathBuf),
    #[error("ninja would not build {output} as the last build did: {changed} has changed since")]
    ChangedSince { output: String, changed: String },
    #[error("ninja can't build this project: several commands write {0}, and can't write anywhere else")]
    InPlace(String),
    #[error("ninja takes no path with a line break, such as {0:?}")]
    NotForNinja(String),
    #[error("no command of the last build writes `{0}`")]
    NoSuchOutput(String),
    #[error("`{name}` may mean several outputs:\n  {}", .candidates.join("\n  "))]
    ManyOutputs { name: String, candidates: Vec<String> },
    #[error("interrupted")]
    Interrupted(u8),
    #[error("another ambidex is building {}", .0.display())]
    Busy(PathBuf),
    #[error("the build with plain setuptools failed (exit code {0}); there is nothing to compare with")]
    StockFailed(i32),
    #[error("the race for {} can't be shown here: its commands could not be put in the bad order", .0.display())]
    NotForced(PathBuf),
    #[error("no library can be preloaded from {}", .0.display())]
    NotPreloadable(PathBuf),
    #[error("AMBIDEX_CACHE_SIZE is `{0}`, which is not a size")]
    BadCacheSize(String),
    #[error("{message}")]
    BadRemote { message: String },
    #[error("there is no cache: AMBIDEX_CACHE_DIR is empty, or there is no home directory")]
    NoStore,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says what a search on the PATH has found instead.
fn not_on_path(name: &str, others: &[String]) -> String {
    if others.is_empty() { format!("there is no `{name}` on the PATH") } else { others.join(", ") }
}

impl Error {
    /// The exit code of a process that could not do what the user asked for.
    pub const EXIT_CODE: u8 = 2;

    /// Returns the exit code of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Interrupted(code) => *code,
            _ => Self::EXIT_CODE,
        }
    }

    /// Returns what the user can do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UnknownKey { nearest, .. } => {
                return Some(format!("did you mean `{nearest}`?"));
            }
            Self::UnwritableFile { what, .. } => {
                return Some(format!("give --{what} a file in a directory that exists and is writable"));
            }
            Self::NoFolder(_) | Self::NoProject(_) => "give the directory of a project that uses setuptools",
            Self::OtherBackend { may_use_setuptools: true, .. } => {
                "build it with `ambidex wheel` or `ambidex run -- python -m build`, which also reach setuptools below the backend"
            }
            Self::OtherBackend { .. } => {
                "ambidex has nothing to do here: build the project without it, such as with `python -m build`"
            }
            Self::NothingDescribed(_) => {
                "add a setup.py, a setup.cfg or a [project] table, or give the directory of another project"
            }
            Self::BadPyproject { .. } => "correct the file",
            Self::Environment { .. } => {
                "see above; --no-isolation builds with the installed packages, --python selects another Python"
            }
            Self::Backend { .. } => {
                "check `build-backend` in pyproject.toml, and that `requires` lists its package; --no-isolation needs that package installed"
            }
            Self::NoPython => "install Python 3.6 or newer, or name one with --python",
            Self::NotPython(_) => "name a Python by its path, its name or its version, such as 3.12",
            Self::NoSuchVersion { .. } => "install it, or give the path of a Python",
            Self::NotStarted { .. } => "check the name, or give the full path",
            Self::Output(_) => "check where it goes, and whether the disk is full",
            Self::Unwritable { .. } => "check the permissions, and whether the disk is full",
            Self::BadVariable { .. } => "correct the variable, or unset it",
            Self::Engine(_) => "check that TMPDIR names a writable directory",
            Self::Busy(_) => "wait until it ends, or stop it",
            Self::NotForced(_) => {
                "`ambidex check` lists the commands; one that is linked statically or that Python runs itself can't be made to wait"
            }
            Self::NotPreloadable(_) => "set TMPDIR to a directory without spaces and colons in its path",
            Self::StockFailed(_) => "make the project build without ambidex first",
            Self::BadRemote { .. } => "correct the variable, or unset it to build without the other machine",
            Self::BadCacheSize(_) => {
                "give a number of bytes, or a number followed by K, M, G or T, such as 5G or 500M"
            }
            Self::NothingBuilt(_) => "run `ambidex build` first",
            Self::NothingCompiled(_) => "`ambidex explain --time` lists the commands that Python ran itself",
            Self::ChangedSince { .. } => {
                "run `ambidex build` first; if that does not help, setup.py itself changes the file while it builds"
            }
            Self::InPlace(_) => "build with `ambidex build`, which keeps these commands in order",
            Self::NotForNinja(_) => "rename the file or the directory",
            Self::NoSuchOutput(_) => {
                "`ambidex explain -v` lists all outputs; an extension's name stands for all that it has"
            }
            Self::ManyOutputs { .. } => "give more of the path",
            Self::NoStore => "set AMBIDEX_CACHE_DIR to a directory",
            Self::Store(StoreError::Outside { .. }) => "check the file, and whether the disk is full",
            Self::Store(_) => {
                "check the permissions and whether the disk is full, or set AMBIDEX_CACHE_DIR to another directory; an empty value turns the cache off"
            }
            Self::Unreadable { .. } => "check the file and its permissions; text must be UTF-8",
            Self::SetupFailed(_) => "make `setup.py build` succeed first",
            Self::Interrupted(_) => return None,
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message() {
        let broken = || io::Error::from(io::ErrorKind::PermissionDenied);
        let path = || PathBuf::from("project");
        let file = || PathBuf::from("project/pyproject.toml");
        let errors = [
            Error::NoFolder(path()),
            Error::NoProject(path()),
            Error::OtherBackend { path: file(), backend: "mesonpy".to_owned(), may_use_setuptools: false },
            Error::OtherBackend { path: file(), backend: "own".to_owned(), may_use_setuptools: true },
            Error::NothingDescribed(file()),
            Error::Unreadable { path: file(), source: broken() },
            Error::BadPyproject { path: file(), message: "expected `=`".to_owned() },
            Error::UnknownKey { path: file(), key: "jbos".to_owned(), nearest: "jobs" },
            Error::Environment { what: "created", log: "no space left".to_owned() },
            Error::Backend { backend: "flit".to_owned(), problem: "has no build_wheel".to_owned() },
            Error::NoPython,
            Error::NotPython("/usr/bin/true".into()),
            Error::NoSuchVersion { version: "3.5".to_owned(), name: "python3.5".to_owned(), others: vec![] },
            Error::NoSuchVersion {
                version: "3.9.1".to_owned(),
                name: "python3.9".to_owned(),
                others: vec![
                    "/usr/bin/python3.9 is 3.9.2".to_owned(),
                    "/b/python3.9 starts no Python".to_owned(),
                ],
            },
            Error::NotStarted { program: "nosuch".to_owned(), source: broken() },
            Error::Unwritable { path: path(), source: broken() },
            Error::UnwritableFile { what: "summary", path: path(), source: broken() },
            Error::BadVariable { name: "AMBIDEX_JOBS", value: "abc".to_owned(), expected: "a number" },
            Error::Output(broken()),
            Error::Engine(broken()),
            Error::SetupFailed(1),
            Error::NothingBuilt(path()),
            Error::NothingCompiled(path()),
            Error::ChangedSince { output: "a.o".to_owned(), changed: "config.h".to_owned() },
            Error::InPlace("a.gcno".to_owned()),
            Error::NotForNinja("a\nb.c".to_owned()),
            Error::NoSuchOutput("a.so".to_owned()),
            Error::ManyOutputs { name: "a.o".to_owned(), candidates: vec!["x/a.o".into(), "y/a.o".into()] },
            Error::Interrupted(130),
            Error::Busy(path()),
            Error::StockFailed(1),
            Error::NotForced("build/temp/common.o".into()),
            Error::NotPreloadable("/tmp/with space".into()),
            Error::BadCacheSize("huge".to_owned()),
            Error::NoStore,
        ];
        let shown = errors.iter().map(|error| match error.hint() {
            Some(hint) => format!("error: {error}\n  hint: {hint}"),
            None => format!("error: {error}"),
        });
        insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"));
    }
}
