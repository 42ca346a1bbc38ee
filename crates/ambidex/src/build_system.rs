//! The build system that a project declares in `[build-system]` of `pyproject.toml` (PEP 518, PEP 517).

use std::path::Path;

use toml::{Table, Value};

use crate::error::Error;
use crate::project::Project;

/// The build system of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BuildSystem {
    /// The requirements that must be installed first.
    pub requires: Vec<String>,
    /// A module, and after a `:` an object in it.
    pub backend: String,
    /// The directories of the backend, if it is in the project itself.
    pub backend_path: Vec<String>,
}

impl BuildSystem {
    /// Returns the project's build system, or the default if it declares none.
    pub fn of(project: &Project) -> Result<Self, Error> {
        let path = project.root.join("pyproject.toml");
        let wrong = |message: String| Error::BadPyproject { path: path.clone(), message };
        let table = match project.pyproject.as_ref().and_then(|table| table.get("build-system")) {
            None => None,
            Some(Value::Table(table)) => Some(table),
            Some(_) => return Err(wrong("build-system must be a table".to_owned())),
        };
        let Some(table) = table else {
            return Ok(Self::stand_in(vec!["setuptools>=40.8.0".to_owned()]));
        };
        let requires = texts(table, "requires").map_err(wrong)?;
        let requires = requires.ok_or_else(|| wrong("build-system has no `requires`".to_owned()))?;
        let backend_path = texts(table, "backend-path").map_err(wrong)?.unwrap_or_default();
        if let Some(outside) = backend_path.iter().find(|path| is_outside(path)) {
            return Err(wrong(format!("build-system.backend-path: `{outside}` is outside of the project")));
        }
        match table.get("build-backend") {
            None => Ok(Self::stand_in(requires)),
            Some(Value::String(backend)) if !backend.is_empty() => {
                Ok(Self { requires, backend: backend.clone(), backend_path })
            }
            Some(_) => Err(wrong("build-system.build-backend must be the name of a module".to_owned())),
        }
    }

    fn stand_in(requires: Vec<String>) -> Self {
        Self { requires, backend: "setuptools.build_meta:__legacy__".to_owned(), backend_path: Vec::new() }
    }

    /// Checks that setuptools builds a project when ambidex runs it as `ambidex build` does. A `setup.py` is run, whatever
    /// `pyproject.toml` says.
    pub fn expect_setuptools(project: &Project) -> Result<(), Error> {
        if project.has_setup_py {
            return Ok(());
        }
        let system = Self::of(project)?;
        let path = || project.root.join("pyproject.toml");
        if system.is_setuptools() {
            return if describes_something(project) { Ok(()) } else { Err(Error::NothingDescribed(path())) };
        }
        let may_use_setuptools = system.uses_setuptools(&[]) || !system.backend_path.is_empty();
        Err(Error::OtherBackend { path: path(), backend: system.backend, may_use_setuptools })
    }

    /// Returns whether setuptools itself is the backend, or a backend in the project that requires setuptools and so
    /// probably wraps it.
    fn is_setuptools(&self) -> bool {
        ["setuptools", "ambidex"].contains(&self.package())
            || !self.backend_path.is_empty() && self.uses_setuptools(&[])
    }

    /// Returns the package of the backend.
    fn package(&self) -> &str {
        self.backend.split([':', '.']).next().unwrap_or_default()
    }

    /// Returns whether setuptools takes part, as far as the build system and the additional requirements show.
    pub fn uses_setuptools(&self, more: &[String]) -> bool {
        let named = |requirement: &String| {
            let end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
            let name = requirement[..end.unwrap_or(requirement.len())].to_ascii_lowercase();
            name == "setuptools" || name == "ambidex"
        };
        ["setuptools", "ambidex"].contains(&self.package()) || self.requires.iter().chain(more).any(named)
    }
}

/// Returns whether a project without `setup.py` tells setuptools anything about itself.
fn describes_something(project: &Project) -> bool {
    let table = |name: &str| project.pyproject.as_ref().and_then(|table| table.get(name));
    let tool = || table("tool").and_then(|tool| tool.get("setuptools"));
    table("build-system").is_some()
        || table("project").is_some()
        || tool().is_some()
        || project.root.join("setup.cfg").is_file()
}

fn is_outside(path: &str) -> bool {
    let inside = |part| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir);
    !Path::new(path).components().all(inside)
}

fn texts(table: &Table, key: &str) -> Result<Option<Vec<String>>, String> {
    let Some(value) = table.get(key) else { return Ok(None) };
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let found: Vec<String> = items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if value.is_array() && found.len() == items.len() {
        return Ok(Some(found));
    }
    Err(format!("build-system.{key} must be a list of texts"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn of(text: Option<&str>) -> Result<BuildSystem, String> {
        let project = Project {
            root: "/p".into(),
            pyproject: text.map(|text| text.parse().unwrap()),
            settings: Settings::default(),
            has_setup_py: true,
        };
        BuildSystem::of(&project).map_err(|error| error.to_string())
    }

    /// Returns what is wrong with building a project without `setup.py` by setuptools.
    fn complaint(text: &str) -> Option<String> {
        let project = Project {
            root: "/p".into(),
            pyproject: Some(text.parse().unwrap()),
            settings: Settings::default(),
            has_setup_py: false,
        };
        BuildSystem::expect_setuptools(&project).err().map(|error| error.to_string())
    }

    #[test]
    fn only_setuptools_builds_a_project_without_setup_py() {
        let built = [
            "[build-system]\nrequires = ['setuptools']",
            "[build-system]\nrequires = []\nbuild-backend = 'setuptools.build_meta'",
            "[build-system]\nrequires = ['ambidex']\nbuild-backend = 'ambidex.build_meta'",
            "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'own'\nbackend-path = ['.']",
            "[project]\nname = 'x'",
            "[tool.setuptools]\npy-modules = []",
        ];
        for text in built {
            assert_eq!(complaint(text), None, "{text}");
        }
        for (backend, rest) in
            [("mesonpy", ""), ("poetry.core.masonry.api", ""), ("own", "\nbackend-path = ['.']")]
        {
            let text = format!("[build-system]\nrequires = []\nbuild-backend = '{backend}'{rest}");
            let told = format!("/p/pyproject.toml: `{backend}` builds this project, not setuptools");
            assert_eq!(complaint(&text), Some(told));
        }
        let told =
            "/p/pyproject.toml names no build backend, and describes nothing that setuptools could build";
        for text in ["", "[tool.ruff]\nline-length = 100", "[tool.poetry]\nname = 'x'"] {
            assert_eq!(complaint(text).as_deref(), Some(told), "{text}");
        }
    }

    #[test]
    fn what_is_not_said_is_setuptools() {
        let legacy = of(None).unwrap();
        assert_eq!(legacy.requires, ["setuptools>=40.8.0"]);
        assert_eq!(legacy.backend, "setuptools.build_meta:__legacy__");
        assert_eq!(of(Some("[project]\nname = 'x'")), Ok(legacy.clone()));
        let said = of(Some("build-system.requires = ['setuptools', 'x']")).unwrap();
        assert_eq!((said.requires.len(), said.backend), (2, legacy.backend));
    }

    #[test]
    fn mistakes_are_named() {
        let told = |text| of(Some(text)).unwrap_err();
        assert_eq!(told("[build-system]"), "/p/pyproject.toml: build-system has no `requires`");
        let texts = "/p/pyproject.toml: build-system.requires must be a list of texts";
        assert_eq!(told("build-system.requires = 'x'"), texts);
        assert_eq!(told("build-system.requires = ['x', 1]"), texts);
        assert_eq!(
            told("[build-system]\nrequires = []\nbuild-backend = 'b'\nbackend-path = ['../b']"),
            "/p/pyproject.toml: build-system.backend-path: `../b` is outside of the project"
        );
    }

    #[test]
    fn wrappers_of_setuptools_are_known_by_what_they_require() {
        let uses = |backend: &str, requires: &[&str]| {
            let requires = requires.iter().map(ToString::to_string).collect();
            BuildSystem { requires, backend: backend.to_owned(), backend_path: Vec::new() }
                .uses_setuptools(&[])
        };
        assert!(uses("setuptools.build_meta:__legacy__", &[]));
        assert!(uses("ambidex.build_meta", &["ambidex"]));
        assert!(uses("pep517_backend.hooks", &["Setuptools >= 47"]));
        assert!(uses("pep517_backend.hooks", &["wheel", "setuptools[core]"]));
        assert!(!uses("mesonpy", &["meson-python", "setuptools-scm"]));
    }
}
