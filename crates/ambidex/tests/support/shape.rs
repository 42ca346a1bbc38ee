//! The shapes below `tests/shapes`: small projects that do something between the builds of their extensions, each built
//! by plain setuptools and by ambidex, and compared by everything that can be seen from outside.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::panic;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use walkdir::WalkDir;

use super::environment::Environment;
use super::files::{Files, differences};
use super::package::Verdict;
use super::processes::wait_until_none_has;
use super::run::run;
use super::workspace::Workspace;
use super::{is_set, repository, told};

/// A `setup.py` that is built beside the sources that all shapes share. Comments at its beginning describe it:
///
/// ```text
/// # exit code: 1                           how its build ends
/// # differs: text: why it can't be equal   what is not compared: `text`, or a file by its name
/// ```
#[derive(Clone, Debug)]
pub struct Shape {
    pub name: String,
    file: PathBuf,
    exit_code: i32,
    /// The things that are not compared, and the reasons.
    pub differs: Vec<(String, String)>,
}

const ONE_JOB: [&str; 1] = ["-j1"];
const FOUR_JOBS: [&str; 2] = ["-j4", "--schedule-seed=7"];

/// The name of the printed text in a shape's list of differences.
const TEXT: &str = "text";

impl Shape {
    /// Returns every shape, sorted by name.
    pub fn all() -> Vec<Self> {
        let folder = repository().join("tests").join("shapes");
        let mut shapes = Vec::new();
        for entry in WalkDir::new(&folder).min_depth(2).max_depth(2) {
            let file = entry.expect("the shapes can be read").into_path();
            let is_shape = file.extension().is_some_and(|extension| extension == "py");
            if is_shape && !file.starts_with(folder.join("_sources")) {
                let relative = file.strip_prefix(&folder).expect("it is below").with_extension("");
                shapes.push(Self::read(relative.to_string_lossy().into_owned(), file));
            }
        }
        shapes.sort_by(|a, b| a.name.cmp(&b.name));
        shapes
    }

    /// Reads the shape in this file and gives it this name.
    pub fn read(name: String, file: PathBuf) -> Self {
        let text = fs::read_to_string(&file).expect("the shapes can be read");
        let mut shape = Self { name, file, exit_code: 0, differs: Vec::new() };
        for comment in text.lines().map_while(|line| line.strip_prefix("# ")) {
            match comment.split_once(": ") {
                Some(("exit code", code)) => shape.exit_code = code.trim().parse().expect("it is a number"),
                Some(("differs", rest)) => {
                    let (what, why) =
                        rest.split_once(": ").unwrap_or_else(|| panic!("{}: {rest}", shape.name));
                    shape.differs.push((what.to_owned(), why.trim().to_owned()));
                }
                _ => {}
            }
        }
        shape
    }

    /// Builds it with plain setuptools, and with ambidex: with one job (only a third of the shapes, unless the matrix is
    /// tested), with four in a random order of ready commands, and once more.
    ///
    /// The second build is compared to a second plain build. Plain setuptools goes by times, and ambidex by content, so
    /// one may make a file again that the other leaves alone. Therefore the second build may also equal a forced one
    /// (`build --force`), and a file may be as the first build made it.
    pub fn compare(&self, environment: &Environment, variables: &[(&str, &str)]) -> Verdict {
        let original = self.lay_out();
        let mut workspace = Workspace::new(original.path(), environment);
        workspace.store = Some(workspace.cache().join("ambidex"));
        let own = [("PYTHONDONTWRITEBYTECODE", "1")];
        for (name, value) in variables.iter().chain(&own) {
            workspace.variables.push(((*name).to_owned(), (*value).to_owned()));
        }
        let first = Built::by(&workspace, None, &["build"]);
        let second = Built::by(&workspace, None, &["build"]);
        let from_nothing = |jobs: &[&str]| {
            workspace.start_again();
            Built::by(&workspace, Some(jobs), &["build"])
        };
        // Four jobs show nearly everything that one does, and this takes a fifth of the time.
        let with_one = is_set("AMBIDEX_TEST_MATRIX") || self.name.len().is_multiple_of(3);
        let one = with_one.then(|| from_nothing(&ONE_JOB));
        let four = from_nothing(&FOUR_JOBS);
        let warm = Built { text: String::new(), ..Built::by(&workspace, Some(&FOUR_JOBS), &["build"]) };
        let left_out = self.left_out();
        let mut wrong = Vec::new();
        let ours = || one.iter().map(|one| ("-j1", one)).chain([("-j4", &four)]);
        if ours().any(|(_, ours)| first.differs_from(ours, &left_out).is_some()) {
            // Differences between two plain builds, such as a time of day in a log, don't count.
            workspace.start_again();
            let left_out = left_out.and(Chance::between(&first, &Built::by(&workspace, None, &["build"])));
            for (name, ours) in ours() {
                wrong.extend(first.differs_from(ours, &left_out).map(|what| format!("{name}: {what}")));
            }
        }
        let second =
            Built { text: String::new(), files: second.files.or(&first.files, &warm.files), ..second };
        if second.differs_from(&warm, &left_out).is_some() {
            workspace.start_again();
            let another = Built::by(&workspace, None, &["build"]);
            let left_out = left_out.and(Chance::between(&first, &another));
            let forced = Built::by(&workspace, None, &["build", "--force"]);
            let forced = Built { text: String::new(), ..forced };
            if let (Some(what), Some(or)) =
                (second.differs_from(&warm, &left_out), forced.differs_from(&warm, &left_out))
            {
                wrong.push(format!("warm: {what}, and beside a forced build: {or}"));
            }
        }
        wait_until_none_has(&workspace.temporary().to_string_lossy());
        if !wrong.is_empty() {
            Verdict::Wrong(wrong)
        } else if first.code == self.exit_code {
            Verdict::Equal
        } else {
            Verdict::NotBuilt(format!("exit code {}", first.code))
        }
    }

    /// Copies the project, with times that are the same in every copy, because compilers can put them into their
    /// outputs.
    fn lay_out(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        let put = |from: &Path, name: &OsStr| {
            let to = folder.path().join(name);
            fs::copy(from, &to).expect("a temporary folder can be written");
            let file = File::options().append(true).open(&to).expect("a temporary folder can be written");
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
            file.set_modified(time).expect("it is our file");
        };
        let sources = repository().join("tests").join("shapes").join("_sources");
        for entry in fs::read_dir(sources).expect("the shapes can be read").flatten() {
            put(&entry.path(), &entry.file_name());
        }
        put(&self.file, OsStr::new("setup.py"));
        folder
    }

    fn left_out(&self) -> Chance {
        let names = self.differs.iter().map(|(what, _)| what.clone()).filter(|what| what != TEXT).collect();
        Chance { names, paths: Vec::new(), text: self.differs.iter().any(|(what, _)| what == TEXT) }
    }
}

/// Everything that can be seen of a build from outside.
#[derive(Clone, Debug)]
pub struct Built {
    pub code: i32,
    /// The standard output and error, in the order in which they reached a file.
    pub text: String,
    pub files: Files,
}

impl Built {
    /// Builds. Without `jobs`, builds with setuptools alone.
    fn by(workspace: &Workspace, jobs: Option<&[&str]>, setup: &[&str]) -> Self {
        let log = workspace.beside("log");
        let mut command = workspace.command("sh");
        command.args(["-c", "exec \"$@\" > \"$0\" 2>&1"]).arg(&log);
        if let Some(jobs) = jobs {
            command.args([env!("CARGO_BIN_EXE_ambidex"), "run", "-q"]).args(jobs).arg("--");
        }
        command.arg(workspace.python(&[]).get_program()).arg("setup.py").args(setup);
        let ran = panic::catch_unwind(panic::AssertUnwindSafe(|| run(&mut command))).unwrap_or_else(|hang| {
            // The text that was printed until then may say why.
            told(&fs::read_to_string(&log).unwrap_or_default());
            panic::resume_unwind(hang)
        });
        let text = fs::read(&log).expect("the shell has made it");
        Self {
            code: ran.code,
            text: String::from_utf8_lossy(&text).into_owned(),
            files: Files::below(&workspace.root()),
        }
    }

    /// Returns how another build, which should be the same, differs.
    pub fn differs_from(&self, ours: &Self, left_out: &Chance) -> Option<String> {
        if self.code != ours.code {
            return Some(format!("exit code {} became {}", self.code, ours.code));
        }
        let counts = |path: &Path| !left_out.has(path);
        let files = differences(&self.files.clone().only(counts), &ours.files.clone().only(counts));
        // The existence of a file counts in any case.
        let there =
            |built: &Self| built.files.clone().only(|path| left_out.paths.iter().any(|left| left == path));
        let missing = there(self).paths().ne(there(ours).paths());
        let missing = missing.then(|| "a file that differs each time is missing".to_owned());
        let text =
            || (!left_out.text).then(|| text_difference(&self.text, &ours.text, self.code != 0)).flatten();
        files.into_iter().next().or(missing).or_else(text)
    }
}

/// The things that are not compared.
#[derive(Clone, Debug, Default)]
pub struct Chance {
    /// File names.
    names: Vec<String>,
    /// Files that differ between two plain builds.
    paths: Vec<PathBuf>,
    text: bool,
}

impl Chance {
    /// Returns the differences between two plain builds of the same project.
    pub fn between(one: &Built, other: &Built) -> Self {
        Self { names: Vec::new(), paths: one.files.changed(&other.files), text: one.text != other.text }
    }

    fn and(&self, other: Self) -> Self {
        Self { names: self.names.clone(), text: self.text || other.text, ..other }
    }

    fn has(&self, path: &Path) -> bool {
        let named = |name: &String| path.file_name().is_some_and(|file| file == name.as_str());
        self.names.iter().any(named) || self.paths.iter().any(|left| left == path)
    }
}

/// Returns how two texts differ in their first different line. After a failed build, ambidex may print more at the end.
pub fn text_difference(plain: &str, ours: &str, failed: bool) -> Option<String> {
    match ours.strip_prefix(plain) {
        Some(more) if more.is_empty() || failed && more.starts_with("error: ") => return None,
        _ => {}
    }
    let (mut theirs, mut others) = (plain.lines(), ours.lines());
    loop {
        match (theirs.next(), others.next()) {
            (Some(a), Some(b)) if a == b => {}
            (None, None) => return Some("the text differs in its last line".to_owned()),
            (a, b) => {
                // Of long lines, the message has only the part around the difference.
                let (told_a, told_b) = (a.unwrap_or_default(), b.unwrap_or_default());
                let same = told_a.chars().zip(told_b.chars()).take_while(|(a, b)| a == b).count();
                let told = |line: Option<&str>| {
                    let part =
                        |line: &str| line.chars().skip(same.saturating_sub(30)).take(90).collect::<String>();
                    line.map_or("nothing".to_owned(), |line| format!("`{}`", part(line)))
                };
                return Some(format!("{} was printed for {}", told(b), told(a)));
            }
        }
    }
}
