//! Where a hazard is in the files that a person edits: the line of an extension, and the source of the object.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use ambidex_command::{InputRole, ResponseFiles};
use ambidex_engine::{HazardPath, Writer};

use crate::project::Project;

/// The files in which extensions are declared, the likeliest first.
const DECLARING: [&str; 3] = ["setup.py", "pyproject.toml", "setup.cfg"];

/// A file, and a line in it if that is known. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub file: PathBuf,
    pub line: Option<usize>,
}

/// The files of a project, by paths relative to a base that readers know: the root of the checkout, or the working
/// directory.
pub(crate) struct Places {
    root: PathBuf,
    /// The project directory relative to the base.
    prefix: PathBuf,
    /// The declaring files and their texts.
    texts: Vec<(&'static str, String)>,
}

impl Places {
    /// Reads the declaring files of a project. The base is the checkout of a CI job, if the project is in one, else the
    /// working directory, if the project is below it, else the project itself.
    pub fn of(project: &Project) -> Self {
        let bases = [std::env::var_os("GITHUB_WORKSPACE").map(PathBuf::from), std::env::current_dir().ok()];
        let below = |base: PathBuf| {
            let base = base.canonicalize().ok()?;
            project.root.strip_prefix(base).ok().map(Path::to_owned)
        };
        let prefix = bases.into_iter().flatten().find_map(below).unwrap_or_default();
        let text = |name: &'static str| Some((name, std::fs::read_to_string(project.root.join(name)).ok()?));
        let texts = DECLARING.into_iter().filter_map(text).collect();
        Self { root: project.root.clone(), prefix, texts }
    }

    /// Returns where an extension is declared. Without a line, this is the project's first declaring file.
    pub fn extension(&self, name: &str) -> Place {
        let found = self.texts.iter().find_map(|(file, text)| Some((*file, line_of(text, name)?)));
        let (file, line) = match found {
            Some((file, line)) => (file, Some(line)),
            None => (self.texts.first().map_or(DECLARING[0], |(file, _)| *file), None),
        };
        Place { file: self.prefix.join(file), line }
    }

    /// Returns the sources from which the writers of a path make it, as far as they are in the project.
    pub fn sources(&self, hazard: &HazardPath) -> Vec<Place> {
        let mut found: Vec<Place> = Vec::new();
        for source in hazard.writers.iter().flat_map(sources) {
            let path = hazard.root.join(source);
            let Ok(relative) = path.strip_prefix(&self.root) else { continue };
            let place = Place { file: self.prefix.join(relative), line: None };
            if path.is_file() && !found.contains(&place) {
                found.push(place);
            }
        }
        found
    }
}

/// Returns the sources that a command compiles.
fn sources(writer: &Writer) -> Vec<String> {
    let Ok(command) = ambidex_command::read(&writer.command, &BTreeMap::new(), &NoFiles) else {
        return Vec::new();
    };
    let sources = command.inputs.into_iter().filter(|input| input.role == InputRole::Source);
    sources.map(|source| source.path).collect()
}

/// Response files are gone by now.
struct NoFiles;

impl ResponseFiles for NoFiles {
    fn read(&self, _path: &str) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// Returns the line that declares an extension: the only one with its name in quotes after `Extension(`, or else the only
/// one with its name in quotes.
fn line_of(text: &str, name: &str) -> Option<usize> {
    let quoted = ['"', '\''].map(|quote| format!("{quote}{name}{quote}"));
    let lines = || text.lines().enumerate().filter(|(_, line)| quoted.iter().any(|name| line.contains(name)));
    let only = |mut lines: Box<dyn Iterator<Item = (usize, &str)> + '_>| match (lines.next(), lines.next()) {
        (Some((number, _)), None) => Some(number + 1),
        _ => None,
    };
    only(Box::new(lines().filter(|(_, line)| line.contains("Extension("))))
        .or_else(|| only(Box::new(lines())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_an_extension() {
        let text = "name = 'mod1'\nExtension('mod1', ['a.c'])\nExtension(\n    \"pkg.mod2\",\n)\nx = ['two', 'two']\n'two'\n";
        assert_eq!(line_of(text, "mod1"), Some(2));
        assert_eq!(line_of(text, "pkg.mod2"), Some(4));
        assert_eq!(line_of(text, "mod2"), None);
        assert_eq!(line_of(text, "two"), None, "it may be any of them");
    }
}
