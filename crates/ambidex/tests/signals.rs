//! A build that is told to end: it ends at once, with all that it started, and leaves nothing half done.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use support::{
    Environment, Files, Workspace, is_alive, on_path, run_until_signalled, shared_source, wait_until_none_has,
};

/// A compiler that says which process it is, hesitates for so many seconds, and then does what the real one does.
fn hesitating_compiler(folder: &Path, seconds: u32) -> PathBuf {
    let real = on_path("gcc").or_else(|| on_path("cc")).expect("the tests need a C compiler");
    let (file, started) = (folder.join("gcc"), folder.join("started"));
    let script = format!(
        "#!/bin/sh\necho $$ > {0}.new.$$\nmv {0}.new.$$ {0}.$$\nsleep {seconds}\nexec {1} \"$@\"\n",
        started.display(),
        real.display()
    );
    fs::create_dir_all(folder).unwrap();
    fs::write(&file, script).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    file
}

/// The numbers of the compilers that were started.
fn compilers(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter_map(|name| name.strip_prefix("started.")?.parse().ok().map(|n: u32| n.to_string())).collect()
}

fn ends_with_all_it_started(signal: Signal, code: i32, arguments: &[&str]) {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&shared_source(), &environment);
    let folder = workspace.beside("programs");
    hesitating_compiler(&folder, 600);
    let mut command = workspace.ambidex(arguments);
    let path = format!("{}:{}:{}", folder.display(), environment.programs().display(), std::env::var("PATH").unwrap());
    command.env("PATH", path).env("CC", "gcc");
    let ran = run_until_signalled(&mut command, signal, || compilers(&folder).len() >= 2);
    let started = compilers(&folder);
    assert_eq!(started.len(), 2, "{ran}");
    assert_eq!(ran.code, code, "{ran}");
    assert!(started.iter().all(|pid| !is_alive(pid)), "{ran}");
    wait_until_none_has(&workspace.temporary().to_string_lossy());
    assert!(Files::built(&workspace.root()).is_empty(), "{ran}");
    assert!(!ran.printed().contains("panicked"), "{ran}");
    workspace.expect_nothing_left_behind();
}

#[test]
fn terminated() {
    ends_with_all_it_started(Signal::TERM, 143, &["build", "-j2"]);
}

#[test]
fn interrupted() {
    ends_with_all_it_started(Signal::INT, 130, &["build", "-j2"]);
}

#[test]
fn terminated_below_run() {
    ends_with_all_it_started(Signal::TERM, 143, &["run", "-j2", "--", "python", "setup.py", "build"]);
}

#[test]
fn terminated_in_verify() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&shared_source(), &environment);
    let folder = workspace.beside("programs");
    hesitating_compiler(&folder, 600);
    let mut command = workspace.ambidex(&["verify", "-j2"]);
    let path = format!("{}:{}:{}", folder.display(), environment.programs().display(), std::env::var("PATH").unwrap());
    command.env("PATH", path).env("CC", "gcc");
    // The serial build comes first: one compiler.
    let ran = run_until_signalled(&mut command, Signal::TERM, || !compilers(&folder).is_empty());
    assert_ne!(ran.code, 0, "{ran}");
    wait_until_none_has(&workspace.temporary().to_string_lossy());
    workspace.expect_nothing_left_behind();
}

#[test]
fn builds_after_it_was_terminated() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&shared_source(), &environment);
    let folder = workspace.beside("programs");
    hesitating_compiler(&folder, 600);
    let mut command = workspace.ambidex(&["build", "-j2"]);
    let path = format!("{}:{}:{}", folder.display(), environment.programs().display(), std::env::var("PATH").unwrap());
    command.env("PATH", path).env("CC", "gcc");
    run_until_signalled(&mut command, Signal::TERM, || compilers(&folder).len() >= 2);
    let ran = workspace.build(&["-j2"]);
    let built = Files::built(&workspace.root());
    assert!(built.has("mod1.") && built.has("mod2."), "{ran}");
}
