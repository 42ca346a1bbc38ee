//! `ambidex verify`: builds one project twice at the same path, serially and with ambidex, and compares the outputs.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ambidex_engine::{Options, Report};
use object::{Object, ObjectSection};
use serde::Serialize;
use walkdir::WalkDir;

use crate::args::VerifyArgs;
use crate::build_system::BuildSystem;
use crate::diagnose::{self, Seen};
use crate::error::Error;
use crate::project::Project;
use crate::summary::SummaryFile;
use crate::supervise::{self, Task};
use crate::tell;

/// The contents of the files after a build, by path.
type Outputs = BTreeMap<PathBuf, Vec<u8>>;

/// A copy of a project, always at the same path, because the outputs of a build contain paths (`__FILE__`, debug
/// information).
struct Bench<'a> {
    project: &'a Project,
    python: PathBuf,
    inplace: bool,
    folder: tempfile::TempDir,
}

/// Compares the two builds. The exit code is 1 if they differ.
pub(crate) fn verify(args: &VerifyArgs) -> Result<u8, Error> {
    tell::set_color(args.common.output.color);
    let project = Project::find(&args.dir)?;
    BuildSystem::expect_setuptools(&project)?;
    let summary = args.summary.as_deref().map(SummaryFile::checked).transpose()?;
    let bench = Bench {
        project: &project,
        python: project.python(args.common.python.as_deref())?,
        inplace: args.inplace,
        folder: tempfile::Builder::new().prefix("ambidex-verify-").tempdir().map_err(Error::Engine)?,
    };
    let (stock, serial_s) = bench.build_stock()?;
    let options = Options { commit_all: true, ..supervise::options(&args.common.jobs, &project.settings) };
    let Some((ours, report)) = bench.build_ours(options)? else {
        tell::error("the build with ambidex failed, the one with plain setuptools did not", None);
        return Ok(1);
    };
    let differing = differences(&stock, &ours);
    // Before blaming ambidex, check whether two serial builds differ too.
    let unsteady: BTreeSet<PathBuf> = match differing.is_empty() {
        true => BTreeSet::new(),
        false => differences(&stock, &bench.build_stock()?.0).into_keys().collect(),
    };
    let mut comparison = Comparison { serial_s, report, ..Comparison::default() };
    comparison.equal = stock.keys().filter(|path| !differing.contains_key(*path)).count();
    for (path, difference) in differing {
        let list = match (unsteady.contains(&path), is_intermediate(&path)) {
            (false, _) => &mut comparison.differing,
            (true, false) => &mut comparison.unsteady,
            (true, true) => &mut comparison.unsteady_objects,
        };
        list.insert(path, difference);
    }
    tell::print(&comparison.text())?;
    if let Some(file) = summary {
        let json = serde_json::to_string_pretty(&comparison).expect("a comparison is plain data");
        file.write(&(json + "\n"))?;
    }
    Ok(u8::from(!comparison.differing.is_empty() || !comparison.unsteady.is_empty()))
}

/// The result of a comparison of two builds.
#[derive(Debug, Default, Serialize)]
struct Comparison {
    /// The number of equal files.
    equal: usize,
    /// The files that differ in ambidex's build only, with the difference.
    differing: BTreeMap<PathBuf, String>,
    /// The files that differ between two serial builds too, with the difference.
    unsteady: BTreeMap<PathBuf, String>,
    /// The objects that differ between two serial builds too; they are not part of the result.
    unsteady_objects: BTreeMap<PathBuf, String>,
    /// The duration of the serial build, in seconds.
    serial_s: f64,
    /// The engine's report on ambidex's build.
    report: Option<Report>,
}

impl Comparison {
    fn text(&self) -> String {
        const UNSTEADY: &str = "not reproducible (two serial builds differ too";
        let mut lines = Vec::new();
        for (path, difference) in &self.differing {
            lines.push(format!("differs: {}: {difference}", path.display()));
        }
        for (path, difference) in &self.unsteady {
            lines.push(format!("{UNSTEADY}): {}: {difference}", path.display()));
        }
        for path in self.unsteady_objects.keys() {
            lines.push(format!("{UNSTEADY}; not part of the result): {}", path.display()));
        }
        lines.push(match (self.differing.len(), self.unsteady.len()) {
            (0, 0) => format!("equal: {} files\n", self.equal),
            (0, unsteady) => format!("{} files are equal; {unsteady} can't be judged\n", self.equal),
            (differing, _) => format!("{} files are equal; {differing} differ\n", self.equal),
        });
        lines.join("\n")
    }
}

/// Returns whether a file is an object, which is only a step towards a module. With LTO, GCC puts a random name into
/// objects.
fn is_intermediate(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "o")
}

impl Bench<'_> {
    fn root(&self) -> PathBuf {
        let name = self.project.root.file_name().unwrap_or(std::ffi::OsStr::new("project"));
        self.folder.path().join(name)
    }

    fn fresh_copy(&self) -> Result<(), Error> {
        let root = self.root();
        let unwritable = |source| Error::Unwritable { path: root.clone(), source };
        match fs::remove_dir_all(&root) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(unwritable(source)),
            _ => copy(&self.project.root, &root),
        }
    }

    fn task<'b>(&self, root: &'b Path, log: PathBuf) -> Task<'b> {
        // Both builds get the same time and the same hash seed, unless the user has set them.
        let fixed: [(&'static str, OsString); 2] =
            [("PYTHONHASHSEED", "0".into()), ("SOURCE_DATE_EPOCH", "1600000000".into())];
        let fixed = fixed.into_iter().filter(|(name, _)| std::env::var_os(name).is_none());
        let environment = fixed.collect();
        Task {
            program: self.python.clone().into_os_string(),
            arguments: self.project.arguments(self.inplace, &[]),
            cwd: root,
            environment,
            log: Some(log),
            is_shown: false,
        }
    }

    /// Returns the serial build's outputs, and its duration in seconds.
    fn build_stock(&self) -> Result<(Outputs, f64), Error> {
        self.fresh_copy()?;
        let root = self.root();
        let log = self.folder.path().join("stock.log");
        let began = Instant::now();
        let (code, interrupted) = supervise::plain(&self.task(&root, log.clone()))?;
        let seconds = began.elapsed().as_secs_f64();
        if interrupted {
            return Err(Error::Interrupted(code));
        }
        if code != 0 {
            show_log(&log);
            return Err(Error::StockFailed(i32::from(code)));
        }
        Ok((collect(&root)?, seconds))
    }

    /// Returns the outputs of ambidex's build and the engine's report, or `None` if the build fails.
    fn build_ours(&self, options: Options) -> Result<Option<(Outputs, Option<Report>)>, Error> {
        self.fresh_copy()?;
        let root = self.root();
        let log = self.folder.path().join("ambidex.log");
        let ended = supervise::captured(self.task(&root, log.clone()), options)?;
        if ended.code != 0 {
            show_log(&log);
            diagnose::tell(&ended, Seen::All);
            return Ok(None);
        }
        Ok(Some((collect(&root)?, Some(ended.report))))
    }
}

fn show_log(log: &Path) {
    tell::say(String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).trim_end());
}

/// Returns whether an earlier build left this path in the project, or it is not part of any build.
fn is_left_out(relative: &Path) -> bool {
    let text = relative.to_string_lossy();
    let built = ["build/lib", "build/temp.", "build/bdist.", "build/scripts-", "build/.ambidex"];
    built.iter().any(|start| text.starts_with(start))
        || relative.file_name().is_some_and(|n| n == "__pycache__")
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let unreadable = |path: &Path, source| Error::Unreadable { path: path.to_owned(), source };
    let mut walk = WalkDir::new(from).into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|e| unreadable(from, e.into()))?;
        let relative = entry.path().strip_prefix(from).unwrap_or(entry.path());
        if is_left_out(relative) {
            if entry.file_type().is_dir() {
                walk.skip_current_dir();
            }
            continue;
        }
        let target = to.join(relative);
        let kind = entry.file_type();
        let result = if kind.is_dir() {
            fs::create_dir_all(&target)
        } else if kind.is_symlink() {
            fs::read_link(entry.path()).and_then(|link| std::os::unix::fs::symlink(link, &target))
        } else if kind.is_file() {
            copy_file(entry.path(), &target)
        } else {
            Ok(())
        };
        result.map_err(|source| Error::Unwritable { path: target, source })?;
    }
    Ok(())
}

/// Copies a file with its modification time, because generators use it to decide what is out of date.
fn copy_file(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::copy(from, to)?;
    let modified = fs::metadata(from)?.modified()?;
    fs::File::options().append(true).open(to).and_then(|file| file.set_modified(modified))
}

/// Returns every file of a built copy, except those that only cache or describe builds.
fn collect(root: &Path) -> Result<Outputs, Error> {
    let mut outputs = Outputs::new();
    let mut walk = WalkDir::new(root).follow_links(false).into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|e| Error::Unreadable { path: root.to_owned(), source: e.into() })?;
        let relative = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_owned();
        let name = entry.file_name();
        if entry.file_type().is_dir() && [".git", "__pycache__", ".ambidex"].iter().any(|skip| name == *skip)
        {
            walk.skip_current_dir();
        } else if entry.file_type().is_file() {
            let unreadable = |source| Error::Unreadable { path: entry.path().to_owned(), source };
            outputs.insert(relative, fs::read(entry.path()).map_err(unreadable)?);
        }
    }
    Ok(outputs)
}

/// Returns the paths that differ, each with a description of the difference.
fn differences(stock: &Outputs, ours: &Outputs) -> BTreeMap<PathBuf, String> {
    let paths: BTreeSet<&PathBuf> = stock.keys().chain(ours.keys()).collect();
    let mut found = BTreeMap::new();
    for path in paths {
        let difference = match (stock.get(path), ours.get(path)) {
            (Some(stock), Some(ours)) if stock == ours => continue,
            (Some(stock), Some(ours)) => describe(stock, ours),
            (Some(_), None) => "only the serial build has it".to_owned(),
            (None, _) => "only ambidex has it".to_owned(),
        };
        found.insert(path.clone(), difference);
    }
    found
}

/// Describes a difference: the sections that differ if both are object files, otherwise the first offset that differs.
fn describe(stock: &[u8], ours: &[u8]) -> String {
    if let (Some(stock), Some(ours)) = (sections(stock), sections(ours)) {
        let names: BTreeSet<&String> = stock.keys().chain(ours.keys()).collect();
        let differ: Vec<&str> =
            names.into_iter().filter(|n| stock.get(*n) != ours.get(*n)).map(String::as_str).collect();
        if !differ.is_empty() {
            return format!("section {}", differ.join(", "));
        }
    }
    let at = stock.iter().zip(ours).position(|(a, b)| a != b).unwrap_or(stock.len().min(ours.len()));
    format!("at byte {at} (sizes {} and {})", stock.len(), ours.len())
}

fn sections(data: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    let file = object::File::parse(data).ok()?;
    let content = |s: object::Section<'_, '_>| Some((s.name().ok()?.to_owned(), s.data().ok()?.to_vec()));
    Some(file.sections().filter_map(content).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_difference_is_found() {
        let outputs = |files: &[(&str, &str)]| -> Outputs {
            files.iter().map(|(p, c)| (PathBuf::from(p), c.as_bytes().to_vec())).collect()
        };
        let stock = outputs(&[("same", "1"), ("content", "abc"), ("gone", "1")]);
        let ours = outputs(&[("same", "1"), ("content", "abd"), ("new", "1")]);
        let found = differences(&stock, &ours);
        let found: Vec<_> = found.iter().map(|(p, d)| (p.to_str().unwrap(), d.as_str())).collect();
        assert_eq!(
            found,
            [
                ("content", "at byte 2 (sizes 3 and 3)"),
                ("gone", "only the serial build has it"),
                ("new", "only ambidex has it")
            ]
        );
    }
}
