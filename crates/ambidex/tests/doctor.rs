//! `ambidex doctor`: each thing that is missing or wrong is found, with a next step, and nothing else is said of it.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ambidex_fake_remote::FakeRemote;
use serde_json::Value;
use support::{Environment, Ran, Workspace, fixture, run};

/// Examines a project with more arguments. Fails the test if the text has a backtrace, or lacks a next step.
#[track_caller]
fn doctor(workspace: &Workspace, arguments: &[&str]) -> Ran {
    let ran = run(workspace.ambidex(&["doctor"]).args(arguments));
    let printed = ran.printed();
    assert!(!printed.contains("Traceback") && !printed.contains("panicked"), "{ran}");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with(['w', 'e'])) {
        assert!(lines.get(at + 1).is_some_and(|next| next.starts_with("         next: ")), "{line}\n{ran}");
    }
    workspace.expect_nothing_left_behind();
    ran
}

/// Returns the finding of a check, from `--format json`.
#[track_caller]
fn finding(workspace: &Workspace, check: &str, code: i32) -> Value {
    let text = doctor(workspace, &[]).expect(code);
    let ran = doctor(workspace, &["--format", "json"]).expect(code);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"));
    assert_eq!(told["can_build"], code == 0, "{ran}");
    let findings = told["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["check"] == check);
    let found = found.unwrap_or_else(|| panic!("no {check}: {ran}")).clone();
    assert!(text.stdout.contains(found["message"].as_str().unwrap()), "{text}");
    found
}

#[track_caller]
fn expect(found: &Value, state: &str, words: &[&str]) {
    assert_eq!(found["state"], state, "{found:#}");
    assert_eq!(found["next"].is_null(), state == "ok", "{found:#}");
    let told = format!("{} {}", found["message"], found["next"]);
    words.iter().for_each(|word| assert!(told.contains(word), "{word}: {found:#}"));
}

fn project(name: &str) -> Option<Workspace> {
    Some(Workspace::new(&fixture(name), &Environment::usual()?))
}

/// Returns a workspace whose Python is new, with nothing installed. `at_start` is run by it each time.
fn with_new_python(at_start: &str) -> Option<Workspace> {
    let mut workspace = project("no-hazard")?;
    let folder = workspace.beside("empty");
    let empty = Environment::empty(&Environment::usual()?.python(), &folder);
    fs::write(empty.site_packages().join("sitecustomize.py"), at_start).unwrap();
    let python = empty.python().display().to_string();
    workspace.variables.push(("AMBIDEX_PYTHON".to_owned(), python));
    Some(workspace)
}

fn set(workspace: &mut Workspace, name: &str, value: impl AsRef<Path>) {
    workspace.variables.push((name.to_owned(), value.as_ref().display().to_string()));
}

#[test]
fn a_machine_that_builds_is_well() {
    let Some(mut workspace) = project("no-hazard") else { return };
    workspace.store = Some(workspace.beside("store"));
    let ran = doctor(&workspace, &[]).expect(0);
    assert!(!ran.stdout.contains("error "), "{ran}");
    for check in ["python", "setuptools", "headers", "preloading", "c-compiler", "module", "cache", "project"]
    {
        expect(&finding(&workspace, check, 0), "ok", &[]);
    }
    let quiet = doctor(&workspace, &["-q"]).expect(0);
    assert!(!quiet.stdout.contains("ok "), "{quiet}");
    // What it calls well is well.
    workspace.build(&[]);
}

#[test]
fn without_setuptools() {
    let Some(workspace) = with_new_python("") else { return };
    let words = ["has no setuptools", "-m pip install setuptools"];
    expect(&finding(&workspace, "setuptools", 1), "error", &words);
    expect(&finding(&workspace, "python", 1), "ok", &["named by AMBIDEX_PYTHON"]);
}

#[test]
fn with_broken_setuptools() {
    let Some(workspace) = with_new_python("") else { return };
    let python = Path::new(&workspace.variables.last().unwrap().1).to_owned();
    let empty = run(workspace.command(python).args(["-c", "import site; print(site.getsitepackages()[0])"]));
    let folder = Path::new(empty.stdout.trim()).join("setuptools");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("__init__.py"), "raise RuntimeError('broken on purpose')\n").unwrap();
    expect(&finding(&workspace, "setuptools", 1), "error", &["can't be imported", "broken on purpose"]);
}

#[test]
fn without_headers() {
    let elsewhere = "import sysconfig\n\
        real = sysconfig.get_paths\n\
        def paths(*args, **more):\n\
        \x20   return dict(real(*args, **more), include='/nowhere/include', platinclude='/nowhere/include')\n\
        sysconfig.get_paths = paths\n";
    let Some(workspace) = with_new_python(elsewhere) else { return };
    let words = ["no Python.h in /nowhere/include", "python3-dev"];
    expect(&finding(&workspace, "headers", 1), "error", &words);
}

#[test]
fn without_a_compiler() {
    let Some(mut workspace) = project("no-hazard") else { return };
    set(&mut workspace, "CC", "no-such-compiler");
    set(&mut workspace, "CXX", "no-such-compiler-either");
    expect(&finding(&workspace, "c-compiler", 1), "error", &["`no-such-compiler` is not on the PATH", "CC"]);
    expect(&finding(&workspace, "cxx-compiler", 1), "warning", &["no-such-compiler-either", "CXX"]);
}

#[test]
fn with_a_compiler_that_compiles_nothing() {
    let Some(mut workspace) = project("no-hazard") else { return };
    let script =
        "case \"$1\" in --version) exec \"$REAL\" --version;; esac; echo 'cc: error: no licence' >&2; exit 1";
    support::Compiler::install(&mut workspace, script);
    expect(&finding(&workspace, "module", 1), "error", &["does not compile", "no licence"]);
}

#[test]
fn with_a_launcher() {
    let Some(mut workspace) = project("no-hazard") else { return };
    if support::on_path("ccache").is_none() {
        return support::skipped("a launcher: there is no ccache");
    }
    set(&mut workspace, "CC", "ccache gcc");
    let kept = workspace.beside("ccache");
    set(&mut workspace, "CCACHE_DIR", kept);
    expect(&finding(&workspace, "launcher", 0), "warning", &["ccache runs before the compiler", "CC"]);
}

#[test]
fn variables_with_mistakes() {
    let Some(mut workspace) = project("no-hazard") else { return };
    set(&mut workspace, "AMBIDEX_CACHE_DRI", "/tmp");
    expect(&finding(&workspace, "variables", 0), "warning", &["AMBIDEX_CACHE_DRI", "AMBIDEX_CACHE_DIR"]);
    workspace.variables.clear();
    set(&mut workspace, "AMBIDEX_JOBS", "many");
    expect(&finding(&workspace, "variables", 1), "error", &["AMBIDEX_JOBS is `many`"]);
}

#[test]
fn without_a_place_for_temporary_files() {
    let Some(mut workspace) = project("no-hazard") else { return };
    set(&mut workspace, "TMPDIR", "/no/such/folder");
    let found = finding(&workspace, "temporary-files", 1);
    expect(&found, "error", &["/no/such/folder", "TMPDIR"]);
}

#[test]
fn a_cache_for_everybody() {
    let Some(mut workspace) = project("no-hazard") else { return };
    let store = workspace.beside("store");
    fs::create_dir(&store).unwrap();
    fs::set_permissions(&store, fs::Permissions::from_mode(0o777)).unwrap();
    workspace.store = Some(store);
    expect(&finding(&workspace, "cache-owner", 0), "warning", &["everybody can write", "chmod o-w"]);
}

#[test]
fn a_cache_on_another_machine() {
    let Some(mut workspace) = project("no-hazard") else { return };
    let remote = FakeRemote::start().expect("it can listen");
    set(&mut workspace, "AMBIDEX_REMOTE", remote.url());
    expect(&finding(&workspace, "remote-cache", 0), "ok", &[]);
    drop(remote);
    expect(&finding(&workspace, "remote-cache", 0), "warning", &["can't be reached", "AMBIDEX_REMOTE"]);
    set(&mut workspace, "AMBIDEX_REMOTE", "http://host");
    expect(&finding(&workspace, "remote-cache", 1), "error", &["it is not an address"]);
}

#[test]
fn what_a_project_needs() {
    let Some(workspace) = project("no-hazard") else { return };
    let root = workspace.root();
    fs::write(root.join("setup.cfg"), "[build_ext]\nparallel = 3\n").unwrap();
    expect(&finding(&workspace, "parallel", 0), "ok", &["parallel = 3"]);
    fs::write(root.join("fast.pyx"), "").unwrap();
    expect(&finding(&workspace, "cython", 0), "warning", &[".pyx"]);
    fs::remove_file(root.join("setup.py")).unwrap();
    let none = finding(&workspace, "project", 0);
    expect(&none, "warning", &["has neither setup.py nor pyproject.toml"]);
    fs::write(
        root.join("pyproject.toml"),
        "[build-system]\nrequires = []\nbuild-backend = 'flit_core.buildapi'\n",
    )
    .unwrap();
    expect(&finding(&workspace, "project", 1), "error", &["flit_core.buildapi"]);
    doctor(&workspace, &["no-such-folder"]).expect(2);
    let ran = doctor(&workspace, &["--python", "no-such-python"]).expect(1);
    assert!(ran.stdout.contains("no-such-python"), "{ran}");
}
