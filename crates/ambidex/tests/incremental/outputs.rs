//! Outputs that were removed or changed from outside.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Edited, all_files};

/// Returns the objects that ambidex keeps.
fn objects(project: &Edited) -> Vec<PathBuf> {
    let objects = all_files(&project.root().join("build/.ambidex"));
    let is_object = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "o");
    let objects: Vec<PathBuf> = objects.into_iter().filter(is_object).collect();
    assert!(!objects.is_empty(), "no objects are kept");
    objects
}

/// Changes one byte in the middle of a file, and nothing in its status but the time of the last status change.
fn damage(file: &Path) {
    let time = fs::metadata(file).and_then(|data| data.modified()).expect("it is there");
    let mut bytes = fs::read(file).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    fs::write(file, bytes).expect("it can be written");
    let file = fs::File::options().append(true).open(file).expect("it is there");
    file.set_modified(time).expect("it is our file");
}

/// Builds. Fails the test if more than `most` commands run; ambidex may have another copy of what is missing.
#[track_caller]
fn mends(project: &Edited, most: u64) {
    let (ran, counts) = project.builds();
    assert!(counts.executed <= most, "{counts:?}\n{ran}");
    project.runs(0);
}

#[test]
fn removed_module_comes_back() {
    let Some(project) = Edited::built() else { return };
    fs::remove_file(project.module("two")).unwrap();
    mends(&project, 1);
}

#[test]
fn damaged_module_is_mended() {
    let Some(project) = Edited::built() else { return };
    damage(&project.module("two"));
    mends(&project, 1);
    fs::write(project.module("two"), "").unwrap();
    mends(&project, 1);
}

#[test]
fn module_that_the_user_has_edited() {
    let Some(project) = Edited::built() else { return };
    let module = project.module("two");
    let mut bytes = fs::read(&module).unwrap();
    bytes.extend(b"a note");
    fs::write(&module, bytes).unwrap();
    mends(&project, 1);
    // The module also changes at the same time as its source.
    fs::write(&module, "a note").unwrap();
    project.replace("two.c", "BOTH", "BOTH + 1");
    project.runs(2);
}

#[test]
fn damaged_module_never_becomes_what_is_kept() {
    let Some(project) = Edited::built() else { return };
    // The file is changed in place, which a hard link to a kept file would pass on.
    damage(&project.module("two"));
    fs::remove_file(project.module("two")).unwrap();
    mends(&project, 1);
}

#[test]
fn removed_library_folder_comes_back() {
    let Some(project) = Edited::built() else { return };
    let folder = project.module("two").parent().expect("it is in a folder").to_owned();
    fs::remove_dir_all(folder).unwrap();
    mends(&project, 3);
}

#[test]
fn removed_objects() {
    let Some(project) = Edited::built() else { return };
    for object in objects(&project) {
        fs::remove_file(object).unwrap();
    }
    let (ran, counts) = project.builds();
    // No command needs them, but they may be made again.
    assert!(counts.executed <= 5, "{counts:?}\n{ran}");
    // Now each object of module `one` is needed, and nothing has changed for one of them.
    project.replace("one.c", "ONE", "ONE + 1");
    let (ran, counts) = project.builds();
    assert!((2..=3).contains(&counts.executed), "{counts:?}\n{ran}");
    project.runs(0);
}

#[test]
fn damaged_objects() {
    let Some(project) = Edited::built() else { return };
    objects(&project).iter().for_each(|object| damage(object));
    let (ran, counts) = project.builds();
    assert!(counts.executed <= 5, "{counts:?}\n{ran}");
    objects(&project).iter().for_each(|object| damage(object));
    project.replace("one.c", "ONE", "ONE + 1");
    let (ran, counts) = project.builds();
    assert!((2..=6).contains(&counts.executed), "{counts:?}\n{ran}");
    project.runs(0);
}

#[test]
fn removed_state() {
    let Some(project) = Edited::built() else { return };
    fs::remove_dir_all(project.root().join("build/.ambidex")).unwrap();
    project.builds();
    project.runs(0);
    fs::remove_dir_all(project.root().join("build")).unwrap();
    project.builds();
    project.runs(0);
}
