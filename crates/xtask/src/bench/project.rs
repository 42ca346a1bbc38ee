//! The projects that are built, and which of their files are edited.

use std::path::PathBuf;

use anyhow::Result;

use super::generated::{self, Headers, Language, Shape};
use super::scenario::Scenario::{self, Cold, Elsewhere, FewHeader, Header, Nothing, Source};
use super::tools::Tools;
use crate::environment::sdist;

/// Where a project comes from.
pub(crate) enum Origin {
    /// Written here.
    Generated(Shape),
    /// The package index: name and version.
    Sdist(&'static str, &'static str),
}

/// A project.
pub(crate) struct Project {
    pub name: &'static str,
    /// What is told of it above its tables.
    pub title: &'static str,
    pub origin: Origin,
    /// The source that is edited.
    pub source: &'static str,
    /// The header that is edited, which many files include.
    pub header: &'static str,
    /// The header that is edited, which few files include.
    pub few_header: &'static str,
    pub scenarios: &'static [Scenario],
    /// Whether it is built only where that is asked for.
    pub large: bool,
}

/// All of them.
pub(crate) const PROJECTS: &[Project] = &[
    Project {
        name: "small",
        title: "1,000 small C files in 20 extensions",
        origin: Origin::Generated(Shape {
            extensions: 20,
            files: 50,
            language: Language::C,
            headers: Headers::None,
        }),
        source: "ext00/file07.c",
        header: "",
        few_header: "",
        scenarios: &[Cold, Nothing, Source, Elsewhere],
        large: false,
    },
    Project {
        name: "wide",
        title: "10,000 small C files in 200 extensions",
        origin: Origin::Generated(Shape {
            extensions: 200,
            files: 50,
            language: Language::C,
            headers: Headers::None,
        }),
        source: "ext00/file07.c",
        header: "",
        few_header: "",
        scenarios: &[Cold, Nothing, Source, Elsewhere],
        large: true,
    },
    Project {
        name: "header",
        title: "1,000 small C files in 20 extensions; all include one header, and 10 of them another",
        origin: Origin::Generated(Shape {
            extensions: 20,
            files: 50,
            language: Language::C,
            headers: Headers::Shared,
        }),
        source: "ext00/file07.c",
        header: "include/all.h",
        few_header: "include/few.h",
        scenarios: &[Nothing, Header, FewHeader],
        large: false,
    },
    Project {
        name: "cxx",
        title: "40 C++ files with heavy standard headers in 4 extensions",
        origin: Origin::Generated(Shape {
            extensions: 4,
            files: 10,
            language: Language::Cxx,
            headers: Headers::None,
        }),
        source: "ext00/file07.cpp",
        header: "",
        few_header: "",
        scenarios: &[Cold, Nothing, Source, Elsewhere],
        large: false,
    },
    Project {
        name: "markupsafe",
        title: "markupsafe 3.0.4, one file",
        origin: Origin::Sdist("markupsafe", "3.0.4"),
        source: "src/markupsafe/_speedups.c",
        header: "",
        few_header: "",
        scenarios: &[Cold, Nothing],
        large: false,
    },
    Project {
        name: "librt",
        title: "librt 0.16.0, C",
        origin: Origin::Sdist("librt", "0.16.0"),
        source: "base64/librt_base64.c",
        header: "CPy.h",
        few_header: "",
        scenarios: &[Cold, Nothing, Source, Header, Elsewhere],
        large: false,
    },
    Project {
        name: "pycryptodome",
        title: "pycryptodome 4.4.0, C",
        origin: Origin::Sdist("pycryptodome", "4.4.0"),
        source: "src/AES.c",
        header: "src/common.h",
        few_header: "",
        scenarios: &[Cold, Nothing, Source, Header, Elsewhere],
        large: false,
    },
    Project {
        name: "pygsti",
        title: "pygsti 0.10.2, Cython and C++",
        origin: Origin::Sdist("pygsti", "0.10.2"),
        source: "pygsti/evotypes/densitymx/statecreps.cpp",
        header: "pygsti/evotypes/basecreps.h",
        few_header: "",
        scenarios: &[Cold, Nothing, Source, Header, Elsewhere],
        large: false,
    },
];

impl Project {
    /// Its files, untouched.
    pub fn folder(&self, tools: &Tools) -> Result<PathBuf> {
        match &self.origin {
            Origin::Generated(shape) => generated::write(self.name, shape),
            Origin::Sdist(name, version) => sdist(&tools.python, name, version),
        }
    }

    /// The shape of a generated one.
    pub fn shape(&self) -> Option<&Shape> {
        match &self.origin {
            Origin::Generated(shape) => Some(shape),
            Origin::Sdist(..) => None,
        }
    }

    /// The file that a scenario edits.
    pub fn edited(&self, scenario: Scenario) -> Option<&'static str> {
        match scenario {
            Source => Some(self.source),
            Header => Some(self.header),
            FewHeader => Some(self.few_header),
            Cold | Nothing | Elsewhere => None,
        }
    }
}
