//! Knows the shapes below `tests/shapes`: small projects that do something between the builds of their extensions, each
//! built plainly and by ambidex, compared by all that can be seen from outside, and written down.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use walkdir::WalkDir;

use crate::environment::{ambidex, python_with, root};

/// The setuptools that a shape is built with unless the options say otherwise.
const SETUPTOOLS: &str = "setuptools==84.2.1";

/// After so long a build hangs.
const LIMIT: Duration = Duration::from_secs(30);

/// Options of the chore.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only shapes whose names contain one of these
    names: Vec<String>,
    /// The Python of an environment with setuptools, instead of one that is made with the newest
    #[arg(long)]
    python: Option<PathBuf>,
}

/// All that can be seen of a build from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    /// None where it hung.
    code: Option<i32>,
    /// Standard output and error, as they came.
    text: String,
    /// By path: the permissions and the content of a file, or where a link leads.
    files: BTreeMap<PathBuf, (u32, Vec<u8>)>,
}

impl Seen {
    /// This second plain build, but for files that `warm` has as the first one had made them: plain setuptools goes by
    /// times, and leaves out what ambidex, which goes by content, makes again.
    fn or(&self, first: &Self, warm: &Self) -> Self {
        let mut files = self.files.clone();
        for (path, file) in &warm.files {
            if first.files.get(path) == Some(file) {
                files.insert(path.clone(), file.clone());
            }
        }
        files.retain(|path, _| warm.files.contains_key(path) || first.files.contains_key(path));
        Self { files, ..self.clone() }
    }
}

/// A way to start a build.
struct Way {
    name: &'static str,
    /// The arguments of `ambidex run`; none for the plain build.
    ambidex: Option<&'static [&'static str]>,
    /// The arguments of `setup.py`.
    setup: &'static [&'static str],
}

const PLAIN: Way = Way { name: "plain", ambidex: None, setup: &["build"] };
const FORCED: Way = Way { name: "forced", ambidex: None, setup: &["build", "--force"] };
const ONE_JOB: Way = Way { name: "-j1", ambidex: Some(&["-j1"]), setup: &["build"] };
const FOUR_JOBS: Way = Way { name: "-j4", ambidex: Some(&["-j4", "--schedule-seed=7"]), setup: &["build"] };

/// Builds the shapes and writes `docs/shapes.md`, if all were built on the newest setuptools.
pub(crate) fn compare(options: &Options) -> Result<()> {
    let python = match &options.python {
        Some(python) => python.clone(),
        None => python_with("shapes", &[SETUPTOOLS])?,
    };
    let wanted = |shape: &Shape| {
        options.names.is_empty() || options.names.iter().any(|name| shape.name.contains(name.as_str()))
    };
    let shapes: Vec<Shape> = all()?.into_iter().filter(wanted).collect();
    let found = compare_all(&shapes, &python)?;
    let mut table = String::new();
    let (mut equal, mut others) = (0, 0);
    for (shape, differences) in shapes.iter().zip(&found) {
        if differences.is_empty() {
            equal += 1;
        } else {
            others += 1;
            writeln!(table, "| {} | {} |", shape.name, short(differences))?;
        }
    }
    println!("{equal} equal, {others} not");
    if options.names.is_empty() && options.python.is_none() {
        let rows = if others == 0 { String::new() } else { format!("{COLUMNS}{table}") };
        let text = format!("{HEAD}{} shapes, {equal} equal, {others} not.\n{rows}", equal + others);
        fs::write(root().join("docs").join("shapes.md"), text)?;
    }
    anyhow::ensure!(others == 0, "{others} shapes are not built as plain setuptools builds them");
    Ok(())
}

/// What differs, for each shape. As many are built at a time as there are cores.
fn compare_all(shapes: &[Shape], python: &Path) -> Result<Vec<String>> {
    let program = ambidex()?;
    let next = AtomicUsize::new(0);
    let found: Vec<OnceLock<String>> = shapes.iter().map(|_| OnceLock::new()).collect();
    let compare_some = |worker: usize| -> Result<()> {
        let folder = root().join("target").join("xtask").join("shapes").join(worker.to_string());
        let place = Place { program: program.clone(), python: python.to_owned(), folder };
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (Some(shape), Some(found)) = (shapes.get(at), found.get(at)) else { return Ok(()) };
            let differences =
                found.get_or_init(|| place.compare(shape).unwrap_or_else(|error| format!("{error:#}")));
            println!("{}: {}", shape.name, if differences.is_empty() { "equal" } else { differences });
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers)
            .map(|worker| {
                scope.spawn({
                    let compare_some = &compare_some;
                    move || compare_some(worker)
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker does not panic"))
    })?;
    Ok(found.into_iter().map(|found| found.into_inner().unwrap_or_default()).collect())
}

const HEAD: &str = "# Shapes\n
Written by `cargo xtask shapes`: the small projects below `tests/shapes`, each built on Python's venv with the newest
setuptools by `setup.py build`, by `ambidex run -j1`, by `ambidex run -j4` in a random order of ready commands, and by a
second, warm build; at one path. Compared are the exit code, every file with its permissions, objects included, and all
that was printed (not of the warm build). The warm build is compared with a second plain build and, since plain setuptools
goes by times and ambidex by content, with a second plain build that is forced (`build --force`): it must equal one.

";

const COLUMNS: &str = "\n| shape | what differs |\n| --- | --- |\n";

/// Differences as the table tells them: what was printed is as long as command lines are, and names this machine's paths.
fn short(differences: &str) -> String {
    let part = |part: &str| match part.split_once(": ") {
        Some((way, what)) if what.contains(" was printed for ") => format!("{way}: prints something else"),
        _ => part.to_owned(),
    };
    differences.split("; ").map(part).collect::<Vec<String>>().join("; ")
}

/// A `setup.py` that is built beside the sources that all shapes share.
struct Shape {
    name: String,
    file: PathBuf,
    code: i32,
}

/// Every shape, by name.
fn all() -> Result<Vec<Shape>> {
    let folder = root().join("tests").join("shapes");
    let mut shapes = Vec::new();
    for entry in WalkDir::new(&folder).min_depth(2).max_depth(2) {
        let file = entry?.into_path();
        let is_shape = file.extension().is_some_and(|extension| extension == "py");
        if !is_shape || file.parent().is_some_and(|parent| parent.ends_with("_sources")) {
            continue;
        }
        let text = fs::read_to_string(&file)?;
        let code = text.lines().find_map(|line| line.strip_prefix("# exit code: "));
        let code = code.map_or(Ok(0), |code| code.trim().parse());
        let code = code.with_context(|| format!("{}: an exit code is a number", file.display()))?;
        let name = file.strip_prefix(&folder)?.with_extension("").to_string_lossy().into_owned();
        shapes.push(Shape { name, file, code });
    }
    shapes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(shapes)
}

/// Where and by what shapes are built.
struct Place {
    program: PathBuf,
    python: PathBuf,
    folder: PathBuf,
}

impl Place {
    /// What differs between the plain builds of a shape and ours, in one line; nothing where all is equal.
    fn compare(&self, shape: &Shape) -> Result<String> {
        self.lay_out(shape)?;
        let other_plain = self.build(&PLAIN)?;
        self.lay_out(shape)?;
        let plain = self.build(&PLAIN)?;
        if plain.code != Some(shape.code) {
            return Ok(format!("the plain build ends with {:?} and not with {}", plain.code, shape.code));
        }
        let chance = Chance::between(&plain, &other_plain);
        let plain_again = self.build(&PLAIN)?;
        let difference = |plain: &Seen, ours: &Seen| difference(&chance.apart(plain), &chance.apart(ours));
        let mut found = Vec::new();
        for way in [&ONE_JOB, &FOUR_JOBS] {
            self.lay_out(shape)?;
            let ours = self.build(way)?;
            found.extend(difference(&plain, &ours).map(|what| format!("{}: {what}", way.name)));
        }
        let warm = Seen { text: String::new(), ..self.build(&FOUR_JOBS)? };
        let differs = |plain: &Seen| difference(&Seen { text: String::new(), ..plain.clone() }, &warm);
        if let Some(what) = differs(&plain_again.or(&plain, &warm)) {
            self.lay_out(shape)?;
            self.build(&PLAIN)?;
            if differs(&self.build(&FORCED)?).is_some() {
                found.push(format!("warm: {what}"));
            }
        }
        Ok(found.join("; "))
    }

    /// Makes the folder anew.
    fn lay_out(&self, shape: &Shape) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)?;
        }
        fs::create_dir_all(self.project())?;
        for entry in fs::read_dir(root().join("tests").join("shapes").join("_sources"))? {
            let entry = entry?;
            put(&entry.path(), &self.project().join(entry.file_name()))?;
        }
        put(&shape.file, &self.project().join("setup.py"))
    }

    fn project(&self) -> PathBuf {
        self.folder.join("project")
    }

    fn build(&self, way: &Way) -> Result<Seen> {
        let log = self.folder.join("log");
        let mut command = match way.ambidex {
            Some(arguments) => {
                let mut command = Command::new(&self.program);
                command.args(["run", "-q"]).args(arguments).arg("--").arg(&self.python);
                command
            }
            None => Command::new(&self.python),
        };
        let file = File::create(&log)?;
        command
            .arg("setup.py")
            .args(way.setup)
            .current_dir(self.project())
            .env("PYTHONHASHSEED", "0")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("AMBIDEX_CACHE_DIR", self.folder.join("cache"))
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .process_group(0);
        let mut child = command.spawn().with_context(|| format!("{command:?} can't be started"))?;
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break Some(status);
            }
            if began.elapsed() > LIMIT {
                // Whatever it started is in its group.
                let _ = killpg(Pid::from_raw(i32::try_from(child.id())?), Signal::SIGKILL);
                child.wait()?;
                break None;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let code = status.map(|status| {
            use std::os::unix::process::ExitStatusExt;
            status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
        });
        let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        Ok(Seen { code, text, files: files(&self.project())? })
    }
}

/// What two plain builds of the same have not in common, such as a time of day in a log.
struct Chance {
    files: Vec<PathBuf>,
    text: bool,
}

impl Chance {
    fn between(one: &Seen, other: &Seen) -> Self {
        let differs = |path: &&PathBuf| one.files.get(*path) != other.files.get(*path);
        let files = one.files.keys().chain(other.files.keys()).filter(differs).cloned().collect();
        Self { files, text: one.text != other.text }
    }

    /// What was seen, without that.
    fn apart(&self, seen: &Seen) -> Seen {
        let mut seen = seen.clone();
        for path in &self.files {
            // That it is there counts.
            if let Some(file) = seen.files.get_mut(path) {
                *file = (0, Vec::new());
            }
        }
        if self.text {
            seen.text.clear();
        }
        seen
    }
}

/// Copies a file, with a time that every copy has: compilers can put it into what they make.
fn put(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)?;
    let time = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    File::options().write(true).open(to)?.set_modified(time)?;
    Ok(())
}

/// Every file below a folder, without what only ambidex keeps.
fn files(folder: &Path) -> Result<BTreeMap<PathBuf, (u32, Vec<u8>)>> {
    let own = |entry: &walkdir::DirEntry| entry.file_name() == ".ambidex";
    let mut found = BTreeMap::new();
    for entry in WalkDir::new(folder).into_iter().filter_entry(|entry| !own(entry)) {
        let entry = entry?;
        let path = entry.path();
        let relative = path.strip_prefix(folder)?.to_owned();
        if entry.file_type().is_symlink() {
            found.insert(relative, (0, fs::read_link(path)?.into_os_string().into_encoded_bytes()));
        } else if entry.file_type().is_file() {
            let mode = entry.metadata()?.permissions().mode() & 0o7777;
            // The build may have made it so that nobody else can read it.
            found.insert(relative, (mode, fs::read(path).unwrap_or_default()));
        }
    }
    Ok(found)
}

/// The first thing in which two builds differ.
fn difference(plain: &Seen, ours: &Seen) -> Option<String> {
    if plain.code != ours.code {
        let told = |code: Option<i32>| code.map_or("a hang".to_owned(), |code| format!("exit code {code}"));
        return Some(format!("{} became {}", told(plain.code), told(ours.code)));
    }
    for (path, file) in &plain.files {
        match ours.files.get(path) {
            None => return Some(format!("{} is missing", path.display())),
            Some(other) if other.1 != file.1 => {
                return Some(format!("{} has another content", path.display()));
            }
            Some(other) if other.0 != file.0 => {
                return Some(format!("{} has mode {:o} and not {:o}", path.display(), other.0, file.0));
            }
            Some(_) => {}
        }
    }
    if let Some(path) = ours.files.keys().find(|path| !plain.files.contains_key(*path)) {
        return Some(format!("{} should not be there", path.display()));
    }
    text_difference(&plain.text, &ours.text, plain.code != Some(0))
}

/// The first line in which two texts differ. Of a failed build ambidex says more at the end.
fn text_difference(plain: &str, ours: &str, failed: bool) -> Option<String> {
    let ours = match ours.strip_prefix(plain) {
        Some(more) if more.is_empty() || failed && more.starts_with("error: ") => return None,
        _ => ours,
    };
    let (mut theirs, mut others) = (plain.lines(), ours.lines());
    loop {
        let shortened = |line: Option<&str>| match line {
            Some(line) => format!("`{}`", line.chars().take(60).collect::<String>()),
            None => "nothing".to_owned(),
        };
        match (theirs.next(), others.next()) {
            (Some(a), Some(b)) if a == b => {}
            (None, None) => return Some("the text differs in its last line".to_owned()),
            (a, b) => return Some(format!("{} was printed for {}", shortened(b), shortened(a))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(code: i32, text: &str, files: &[(&str, u32, &str)]) -> Seen {
        let file =
            |(path, mode, content): &(&str, u32, &str)| (path.into(), (*mode, content.as_bytes().to_vec()));
        Seen { code: Some(code), text: text.to_owned(), files: files.iter().map(file).collect() }
    }

    #[test]
    fn every_kind_of_difference_is_found() {
        let plain = seen(0, "one\ntwo\n", &[("m.so", 0o755, "x"), ("m.o", 0o644, "y")]);
        let told = |ours: Seen| difference(&plain, &ours).unwrap_or_default();
        assert_eq!(told(plain.clone()), "");
        assert_eq!(told(seen(0, "one\ntwo\n", &[("m.so", 0o755, "x")])), "m.o is missing");
        assert_eq!(told(seen(1, "", &[])), "exit code 0 became exit code 1");
        assert_eq!(told(seen(0, "", &[("m.o", 0o644, "y")])), "m.so is missing");
        assert_eq!(
            told(seen(0, "", &[("m.o", 0o644, "y"), ("m.so", 0o755, "z")])),
            "m.so has another content"
        );
        assert_eq!(
            told(seen(0, "", &[("m.o", 0o644, "y"), ("m.so", 0o700, "x")])),
            "m.so has mode 700 and not 755"
        );
        let text = |text| seen(0, text, &[("m.so", 0o755, "x"), ("m.o", 0o644, "y")]);
        assert_eq!(told(text("two\none\n")), "`two` was printed for `one`");
        assert_eq!(told(text("one\n")), "nothing was printed for `two`");
        let more = [("m.so", 0o755, "x"), ("m.o", 0o644, "y"), ("new", 0o644, "")];
        assert_eq!(told(seen(0, "one\ntwo\n", &more)), "new should not be there");
    }

    #[test]
    fn what_differs_between_plain_builds_does_not_count() {
        let (one, other) = (seen(0, "1\n", &[("t", 0o644, "1")]), seen(0, "2\n", &[("t", 0o644, "2")]));
        let chance = Chance::between(&one, &other);
        let ours = seen(0, "3\n", &[("t", 0o644, "3")]);
        assert_eq!(difference(&chance.apart(&one), &chance.apart(&ours)), None);
        let missing = seen(0, "3\n", &[]);
        assert_eq!(difference(&chance.apart(&one), &chance.apart(&missing)).as_deref(), Some("t is missing"));
    }

    #[test]
    fn the_table_names_no_command() {
        let told = "-j1: `gcc /p/a.c` was printed for `x`; warm: a.so is missing";
        assert_eq!(short(told), "-j1: prints something else; warm: a.so is missing");
    }

    #[test]
    fn ambidex_may_say_more_of_a_failed_build() {
        let (plain, ours) = ("error: no\n", "error: no\nerror: extension 'a' failed\n");
        assert_eq!(text_difference(plain, ours, true), None);
        assert!(text_difference(plain, ours, false).is_some());
    }
}
