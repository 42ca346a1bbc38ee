//! The ways in which other tools use ambidex: `ambidex run` around them, the build backend, `enable()`,
//! `ambidex wheel`.

mod support;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{
    Environment, Files, Ran, Workspace, differences, read_json, repository, run, shared_source,
    wait_until_none_has,
};

/// Returns the example in the usual environment, where Python can import the package `ambidex`, which finds the program
/// under test.
fn workspace() -> Option<Workspace> {
    Some(with_package(&Environment::usual()?))
}

fn with_package(environment: &Environment) -> Workspace {
    let mut workspace = Workspace::new(&shared_source(), environment);
    let package = repository().join("python").display().to_string();
    workspace.variables.extend([
        ("PYTHONPATH".to_owned(), package),
        ("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned()),
        ("AMBIDEX_BINARY".to_owned(), env!("CARGO_BIN_EXE_ambidex").to_owned()),
    ]);
    workspace
}

fn write(workspace: &Workspace, name: &str, text: &str) {
    let file = workspace.root().join(name);
    fs::create_dir_all(file.parent().expect("it is in the project")).expect("the copy can be written");
    fs::write(file, text).expect("the copy can be written");
}

/// Changes `setup.py` as a user would.
fn edit_setup(workspace: &Workspace, from: &str, to: &str) {
    let text = fs::read_to_string(workspace.root().join("setup.py")).expect("the project has one");
    assert!(text.contains(from), "{text}");
    write(workspace, "setup.py", &text.replacen(from, to, 1));
}

fn last_build(workspace: &Workspace) -> Value {
    read_json(&workspace.root().join("build/.ambidex/last-build.json"))
}

/// Returns the modules in the only wheel of a directory.
fn modules(workspace: &Workspace, wheels: &Path) -> Files {
    let built = Files::below(wheels);
    let wheel = built.paths().find(|path| path.extension().is_some_and(|e| e == "whl"));
    let wheel = wheels.join(wheel.unwrap_or_else(|| panic!("no wheel in {built:?}")));
    let folder = workspace.beside("unpacked");
    let _ = fs::remove_dir_all(&folder);
    run(workspace.python(&["-m", "zipfile", "-e"]).args([&wheel, &folder])).expect(0);
    let modules = Files::below(&folder).only(|path| path.extension().is_some_and(|e| e == "so"));
    assert!(modules.has("mod1.") && modules.has("mod2."), "{modules:?}");
    modules
}

fn pip_wheel(workspace: &Workspace, more: &[&str]) -> Command {
    let mut pip = workspace.python(&["-m", "pip", "wheel", "--no-deps", "-w", "out", "."]);
    pip.args(more).env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    pip
}

/// Puts `ambidex run` before a command.
fn below_ambidex(command: &Command, summary: &Path) -> Command {
    let mut run = Command::new(env!("CARGO_BIN_EXE_ambidex"));
    run.args(["run", "-j2", "--summary"]).arg(summary).arg("--").arg(command.get_program());
    run.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => run.env(name, value),
            None => run.env_remove(name),
        };
    }
    run.current_dir(command.get_current_dir().expect("it was set"));
    run
}

#[test]
fn run_reaches_the_builds_of_pip() {
    let Some(environment) = Environment::usual() else { return };
    for more in [&["--no-build-isolation"][..], &[]] {
        let workspace = Workspace::new(&shared_source(), &environment);
        let stock = run(&mut pip_wheel(&workspace, more));
        if stock.lacks_network() {
            return;
        }
        stock.expect(0);
        let serial = modules(&workspace, &workspace.root().join("out"));
        workspace.start_again();
        let summary = workspace.beside("summary.json");
        run(&mut below_ambidex(&pip_wheel(&workspace, more), &summary)).expect(0);
        let ours = modules(&workspace, &workspace.root().join("out"));
        assert_eq!(differences(&serial, &ours), [""; 0], "{more:?}");
        assert_eq!(read_json(&summary)["commands"]["recorded"], 6, "{more:?}");
        workspace.expect_nothing_left_behind();
    }
}

#[test]
fn children_are_captured_whatever_environment_they_are_given() {
    const PARENT: &str = r#"
import os, subprocess, sys
child = "import os, sys; print('ambidex._imports' in sys.modules, os.environ.get('PYTHONPATH', '').count(os.pathsep))"
run = [sys.executable, "-c", child]
def show(*args, **kwargs):
    sys.stdout.write(subprocess.check_output(*args, **kwargs).decode())
    sys.stdout.flush()
show(run)
show(run, env={})
show(run, env={"PYTHONPATH": "/other"})
show(run, env={b"PYTHONPATH": b"/other"})
show([sys.executable, "-I", "-c", child], env={"PYTHONPATH": "/other"})
os.environ["PYTHONPATH"] = "/other"
show(run)
os.spawnv(os.P_WAIT, run[0], run)
os.spawnve(os.P_WAIT, run[0], run, {})
if hasattr(os, "posix_spawn"):
    os.waitpid(os.posix_spawn(run[0], run, {}), 0)
else:
    show(run, env={})
for env in (3, {"A": 3}):
    try:
        subprocess.Popen(run, env=env)
    except (TypeError, AttributeError):
        print("refused")
sys.stdout.flush()
os.execv(run[0], run)
"#;
    for environment in [Environment::usual(), Environment::get(6, "40.6.3")].into_iter().flatten() {
        let workspace = Workspace::new(&shared_source(), &environment);
        write(&workspace, "parent.py", PARENT);
        let command = workspace.python(&["parent.py"]);
        let ran = run(&mut below_ambidex(&command, &workspace.beside("summary.json"))).expect(0);
        let expected = "True 0\nTrue 0\nTrue 1\nTrue 1\nFalse 1\nTrue 1\nTrue 1\nTrue 0\nTrue 0\n\
                        refused\nrefused\nTrue 1\n";
        assert_eq!(ran.stdout, expected, "{}: {}", environment.name, ran.stderr);
    }
}

/// Fails the test unless a bare `setup.py build -j2` of the edited project gives the same modules as the serial build
/// of the original.
fn is_right_without_ambidex(from: &str, to: &str) {
    for environment in [Environment::usual(), Environment::get(6, "40.6.3")].into_iter().flatten() {
        let workspace = with_package(&environment);
        workspace.build_serially();
        let serial = Files::built(&workspace.root());
        workspace.start_again();
        edit_setup(&workspace, from, to);
        run(&mut workspace.python(&["setup.py", "build", "-j2"])).expect(0);
        let ours = Files::built(&workspace.root());
        assert_eq!(differences(&serial, &ours), [""; 0], "{}", environment.name);
        let report = last_build(&workspace);
        assert_eq!((&report["commands"]["recorded"], &report["jobs"]), (&6.into(), &2.into()), "{report:#}");
        workspace.expect_nothing_left_behind();
    }
}

#[test]
fn enable_makes_a_bare_setup_py_right() {
    is_right_without_ambidex("from setuptools", "import ambidex\nambidex.enable()\nfrom setuptools");
}

#[test]
fn enable_may_come_late() {
    let late =
        "import distutils.ccompiler, setuptools.command.build_ext, ambidex\nambidex.enable()\nsetup(\n";
    is_right_without_ambidex("setup(\n", late);
}

#[test]
fn the_build_ext_class_makes_a_bare_setup_py_right() {
    is_right_without_ambidex(
        "setup(\n",
        "import ambidex\nsetup(\n    cmdclass={'build_ext': ambidex.build_ext},\n",
    );
}

#[test]
fn verify_compares_with_plain_setuptools_also_where_the_project_asks_for_ambidex() {
    let Some(workspace) = workspace() else { return };
    edit_setup(&workspace, "from setuptools", "import ambidex\nambidex.enable()\nfrom setuptools");
    let ran = run(&mut workspace.ambidex(&["verify", "-j2"])).expect(0);
    assert!(ran.stdout.starts_with("equal: "), "{ran}");
}

#[test]
fn an_engine_ends_with_the_process_that_asked_for_it() {
    let Some(mut workspace) = workspace() else { return };
    workspace.variables.push(("MARK".to_owned(), format!("mark-{}", std::process::id())));
    let text = "import ambidex, time; ambidex.enable(); print('ready', flush=True); time.sleep(60)";
    let mut python = workspace.python(&["-c", text]).stdout(Stdio::piped()).spawn().expect("Python is there");
    let mut ready = [0; 5];
    python.stdout.take().expect("it is a pipe").read_exact(&mut ready).expect("the engine starts");
    python.kill().expect("it is our child");
    python.wait().expect("it is our child");
    wait_until_none_has(&format!("MARK=mark-{}", std::process::id()));
    workspace.expect_nothing_left_behind();
}

#[test]
fn a_forked_child_does_not_keep_the_engine() {
    let Some(mut workspace) = workspace() else { return };
    let mark = format!("mark-of-child-{}", std::process::id());
    workspace.variables.push(("MARK".to_owned(), mark.clone()));
    let text = "import ambidex, os, time; ambidex.enable()\n\
                if not os.fork():\n    for fd in 0, 1, 2: os.close(fd)\n    time.sleep(30); os._exit(0)\n";
    let began = std::time::Instant::now();
    run(&mut workspace.python(&["-c", text])).expect(0);
    assert!(began.elapsed().as_secs() < 20, "it has waited for the child");
    run(Command::new("pkill").args(["-f", "time.sleep\\(30\\)"]));
    wait_until_none_has(&format!("MARK={mark}"));
}

#[test]
fn enable_without_the_program_is_one_message() {
    let Some(mut workspace) = workspace() else { return };
    workspace.variables.push(("AMBIDEX_BINARY".to_owned(), "/nonexistent/ambidex".to_owned()));
    edit_setup(&workspace, "from setuptools", "import ambidex\nambidex.enable()\nfrom setuptools");
    let ran = run(&mut workspace.python(&["setup.py", "build"])).expect(2);
    assert!(ran.stderr.starts_with("error: `/nonexistent/ambidex` can't be started"), "{ran}");
    assert!(!ran.stderr.contains("Traceback"), "{ran}");
}

const BACKEND: &str = "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'ambidex.build_meta'\n";
const WRAPPED: &str =
    "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'hooks'\nbackend-path = ['backend']\n";
const WRAPPER: &str = "\
from ambidex.build_meta import *
from ambidex.build_meta import build_wheel as _build_wheel
def build_wheel(folder, config_settings=None, metadata_directory=None):
    print('wrapped', sorted((config_settings or {}).items()))
    return _build_wheel(folder, config_settings, metadata_directory)
";

#[test]
fn the_backend_builds_what_setuptools_builds() {
    let Some(workspace) = workspace() else { return };
    write(&workspace, "pyproject.toml", &BACKEND.replace("ambidex.", "setuptools."));
    run(&mut pip_wheel(&workspace, &["--no-build-isolation"])).expect(0);
    let serial = modules(&workspace, &workspace.root().join("out"));
    for (text, wrapper) in [(BACKEND, None), (WRAPPED, Some(WRAPPER))] {
        workspace.start_again();
        write(&workspace, "pyproject.toml", text);
        if let Some(wrapper) = wrapper {
            write(&workspace, "backend/hooks.py", wrapper);
        }
        let more = ["--no-build-isolation", "-v", "-Cjobs=3", "-C--build-option=--build-number=7"];
        let ran = run(&mut pip_wheel(&workspace, &more)).expect(0);
        let ours = modules(&workspace, &workspace.root().join("out"));
        assert_eq!(differences(&serial, &ours), [""; 0]);
        assert!(Files::below(&workspace.root().join("out")).has("shared_source-1.0-7-"), "{ran}");
        let report = last_build(&workspace);
        assert_eq!((&report["commands"]["recorded"], &report["jobs"]), (&6.into(), &3.into()), "{report:#}");
        let wrapped = "wrapped [('--build-option', '--build-number=7'), ('jobs', '3')]";
        assert_eq!(ran.printed().contains(wrapped), wrapper.is_some(), "{ran}");
        workspace.expect_nothing_left_behind();
    }
}

#[test]
fn editable_installs_work_in_every_mode() {
    let Some(workspace) = workspace() else { return };
    write(&workspace, "pyproject.toml", BACKEND);
    for mode in ["lenient", "strict", "compat"] {
        let wheels = workspace.beside(mode);
        fs::create_dir(&wheels).expect("a temporary folder can be written");
        let settings = format!("{{'editable-mode': {mode:?}}}");
        let call = format!("from ambidex import build_meta as b; b.build_editable({wheels:?}, {settings})");
        run(&mut workspace.python(&["-c", &call])).expect(0);
        assert!(Files::below(&wheels).has("shared_source-1.0-"), "{mode}");
        assert_eq!(last_build(&workspace)["commands"]["recorded"], 6, "{mode}");
    }
}

#[test]
fn hooks_that_setuptools_lacks_are_absent() {
    let Some(environment) = Environment::get(6, "40.6.3") else { return };
    let workspace = with_package(&environment);
    let names = "from ambidex.build_meta import *; print(sorted(n for n in dir() if n[:2] != '__'))";
    let ran = run(&mut workspace.python(&["-c", names])).expect(0);
    let expected = "['build_sdist', 'build_wheel', 'get_requires_for_build_sdist', \
                    'get_requires_for_build_wheel', 'prepare_metadata_for_build_wheel']\n";
    assert_eq!(ran.stdout, expected);
}

fn wheel(workspace: &Workspace, arguments: &[&str]) -> Ran {
    run(workspace.ambidex(&["wheel"]).args(arguments))
}

#[test]
fn wheel_builds_isolated_or_not() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&shared_source(), &environment);
    workspace.build_serially();
    let serial = Files::built(&workspace.root());
    let text = |files: &Files| files.paths().map(|path| path.file_name().map(Into::into)).collect();
    let serial: Vec<Option<PathBuf>> = text(&serial);
    for more in [&["--no-isolation"][..], &[]] {
        workspace.start_again();
        let ran = wheel(&workspace, &[&["-o", "out", "-j2"], more].concat());
        if ran.lacks_network() {
            return;
        }
        let ran = ran.expect(0);
        assert_eq!(text(&modules(&workspace, &workspace.root().join("out"))), serial);
        let last = ran.stdout.lines().last().unwrap_or_default();
        assert!(last.starts_with("out/shared_source-1.0-") && last.ends_with(".whl"), "{ran}");
        assert_eq!(last_build(&workspace)["commands"]["recorded"], 6, "{ran}");
        workspace.expect_nothing_left_behind();
    }
}

#[test]
fn wheel_hands_other_projects_to_their_backend() {
    const OTHER: &str = "\
import os
def build_wheel(folder, config_settings=None, metadata_directory=None):
    assert 'AMBIDEX_SOCKET' not in os.environ
    open(os.path.join(folder, 'other.whl'), 'w').write(repr(config_settings))
    return 'other.whl'
";
    let Some(workspace) = workspace() else { return };
    write(&workspace, "pyproject.toml", &WRAPPED.replace("'setuptools'", ""));
    write(&workspace, "backend/hooks.py", OTHER);
    let ran = wheel(&workspace, &["-C", "a=1", "-C", "a=2"]).expect(0);
    assert!(ran.stderr.contains("note: this project is built by hooks, not by setuptools"), "{ran}");
    let made = fs::read_to_string(workspace.root().join("dist/other.whl")).expect("it was built");
    assert_eq!(made, "{'a': ['1', '2']}");
}

#[test]
fn mistakes_are_one_message() {
    let Some(workspace) = workspace() else { return };
    let cases = [
        ("[tool.ambidex]\njbos = 3", 2, "tool.ambidex has no key `jbos`\n  hint: did you mean `jobs`?"),
        (
            "[tool.ambidex]\njobs = true",
            2,
            "tool.ambidex.jobs must be a whole number from 1 to 4096, not true",
        ),
        (
            "build-system.requires = 'x'",
            2,
            "build-system.requires must be a list of texts\n  hint: correct the file",
        ),
        ("[build-system]\nrequires = []\nbuild-backend = 'nonesuch.x'", 2, "`nonesuch.x` can't be imported"),
        (
            "[build-system]\nrequires = []\nbuild-backend = 'json'",
            2,
            "the build backend `json` has no build_wheel",
        ),
    ];
    for (text, code, message) in cases {
        write(&workspace, "pyproject.toml", text);
        let ran = wheel(&workspace, &["--no-isolation"]).expect(code);
        assert!(ran.stderr.contains("error: ") && ran.stderr.contains(message), "{ran}");
        assert!(!ran.stderr.contains("Traceback"), "{ran}");
    }
    fs::remove_file(workspace.root().join("pyproject.toml")).expect("it was written");
    write(&workspace, "setup.py", "import sys; sys.exit(3)");
    let ran = wheel(&workspace, &["--no-isolation"]).expect(1);
    assert!(ran.stderr.contains("ended with exit code 3") && !ran.stderr.contains("Traceback"), "{ran}");
    workspace.expect_nothing_left_behind();
}

#[test]
fn settings_yield_to_variables_and_these_to_arguments() {
    let Some(environment) = Environment::usual() else { return };
    let mut workspace = Workspace::new(&shared_source(), &environment);
    write(&workspace, "pyproject.toml", "[tool.ambidex]\njobs = 5\nkeep-going = true");
    edit_setup(
        &workspace,
        "from setuptools",
        "import os\nprint(os.environ.get('AMBIDEX_KEEP_GOING'))\nfrom setuptools",
    );
    let jobs =
        |workspace: &Workspace, arguments: &[&str]| workspace.build_with_summary(arguments)["jobs"].clone();
    assert_eq!(jobs(&workspace, &[]), 5);
    assert!(workspace.build(&[]).stdout.starts_with("1\n"));
    workspace.variables.push(("AMBIDEX_JOBS".to_owned(), "4".to_owned()));
    workspace.variables.push(("AMBIDEX_KEEP_GOING".to_owned(), "0".to_owned()));
    assert_eq!(jobs(&workspace, &[]), 4);
    assert!(workspace.build(&[]).stdout.starts_with("0\n"));
    assert_eq!(jobs(&workspace, &["-j3"]), 3);
}
