//! `ambidex races`: the race of plain setuptools shows itself each time, and the project stays as it is.

mod support;

use std::path::Path;

use serde_json::Value;
use support::{
    Environment, Files, Ran, Workspace, differences, fixture, on_path, run, shared_source, skipped,
};

/// Shows the races of a project. Fails the test if that changes anything in it or leaves anything behind.
#[track_caller]
fn races(workspace: &Workspace, arguments: &[&str]) -> Ran {
    let before = Files::below(&workspace.root());
    let ran = run(workspace.ambidex(&["races"]).args(arguments));
    assert_eq!(differences(&before, &Files::below(&workspace.root())), [""; 0], "{ran}");
    workspace.expect_nothing_left_behind();
    ran
}

/// Returns what `--format json` prints.
#[track_caller]
fn report(workspace: &Workspace, arguments: &[&str], code: i32) -> Value {
    let ran = races(workspace, &[&["--format", "json"], arguments].concat()).expect(code);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"))
}

/// Returns the names of the wrong modules of a race.
fn wrong(race: &Value) -> Vec<&str> {
    let modules = race["modules"].as_array().map(Vec::as_slice).unwrap_or_default();
    modules
        .iter()
        .filter_map(|module| Path::new(module["path"].as_str()?).file_name()?.to_str()?.split('.').next())
        .collect()
}

/// Fails the test unless the example's first module gets the object of the second.
#[track_caller]
fn expect_the_example(workspace: &Workspace) {
    let found = report(workspace, &["--show", "mod1.value(), mod2.value()"], 1);
    let races = found["races"].as_array().unwrap();
    assert_eq!(races.len(), 1, "{found:#}");
    assert_eq!(races[0]["outcome"], "wrong-modules", "{found:#}");
    assert_eq!(wrong(&races[0]), ["mod1"], "{found:#}");
    assert_eq!(races[0]["modules"][0]["functions"], serde_json::json!(["shared_value"]), "{found:#}");
    assert_eq!(found["shown"]["serial"], "(12, 42)", "{found:#}");
    assert_eq!(found["shown"]["parallel"], "(42, 42)", "{found:#}");
}

#[test]
fn a_conflict_shows_itself_each_time() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&shared_source(), &environment);
    for _ in 0..if support::tests_all() { 20 } else { 3 } {
        expect_the_example(&workspace);
    }
}

#[test]
fn a_conflict_shows_itself_with_old_setuptools() {
    let Some(environment) = Environment::get(6, "39.2.0") else { return };
    expect_the_example(&Workspace::new(&shared_source(), &environment));
}

#[test]
fn one_job_is_enough_for_a_conflict() {
    let Some(environment) = Environment::usual() else { return };
    let mut workspace = Workspace::new(&shared_source(), &environment);
    workspace.variables.push(("AMBIDEX_JOBS".to_owned(), "1".to_owned()));
    expect_the_example(&workspace);
}

#[test]
fn a_compiler_that_is_a_script_is_directed_too() {
    let Some(environment) = Environment::usual() else { return };
    let mut workspace = Workspace::new(&shared_source(), &environment);
    support::Compiler::install(&mut workspace, "\"$REAL\" \"$@\"");
    expect_the_example(&workspace);
}

#[test]
fn a_torn_read_shows_itself_where_the_assembler_writes_in_place() {
    let Some(environment) = Environment::usual() else { return };
    if on_path("gcc").is_none() {
        return skipped("a torn read: there is no gcc");
    }
    let mut workspace = Workspace::new(&fixture("same-flags"), &environment);
    workspace.variables.push(("CC".to_owned(), "gcc".to_owned()));
    for arguments in [&["-j1"][..], &["-j4"]] {
        let found = report(&workspace, arguments, 1);
        let race = &found["races"][0];
        assert_eq!(race["kind"], "duplicate", "{found:#}");
        // Some linkers refuse an empty object, others link it.
        match race["outcome"].as_str().unwrap() {
            "wrong-modules" => {
                // Equal commands can't be told apart, so any of the modules may be the first.
                assert_eq!(wrong(race).len(), 1, "{found:#}");
                assert_eq!(race["modules"][0]["missing"], serde_json::json!(["common_value"]), "{found:#}");
            }
            outcome => assert_eq!(outcome, "build-fails", "{found:#}"),
        }
    }
}

#[test]
fn a_conflict_that_changes_no_code_is_torn() {
    let Some(environment) = Environment::usual() else { return };
    if on_path("gcc").is_none() {
        return skipped("a torn read: there is no gcc");
    }
    let mut workspace = Workspace::new(&fixture("same-flags"), &environment);
    workspace.variables.push(("CC".to_owned(), "gcc".to_owned()));
    // As in pplpy: the commands differ in directories that they search, and the objects at most in debug information.
    let script = "from setuptools import Extension, setup\n\
        names = ['mod0', 'mod1']\n\
        setup(name='x', ext_modules=[Extension(n, [n + '.c', 'common.c'], include_dirs=['of-' + n]) for n in names])\n";
    std::fs::write(workspace.root().join("setup.py"), script).unwrap();
    let found = report(&workspace, &[], 1);
    let race = &found["races"][0];
    assert_eq!((&race["kind"], &race["is_torn"]), (&"conflict".into(), &true.into()), "{found:#}");
    let first = &race["modules"][0];
    assert!(race["outcome"] == "build-fails" || first["loads_the_same"] == false, "{found:#}");
}

#[test]
fn nothing_is_torn_where_the_compiler_renames() {
    let Some(environment) = Environment::usual() else { return };
    if on_path("clang").is_none() {
        return skipped("a compiler that renames its output: there is no clang");
    }
    let mut workspace = Workspace::new(&fixture("same-flags"), &environment);
    workspace.variables.push(("CC".to_owned(), "clang".to_owned()));
    let found = report(&workspace, &[], 0);
    assert_eq!(found["races"][0]["outcome"], "no-difference", "{found:#}");
}

/// Returns the races of one of the projects in `tests/packages`.
#[track_caller]
fn of_package(name: &str, code: i32) -> Option<Vec<Value>> {
    let folder = support::repository().join("tests").join("packages").join(name);
    let workspace = Workspace::new(&folder, &Environment::usual()?);
    Some(report(&workspace, &[], code)["races"].as_array().unwrap().clone())
}

#[test]
fn extensions_that_are_built_one_by_one_do_not_race() {
    let Some(races) = of_package("own-loop", 0) else { return };
    assert_eq!(races[0]["outcome"], "no-difference", "{races:#?}");
    assert!(races[0]["why"].as_str().unwrap().contains("one after the other"), "{races:#?}");
}

#[test]
fn libraries_that_are_built_before_extensions_do_not_wait_for_them() {
    let Some(races) = of_package("build-clib", 1) else { return };
    assert_eq!(wrong(&races[0]), ["one"], "{races:#?}");
}

#[test]
fn modules_that_get_another_name_are_found() {
    let Some(races) = of_package("renames-result", 1) else { return };
    assert_eq!(wrong(&races[0]), ["one"], "{races:#?}");
}

#[test]
fn archives_that_several_commands_change_are_in_order() {
    let Some(races) = of_package("archive-of-objects", 1) else { return };
    // What follows is undefined, but something goes wrong.
    let outcomes: Vec<&str> = races.iter().filter_map(|race| race["outcome"].as_str()).collect();
    assert!(outcomes.iter().all(|outcome| ["wrong-modules", "build-fails"].contains(outcome)), "{races:#?}");
}

#[test]
fn a_project_without_a_hazard_has_no_race() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&fixture("no-hazard"), &environment);
    let ran = races(&workspace, &[]).expect(0);
    assert_eq!(ran.stdout.lines().count(), 1, "{ran}");
    assert!(report(&workspace, &[], 0)["races"].as_array().unwrap().is_empty());
}

#[test]
fn a_project_that_does_not_build_has_no_answer() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&fixture("broken-second"), &environment);
    let ran = races(&workspace, &[]);
    // Without a hazard, nothing is built.
    assert!(ran.code == 0, "{ran}");
    let text = std::fs::read_to_string(shared_source().join("common.c")).unwrap();
    let workspace = Workspace::new(&shared_source(), &environment);
    std::fs::write(workspace.root().join("common.c"), text + "#error broken on purpose\n").unwrap();
    let ran = races(&workspace, &[]).expect(2);
    assert!(ran.stderr.contains("broken on purpose") && ran.stderr.contains("hint:"), "{ran}");
}
