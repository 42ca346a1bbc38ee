//! Builds in place, as an editable install makes them.

use std::path::Path;

use crate::support::{ALL, Counts, Edited, Files, differences, read_json, run};

/// Runs `build_ext --inplace` with a directory for temporary files that no build had before, as setuptools makes one
/// for editable installs.
fn build_in_place(project: &Edited, round: usize) -> Counts {
    let temporary = project.workspace.beside(&format!("temporary-{round}"));
    let summary = project.workspace.beside("summary.json");
    let mut command = project.workspace.ambidex(&["run", "-j2", "--summary"]);
    command.arg(&summary).args(["--", "python", "setup.py", "build_ext", "--inplace", "--build-temp"]);
    run(command.arg(temporary)).expect(0);
    Counts::of(&read_json(&summary))
}

fn modules(project: &Edited) -> Files {
    let in_root = |path: &Path| path.components().count() == 1;
    Files::below(&project.root()).only(in_root).only(|path| path.extension().is_some_and(|e| e == "so"))
}

/// Returns the modules that the serial build puts into the project. They do not stay there.
fn clean(project: &Edited) -> Files {
    let ours = modules(project);
    let aside = project.workspace.beside("modules");
    std::fs::create_dir_all(&aside).unwrap();
    let rename = |from: &Path, to: &Path| {
        for path in ours.paths() {
            std::fs::rename(from.join(path), to.join(path)).unwrap();
        }
    };
    rename(&project.root(), &aside);
    let build = ["setup.py", "build_ext", "--inplace", "--build-temp"];
    let temporary = tempfile::tempdir().unwrap();
    run(project.workspace.python(&build).arg(temporary.path())).expect(0);
    let clean = modules(project);
    clean.paths().for_each(|path| std::fs::remove_file(project.root().join(path)).unwrap());
    rename(&aside, &project.root());
    clean
}

#[track_caller]
fn expect(project: &Edited, round: usize, executed: u64) {
    let counts = build_in_place(project, round);
    assert_eq!((counts.executed, counts.cached), (executed, 0), "{counts:?}");
    let differing = differences(&clean(project), &modules(project));
    assert!(differing.is_empty(), "{differing:#?}");
}

#[test]
fn another_temporary_folder_each_time() {
    let Some(project) = Edited::new() else { return };
    expect(&project, 0, ALL);
    expect(&project, 1, 0);
    project.replace("far/both.h", "7", "8");
    expect(&project, 2, 4);
    expect(&project, 3, 0);
    project.workspace.expect_nothing_left_behind();
}

#[test]
fn another_temporary_folder_with_debug_information() {
    let Some(mut project) = Edited::new() else { return };
    project.set("CFLAGS", "-g");
    expect(&project, 0, ALL);
    expect(&project, 1, 0);
}

#[test]
fn in_place_and_not() {
    let Some(project) = Edited::built() else { return };
    // The objects are the same; the three modules have other paths.
    run(project.ambidex().arg("--inplace")).expect(0);
    let counts = project.counts();
    assert!(counts.executed <= 3, "{counts:?}");
    assert_eq!(differences(&clean(&project), &modules(&project)), [""; 0]);
    run(project.ambidex().arg("--inplace")).expect(0);
    assert_eq!(project.counts().executed, 0);
}
