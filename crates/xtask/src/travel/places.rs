//! Random folders for a project, its environment and its temporary files.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use ambidex_object::Role;

/// Where everything is for one compilation.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub project: PathBuf,
    pub environment: PathBuf,
    pub temporary: PathBuf,
}

/// How the folders lie to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// Nothing in common but the root.
    Apart,
    /// The environment is in the project, under the same name in both places.
    EnvironmentInside,
    /// The project is in the environment, under the same name in both places.
    ProjectInside,
    /// Project and environment are in one folder.
    Siblings,
    /// The second place is inside the first.
    Deeper,
    /// The environment is in the project in the second place only.
    Moved,
}

const RELATIONS: [Relation; 8] = [
    Relation::Apart,
    Relation::Apart,
    Relation::Apart,
    Relation::EnvironmentInside,
    Relation::ProjectInside,
    Relation::Siblings,
    Relation::Deeper,
    Relation::Moved,
];

/// Two places for one source.
#[derive(Debug)]
pub(crate) struct Pair {
    pub relation: Relation,
    pub places: [Place; 2],
}

impl Place {
    pub(crate) fn roles(&self) -> [Role<'_>; 3] {
        [
            Role { name: "project", path: self.project.as_os_str().as_bytes() },
            Role { name: "environment", path: self.environment.as_os_str().as_bytes() },
            Role { name: "temporary", path: self.temporary.as_os_str().as_bytes() },
        ]
    }

    /// Returns the folders, an outer one before an inner one.
    pub(crate) fn folders(&self) -> [(&'static str, &Path); 3] {
        let mut folders = [
            ("project", self.project.as_path()),
            ("environment", self.environment.as_path()),
            ("temporary", self.temporary.as_path()),
        ];
        folders.sort_by_key(|(_, path)| path.as_os_str().len());
        folders
    }

    fn apart(random: &mut fastrand::Rng) -> Self {
        loop {
            let mut folder = || PathBuf::from(folder(random));
            let place = Self { project: folder(), environment: folder(), temporary: folder() };
            let first = |path: &Path| path.components().nth(1).map(|part| part.as_os_str().to_owned());
            let firsts = [&place.project, &place.environment, &place.temporary].map(|path| first(path));
            if firsts[0] != firsts[1] && firsts[1] != firsts[2] && firsts[0] != firsts[2] {
                return place;
            }
        }
    }
}

impl Pair {
    pub(crate) fn random(random: &mut fastrand::Rng) -> Self {
        let relation = RELATIONS[random.usize(0..RELATIONS.len())];
        let [mut first, mut second] = [Place::apart(random), Place::apart(random)];
        let part = folder_of(random, 12);
        let inside = |outer: &Path| outer.join(&part[1..]);
        match relation {
            Relation::Apart => {}
            Relation::EnvironmentInside => {
                first.environment = inside(&first.project);
                second.environment = inside(&second.project);
            }
            Relation::ProjectInside => {
                first.project = inside(&first.environment);
                second.project = inside(&second.environment);
            }
            Relation::Siblings => {
                for place in [&mut first, &mut second] {
                    let outer = place.temporary.join("");
                    place.environment = outer.join("environment");
                    place.project = outer.join("project");
                    place.temporary = PathBuf::from(folder(random)).join("tmp");
                }
            }
            Relation::Deeper => second.project = inside(&first.project),
            Relation::Moved => second.environment = inside(&second.project),
        }
        Self { relation, places: [first, second] }
    }
}

/// Returns an absolute path of 2 to 200 bytes, more often a short one.
fn folder(random: &mut fastrand::Rng) -> String {
    let limits = [2..=4, 5..=10, 11..=30, 11..=30, 31..=60, 61..=200];
    // A pair has six folders, and a very short one is found by chance in most objects.
    let kind = if random.u8(0..40) == 0 { 0 } else { random.usize(1..limits.len()) };
    let size = random.usize(limits[kind].clone());
    folder_of(random, size)
}

fn folder_of(random: &mut fastrand::Rng, size: usize) -> String {
    let plain: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').chain("-_+.".chars()).collect();
    // No backslash: it binds every object (`ambidex_object::Bound::Roles`).
    let odd: Vec<char> = " '\"$#&()äßñλЖ日本語🙂%=,~@".chars().collect();
    loop {
        let mut path = String::from("/");
        let mut left = random.usize(1..=16);
        while path.len() < size {
            if left == 0 && path.len() + 1 < size {
                path.push('/');
                left = random.usize(1..=16);
            }
            let from = if random.u8(0..12) == 0 { &odd } else { &plain };
            path.push(from[random.usize(0..from.len())]);
            left = left.saturating_sub(1);
        }
        let first = path[1..].split('/').next().unwrap_or_default();
        let dots = path.split('/').any(|part| part == "." || part == "..");
        if path.len() <= 200 && !dots && !Path::new("/").join(first).exists() {
            return path;
        }
    }
}
