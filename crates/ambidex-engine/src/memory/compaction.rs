//! How a log is written anew, without what says nothing any more.

use std::collections::HashMap;
use std::io;

use super::files::{Files, FindingId};
use super::groups::{GroupId, Groups};
use super::{Frame, Memory, SMALL};
use crate::observe::surroundings::Surroundings;

impl Memory {
    /// Writes the log anew where a third of it or more says nothing any more.
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
        let mut records = Vec::new();
        for key in self.records.keys() {
            let Some(mut record) = self.record(key) else { continue };
            record.looks.iter_mut().for_each(|id| *id = new.group(*id));
            records.push((key, postcard::to_stdvec(&record).expect("records are plain data")));
        }
        let mut units = Vec::new();
        for state in self.units.keys() {
            let Some(mut unit) = self.unit(state) else { continue };
            unit.looks.iter_mut().for_each(|id| *id = new.group(*id));
            units.push((*state, postcard::to_stdvec(&unit).expect("units are plain data")));
        }
        let news = std::mem::take(&mut new.new.news);
        let groups = new.groups.into_iter().map(Frame::Group);
        let frames = news.into_iter().map(Frame::News).chain(groups);
        let frames = frames.chain(records.iter().map(|(key, record)| Frame::Record { key: **key, record }));
        // By their numbers, which records name: none may be left out.
        let surroundings = self.surroundings.iter();
        let frames = frames.chain(surroundings.map(|known| Frame::Surroundings(Surroundings::clone(known))));
        let frames = frames.chain(self.secret.map(Frame::Secret));
        let frames = frames.chain(units.iter().map(|(state, unit)| Frame::Unit { state: *state, unit }));
        let invocations = self.invocations.iter();
        let invocations: Vec<_> =
            invocations.map(|(key, range)| (*key, self.log.content(range.clone()))).collect();
        let invocations = invocations.iter().map(|(key, invocation)| (*key, &**invocation));
        let frames = frames.chain(invocations.map(|(key, invocation)| Frame::Invocation { key, invocation }));
        let last_build: Vec<_> =
            self.last_build.iter().map(|range| self.log.content(range.clone())).collect();
        let last_build =
            last_build.iter().enumerate().map(|(number, part)| Frame::LastBuild { first: number == 0, part });
        let contents: Vec<Vec<u8>> = frames
            .chain(last_build)
            .map(|frame| postcard::to_stdvec(&frame).expect("frames are plain data"))
            .collect();
        let bytes = self.log.replace(contents.into_iter())?;
        self.files = Files::default();
        self.groups = Groups::default();
        self.records.clear();
        self.by_place = None;
        self.surroundings.clear();
        self.compared.clear();
        self.invocations.clear();
        self.last_build.clear();
        self.units.clear();
        self.stale = 0;
        self.recall(&bytes);
        Ok(())
    }
}

/// Tables of files and groups that hold only what is still spoken of.
struct Renumbering<'a> {
    old: &'a Memory,
    new: Files,
    findings: HashMap<FindingId, FindingId>,
    groups: Vec<Vec<FindingId>>,
    numbers: HashMap<GroupId, GroupId>,
}

impl Renumbering<'_> {
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
        let members: Vec<FindingId> = self.old.groups.members(id).to_vec();
        let mut members: Vec<FindingId> = members.into_iter().map(|member| self.finding(member)).collect();
        members.sort_unstable();
        let new = GroupId(u32::try_from(self.groups.len()).expect("fewer than 2^32 groups"));
        self.groups.push(members);
        self.numbers.insert(id, new);
        new
    }
}
