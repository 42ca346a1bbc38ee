//! The twin of a generated project, for meson-python.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;

use super::generated::{Headers, Language, Shape};

/// The directory in which meson builds.
pub(crate) const BUILD: &str = "build-meson";

/// Python code that builds from scratch, as an editable install does. Its argument is the directory for the wheel.
pub(crate) const FROM_NOTHING: &str = "import mesonpy, sys
mesonpy.build_editable(sys.argv[1], {'build-dir': 'build-meson', 'compile-args': ['-j2']})";

/// Adds the files that meson-python needs to a copy of a generated project.
pub(crate) fn add(folder: &Path, name: &str, shape: &Shape) -> Result<()> {
    let language = match shape.language {
        Language::C => "c",
        Language::Cxx => "cpp",
    };
    // The flags that setuptools gets from an ordinary Python; meson-python adds -O3 and -DNDEBUG itself.
    let mut text = format!(
        "project('bench-{name}', '{language}', version: '1')
add_project_arguments('-g', '-fwrapv', '-Wall', '-Wsign-compare', language: '{language}')
python = import('python').find_installation(pure: false)\n"
    );
    let include = if shape.headers == Headers::Shared { "include_directories: 'include', " } else { "" };
    for extension in 0..shape.extensions {
        let sources: Vec<String> =
            shape.sources(extension).iter().map(|source| format!("'{source}'")).collect();
        writeln!(
            text,
            "python.extension_module('ext{extension:02}', {}, {include}install: true)",
            sources.join(", ")
        )?;
    }
    fs::write(folder.join("meson.build"), text)?;
    fs::write(
        folder.join("pyproject.toml"),
        format!(
            "[build-system]\nrequires = [\"meson-python\"]\nbuild-backend = \"mesonpy\"\n\n\
             [project]\nname = \"bench-{name}\"\nversion = \"1\"\n"
        ),
    )?;
    Ok(())
}
