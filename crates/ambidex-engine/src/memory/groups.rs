//! The looks of commands, in groups of one directory each: commands share most of their looks, so each group is kept
//! once, and looked at once in a build.

use std::collections::HashMap;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::files::{Files, FindingId};
use crate::base::alike::Alike;
use crate::base::paths::folder_of;
use crate::base::stat::Stat;

/// A group, by its index in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct GroupId(pub u32);

/// Files with the same content, and how alike they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Equals {
    pub files: Vec<FindingId>,
    pub alike: Alike,
}

impl Equals {
    /// Returns a file that is no longer as alike the others as it was, if there is one.
    pub fn difference(&self, files: &Files) -> Option<FindingId> {
        let stats = self.files.iter().map(|id| Stat::of(files.path_of(*id)).ok_or(*id));
        let now = match stats.collect::<Result<Vec<Stat>, FindingId>>() {
            Ok(stats) => Alike::of(&stats),
            Err(gone) => return Some(gone),
        };
        self.alike.difference(&now).and_then(|number| self.files.get(number)).copied()
    }
}

#[derive(Debug)]
enum Content {
    /// Looks in one directory.
    Looks(Box<[FindingId]>),
    /// Looks of which other groups have each.
    Equals(Box<Equals>),
}

#[derive(Debug)]
struct Group {
    content: Content,
    /// The epoch in which it was found to hold.
    held: Option<u32>,
}

/// All groups, each kept once.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    all: Vec<Group>,
    numbers: HashMap<Box<[FindingId]>, GroupId>,
    numbers_of_equals: HashMap<Equals, GroupId>,
}

impl Groups {
    /// Adds a group, which gets the next number.
    pub fn add(&mut self, members: Vec<FindingId>) -> GroupId {
        let members: Box<[FindingId]> = members.into();
        let number = self.push(Content::Looks(members.clone()));
        self.numbers.insert(members, number);
        number
    }

    /// Adds a group of files with the same content, which gets the next number.
    pub fn add_equals(&mut self, equals: Equals) -> GroupId {
        let number = self.push(Content::Equals(Box::new(equals.clone())));
        self.numbers_of_equals.insert(equals, number);
        number
    }

    fn push(&mut self, content: Content) -> GroupId {
        let number = GroupId(u32::try_from(self.all.len()).expect("fewer than 2^32 groups"));
        self.all.push(Group { content, held: None });
        number
    }

    /// Returns the number of a group, if it has one.
    pub fn number(&self, members: &[FindingId]) -> Option<GroupId> {
        self.numbers.get(members).copied()
    }

    /// Returns the number of a group of files with the same content, if it has one.
    pub fn number_of_equals(&self, equals: &Equals) -> Option<GroupId> {
        self.numbers_of_equals.get(equals).copied()
    }

    /// Returns the members of a group. An unknown group has none, and files with the same content are members of others.
    pub fn members(&self, group: GroupId) -> &[FindingId] {
        match self.all.get(group.0 as usize).map(|group| &group.content) {
            Some(Content::Looks(members)) => members,
            Some(Content::Equals(_)) | None => &[],
        }
    }

    /// Returns the files with the same content that a group is made of, if it is one of these.
    pub fn equals(&self, group: GroupId) -> Option<&Equals> {
        match &self.all.get(group.0 as usize)?.content {
            Content::Looks(_) => None,
            Content::Equals(equals) => Some(equals),
        }
    }

    /// Returns the members of all these groups.
    pub fn all_of<'a>(&'a self, groups: &'a [GroupId]) -> impl Iterator<Item = FindingId> + 'a {
        groups.iter().flat_map(|group| self.members(*group)).copied()
    }

    /// Checks whether each finding of a group is what is there now, or whether files are as alike as they were. Fails
    /// with one that isn't. An unknown group does not hold.
    pub fn check(&mut self, group: GroupId, files: &mut Files) -> Result<(), Option<FindingId>> {
        let Some(group) = self.all.get_mut(group.0 as usize) else { return Err(None) };
        if group.held == Some(files.epoch()) {
            return Ok(());
        }
        let (members, difference) = match &group.content {
            Content::Looks(members) => {
                (&**members, members.iter().find(|id| !files.is_current(**id)).copied())
            }
            Content::Equals(equals) => (&*equals.files, equals.difference(files)),
        };
        match difference {
            Some(id) => Err(Some(id)),
            None => {
                // A file that something may go on writing is looked at each time.
                let steady = !members.iter().any(|id| files.is_volatile(*id));
                group.held = steady.then(|| files.epoch());
                Ok(())
            }
        }
    }
}

/// Returns looks in groups by directory, each look once.
pub(crate) fn by_folder(looks: &[FindingId], files: &Files) -> Vec<Vec<FindingId>> {
    let mut folders: FxHashMap<&[u8], usize> = FxHashMap::default();
    let mut groups: Vec<Vec<FindingId>> = Vec::new();
    for id in looks {
        let folder = folder_of(files.path_of(*id));
        let place = *folders.entry(folder).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(*id);
    }
    for group in &mut groups {
        group.sort_unstable();
        group.dedup();
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_holds_until_something_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.h");
        std::fs::write(&file, "1").unwrap();
        let mut files = Files::default();
        let mut looks = Vec::new();
        for name in ["a.h", "b.h", "c/d.h"] {
            let id = files.id(&folder.path().join(name));
            looks.push(files.state(id).unwrap());
        }
        let split = by_folder(&looks, &files);
        assert_eq!(split.len(), 2);
        let mut groups = Groups::default();
        let numbers: Vec<_> = split.iter().map(|group| groups.add(group.clone())).collect();
        assert_eq!(groups.number(&split[0]), Some(numbers[0]));
        assert_eq!(groups.all_of(&numbers).count(), 3);
        assert!(numbers.iter().all(|group| groups.check(*group, &mut files).is_ok()));
        std::fs::write(folder.path().join("b.h"), "2").unwrap();
        assert!(groups.check(numbers[0], &mut files).is_ok(), "nobody has looked");
        files.invalidate();
        assert_eq!(groups.check(numbers[0], &mut files), Err(Some(looks[1])));
        assert_eq!(groups.check(GroupId(9), &mut files), Err(None));
    }
}
