//! Small projects with one feature each, below `tests/packages`: whatever ambidex leaves of them is what the serial
//! build leaves.

mod support;

use std::path::{Path, PathBuf};

use support::{Environment, Files, NEWEST, Workspace, differences};

/// Every project, by name.
fn projects() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(support::repository().join("tests").join("packages"))
        .expect("the projects are there");
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    found.retain(|project| project.join("setup.py").is_file());
    found.sort();
    assert!(!found.is_empty());
    found
}

/// Objects are steps on the way; ambidex puts them at their places only if something looks at them there.
fn is_object(path: &Path) -> bool {
    path.starts_with("build") && path.extension().is_some_and(|extension| extension == "o")
}

/// What is wrong with ambidex' build of a project.
fn judge(project: &Path, environment: &Environment) -> Vec<String> {
    let workspace = Workspace::new(project, environment);
    workspace.build_serially();
    let serial = Files::below(&workspace.root());
    let mut wrong = Vec::new();
    for arguments in [&["-j4", "--schedule-seed=7"][..], &["-j1"]] {
        workspace.start_again();
        let summary = workspace.build_with_summary(arguments);
        if summary["commands"]["recorded"] == 0 {
            wrong.push("ambidex has recorded nothing".to_owned());
        }
        let ours = Files::below(&workspace.root());
        let objects: Vec<&Path> = ours.paths().filter(|path| is_object(path)).collect();
        let expected = serial.clone().only(|path| !is_object(path) || objects.contains(&path));
        wrong.extend(differences(&expected, &ours));
    }
    workspace.expect_nothing_left_behind();
    wrong
}

fn all_are_equal(minor: u32, setuptools: &str) {
    let Some(environment) = Environment::get(minor, setuptools) else { return };
    let mut failed = Vec::new();
    for project in projects() {
        let name = project.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // One that can't even be built must not hide the others.
        match std::panic::catch_unwind(|| judge(&project, &environment)) {
            Ok(wrong) if wrong.is_empty() => {}
            Ok(wrong) => failed.push(format!("{name}: {wrong:#?}")),
            Err(_) => failed.push(format!("{name}: see above")),
        }
    }
    assert!(failed.is_empty(), "{}\n{}", environment.name, failed.join("\n"));
}

#[test]
fn equal_with_newest_setuptools() {
    all_are_equal(11, NEWEST);
}

#[test]
fn equal_with_oldest_setuptools() {
    all_are_equal(6, "40.6.3");
}
