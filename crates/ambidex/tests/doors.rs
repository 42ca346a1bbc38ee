//! The promises of each command of ambidex: `build`, `run`, `clean`, the summary, the log.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{
    Environment, Files, NEWEST, Workspace, differences, fixture, on_path, read_json, repository, run,
    shared_source, skipped,
};

/// Copies a project, with the environment for tests that work with any Python.
fn workspace(project: &Path) -> Option<Workspace> {
    Some(Workspace::new(project, &Environment::usual()?))
}

/// Fails the test unless each module of `plain-functions` has the value that it was compiled with.
#[track_caller]
fn expect_right_code(workspace: &Workspace) {
    let built = Files::built(&workspace.root());
    let objdump = on_path("objdump").filter(|_| cfg!(any(target_arch = "x86_64", target_arch = "x86")));
    let Some(objdump) = objdump else {
        skipped("the code of modules is not looked at: there is no objdump for it");
        return;
    };
    for (module, right, wrong) in [("mod1.", "$0xc,", "$0x2a,"), ("mod2.", "$0x2a,", "$0xc,")] {
        let file = workspace.root().join(built.named(module));
        let listed = run(Command::new(&objdump).arg("-d").arg(file)).expect(0);
        let code = listed.stdout.split("<common_value>:").nth(1).expect("the function is there");
        let code = code.split("\n\n").next().unwrap_or_default();
        assert!(code.contains("mov") && code.contains(right) && !code.contains(wrong), "{module}\n{code}");
    }
}

#[test]
fn run_makes_parallel_setup_right() {
    let Some(workspace) = workspace(&fixture("plain-functions")) else { return };
    workspace.build_serially();
    let serial = Files::built(&workspace.root());
    let ways = [
        &["./setup.py", "build", "-j2"][..],
        &["python", "setup.py", "build", "-j2"],
        &["sh", "-c", "exec ./setup.py build_ext -j8"],
    ];
    for way in ways {
        workspace.start_again();
        run(workspace.ambidex(&["run", "--"]).args(way)).expect(0);
        let differing = differences(&serial, &Files::built(&workspace.root()));
        assert!(differing.is_empty(), "{way:?}: {differing:#?}");
        expect_right_code(&workspace);
    }
    workspace.expect_nothing_left_behind();
}

#[test]
fn run_makes_a_shared_file_with_the_same_flags_right() {
    let Some(workspace) = workspace(&fixture("same-flags")) else { return };
    workspace.build_serially();
    let serial = Files::built(&workspace.root());
    workspace.start_again();
    let summary = workspace.beside("summary.json");
    let command = ["--", "python", "setup.py", "build", "-j4"];
    run(workspace.ambidex(&["run", "--summary"]).arg(&summary).args(command)).expect(0);
    let differing = differences(&serial, &Files::built(&workspace.root()));
    assert!(differing.is_empty(), "{differing:#?}");
    // Each of the six extensions compiles and links; the shared file is compiled once.
    let summary = read_json(&summary);
    assert_eq!(summary["commands"]["recorded"], 18, "{summary:#}");
    assert_eq!(summary["commands"]["executed"], 13, "{summary:#}");
}

#[test]
fn run_captures_what_pip_starts() {
    let Some(workspace) = workspace(&shared_source()) else { return };
    let pip = ["-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", "dist", "."];
    let unpacked = || {
        let wheels = Files::below(&workspace.root().join("dist"));
        let wheel = workspace.root().join("dist").join(wheels.named("shared_source"));
        let folder = workspace.root().join("unpacked");
        run(workspace.python(&["-m", "zipfile", "-e"]).arg(wheel).arg(&folder)).expect(0);
        Files::below(&folder)
    };
    run(&mut workspace.python(&pip)).expect(0);
    let serial = unpacked();
    assert!(serial.has("mod1.") && serial.has("mod2."), "{serial:?}");
    workspace.start_again();
    let summary = workspace.beside("summary.json");
    run(workspace.ambidex(&["run", "-j4", "--summary"]).arg(&summary).args(["--", "python"]).args(pip))
        .expect(0);
    assert_eq!(read_json(&summary)["commands"]["recorded"], 6);
    let differing = differences(&serial, &unpacked());
    assert!(differing.is_empty(), "{differing:#?}");
}

#[test]
fn run_ends_with_the_exit_code_of_its_command() {
    let Some(workspace) = workspace(&fixture("plain-functions")) else { return };
    let ran =
        run(&mut workspace.ambidex(&["run", "--", "sh", "-c", "echo out; echo err >&2; exit 7"])).expect(7);
    assert_eq!(ran.stdout, "out\n");
    assert_eq!(ran.stderr, "err\n");
}

#[test]
fn jobs_of_setup_are_those_of_ambidex() {
    let Some(workspace) = workspace(&fixture("no-hazard")) else { return };
    let summary = workspace.beside("summary.json");
    let jobs = |options: &[&str], of_setup: &[&str]| -> Value {
        workspace.start_again();
        let mut command = workspace.ambidex(&["run"]);
        command
            .args(options)
            .arg("--summary")
            .arg(&summary)
            .args(["--", "python", "setup.py"])
            .args(of_setup);
        run(&mut command).expect(0);
        read_json(&summary)["jobs"].clone()
    };
    assert_eq!(jobs(&[], &["build", "-j3"]), 3);
    assert_eq!(jobs(&[], &["build_ext", "-j7"]), 7);
    // An option of ambidex itself wins.
    assert_eq!(jobs(&["-j5"], &["build", "-j3"]), 5);
    let of_environment =
        run(workspace.ambidex(&["build", "--summary"]).arg(&summary).env("AMBIDEX_JOBS", "6"));
    of_environment.expect(0);
    assert_eq!(read_json(&summary)["jobs"], 6);
}

#[test]
fn parallel_of_setup_cfg_is_that_of_ambidex() {
    let Some(workspace) = workspace(&fixture("no-hazard")) else { return };
    fs::write(workspace.root().join("setup.cfg"), "[build_ext]\nparallel = 9\n").unwrap();
    assert_eq!(workspace.build_with_summary(&[])["jobs"], 9);
}

#[test]
fn summary_says_what_was_done() {
    let Some(workspace) = workspace(&shared_source()) else { return };
    let summary = workspace.build_with_summary(&["-j2"]);
    assert_eq!(summary["jobs"], 2, "{summary:#}");
    assert_eq!(summary["modules"], 2, "{summary:#}");
    for name in ["wall_s", "capture_s", "lower_bound_s", "work_s"] {
        assert!(summary[name].as_f64().is_some_and(|seconds| seconds > 0.0), "{name} in {summary:#}");
    }
    let count =
        |name: &str| summary["commands"][name].as_u64().unwrap_or_else(|| panic!("{name} in {summary:#}"));
    let counts = ["recorded", "distinct", "executed", "reused", "cached", "remote", "failed"].map(count);
    assert_eq!(counts, [6, 6, 6, 0, 0, 0, 0]);
    assert_eq!(summary["hazards"]["renamed"], 1, "{summary:#}");
    assert_eq!(summary["hazards"]["ordered"], 0, "{summary:#}");
    assert_eq!(read_json(&workspace.root().join("build/.ambidex/last-build.json")), summary);
}

#[test]
fn summary_tells_of_failures() {
    let Some(workspace) = workspace(&fixture("broken-second")) else { return };
    let file = workspace.beside("summary.json");
    run(workspace.ambidex(&["build", "-j1", "--summary"]).arg(&file)).expect(1);
    let summary = read_json(&file);
    assert_eq!(summary["commands"]["failed"], 1, "{summary:#}");
}

#[test]
fn build_puts_modules_beside_their_sources() {
    let Some(workspace) = workspace(&shared_source()) else { return };
    run(&mut workspace.python(&["setup.py", "build_ext", "--inplace"])).expect(0);
    let in_root = |path: &Path| path.components().count() == 1;
    let serial = Files::below(&workspace.root()).only(in_root);
    assert!(serial.has("mod1.c") && serial.paths().any(|path| path.extension().is_some_and(|e| e == "so")));
    workspace.start_again();
    workspace.build(&["--inplace", "-j2"]);
    let differing = differences(&serial, &Files::below(&workspace.root()).only(in_root));
    assert!(differing.is_empty(), "{differing:#?}");
}

#[test]
fn build_passes_arguments_on_and_finds_projects_from_elsewhere() {
    let Some(workspace) = workspace(&fixture("no-hazard")) else { return };
    let mut command = workspace.ambidex(&["build"]);
    command.arg(workspace.root()).args(["--", "--build-lib", "elsewhere"]).current_dir(workspace.temporary());
    run(&mut command).expect(0);
    let all = Files::below(&workspace.root()).only(|path| path.starts_with("elsewhere"));
    assert!(all.has("one.") && all.has("two."), "{all:?}");
}

#[test]
fn build_does_without_setup_py() {
    let Some(environment) = Environment::get(11, NEWEST) else { return };
    let workspace = Workspace::new(&fixture("pyproject-only"), &environment);
    run(&mut workspace.python(&["-c", "import setuptools; setuptools.setup()", "build"])).expect(0);
    let serial = Files::built(&workspace.root());
    assert!(serial.has("one.") && serial.has("two."), "{serial:?}");
    workspace.start_again();
    let summary = workspace.build_with_summary(&["-j2"]);
    assert_eq!(summary["commands"]["recorded"], 6, "{summary:#}");
    let differing = differences(&serial, &Files::built(&workspace.root()));
    assert!(differing.is_empty(), "{differing:#?}");
}

#[test]
fn explain_tells_of_probes_last() {
    let Some(workspace) = workspace(&repository().join("tests/packages/probes-flags")) else { return };
    run(&mut workspace.ambidex(&["build"])).expect(0);
    let told = |arguments: &[&str]| run(workspace.ambidex(&["explain"]).args(arguments)).expect(0).stdout;
    let (brief, all) = (told(&[]), told(&["-v"]));
    assert!(brief.starts_with("6 commands run; 9 commands whose output is gone"), "{brief}");
    assert!(!brief.contains("flag.o") && all.contains("flag.o"), "{brief}\n{all}");
    let (module, probe) = (all.find("one.cpython"), all.find("/flag.o"));
    assert!(module < probe && module.is_some(), "{all}");
}

/// Makes the project run a line of Python after it has built an extension.
fn after_each_extension(workspace: &Workspace, line: &str) {
    let class = format!(
        "import os\n\
        from setuptools.command.build_ext import build_ext\n\
        class After(build_ext):\n    \
            def build_extension(self, ext):\n        \
                super().build_extension(ext)\n        \
                {line}\n"
    );
    let setup = workspace.root().join("setup.py");
    let text = fs::read_to_string(&setup).unwrap();
    let text = text.replace("setup(\n", &format!("{class}setup(\n    cmdclass={{'build_ext': After}},\n"));
    fs::write(&setup, text).unwrap();
}

#[test]
fn explain_tells_where_the_time_went() {
    let Some(workspace) = workspace(&shared_source()) else { return };
    let told = run(&mut workspace.ambidex(&["explain", "--time"])).expect(2);
    assert!(told.stderr.contains("has built nothing in"), "{}", told.stderr);
    after_each_extension(&workspace, "print(os.path.getsize(self.get_ext_fullpath(ext.name)))");
    workspace.build(&[]);
    let told = run(&mut workspace.ambidex(&["explain", "--time"])).expect(0);
    assert!(told.stdout.contains(" s Python alone\n"), "{}", told.stdout);
    let waited = told.stdout.lines().filter(|line| line.contains("looked at a pending output: "));
    assert!(waited.into_iter().any(|line| line.contains("mod1.")), "{}", told.stdout);
    let told = run(&mut workspace.ambidex(&["explain", "--time", "--format", "json"])).expect(0);
    let told: Value = serde_json::from_str(&told.stdout).expect("it is JSON");
    let waits = told["waits"].as_array().expect("the waits are a list");
    assert!(
        waits.iter().any(|wait| wait["what"].as_str().is_some_and(|what| what.contains("mod1."))),
        "{told:#}"
    );
}

/// As setuptools does it for `egg-info` (`setuptools/command/egg_info.py`, `run`).
#[test]
fn nobody_waits_for_the_times_of_a_folder() {
    let Some(workspace) = workspace(&shared_source()) else { return };
    after_each_extension(&workspace, "os.utime('made')");
    let made = workspace.root().join("made");
    fs::create_dir(&made).unwrap();
    let before = fs::metadata(&made).unwrap().modified().unwrap();
    workspace.build(&[]);
    assert!(fs::metadata(&made).unwrap().modified().unwrap() > before);
    let told = run(&mut workspace.ambidex(&["explain", "--time"])).expect(0);
    assert!(!told.stdout.contains("changed a file"), "{}", told.stdout);
}

#[test]
fn clean_removes_what_builds_have_left() {
    let Some(workspace) = workspace(&shared_source()) else { return };
    let before = Files::below(&workspace.root());
    workspace.build(&[]);
    run(&mut workspace.ambidex(&["clean"])).expect(0);
    assert!(!workspace.root().join("build").exists());
    assert!(differences(&before, &Files::below(&workspace.root())).is_empty());
    // Cleans again, when there is nothing left.
    run(&mut workspace.ambidex(&["clean"])).expect(0);
    workspace.build(&[]);
    fs::write(workspace.root().join("build/notes.txt"), "mine").unwrap();
    fs::create_dir(workspace.root().join("build/libfoo")).unwrap();
    run(&mut workspace.ambidex(&["clean"])).expect(0);
    let left = fs::read_dir(workspace.root().join("build")).unwrap().flatten().map(|entry| entry.file_name());
    let mut left: Vec<_> = left.collect();
    left.sort();
    assert_eq!(left, ["libfoo", "notes.txt"]);
}

/// Writes a `sitecustomize` that leaves a mark at each start of Python.
fn write_sitecustomize(folder: &Path, marker: &Path) {
    fs::create_dir_all(folder).unwrap();
    let line = format!("open({:?}, 'a').write('ran\\n')\n", marker.display().to_string());
    fs::write(folder.join("sitecustomize.py"), line).unwrap();
}

#[test]
fn own_sitecustomize_of_the_environment_still_runs() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&fixture("no-hazard"), &environment);
    // The test needs an environment of its own, because the usual one is shared.
    let own = Environment::empty(&environment.python(), &workspace.beside("own"));
    let modules = environment.site_packages();
    fs::write(own.site_packages().join("setuptools.pth"), format!("{}\n", modules.display())).unwrap();
    let marker = workspace.beside("marker");
    write_sitecustomize(&own.site_packages(), &marker);
    run(workspace.command(own.python()).args(["-c", ""])).expect(0);
    if !marker.exists() {
        // Debian has a `sitecustomize` in the library of its Python, which comes first.
        skipped("a sitecustomize of the environment: this Python has another");
        return;
    }
    fs::remove_file(&marker).unwrap();
    let summary = workspace.beside("summary.json");
    let mut command = workspace.ambidex(&["build", "--python"]);
    run(command.arg(own.python()).arg("--summary").arg(&summary)).expect(0);
    assert_eq!(read_json(&summary)["commands"]["recorded"], 4);
    assert_eq!(fs::read_to_string(marker).unwrap_or_default(), "ran\n");
}

#[test]
fn own_sitecustomize_on_the_python_path_still_runs() {
    let Some(mut workspace) = workspace(&fixture("no-hazard")) else { return };
    let (folder, marker) = (workspace.beside("modules"), workspace.beside("marker"));
    write_sitecustomize(&folder, &marker);
    workspace.variables.push(("PYTHONPATH".to_owned(), folder.display().to_string()));
    assert_eq!(workspace.build_with_summary(&[])["commands"]["recorded"], 4);
    assert_eq!(fs::read_to_string(marker).unwrap_or_default(), "ran\n");
}

#[test]
fn log_does_not_depend_on_jobs() {
    let Some(workspace) = workspace(&fixture("warnings")) else { return };
    let log = |arguments: &[&str]| {
        workspace.start_again();
        let ran = workspace.build(arguments);
        let own = |line: &&str| !line.starts_with("ambidex: ");
        (ran.stdout.clone(), ran.stderr.lines().filter(own).map(str::to_owned).collect::<Vec<_>>())
    };
    let serial = log(&["-j1"]);
    assert!(serial.1.iter().any(|line| line.contains("c with 3")), "{serial:#?}");
    for seed in 1..=6 {
        assert_eq!(log(&["-j8", "--schedule-seed", &seed.to_string()]), serial, "seed {seed}");
    }
}

#[test]
fn log_of_a_broken_project_does_not_depend_on_jobs() {
    let Some(workspace) = workspace(&fixture("broken-second")) else { return };
    let log = |arguments: &[&str]| {
        workspace.start_again();
        let ran = run(workspace.ambidex(&["build"]).args(arguments)).expect(1);
        (ran.stdout, ran.stderr)
    };
    let serial = log(&["-j1"]);
    for seed in 1..=6 {
        assert_eq!(log(&["-j8", "--schedule-seed", &seed.to_string()]), serial, "seed {seed}");
    }
}
