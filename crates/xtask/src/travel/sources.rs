//! The sources that travel: those of sdists, and generated ones.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::environment::{python_with, root, run, sdist};
use crate::travel::generated;
use crate::travel::places::Place;

/// Sdists whose sources can be compiled one by one with Python's headers, those with few of them first.
const PROJECTS: [(&str, &str); 13] = [
    ("markupsafe", "3.0.4"),
    ("msgpack", "1.2.4"),
    ("pyclipper", "1.4.0"),
    ("argon2-cffi-bindings", "25.1.0"),
    ("bitarray", "3.12.3"),
    ("multidict", "7.2.1"),
    ("psutil", "7.2.2"),
    ("lz4", "4.4.5"),
    ("coverage", "7.17.3"),
    ("brotli", "1.2.1"),
    ("httptools", "0.9.0"),
    ("biopython", "1.88"),
    ("pycryptodome", "4.4.0"),
];

/// A tree of sources.
#[derive(Clone)]
pub(crate) struct Project {
    pub name: String,
    /// The tree, if the sources are not generated.
    folder: Option<PathBuf>,
    /// Its C and C++ files, relative to it.
    pub sources: Vec<PathBuf>,
}

impl Project {
    /// Returns whether the sources are generated.
    pub(crate) fn is_generated(&self) -> bool {
        self.folder.is_none()
    }
}

/// Returns the projects, with their sources of at most so many bytes. Fetches sdists that are missing.
pub(crate) fn projects(largest: u64) -> Result<Vec<Project>> {
    let python = python_with("corpus-fetch", &["pip", "wheel", "setuptools"])?;
    let mut projects = vec![Project { name: "generated".into(), folder: None, sources: Vec::new() }];
    for (name, version) in PROJECTS {
        match sdist(&python, name, version) {
            Ok(folder) => projects.push(Project {
                name: name.into(),
                sources: sources(&folder, largest),
                folder: Some(folder),
            }),
            Err(error) => eprintln!("{name} is left out: {error:#}"),
        }
    }
    Ok(projects)
}

/// Returns the C and C++ files of a tree of at most so many bytes, relative to it.
fn sources(folder: &Path, largest: u64) -> Vec<PathBuf> {
    let is_source =
        |path: &Path| path.extension().is_some_and(|end| ["c", "cc", "cpp", "cxx"].iter().any(|e| end == *e));
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    let files = entries.map(walkdir::DirEntry::into_path).filter(|path| is_source(path));
    let files = files.filter(|path| fs::metadata(path).is_ok_and(|data| data.len() <= largest));
    files.filter_map(|path| path.strip_prefix(folder).ok().map(Path::to_owned)).collect()
}

/// The folders of a project where they wait for the next place.
pub(crate) struct Stage {
    /// The folder with Python's headers, which stays where it is, if there is one.
    pub headers: Option<PathBuf>,
}

const WAITING: &str = "/.stage";

impl Stage {
    /// Copies a project, and makes an environment and a folder for temporary files. Shuffles the sources, or generates
    /// as many as wanted.
    pub(crate) fn set(project: &mut Project, count: usize, random: &mut fastrand::Rng) -> Result<Self> {
        let stage = Path::new(WAITING);
        let _ = fs::remove_dir_all(stage);
        fs::create_dir_all(stage.join("environment").join("include"))?;
        fs::create_dir_all(stage.join("temporary"))?;
        fs::write(
            stage.join("environment/include/own.h"),
            "static inline int own(int v) { return v + 1; }\n",
        )?;
        let tree = stage.join("project");
        match &project.folder {
            Some(folder) => run(Command::new("cp").arg("-a").arg(folder).arg(&tree))?,
            None => {
                fs::create_dir_all(&tree)?;
                fs::write(tree.join("generated.h"), generated::header())?;
                project.sources =
                    (0..count).map(|n| format!("made{n}.{}", ["c", "cpp"][n % 2]).into()).collect();
                for source in &project.sources {
                    let is_c = source.extension().is_some_and(|end| end == "c");
                    let text = if is_c { generated::c(random) } else { generated::cpp(random) };
                    fs::write(tree.join(source), text)?;
                }
            }
        }
        random.shuffle(&mut project.sources);
        Ok(Self { headers: headers() })
    }

    /// Brings the folders to a place, does something there, and takes them back.
    pub(crate) fn visit<T>(&self, place: &Place, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let folders = place.folders();
        for (name, path) in folders {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::rename(Path::new(WAITING).join(name), path)?;
        }
        let result = work();
        for (name, path) in folders.into_iter().rev() {
            fs::rename(path, Path::new(WAITING).join(name))?;
            // Parents that other folders still need are not empty.
            for parent in path.ancestors().skip(1) {
                if parent.parent().is_none() || fs::remove_dir(parent).is_err() {
                    break;
                }
            }
        }
        result
    }
}

/// Returns the folder with Python's headers, if it is there.
fn headers() -> Option<PathBuf> {
    let python = root().join("target").join("xtask").join("corpus-fetch").join("bin").join("python");
    let code = "import sysconfig; print(sysconfig.get_path('include'))";
    let output = Command::new(python).args(["-c", code]).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    path.join("Python.h").exists().then_some(path)
}
