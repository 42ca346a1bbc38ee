//! Folders with names: which of them a path is in, and how they lie inside one another.

use crate::bound::{Bound, shown};

/// A folder that differs from place to place, such as that of the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role<'a> {
    /// What the folder is for. The name stands in the canonical form.
    pub name: &'a str,
    /// The absolute path, without a slash at the end.
    pub path: &'a [u8],
}

/// Roles that can be used together.
pub(crate) struct Roles<'a>(Vec<Role<'a>>);

/// What the canonical form says about a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Needed {
    pub name: String,
    /// If it is inside the folder of another role: the number of that one, and the rest of the path.
    pub inside: Option<(usize, Vec<u8>)>,
}

impl<'a> Roles<'a> {
    /// Checks roles, and sorts them by name.
    pub(crate) fn new(roles: &[Role<'a>]) -> Result<Self, Bound> {
        let mut roles = roles.to_vec();
        roles.sort_by_key(|role| role.name);
        for role in &roles {
            let plain = !role.name.is_empty()
                && role.name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
            if !plain || role.name.len() > 100 {
                return Err(Bound::Roles("a name is not made of letters, digits, `-`, `_` and `.`"));
            }
            let parts = role.path.strip_prefix(b"/").ok_or(Bound::Roles("a path is not absolute"))?;
            if parts.split(|byte| *byte == b'/').any(|part| matches!(part, b"" | b"." | b"..")) {
                return Err(Bound::Roles("a path is the root, or has an empty part, `.` or `..`"));
            }
            if role.path.contains(&0) || role.path.len() > 1 << 16 {
                return Err(Bound::Roles("a path has a NUL or is too long"));
            }
            // Clang 19 writes another slash for it in the names of lambdas (TypePrinter.cpp, `printTag`), so what it
            // writes is not the path.
            if role.path.contains(&b'\\') {
                return Err(Bound::Roles("a path has a backslash"));
            }
        }
        if roles.windows(2).any(|pair| pair[0].name == pair[1].name) {
            return Err(Bound::Roles("two have the same name"));
        }
        Ok(Self(roles))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Role<'a>> {
        self.0.iter()
    }

    pub(crate) fn get(&self, index: usize) -> &Role<'a> {
        &self.0[index]
    }

    /// Returns the path of the role with this name.
    pub(crate) fn path(&self, name: &str) -> Result<&'a [u8], Bound> {
        let found = self.0.iter().find(|role| role.name == name);
        found.map(|role| role.path).ok_or_else(|| Bound::Missing(name.to_owned()))
    }

    /// Returns the number of the innermost role that a path is in, the first one if several have the same folder.
    pub(crate) fn owner(&self, path: &[u8]) -> Option<usize> {
        let holds = |index: &usize| within(path, self.0[*index].path).is_some();
        // `max_by_key` would return the last of equals.
        (0..self.0.len()).rev().filter(holds).max_by_key(|index| self.0[*index].path.len())
    }

    /// Describes the used roles by what must be so in any other place: those inside another used one stay where they
    /// are inside it.
    pub(crate) fn needed(&self, used: &[bool]) -> Vec<Needed> {
        let free = |index: usize| {
            let enclosed = |outer: usize| {
                outer != index && used[outer] && within(self.0[index].path, self.0[outer].path).is_some()
            };
            // Of roles with the same folder, the first is the used one.
            used[index] && !(0..self.0.len()).any(enclosed)
        };
        let frees: Vec<usize> = (0..self.0.len()).filter(|index| free(*index)).collect();
        let mut needed: Vec<Needed> =
            frees.iter().map(|index| Needed { name: self.0[*index].name.to_owned(), inside: None }).collect();
        for (index, role) in self.0.iter().enumerate() {
            let same = (0..self.0.len()).any(|other| used[other] && self.0[other].path == role.path);
            if frees.contains(&index) || !(used[index] || same) {
                continue;
            }
            let outer = frees.iter().enumerate();
            let mut inside =
                outer.filter_map(|(at, outer)| Some((at, within(role.path, self.0[*outer].path)?)));
            if let Some((at, rest)) = inside.next() {
                needed.push(Needed { name: role.name.to_owned(), inside: Some((at, rest.to_vec())) });
            }
        }
        needed
    }
}

/// Returns the rest of a path that is a folder or inside of it: nothing, or what begins with a slash.
pub(crate) fn within<'a>(path: &'a [u8], folder: &[u8]) -> Option<&'a [u8]> {
    path.strip_prefix(folder).filter(|rest| matches!(rest.first(), None | Some(b'/')))
}

/// Returns the folder that stands for a role in the canonical form. Two of them have nothing in common, so that no
/// compiler writes one relative to the other.
pub(crate) fn placeholder(name: &str) -> Vec<u8> {
    format!("/<ambidex:{name}>").into_bytes()
}

/// Where each folder goes. No folder is inside another, neither here nor there.
pub(crate) struct Moves(Vec<(Vec<u8>, Vec<u8>)>);

impl Moves {
    /// Pairs the folders of the needed roles with their placeholders.
    ///
    /// # Errors
    /// If a role is missing, or they are inside one another in another way than `needed` says.
    pub(crate) fn new(needed: &[Needed], roles: &Roles<'_>) -> Result<Self, Bound> {
        let mut moves: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for role in needed {
            let path = roles.path(&role.name)?;
            let fits = match &role.inside {
                None => !moves.iter().any(|(other, _)| within(other, path).or(within(path, other)).is_some()),
                Some((outer, rest)) => {
                    moves.get(*outer).and_then(|(outer, _)| within(path, outer)) == Some(rest.as_slice())
                }
            };
            if !fits {
                return Err(Bound::Nesting(format!("{} is {}", role.name, shown(path))));
            }
            if role.inside.is_none() {
                moves.push((path.to_vec(), placeholder(&role.name)));
            }
        }
        Ok(Self(moves))
    }

    /// Returns the moves back.
    pub(crate) fn back(&self) -> Self {
        Self(self.0.iter().map(|(from, to)| (to.clone(), from.clone())).collect())
    }

    /// Returns where a path goes, which may be nowhere else.
    pub(crate) fn moved(&self, path: &[u8]) -> Vec<u8> {
        self.moved_at(path, &[0])
    }

    /// Returns a text with the paths that begin at these places where they go.
    pub(crate) fn moved_at(&self, text: &[u8], beginnings: &[usize]) -> Vec<u8> {
        let mut moved = Vec::with_capacity(text.len());
        let mut done = 0;
        for start in beginnings {
            let path = text.get(*start..).unwrap_or_default();
            let folder = self.0.iter().find(|(from, _)| within(path, from).is_some());
            if let Some((from, to)) = folder.filter(|_| done <= *start) {
                moved.extend_from_slice(&text[done..*start]);
                moved.extend_from_slice(to);
                done = start + from.len();
            }
        }
        moved.extend_from_slice(text.get(done..).unwrap_or_default());
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role<'a>(name: &'a str, path: &'a str) -> Role<'a> {
        Role { name, path: path.as_bytes() }
    }

    #[test]
    fn the_innermost_folder_owns_a_path() {
        let roles = Roles::new(&[role("b", "/p/v"), role("a", "/p"), role("c", "/p/v")]).unwrap();
        let owner = |path: &str| roles.owner(path.as_bytes()).map(|index| roles.get(index).name);
        assert_eq!(owner("/p/v/x"), Some("b"));
        assert_eq!(owner("/p/v"), Some("b"));
        assert_eq!(owner("/p/vx"), Some("a"));
        assert_eq!(owner("/px"), None);
        assert_eq!(owner("p"), None);
    }

    #[test]
    fn inner_folders_stay_where_they_are() {
        let here =
            Roles::new(&[role("a", "/p"), role("b", "/p/v"), role("c", "/p/v"), role("d", "/q")]).unwrap();
        let needed = here.needed(&[true, true, false, false]);
        let names: Vec<_> = needed.iter().map(|n| (n.name.as_str(), n.inside.clone())).collect();
        assert_eq!(names, [("a", None), ("b", Some((0, b"/v".to_vec()))), ("c", Some((0, b"/v".to_vec())))]);
        let there = |paths: [&'static str; 3]| {
            let roles = Roles::new(&[role("a", paths[0]), role("b", paths[1]), role("c", paths[2])]).unwrap();
            Moves::new(&needed, &roles).map(|moves| moves.moved(b"/x/v/y"))
        };
        assert_eq!(there(["/x", "/x/v", "/x/v"]), Ok(b"/<ambidex:a>/v/y".to_vec()));
        for paths in [["/x", "/x/w", "/x/v"], ["/x", "/v", "/v"], ["/x/v", "/x", "/x"]] {
            assert!(matches!(there(paths), Err(Bound::Nesting(_))), "{paths:?}");
        }
    }

    #[test]
    fn all_paths_of_a_text_are_moved() {
        let moves = Moves(vec![(b"/p".to_vec(), b"/long".to_vec()), (b"/q".to_vec(), b"/".to_vec())]);
        let moved = |beginnings: &[usize]| {
            String::from_utf8(moves.moved_at(b"/p/x at /q/y, /px", beginnings)).unwrap()
        };
        assert_eq!(moved(&[0, 8, 14]), "/long/x at //y, /px");
        assert_eq!(moved(&[]), "/p/x at /q/y, /px");
    }

    #[test]
    fn odd_roles_are_refused() {
        for path in ["", "/", "p", "/p/", "/p//q", "/p/../q", "/p\0", "/p\\q"] {
            assert!(matches!(Roles::new(&[role("a", path)]), Err(Bound::Roles(_))), "{path:?}");
        }
        assert!(Roles::new(&[role("a", "/p"), role("a", "/q")]).is_err());
        assert!(Roles::new(&[role("a/b", "/p")]).is_err());
    }
}
