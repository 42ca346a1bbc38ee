//! Setuptools' own tests of the code that ambidex captures: run from its source tree with and without `ambidex run`,
//! and compared in `docs/peers.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::environment::{ambidex, python_with, root, run, sdist};

/// The version of setuptools whose tests run.
const VERSION: &str = "84.2.1";

/// The packages that the tests need: those of the `test` extra of its pyproject.toml that they use, and those that its
/// pytest.ini names.
const PACKAGES: [&str; 15] = [
    "setuptools==84.2.1",
    "build==1.2.2.post1",
    "coverage==7.17.4",
    "docutils==0.23",
    "filelock==4.3.1",
    "jaraco.envs==2.6.0",
    "jaraco.path==3.7.2",
    "jaraco.test==5.7.0",
    "packaging==26.4",
    "path==17.1.1",
    "pytest==9.2.0",
    "pytest-home==0.6.0",
    "pytest-subprocess==1.6.0",
    "virtualenv==21.15.11",
    "wheel==0.48.0",
];

/// Files and directories of tests, below its source tree.
const TESTS: [&str; 6] = [
    "setuptools/tests/test_build.py",
    "setuptools/tests/test_build_clib.py",
    "setuptools/tests/test_build_ext.py",
    "setuptools/tests/test_build_meta.py",
    "setuptools/_distutils/tests/test_build_ext.py",
    "setuptools/_distutils/compilers/C/tests",
];

/// The time in seconds after which a run counts as hanging. Without ambidex, a run takes half a minute.
const LIMIT: &str = "600";

/// Runs the tests both ways, compares the outcomes, and writes `docs/peers.md`.
pub(crate) fn compare() -> Result<()> {
    let place = Place {
        program: ambidex()?,
        python: python_with("peers", &PACKAGES)?,
        folder: root().join("target").join("xtask").join("peers-run"),
    };
    let source = sdist(&place.python, "setuptools", VERSION)?;
    let mut plain = place.test(&source, false)?;
    let ours = place.test(&source, true)?;
    plain.leave_out_chance(&place.test(&source, false)?);
    let (table, differences) = table(&plain, &ours);
    println!("{table}");
    fs::write(root().join("docs").join("peers.md"), format!("{HEAD}{table}"))?;
    anyhow::ensure!(!plain.outcomes.is_empty(), "no test was run");
    anyhow::ensure!(differences == 0, "{differences} tests do not end as they do plainly");
    Ok(())
}

const HEAD: &str = "# Setuptools' own tests\n
Written by `cargo xtask peers`: setuptools' tests of build_ext, build_clib, build_meta and the compilers (sdist 84.2.1),
run from its source tree by `python -m pytest` and by `ambidex run -- python -m pytest`, where `distutils` and
`setuptools._distutils` are two copies of the same code in one process. A test that ends in two ways in two plain runs
is left out. Skipped are tests for other systems.

";

/// The programs that run the tests, and the directory in which they run.
struct Place {
    program: PathBuf,
    python: PathBuf,
    folder: PathBuf,
}

impl Place {
    /// Runs all tests in a new copy of the source tree.
    fn test(&self, source: &Path, by_ambidex: bool) -> Result<Found> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)?;
        }
        fs::create_dir_all(&self.folder)?;
        let (tree, results) = (self.folder.join("tree"), self.folder.join("results.xml"));
        run(Command::new("cp").arg("-R").args([source, &tree]))?;
        let distutils = tree.join("setuptools").join("_distutils");
        fs::write(distutils.join("conftest.py"), include_str!("peers_fixtures.py"))?;
        self.add_source_of_module(&distutils)?;
        let mut command = Command::new("timeout");
        command.args(["--kill-after=10", LIMIT]);
        if by_ambidex {
            command.arg(&self.program).args(["run", "--"]);
        }
        let log = self.folder.join("log");
        let file = File::create(&log)?;
        // pytest exits with an error if a test fails.
        command
            .arg(&self.python)
            .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml"])
            .arg(&results)
            .args(TESTS)
            .current_dir(&tree)
            .env("AMBIDEX_CACHE_DIR", self.folder.join("cache"))
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .status()
            .with_context(|| format!("{command:?} can't be started"))?;
        let text = fs::read_to_string(&results)
            .with_context(|| format!("pytest has not come to its end: see {}", log.display()))?;
        Ok(Found::read(&text))
    }

    /// Adds the source of a module that two tests build: the sdist does not contain it. Python 3.11 and older have it
    /// beside their distutils.
    fn add_source_of_module(&self, distutils: &Path) -> Result<()> {
        let code = "import sysconfig; print(sysconfig.get_path('stdlib'))";
        let output = Command::new(&self.python).args(["-c", code]).output()?;
        let library = PathBuf::from(String::from_utf8(output.stdout)?.trim_end());
        let source = library.join("distutils").join("tests").join("xxmodule.c");
        if source.is_file() {
            fs::copy(source, distutils.join("tests").join("xxmodule.c"))?;
        }
        Ok(())
    }
}

/// The outcome of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// The outcomes of a run, by the class and the name of each test, and the seconds that they took.
#[derive(Debug, Default)]
struct Found {
    outcomes: BTreeMap<(String, String), Outcome>,
    seconds: BTreeMap<String, f64>,
}

impl Found {
    /// Reads pytest's results. Of the XML, it uses only the elements for tests and their outcomes.
    fn read(text: &str) -> Self {
        let mut found = Self::default();
        for case in text.split("<testcase ").skip(1) {
            let (head, rest) = case.split_once('>').unwrap_or((case, ""));
            let inside = rest.split("</testcase>").next().unwrap_or_default();
            let (Some(class), Some(name)) = (attribute(head, "classname"), attribute(head, "name")) else {
                continue;
            };
            let has = |element: &str| inside.contains(element);
            let outcome = match () {
                () if head.ends_with('/') => Outcome::Passed,
                () if has("<failure ") || has("<error ") => Outcome::Failed,
                () if has("<skipped ") => Outcome::Skipped,
                () => Outcome::Passed,
            };
            *found.seconds.entry(module(class)).or_default() +=
                attribute(head, "time").and_then(|time| time.parse().ok()).unwrap_or(0.0);
            found.outcomes.insert((class.to_owned(), name.to_owned()), outcome);
        }
        found
    }

    /// Removes the tests that ended differently in a second run.
    fn leave_out_chance(&mut self, again: &Self) {
        self.outcomes.retain(|test, outcome| again.outcomes.get(test) == Some(outcome));
    }
}

/// Returns an attribute of an XML element.
fn attribute<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let begin = format!("{name}=\"");
    let at = if head.starts_with(&begin) { 0 } else { head.find(&format!(" {begin}"))? + 1 };
    head[at + begin.len()..].split('"').next()
}

/// Returns the module of a test. Names of classes begin with a capital.
fn module(class: &str) -> String {
    let parts = class.split('.').take_while(|part| !part.starts_with(char::is_uppercase) || *part == "C");
    parts.collect::<Vec<&str>>().join(".")
}

/// Returns a row for each module and a line for each test that ends differently, and the number of such tests.
fn table(plain: &Found, ours: &Found) -> (String, usize) {
    let mut rows: BTreeMap<String, [[usize; 3]; 2]> = BTreeMap::new();
    let mut others = String::new();
    let mut differences = 0;
    for (test, outcome) in &plain.outcomes {
        let other = ours.outcomes.get(test).copied();
        let row = rows.entry(module(&test.0)).or_default();
        row[0][*outcome as usize] += 1;
        if let Some(other) = other {
            row[1][other as usize] += 1;
        }
        if other != Some(*outcome) {
            differences += 1;
            let other = other.map_or("not run", Outcome::name);
            let _ = writeln!(others, "- {}::{}: {other}, plainly {}", test.0, test.1, outcome.name());
        }
    }
    let mut text = String::from(
        "| tests of | plainly: passed | failed | skipped | seconds | by ambidex: passed | failed | skipped | seconds |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut sums = ([[0; 3]; 2], [0.0; 2]);
    for (module, counts) in rows {
        let seconds = [plain, ours].map(|found| found.seconds.get(&module).copied().unwrap_or_default());
        write_row(&mut text, &module, counts, seconds);
        for way in 0..2 {
            sums.1[way] += seconds[way];
            for (sum, count) in sums.0[way].iter_mut().zip(counts[way]) {
                *sum += count;
            }
        }
    }
    write_row(&mut text, "all", sums.0, sums.1);
    if !others.is_empty() {
        text += "\nTests that end in another way:\n\n";
        text += &others;
    }
    (text, differences)
}

fn write_row(text: &mut String, name: &str, counts: [[usize; 3]; 2], seconds: [f64; 2]) {
    let of = |way: usize| {
        let [passed, failed, skipped] = counts[way];
        format!("{passed} | {failed} | {skipped} | {:.1}", seconds[way])
    };
    let _ = writeln!(text, "| {name} | {} | {} |", of(0), of(1));
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULTS: &str = "<?xml version=\"1.0\"?><testsuites><testsuite name=\"pytest\">\
        <testcase classname=\"a.tests.test_b.TestB\" name=\"one[x&gt;y]\" time=\"1.5\" />\
        <testcase classname=\"a.C.tests.test_c\" name=\"two\" time=\"0.5\"><failure message=\"x\">e</failure></testcase>\
        <testcase classname=\"a.tests.test_b.TestB\" name=\"three\" time=\"0.1\"><skipped message=\"w\"/></testcase>\
        <testcase classname=\"a.tests.test_b.TestB\" name=\"four\" time=\"0.1\"><system-out>o</system-out></testcase>\
        </testsuite></testsuites>";

    fn outcome(found: &Found, name: &str) -> Option<Outcome> {
        found.outcomes.iter().find(|(test, _)| test.1 == name).map(|(_, outcome)| *outcome)
    }

    #[test]
    fn outcomes_are_read_from_xml() {
        let found = Found::read(RESULTS);
        let names = ["one[x&gt;y]", "two", "three", "four"];
        let wanted = [Outcome::Passed, Outcome::Failed, Outcome::Skipped, Outcome::Passed];
        assert_eq!(names.map(|name| outcome(&found, name)), wanted.map(Some));
        assert_eq!(found.seconds.keys().collect::<Vec<_>>(), ["a.C.tests.test_c", "a.tests.test_b"]);
    }

    #[test]
    fn a_test_that_ends_in_another_way_is_told() {
        let (plain, mut ours) = (Found::read(RESULTS), Found::read(RESULTS));
        assert_eq!(table(&plain, &ours).1, 0);
        let test = ("a.tests.test_b.TestB".to_owned(), "four".to_owned());
        ours.outcomes.insert(test.clone(), Outcome::Failed);
        let (text, differences) = table(&plain, &ours);
        assert_eq!(differences, 1);
        assert!(text.ends_with("- a.tests.test_b.TestB::four: failed, plainly passed\n"), "{text}");
        ours.outcomes.remove(&test);
        assert!(table(&plain, &ours).0.contains("four: not run"));
    }

    #[test]
    fn a_test_that_ends_by_chance_is_left_out() {
        let (mut plain, mut again) = (Found::read(RESULTS), Found::read(RESULTS));
        again.outcomes.insert(("a.tests.test_b.TestB".to_owned(), "four".to_owned()), Outcome::Failed);
        plain.leave_out_chance(&again);
        assert_eq!((plain.outcomes.len(), outcome(&plain, "four")), (3, None));
    }
}
