//! The commands of ambidex that judge a project and leave it as it is: `check` and `verify`.

mod support;

use std::path::Path;

use serde_json::Value;
use support::{Environment, Files, Ran, Workspace, differences, fixture, run, shared_source};

fn workspace(project: &Path) -> Option<Workspace> {
    Some(Workspace::new(project, &Environment::usual()?))
}

/// Judges a project, and fails the test if that changes anything in it.
#[track_caller]
fn judge(workspace: &Workspace, arguments: &[&str]) -> Ran {
    let before = Files::below(&workspace.root());
    let ran = run(&mut workspace.ambidex(arguments));
    let after = Files::below(&workspace.root());
    assert_eq!(differences(&before, &after), [""; 0], "{ran}");
    workspace.expect_nothing_left_behind();
    ran
}

/// Returns the hazards that `check --format json` prints.
#[track_caller]
fn hazards(workspace: &Workspace, code: i32) -> Vec<Value> {
    let ran = judge(workspace, &["check", "--format", "json"]).expect(code);
    let printed: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"));
    printed["hazards"].as_array().unwrap_or_else(|| panic!("{ran}")).clone()
}

#[test]
fn check_finds_a_conflict() {
    let Some(workspace) = workspace(&shared_source()) else { return };
    let hazards = hazards(&workspace, 1);
    assert_eq!(hazards.len(), 1, "{hazards:#?}");
    let hazard = &hazards[0];
    assert_eq!(hazard["kind"], "conflict", "{hazard:#}");
    let path = hazard["path"].as_str().unwrap();
    assert!(path.starts_with("build/temp") && path.ends_with("/common.o"), "{path}");
    let writers = hazard["writers"].as_array().unwrap();
    for (writer, (extension, flag)) in writers.iter().zip([("mod1", "-DVAL=12"), ("mod2", "-DVAL=42")]) {
        assert_eq!(writer["extension"], extension, "{hazard:#}");
        let command = writer["command"].as_array().unwrap();
        assert!(command.contains(&flag.into()) && command.contains(&"common.c".into()), "{hazard:#}");
    }
    assert_eq!(writers.len(), 2, "{hazard:#}");
    let text = judge(&workspace, &["check"]).expect(1).stdout;
    assert!(text.starts_with("conflict: build/temp"), "{text}");
    assert!(text.contains("mod1: -DVAL=12") && text.contains("mod2: -DVAL=42"), "{text}");
}

#[test]
fn check_finds_a_duplicate() {
    let Some(workspace) = workspace(&fixture("same-flags")) else { return };
    let hazards = hazards(&workspace, 1);
    assert_eq!(hazards.len(), 1, "{hazards:#?}");
    assert_eq!(hazards[0]["kind"], "duplicate", "{hazards:#?}");
    let writers: Vec<&Value> =
        hazards[0]["writers"].as_array().unwrap().iter().map(|writer| &writer["extension"]).collect();
    assert_eq!(writers, ["mod0", "mod1", "mod2", "mod3", "mod4", "mod5"]);
    let text = judge(&workspace, &["check", "--format", "text"]).expect(1).stdout;
    assert!(text.starts_with("duplicate: build/temp"), "{text}");
}

#[test]
fn check_names_the_places_of_a_conflict() {
    let Some(workspace) = workspace(&shared_source()) else { return };
    let ran = judge(&workspace, &["check", "--format", "sarif"]).expect(1);
    let log: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"));
    assert_eq!(log["version"], "2.1.0", "{log:#}");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!((rules.len(), results.len()), (2, 1), "{log:#}");
    // What the schema and code scanners require of a result.
    let result = &results[0];
    assert_eq!(
        rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()]["id"],
        result["ruleId"]
    );
    assert!(result["message"]["text"].as_str().unwrap().contains("-DVAL=12"), "{log:#}");
    let setup = std::fs::read_to_string(workspace.root().join("setup.py")).unwrap();
    let place = |location: &Value| {
        let physical = &location["physicalLocation"];
        let uri = physical["artifactLocation"]["uri"].as_str().unwrap().to_owned();
        assert!(workspace.root().join(&uri).is_file(), "{log:#}");
        let line = physical["region"]["startLine"].as_u64().map(|line| usize::try_from(line).unwrap());
        (uri, line.map(|line| setup.lines().nth(line - 1).unwrap().trim().to_owned()))
    };
    let (file, line) = place(&result["locations"][0]);
    assert!(file == "setup.py" && line.unwrap().starts_with("Extension(\"mod1\""), "{log:#}");
    let related: Vec<_> = result["relatedLocations"].as_array().unwrap().iter().map(place).collect();
    assert!(related[0].1.as_ref().unwrap().starts_with("Extension(\"mod2\""), "{log:#}");
    assert_eq!(related[1], ("common.c".to_owned(), None), "{log:#}");
    // Where the checkout of a job is above the project, paths begin there.
    let mut command = workspace.ambidex(&["check", "--format", "github"]);
    let above = workspace.root().parent().unwrap().to_owned();
    let ran = support::run(command.env("GITHUB_WORKSPACE", above)).expect(1);
    assert!(ran.stdout.starts_with("::warning file=project/setup.py,line="), "{ran}");
    assert_eq!(ran.stdout.matches("::warning ").count(), 2, "{ran}");
}

#[test]
fn check_finds_nothing_where_nothing_is() {
    let Some(workspace) = workspace(&fixture("no-hazard")) else { return };
    assert!(hazards(&workspace, 0).is_empty());
    let text = judge(&workspace, &["check"]).expect(0).stdout;
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn check_of_probes_tells_only_of_extensions() {
    let Some(workspace) = workspace(&support::repository().join("tests/packages/probes-flags")) else {
        return;
    };
    let hazards = hazards(&workspace, 1);
    assert_eq!(hazards.len(), 1, "{hazards:#?}");
    assert!(hazards[0]["path"].as_str().unwrap().ends_with("/common.o"), "{hazards:#?}");
}

#[test]
fn verify_of_a_right_build_says_equal() {
    let Some(workspace) = workspace(&shared_source()) else { return };
    let ran = judge(&workspace, &["verify", "-j2"]).expect(0);
    assert!(ran.stdout.contains("equal"), "{ran}");
}

#[test]
fn verify_finds_a_difference() {
    let Some(workspace) = workspace(&fixture("notices-ambidex")) else { return };
    let ran = judge(&workspace, &["verify", "-j2"]).expect(1);
    let differing = |module: &str| {
        let names =
            |line: &str| line.starts_with("differs: build/lib") && line.contains(&format!("/{module}."));
        ran.stdout.lines().any(names)
    };
    assert!(differing("other") && !differing("same"), "{ran}");
}

#[test]
fn verify_of_a_broken_project_blames_the_project() {
    let Some(workspace) = workspace(&fixture("broken-second")) else { return };
    let ran = judge(&workspace, &["verify"]).expect(2);
    assert!(ran.stderr.contains("broken on purpose") && ran.stderr.contains("hint:"), "{ran}");
}
