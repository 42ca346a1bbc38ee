//! The last build for other programs: a compilation database that clangd takes, and graphs for Graphviz, for programs,
//! and for ninja, which builds the modules of the serial build.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::{
    Environment, Files, Ran, Workspace, differences, fixture, on_path, repository, run, shared_source,
    skipped,
};

fn package(name: &str) -> PathBuf {
    repository().join("tests").join("packages").join(name)
}

/// Builds a project.
fn built(project: &Path) -> Option<Workspace> {
    let workspace = Workspace::new(project, &Environment::usual()?);
    workspace.build(&["-j2"]);
    Some(workspace)
}

#[track_caller]
fn json(workspace: &Workspace, arguments: &[&str]) -> Value {
    serde_json::from_str(&run(&mut workspace.ambidex(arguments)).expect(0).stdout).expect("it is JSON")
}

/// Returns the entries of the compilation database.
#[track_caller]
fn entries(workspace: &Workspace) -> Vec<Value> {
    json(workspace, &["compdb", "-o", "-"]).as_array().expect("it is a list").clone()
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().expect("it is a list").iter().map(|item| item.as_str().expect("it is a text")).collect()
}

#[test]
fn each_compilation_is_an_entry() {
    let Some(workspace) = built(&shared_source()) else { return };
    let ran = run(&mut workspace.ambidex(&["compdb"])).expect(0);
    assert_eq!(ran.stderr, "4 compilations in ./compile_commands.json\n");
    let file = workspace.root().join("compile_commands.json");
    let written: Vec<Value> = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!(written, entries(&workspace));
    let root = workspace.root();
    let mut found: Vec<(PathBuf, bool)> = Vec::new();
    for entry in &written {
        assert_eq!(entry["directory"], root.to_str().unwrap());
        let arguments = strings(&entry["arguments"]);
        let at = arguments.iter().position(|argument| *argument == "-o").unwrap();
        assert_eq!(root.join(arguments[at + 1]), Path::new(entry["output"].as_str().unwrap()));
        assert!(arguments.contains(&"-c"), "{entry}");
        found.push((entry["file"].as_str().unwrap().into(), arguments.contains(&"-DVAL=12")));
    }
    let expected = [("common.c", true), ("mod1.c", true), ("common.c", false), ("mod2.c", false)];
    assert_eq!(found, expected.map(|(name, value)| (root.join(name), value)));
}

#[test]
fn what_is_up_to_date_is_an_entry_too() {
    for project in [shared_source(), fixture("exported"), package("probes-flags")] {
        let Some(workspace) = built(&project) else { return };
        let first = entries(&workspace);
        workspace.build(&["-j2"]);
        assert_eq!(entries(&workspace), first);
        fs::write(workspace.root().join("common.c"), "#error broken\n").unwrap();
        run(&mut workspace.ambidex(&["build", "-j2", "--keep-going"]));
        let broken = entries(&workspace)
            .into_iter()
            .filter(|entry| entry["file"].as_str().unwrap().ends_with("/common.c"));
        assert!(broken.count() > 0, "a source that does not compile is in the database");
    }
}

#[test]
fn probes_are_no_entries() {
    for (project, count) in [(package("probes-flags"), 4), (fixture("exported"), 7)] {
        let Some(workspace) = built(&project) else { return };
        let entries = entries(&workspace);
        assert_eq!(entries.len(), count, "{entries:#?}");
        for entry in entries {
            assert!(Path::new(entry["file"].as_str().unwrap()).starts_with(workspace.root()), "{entry}");
        }
    }
}

#[test]
fn clangd_takes_the_database() {
    let Some(clangd) = on_path("clangd") else { return skipped("there is no clangd") };
    for project in [shared_source(), fixture("exported")] {
        let Some(workspace) = built(&project) else { return };
        run(&mut workspace.ambidex(&["compdb"])).expect(0);
        let files: BTreeSet<String> =
            entries(&workspace).iter().map(|entry| entry["file"].as_str().unwrap().to_owned()).collect();
        for file in files {
            let mut check = workspace.command(&clangd);
            check.arg(format!("--check={file}"));
            check.arg(format!("--compile-commands-dir={}", workspace.root().display()));
            // What the project's setup.py has set; a database has no place for it.
            check.env("CPATH", workspace.root().join("my $headers"));
            let ran = run(&mut check).expect(0);
            assert!(ran.stderr.contains("Compile command from CDB is:"), "{ran}");
            assert!(ran.stderr.contains("All checks completed, 0 errors"), "{ran}");
        }
    }
}

#[test]
fn the_graph_says_who_made_what() {
    let Some(workspace) = built(&shared_source()) else { return };
    let graph = json(&workspace, &["graph", "--format", "json"]);
    assert_eq!(graph["version"], 1);
    assert_eq!(graph["directory"], workspace.root().to_str().unwrap());
    let commands = graph["commands"].as_array().unwrap();
    let kinds: Vec<&str> = commands.iter().map(|command| command["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["compile", "compile", "link", "compile", "compile", "link"]);
    for (number, link) in commands.iter().enumerate().filter(|(_, command)| command["kind"] == "link") {
        let inputs = link["inputs"].as_array().unwrap();
        let writers: Vec<u64> = inputs.iter().filter_map(|input| input["command"].as_u64()).collect();
        assert_eq!(writers, [number as u64 - 2, number as u64 - 1]);
        assert_eq!(link["extensions"], commands[number - 1]["extensions"]);
    }
    // Both common.o have the same path, where the second one is at the end.
    let outputs = [0, 3].map(|number: usize| &commands[number]["outputs"][0]);
    assert_eq!(outputs[0]["path"], outputs[1]["path"]);
    assert_eq!(outputs.map(|output| output["last"].as_bool().unwrap()), [false, true]);
    for output in outputs {
        assert!(Path::new(output["kept"].as_str().unwrap()).is_file());
    }
    workspace.build(&["-j2"]);
    assert_eq!(json(&workspace, &["graph", "--format", "json"]), graph, "everything was up to date");
}

#[test]
fn a_shared_command_is_one() {
    let Some(workspace) = built(&fixture("same-flags")) else { return };
    let count = |kind: &str| {
        let graph = json(&workspace, &["graph", "--format", "json"]);
        let commands = graph["commands"].as_array().unwrap().clone();
        commands.iter().filter(|command| command["kind"] == kind).count()
    };
    assert_eq!([count("compile"), count("link")], [7, 6]);
    workspace.build(&["-j2"]);
    assert_eq!([count("compile"), count("link")], [7, 6]);
    // Some are recorded, and some are up to date as a whole.
    let source = workspace.root().join("mod0.c");
    fs::write(&source, fs::read_to_string(&source).unwrap() + "int edited;\n").unwrap();
    workspace.build(&["-j2"]);
    assert_eq!([count("compile"), count("link")], [7, 6]);
}

#[test]
fn graphviz_takes_the_graph() {
    let Some(workspace) = built(&fixture("exported")) else { return };
    let text = run(&mut workspace.ambidex(&["graph"])).expect(0).stdout;
    assert!(text.starts_with("digraph build {\n") && text.ends_with("}\n"), "{text}");
    assert!(!text.contains("probe.c"), "{text}");
    let Some(dot) = on_path("dot") else { return skipped("there is no dot") };
    let file = workspace.beside("graph.dot");
    fs::write(&file, text).unwrap();
    run(workspace.command(dot).arg("-Tplain").arg(&file)).expect(0);
}

/// A project that ninja builds as well.
struct Exported {
    workspace: Workspace,
    ninja: PathBuf,
}

impl Exported {
    /// Builds a project, and writes a file for ninja.
    fn of(project: &Path) -> Option<Self> {
        let Some(ninja) = on_path("ninja") else {
            skipped("there is no ninja");
            return None;
        };
        let exported = Self { workspace: built(project)?, ninja };
        exported.export();
        Some(exported)
    }

    #[track_caller]
    fn export(&self) {
        let file = self.file();
        let file = file.to_str().unwrap();
        let ran = run(&mut self.workspace.ambidex(&["graph", "--format", "ninja", "-o", file])).expect(0);
        assert_eq!(ran.stderr, "");
    }

    fn file(&self) -> PathBuf {
        self.workspace.beside("build.ninja")
    }

    fn ninja(&self) -> Command {
        let mut ninja = self.workspace.command(&self.ninja);
        ninja.arg("-f").arg(self.file());
        ninja
    }

    /// Returns what a serial build of a new copy makes, after an edit.
    fn serially(&self, edit: &dyn Fn(&Path)) -> Files {
        self.workspace.copy_again();
        edit(&self.workspace.root());
        self.workspace.build_serially();
        self.made()
    }

    fn made(&self) -> Files {
        let is_final = |path: &Path| path.extension().is_some_and(|end| end == "so" || end == "a");
        Files::below(&self.workspace.root()).only(is_final)
    }

    /// Fails the test unless ninja makes what the serial build makes: in a new copy, and after an edit; and then has
    /// nothing left to do.
    #[track_caller]
    fn expect_the_same(&self, edit: &dyn Fn(&Path)) -> Ran {
        let [first, second] = [self.serially(&|_| ()), self.serially(edit)];
        assert!(!first.is_empty());
        assert_ne!(first, second, "the edit changes nothing");
        self.workspace.copy_again();
        run(&mut self.ninja()).expect(0);
        assert_eq!(differences(&first, &self.made()), [""; 0]);
        self.expect_nothing_to_do();
        edit(&self.workspace.root());
        let ran = run(&mut self.ninja()).expect(0);
        assert_eq!(differences(&second, &self.made()), [""; 0], "{ran}");
        self.expect_nothing_to_do();
        ran
    }

    #[track_caller]
    fn expect_nothing_to_do(&self) {
        let ran = run(&mut self.ninja()).expect(0);
        assert!(ran.stdout.contains("no work to do"), "{ran}");
    }
}

/// Replaces a text in a file. The new file is younger than anything that was built.
fn replace(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replace(from, to)).unwrap();
}

#[test]
fn ninja_builds_sources_that_modules_share() {
    let Some(exported) = Exported::of(&shared_source()) else { return };
    exported.expect_the_same(&|root| replace(&root.join("common.c"), "VAL", "VAL + 1"));
}

#[test]
fn ninja_follows_headers() {
    let Some(exported) = Exported::of(&fixture("edited")) else { return };
    let ran = exported.expect_the_same(&|root| {
        let header = root.join("near").join("one.h");
        fs::write(&header, fs::read_to_string(&header).unwrap().replace('1', "7")).unwrap();
    });
    assert!(ran.stdout.contains("compile") && !ran.stdout.contains("three"), "{ran}");
}

#[test]
fn ninja_builds_what_is_hard_to_write_down() {
    let Some(exported) = Exported::of(&fixture("exported")) else { return };
    let edit = |root: &Path| {
        replace(&root.join("my $headers").join("number.h"), "1", "2");
        replace(&root.join("other dir").join("own headers").join("own.h"), "1", "2");
    };
    let ran = exported.expect_the_same(&edit);
    assert!(ran.stdout.contains("elsewhere"), "{ran}");
}

#[test]
fn ninja_builds_libraries() {
    let Some(exported) = Exported::of(&package("build-clib")) else { return };
    exported.expect_the_same(&|root| replace(&root.join("common.c"), "VAL", "VAL + 1"));
}

#[test]
fn ninja_copies_modules_if_it_is_told_to() {
    let Some(ninja) = on_path("ninja") else { return skipped("there is no ninja") };
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&package("inplace"), &environment);
    let made =
        || Files::below(&workspace.root()).only(|path| path.extension().is_some_and(|end| end == "so"));
    run(&mut workspace.python(&["setup.py", "build_ext", "--inplace"])).expect(0);
    let expected = made();
    workspace.copy_again();
    workspace.build(&["--inplace"]);
    let file = workspace.beside("build.ninja");
    let export = ["graph", "--format", "ninja", "-o", file.to_str().unwrap()];
    let ran = run(&mut workspace.ambidex(&export)).expect(0);
    assert!(ran.stderr.starts_with("note: only `ninja inplace` copies modules next to sources: "), "{ran}");
    workspace.copy_again();
    let build =
        |targets: &[&str]| run(workspace.command(&ninja).arg("-f").arg(&file).args(targets)).expect(0);
    build(&[]);
    assert_eq!(differences(&expected.clone().only(|path| path.starts_with("build")), &made()), [""; 0]);
    build(&["inplace"]);
    assert_eq!(differences(&expected, &made()), [""; 0]);
}

#[test]
fn ninja_builds_names_with_spaces() {
    let Some(exported) = Exported::of(&package("odd-paths")) else { return };
    exported.expect_the_same(&|root| replace(&root.join("common.c"), "VAL", "VAL \"!\""));
}

/// Fails the test unless there is one error, which says this.
#[track_caller]
fn expect_refused(workspace: &Workspace, said: &str) {
    let ran = run(&mut workspace.ambidex(&["graph", "--format", "ninja"])).expect(2);
    assert!(ran.stderr.contains(said) && ran.stderr.contains("hint:") && ran.stdout.is_empty(), "{ran}");
}

#[test]
fn what_ninja_cannot_build_is_refused() {
    let Some(workspace) = built(&package("coverage-flags")) else { return };
    expect_refused(&workspace, "and can't write anywhere else");
    for name in ["written-between", "generated-between"] {
        let Some(workspace) = built(&package(name)) else { return };
        expect_refused(&workspace, "has changed since");
    }
}

#[test]
fn ninja_follows_the_last_build_and_not_the_files() {
    let Some(workspace) = built(&fixture("edited")) else { return };
    let header = workspace.root().join("near").join("one.h");
    replace(&header, "1", "7");
    expect_refused(&workspace, "near/one.h has changed since");
    workspace.build(&[]);
    run(&mut workspace.ambidex(&["graph", "--format", "ninja"])).expect(0);
}

#[test]
fn what_ninja_does_otherwise_is_told() {
    let expected = [
        ("post-processed", "something has changed or moved build/lib"),
        ("archive-in-place", "ninja does not make what setup.py itself makes: build/temp"),
    ];
    for (name, said) in expected {
        let Some(workspace) = built(&package(name)) else { return };
        let ran = run(&mut workspace.ambidex(&["graph", "--format", "ninja"])).expect(0);
        assert!(ran.stderr.contains(said), "{ran}");
        let quiet = run(&mut workspace.ambidex(&["graph", "--format", "ninja", "-q"])).expect(0);
        assert_eq!(quiet.stderr, "");
    }
}

#[test]
fn a_long_command_line_is_in_a_file() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&shared_source(), &environment);
    let folder = workspace.root().join("a directory with a name of some length");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("empty.a"), "!<arch>\n").unwrap();
    let objects = format!("extra_objects=['{}/empty.a'] * 2000, extra_compile_args=[", folder.display());
    replace(&workspace.root().join("setup.py"), "extra_compile_args=[", &objects);
    workspace.build(&["-j2"]);
    let text = run(&mut workspace.ambidex(&["graph", "--format", "ninja"])).expect(0).stdout;
    assert!(text.lines().all(|line| !line.starts_with("  run") || line.len() < 1000));
    let Some(ninja) = on_path("ninja") else { return skipped("there is no ninja") };
    let file = workspace.beside("build.ninja");
    fs::write(&file, text).unwrap();
    let expected = Files::built(&workspace.root());
    fs::remove_dir_all(workspace.root().join("build")).unwrap();
    assert_eq!(run(workspace.command(ninja).arg("-f").arg(file)).code, 0);
    assert_eq!(differences(&expected, &Files::built(&workspace.root())), [""; 0]);
}

#[test]
fn ninja_is_told_of_extensions_that_are_up_to_date() {
    let Some(exported) = Exported::of(&shared_source()) else { return };
    let first = fs::read(exported.file()).unwrap();
    exported.workspace.build(&["-j2"]);
    exported.export();
    assert_eq!(fs::read(exported.file()).unwrap(), first);
}
