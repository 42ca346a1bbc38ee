//! Names in `#include` and the real names of files: Clang warns where only the case of letters differs. It asks the kernel
//! where a file really is that it has opened.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::support::{ALL, Edited, on_path, run, skipped};

/// Makes a project that Clang builds.
pub(super) fn with_clang() -> Option<Edited> {
    if on_path("clang").is_none() {
        skipped("there is no clang");
        return None;
    }
    let mut project = Edited::new()?;
    project.set("CC", "clang");
    Some(project)
}

/// Does the same, with a source that includes this header.
fn including(name: &str, option: &str) -> Option<Edited> {
    let mut project = with_clang()?;
    project.set("CFLAGS", &format!("-O1 -g0 {option}nonportable-include-path"));
    project.write("inc/a.h", "#define A 1\n");
    project.append("three.c", &format!("#include \"{name}\"\nint a(void) {{ return A; }}\n"));
    Some(project)
}

/// The name in `#include`, and how the project gets it: as a link to something of another name, and as a copy of that.
type Case = (&'static str, fn(&Path), fn(&Path));

const CASES: [Case; 4] = [
    ("Inc/a.h", |root| symlink("inc", root.join("Inc")).unwrap(), |root| copy(root, "Inc/a.h")),
    ("inc/A.h", |root| symlink("a.h", root.join("inc/A.h")).unwrap(), |root| copy(root, "inc/A.h")),
    ("A.h", |root| symlink("inc/a.h", root.join("A.h")).unwrap(), |root| copy(root, "A.h")),
    ("inc/../A.h", |root| symlink(root.join("inc/a.h"), root.join("A.h")).unwrap(), |root| copy(root, "A.h")),
];

fn copy(root: &Path, name: &str) {
    let file = root.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::copy(root.join("inc/a.h"), file).unwrap();
}

/// Removes what one of the cases has made.
fn remove(root: &Path, name: &str) {
    let removed = if name == "Inc/a.h" { root.join("Inc") } else { root.join(name) };
    if removed.is_dir() && !removed.is_symlink() {
        fs::remove_dir_all(removed).unwrap();
    } else {
        fs::remove_file(removed).unwrap();
    }
}

/// Builds, and fails the test unless Clang warns where it is expected.
#[track_caller]
fn warns(project: &Edited, expected: bool) {
    let (ran, _) = project.builds();
    assert_eq!(ran.stderr.contains("non-portable path"), expected, "{ran}");
}

#[test]
fn a_link_and_a_copy_in_turn() {
    for (name, link, copy) in CASES {
        let Some(project) = including(name, "-W") else { return };
        let root = project.root();
        link(&root);
        project.runs(ALL);
        project.runs(0);
        for _ in 0..2 {
            warns(&project, true);
            remove(&root, name);
            copy(&root);
            warns(&project, false);
            remove(&root, name);
            link(&root);
        }
    }
}

#[test]
fn a_warning_that_is_an_error() {
    let (name, link, copy) = CASES[1];
    let Some(project) = including(name, "-Werror=") else { return };
    let root = project.root();
    copy(&root);
    project.runs(ALL);
    remove(&root, name);
    link(&root);
    let ran = run(&mut project.ambidex()).expect(1);
    assert!(ran.stderr.contains("non-portable path"), "{ran}");
    remove(&root, name);
    copy(&root);
    project.builds();
}
