//! Small projects with one feature each, below `tests/packages`, on Pythons and versions of setuptools: whatever
//! ambidex leaves of them is what the serial build leaves.
//!
//! `AMBIDEX_TEST_MATRIX=1` takes all versions that ambidex supports instead of a few. With
//! `AMBIDEX_WRITE_COMPATIBILITY=1` the results become `docs/compatibility.md`. `AMBIDEX_TEST_PACKAGES=swig,cffi`
//! takes only the projects that are named so, `AMBIDEX_TEST_TIMES=1` shows how long each takes.

mod support;

use std::fmt::Write as _;
use std::time::Instant;

use support::matrix::{ALL, FEW, Place, with_environments};
use support::{Environment, Package, Verdict, do_all, is_set, repository};

/// A project to be built somewhere: a place by its number, or none for the project's own.
struct Task<'a> {
    package: &'a Package,
    place: Option<usize>,
}

/// What came of it, and how long it took.
type Outcome = (Option<Verdict>, f64);

fn packages() -> Vec<Package> {
    let mut packages = Package::all();
    if let Ok(names) = std::env::var("AMBIDEX_TEST_PACKAGES") {
        packages.retain(|package| names.split(',').any(|name| name == package.name));
    }
    packages.retain(Package::has_programs);
    packages
}

fn do_task(task: &Task<'_>, places: &[(Place, Option<Environment>)]) -> Outcome {
    let began = Instant::now();
    let (environment, variables) = match task.place {
        Some(number) => (places[number].1.clone(), places[number].0.distutils.variables()),
        None => (task.package.environment(), &[][..]),
    };
    let verdict = environment.map(|environment| {
        // One that ends in a panic must not hide the others.
        let compared = std::panic::catch_unwind(|| task.package.compare(&environment, variables));
        compared.unwrap_or_else(|_| Verdict::Wrong(vec!["see above".to_owned()]))
    });
    (verdict, began.elapsed().as_secs_f64())
}

/// What is wrong, one text for each task that did not go well.
fn problems(
    tasks: &[Task<'_>],
    outcomes: &[Outcome],
    places: &[(Place, Option<Environment>)],
) -> Vec<String> {
    let told = |(task, (verdict, _)): (&Task<'_>, &Outcome)| {
        let place = task.place.map_or_else(String::new, |number| {
            let (place, environment) = &places[number];
            let name = environment.as_ref().map_or("", |environment| &environment.name);
            format!(" with {name}, {} distutils", place.distutils.told())
        });
        let problem = match verdict {
            Some(Verdict::Wrong(wrong)) => format!("{wrong:#?}"),
            // That a version can't do something is for the table, that nothing can is a mistake in the project.
            Some(Verdict::NotBuilt(how)) if task.place.is_none() || !is_set("AMBIDEX_TEST_MATRIX") => {
                format!("the serial build: {how}")
            }
            _ => return None,
        };
        Some(format!("{}{place}: {problem}", task.package.name))
    };
    tasks.iter().zip(outcomes).filter_map(told).collect()
}

#[test]
fn every_package_is_equal() {
    let places = with_environments(if is_set("AMBIDEX_TEST_MATRIX") { &ALL } else { &FEW });
    let packages = packages();
    let mut tasks = Vec::new();
    // The long ones first.
    for package in packages.iter().filter(|package| !package.needs_nothing()) {
        tasks.push(Task { package, place: None });
    }
    for number in (0..places.len()).filter(|number| places[*number].1.is_some()) {
        let usual = packages.iter().filter(|package| package.needs_nothing());
        tasks.extend(usual.map(|package| Task { package, place: Some(number) }));
    }
    let outcomes = do_all(&tasks, |task| do_task(task, &places));
    if is_set("AMBIDEX_TEST_TIMES") {
        for (task, (_, seconds)) in tasks.iter().zip(&outcomes) {
            eprintln!(
                "{seconds:6.1} s {} {:?}",
                task.package.name,
                task.place.map(|number| places[number].0)
            );
        }
    }
    if is_set("AMBIDEX_WRITE_COMPATIBILITY") {
        let file = repository().join("docs").join("compatibility.md");
        std::fs::write(file, compatibility(&tasks, &outcomes, &places)).expect("docs can be written");
    }
    let problems = problems(&tasks, &outcomes, &places);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
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

/// The results as a table.
fn compatibility(
    tasks: &[Task<'_>],
    outcomes: &[Outcome],
    places: &[(Place, Option<Environment>)],
) -> String {
    let all: Vec<(&Task<'_>, &Option<Verdict>)> =
        tasks.iter().zip(outcomes.iter().map(|(verdict, _)| verdict)).collect();
    let mut text = HEAD.to_owned();
    for (number, (place, environment)) in places.iter().enumerate() {
        let here: Vec<_> = all.iter().filter(|(task, _)| task.place == Some(number)).collect();
        let equal = here.iter().filter(|(_, verdict)| **verdict == Some(Verdict::Equal)).count();
        let named = |fits: fn(&Verdict) -> bool, what: &str| {
            let fitting = here.iter().filter(|(_, verdict)| verdict.as_ref().is_some_and(fits));
            let names: Vec<&str> = fitting.map(|(task, _)| task.package.name.as_str()).collect();
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
        writeln!(
            text,
            "| 3.{} | {} | {} | {equal} of {} | {} |",
            place.minor,
            place.setuptools,
            place.distutils.told(),
            here.len(),
            remarks.join("; ")
        )
        .expect("a text can be written to");
    }
    text.push_str(HEAD_OF_NEEDS);
    for (task, verdict) in all.iter().filter(|(task, _)| task.place.is_none()) {
        let (minor, setuptools) = task.package.place();
        let result = match verdict {
            None => "not tested",
            Some(Verdict::Equal) => "equal",
            Some(Verdict::Wrong(_)) => "not equal",
            Some(Verdict::NotBuilt(_)) => "not built by setuptools either",
        };
        let needs = task.package.requirements.join(", ");
        writeln!(text, "| {} | {needs} | 3.{minor} | {setuptools} | {result} |", task.package.name)
            .expect("a text can be written to");
    }
    text
}
