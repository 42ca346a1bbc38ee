//! Modification times, and sources that ask for the time.

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::support::{ALL, Counts, Edited, Files, differences, run};

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

#[test]
fn touched_files() {
    let Some(project) = Edited::built() else { return };
    let now = SystemTime::now();
    for time in [now, now - YEAR, now + YEAR] {
        for name in ["one.c", "common.c", "near/one.h", "far/both.h", "setup.py"] {
            project.touch(name, time);
        }
        project.runs(0);
    }
}

#[test]
fn edits_of_the_past_and_of_the_future() {
    let Some(project) = Edited::built() else { return };
    let now = SystemTime::now();
    for (value, time) in [(4, now - 10 * YEAR), (5, now + YEAR), (6, now - 11 * YEAR)] {
        project.write("three.c", &format!("int three(void) {{ return {value}; }}\n"));
        project.write("far/both.h", &format!("#define BOTH {value}\n"));
        project.touch("three.c", time);
        project.touch("far/both.h", time);
        project.runs(6);
        project.runs(0);
    }
}

#[test]
fn edit_of_the_same_length_with_the_old_time() {
    let Some(project) = Edited::built() else { return };
    for (name, from, to, commands) in [("three.c", "3", "4", 2), ("far/both.h", "7", "8", 4)] {
        let time = project.modified(name);
        project.replace(name, from, to);
        project.touch(name, time);
        project.runs(commands);
    }
}

#[test]
fn edits_right_after_each_other() {
    let Some(project) = Edited::built() else { return };
    for value in 4..10 {
        project.write("three.c", &format!("int three(void) {{ return {value}; }}\n"));
        project.runs(2);
    }
}

#[test]
fn clock_that_was_set_back_over_outputs() {
    let Some(project) = Edited::built() else { return };
    let module = fs::File::options().append(true).open(project.module("three")).unwrap();
    for time in [SystemTime::now() - YEAR, SystemTime::now() + YEAR] {
        module.set_modified(time).unwrap();
        project.runs(0);
    }
    // The source is older than the module, so the serial build would take the module to be up to date.
    project.replace("three.c", "3", "4");
    project.runs(2);
}

/// Makes a project with a module that contains the expansion of a macro.
fn with_macro(name: &str) -> Option<Edited> {
    let project = Edited::new()?;
    project.write("three.c", &format!("const char *three(void) {{ return {name}; }}\n"));
    Some(project)
}

/// Builds with the real time. A clean build can't be compared to that.
fn build_now(project: &Edited) -> Counts {
    let mut command: Command = project.ambidex();
    run(command.env_remove("SOURCE_DATE_EPOCH")).expect(0);
    project.counts()
}

fn today() -> String {
    run(Command::new("date").arg("+%F")).expect(0).stdout
}

#[test]
fn time_is_always_another() {
    let Some(project) = with_macro("__TIME__") else { return };
    assert_eq!(build_now(&project).executed, ALL);
    for _ in 0..2 {
        let counts = build_now(&project);
        // Within the same second, the object is the same, and is not linked again.
        assert!((1..=2).contains(&counts.executed), "{counts:?}");
    }
}

#[test]
fn time_in_a_header() {
    let Some(project) = Edited::new() else { return };
    project.write("far/both.h", "#define BOTH (__TIME__[7])\n");
    assert_eq!(build_now(&project).executed, ALL);
    let counts = build_now(&project);
    assert!((2..=4).contains(&counts.executed), "{counts:?}");
}

#[test]
fn date_is_asked_for_each_time() {
    let Some(project) = with_macro("__DATE__") else { return };
    let before = today();
    assert_eq!(build_now(&project).executed, ALL);
    let counts = build_now(&project);
    if before == today() {
        // With the date, the compiler also asks for the time of day. The object is the same, and is not linked again.
        assert_eq!(counts.executed, 1, "{counts:?}");
    }
}

#[test]
fn date_that_is_put_together() {
    let Some(project) = Edited::new() else { return };
    project.write("far/both.h", "#define JOIN(a, b) a##b\n#define BOTH (JOIN(__TI, ME__)[7])\n");
    assert_eq!(build_now(&project).executed, ALL);
    let counts = build_now(&project);
    assert!((2..=4).contains(&counts.executed), "{counts:?}");
}

#[test]
fn date_of_the_environment() {
    let Some(mut project) = with_macro("__DATE__") else { return };
    project.runs(ALL);
    project.runs(0);
    let before = Files::built(&project.root());
    project.set("SOURCE_DATE_EPOCH", "1500000000");
    // Every command gets the variable, but only one depends on it.
    let (ran, counts) = project.builds();
    assert!(counts.executed >= 2, "{counts:?}\n{ran}");
    assert_eq!(differences(&before, &Files::built(&project.root())).len(), 1);
    project.runs(0);
}

#[test]
fn timestamp_is_that_of_the_file() {
    let Some(project) = with_macro("__TIMESTAMP__") else { return };
    project.runs(ALL);
    // The object is the same, and is not linked again.
    project.runs(1);
    let before = Files::built(&project.root());
    project.touch("three.c", SystemTime::now() - YEAR);
    project.runs(2);
    assert_eq!(differences(&before, &Files::built(&project.root())).len(), 1);
    project.touch("two.c", SystemTime::now() - YEAR);
    project.runs(1);
}
