//! Files that commands find or miss in ways that no command line shows: each of these once left a stale module.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::support::{Edited, Files, differences, on_path, run};

pub(super) fn executable(project: &Edited, name: &str, script: &str) {
    project.write(name, &format!("#!/bin/sh\n{script}\n"));
    let file = project.root().join(name);
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

pub(super) fn real(program: &str) -> String {
    on_path(program).unwrap_or_else(|| panic!("the tests need {program}")).display().to_string()
}

/// Builds, and fails the test unless a command ran.
#[track_caller]
pub(super) fn expect_runs(project: &Edited) {
    let (ran, counts) = project.builds();
    assert!(counts.executed > 0, "{counts:?}\n{ran}");
    project.runs(0);
}

#[test]
fn copy_of_a_tree() {
    let Some(project) = Edited::built() else { return };
    let copy = project.workspace.beside("copy");
    run(Command::new("cp").arg("-a").args([&project.root(), &copy])).expect(0);
    // Unchanged commands don't run again. The edit in the copy does not concern the original.
    fs::write(copy.join("far/both.h"), "#define BOTH 71\n").unwrap();
    run(project.workspace.ambidex(&["build"]).current_dir(&copy)).expect(0);
    let ours = Files::built(&copy);
    fs::remove_dir_all(copy.join("build")).unwrap();
    run(project.workspace.python(&["setup.py", "build"]).current_dir(&copy)).expect(0);
    let differing = differences(&Files::built(&copy), &ours);
    assert!(differing.is_empty(), "{differing:#?}");
    project.runs(0);
}

#[test]
fn two_trees_with_one_build_folder() {
    let Some(project) = Edited::new() else { return };
    let (copy, build) = (project.workspace.beside("copy"), project.workspace.beside("shared-build"));
    fs::create_dir(&build).unwrap();
    run(Command::new("cp").arg("-a").args([&project.root(), &copy])).expect(0);
    for root in [&project.root(), &copy] {
        symlink(&build, root.join("build")).unwrap();
    }
    fs::write(copy.join("far/both.h"), "#define BOTH 72\n").unwrap();
    let module = |folder: &Path| {
        let is_module = |path: &Path| path.starts_with("lib") || path.to_string_lossy().starts_with("lib.");
        let files = Files::below(folder).only(is_module);
        fs::read(folder.join(files.named("two."))).unwrap()
    };
    for root in [project.root(), copy.clone(), project.root(), copy] {
        run(project.workspace.ambidex(&["build"]).current_dir(&root)).expect(0);
        let plain = root.join("plain");
        let mut serial = project.workspace.python(&["setup.py", "build", "--force", "-b", "plain"]);
        run(serial.current_dir(&root)).expect(0);
        assert!(module(&build) == module(&plain), "{}", root.display());
        fs::remove_dir_all(&plain).unwrap();
    }
}

#[test]
fn two_environments_in_turn() {
    let Some(mut project) = Edited::new() else { return };
    let folders: Vec<_> = (1..3).map(|_| tempfile::tempdir().unwrap()).collect();
    for (number, folder) in folders.iter().enumerate() {
        fs::write(folder.path().join("level.h"), format!("#define DEEP {number}\n")).unwrap();
    }
    project.append("three.c", "#include <level.h>\nint deep(void) { return DEEP; }\n");
    for folder in [&folders[0], &folders[1], &folders[0], &folders[1]] {
        project.set("CFLAGS", &format!("-O1 -g0 -I{}", folder.path().display()));
        project.builds();
    }
    project.runs(0);
}

#[test]
fn assembler_in_a_folder_of_prefixes() {
    let Some(mut project) = Edited::new() else { return };
    let tools = project.root().join("tools");
    fs::create_dir(&tools).unwrap();
    project.set("CFLAGS", &format!("-O1 -g0 -B{}", tools.display()));
    project.builds();
    project.runs(0);
    executable(&project, "tools/as", &format!("exec {} --defsym new=1 \"$@\"", real("as")));
    expect_runs(&project);
    project.remove("tools/as");
    expect_runs(&project);
}

#[test]
fn assembler_in_a_compiler_path() {
    let Some(mut project) = Edited::new() else { return };
    let tools = project.root().join("tools");
    project.set("COMPILER_PATH", &tools.display().to_string());
    project.builds();
    project.runs(0);
    executable(&project, "tools/as", &format!("exec {} --defsym new=1 \"$@\"", real("as")));
    expect_runs(&project);
}

#[test]
fn file_that_a_script_reads() {
    let Some(mut project) = Edited::new() else { return };
    project.write("flags.txt", "-DBY_SCRIPT=1");
    project.append("three.c", "int by_script(void) { return BY_SCRIPT; }\n");
    executable(&project, "cc", &format!("exec {} $(cat flags.txt) \"$@\"", real("cc")));
    let cc = project.root().join("cc").display().to_string();
    project.set("CC", &cc);
    project.builds();
    project.runs(0);
    project.write("flags.txt", "-DBY_SCRIPT=2");
    expect_runs(&project);
    project.set("UNRELATED_TO_ALL", "1");
    // A script may read any variable.
    expect_runs(&project);
}

#[test]
fn link_that_a_script_executes() {
    let Some(mut project) = Edited::new() else { return };
    project.append("three.c", "#ifndef KIND\n#define KIND 0\n#endif\nint kind(void) { return KIND; }\n");
    executable(&project, "first", &format!("exec {} -DKIND=1 \"$@\"", real("cc")));
    executable(&project, "second", &format!("exec {} -DKIND=2 \"$@\"", real("cc")));
    executable(&project, "cc", "exec \"${0%/*}/real\" \"$@\"");
    symlink("first", project.root().join("real")).unwrap();
    let cc = project.root().join("cc").display().to_string();
    project.set("CC", &cc);
    project.builds();
    project.runs(0);
    project.remove("real");
    symlink("second", project.root().join("real")).unwrap();
    expect_runs(&project);
}

#[test]
fn assembler_includes_by_itself() {
    let Some(project) = Edited::new() else { return };
    project.write("x.s", ".equ hidden, 1\n");
    project.append("three.c", "asm(\".include \\\"x.s\\\"\\n.globl hidden\\n\");\n");
    project.builds();
    project.runs(0);
    project.write("x.s", ".equ hidden, 2\n");
    expect_runs(&project);
}

#[test]
fn strange_ways_to_ask_for_a_header() {
    let header = |root: &Path| root.join("maybe.h").display().to_string();
    let ways: [fn(&str) -> String; 7] = [
        |path| format!("#if __has_include(\"{path}\")"),
        |_| "#if __has_include/* hidden */(\"maybe.h\")".to_owned(),
        |_| "#if __has_inc\\\nlude(\"maybe.h\")".to_owned(),
        |_| "#define ASKS __has_include\n#if ASKS(\"maybe.h\")".to_owned(),
        |_| "#define JOIN(a, b) a##b\n#if JOIN(__has_, include)(\"maybe.h\")".to_owned(),
        |_| "%:if __has_include(\"maybe.h\")".to_owned(),
        |_| "#define NAME \"maybe.h\"\n#if __has_include(NAME)".to_owned(),
    ];
    let Some(project) = Edited::built() else { return };
    for way in ways {
        let condition = way(&header(&project.root()));
        project
            .write("three.c", &format!("{condition}\nint three(void) {{ return 4; }}\n#endif\nint other;\n"));
        if project.ambidex().output().is_ok_and(|output| !output.status.success()) {
            // This compiler doesn't support this way.
            continue;
        }
        project.runs(0);
        project.write("maybe.h", "");
        expect_runs(&project);
        project.remove("maybe.h");
        expect_runs(&project);
    }
}

#[test]
fn strange_ways_to_include_a_header() {
    let Some(project) = Edited::built() else { return };
    for directive in
        ["%:include \"x.h\"", "#/**/include \"x.h\"", "#if 0\n#include \"x.h\"\n#endif\n#include/**/\"x.h\""]
    {
        project.write("far/x.h", "#define X 1\n");
        project.write("two.c", &format!("{directive}\nint two(void) {{ return X; }}\n"));
        project.builds();
        project.runs(0);
        project.write("near/x.h", "#define X 2\n");
        expect_runs(&project);
        project.remove("near/x.h");
        expect_runs(&project);
    }
}

#[test]
fn precompiled_header_that_appears() {
    let Some(project) = Edited::built() else { return };
    let gcc = real("gcc");
    let mut compile = Command::new(gcc);
    compile.args([
        "-O1",
        "-g0",
        "-fPIC",
        "-DBOTH=99",
        "-x",
        "c-header",
        "far/both.h",
        "-o",
        "far/both.h.gch",
    ]);
    run(compile.current_dir(project.root())).expect(0);
    // Whether the compiler uses the header or not, it has looked for it.
    expect_runs(&project);
}

#[test]
fn names_that_builds_make_too() {
    let Some(project) = Edited::new() else { return };
    project
        .write("three.c", "#if __has_include(\"data.py\")\nint three(void) { return 5; }\n#endif\nint x;\n");
    project.builds();
    project.runs(0);
    project.write("data.py", "");
    expect_runs(&project);
    project
        .write("three.c", "#if __has_include(\"data.o\")\nint three(void) { return 6; }\n#endif\nint x;\n");
    project.builds();
    project.write("data.o", "");
    expect_runs(&project);
}

#[test]
fn library_that_a_script_of_the_linker_names() {
    let Some(mut project) = Edited::new() else { return };
    let made = "printf 'int foo(void){return 1;}' > foo.c && cc -fPIC -c foo.c && mkdir lib && ar rcs lib/libfoo.a foo.o \
                && echo 'INPUT(-lfoo)' > lib/libbar.so && rm foo.o";
    run(Command::new("sh").args(["-ec", made]).current_dir(project.root())).expect(0);
    project.append("three.c", "int foo(void);\nint by_library(void) { return foo(); }\n");
    project.set("LDFLAGS", &format!("-L{}/lib -lbar", project.root().display()));
    project.replace(
        "setup.py",
        "[\"three.c\"]",
        "[\"three.c\"], libraries=[\"bar\"], library_dirs=[\"lib\"]",
    );
    project.builds();
    project.runs(0);
    let shared = "cc -shared -fPIC foo.c -o lib/libfoo.so";
    run(Command::new("sh").args(["-ec", shared]).current_dir(project.root())).expect(0);
    expect_runs(&project);
}

#[test]
fn member_of_a_thin_archive() {
    let Some(project) = Edited::new() else { return };
    let make = |number: u32| {
        let script = format!("printf 'int foo(void){{return {number};}}' > foo.c && cc -fPIC -c foo.c");
        run(Command::new("sh").args(["-ec", &script]).current_dir(project.root())).expect(0);
    };
    make(1);
    run(Command::new("ar").args(["rcT", "libfoo.a", "foo.o"]).current_dir(project.root())).expect(0);
    project.append("three.c", "int foo(void);\nint by_library(void) { return foo(); }\n");
    project.replace("setup.py", "[\"three.c\"]", "[\"three.c\"], extra_objects=[\"libfoo.a\"]");
    project.builds();
    project.runs(0);
    make(2);
    expect_runs(&project);
}

#[test]
fn folders_of_the_environment() {
    for variable in ["CPATH", "C_INCLUDE_PATH"] {
        let Some(mut project) = Edited::new() else { return };
        project.write("three.c", "#include <deep.h>\nint three(void) { return DEEP; }\n");
        project.write("late/deep.h", "#define DEEP 1\n");
        let root = project.root();
        project.set(variable, &format!("{0}/early:{0}/late", root.display()));
        project.builds();
        project.runs(0);
        project.write("early/deep.h", "#define DEEP 2\n");
        expect_runs(&project);
        project.write("early/deep.h", "#define DEEP 3\n");
        expect_runs(&project);
    }
}

#[test]
fn length_of_a_file_name() {
    let Some(mut project) = Edited::with_store() else { return };
    let build_in = |project: &mut Edited, name: &str| {
        let folder = project.workspace.beside(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("named.h"), "#define NAMED sizeof __FILE__\n").unwrap();
        project.set("CFLAGS", &format!("-O1 -g0 -I{}", folder.display()));
        project.builds();
    };
    project.append("three.c", "#include <named.h>\nint named(void) { return NAMED; }\n");
    build_in(&mut project, "short");
    fs::remove_dir_all(project.root().join("build")).unwrap();
    build_in(&mut project, "with-a-longer-name");
}

#[test]
fn folders_in_which_programs_are_looked_for() {
    let Some(mut project) = Edited::built() else { return };
    let folder = project.workspace.beside("programs");
    fs::create_dir(&folder).unwrap();
    project.workspace.put_first_on_path(&folder);
    // As in another shell with another environment: nothing runs as long as the same programs are found.
    project.runs(0);
    let script = format!("#!/bin/sh\nexec {} --defsym new=1 \"$@\"\n", real("as"));
    fs::write(folder.join("as"), script).unwrap();
    project.runs(0);
    fs::set_permissions(folder.join("as"), fs::Permissions::from_mode(0o755)).unwrap();
    expect_runs(&project);
    fs::remove_file(folder.join("as")).unwrap();
    expect_runs(&project);
}

#[test]
fn file_where_a_folder_was_missing() {
    let Some(mut project) = Edited::new() else { return };
    project.set("CFLAGS", "-O1 -g0 -Iway/include");
    project.builds();
    project.runs(0);
    // GCC skips a directory that is missing, and fails where no directory can exist.
    project.write("way", "");
    run(&mut project.ambidex()).expect(1);
    run(&mut project.workspace.python(&["setup.py", "build", "--force"])).expect(1);
    project.remove("way");
    project.builds();
}

#[test]
fn what_a_command_depends_on_is_told() {
    let Some(project) = Edited::built() else { return };
    let all = run(&mut project.workspace.ambidex(&["explain", "--inputs"])).expect(0).stdout;
    let has = |word: &str, end: &str| {
        all.lines().any(|line| line.trim_start().starts_with(word) && line.ends_with(end))
    };
    assert!(has("found", "/near/one.h") && has("found", "/usr/include/stdc-predef.h"), "{all}");
    assert!(has("missing", "/near/stdc-predef.h"), "{all}");
    assert!(all.lines().any(|line| line.starts_with("  variables ") && line.contains("CPATH")), "{all}");
    let json = run(&mut project.workspace.ambidex(&["explain", "--inputs", "--format", "json"])).expect(0);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let looks = json["commands"][0]["looks"].as_array().unwrap();
    assert!(looks.iter().any(|look| look["seen"] == "there"), "{json}");
}
