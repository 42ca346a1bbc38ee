//! The project in a directory: who builds it, and what would be captured.

use std::path::Path;

use super::Finding;
use super::probe::Answers;
use crate::build_system::BuildSystem;
use crate::error::Error;
use crate::project::Project;

const CHECK: &str = "project";

/// Examines a project that was found, or the error instead.
pub(crate) fn examine(project: Result<Project, Error>, python: Option<&Answers>) -> Vec<Finding> {
    let project = match project {
        Ok(project) => project,
        Err(error @ Error::NoProject(_)) => {
            return vec![Finding::warning(CHECK, error.to_string(), error.hint().unwrap_or_default())];
        }
        Err(error) => return vec![Finding::of(CHECK, &error)],
    };
    if let Err(error) = BuildSystem::expect_setuptools(&project) {
        return vec![Finding::of(CHECK, &error)];
    }
    let mut findings = vec![match backend(&project) {
        Ok(message) => Finding::ok(CHECK, message),
        Err(error) => Finding::of(CHECK, &error),
    }];
    let sources = uses_cython(&project.root);
    match python.and_then(|python| python.cython.as_deref()) {
        Some(version) if !version.starts_with('!') => findings
            .push(Finding::ok("cython", format!("Cython {version}: its translations are part of the graph"))),
        _ if sources => findings.push(Finding::warning(
            "cython",
            "the project has .pyx files, and this Python has no Cython",
            "install it, unless the project ships the translations too",
        )),
        _ => {}
    }
    findings.extend(parallel(&project.root));
    findings
}

fn backend(project: &Project) -> Result<String, Error> {
    let system = BuildSystem::of(project)?;
    let what = if project.has_setup_py { "setup.py" } else { "pyproject.toml" };
    Ok(format!("project {}: {what} is captured; build backend {}", project.root.display(), system.backend))
}

/// Returns whether there are sources of Cython near the top of the project.
fn uses_cython(root: &Path) -> bool {
    const DEPTH: usize = 4;
    let is_hidden = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() > 0 && (name.starts_with('.') || name == "build")
    };
    let walk = walkdir::WalkDir::new(root).max_depth(DEPTH).into_iter();
    let mut entries = walk.filter_entry(|entry| !is_hidden(entry)).flatten();
    entries.any(|entry| entry.path().extension().is_some_and(|end| end == "pyx"))
}

/// Says that the number of jobs in `setup.cfg` counts.
fn parallel(root: &Path) -> Option<Finding> {
    let text = std::fs::read_to_string(root.join("setup.cfg")).ok()?;
    let jobs = jobs_in(&text)?;
    Some(Finding::ok(
        "parallel",
        format!("setup.cfg: parallel = {jobs} is the number of jobs, unless -j is given"),
    ))
}

/// Returns the value of `parallel` in `[build]` or `[build_ext]`.
fn jobs_in(text: &str) -> Option<&str> {
    let mut section = "";
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if let Some((key, value)) = line.split_once(['=', ':'])
            && ["build", "build_ext"].contains(&section)
            && key.trim() == "parallel"
        {
            return Some(value.trim());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jobs_of_a_project_are_found() {
        assert_eq!(jobs_in("[metadata]\nname = x\n[build_ext]\nparallel = 4\n"), Some("4"));
        assert_eq!(jobs_in("[build]\nparallel: 2\n"), Some("2"));
        assert_eq!(jobs_in("[other]\nparallel = 4\n[build]\n# parallel = 2\n"), None);
    }
}
