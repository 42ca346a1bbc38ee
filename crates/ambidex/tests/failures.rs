//! Failed builds and mistakes of users: the messages, the files left behind, and the exit codes.

mod support;

use std::fs;

use support::{Compiler, Environment, Files, Ran, Workspace, fixture, is_alive, run, wait_until_none_has};

/// Returns a copy of the broken project.
fn broken() -> Option<Workspace> {
    Some(Workspace::new(&fixture("broken-second"), &Environment::usual()?))
}

/// Checks what holds for every failed build.
#[track_caller]
fn expect_tidy(workspace: &Workspace, ran: &Ran) {
    let printed = ran.printed();
    assert!(!printed.contains("Traceback") && !printed.contains("panicked"), "{ran}");
    workspace.expect_nothing_left_behind();
    wait_until_none_has(&workspace.temporary().to_string_lossy());
}

/// Fails the test unless there is exactly one message that starts with `error:`, and a hint about what to do.
#[track_caller]
fn expect_one_error_with_hint(ran: &Ran) {
    assert_eq!(ran.code, 2, "{ran}");
    let errors = ran.printed().lines().filter(|line| line.starts_with("error:")).count();
    assert_eq!(errors, 1, "{ran}");
    assert!(ran.stderr.contains("hint:"), "{ran}");
}

#[test]
fn serial_build_of_the_broken_project_fails_in_the_same_way() {
    let Some(workspace) = broken() else { return };
    let ran = run(&mut workspace.python(&["setup.py", "build"])).expect(1);
    let built = Files::built(&workspace.root());
    assert!(built.has("first.") && !built.has("second.") && !built.has("third."), "{ran}\n{built:?}");
}

#[test]
fn failed_extension_ends_the_build() {
    let Some(workspace) = broken() else { return };
    for jobs in ["-j1", "-j2", "-j8"] {
        workspace.start_again();
        let ran = run(&mut workspace.ambidex(&["build", jobs])).expect(1);
        assert_eq!(ran.printed().matches("error: #error").count(), 1, "{ran}");
        assert!(ran.stderr.contains("extension 'second'"), "{ran}");
        let built = Files::built(&workspace.root());
        assert!(built.has("first."), "{jobs}: {built:?}");
        assert!(!built.has("second.") && !built.has("third."), "{jobs}: {built:?}");
        expect_tidy(&workspace, &ran);
    }
}

#[test]
fn failure_ends_what_the_serial_build_would_not_have_started() {
    let Some(mut workspace) = broken() else { return };
    // The third is still compiling when the second fails, and the first isn't done either.
    let script = "case \" $* \" in
        *\" third.c \"*) tell; sleep 600;;
        *\" second.c \"*) until ls \"$TOLD\".[0-9]*; do sleep 0.01; done >/dev/null 2>&1;;
        *\" first.c \"*) until ls \"$TOLD\".[0-9]*; do sleep 0.01; done >/dev/null 2>&1; sleep 0.5;;
    esac
    exec \"$REAL\" \"$@\"";
    let compiler = Compiler::install(&mut workspace, script);
    let ran = run(&mut workspace.ambidex(&["build", "-j8"])).expect(1);
    assert_eq!(ran.printed().matches("error: #error").count(), 1, "{ran}");
    let built = Files::built(&workspace.root());
    assert!(built.has("first.") && !built.has("second.") && !built.has("third."), "{ran}\n{built:?}");
    let told = compiler.told();
    assert!(told.len() == 1 && !is_alive(&told[0]), "{ran}");
    expect_tidy(&workspace, &ran);
}

#[test]
fn keep_going_builds_the_other_extensions() {
    let Some(workspace) = broken() else { return };
    let ran = run(&mut workspace.ambidex(&["build", "-j2", "--keep-going"])).expect(1);
    assert_eq!(ran.printed().matches("error: #error").count(), 1, "{ran}");
    assert!(ran.stderr.contains("extension 'second'"), "{ran}");
    let built = Files::built(&workspace.root());
    assert!(built.has("first.") && !built.has("second.") && built.has("third."), "{built:?}");
    expect_tidy(&workspace, &ran);
}

#[test]
fn optional_extension_is_left_out() {
    let Some(mut workspace) = broken() else { return };
    workspace.variables.push(("OPTIONAL".to_owned(), "1".to_owned()));
    let ran = workspace.build(&["-j2"]);
    assert_eq!(ran.printed().matches("building extension \"second\" failed").count(), 1, "{ran}");
    assert_eq!(ran.printed().matches("error: #error").count(), 1, "{ran}");
    let built = Files::built(&workspace.root());
    assert!(built.has("first.") && !built.has("second.") && built.has("third."), "{built:?}");
    expect_tidy(&workspace, &ran);
}

#[test]
fn mended_project_builds_after_a_failure() {
    let Some(workspace) = broken() else { return };
    run(&mut workspace.ambidex(&["build", "-j2"])).expect(1);
    fs::write(workspace.root().join("second.c"), "int second(void) { return 2; }\n").unwrap();
    let ran = workspace.build(&["-j2"]);
    let built = Files::built(&workspace.root());
    assert!(built.has("first.") && built.has("second.") && built.has("third."), "{built:?}");
    expect_tidy(&workspace, &ran);
}

#[test]
fn folder_that_is_not_there() {
    let Some(workspace) = broken() else { return };
    for command in ["build", "check", "verify", "clean"] {
        let ran = run(&mut workspace.ambidex(&[command, "no/such/folder"]));
        expect_one_error_with_hint(&ran);
        assert!(ran.stderr.contains("no/such/folder"), "{ran}");
        expect_tidy(&workspace, &ran);
    }
}

#[test]
fn folder_without_a_project() {
    let Some(workspace) = broken() else { return };
    fs::create_dir(workspace.root().join("empty")).unwrap();
    let ran = run(&mut workspace.ambidex(&["build", "empty"]));
    expect_one_error_with_hint(&ran);
    assert!(ran.stderr.contains("setup.py") && ran.stderr.contains("pyproject.toml"), "{ran}");
    expect_tidy(&workspace, &ran);
}

#[test]
fn pyproject_that_is_no_toml() {
    let Some(workspace) = broken() else { return };
    fs::write(workspace.root().join("pyproject.toml"), "[project\nname = \n").unwrap();
    let ran = run(&mut workspace.ambidex(&["build"]));
    expect_one_error_with_hint(&ran);
    assert!(ran.stderr.contains("pyproject.toml"), "{ran}");
    expect_tidy(&workspace, &ran);
}

#[test]
fn flag_that_is_not_known() {
    let Some(workspace) = broken() else { return };
    let ran = run(&mut workspace.ambidex(&["build", "--no-such-flag"]));
    assert_eq!(ran.code, 2, "{ran}");
    assert_eq!(ran.stderr.lines().filter(|line| line.starts_with("error:")).count(), 1, "{ran}");
    assert!(ran.stderr.contains("--no-such-flag") && ran.stderr.contains("--help"), "{ran}");
    expect_tidy(&workspace, &ran);
}

#[test]
fn python_that_is_not_there() {
    let Some(workspace) = broken() else { return };
    let ran = run(&mut workspace.ambidex(&["build", "--python", "no-such-python"]));
    expect_one_error_with_hint(&ran);
    assert!(ran.stderr.contains("no-such-python"), "{ran}");
    expect_tidy(&workspace, &ran);
}

#[test]
fn python_without_setuptools() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&fixture("broken-second"), &environment);
    let empty = Environment::empty(&environment.python(), &workspace.beside("empty"));
    // This Python may also come with setuptools; then there is nothing to test.
    let import = workspace.command(empty.python()).args(["-c", "import setuptools"]).output();
    if import.is_ok_and(|output| output.status.success()) {
        support::skipped("a Python without setuptools: there is none here");
        return;
    }
    let ran = run(workspace.ambidex(&["build", "--python"]).arg(empty.python()));
    expect_one_error_with_hint(&ran);
    assert!(ran.stderr.contains("setuptools"), "{ran}");
    expect_tidy(&workspace, &ran);
}

#[test]
fn compiler_that_is_not_there() {
    let Some(workspace) = broken() else { return };
    let ran = run(workspace.ambidex(&["build"]).env("CC", "/nonexistent/cc"));
    assert_eq!(ran.code, 2, "{ran}");
    // First, distutils reports the failure in its own way.
    let own =
        ran.stderr.lines().filter(|line| line.starts_with("error:") && line.contains("there is no")).count();
    assert_eq!((own, ran.stderr.matches("hint:").count()), (1, 1), "{ran}");
    assert!(ran.stderr.contains("/nonexistent/cc") && ran.stderr.contains("CC"), "{ran}");
    assert!(Files::built(&workspace.root()).is_empty(), "{ran}");
    expect_tidy(&workspace, &ran);
}

#[test]
fn setup_that_is_broken_itself_shows_its_own_error() {
    let Some(workspace) = broken() else { return };
    fs::write(workspace.root().join("setup.py"), "raise SystemExit('no release for this platform')\n")
        .unwrap();
    let ran = run(&mut workspace.ambidex(&["build"])).expect(1);
    assert_eq!(ran.printed().matches("no release for this platform").count(), 1, "{ran}");
    expect_tidy(&workspace, &ran);
}
