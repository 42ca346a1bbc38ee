//! The keys of `[tool.ambidex]` in `pyproject.toml`, which the environment and flags override.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::error::Error;

/// A project's settings, which hold unless its user says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The number of commands that run at once.
    pub jobs: Option<u32>,
    /// The Python that runs setup.py: a version, a name, or a full path.
    pub python: Option<PathBuf>,
    /// Whether to keep building the other extensions when one fails.
    pub keep_going: Option<bool>,
    /// Whether to put objects at their final paths too.
    pub objects: Option<bool>,
}

/// How many commands can run at once, at most.
pub(crate) const MOST_JOBS: u32 = 4096;

/// All keys, in the order of the alphabet.
pub(crate) const KEYS: [&str; 4] = ["jobs", "keep-going", "objects", "python"];

impl Settings {
    /// Reads the settings from the `pyproject.toml` of a directory.
    pub fn read(folder: &Path, pyproject: &Table) -> Result<Self, Error> {
        let path = || folder.join("pyproject.toml");
        let wrong = |message: String| Error::BadPyproject { path: path(), message };
        let Some(tool) = pyproject.get("tool").and_then(|tool| tool.get("ambidex")) else {
            return Ok(Self::default());
        };
        let Value::Table(table) = tool else { return Err(wrong("tool.ambidex must be a table".to_owned())) };
        let mut settings = Self::default();
        for (key, value) in table {
            let must_be = |what: &str| wrong(format!("tool.ambidex.{key} must be {what}, not {value}"));
            let boolean = || value.as_bool().ok_or_else(|| must_be("true or false"));
            match key.as_str() {
                "jobs" => {
                    let number = value.as_integer().and_then(|number| u32::try_from(number).ok());
                    let number = number.filter(|number| (1..=MOST_JOBS).contains(number));
                    settings.jobs = Some(number.ok_or_else(|| must_be("a whole number from 1 to 4096"))?);
                }
                "python" => {
                    let python = value.as_str().filter(|python| !python.is_empty()).map(Path::new);
                    let python = python.ok_or_else(|| must_be("the name or the path of a Python"))?;
                    // A name is looked up on the PATH. A path is relative to the project directory.
                    let is_path = python.components().count() > 1;
                    settings.python = Some(if is_path { folder.join(python) } else { python.to_owned() });
                }
                "keep-going" => settings.keep_going = Some(boolean()?),
                "objects" => settings.objects = Some(boolean()?),
                _ => {
                    return Err(Error::UnknownKey {
                        path: path(),
                        key: key.clone(),
                        nearest: nearest(key, &KEYS),
                    });
                }
            }
        }
        Ok(settings)
    }

    /// Reads the settings of a directory that may not contain a project.
    pub fn of_folder(folder: &Path) -> Result<Self, Error> {
        match std::fs::read_to_string(folder.join("pyproject.toml")) {
            // The build itself reports a file that doesn't parse.
            Ok(text) => text.parse().map_or_else(|_| Ok(Self::default()), |table| Self::read(folder, &table)),
            Err(_) => Ok(Self::default()),
        }
    }
}

/// Returns the known word that the user probably meant.
pub(crate) fn nearest(word: &str, known: &[&'static str]) -> &'static str {
    known.iter().min_by_key(|known| distance(word, known)).copied().unwrap_or_default()
}

/// Returns how many characters must be added, removed or replaced to turn one text into the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        Settings::read(Path::new("/p"), &text.parse().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_key_is_read() {
        let text = "[tool.ambidex]\njobs = 3\npython = 'env/bin/python'\nkeep-going = true\nobjects = false";
        let settings = Settings {
            jobs: Some(3),
            python: Some("/p/env/bin/python".into()),
            keep_going: Some(true),
            objects: Some(false),
        };
        assert_eq!(read(text), Ok(settings));
        assert_eq!(read("[tool.other]\njobs = 'x'"), Ok(Settings::default()));
    }

    #[test]
    fn mistakes_are_named() {
        let told = |text: &str| read(text).unwrap_err();
        assert_eq!(
            told("[tool.ambidex]\nkeep_goin = true"),
            "/p/pyproject.toml: tool.ambidex has no key `keep_goin`"
        );
        assert_eq!(
            told("[tool.ambidex]\njobs = 0"),
            "/p/pyproject.toml: tool.ambidex.jobs must be a whole number from 1 to 4096, not 0"
        );
        assert_eq!(told("tool.ambidex = 1"), "/p/pyproject.toml: tool.ambidex must be a table");
    }

    #[test]
    fn the_nearest_key_is_found() {
        for (written, meant) in [("job", "jobs"), ("keep_going", "keep-going"), ("object", "objects")] {
            assert_eq!(nearest(written, &KEYS), meant);
        }
    }
}
