//! Names with `..`, `.` or links in two places: what they lead to may differ, and so may whether two of them lead to the
//! same directory.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::misses::contains;
use crate::places::{LINKS, is_installed, two, two_unlike};
use crate::support::{ALL, Edited, Environment, all_files, run};

/// A header whose value tells whether the directories after its own have another one. GCC and Clang search a directory
/// only once, however many names it has.
const IS_LAST: &str = "\
#if __has_include_next(<both.h>)
#define BOTH 2
#else
#define BOTH 1
#endif
";

/// Makes the sources use these directories and this `both.h` in `far`.
fn include(project: &Edited, folders: &str, header: &str) {
    project.replace("setup.py", "[\"absent\", \"near\", \"far\"]", folders);
    project.replace("setup.py", "from setuptools", "import os, sys\nfrom setuptools");
    project.write("far/both.h", header);
}

fn link(project: &Edited, to: impl AsRef<Path>, name: &str) {
    symlink(to, project.root().join(name)).expect("the copy can be written");
}

#[test]
fn another_folder_and_names_with_dots() {
    let far = ["\"near/../far\"", "\".//near/./../far/\"", "os.path.abspath(\"near\") + \"/../far\""];
    for compiler in ["gcc", "clang"].into_iter().filter(|compiler| is_installed(compiler)) {
        for (far, flags, links) in [
            (far[0], "-O1 -g0", 0),
            (far[1], "-O1 -g0", 0),
            (far[2], "-O1 -g0", 0),
            (far[0], "-O1 -g", LINKS),
            (far[2], "-O1 -g", LINKS),
        ] {
            let Some([mut first, mut second]) = two_unlike(flags) else { return };
            for project in [&mut first, &mut second] {
                project.set("CC", compiler);
                include(
                    project,
                    &format!("[\"near\", {far}]"),
                    "static int b(void) { return 7; }\n#define BOTH b()\n",
                );
            }
            first.misses(ALL);
            second.misses(links);
            second.runs(0);
            // The directory of this name has another header now.
            second.workspace.copy_again();
            include(&second, &format!("[\"near\", {far}]"), "#define BOTH 8\n");
            second.misses(4.max(links));
        }
    }
}

#[test]
fn another_folder_and_a_linked_directory() {
    let Some([first, second]) = two("-O1 -g0") else { return };
    for project in [&first, &second] {
        include(project, "[\"near\", \"linked\"]", "#define BOTH 7\n");
        link(project, "far", "linked");
    }
    first.misses(ALL);
    second.misses(0);
}

#[test]
fn a_tree_that_has_moved_and_names_with_dots() {
    let Some(mut project) = Edited::new() else { return };
    include(&project, "[\"near\", \"near/../far\"]", IS_LAST);
    project.runs(ALL);
    project.workspace.rename("another project");
    project.runs(0);
    // The name leads to another directory, with the same header.
    let root = project.root();
    fs::create_dir_all(root.join("deep/near")).expect("the copy can be written");
    fs::create_dir(root.join("deep/far")).expect("the copy can be written");
    fs::rename(root.join("near"), root.join("aside")).expect("the copy can be written");
    fs::copy(root.join("aside/one.h"), root.join("deep/near/one.h")).expect("the copy can be written");
    fs::copy(root.join("far/both.h"), root.join("deep/far/both.h")).expect("the copy can be written");
    link(&project, "deep/near", "near");
    project.builds();
}

/// Builds first in one place and then in the other, in both orders. `change` makes of two equal projects what they are.
fn expect_right_in_both(folders: &str, change: impl Fn(&mut Edited, &mut Edited)) {
    for is_first in [true, false] {
        let Some([mut one, mut other]) = two("-O1 -g0") else { return };
        for project in [&one, &other] {
            include(project, folders, IS_LAST);
        }
        change(&mut one, &mut other);
        let (first, second) = if is_first { (&one, &other) } else { (&other, &one) };
        first.builds();
        let (ran, counts) = second.builds();
        assert!(counts.executed > 0, "{counts:?}\n{ran}");
    }
}

#[test]
fn two_names_of_one_folder_in_one_place() {
    expect_right_in_both("[\"near\", \"alias\", \"far\"]", |one, other| {
        link(one, "far", "alias");
        other.write("alias/both.h", IS_LAST);
    });
}

#[test]
fn dots_after_a_folder_that_is_a_link_in_one_place() {
    expect_right_in_both("[\"near\", \"near/../far\", \"far\"]", |one, _| {
        one.write("deep/far/both.h", IS_LAST);
        one.write("deep/near/one.h", &one.read("near/one.h"));
        fs::remove_dir_all(one.root().join("near")).expect("the copy can be written");
        link(one, "deep/near", "near");
    });
}

#[test]
fn names_that_leave_the_project() {
    // Both have such a directory beside the project. In one place it is also the one that the environment names.
    expect_right_in_both(
        "[\"near\", \"near/../../own/include\", sys.prefix + \"/include\"]",
        |one, other| {
            in_environment(one, "own");
            in_environment(other, "another");
            let beside = other.workspace.beside("own/include");
            fs::create_dir_all(&beside).expect("a temporary folder can be written");
            fs::write(beside.join("both.h"), IS_LAST).expect("a temporary folder can be written");
        },
    );
}

#[test]
fn an_environment_that_is_inside_of_the_project_in_one_place() {
    expect_right_in_both("[\"near\", \"own/include\", sys.prefix + \"/include\"]", |one, other| {
        let inside =
            one.root().join("own").strip_prefix(one.workspace.beside("")).expect("it is there").to_owned();
        in_environment(one, &inside.to_string_lossy());
        in_environment(other, "own");
        other.write("own/include/both.h", IS_LAST);
    });
}

/// Makes an environment at a path beside the project, with the header, for the builds of the project.
fn in_environment(project: &mut Edited, name: &str) {
    let Some(usual) = Environment::usual() else { return };
    let own = Environment::empty(&usual.python(), &project.workspace.beside(name));
    let header = project.workspace.beside(name).join("include/both.h");
    fs::create_dir_all(header.parent().expect("it is in a folder")).expect("it is ours");
    fs::write(header, IS_LAST).expect("it is ours");
    project.set("PYTHONPATH", &usual.site_packages().display().to_string());
    project.python = Some(own.python());
}

/// Makes `three.c` include a header in a directory of system headers.
fn includes_as_of_the_system(project: &Edited, folder: &str) {
    let arguments = format!("[\"three.c\"], extra_compile_args=[\"-isystem\", \"{folder}\"]");
    project.replace("setup.py", "[\"three.c\"]", &arguments);
    project.write("far/both.h", "#define BOTH 7\nstatic inline int both(void) { return BOTH; }\n");
    project.write("three.c", "#include <both.h>\nint three(void) { return both(); }\n");
}

/// GCC names a system header by its real path where that is shorter.
#[test]
fn a_link_that_leads_into_the_first_project() {
    let Some([first, second]) = two_unlike("-O1 -g") else { return };
    // A path below the directory for temporary files would have a role.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the target folder can be written");
    let outside = folder.path().join("long".repeat(20));
    fs::create_dir(&outside).expect("it is ours");
    symlink(first.root().join("far/both.h"), outside.join("both.h")).expect("it is ours");
    for project in [&first, &second] {
        includes_as_of_the_system(project, &outside.display().to_string());
    }
    first.builds();
    second.builds();
}

#[test]
fn a_relative_path_that_is_longer_than_the_real_one_in_one_place() {
    for is_first in [true, false] {
        let Some([short, long]) = two_unlike("-O1 -g") else { return };
        let length = short.root().as_os_str().len();
        let dots = "./".repeat(length / 2 + 2);
        for project in [&short, &long] {
            includes_as_of_the_system(project, &format!("{dots}far"));
        }
        let (first, second) = if is_first { (&short, &long) } else { (&long, &short) };
        first.builds();
        second.builds();
    }
}

/// Compilers write `PWD` as it is, if it leads to the working directory.
#[test]
fn another_spelling_of_the_working_directory() {
    let Some(mut project) = Edited::with_store() else { return };
    project.set("CFLAGS", "-O1 -g");
    project.misses(ALL);
    let root = project.root().display().to_string();
    for spelled in [format!("/{root}"), format!("{root}/"), format!("{root}/.")] {
        project.set("PWD", &spelled);
        project.misses(ALL);
        let object = all_files(&project.root().join("build"))
            .into_iter()
            .find(|path| path.file_name().is_some_and(|name| name == "one.o"))
            .expect("it was compiled");
        let text = format!("{spelled}\0");
        assert!(contains(&fs::read(object).expect("it is there"), &text), "{spelled}");
    }
}

/// For `#pragma once`, Clang goes by which names are those of one file.
#[test]
fn equal_headers_that_are_one_file_in_one_place() {
    if !is_installed("clang") {
        return;
    }
    expect_right_in_both("[\"near\", \"far\"]", |one, other| {
        for project in [&mut *one, &mut *other] {
            project.set("CC", "clang");
            project.write("far/both.h", "#pragma once\n#ifdef BOTH\n#define TWICE\n#endif\n#define BOTH 7\n");
            project.append(
                "near/one.h",
                "#include \"same.h\"\n#include <both.h>\n#ifdef TWICE\nint two;\n#endif\n",
            );
        }
        let [linked, copied] = [one, other]
            .map(|project| (project.root().join("far/both.h"), project.root().join("near/same.h")));
        fs::hard_link(linked.0, linked.1).expect("the copy can be written");
        fs::copy(&copied.0, &copied.1).expect("the copy can be written");
        let time = fs::metadata(&copied.0).and_then(|data| data.modified()).expect("it is there");
        let copy = fs::File::options().append(true).open(copied.1).expect("it is there");
        copy.set_modified(time).expect("it is ours");
    });
}

/// Makes `near/one.h` include this name, with a warning of Clang as an error if only the case of its letters differs
/// from the real name.
fn includes_by_name(project: &mut Edited, name: &str) {
    project.set("CC", "clang");
    project.set("CFLAGS", "-O1 -g0 -Werror=nonportable-include-path");
    project.write("near/inc/a.h", "#define A 1\n");
    project.append("near/one.h", &format!("#include \"{name}\"\n"));
}

#[test]
fn a_name_that_is_real_in_one_place() {
    if !is_installed("clang") {
        return;
    }
    for (name, target, linked) in [("Inc/a.h", "inc", "near/Inc"), ("A.h", "inc/a.h", "near/A.h")] {
        let Some([mut one, mut other]) = two("-O1 -g0") else { return };
        for project in [&mut one, &mut other] {
            includes_by_name(project, name);
        }
        one.write(&format!("near/{name}"), "#define A 1\n");
        link(&other, target, linked);
        one.misses(ALL);
        let ran = run(&mut other.ambidex()).expect(1);
        assert!(ran.stderr.contains("non-portable path"), "{ran}");
    }
}

#[test]
fn another_folder_and_headers_that_are_links() {
    if !is_installed("clang") {
        return;
    }
    let Some([mut first, mut second]) = two_unlike("-O1 -g0") else { return };
    for project in [&mut first, &mut second] {
        includes_by_name(project, "../near/linked/a.h");
        link(project, "inc", "near/linked");
        link(project, "../far/both.h", "near/both.h");
        project.append("near/one.h", "#include \"both.h\"\n");
    }
    first.misses(ALL);
    second.misses(0);
}

/// Clang compares the name of a header with the name of the project's directory.
#[test]
fn a_link_to_the_project_itself() {
    if !is_installed("clang") {
        return;
    }
    let Some([mut one, mut other]) = two("-O1 -g0") else { return };
    one.workspace.rename("Alike");
    for project in [&mut one, &mut other] {
        includes_by_name(project, "../alike/near/inc/a.h");
        link(project, ".", "alike");
    }
    other.misses(ALL);
    let ran = run(&mut one.ambidex()).expect(1);
    assert!(ran.stderr.contains("non-portable path"), "{ran}");
}
