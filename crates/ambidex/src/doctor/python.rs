//! The Python that runs `setup.py`: which one it is, its setuptools, its headers, and whether it can be captured.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Finding;
use super::probe::{self, Answers};
use crate::capture::Capture;
use crate::error::Error;
use crate::python;

/// The oldest Python, as major and minor version.
const OLDEST: (u32, u32) = (3, 6);
/// The oldest setuptools, by its major version.
const OLDEST_SETUPTOOLS: u32 = 39;

/// Examines the Python that a build would use. Returns its answers too, if it answers.
pub(crate) fn examine(named: Option<&Path>, by_project: Option<&Path>) -> (Vec<Finding>, Option<Answers>) {
    let file = match python::find(named.or(by_project)) {
        Ok(file) => file,
        Err(error) => return (vec![Finding::of("python", &error)], None),
    };
    let answers = match probe::ask(&file, "", &[]) {
        Ok(answers) => answers,
        Err(problem) => {
            let next = "name another Python with --python";
            return (vec![Finding::error("python", format!("{}: {problem}", file.display()), next)], None);
        }
    };
    let mut findings = vec![version(&answers, &how_found(named, by_project)), setuptools(&answers)];
    findings.extend(distutils(&answers));
    findings.push(headers(&answers));
    findings.push(preloading(&file, &answers));
    (findings, Some(answers))
}

/// Says why it is this Python.
fn how_found(named: Option<&Path>, by_project: Option<&Path>) -> String {
    let variable = std::env::var_os("AMBIDEX_PYTHON");
    let is_in_use = |folder: OsString| Path::new(&folder).join("bin").join("python").is_file();
    match (named, by_project) {
        (Some(named), _) if variable.as_deref() == Some(named.as_os_str()) => "named by AMBIDEX_PYTHON",
        (Some(_), _) => "named by --python",
        (None, Some(_)) => "named by tool.ambidex.python",
        (None, None) if std::env::var_os("VIRTUAL_ENV").is_some_and(is_in_use) => "the active environment's",
        (None, None) => "the first on the PATH",
    }
    .to_owned()
}

fn version(answers: &Answers, found: &str) -> Finding {
    let Answers { version, executable, implementation, .. } = answers;
    let message = format!("Python {version} at {executable} ({found})");
    if answers.minor < OLDEST {
        return Finding::error("python", message, "name a Python 3.6 or newer with --python");
    }
    if implementation != "cpython" {
        let next = "run `ambidex verify` before you rely on it: only CPython is tested";
        return Finding::warning("python", format!("{message} is {implementation}"), next);
    }
    Finding::ok("python", message)
}

fn setuptools(answers: &Answers) -> Finding {
    let install = format!(
        "run `{} -m pip install setuptools`; `ambidex wheel` needs none, because it installs what the project requires",
        answers.executable
    );
    let Some(version) = &answers.setuptools else {
        return Finding::error("setuptools", "this Python has no setuptools", install);
    };
    if let Some(problem) = version.strip_prefix('!') {
        return Finding::error("setuptools", format!("setuptools can't be imported: {problem}"), install);
    }
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major < OLDEST_SETUPTOOLS) {
        let message = format!("setuptools {version} is older than {OLDEST_SETUPTOOLS}");
        return Finding::warning("setuptools", message, install);
    }
    Finding::ok("setuptools", format!("setuptools {version}"))
}

fn distutils(answers: &Answers) -> Option<Finding> {
    let whose = match answers.distutils.as_deref() {
        Some("setuptools") => "setuptools' own copy",
        Some(_) => "the standard library's",
        // Without setuptools, newer Pythons have none; another finding says so.
        None => return None,
    };
    let why = match std::env::var("SETUPTOOLS_USE_DISTUTILS") {
        Ok(value) => format!(" (SETUPTOOLS_USE_DISTUTILS={value})"),
        Err(_) => String::new(),
    };
    Some(Finding::ok("distutils", format!("distutils: {whose}{why}")))
}

fn headers(answers: &Answers) -> Finding {
    match answers.headers() {
        Some(folder) => Finding::ok("headers", format!("Python.h in {}", folder.display())),
        None => {
            let searched: Vec<String> = answers.includes.iter().map(|f| f.display().to_string()).collect();
            let (message, next) = (
                format!("this Python has no headers: no Python.h in {}", searched.join(", ")),
                "install them: python3-dev on Debian and Ubuntu, python3-devel on Fedora and openSUSE",
            );
            Finding::error("headers", message, next)
        }
    }
}

/// Checks whether libraries can be preloaded into this Python.
fn preloading(python: &Path, answers: &Answers) -> Finding {
    const CHECK: &str = "preloading";
    let next = "builds work, but Python waits for every command; use a Python that is linked dynamically against glibc";
    let preload = || -> Result<(PathBuf, bool), String> {
        let capture = Capture::lay_out().map_err(|error: Error| error.to_string())?;
        let Some((library, variables)) = capture.preloaded_library() else {
            return Err("the path of the libraries has a space or a colon".to_owned());
        };
        let name = library.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((library.clone(), probe::ask(python, &name, &variables)?.is_preloaded))
    };
    match preload() {
        Ok((_, true)) => Finding::ok(CHECK, "Python loads the library that watches it"),
        Ok((library, false)) => {
            let message = format!("{} does not load {}", answers.executable, library.display());
            Finding::warning(CHECK, message, next)
        }
        Err(problem) => Finding::error(
            CHECK,
            format!("Python does not run with a preloaded library: {problem}"),
            "set AMBIDEX_CACHE_DIR and TMPDIR to directories that are not mounted noexec and have no spaces in their paths",
        ),
    }
}
