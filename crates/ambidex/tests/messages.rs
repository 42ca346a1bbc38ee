//! The texts that users read, word for word: help, `explain`, `check`, the summary, and the end of a failed build.
//!
//! `cargo insta review`, or `INSTA_UPDATE=always cargo test -p ambidex --test messages`, accepts a change.

mod support;

use std::process::Command;

use support::{Environment, Workspace, fixture, run, shared_source};

/// Returns replacements for text that differs on each machine or in each run.
fn filters(workspace: &Workspace) -> Vec<(String, &'static str)> {
    let escaped = |text: &str| {
        let special = |c: char| !c.is_ascii_alphanumeric() && c != '/' && c != '_';
        text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect::<String>()
    };
    vec![
        (escaped(&workspace.root().to_string_lossy()), "[project]"),
        (r"cpython-3\d+-[a-z0-9_]+-linux-gnu".to_owned(), "[tag]"),
        (r"linux-[a-z0-9_]+-cpython-3\d+".to_owned(), "[platform]"),
        (r"\b([a-z0-9_]+-linux-gnu-)?(gcc|cc|clang)(-\d+)?\b".to_owned(), "[cc]"),
        (r"\d+\.\d+ s\b".to_owned(), "[time] s"),
        (r"\d+\.\d+ ms\b".to_owned(), "[time] ms"),
        (r"\d+ % busy".to_owned(), "[part] % busy"),
    ]
}

#[track_caller]
fn expect(workspace: &Workspace, name: &str, text: &str) {
    let filters = filters(workspace);
    let filters: Vec<(&str, &str)> = filters.iter().map(|(from, to)| (from.as_str(), *to)).collect();
    insta::with_settings!({ filters => filters, omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn help() {
    let commands = [
        &[][..],
        &["build"],
        &["wheel"],
        &["run"],
        &["check"],
        &["races"],
        &["verify"],
        &["explain"],
        &["compdb"],
        &["graph"],
        &["cache-keys"],
        &["doctor"],
        &["report"],
        &["clean"],
        &["cache"],
        &["cache", "stats"],
        &["cache", "gc"],
        &["cache", "verify"],
        &["cache", "clear"],
        &["cache", "export"],
        &["cache", "import"],
        &["completions"],
        &["man"],
    ];
    for command in commands {
        let mut ambidex = Command::new(env!("CARGO_BIN_EXE_ambidex"));
        // Lines are wrapped to the width of the terminal.
        let ran = run(ambidex.args(command).arg("--help").env("COLUMNS", "100")).expect(0);
        let name = ["help"].iter().chain(command).copied().collect::<Vec<_>>().join("-");
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, ran.stdout);
        });
    }
}

#[test]
fn check() {
    for (project, code) in [(shared_source(), 1), (fixture("same-flags"), 1), (fixture("no-hazard"), 0)] {
        let Some(environment) = Environment::usual() else { return };
        let workspace = Workspace::new(&project, &environment);
        let name = project.file_name().unwrap().to_string_lossy().into_owned();
        for format in ["text", "json", "sarif", "github"] {
            let ran = run(&mut workspace.ambidex(&["check", "--format", format])).expect(code);
            // The command lines differ a lot between machines.
            let text: String = ran
                .stdout
                .lines()
                .filter(|line| !line.trim_start().starts_with("\"-"))
                .collect::<Vec<_>>()
                .join("\n");
            expect(&workspace, &format!("check-{name}-{format}"), &text);
        }
    }
}

#[test]
fn races() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&shared_source(), &environment);
    let ran = run(&mut workspace.ambidex(&["races", "-q", "--show", "mod1.value(), mod2.value()"])).expect(1);
    expect(&workspace, "races", &ran.stdout);
}

#[test]
fn build_and_explain() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&shared_source(), &environment);
    let last = |text: &str| text.lines().last().unwrap_or_default().to_owned();
    let build = || last(&run(&mut workspace.ambidex(&["build", "-j2"])).expect(0).stderr);
    let explain = || run(&mut workspace.ambidex(&["explain"])).expect(0).stdout;
    let first = [build(), explain()].join("\n");
    let second = [build(), explain()].join("\n");
    let source = workspace.root().join("mod1.c");
    let text = std::fs::read_to_string(&source).unwrap();
    std::fs::write(source, text + "int edited;\n").unwrap();
    let third = [build(), explain()].join("\n");
    let tell = |arguments: &[&str], code| {
        let ran = run(workspace.ambidex(&["explain"]).args(arguments)).expect(code);
        // The command lines differ a lot between machines.
        let lines = ran.stdout.lines().chain(ran.stderr.lines());
        lines.filter(|line| !line.contains(" -o ")).collect::<Vec<_>>().join("\n")
    };
    expect(&workspace, "explain-all", &tell(&["-v"], 0));
    expect(&workspace, "explain-output", &tell(&["mod2.o"], 0));
    expect(&workspace, "explain-extension", &tell(&[".", "mod1"], 0));
    expect(&workspace, "explain-nothing", &tell(&["mod3"], 2));
    expect(&workspace, "build-first", &first);
    expect(&workspace, "build-again", &second);
    expect(&workspace, "build-edited", &third);
}

/// What a build prints by default, with `-v` and with `-q`, each as a whole.
#[test]
fn modes() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&fixture("no-hazard"), &environment);
    for (name, arguments) in [("default", &[][..]), ("verbose", &["-v"]), ("quiet", &["-q"])] {
        workspace.start_again();
        let ran = run(workspace.ambidex(&["build", "-j2"]).args(arguments)).expect(0);
        // How often Python waits depends on the machine, and the command lines differ a lot.
        let is_wait = |line: &&str| line.starts_with("note: Python waited");
        assert_eq!(ran.stderr.lines().any(|line| is_wait(&line)), name == "verbose", "{ran}");
        let lines = ran.stdout.lines().chain(ran.stderr.lines()).filter(|line| !is_wait(line));
        let text = lines.filter(|line| !line.contains(" -o ")).collect::<Vec<_>>().join("\n");
        expect(&workspace, &format!("mode-{name}"), &text);
    }
}

#[test]
fn failed_build() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&fixture("broken-second"), &environment);
    let cases: &[(&str, &[&str])] = &[
        ("build-failed", &["build", "-j2"]),
        ("build-failed-quiet", &["build", "-q", "-j2"]),
        ("run-failed", &["run", "-j2", "--", "python", "setup.py", "build"]),
        (
            "run-failed-quiet",
            &["run", "-q", "-j2", "--", "sh", "-c", "python setup.py build >/dev/null 2>&1"],
        ),
    ];
    for (name, arguments) in cases {
        workspace.start_again();
        let ran = run(&mut workspace.ambidex(arguments)).expect(1);
        let ours = ran.stderr.lines().skip_while(|line| !line.starts_with("error: extension"));
        let without_flags = ours.map(|line| line.split(" -").next().unwrap_or_default().to_owned());
        expect(&workspace, name, &without_flags.collect::<Vec<_>>().join("\n"));
        // All else is the serial build's.
        let of_compiler = ran.stderr.matches("#error \"broken on purpose\"").count();
        assert_eq!(of_compiler, 2, "the message and the line of the source: {ran}");
        let names_the_command = ran.stderr.lines().filter(|line| line.starts_with("  command: ")).count();
        assert_eq!(names_the_command, usize::from(arguments.contains(&"-q")), "{ran}");
    }
}

#[test]
fn mistakes() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&fixture("no-hazard"), &environment);
    let cases: &[(&str, &[&str])] = &[
        ("no-such-folder", &["build", "missing"]),
        ("no-project", &["build", "src-of-nothing"]),
        ("unknown-flag", &["build", "--jbos", "2"]),
        ("unknown-command", &["biuld"]),
        ("bad-jobs", &["build", "-j", "many"]),
        ("no-such-program", &["run", "--", "no-such-program"]),
        ("no-such-python", &["build", "--python", "no-such-python"]),
        ("nothing-built", &["explain"]),
        ("nothing-built-compdb", &["compdb"]),
        ("nothing-built-cache-keys", &["cache-keys"]),
        ("nothing-built-graph", &["graph", "--format", "ninja"]),
        ("nothing-built-report", &["report"]),
    ];
    std::fs::create_dir(workspace.root().join("src-of-nothing")).unwrap();
    for (name, arguments) in cases {
        let ran = run(&mut workspace.ambidex(arguments)).expect(2);
        expect(&workspace, &format!("mistake-{name}"), &ran.stderr);
    }
}
