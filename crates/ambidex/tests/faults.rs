//! System calls that fail in ambidex itself: it goes on or ends with a message, without a backtrace and without
//! hanging, and the next build is right. `cargo xtask faults` found these faults, and looks for more.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Instant;

use support::{
    Environment, Files, Ran, Workspace, differences, on_path, run, shared_source, skipped,
    wait_until_none_has,
};

/// Returns the example, and the files that the serial build makes of it.
fn example() -> Option<(Workspace, Files)> {
    let workspace = Workspace::new(&shared_source(), &Environment::usual()?);
    workspace.build_serially();
    let expected = Files::built(&workspace.root());
    workspace.start_again();
    Some((workspace, expected))
}

/// Runs `ambidex build` with this fault, in the notation of strace(1), in ambidex alone. Fails the test if the fault
/// never occurs.
#[track_caller]
fn build_with(workspace: &Workspace, fault: &str) -> Option<Ran> {
    if on_path("strace").is_none() {
        skipped("calls that fail: there is no strace");
        return None;
    }
    let log = workspace.beside("calls");
    let mut command = workspace.command("strace");
    command.args(["-f", "--detach-on=execve", "-qq", "-o"]).arg(&log);
    let calls = fault.split(':').next().unwrap_or_default();
    command.args(["-e", &format!("trace={calls}"), "-e", &format!("inject={fault}")]);
    command.args([env!("CARGO_BIN_EXE_ambidex"), "build", "-j2"]);
    let ran = run(&mut command);
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("(INJECTED)"), "{log}\n{ran}");
    let printed = ran.printed();
    assert!(!printed.contains("panicked") && !printed.contains("Traceback"), "{ran}");
    wait_until_none_has(&workspace.temporary().to_string_lossy());
    Some(ran)
}

/// Fails the test unless a build without any fault is right.
#[track_caller]
fn expect_right(workspace: &Workspace, expected: &Files) {
    let ran = workspace.build(&["-j2"]);
    assert_eq!(differences(expected, &Files::built(&workspace.root())), [""; 0], "{ran}");
}

#[test]
fn processes_that_can_not_be_told_what_is_pending() {
    let Some((workspace, expected)) = example() else { return };
    // The fault hits the shared table, which processes read. Python asks on another connection than the one that the
    // error ends.
    let Some(ran) = build_with(&workspace, "pwrite64:error=ENOSPC:when=3+") else { return };
    let ran = ran.expect(1);
    assert!(ran.stderr.contains("can't be written: No space left on device"), "{ran}");
    expect_right(&workspace, &expected);
}

#[test]
fn more_connections_than_files_may_be_open() {
    let Some((workspace, expected)) = example() else { return };
    let Some(ran) = build_with(&workspace, "accept4:error=EMFILE:when=1..3") else { return };
    let ran = ran.expect(0);
    assert_eq!(differences(&expected, &Files::built(&workspace.root())), [""; 0], "{ran}");
}

#[test]
fn state_that_can_not_be_kept() {
    let Some((workspace, expected)) = example() else { return };
    for calls in ["mkdir", "rename,renameat,renameat2"] {
        workspace.start_again();
        if build_with(&workspace, &format!("{calls}:error=ENOSPC:when=3+")).is_some() {
            expect_right(&workspace, &expected);
        }
    }
}

#[test]
fn end_of_a_command_that_no_file_tells() {
    let Some((mut workspace, expected)) = example() else { return };
    let cc = workspace.beside("cc");
    fs::write(&cc, "#!/bin/sh\nenv -i sleep 62.9 &\nexec gcc \"$@\"\n").unwrap();
    fs::set_permissions(&cc, fs::Permissions::from_mode(0o755)).unwrap();
    workspace.variables.push(("CC".to_owned(), cc.display().to_string()));
    let began = Instant::now();
    // As on a kernel before 5.3.
    let ran = build_with(&workspace, "pidfd_open:error=ENOSYS");
    run(Command::new("pkill").args(["-f", "sleep 62.9"]));
    let Some(ran) = ran else { return };
    let ran = ran.expect(0);
    assert!(began.elapsed().as_secs() < 50, "nobody waits for what a command leaves behind");
    assert_eq!(differences(&expected, &Files::built(&workspace.root())), [""; 0], "{ran}");
}

/// Runs ambidex in a shell that redirects one of its streams.
fn redirected(workspace: &Workspace, arguments: &str, stream: &str) -> Ran {
    let mut command: Command = workspace.command("sh");
    command.args(["-c", &format!("exec \"$0\" {arguments} {stream}"), env!("CARGO_BIN_EXE_ambidex")]);
    let ran = run(&mut command);
    assert!(!ran.printed().contains("panicked"), "{ran}");
    ran
}

#[test]
fn standard_output_that_is_full() {
    let Some((mut workspace, _)) = example() else { return };
    workspace.store = Some(workspace.beside("store"));
    workspace.build(&[]);
    for arguments in ["check", "explain", "cache stats", "cache verify", "cache gc"] {
        let ran = redirected(&workspace, arguments, ">/dev/full").expect(2);
        assert!(ran.stderr.starts_with("error: standard output can't be written"), "{arguments}: {ran}");
        // It is not a mistake to stop reading the output.
        let ran = redirected(&workspace, arguments, "2>/dev/null | :");
        assert_eq!(ran.stderr, "", "{arguments}");
    }
}

#[test]
fn standard_error_that_is_full() {
    let Some((mut workspace, expected)) = example() else { return };
    // ambidex has something to say about this store.
    let store = workspace.beside("store");
    fs::write(&store, "").unwrap();
    workspace.store = Some(store);
    let ran = redirected(&workspace, "build -j2", "2>/dev/full").expect(0);
    assert_eq!(differences(&expected, &Files::built(&workspace.root())), [""; 0], "{ran}");
}
