//! Trees in several directories with one store, and builds whose temporary directories are never the same.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::misses::contains;
use crate::support::{
    ALL, Counts, Edited, Environment, Files, Ran, Workspace, all_files, differences, read_json, run,
    shared_source, skipped,
};

/// Makes two copies of the project in different directories, with one store and these flags. In the flags, `$PWD` is
/// the directory of each copy.
pub(super) fn two(flags: &str) -> Option<[Edited; 2]> {
    let (mut first, mut second) = (Edited::with_store()?, Edited::with_store()?);
    second.workspace.store.clone_from(&first.workspace.store);
    for project in [&mut first, &mut second] {
        let root = project.root().display().to_string();
        project.set("CFLAGS", &flags.replace("$PWD", &root));
    }
    Some([first, second])
}

#[test]
fn the_same_place() {
    let Some(project) = Edited::with_store() else { return };
    project.misses(ALL);
    project.workspace.copy_again();
    project.misses(0);
    // The outputs that came from the store are up to date in this tree.
    let (ran, counts) = project.builds();
    assert_eq!(counts.reused, ALL, "{counts:?}\n{ran}");
    // The tree can be edited like one in which everything was made here.
    project.replace("far/both.h", "7", "8");
    let (ran, counts) = project.builds();
    assert_eq!((counts.executed, counts.reused), (4, 4), "{counts:?}\n{ran}");
    project.replace("far/both.h", "8", "7");
    let (ran, counts) = project.builds();
    assert_eq!((counts.executed, counts.cached), (0, 4), "{counts:?}\n{ran}");
    project.workspace.expect_nothing_left_behind();
}

#[test]
fn another_folder_without_debug_information() {
    let Some([first, second]) = two("-O1 -g0") else { return };
    first.misses(ALL);
    second.misses(0);
}

#[test]
fn another_folder_with_a_map_of_prefixes() {
    let Some([first, second]) = two("-O1 -g -ffile-prefix-map=$PWD=.") else { return };
    first.misses(ALL);
    second.misses(0);
}

/// Returns whether a program is there. Reports a skip if not.
pub(super) fn is_installed(program: &str) -> bool {
    let is_there = Command::new(program).arg("--version").output().is_ok();
    if !is_there {
        skipped(&format!("{program} is not installed"));
    }
    is_there
}

/// As [`two`], in directories whose paths have other lengths.
pub(super) fn two_unlike(flags: &str) -> Option<[Edited; 2]> {
    let [first, mut second] = two(flags)?;
    second.workspace.rename("a project with a much longer name, and ümlauts");
    Some([first, second])
}

/// Before its objects are made for other directories, a compiler is asked to write some: once, not in each build.
#[test]
fn a_compiler_is_asked_once() {
    let Some([first, second]) = two("-O1 -g") else { return };
    let Some([mut third, _]) = two("-O1 -g") else { return };
    third.workspace.store.clone_from(&first.workspace.store);
    first.misses(ALL);
    let store = first.workspace.store.clone().expect("it has one");
    let asked = || {
        let files = all_files(&store.join("v1").join("record"));
        files.iter().filter(|file| contains(&fs::read(file).expect("it is there"), "right")).count()
    };
    assert_eq!(asked(), 0);
    second.misses(LINKS);
    third.misses(LINKS);
    assert_eq!(asked(), 1);
}

/// The modules of the project, which the linker makes anew: they contain the path.
pub(super) const LINKS: u64 = 3;

#[test]
fn another_folder_with_its_path_in_debug_information() {
    for compiler in ["gcc", "clang"].into_iter().filter(|compiler| is_installed(compiler)) {
        for flags in ["-O1 -g", "-O3 -g3 -ffunction-sections"] {
            let Some([mut first, mut second]) = two_unlike(flags) else { return };
            for project in [&mut first, &mut second] {
                project.set("CC", compiler);
            }
            first.misses(ALL);
            second.misses(LINKS);
            for (project, other) in [(&first, &second), (&second, &first)] {
                let module = fs::read(project.module("three")).expect("it was built");
                assert!(contains(&module, project.root()) && !contains(&module, other.root()));
            }
            // What was made for this directory is up to date in it.
            let (ran, counts) = second.builds();
            assert_eq!(counts.reused, ALL, "{counts:?}\n{ran}");
        }
    }
}

#[test]
fn another_folder_with_debug_information_that_is_compressed() {
    let Some([first, second]) = two_unlike("-O1 -g -gz") else { return };
    first.misses(ALL);
    second.misses(ALL);
    let explained = run(&mut second.workspace.ambidex(&["explain"])).expect(0);
    assert!(explained.stdout.contains("it is compressed, or code for the linker"), "{explained}");
}

/// Uses of the name of a file of which nothing but a number is left in the object.
const COMPUTES: [&str; 6] = [
    "sizeof(__FILE__)",
    "__FILE__[sizeof(__FILE__) - 14]",
    "sizeof(__BASE_FILE__)",
    "__builtin_strlen(__builtin_FILE())",
    "sizeof(PASTED(__FI, LE__))",
    "sizeof(TEXT(__FILE__))",
];

#[test]
fn another_folder_and_a_source_that_computes_with_its_path() {
    for value in COMPUTES {
        let Some([first, second]) = two_unlike("-O1 -g") else { return };
        for project in [&first, &second] {
            project.replace("setup.py", "\"one.c\", ", "os.path.abspath(\"one.c\"), ");
            project.replace("setup.py", "FOLDERS = [", "import os\nFOLDERS = [os.path.abspath(\"near\"), ");
            project.replace(
                "near/one.h",
                "#define ONE 1",
                &format!(
                    "#define PASTED(a, b) PASTED_(a, b)\n#define PASTED_(a, b) a##b\n\
                     #define TEXT(a) TEXT_(a)\n#define TEXT_(a) #a\n\
                     static const int made_here = {value};\n#define ONE made_here"
                ),
            );
        }
        first.misses(ALL);
        let (ran, counts) = second.builds();
        assert!(counts.executed > LINKS, "{value}: {counts:?}\n{ran}");
    }
}

/// Builds in two directories, after a change of both. Fails the test unless objects are compiled again in the second.
fn compiles_again(flags: &str, change: impl Fn(&mut Edited, &Path)) {
    let Some([mut first, mut second]) = two_unlike(flags) else { return };
    let shared = first.workspace.beside("programs");
    change(&mut first, &shared);
    change(&mut second, &shared);
    first.builds();
    let (ran, counts) = second.builds();
    assert!(counts.executed > LINKS, "{counts:?}\n{ran}");
}

#[test]
fn another_folder_and_a_source_that_says_the_path_of_the_first() {
    let Some([first, second]) = two_unlike("-O1 -g") else { return };
    for project in [&first, &second] {
        project.append("near/one.h", &format!("#line 3 \"{}/one.y\"\n", first.root().display()));
    }
    first.misses(ALL);
    let (ran, counts) = second.builds();
    assert_eq!(counts.executed, LINKS + 1, "{counts:?}\n{ran}");
}

#[test]
fn another_folder_and_a_map_of_a_part_of_its_path() {
    let temporary = std::env::temp_dir();
    let map = format!("-O1 -g -fdebug-prefix-map={}=/x", temporary.display());
    compiles_again(&map, |_, _| ());
}

/// What an argument has to do with the path of the first directory says nothing about the second.
#[test]
fn another_folder_of_whose_path_a_part_is_mapped() {
    for is_whole_name in [true, false] {
        let Some([mut first, mut second]) = two_unlike("-O1 -g") else { return };
        let root = second.root().display().to_string();
        let end = if is_whole_name { root.rfind('/').expect("it is absolute") } else { root.len() - 3 };
        for project in [&mut first, &mut second] {
            project.set("CFLAGS", &format!("-O1 -g -ffile-prefix-map='{}'=/part", &root[..end]));
        }
        first.misses(ALL);
        second.misses(ALL);
    }
}

#[test]
fn another_folder_and_an_argument_that_is_the_path_of_the_first() {
    if !is_installed("clang") {
        return;
    }
    let Some([mut first, mut second]) = two_unlike("-O1 -g") else { return };
    let flags = format!("-O1 -g -fdebug-compilation-dir={}", first.root().display());
    for project in [&mut first, &mut second] {
        project.set("CC", "clang");
        project.set("CFLAGS", &flags);
    }
    first.misses(ALL);
    let (ran, counts) = second.builds();
    assert!(counts.executed > LINKS, "{counts:?}\n{ran}");
}

#[test]
fn another_folder_and_a_map_in_a_file() {
    compiles_again("-O1 -g -specs=options", |project, _| {
        let temporary = std::env::temp_dir();
        let text = format!("*cc1_options:\n+ -fdebug-prefix-map={}=/x\n", temporary.display());
        project.write("options", &text);
    });
}

/// The header of GMP in Debian says with which options GMP was compiled.
#[test]
fn another_folder_and_a_header_with_a_map_in_its_text() {
    let Some([first, second]) = two("-O1 -g") else { return };
    for project in [&first, &second] {
        project.write("far/both.h", "#define BOTH 7\n#define FLAGS \"-ffile-prefix-map=BUILDPATH=.\"\n");
    }
    first.misses(ALL);
    second.misses(LINKS);
}

#[test]
fn another_folder_and_an_option_that_goes_by_the_path() {
    // It is a part of the second path only.
    let flags = "-O1 -g0 -finstrument-functions -finstrument-functions-exclude-file-list=longer";
    let Some([first, second]) = two_unlike(flags) else { return };
    for project in [&first, &second] {
        project.replace("setup.py", "from setuptools", "import os\nfrom setuptools");
        project.replace("setup.py", "\"three.c\"", "os.path.abspath(\"three.c\")");
    }
    first.misses(ALL);
    let (ran, counts) = second.builds();
    assert!(counts.executed >= 2, "{counts:?}\n{ran}");
}

#[test]
fn another_folder_and_a_compiler_that_is_a_script() {
    compiles_again("-O1 -g0", |project, folder| {
        let script = folder.join("gcc");
        fs::create_dir_all(folder).expect("a temporary folder can be written");
        if !script.exists() {
            let text = "#!/bin/sh\nexec /usr/bin/gcc -DLENGTH=${#PWD} \"$@\"\n";
            fs::write(&script, text).expect("a temporary folder can be written");
            fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755))
                .expect("it is ours");
        }
        project.workspace.put_first_on_path(folder);
        project.replace("near/one.h", "#define ONE 1", "#define ONE LENGTH");
    });
}

#[test]
fn another_folder_and_another_folder_of_the_shell() {
    let Some([mut first, mut second]) = two_unlike("-O1 -g") else { return };
    for project in [&mut first, &mut second] {
        let folder = project.workspace.cache().display().to_string();
        project.set("PWD", &folder);
    }
    first.misses(ALL);
    second.misses(LINKS);
}

#[test]
fn a_source_that_compares_times() {
    compiles_again("-O1 -g", |project, _| project.append("near/one.h", "#pragma GCC dependency \"one.h\"\n"));
}

#[test]
fn another_folder_with_its_path_in_a_text() {
    let Some([first, second]) = two("-O1 -g0") else { return };
    for project in [&first, &second] {
        project.replace("setup.py", "FOLDERS = [", "import os\nFOLDERS = [os.path.abspath(\"near\"), ");
        project.replace(
            "near/one.h",
            "#define ONE 1",
            "#define ONE (__FILE__[0])\nconst char *file = __FILE__;",
        );
        // This keeps the text in the object.
        project.append("near/one.h", "const char *also(void) { return file; }\n");
    }
    first.misses(ALL);
    let (ran, counts) = second.builds();
    assert!(counts.executed >= 2, "{counts:?}\n{ran}");
    let module = fs::read(second.module("one")).expect("it was built");
    assert!(contains(&module, second.root()) && !contains(&module, first.root()));
}

#[test]
fn another_folder_with_absolute_paths_on_the_command() {
    for (flags, links) in [("-O1 -g0", 0), ("-O1 -g", LINKS)] {
        let Some([first, second]) = two_unlike(flags) else { return };
        let with_absolute = |project: &Edited| {
            project.replace("setup.py", "FOLDERS = [", "import os\nFOLDERS = [os.path.abspath(\"near\"), ");
        };
        [&first, &second].into_iter().for_each(with_absolute);
        first.misses(ALL);
        // The preprocessor shows that no source computes with its path.
        second.misses(links);
        // The command is the same, but the directory contains a different file.
        second.workspace.copy_again();
        with_absolute(&second);
        second.replace("near/one.h", "1", "2");
        second.misses(2);
    }
}

#[test]
fn object_of_one_tree_is_never_written_by_another() {
    let Some([first, second]) = two("-O1 -g0") else { return };
    first.misses(ALL);
    second.misses(0);
    let expected = Files::built(&first.root());
    for file in crate::support::all_files(&second.root().join("build")) {
        let mut file = fs::File::options().append(true).open(file).expect("the tree can be written");
        std::io::Write::write_all(&mut file, b"edited").expect("the tree can be written");
    }
    assert_eq!(differences(&expected, &Files::built(&first.root())), [""; 0]);
    first.workspace.copy_again();
    first.misses(0);
}

#[test]
fn two_trees_at_once() {
    let Some([first, second]) = two("-O1 -g -ffile-prefix-map=$PWD=.") else { return };
    let mut executed = 0;
    for round in 0..5 {
        for project in [&first, &second] {
            project.workspace.copy_again();
            project.write("far/both.h", &format!("#define BOTH 10{round}\n"));
        }
        std::thread::scope(|scope| {
            let builds = [&first, &second].map(|project| scope.spawn(|| run(&mut project.ambidex())));
            for (build, project) in builds.into_iter().zip([&first, &second]) {
                let ran = build.join().expect("it has not failed").expect(0);
                project.expect_right(&ran);
                executed += project.counts().executed;
            }
        });
    }
    // At least one tree runs each command, and at most both do.
    let least = ALL + 4 * 4;
    assert!((least..=2 * least).contains(&executed), "{executed}");
}

#[test]
fn another_machine_that_imports_what_was_exported() {
    let Some([first, mut second]) = two_unlike("-O1 -g") else { return };
    first.misses(ALL);
    let file = first.workspace.beside("export");
    let cache = |project: &Edited, verb: &str, code: i32| {
        run(project.workspace.ambidex(&["cache", verb]).arg(&file)).expect(code)
    };
    cache(&first, "export", 0);
    second.workspace.store = Some(second.workspace.beside("store"));
    let told = cache(&second, "import", 0);
    assert!(told.stdout.starts_with("took in 8 files and 8 records"), "{told}");
    second.misses(LINKS);
    // What was used here goes on to the next machine, with what was made here.
    let told = cache(&second, "export", 0);
    // One record more says that the compiler is understood.
    assert!(told.stdout.starts_with("wrote 8 files and 9 records"), "{told}");

    let mut bytes = fs::read(&file).expect("it was written");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).expect("it is ours");
    second.workspace.copy_again();
    fs::remove_dir_all(second.workspace.beside("store")).expect("it is ours");
    cache(&second, "import", 1);
    second.misses(ALL);
}

#[test]
fn a_store_that_is_only_read() {
    let Some([first, mut second]) = two_unlike("-O1 -g") else { return };
    first.misses(ALL);
    let shared = first.workspace.store.clone().expect("it has one");
    let before = Files::below(&shared);
    second.workspace.store = Some(second.workspace.beside("store"));
    second.set("AMBIDEX_CACHE_READ_DIR", &shared.display().to_string());
    second.misses(LINKS);
    assert_eq!(differences(&before, &Files::below(&shared)), [""; 0]);
    second.set("AMBIDEX_CACHE_READ_DIR", "/nonexistent");
    second.workspace.copy_again();
    let (ran, counts) = second.builds();
    assert_eq!(counts.executed, ALL - LINKS, "{counts:?}\n{ran}");
    assert!(ran.stderr.contains("AMBIDEX_CACHE_READ_DIR: the cache can't be used"), "{ran}");
}

#[test]
fn isolated_builds() {
    let Some(environment) = Environment::usual() else { return };
    let mut workspace = Workspace::new(&shared_source(), &environment);
    workspace.store = Some(workspace.beside("store"));
    let summary = workspace.beside("summary.json");
    let mut wheels = Vec::new();
    for round in 0..2 {
        workspace.copy_again();
        let Some(ran) = isolated_wheel(&workspace, &summary) else { return };
        let counts = Counts::of(&read_json(&summary));
        let (executed, cached) = if round == 0 { (counts.distinct, 0) } else { (0, counts.distinct) };
        assert!(counts.distinct > 0, "{ran}");
        assert_eq!((counts.executed, counts.cached), (executed, cached), "{counts:?}\n{ran}");
        wheels.push(modules(&workspace));
        workspace.expect_nothing_left_behind();
    }
    assert!(wheels[0].has("mod1.") && wheels[0] == wheels[1], "{:?}", differences(&wheels[0], &wheels[1]));
}

/// Builds a wheel below ambidex as pip does by itself, in an environment of its own. Returns `None` if there is no
/// network.
#[track_caller]
pub(super) fn isolated_wheel(workspace: &Workspace, summary: &Path) -> Option<Ran> {
    let pip = ["-m", "pip", "wheel", "--disable-pip-version-check", "--no-deps", "-w", "out", "."];
    let mut command: Command = workspace.ambidex(&["run", "-j2", "--summary"]);
    let ran = run(command.arg(summary).args(["--", "python"]).args(pip));
    (!ran.lacks_network()).then(|| ran.expect(0))
}

/// Returns the modules in the wheel.
pub(super) fn modules(workspace: &Workspace) -> Files {
    let wheels = workspace.root().join("out");
    let wheel = wheels.join(Files::below(&wheels).named("shared_source"));
    let folder = workspace.beside("unpacked");
    let _ = fs::remove_dir_all(&folder);
    run(workspace.python(&["-m", "zipfile", "-e"]).args([&wheel, &folder])).expect(0);
    Files::below(&folder).only(|path| path.extension().is_some_and(|extension| extension == "so"))
}
