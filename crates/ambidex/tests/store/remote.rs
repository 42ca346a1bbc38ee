//! A store on another machine behind that of this one.

use std::fs;

use ambidex_fake_remote::{FakeRemote, Fault};

use crate::support::{ALL, Edited, Files};

/// The modules of the project, which the linker makes anew in another directory: they contain its path.
const LINKS: u64 = 3;

/// Makes a copy of the project on a machine of its own: in another directory, with a store of its own.
fn machine(server: &FakeRemote) -> Option<Edited> {
    let mut project = Edited::with_store()?;
    project.set("CFLAGS", "-O1 -g");
    project.set("AMBIDEX_REMOTE", &server.url());
    // The machine that runs the tests may be slow.
    project.set("AMBIDEX_REMOTE_TIMEOUT", "60");
    Some(project)
}

#[test]
fn nothing_is_compiled_on_a_second_machine() {
    let server = FakeRemote::start().expect("it can listen");
    let (Some(first), Some(second)) = (machine(&server), machine(&server)) else { return };
    first.misses(ALL);
    let held = server.counts();
    assert_eq!(held.results as u64, ALL, "{held:?}");

    let (ran, counts) = second.builds();
    assert_eq!((counts.executed, counts.remote), (LINKS, ALL - LINKS), "{counts:?}\n{ran}");
    assert!(!ran.stderr.contains("AMBIDEX_REMOTE"), "{ran}");
    // What came from there is kept here.
    server.set(Fault::Broken);
    second.workspace.copy_again();
    let (ran, counts) = second.builds();
    assert_eq!((counts.executed, counts.cached, counts.remote), (0, ALL, 0), "{counts:?}\n{ran}");
    second.workspace.expect_nothing_left_behind();
}

#[test]
fn an_edit_is_found_on_another_machine() {
    let server = FakeRemote::start().expect("it can listen");
    let (Some(first), Some(second)) = (machine(&server), machine(&server)) else { return };
    for project in [&first, &second] {
        project.builds();
    }
    for project in [&first, &second] {
        project.replace("far/both.h", "7", "8");
    }
    let (ran, counts) = first.builds();
    assert_eq!((counts.executed, counts.remote), (4, 0), "{counts:?}\n{ran}");
    let (ran, counts) = second.builds();
    assert_eq!(counts.executed + counts.remote, 4, "{counts:?}\n{ran}");
    assert_ne!(counts.remote, 0, "{counts:?}\n{ran}");
}

#[test]
fn a_server_that_goes_wrong_changes_nothing() {
    let server = FakeRemote::start().expect("it can listen");
    let Some(first) = machine(&server) else { return };
    first.misses(ALL);
    for fault in Fault::ALL {
        let Some(mut second) = machine(&server) else { return };
        second.set("AMBIDEX_REMOTE_TIMEOUT", "1");
        server.set(fault);
        // It is compared with a serial build.
        let (ran, counts) = second.builds();
        server.set(Fault::None);
        assert_eq!(counts.executed + counts.remote, ALL, "{fault:?}: {counts:?}\n{ran}");
        let notes = ran.stderr.lines().filter(|line| line.contains("AMBIDEX_REMOTE")).count();
        assert!(notes <= 1 && !ran.stderr.contains("panicked"), "{fault:?}: {ran}");
    }
}

#[test]
fn a_secret_stays_one() {
    let server = FakeRemote::start().expect("it can listen");
    server.demand("authorization", "Bearer a-secret-token");
    let (Some(mut first), Some(mut second)) = (machine(&server), machine(&server)) else { return };
    let token = first.workspace.beside("token");
    fs::write(&token, "a-secret-token\n").expect("it is ours");
    for project in [&mut first, &mut second] {
        project.set("AMBIDEX_REMOTE_TOKEN_FILE", &token.display().to_string());
    }
    first.misses(ALL);
    let (ran, counts) = second.builds();
    assert_eq!(counts.remote, ALL - LINKS, "{counts:?}\n{ran}");
    assert!(!ran.printed().contains("a-secret-token"), "{ran}");
    let stores = [&first, &second].map(|project| project.workspace.store.clone().expect("it has one"));
    for folder in stores.iter().map(|store| store.as_path()).chain([first.root().as_path(), &second.root()]) {
        for path in Files::below(folder).paths() {
            let content = fs::read(folder.join(path)).unwrap_or_default();
            assert!(!content.windows(14).any(|part| part == b"a-secret-token"), "{}", path.display());
        }
    }
}

#[test]
fn what_the_user_writes_wrongly_is_an_error() {
    let Some(mut project) = Edited::with_store() else { return };
    for (name, value, expected) in [
        ("AMBIDEX_REMOTE", "https://host", "AMBIDEX_REMOTE: it is not an address"),
        ("AMBIDEX_REMOTE_READ_ONLY", "maybe", "AMBIDEX_REMOTE_READ_ONLY is `maybe`, not 1 or 0"),
    ] {
        project.set("AMBIDEX_REMOTE", "grpc://localhost:1");
        project.set(name, value);
        let ran = crate::support::run(&mut project.ambidex());
        assert_eq!(ran.code, 2, "{ran}");
        assert!(ran.stderr.contains(expected) && ran.stderr.contains("hint: "), "{ran}");
    }
}
