//! Builds of one tree at the same time, and after one that was killed: each has the tree to itself, and finds it
//! intact.

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use support::{
    Compiler, Environment, Files, Workspace, differences, run_until_signalled, shared_source,
    wait_until_none_has,
};

/// A compiler that waits until the test releases it, but at most a minute, which no test takes.
const HELD: &str = "case \" $* \" in *\" -c \"*) tell; n=0; while held && [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done;; esac
exec \"$REAL\" \"$@\"";

/// Returns a project whose compiler waits, and the files that the serial build leaves.
fn held() -> Option<(Workspace, Compiler, Files)> {
    let mut workspace = Workspace::new(&shared_source(), &Environment::usual()?);
    let compiler = Compiler::install(&mut workspace, HELD);
    workspace.build_serially();
    let serial = Files::built(&workspace.root());
    workspace.start_again();
    // Forgets the compilers of the serial build.
    compiler.hold();
    compiler.release();
    compiler.hold();
    Some((workspace, compiler, serial))
}

fn start(workspace: &Workspace) -> Child {
    let mut command = workspace.ambidex(&["run", "-j2", "--", "python", "setup.py", "build"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().expect("ambidex can be started")
}

fn wait_for_compilers(compiler: &Compiler, count: usize) {
    while compiler.told().len() < count {
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn end_of(mut build: Child) -> String {
    let said = build.stderr.take().expect("it is piped");
    end(build, said)
}

/// Waits for the end of the build, and returns the rest of its output.
fn end(mut build: Child, mut said: impl Read) -> String {
    let mut rest = String::new();
    said.read_to_string(&mut rest).expect("it writes text");
    assert!(build.wait().expect("it is our child").success(), "{rest}");
    rest
}

#[track_caller]
fn expect_second_waits(is_build_there: bool) {
    let Some((workspace, compiler, serial)) = held() else { return };
    if is_build_there {
        fs::create_dir(workspace.root().join("build")).expect("a copy can be written");
    }
    let first = start(&workspace);
    wait_for_compilers(&compiler, 2);
    let mut second = start(&workspace);
    let mut said = BufReader::new(second.stderr.take().expect("it is piped"));
    let mut line = String::new();
    said.read_line(&mut line).expect("it writes text");
    assert!(line.starts_with("waiting for another build of "), "{line}");
    assert_eq!(compiler.told().len(), 2, "the second has begun");
    compiler.release();
    end_of(first);
    let rest = end(second, said);
    // The four compilations run again, because the compiler writes down each time that it was called.
    assert!(
        rest.contains(" 4 commands run, 2 up to date"),
        "the second finds what the first has made: {rest}"
    );
    let differing = differences(&serial, &Files::built(&workspace.root()));
    assert!(differing.is_empty(), "{differing:#?}");
    workspace.expect_nothing_left_behind();
}

#[test]
fn second_build_waits_for_the_first() {
    expect_second_waits(true);
}

#[test]
fn second_build_waits_where_the_first_has_no_build_folder() {
    expect_second_waits(false);
}

#[track_caller]
fn expect_next_is_right(is_build_there: bool) {
    let Some((workspace, compiler, serial)) = held() else { return };
    if is_build_there {
        fs::create_dir(workspace.root().join("build")).expect("a copy can be written");
    }
    let mark = workspace.temporary().to_string_lossy().into_owned();
    let mut command = workspace.ambidex(&["run", "-j2", "--", "python", "setup.py", "build"]);
    run_until_signalled(&mut command, Signal::KILL, || compiler.told().len() >= 2);
    compiler.release();
    wait_until_none_has(&mark);
    let next = end_of(start(&workspace));
    let differing = differences(&serial, &Files::built(&workspace.root()));
    assert!(differing.is_empty(), "{differing:#?}\n{next}");
    assert!(workspace.root().join("build/.ambidex/state").is_file(), "{next}");
    let again = end_of(start(&workspace));
    // These are the links, which the compiler doesn't write down.
    assert!(again.contains(" 2 up to date"), "{again}");
    workspace.expect_nothing_left_behind();
}

#[test]
fn build_after_one_that_was_killed() {
    expect_next_is_right(true);
}

#[test]
fn build_after_one_that_was_killed_where_there_is_no_build_folder() {
    expect_next_is_right(false);
}
