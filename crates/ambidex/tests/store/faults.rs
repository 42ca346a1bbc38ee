//! Stores that are damaged or can't be used: the build succeeds and is right.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{ALL, Edited, all_files, run, skipped};

/// Returns the files of the store. The capture may be in the same directory, with bytecode that Python does not check.
fn stored(project: &Edited) -> Vec<PathBuf> {
    let store = project.workspace.store.clone().expect("there is one");
    let mut files = all_files(&store);
    files.retain(|file| !file.starts_with(store.join("capture")));
    assert!(!files.is_empty(), "the store is empty");
    files
}

/// Damages every file of the store, and builds in fresh copies.
fn damage(change: impl Fn(&Path)) {
    let Some(project) = Edited::with_store() else { return };
    project.misses(ALL);
    for file in stored(&project) {
        change(&file);
    }
    project.workspace.copy_again();
    let (ran, counts) = project.builds();
    // The build need not miss a file that it does not read, and a damaged file may be only a note of sizes.
    assert!(counts.executed > 0, "{counts:?}\n{ran}");
    // The damaged files were thrown away, and exist again.
    project.workspace.copy_again();
    project.misses(0);
}

#[test]
fn wrong_byte() {
    damage(|file| {
        let mut bytes = fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        if let Some(byte) = bytes.get_mut(middle) {
            *byte ^= 0x55;
        }
        overwrite(file, &bytes);
    });
}

#[test]
fn half_of_it() {
    damage(|file| {
        let bytes = fs::read(file).unwrap();
        overwrite(file, &bytes[..bytes.len() / 2]);
    });
}

#[test]
fn nothing_of_it() {
    damage(|file| overwrite(file, b""));
}

#[test]
fn removed_files() {
    damage(|file| fs::remove_file(file).unwrap());
}

/// Writes a file that may be read-only.
fn overwrite(file: &Path, bytes: &[u8]) {
    let permissions = fs::metadata(file).unwrap().permissions();
    fs::remove_file(file).unwrap();
    fs::write(file, bytes).unwrap();
    fs::set_permissions(file, permissions).unwrap();
}

/// Damages one file at a time, so that one part of an entry exists and another does not.
#[test]
fn one_file_at_a_time() {
    let Some(project) = Edited::with_store() else { return };
    project.misses(ALL);
    // The clean build is always the same.
    let clean = project.clean();
    for file in stored(&project) {
        if !file.exists() {
            continue;
        }
        let mut bytes = fs::read(&file).unwrap();
        match bytes.last_mut() {
            Some(last) => *last ^= 0x55,
            None => continue,
        }
        overwrite(&file, &bytes);
        project.workspace.copy_again();
        let ran = run(&mut project.ambidex()).expect(0);
        let built = crate::support::Files::built(&project.root());
        assert!(built == clean, "{}: {ran}", file.display());
    }
}

/// Builds with a store that can't be used. Fails the test unless the build succeeds and reports this once.
#[track_caller]
fn does_without(project: &Edited, command: &mut Command) {
    let ran = run(command).expect(0);
    project.expect_right(&ran);
    let store = project.workspace.store.clone().expect("there is one").display().to_string();
    let told = ran.stderr.lines().filter(|line| line.contains(&store)).count();
    assert_eq!(told, 1, "{ran}");
    assert_eq!(project.counts().executed, ALL, "{ran}");
}

#[test]
fn store_that_is_a_file() {
    let Some(project) = Edited::with_store() else { return };
    fs::write(project.workspace.beside("store"), "a file\n").unwrap();
    does_without(&project, &mut project.ambidex());
    assert_eq!(fs::read_to_string(project.workspace.beside("store")).unwrap(), "a file\n");
}

#[test]
fn store_that_can_not_be_made() {
    let Some(mut project) = Edited::with_store() else { return };
    project.workspace.store = Some("/proc/no/such/folder".into());
    does_without(&project, &mut project.ambidex());
}

/// Returns a command that does `first` and then runs the given command, as a user who may mount file systems but owns
/// no files of other users. Reports a skip and returns `None` where this is not possible.
fn after(project: &Edited, first: &str, command: &Command) -> Option<Command> {
    let below = |program: &Command| {
        let mut command = project.workspace.command("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
        command.arg(format!("{first} && exec \"$0\" \"$@\""));
        command.arg(program.get_program()).args(program.get_args());
        command
    };
    if run(&mut below(&Command::new("true"))).code != 0 {
        skipped(&format!("`{first}` can't be done here"));
        return None;
    }
    Some(below(command))
}

#[test]
fn store_on_a_full_disk() {
    let Some(project) = Edited::with_store() else { return };
    let store = project.workspace.beside("store");
    fs::create_dir(&store).unwrap();
    let mount = format!("mount -t tmpfs -o size=16k none {}", store.display());
    let Some(mut build) = after(&project, &mount, &project.ambidex()) else { return };
    let ran = run(&mut build).expect(0);
    project.expect_right(&ran);
    assert_eq!(project.counts().executed, ALL, "{ran}");
}

/// Fails the test unless a build uses what is in the store, and reports once that it can't put anything there.
#[track_caller]
fn only_reads(project: &Edited, first: &str) {
    let Some(mut build) = after(project, first, &project.ambidex()) else { return };
    let ran = run(&mut build).expect(0);
    project.expect_right(&ran);
    assert_eq!((project.counts().executed, project.counts().cached), (0, ALL), "{ran}");
    project.workspace.copy_again();
    let source = project.root().join("common.c");
    let text = fs::read_to_string(&source).unwrap() + "int appended;\n";
    fs::write(&source, text).unwrap();
    let ran = run(&mut build).expect(0);
    project.expect_right(&ran);
    assert!(project.counts().executed > 0, "{ran}");
    let told = ran.stderr.lines().filter(|line| line.starts_with("warning:")).count();
    assert_eq!(told, 1, "{ran}");
}

#[test]
fn store_that_is_read_only() {
    let Some(project) = Edited::with_store() else { return };
    project.misses(ALL);
    project.workspace.copy_again();
    let store = project.workspace.beside("store").display().to_string();
    only_reads(&project, &format!("mount --bind {store} {store} && mount -o remount,bind,ro {store}"));
}

#[test]
fn store_of_somebody_else() {
    let Some(project) = Edited::with_store() else { return };
    project.misses(ALL);
    project.workspace.copy_again();
    for entry in walkdir::WalkDir::new(project.workspace.beside("store")) {
        if std::os::unix::fs::lchown(entry.unwrap().path(), Some(12345), Some(12345)).is_err() {
            skipped("a store of somebody else: files can't be given away here");
            return;
        }
    }
    only_reads(&project, "true");
}

#[test]
fn store_at_an_odd_path() {
    for name in ["a b", "a:b", "a\nb", "a\"'b", "ä%s$HOME"] {
        let Some(mut project) = Edited::with_store() else { return };
        project.workspace.store = Some(project.workspace.beside(name));
        project.misses(ALL);
        project.workspace.copy_again();
        project.misses(0);
    }
}

#[test]
fn store_at_a_relative_path() {
    let Some(mut project) = Edited::with_store() else { return };
    project.workspace.store = Some("../relative/store".into());
    project.misses(ALL);
    assert!(project.root().join("../relative/store/v1").is_dir());
    project.workspace.copy_again();
    project.misses(0);
}

#[test]
fn no_store() {
    let Some(project) = Edited::built() else { return };
    project.workspace.copy_again();
    project.runs(ALL);
    let kept = all_files(&project.workspace.cache());
    // The capture's own library is beside its Python files.
    let own = project.workspace.cache().join("ambidex/capture");
    let made = kept
        .iter()
        .filter(|file| !file.starts_with(&own))
        .filter(|file| file.extension().is_some_and(|e| e == "o" || e == "so"))
        .count();
    assert_eq!(made, 0, "{kept:#?}");
}
