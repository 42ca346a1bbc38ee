//! The shapes below `tests/shapes`: whatever a `setup.py` does between the builds of its extensions, ambidex leaves the
//! same files and prints the same text as the serial build.
//!
//! A tenth of them is tested, the same each time; `AMBIDEX_TEST_ALL=1` tests all. `AMBIDEX_TEST_MATRIX=1` tests them with
//! all versions of Python and setuptools that ambidex supports instead of the usual one.
//! With `AMBIDEX_WRITE_SHAPES=1`, the results become `docs/shapes.md`. `AMBIDEX_TEST_SHAPES=named/lock,time` tests only
//! the shapes whose names contain one of these words.

mod support;

use std::fmt::Write as _;
use std::fs;

use support::matrix::{ALL, Place, USUAL, with_environments};
use support::shape::{Built, Chance, Shape, text_difference};
use support::{Files, Verdict, do_all, is_set, repository, sample};

fn shapes() -> Vec<Shape> {
    let mut shapes = Shape::all();
    match std::env::var("AMBIDEX_TEST_SHAPES") {
        Ok(names) => {
            shapes.retain(|shape| names.split(',').any(|name| shape.name.contains(name)));
            shapes
        }
        Err(_) => sample(shapes, 0, 10),
    }
}

#[test]
fn every_shape_is_equal() {
    let shapes = shapes();
    let places = with_environments(if is_set("AMBIDEX_TEST_MATRIX") { &ALL } else { &USUAL });
    let mut found = Vec::new();
    for (place, environment) in &places {
        let Some(environment) = environment else { continue };
        let verdicts = do_all(&shapes, |shape| {
            // A shape that panics must not hide the others.
            let compared =
                std::panic::catch_unwind(|| shape.compare(environment, place.distutils.variables()));
            let verdict = compared.unwrap_or_else(|_| Verdict::Wrong(vec!["see above".to_owned()]));
            if is_set("AMBIDEX_TEST_TIMES") || matches!(verdict, Verdict::Wrong(_)) {
                support::told(&format!("{} with {}: {verdict:?}", shape.name, environment.name));
            }
            verdict
        });
        found.push((place, verdicts));
    }
    if is_set("AMBIDEX_WRITE_SHAPES") {
        let file = repository().join("docs").join("shapes.md");
        fs::write(file, table(&shapes, &found)).expect("docs can be written");
    }
    let mut wrong = Vec::new();
    for (place, verdicts) in &found {
        for (shape, verdict) in shapes.iter().zip(verdicts) {
            match verdict {
                Verdict::Equal => {}
                // If an old version ends a build in another way, that belongs in the table, as long as ambidex does the
                // same.
                Verdict::NotBuilt(_) if place.setuptools != USUAL[0].setuptools => {}
                Verdict::NotBuilt(how) => wrong.push(format!("{}: the serial build: {how}", shape.name)),
                Verdict::Wrong(what) => wrong.push(format!("{}: {}", shape.name, what.join("; "))),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const HEAD: &str = "# Shapes\n
Written by `AMBIDEX_TEST_MATRIX=1 AMBIDEX_WRITE_SHAPES=1 cargo test --release -p ambidex --test shapes`: the small
projects below `tests/shapes`, each built at one path by `setup.py build`, by `ambidex run -j1`, by `ambidex run -j4` in a
random order of ready commands, and by a second, warm build. Compared are the exit code, every file with its permissions,
objects included, and all that was printed (not of the warm build). The warm build is compared with a second plain build
and, since plain setuptools goes by times and ambidex by content, with a second plain build that is forced
(`build --force`): it must equal one. Where a version of setuptools ends a build in another way than the newest does,
ambidex must too.

| Python | setuptools | distutils | equal | remarks |
| --- | --- | --- | --- | --- |
";

const HEAD_OF_DIFFERENCES: &str = "
Not compared, since it can't be equal, or not yet:

| shape | what | why |
| --- | --- | --- |
";

fn table(shapes: &[Shape], found: &[(&Place, Vec<Verdict>)]) -> String {
    let mut text = HEAD.to_owned();
    for (place, verdicts) in found {
        let names = |fits: fn(&Verdict) -> bool| -> Vec<&str> {
            let fitting = shapes.iter().zip(verdicts).filter(|(_, verdict)| fits(verdict));
            fitting.map(|(shape, _)| shape.name.as_str()).collect()
        };
        let wrong = names(|verdict| matches!(verdict, Verdict::Wrong(_)));
        let others = names(|verdict| matches!(verdict, Verdict::NotBuilt(_)));
        let mut remarks = Vec::new();
        if !wrong.is_empty() {
            remarks.push(format!("not equal: {}", wrong.join(", ")));
        }
        if !others.is_empty() {
            remarks.push(format!("{} end in another way than with the newest", others.len()));
        }
        writeln!(
            text,
            "| 3.{} | {} | {} | {} of {} | {} |",
            place.minor,
            place.setuptools,
            place.distutils.told(),
            shapes.len() - wrong.len(),
            shapes.len(),
            remarks.join("; ")
        )
        .expect("a text can be written to");
    }
    text.push_str(HEAD_OF_DIFFERENCES);
    for shape in shapes {
        for (what, why) in &shape.differs {
            writeln!(text, "| {} | {what} | {why} |", shape.name).expect("a text can be written to");
        }
    }
    text
}

/// Returns the result of a build with these files.
fn built(code: i32, text: &str, files: &[(&str, &str)]) -> Built {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, content)| fs::write(folder.path().join(name), content).unwrap());
    Built { code, text: text.to_owned(), files: Files::below(folder.path()) }
}

#[test]
fn every_kind_of_difference_is_found() {
    let plain = built(0, "one\ntwo\n", &[("m.so", "x"), ("m.o", "y")]);
    let told = |ours: Built| plain.differs_from(&ours, &Chance::default()).unwrap_or_default();
    assert_eq!(told(plain.clone()), "");
    assert_eq!(told(built(0, "one\ntwo\n", &[("m.so", "x")])), "m.o is missing");
    assert_eq!(told(built(1, "", &[])), "exit code 0 became 1");
    assert!(told(built(0, "", &[("m.o", "y"), ("m.so", "z")])).starts_with("m.so differs"));
    let text = |text| built(0, text, &[("m.so", "x"), ("m.o", "y")]);
    assert_eq!(told(text("two\none\n")), "`two` was printed for `one`");
    assert_eq!(told(text("one\n")), "nothing was printed for `two`");
    let more = [("m.so", "x"), ("m.o", "y"), ("new", "")];
    assert_eq!(told(built(0, "one\ntwo\n", &more)), "new should not be there");
}

#[test]
fn what_differs_between_plain_builds_does_not_count() {
    let (one, other) = (built(0, "1\n", &[("t", "1")]), built(0, "2\n", &[("t", "2")]));
    let chance = Chance::between(&one, &other);
    assert_eq!(one.differs_from(&built(0, "3\n", &[("t", "3")]), &chance), None);
    assert!(one.differs_from(&built(0, "3\n", &[]), &chance).is_some());
}

#[test]
fn ambidex_may_say_more_of_a_failed_build() {
    let (plain, ours) = ("error: no\n", "error: no\nerror: extension 'a' failed\n");
    assert_eq!(text_difference(plain, ours, true), None);
    assert!(text_difference(plain, ours, false).is_some());
}
