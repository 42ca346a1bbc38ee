//! Names of one file: for `#pragma once`, Clang goes by the identities of files, and GCC by their times and contents.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::found::expect_runs;
use crate::real_names::with_clang;
use crate::support::{ALL, Edited, Files, differences, run};

/// A header that knows whether it was included before.
const HEADER: &str = "#pragma once\n#ifdef FIRST\n#define SECOND\n#endif\n#define FIRST\n";

/// The two names of the header.
const NAMES: [&str; 2] = ["near/same.h", "far/same.h"];

/// Makes a project that Clang builds. One of its sources includes two equal headers, which are two files.
fn with_two_headers() -> Option<Edited> {
    let project = with_clang()?;
    for name in NAMES {
        project.write(name, HEADER);
        project.touch(name, SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000));
    }
    let [one, other] = NAMES;
    let source = format!(
        "#include \"{one}\"\n#include \"{other}\"\n#ifdef SECOND\nint two;\n#else\nint one;\n#endif\n"
    );
    project.append("three.c", &source);
    Some(project)
}

/// Makes a file again as a copy of another, with the time, the permissions and the owner of that.
fn copy(root: &Path, from: &str, to: &str) {
    let new = root.join("new");
    run(Command::new("cp").arg("-p").args([&root.join(from), &new])).expect(0);
    fs::rename(new, root.join(to)).unwrap();
}

/// Makes the second name one for the file of the first.
fn join(root: &Path, is_link: bool) {
    let [one, other] = NAMES.map(|name| root.join(name));
    fs::remove_file(&other).unwrap();
    if is_link { symlink(one, other).unwrap() } else { fs::hard_link(one, other).unwrap() }
}

#[test]
fn equal_headers_that_become_one_file_and_two_again() {
    for is_link in [false, true] {
        let Some(project) = with_two_headers() else { return };
        project.runs(ALL);
        project.runs(0);
        join(&project.root(), is_link);
        expect_runs(&project);
        copy(&project.root(), NAMES[0], NAMES[1]);
        expect_runs(&project);
    }
}

#[test]
fn equal_headers_that_editors_save_again() {
    let Some(project) = with_two_headers() else { return };
    project.runs(ALL);
    for name in NAMES {
        copy(&project.root(), name, name);
        project.runs(0);
    }
    // One file is as well at another path.
    join(&project.root(), false);
    expect_runs(&project);
    copy(&project.root(), NAMES[0], NAMES[0]);
    join(&project.root(), false);
    project.runs(0);
    for name in NAMES {
        project.touch(name, SystemTime::now());
    }
    project.runs(0);
}

#[test]
fn copy_of_a_tree_in_which_one_file_is_two() {
    let Some(project) = with_two_headers() else { return };
    join(&project.root(), false);
    project.runs(ALL);
    for (name, options, expected) in [("with links", "-a", 0), ("without links", "-rp", 1)] {
        let folder = project.workspace.beside(name);
        run(Command::new("cp").arg(options).args([&project.root(), &folder])).expect(0);
        let summary = project.workspace.beside("summary.json");
        let mut build = project.workspace.ambidex(&["build", "--summary"]);
        run(build.arg(summary).current_dir(&folder)).expect(0);
        assert_eq!(project.counts().executed.min(1), expected, "{name}");
        let ours = Files::built(&folder);
        fs::remove_dir_all(folder.join("build")).unwrap();
        run(project.workspace.python(&["setup.py", "build"]).current_dir(&folder)).expect(0);
        let differing = differences(&Files::built(&folder), &ours);
        assert!(differing.is_empty(), "{name}: {differing:#?}");
    }
}
