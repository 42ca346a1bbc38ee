//! How the log is rewritten without its obsolete parts.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;

use ambidex_store::Digest;

use super::files::{Files, FindingId};
use super::groups::{Equals, GroupId, Groups};
use super::record::Record;
use super::table::{KINDS, Kind};
use super::unit::Unit;
use super::{Frame, Memory};
use crate::observe::surroundings::Surroundings;

/// The size in bytes below which the log is not rewritten.
const SMALL: usize = 1 << 16;

impl Memory {
    /// Rewrites the log if a third of it or more is obsolete.
    pub(super) fn compact(&mut self) -> io::Result<()> {
        if self.log.len() < SMALL || self.stale * 3 < self.log.len() {
            return Ok(());
        }
        let mut new = Renumbering {
            old: self,
            new: Files::default(),
            findings: HashMap::new(),
            groups: Vec::new(),
            numbers: HashMap::new(),
        };
        let mut values: Vec<(Kind, Digest, Vec<u8>)> = Vec::new();
        for kind in KINDS {
            for key in self.table(kind).by_age() {
                values.extend(new.value(kind, &key).map(|value| (kind, key, value)));
            }
        }
        let news = std::mem::take(&mut new.new.news);
        let frames = news.into_iter().map(Frame::News).chain(new.groups);
        // Records refer to surroundings by number, so none may be left out.
        let surroundings = self.surroundings.iter();
        let frames = frames.chain(surroundings.map(|known| Frame::Surroundings(Surroundings::clone(known))));
        let frames = frames.chain(self.secret.map(Frame::Secret));
        let values = values.iter().map(|(kind, key, value)| Frame::Put { kind: *kind, key: *key, value });
        let contents: Vec<Vec<u8>> = frames
            .chain(values)
            .map(|frame| postcard::to_stdvec(&frame).expect("frames are plain data"))
            .collect();
        let bytes = self.log.replace(contents.into_iter())?;
        self.files = Files::default();
        self.groups = Groups::default();
        self.tables = Default::default();
        self.index = None;
        self.surroundings.clear();
        self.compared.clear();
        self.stale = 0;
        self.recall(&bytes);
        Ok(())
    }
}

/// Tables of files and groups that hold only what is still referred to.
struct Renumbering<'a> {
    old: &'a Memory,
    new: Files,
    findings: HashMap<FindingId, FindingId>,
    groups: Vec<Frame<'a>>,
    numbers: HashMap<GroupId, GroupId>,
}

impl Renumbering<'_> {
    /// Returns a value with the new numbers.
    fn value(&mut self, kind: Kind, key: &Digest) -> Option<Vec<u8>> {
        let written = match kind {
            Kind::Record => {
                let mut record: Record = self.old.get(key)?;
                record.looks.iter_mut().for_each(|id| *id = self.group(*id));
                postcard::to_stdvec(&record)
            }
            Kind::Unit => {
                let mut unit: Unit = self.old.get(key)?;
                unit.looks.iter_mut().for_each(|id| *id = self.group(*id));
                postcard::to_stdvec(&unit)
            }
            Kind::Invocation | Kind::LastBuild | Kind::Graph | Kind::Waits | Kind::Past => {
                return self.old.table(kind).content(&self.old.log, key).map(Cow::into_owned);
            }
        };
        Some(written.expect("values are plain data"))
    }

    fn finding(&mut self, id: FindingId) -> FindingId {
        if let Some(new) = self.findings.get(&id) {
            return *new;
        }
        let new = self.new.adopt(&self.old.files, id);
        self.findings.insert(id, new);
        new
    }

    fn group(&mut self, id: GroupId) -> GroupId {
        if let Some(new) = self.numbers.get(&id) {
            return *new;
        }
        let old = self.old;
        let mut all =
            |ids: &[FindingId]| -> Vec<FindingId> { ids.iter().map(|id| self.finding(*id)).collect() };
        let group = match old.groups.equals(id) {
            Some(equals) => Frame::Equals(Equals { files: all(&equals.files), alike: equals.alike.clone() }),
            None => {
                let mut members = all(old.groups.members(id));
                members.sort_unstable();
                Frame::Group(members)
            }
        };
        let new = GroupId(u32::try_from(self.groups.len()).expect("fewer than 2^32 groups"));
        self.groups.push(group);
        self.numbers.insert(id, new);
        new
    }
}
