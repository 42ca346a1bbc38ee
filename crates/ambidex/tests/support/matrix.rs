//! Which Pythons and versions of setuptools ambidex supports.

use super::environment::{Environment, NEWEST};

/// A Python, a setuptools, and which of the two copies of distutils it uses.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub minor: u32,
    pub setuptools: &'static str,
    pub distutils: Distutils,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distutils {
    /// The standard library's, the only one that this setuptools knows.
    Only,
    /// The standard library's.
    Library,
    /// The copy in setuptools.
    Copy,
}

impl Distutils {
    /// How setuptools is told.
    pub fn variables(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Only => &[],
            Self::Library => &[("SETUPTOOLS_USE_DISTUTILS", "stdlib")],
            Self::Copy => &[("SETUPTOOLS_USE_DISTUTILS", "local")],
        }
    }

    /// Whose it is, in words.
    pub fn told(self) -> &'static str {
        if self == Self::Copy { "setuptools'" } else { "the library's" }
    }
}

const fn place(minor: u32, setuptools: &'static str, distutils: Distutils) -> Place {
    Place { minor, setuptools, distutils }
}

/// What is always tested: the oldest, the newest, and one with both copies of distutils in between.
pub const FEW: [Place; 3] = [
    place(6, "40.6.3", Distutils::Only),
    place(9, "53.0.0", Distutils::Library),
    place(11, NEWEST, Distutils::Copy),
];

/// What most people have.
pub const USUAL: [Place; 1] = [place(11, NEWEST, Distutils::Copy)];

/// What ambidex supports.
pub const ALL: [Place; 19] = [
    place(6, "39.2.0", Distutils::Only),
    place(6, "40.6.3", Distutils::Only),
    place(6, "44.1.1", Distutils::Only),
    place(9, "53.0.0", Distutils::Library),
    place(9, "53.0.0", Distutils::Copy),
    place(9, "58.1.0", Distutils::Library),
    place(9, "58.1.0", Distutils::Copy),
    place(10, "59.6.0", Distutils::Library),
    place(10, "59.6.0", Distutils::Copy),
    place(11, "65.5.1", Distutils::Library),
    place(11, "65.5.1", Distutils::Copy),
    place(11, "67.7.2", Distutils::Library),
    place(11, "67.7.2", Distutils::Copy),
    place(11, NEWEST, Distutils::Library),
    place(11, NEWEST, Distutils::Copy),
    place(12, "69.5.1", Distutils::Copy),
    place(12, "75.8.0", Distutils::Copy),
    place(13, "80.9.0", Distutils::Copy),
    place(13, NEWEST, Distutils::Copy),
];

/// Each place with its environment. None, which is told, where there can't be one here.
pub fn with_environments(places: &[Place]) -> Vec<(Place, Option<Environment>)> {
    places.iter().map(|place| (*place, Environment::get(place.minor, place.setuptools))).collect()
}
