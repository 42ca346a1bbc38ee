//! Projects with mistakes of their own: ambidex reports the mistake as plain setuptools does, and nothing else.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use support::{Environment, Files, Ran, Workspace, differences, fixture, run, wait_until_none_has};

/// Makes a project that consists of one file.
fn project(setup: &str) -> Option<Workspace> {
    let workspace = Workspace::new(&fixture("bad-input"), &Environment::usual()?);
    begin(&workspace, setup);
    Some(workspace)
}

fn begin(workspace: &Workspace, setup: &str) {
    workspace.start_again();
    fs::write(workspace.root().join("setup.py"), setup).unwrap();
}

/// Checks what holds for every mistake: no message mentions the internals of ambidex, and nothing is left behind.
#[track_caller]
fn expect_tidy(workspace: &Workspace, ran: &Ran) {
    let printed = ran.printed();
    for word in ["ambidex/_", ", in _main", "panicked", "Ambidex"] {
        assert!(!printed.contains(word), "{word}: {ran}");
    }
    workspace.expect_nothing_left_behind();
    wait_until_none_has(&workspace.temporary().to_string_lossy());
}

/// Fails the test unless ambidex exits as the serial build does, prints `said` and tracebacks as often, and leaves the
/// same files, except that objects may be missing.
#[track_caller]
fn expect_as_without_ambidex(setup: &str, code: i32, said: &str) {
    let Some(workspace) = project(setup) else { return };
    let serial = run(&mut workspace.python(&["setup.py", "build"])).expect(code);
    assert!(serial.printed().contains(said), "{serial}");
    let expected = Files::below(&workspace.root());
    for jobs in ["-j1", "-j4"] {
        begin(&workspace, setup);
        let ran = run(&mut workspace.ambidex(&["build", jobs])).expect(code);
        assert_eq!(ran.printed().matches(said).count(), serial.printed().matches(said).count(), "{ran}");
        let count = |ran: &Ran| ran.printed().matches("Traceback").count();
        assert_eq!(count(&ran), count(&serial), "{ran}");
        let is_object = |path: &std::path::Path| path.extension().is_some_and(|extension| extension == "o");
        let ours = Files::below(&workspace.root());
        let objects: Vec<_> = ours.paths().filter(|path| is_object(path)).collect();
        let expected = expected.clone().only(|path| !is_object(path) || objects.contains(&path));
        assert_eq!(differences(&expected, &ours), [""; 0], "{ran}");
        expect_tidy(&workspace, &ran);
    }
}

/// Fails the test unless ambidex prints exactly one error of its own, with a hint about what to do.
#[track_caller]
fn expect_one_error(workspace: &Workspace, command: &[&str], words: &[&str]) {
    let before = Files::below(&workspace.root());
    let ran = run(&mut workspace.ambidex(command)).expect(2);
    let errors = ran.printed().lines().filter(|line| line.starts_with("error:")).count();
    assert_eq!((errors, ran.stderr.matches("hint:").count()), (1, 1), "{ran}");
    for word in words {
        assert!(ran.stderr.contains(word), "{word}: {ran}");
    }
    assert_eq!(differences(&before, &Files::below(&workspace.root())), [""; 0], "{ran}");
    expect_tidy(workspace, &ran);
}

/// The commands that look at a project; the first [`RUN_PYTHON`] run it.
const COMMANDS: [&[&str]; 9] = [
    &["build"],
    &["check"],
    &["races"],
    &["verify"],
    &["wheel"],
    &["wheel", "--no-isolation"],
    &["compdb"],
    &["graph"],
    &["cache-keys"],
];
const RUN_PYTHON: usize = 6;

const BEGIN: &str = "from setuptools import Extension, setup\n";

#[test]
fn syntax_error() {
    expect_as_without_ambidex("def broken(:\n", 1, "SyntaxError");
}

#[test]
fn exit_with_a_code() {
    expect_as_without_ambidex("import sys\nprint('too early')\nsys.exit(3)\n", 3, "too early");
}

#[test]
fn exit_with_a_code_after_the_build() {
    let setup = format!(
        "{BEGIN}import sys\nsetup(name='x', version='1', ext_modules=[Extension('good', ['good.c'])])\nsys.exit(4)\n"
    );
    expect_as_without_ambidex(&setup, 4, "building 'good' extension");
}

#[test]
fn exception_of_its_own() {
    expect_as_without_ambidex("raise RuntimeError('mine')\n", 1, "RuntimeError: mine");
}

#[test]
fn exception_in_a_command_of_its_own() {
    for (method, arguments) in
        [("build_extension", "self, ext"), ("build_extensions", "self"), ("run", "self")]
    {
        let setup = format!(
            "{BEGIN}from setuptools.command.build_ext import build_ext\n\
             class Own(build_ext):\n    \
                 def {method}({arguments}):\n        \
                     build_ext.{method}({arguments})\n        \
                     raise RuntimeError('mine')\n\
             setup(name='x', version='1', cmdclass={{'build_ext': Own}}, ext_modules=[\n    \
                 Extension('one', ['good.c']), Extension('two', ['good.c'])])\n"
        );
        expect_as_without_ambidex(&setup, 1, "RuntimeError: mine");
    }
}

#[test]
fn setup_is_never_called() {
    expect_as_without_ambidex("print('nothing to do')\n", 0, "nothing to do");
}

#[test]
fn command_that_is_not_known() {
    let setup = format!("{BEGIN}setup(name='x', version='1', script_args=['no_such_command'])\n");
    expect_as_without_ambidex(&setup, 1, "no_such_command");
}

#[test]
fn source_that_is_not_there() {
    let setup = format!(
        "{BEGIN}setup(name='x', version='1', ext_modules=[\n    \
             Extension('good', ['good.c']), Extension('gone', ['no/such/source.c'])])\n"
    );
    expect_as_without_ambidex(&setup, 1, "no/such/source.c: No such file");
}

#[test]
fn source_of_no_known_kind() {
    let setup =
        format!("{BEGIN}setup(name='x', version='1', ext_modules=[Extension('odd', ['good.xyz'])])\n");
    expect_as_without_ambidex(&setup, 1, "unknown file type '.xyz'");
}

#[test]
fn sources_that_are_no_list() {
    let setup = format!("{BEGIN}setup(name='x', version='1', ext_modules=[Extension('odd', 'good.c')])\n");
    expect_as_without_ambidex(&setup, 1, "'sources' must be");
}

#[test]
fn other_commands_tell_of_the_mistake_too() {
    let gone = format!("{BEGIN}setup(name='x', version='1', ext_modules=[Extension('gone', ['gone.c'])])\n");
    for (setup, said) in [
        ("def broken(:\n", "SyntaxError"),
        ("import sys\nsys.exit(3)\n", "exit code 3"),
        (&gone, "gone.c: No such file"),
    ] {
        let Some(workspace) = project(setup) else { return };
        for command in [&["check"][..], &["verify"], &["wheel", "--no-isolation"]] {
            // `check` knows what would race without building.
            if command == ["check"] && setup == gone {
                continue;
            }
            begin(&workspace, setup);
            let ran = run(&mut workspace.ambidex(command));
            assert!(ran.code == 1 || ran.code == 2, "{command:?}: {ran}");
            assert!(ran.printed().contains(said), "{command:?}: {ran}");
            expect_tidy(&workspace, &ran);
        }
    }
}

#[test]
fn pyproject_that_does_not_parse() {
    let Some(workspace) = project("") else { return };
    for (text, place) in
        [("[project\nname = \n", "line 1"), ("[project]\nname = 'x'\nname = 'y'\n", "line 3")]
    {
        fs::write(workspace.root().join("pyproject.toml"), text).unwrap();
        for command in COMMANDS {
            expect_one_error(&workspace, command, &["pyproject.toml", place]);
        }
    }
}

#[test]
fn pyproject_that_is_no_text() {
    let Some(workspace) = project("") else { return };
    fs::write(workspace.root().join("pyproject.toml"), b"name = '\xff\xfe'\n").unwrap();
    for command in COMMANDS {
        expect_one_error(&workspace, command, &["pyproject.toml"]);
    }
}

#[test]
fn key_that_is_not_known() {
    let Some(workspace) = project("from setuptools import setup\nsetup(name='x')\n") else { return };
    for (key, nearest) in
        [("job = 2", "`jobs`"), ("keep_going = true", "`keep-going`"), ("pyhton = ''", "`python`")]
    {
        fs::write(workspace.root().join("pyproject.toml"), format!("[tool.ambidex]\n{key}\n")).unwrap();
        let name = key.split(' ').next().unwrap();
        for command in COMMANDS {
            expect_one_error(&workspace, command, &["pyproject.toml", name, nearest]);
        }
    }
}

#[test]
fn value_that_does_not_fit() {
    let Some(workspace) = project("from setuptools import setup\nsetup(name='x')\n") else { return };
    for (line, word) in [("jobs = 'many'", "whole number"), ("keep-going = 1", "true or false")] {
        fs::write(workspace.root().join("pyproject.toml"), format!("[tool.ambidex]\n{line}\n")).unwrap();
        for command in COMMANDS {
            expect_one_error(&workspace, command, &["pyproject.toml", word]);
        }
    }
}

#[test]
fn folder_without_a_project() {
    let Some(workspace) = project("") else { return };
    fs::remove_file(workspace.root().join("setup.py")).unwrap();
    for command in COMMANDS {
        expect_one_error(&workspace, command, &["setup.py", "pyproject.toml"]);
    }
}

#[test]
fn project_of_another_backend() {
    let Some(workspace) = project("") else { return };
    fs::remove_file(workspace.root().join("setup.py")).unwrap();
    for backend in ["mesonpy", "maturin", "flit_core.buildapi", "hatchling.build", "poetry.core.masonry.api"]
    {
        let package = backend.split('.').next().unwrap();
        let text = |requires: &str| {
            format!(
                "[build-system]\nrequires = [{requires}]\nbuild-backend = '{backend}'\n[project]\nname = 'x'\n"
            )
        };
        let pyproject = workspace.root().join("pyproject.toml");
        for command in [["build"], ["check"], ["verify"]] {
            fs::write(&pyproject, text(&format!("'{package}'"))).unwrap();
            expect_one_error(&workspace, &command, &["pyproject.toml", backend, "nothing to do here"]);
            fs::write(&pyproject, text(&format!("'{package}', 'setuptools'"))).unwrap();
            expect_one_error(&workspace, &command, &["pyproject.toml", backend, "ambidex run"]);
        }
    }
}

#[test]
fn pyproject_that_describes_nothing() {
    let Some(workspace) = project("") else { return };
    fs::remove_file(workspace.root().join("setup.py")).unwrap();
    for text in ["", "[tool.ruff]\nline-length = 100\n"] {
        fs::write(workspace.root().join("pyproject.toml"), text).unwrap();
        for command in [["build"], ["check"], ["verify"]] {
            expect_one_error(&workspace, &command, &["pyproject.toml", "setup.cfg"]);
        }
    }
}

#[test]
fn setuptools_needs_no_build_system() {
    let Some(workspace) = project("") else { return };
    fs::remove_file(workspace.root().join("setup.py")).unwrap();
    let text = "[project]\nname = 'x'\nversion = '1'\n[tool.setuptools]\npy-modules = []\n\
        ext-modules = [{ name = 'good', sources = ['good.c'] }]\n";
    fs::write(workspace.root().join("pyproject.toml"), text).unwrap();
    workspace.build(&[]);
    assert!(Files::built(&workspace.root()).has("good."));
}

#[test]
fn setup_py_is_run_whatever_the_backend() {
    let setup = format!("{BEGIN}setup(name='x', version='1', ext_modules=[Extension('good', ['good.c'])])\n");
    let Some(workspace) = project(&setup) else { return };
    let text = "[build-system]\nrequires = []\nbuild-backend = 'own'\nbackend-path = ['.']\n";
    fs::write(workspace.root().join("pyproject.toml"), text).unwrap();
    workspace.build(&[]);
    assert!(Files::built(&workspace.root()).has("good."));
}

#[test]
fn folder_that_is_a_file() {
    let Some(workspace) = project("") else { return };
    for command in COMMANDS {
        expect_one_error(&workspace, &[command, &["good.c"]].concat(), &["good.c"]);
    }
}

#[test]
fn backend_that_is_not_there() {
    let Some(workspace) = project("") else { return };
    let text = "[build-system]\nrequires = []\nbuild-backend = 'no_such_backend'\n";
    fs::write(workspace.root().join("pyproject.toml"), text).unwrap();
    expect_one_error(&workspace, &["wheel", "--no-isolation"], &["no_such_backend"]);
}

#[test]
fn summary_that_can_not_be_written() {
    let Some(workspace) = project("") else { return };
    let in_missing = workspace.beside("missing").join("summary.json");
    let folder = workspace.beside("folder");
    fs::create_dir(&folder).unwrap();
    for file in [in_missing, folder] {
        let file = file.to_string_lossy();
        for command in [&["build"][..], &["verify"], &["run"]] {
            let rest: &[&str] = if command == ["run"] { &["--", "touch", "ran"] } else { &[] };
            let command = [command, &["--summary", &file], rest].concat();
            expect_one_error(&workspace, &command, &["summary", &file]);
        }
    }
}

#[test]
fn variable_that_does_not_fit() {
    let Some(mut workspace) = project("") else { return };
    for (name, value) in [("AMBIDEX_JOBS", "abc"), ("AMBIDEX_JOBS", "0"), ("AMBIDEX_KEEP_GOING", "perhaps")] {
        workspace.variables = vec![(name.to_owned(), value.to_owned())];
        expect_one_error(&workspace, &["build"], &[name, value]);
    }
    // An option overrides the variable, and clap reports a mistake in the option.
    workspace.variables = vec![("AMBIDEX_JOBS".to_owned(), "abc".to_owned())];
    workspace.build(&["-j2"]);
    let ran = run(&mut workspace.ambidex(&["build", "-j", "many"])).expect(2);
    assert!(ran.stderr.contains("'many' for '--jobs <N>'"), "{ran}");
}

#[test]
fn cache_that_is_elsewhere_than_it_seems() {
    let Some(mut workspace) = project("") else { return };
    let notes = |workspace: &Workspace| {
        let ran = workspace.build(&[]);
        ran.stderr.lines().filter(|line| line.starts_with("note:")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(notes(&workspace), [""; 0]);
    workspace.variables = vec![("AMBIDEX_CACHE_DIR".to_owned(), "cache".to_owned())];
    let cache = workspace.root().canonicalize().unwrap().join("cache");
    let told = notes(&workspace);
    assert!(told.len() == 1 && told[0].contains(&cache.display().to_string()), "{told:?}");
    assert!(cache.join("capture").is_dir());
    fs::remove_dir_all(&cache).unwrap();
    fs::write(&cache, "").unwrap();
    let told = notes(&workspace);
    assert!(told.len() == 1 && told[0].contains("goes on without the cache"), "{told:?}");
}

#[test]
fn python_that_is_none() {
    let Some(workspace) = project("") else { return };
    for &command in &COMMANDS[..RUN_PYTHON] {
        expect_one_error(&workspace, &[command, &["--python", "/usr/bin/true"]].concat(), &["/usr/bin/true"]);
        expect_one_error(&workspace, &[command, &["--python", "3.99"]].concat(), &["3.99", "`python3.99`"]);
    }
}

#[test]
fn python_by_its_version() {
    let Some(mut workspace) = project("import sys; print('run by', sys.version_info[:3])\n") else { return };
    let python =
        run(&mut workspace.python(&["-c", "import sys; print(*sys.version_info[:3])"])).expect(0).stdout;
    let numbers: Vec<&str> = python.split_whitespace().collect();
    let version = numbers[..2].join(".");
    let programs = workspace.beside("shims");
    fs::create_dir(&programs).unwrap();
    // The first is as pyenv's for a version that is not selected, the second as for one that is.
    let real = workspace.python(&[]).get_program().to_string_lossy().into_owned();
    for (folder, script) in [("not", "exit 127"), ("selected", &format!("exec {real} \"$@\""))] {
        let file = programs.join(folder).join(format!("python{version}"));
        fs::create_dir(programs.join(folder)).unwrap();
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = |folders: &[&str]| {
        let folders = folders.iter().map(|folder| programs.join(folder).display().to_string());
        let path = folders.chain(["/usr/bin:/bin".to_owned()]).collect::<Vec<_>>().join(":");
        ("PATH".to_owned(), path)
    };
    workspace.variables = vec![path(&["not", "selected"])];
    for version in [&version, &numbers.join(".")] {
        let ran = workspace.build(&["--python", version]);
        assert!(ran.stdout.contains(&format!("run by ({})", numbers.join(", "))), "{ran}");
    }
    let other = format!("{version}.99");
    expect_one_error(
        &workspace,
        &["build", "--python", &other],
        &[&other, "starts no Python", &numbers.join(".")],
    );
}
