//! Outputs that are not yet at their final paths, and commands that name their directories with `..` or through a link.
//! Each of these once left a stale module.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::Edited;

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
