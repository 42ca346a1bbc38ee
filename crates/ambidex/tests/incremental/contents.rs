//! Edits of files that commands read.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::{ALL, Edited, Files, differences, on_path, run};

#[test]
fn nothing_changed() {
    let Some(project) = Edited::built() else { return };
    project.runs(0);
    project.runs(0);
    project.workspace.expect_nothing_left_behind();
}

#[test]
fn edited_source() {
    let Some(project) = Edited::built() else { return };
    let before = project.clean();
    project.replace("three.c", "3", "4");
    project.runs(2);
    assert_eq!(differences(&before, &Files::built(&project.root())).len(), 1);
    project.runs(0);
}

#[test]
fn edited_source_that_two_modules_share() {
    let Some(project) = Edited::built() else { return };
    project.replace("common.c", "return LEVEL", "return LEVEL + 1");
    project.runs(4);
}

#[test]
fn content_that_came_back_before_the_build() {
    let Some(project) = Edited::built() else { return };
    let (text, time) = (project.read("far/both.h"), project.modified("far/both.h"));
    project.write("far/both.h", "#define BOTH 8\n");
    project.write("far/both.h", &text);
    project.runs(0);
    // The same content in a new file, with the old time.
    project.remove("far/both.h");
    project.write("far/both.h", &text);
    project.touch("far/both.h", time);
    project.runs(0);
}

#[test]
fn content_that_came_back_after_a_build() {
    let Some(project) = Edited::built() else { return };
    let (text, time) = (project.read("three.c"), project.modified("three.c"));
    for keep_time in [false, true] {
        project.replace("three.c", "3", "4");
        project.runs(2);
        project.write("three.c", &text);
        if keep_time {
            project.touch("three.c", time);
        }
        project.runs(2);
    }
}

#[test]
fn edited_header_concerns_exactly_its_includers() {
    let Some(project) = Edited::built() else { return };
    project.replace("near/one.h", "1", "2");
    project.runs(2);
    project.replace("far/both.h", "7", "8");
    project.runs(4);
    project.runs(0);
}

#[test]
fn header_of_a_header() {
    let Some(project) = Edited::built() else { return };
    project.write("far/both.h", "#include \"deep.h\"\n");
    project.write("far/deep.h", "#define BOTH 9\n");
    project.runs(4);
    project.replace("far/deep.h", "9", "10");
    project.runs(4);
}

#[test]
fn unchanged_object_is_not_linked_again() {
    let Some(project) = Edited::built() else { return };
    project.append("three.c", "/* Nothing else. */\n");
    project.runs(1);
    project.append("far/both.h", "/* Nothing else. */\n");
    project.runs(2);
    project.runs(0);
}

#[test]
fn object_that_changes_after_one_that_did_not() {
    let Some(project) = Edited::built() else { return };
    project.append("three.c", "/* Nothing else. */\n");
    project.runs(1);
    project.append("three.c", "int four(void) { return 4; }\n");
    project.runs(2);
}

#[test]
fn new_file_that_nothing_includes() {
    let Some(project) = Edited::built() else { return };
    project.write("near/unrelated.h", "#define UNRELATED 1\n");
    project.write("unrelated.c", "int unrelated(void) { return 1; }\n");
    project.runs(0);
    project.remove("near/unrelated.h");
    project.runs(0);
}

#[test]
fn header_that_newly_shadows() {
    // Earlier on the include path; in a directory that did not exist at all, where each source may now find something;
    // beside the source.
    for (name, count) in [("near/both.h", 4), ("absent/both.h", 6), ("both.h", 4)] {
        let Some(project) = Edited::built() else { return };
        project.write(name, "#define BOTH 70\n");
        project.runs(count);
        project.runs(0);
        project.remove(name);
        project.runs(4);
    }
}

#[test]
fn header_that_a_source_asks_for() {
    let Some(project) = Edited::new() else { return };
    project.write(
        "two.c",
        "#if __has_include(\"extra.h\")\n#include \"extra.h\"\n#else\n#define EXTRA 0\n#endif\n\
         #include \"both.h\"\nint two(void) { return BOTH + EXTRA; }\n",
    );
    project.runs(ALL);
    project.write("near/extra.h", "#define EXTRA 5\n");
    project.runs(2);
    project.remove("near/extra.h");
    project.runs(2);
}

#[test]
fn header_behind_a_link_that_is_set_elsewhere() {
    let Some(project) = Edited::new() else { return };
    project.write("far/first.inc", "#define BOTH 7\n");
    project.write("far/second.inc", "#define BOTH 8\n");
    project.remove("far/both.h");
    let link = project.root().join("far/both.h");
    symlink("first.inc", &link).unwrap();
    project.runs(ALL);
    fs::remove_file(&link).unwrap();
    symlink("second.inc", &link).unwrap();
    project.runs(4);
}

#[test]
fn failure_is_no_result() {
    let Some(project) = Edited::built() else { return };
    let text = project.read("two.c");
    project.write("two.c", "#error not yet\n");
    for _ in 0..2 {
        let ran = run(&mut project.ambidex()).expect(1);
        assert_eq!(ran.printed().matches("error: #error not yet").count(), 1, "{ran}");
    }
    project.write("two.c", &text);
    project.builds();
    project.runs(0);
    // A header disappears and comes back.
    let text = project.read("near/one.h");
    project.remove("near/one.h");
    run(&mut project.ambidex()).expect(1);
    project.write("near/one.h", &text);
    project.builds();
    project.runs(0);
}

/// Makes `libhelp.a` in a directory, with a function that returns the value.
fn write_library(project: &Edited, folder: &str, value: u32) {
    project.write(&format!("{folder}/help.c"), &format!("int help(void) {{ return {value}; }}\n"));
    let at = |name: &str| project.root().join(folder).join(name);
    let mut compiler = project.workspace.command(on_path("cc").expect("the tests need a C compiler"));
    run(compiler.arg("-fPIC").arg("-c").arg(at("help.c")).arg("-o").arg(at("help.o"))).expect(0);
    let _ = fs::remove_file(at("libhelp.a"));
    run(project.workspace.command("ar").arg("rcD").arg(at("libhelp.a")).arg(at("help.o"))).expect(0);
}

#[test]
fn library_that_changes_or_newly_shadows() {
    let Some(project) = Edited::new() else { return };
    project.write("three.c", "int help(void);\nint three(void) { return help(); }\n");
    let with_library = "[\"three.c\"], libraries=[\"help\"], library_dirs=[\"first\", \"second\"]";
    project.replace("setup.py", "[\"three.c\"]", with_library);
    write_library(&project, "second", 1);
    project.runs(ALL);
    write_library(&project, "second", 2);
    project.runs(1);
    write_library(&project, "first", 3);
    project.runs(1);
    project.runs(0);
    project.remove("first/libhelp.a");
    project.runs(1);
}

/// Setuptools compares the times of the sources alone, before it compiles any of them again.
#[test]
fn header_of_a_library() {
    let Some(project) = Edited::new() else { return };
    project.write("z.h", "#define Z 1\n");
    project.write("z.c", "#include \"z.h\"\nint z(void) { return Z; }\n");
    project.append("three.c", "int z(void);\nint uses_z(void) { return z(); }\n");
    project.replace("setup.py", "setup(", "setup(libraries=[(\"z\", {\"sources\": [\"z.c\"]})], ");
    project.builds();
    project.write("z.h", "#define Z 77\n");
    let (ran, counts) = project.builds();
    assert!(counts.executed >= 3, "{counts:?}\n{ran}");
    let (ran, counts) = project.builds();
    assert_eq!(counts.executed, 0, "{counts:?}\n{ran}");
}
