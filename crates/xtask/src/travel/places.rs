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
    /// The environment is in the project, under the same name in all places.
    EnvironmentInside,
    /// The project is in the environment, under the same name in all places.
    ProjectInside,
    /// Project and environment are in one folder.
    Siblings,
    /// The other places are inside the project of the first.
    Deeper,
    /// The environment is in the project in every second place only.
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

/// Places for one source.
#[derive(Debug)]
pub(crate) struct Tour {
    pub relation: Relation,
    pub places: Vec<Place>,
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

impl Tour {
    /// Makes up as few places as have `pairs` pairs among them.
    pub(crate) fn random(pairs: usize, random: &mut fastrand::Rng) -> Self {
        let relation = RELATIONS[random.usize(0..RELATIONS.len())];
        let count = (2..).find(|count| count * (count - 1) / 2 >= pairs).unwrap_or(2);
        let mut places: Vec<Place> = (0..count).map(|_| Place::apart(random)).collect();
        let part = folder_of(random, 12);
        let inside = |outer: &Path| outer.join(&part[1..]);
        for number in 0..count {
            let first = places[0].project.clone();
            let place = &mut places[number];
            match relation {
                Relation::Apart => {}
                Relation::EnvironmentInside => place.environment = inside(&place.project),
                Relation::ProjectInside => place.project = inside(&place.environment),
                Relation::Siblings => {
                    let outer = place.temporary.join("");
                    place.environment = outer.join("environment");
                    place.project = outer.join("project");
                    place.temporary = PathBuf::from(folder(random)).join("tmp");
                }
                Relation::Deeper if number == 0 => {}
                Relation::Deeper => place.project = first.join(&folder_of(random, 12)[1..]),
                Relation::Moved if number % 2 == 0 => {}
                Relation::Moved => place.environment = inside(&place.project),
            }
        }
        Self { relation, places }
    }

    /// Returns all pairs of places, each as the two numbers of its places.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = [usize; 2]> + '_ {
        let count = self.places.len();
        (0..count).flat_map(move |first| (first + 1..count).map(move |second| [first, second]))
    }

    /// Returns whether the folders of two places lie to each other in one way.
    pub(crate) fn are_alike(&self, [first, second]: [usize; 2]) -> bool {
        self.relation != Relation::Moved || first % 2 == second % 2
    }
}

/// Returns an absolute path of 2 to 200 bytes, more often a short one.
fn folder(random: &mut fastrand::Rng) -> String {
    let limits = [2..=4, 5..=10, 11..=30, 11..=30, 31..=60, 61..=200];
    // A pair of places has six folders, and a very short one is found by chance in most objects.
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
