//! Damaged objects and damaged canonical forms: an error, or something that is right, but no panic.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use ambidex_object::{Role, canonical, make};
use proptest::prelude::*;
use tempfile::TempDir;

const SOURCE: &str =
    "struct s { int first; long second; };\nint work(struct s *s) { return s->first + 1; }\n";

/// Objects of the compilers that are here, for the folder of [`SITE`].
static OBJECTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let calls: [&[&str]; 5] = [
        &["gcc", "-g"],
        &["gcc", "-g", "-m32", "-fdebug-types-section"],
        &["clang", "-g", "-ffunction-sections"],
        &["clang", "-g", "-gdwarf-4"],
        &["clang", "-g", "-m32"],
    ];
    calls.iter().filter_map(|call| compile(SITE.path(), call)).collect()
});

static SITE: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().unwrap());

fn compile(folder: &Path, call: &[&str]) -> Option<Vec<u8>> {
    std::fs::write(folder.join("x.c"), SOURCE).unwrap();
    let mut command = Command::new(call[0]);
    command.args(&call[1..]).args(["-c", "x.c", "-o", "x.o"]).current_dir(folder).env("PWD", folder);
    command.stderr(Stdio::null()).status().ok().filter(std::process::ExitStatus::success)?;
    std::fs::read(folder.join("x.o")).ok()
}

fn here() -> [Role<'static>; 1] {
    [Role { name: "project", path: SITE.path().as_os_str().as_bytes() }]
}

const ELSEWHERE: [Role<'static>; 1] = [Role { name: "project", path: b"/some/other/folder" }];

/// What can be moved can be moved back.
fn check(object: &[u8]) {
    if let Ok(Some(form)) = canonical(object, &here()) {
        assert!(make(&form, &here()).unwrap() == object);
        if let Ok(made) = make(&form, &ELSEWHERE) {
            assert!(canonical(&made, &ELSEWHERE).unwrap().unwrap() == form);
        }
    }
}

#[test]
fn short_files_are_refused() {
    for object in OBJECTS.iter() {
        check(object);
        let form = canonical(object, &here()).unwrap().unwrap();
        for end in (0..object.len()).step_by(3) {
            assert!(canonical(&object[..end], &here()).is_err());
            assert!(make(&form[..end], &ELSEWHERE).is_err());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bits_do_no_harm(
        which in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        if OBJECTS.is_empty() {
            return Ok(());
        }
        let whole: &Vec<u8> = which.get(&OBJECTS);
        let mut object = whole.clone();
        for (at, value) in &flips {
            let at = at.index(object.len());
            object[at] = *value;
        }
        check(&object);
        let mut form = canonical(whole, &here()).unwrap().unwrap();
        for (at, value) in &flips {
            let at = at.index(form.len());
            form[at] = *value;
        }
        let _ = make(&form, &ELSEWHERE);
    }
}
