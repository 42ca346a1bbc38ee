//! The state: what others can read in it, and how a build deals with something else in its place, or in the place of a
//! file that commands look at.

use std::fs;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::process::Command;

use rustix::fs::OFlags;
use rustix::process::Signal;

use super::found::{executable, expect_runs, real};
use crate::support::{Edited, run, run_until_signalled};

/// The flag as `OpenOptions` takes it.
const O_NONBLOCK: i32 = OFlags::NONBLOCK.bits() as i32;

#[test]
fn umask_of_the_build() {
    let Some(project) = Edited::new() else { return };
    let mode = |project: &Edited| fs::metadata(project.module("one")).unwrap().permissions().mode() & 0o777;
    let build = |umask: &str| {
        let ambidex = project.ambidex();
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("umask {umask}; exec \"$0\" \"$@\""))
            .arg(ambidex.get_program())
            .args(ambidex.get_args());
        shell.current_dir(project.root());
        let variables = ambidex.get_envs().filter_map(|(name, value)| Some((name, value?)));
        run(shell.envs(variables)).expect(0);
    };
    build("022");
    assert_eq!(mode(&project), 0o755);
    fs::remove_dir_all(project.root().join("build").join("lib")).ok();
    fs::remove_file(project.module("one")).unwrap();
    build("077");
    assert_eq!(mode(&project), 0o700);
    assert_eq!(project.counts().executed, 0);
}

#[test]
fn values_of_variables_are_nobodys_to_read() {
    let Some(mut project) = Edited::new() else { return };
    executable(&project, "cc", &format!("exec {} \"$@\"", real("cc")));
    let cc = project.root().join("cc").display().to_string();
    project.set("CC", &cc);
    project.set("SECRET_TOKEN", "hunter2-in-the-clear");
    project.builds();
    let state = project.root().join("build/.ambidex/state");
    let bytes = fs::read(&state).unwrap();
    assert!(has(&bytes, b"SECRET_TOKEN"), "a script may read it");
    assert!(!has(&bytes, b"hunter2"));
    assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o600);
    let folder = fs::metadata(state.parent().unwrap()).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    project.set("SECRET_TOKEN", "another");
    expect_runs(&project);
    let told = run(&mut project.workspace.ambidex(&["explain"])).expect(0);
    assert!(!told.stdout.contains("another"), "{told}");
}

fn has(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[test]
fn links_in_the_state_folder_are_not_followed() {
    for name in ["obj", "state"] {
        let Some(project) = Edited::built() else { return };
        let (place, outside) =
            (project.root().join("build/.ambidex").join(name), project.workspace.beside("outside"));
        if name == "obj" {
            fs::remove_dir_all(&place).unwrap();
            fs::create_dir_all(outside.join("1")).unwrap();
        } else {
            fs::remove_file(&place).unwrap();
            fs::write(&outside, "mine").unwrap();
        }
        symlink(&outside, &place).unwrap();
        let (ran, _) = project.builds();
        assert!(ran.stderr.contains("is a symbolic link"), "{ran}");
        let untouched =
            if name == "obj" { outside.join("1").is_dir() } else { fs::read(&outside).unwrap() == b"mine" };
        assert!(untouched, "{name}");
    }
}

#[test]
fn pipe_in_the_place_of_a_header() {
    let Some(project) = Edited::built() else { return };
    project.remove("near/one.h");
    run(Command::new("mkfifo").arg(project.root().join("near/one.h"))).expect(0);
    // The compiler waits for the pipe. The check for changes must not wait for it.
    let mut ambidex = project.ambidex();
    let pipe = project.root().join("near/one.h");
    let mut writer = None;
    let ran = run_until_signalled(&mut ambidex, Signal::TERM, || {
        // This succeeds as soon as a process reads (fifo(7)). While the pipe is open, the compiler waits for content.
        let opened = fs::File::options().write(true).custom_flags(O_NONBLOCK).open(&pipe);
        writer = opened.ok();
        writer.is_some()
    });
    assert_ne!(ran.code, 0, "{ran}");
}

#[test]
fn command_that_leaves_something_behind() {
    let Some(mut project) = Edited::new() else { return };
    executable(&project, "cc", &format!("sleep 61.7 &\nexec {} \"$@\"", real("cc")));
    let cc = project.root().join("cc").display().to_string();
    project.set("CC", &cc);
    let began = std::time::Instant::now();
    run(&mut project.ambidex()).expect(0);
    assert!(began.elapsed().as_secs() < 50, "nobody waits for what a command leaves behind");
    run(Command::new("pkill").args(["-f", "sleep 61.7"]));
}
