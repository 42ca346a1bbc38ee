//! Small projects with one feature each, below `tests/packages`, with several versions of Python and setuptools:
//! ambidex leaves the files that the serial build leaves. Each project is a test of its own:
//! `cargo test packages::swig`.
//!
//! `AMBIDEX_TEST_ALL=1` tests three pairs of Python and setuptools instead of the usual one, `AMBIDEX_TEST_MATRIX=1` all
//! that ambidex supports. With `AMBIDEX_WRITE_COMPATIBILITY=1`, the results become `docs/compatibility.md`.

mod support;

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::{Arc, LazyLock, Mutex};

use libtest_mimic::{Arguments, Failed, Trial};
use support::matrix::{ALL, FEW, Place, USUAL};
use support::{Environment, Package, Verdict, is_set, repository, skipped, tests_all};

/// A place with its environment, which is made when the first test needs it; `None` if this machine can't have it.
type Lazy = (Place, LazyLock<Option<Environment>, Box<dyn FnOnce() -> Option<Environment> + Send>>);

/// The result of one project, at the place with a number or at the project's own place.
struct Outcome {
    package: String,
    place: Option<usize>,
    /// `None` if this machine can't have the place.
    verdict: Option<Verdict>,
}

fn main() -> ExitCode {
    let places: &[Place] = match (is_set("AMBIDEX_TEST_MATRIX"), tests_all()) {
        (true, _) => &ALL,
        (false, true) => &FEW,
        (false, false) => &USUAL,
    };
    let lazy = |place: &Place| -> Lazy {
        let place = *place;
        (place, LazyLock::new(Box::new(move || Environment::get(place.minor, place.setuptools))))
    };
    let places: Arc<Vec<Lazy>> = Arc::new(places.iter().map(lazy).collect());
    let outcomes: Arc<Mutex<Vec<Outcome>>> = Arc::default();
    let packages = Package::all();
    let trials = packages.iter().map(|package| {
        let (package, places, outcomes) = (package.clone(), places.clone(), outcomes.clone());
        let name = format!("packages::{}", package.name.replace('-', "_"));
        Trial::test(name, move || test(&package, &places, &outcomes))
    });
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials.collect());
    if is_set("AMBIDEX_WRITE_COMPATIBILITY") {
        let outcomes = outcomes.lock().expect("all tests have ended");
        let file = repository().join("docs").join("compatibility.md");
        std::fs::write(file, compatibility(&packages, &outcomes, &places)).expect("docs can be written");
    }
    conclusion.exit_code()
}

/// Builds a project wherever it can be built, and compares the builds.
fn test(package: &Package, places: &[Lazy], outcomes: &Mutex<Vec<Outcome>>) -> Result<(), Failed> {
    if let Some(program) = package.lacks() {
        skipped(&format!("{}: there is no {program}", package.name));
        return Ok(());
    }
    let numbers: Vec<Option<usize>> = match package.needs_nothing() {
        true => (0..places.len()).map(Some).collect(),
        false => vec![None],
    };
    let mut problems = Vec::new();
    for place in numbers {
        let (environment, variables) = match place {
            Some(number) => (places[number].1.clone(), places[number].0.distutils.variables()),
            None => (package.environment(), &[][..]),
        };
        let verdict = environment.as_ref().map(|environment| package.compare(environment, variables));
        let name = environment.map_or_else(String::new, |environment| environment.name);
        match &verdict {
            Some(Verdict::Wrong(wrong)) => problems.push(format!("with {name}: {wrong:#?}")),
            // With the whole matrix, a version that can't build a project belongs in the table. Otherwise, a build that
            // fails is a mistake in the project.
            Some(Verdict::NotBuilt(how)) if place.is_none() || !is_set("AMBIDEX_TEST_MATRIX") => {
                problems.push(format!("with {name}: the serial build: {how}"));
            }
            _ => {}
        }
        outcomes.lock().expect("no test dies with it").push(Outcome {
            package: package.name.clone(),
            place,
            verdict,
        });
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

const HEAD: &str = "# Compatibility\n
Written by `AMBIDEX_TEST_MATRIX=1 AMBIDEX_WRITE_COMPATIBILITY=1 cargo test -p ambidex --test packages`: each project
below `tests/packages`, and `examples/shared-source`, built by `setup.py build` and by ambidex (with four jobs in a
random order, and with one) at one path. A project is equal if every file that the builds leave is the same.\n
- distutils: the standard library's (`SETUPTOOLS_USE_DISTUTILS=stdlib`), or setuptools' copy (`local`).\n
| Python | setuptools | distutils | equal | remarks |
| --- | --- | --- | --- | --- |
";

const HEAD_OF_NEEDS: &str = "
Projects that need more, each where it is at home:\n
| project | with | Python | setuptools | result |
| --- | --- | --- | --- | --- |
";

/// Returns the results as a table.
fn compatibility(packages: &[Package], outcomes: &[Outcome], places: &[Lazy]) -> String {
    let mut text = HEAD.to_owned();
    for (number, (place, environment)) in places.iter().enumerate() {
        let here: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.place == Some(number)).collect();
        let equal = here.iter().filter(|outcome| outcome.verdict == Some(Verdict::Equal)).count();
        let named = |fits: fn(&Verdict) -> bool, what: &str| {
            let fitting = here.iter().filter(|outcome| outcome.verdict.as_ref().is_some_and(fits));
            let mut names: Vec<&str> = fitting.map(|outcome| outcome.package.as_str()).collect();
            names.sort_unstable();
            (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
        };
        let mut remarks: Vec<String> = Vec::new();
        remarks.extend(named(|verdict| matches!(verdict, Verdict::Wrong(_)), "not equal"));
        remarks.extend(named(
            |verdict| matches!(verdict, Verdict::NotBuilt(_)),
            "not built by setuptools either",
        ));
        if environment.is_none() {
            remarks.push("not tested".to_owned());
        }
        let (minor, setuptools, distutils) = (place.minor, place.setuptools, place.distutils.told());
        let (count, remarks) = (here.len(), remarks.join("; "));
        writeln!(text, "| 3.{minor} | {setuptools} | {distutils} | {equal} of {count} | {remarks} |")
            .expect("a text can be written to");
    }
    text.push_str(HEAD_OF_NEEDS);
    for package in packages.iter().filter(|package| !package.needs_nothing()) {
        let outcome = outcomes.iter().find(|outcome| outcome.package == package.name);
        let result = match outcome.and_then(|outcome| outcome.verdict.as_ref()) {
            None => "not tested",
            Some(Verdict::Equal) => "equal",
            Some(Verdict::Wrong(_)) => "not equal",
            Some(Verdict::NotBuilt(_)) => "not built by setuptools either",
        };
        let (minor, setuptools) = package.place();
        let needs = package.requirements().join(", ");
        writeln!(text, "| {} | {needs} | 3.{minor} | {setuptools} | {result} |", package.name)
            .expect("a text can be written to");
    }
    text
}
