//! Outputs that are not yet at their final paths, and commands that name their directories with `..` or through a link.
//! Each of these once left a stale module.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::{Edited, run};

/// A function that writes a header while the build goes on. Plain Python calls it at once.
const GENERATOR: &str = "\
try:
    from ambidex import generator
except ImportError:
    def generator(inputs, outputs):
        return lambda function: function

@generator(inputs=[\"value\"], outputs=[\"made/which.h\"])
def make():
    with open(\"value\") as file:
        text = file.read()
    with open(\"made/which.h\", \"w\") as file:
        file.write(text)

make()
";

/// Makes a project that generates `made/which.h` and includes it as `which.h` from this directory.
fn generating(include: &str) -> Option<Edited> {
    let project = Edited::new()?;
    project.write("value", "#define WHICH 1\n");
    fs::create_dir(project.root().join("made")).expect("the copy can be written");
    project.replace("setup.py", "FOLDERS = ", &format!("{GENERATOR}FOLDERS = "));
    project.replace("setup.py", "[\"three.c\"]", &format!("[\"three.c\"], include_dirs=[\"{include}\"]"));
    project.append("three.c", "#include <which.h>\nint which(void) { return WHICH; }\n");
    Some(project)
}

#[track_caller]
fn expect_right_after_a_change(project: &Edited) {
    project.builds();
    project.write("value", "#define WHICH 77\n");
    project.builds();
}

#[test]
fn folder_of_an_output_with_dots() {
    let Some(project) = generating("near/../made") else { return };
    expect_right_after_a_change(&project);
}

#[test]
fn folder_of_an_output_through_a_link() {
    let Some(project) = generating("linked") else { return };
    symlink("made", project.root().join("linked")).expect("the copy can be written");
    expect_right_after_a_change(&project);
}

#[test]
fn an_output_through_links_to_the_file() {
    for chain in [&["../made/which.h"][..], &["other.h", "../made/which.h"]] {
        let Some(project) = generating("linked") else { return };
        let folder = project.root().join("linked");
        fs::create_dir(&folder).expect("the copy can be written");
        for (name, target) in ["which.h", "other.h"].into_iter().zip(chain) {
            symlink(target, folder.join(name)).expect("the copy can be written");
        }
        expect_right_after_a_change(&project);
    }
}

/// A function that writes into a file changes it under all its names.
#[test]
fn an_output_with_another_name() {
    let Some(project) = generating("linked") else { return };
    fs::create_dir(project.root().join("linked")).expect("the copy can be written");
    project.write("made/which.h", "#define WHICH 0\n");
    let [made, linked] = ["made/which.h", "linked/which.h"].map(|name| project.root().join(name));
    fs::hard_link(made, linked).expect("the copy can be written");
    project.builds();
    project.write("value", "#define WHICH 77\n");
    let ran = run(&mut project.ambidex()).expect(0);
    assert_eq!(project.read("linked/which.h"), "#define WHICH 77\n", "{ran}");
    project.expect_right(&ran);
}
