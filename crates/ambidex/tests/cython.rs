//! The projects below `tests/cython`: whichever way a project calls Cython, ambidex leaves the same files and prints the
//! same text as the serial build.
//!
//! A plain build of one takes one or two seconds, and each pair of a project and a place needs four builds. Therefore a
//! plain run takes only the projects with `# always`, in turn with the newest and the oldest Cython: a minute on two
//! cores. `AMBIDEX_TEST_ALL=1` takes all projects in this way, and `AMBIDEX_TEST_MATRIX=1` all at all places.
//! `AMBIDEX_TEST_CYTHON=broken,stale` takes only the projects whose names contain one of these words; without
//! `AMBIDEX_TEST_MATRIX=1`, with the newest and the oldest Cython.
//! `AMBIDEX_TEST_TIMES=1` prints the name of each pair that was built.

mod support;

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::panic;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use support::shape::{Built, Chance};
use support::{
    Environment, Files, NEWEST, Verdict, Workspace, do_all, is_set, read_json, repository, run, tests_all,
    told, wait_until_none_has,
};

/// A version of Python, of setuptools and of Cython.
#[derive(Clone, Copy, Debug)]
struct Place {
    minor: u32,
    setuptools: &'static str,
    cython: &'static str,
}

/// The places where projects are built, the two of a plain run first.
const PLACES: [Place; 7] = [
    Place { minor: 11, setuptools: "69.5.1", cython: "3.3.1" },
    Place { minor: 11, setuptools: "69.5.1", cython: "0.29.37" },
    Place { minor: 11, setuptools: "69.5.1", cython: "3.0.12" },
    Place { minor: 11, setuptools: "69.5.1", cython: "3.1.8" },
    Place { minor: 6, setuptools: "44.1.1", cython: "0.29.37" },
    Place { minor: 8, setuptools: "44.1.1", cython: "0.29.37" },
    Place { minor: 13, setuptools: NEWEST, cython: "3.3.1" },
];

/// The numbers of places in a plain run.
const USUAL: [usize; 2] = [0, 1];

impl Place {
    /// Returns its environment. Reports a skip and returns `None` if this machine can't have it.
    fn environment(self) -> Option<Environment> {
        Environment::with(self.minor, self.setuptools, &[format!("Cython=={}", self.cython)])
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Python 3.{}, setuptools {}, Cython {}", self.minor, self.setuptools, self.cython)
    }
}

/// A number that the summary of a build must have among its `translations`.
type Count = (String, u64);

/// A `setup.py` that is built beside the sources that all projects share. Comments at its beginning describe it, as
/// `tests/cython/README.md` explains.
#[derive(Clone, Debug, Default)]
struct Project {
    name: String,
    file: PathBuf,
    /// Whether a plain run takes it.
    always: bool,
    exit_code: i32,
    /// The modules that can be imported after its build.
    imports: Vec<String>,
    /// Whether its text depends on chance.
    differs_in_text: bool,
    /// What the summaries of the first and the second build must say.
    translations: [Vec<Count>; 2],
}

/// Returns the directory of the projects.
fn folder() -> PathBuf {
    repository().join("tests").join("cython")
}

impl Project {
    /// Returns every project, sorted by name.
    fn all() -> Vec<Self> {
        let entries = fs::read_dir(folder()).expect("the projects can be read");
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "py"));
        files.sort();
        files.into_iter().map(Self::read).collect()
    }

    fn read(file: PathBuf) -> Self {
        let name = file.file_stem().expect("it has a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).expect("the projects can be read");
        let mut project = Self { name, file, ..Self::default() };
        for comment in text.lines().map_while(|line| line.strip_prefix("# ")) {
            let (what, rest) = comment.split_once(": ").unwrap_or((comment, ""));
            match what {
                "always" => project.always = true,
                "exit code" => project.exit_code = rest.parse().expect("it is a number"),
                "imports" => project.imports = rest.split(' ').map(str::to_owned).collect(),
                "differs" if rest.starts_with("text: ") => project.differs_in_text = true,
                "translations" => project.translations[0] = counts(rest),
                "translations of the second build" => project.translations[1] = counts(rest),
                _ => panic!("{}: what does `{comment}` mean?", project.name),
            }
        }
        project
    }

    /// Builds it twice with plain setuptools, and twice with ambidex at the same path, and compares the first builds and
    /// the second ones.
    fn compare(&self, environment: &Environment) -> Verdict {
        let original = self.lay_out();
        let mut workspace = Workspace::new(original.path(), environment);
        workspace.store = Some(workspace.cache().join("ambidex"));
        // Compiling is not what is tested here. Warnings of the compiler are also left out because a second build by
        // ambidex repeats those of commands that setuptools doesn't run again.
        for (name, value) in [("PYTHONDONTWRITEBYTECODE", "1"), ("CFLAGS", "-O0 -g0 -w")] {
            workspace.variables.push((name.to_owned(), value.to_owned()));
        }
        let plain = [(); 2].map(|()| self.build(&workspace, false));
        workspace.start_again();
        let mut wrong = Vec::new();
        for (number, plain) in plain.iter().enumerate() {
            let ours = self.build(&workspace, true);
            let (plain, ours) = match number {
                0 => (plain.clone(), ours),
                _ => (without_commands(plain), without_commands(&ours)),
            };
            let name = ["first build", "second build"][number];
            let different = plain.differs_from(&ours, &Chance::default());
            wrong.extend(different.map(|what| format!("{name}: {what}")));
            let expected = &self.translations[number];
            // A build that ends early has no summary.
            let found = if expected.is_empty() { Value::Null } else { read_json(&summary(&workspace)) };
            wrong.extend(differing_counts(expected, &found).map(|what| format!("{name}: {what}")));
            if number == 0 && !self.imports.is_empty() {
                wrong.extend(self.failed_import(&workspace));
            }
        }
        wait_until_none_has(&workspace.temporary().to_string_lossy());
        workspace.expect_nothing_left_behind();
        if plain[0].code != self.exit_code {
            Verdict::NotBuilt(format!("exit code {}", plain[0].code))
        } else if wrong.is_empty() {
            Verdict::Equal
        } else {
            Verdict::Wrong(wrong)
        }
    }

    /// Copies the project, with times that are older than anything it makes and the same in every copy.
    fn lay_out(&self) -> tempfile::TempDir {
        let laid_out = tempfile::tempdir().expect("there is a temporary folder");
        let put = |from: &Path, name: &OsStr| {
            let to = laid_out.path().join(name);
            fs::copy(from, &to).expect("a temporary folder can be written");
            let file = File::options().append(true).open(&to).expect("a temporary folder can be written");
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
            file.set_modified(time).expect("it is our file");
        };
        for entry in fs::read_dir(folder().join("_sources")).expect("the projects can be read").flatten() {
            put(&entry.path(), &entry.file_name());
        }
        put(&self.file, OsStr::new("setup.py"));
        laid_out
    }

    /// Builds with ambidex or with setuptools alone.
    fn build(&self, workspace: &Workspace, with_ambidex: bool) -> Built {
        let log = workspace.beside("log");
        let mut command = workspace.command("sh");
        command.args(["-c", "exec \"$@\" > \"$0\" 2>&1"]).arg(&log);
        if with_ambidex {
            let _ = fs::remove_file(summary(workspace));
            command.args([env!("CARGO_BIN_EXE_ambidex"), "run", "-q", "-j4", "--schedule-seed=7"]);
            command.arg("--summary").arg(summary(workspace)).arg("--");
        }
        command.arg(workspace.python(&[]).get_program()).args(["setup.py", "build"]);
        let ran = panic::catch_unwind(panic::AssertUnwindSafe(|| run(&mut command))).unwrap_or_else(|hang| {
            // The text that was printed until then may say why.
            told(&fs::read_to_string(&log).unwrap_or_default());
            panic::resume_unwind(hang)
        });
        let text = fs::read(&log).expect("the shell has made it");
        let text = if self.differs_in_text { "".into() } else { String::from_utf8_lossy(&text) };
        Built { code: ran.code, text: text.into_owned(), files: Files::below(&workspace.root()) }
    }

    /// Returns the problem if a module can't be imported from where it was built.
    fn failed_import(&self, workspace: &Workspace) -> Option<String> {
        const IMPORT: &str = "import glob, importlib, sys\n\
            sys.path[:0] = glob.glob('**/build/lib*', recursive=True)\n\
            for name in sys.argv[1:]:\n\
            \x20   file = importlib.import_module(name).__file__\n\
            \x20   assert file.endswith('.so'), file";
        let imported = run(workspace.python(&["-c", IMPORT]).args(&self.imports));
        (imported.code != 0).then(|| format!("a module can't be imported: {}", imported.stderr))
    }
}

/// Reads `recorded 6, executed 6`.
fn counts(text: &str) -> Vec<Count> {
    let count = |part: &str| {
        let (name, number) = part.split_once(' ').expect("it is a name and a number");
        (name.to_owned(), number.parse().expect("it is a number"))
    };
    text.split(", ").map(count).collect()
}

/// Returns each count that the summary does not have.
fn differing_counts<'a>(expected: &'a [Count], summary: &'a Value) -> impl Iterator<Item = String> + 'a {
    let found = &summary["translations"];
    expected
        .iter()
        .filter(|(name, number)| found[name.as_str()] != *number)
        .map(move |(name, number)| format!("{name} should be {number} among the translations {found}"))
}

/// Returns the file for the summary of a build.
fn summary(workspace: &Workspace) -> PathBuf {
    workspace.beside("summary.json")
}

/// Returns the build without the lines about commands of the compiler. In a second build, setuptools decides by times
/// which modules it builds again, and ambidex by contents.
fn without_commands(built: &Built) -> Built {
    let is_of_command = |line: &&str| {
        line.starts_with("building '") || line.starts_with("creating ") || line.contains(" -o ")
    };
    let lines: Vec<&str> = built.text.lines().filter(|line| !is_of_command(line)).collect();
    Built { text: lines.join("\n") + "\n", ..built.clone() }
}

/// Returns the projects of this run, each with the number of a place.
fn pairs() -> Vec<(Project, usize)> {
    let projects = Project::all();
    let names = std::env::var("AMBIDEX_TEST_CYTHON").ok();
    let is_named = |project: &Project, names: &str| names.split(',').any(|name| project.name.contains(name));
    let tests_places = is_set("AMBIDEX_TEST_MATRIX");
    let places: Vec<usize> = if tests_places { (0..PLACES.len()).collect() } else { USUAL.to_vec() };
    let at_each = |project: Project| places.clone().into_iter().map(move |place| (project.clone(), place));
    match names {
        Some(names) => {
            let named = projects.into_iter().filter(|project| is_named(project, &names));
            named.flat_map(at_each).collect()
        }
        None if tests_places => projects.into_iter().flat_map(at_each).collect(),
        None => {
            let wanted = projects.into_iter().filter(|project| project.always || tests_all());
            wanted.zip(USUAL.into_iter().cycle()).collect()
        }
    }
}

#[test]
fn every_way_to_call_cython_is_equal() {
    let mut pairs = pairs();
    let needed = |number: usize| pairs.iter().any(|(_, place)| *place == number);
    let environments: Vec<Option<Environment>> = (PLACES.iter().enumerate())
        .map(|(number, place)| needed(number).then(|| place.environment()).flatten())
        .collect();
    pairs.retain(|(_, place)| environments[*place].is_some());
    let verdicts = do_all(&pairs, |(project, place)| {
        let environment = environments[*place].as_ref().expect("the others were left out");
        // A project that panics must not hide the others.
        let compared = panic::catch_unwind(|| project.compare(environment));
        let verdict = compared.unwrap_or_else(|_| Verdict::Wrong(vec!["see above".to_owned()]));
        if is_set("AMBIDEX_TEST_TIMES") || verdict != Verdict::Equal {
            told(&format!("{} with {}: {verdict:?}", project.name, PLACES[*place]));
        }
        verdict
    });
    let wrong: Vec<String> = (pairs.iter().zip(&verdicts))
        .filter_map(|((project, place), verdict)| {
            let name = format!("{} with {}", project.name, PLACES[*place]);
            match verdict {
                Verdict::Equal => None,
                Verdict::NotBuilt(how) => Some(format!("{name}: the serial build: {how}")),
                Verdict::Wrong(what) => Some(format!("{name}: {}", what.join("; "))),
            }
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_count_that_differs_is_found() {
    let summary = serde_json::json!({"translations": {"recorded": 6, "executed": 5}});
    let told = |text: &str| differing_counts(&counts(text), &summary).count();
    assert_eq!(told("recorded 6, executed 5"), 0);
    assert_eq!(told("recorded 6, executed 6"), 1);
    assert_eq!(told("reused 0"), 1);
}
