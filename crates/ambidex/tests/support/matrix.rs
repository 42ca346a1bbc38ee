//! The versions of Python and setuptools that ambidex supports.

use super::environment::{Environment, NEWEST};

/// A version of Python, one of setuptools, and which of the two copies of distutils it uses.
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
    /// Returns the environment variables that tell setuptools which copy to use.
    pub fn variables(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Only => &[],
            Self::Library => &[("SETUPTOOLS_USE_DISTUTILS", "stdlib")],
            Self::Copy => &[("SETUPTOOLS_USE_DISTUTILS", "local")],
        }
    }

    /// Returns in words whose copy it is.
    pub fn told(self) -> &'static str {
        if self == Self::Copy { "setuptools'" } else { "the library's" }
    }
}

const fn place(minor: u32, setuptools: &'static str, distutils: Distutils) -> Place {
    Place { minor, setuptools, distutils }
}

/// The places that are always tested: an old one, one with the newest setuptools, and in between one whose setuptools
/// has both copies of distutils.
pub const FEW: [Place; 3] = [
    place(6, "40.6.3", Distutils::Only),
    place(9, "53.0.0", Distutils::Library),
    place(11, NEWEST, Distutils::Copy),
];

/// The place that most users have.
pub const USUAL: [Place; 1] = [place(11, NEWEST, Distutils::Copy)];

/// The places that ambidex supports.
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

/// Returns each place with its environment. Reports a skip and gives `None` where this machine can't have one.
pub fn with_environments(places: &[Place]) -> Vec<(Place, Option<Environment>)> {
    places.iter().map(|place| (*place, Environment::get(place.minor, place.setuptools))).collect()
}
