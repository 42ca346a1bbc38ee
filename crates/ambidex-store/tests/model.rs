//! Random operations, one after the other, against a model that is a map.

mod support;

use std::collections::{HashMap, VecDeque};

use ambidex_store::Key;
use proptest::collection::vec;
use proptest::prelude::*;
use support::{BLOCK, Bench, damage, taken};

/// An operation. Contents and keys are named by small numbers, so that the same ones come up again.
#[derive(Clone, Debug)]
enum Step {
    Put(u8),
    Fetch(u8),
    Damage(u8),
    AddRecord(u8, u8),
    Records(u8),
    Collect,
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..30_u8).prop_map(Step::Put),
        8 => (0..30_u8).prop_map(Step::Fetch),
        1 => (0..30_u8).prop_map(Step::Damage),
        6 => (0..4_u8, 0..24_u8).prop_map(|(key, record)| Step::AddRecord(key, record)),
        4 => (0..4_u8).prop_map(Step::Records),
        1 => Just(Step::Collect),
        1 => Just(Step::Clear),
    ]
}

/// Returns the content with this number. Lengths differ, from nothing to a few blocks.
fn content(n: u8) -> Vec<u8> {
    vec![n; usize::from(n.min(1) + n % 7) * 1500]
}

fn record(n: u8) -> Vec<u8> {
    vec![n; usize::from(n) * 5]
}

/// The entries that a store without a limit would hold.
#[derive(Default)]
struct Model {
    contents: HashMap<u8, Damaged>,
    records: HashMap<u8, VecDeque<u8>>,
}

type Damaged = bool;

impl Model {
    fn add_record(&mut self, key: u8, record: u8) {
        let list = self.records.entry(key).or_default();
        list.retain(|&other| other != record);
        list.push_front(record);
        list.truncate(16);
    }

    fn list(&self, key: u8) -> Vec<Vec<u8>> {
        self.records.get(&key).into_iter().flatten().map(|&n| record(n)).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// With room, nothing is ever lost, and the store has nothing that was not put into it.
    #[test]
    fn with_room_a_store_is_a_map(steps in vec(step(), 1..120)) {
        let bench = Bench::new(1 << 30);
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Put(n) => {
                    prop_assert!(bench.put(&content(n)));
                    // A damaged content is replaced.
                    model.contents.insert(n, false);
                }
                Step::Fetch(n) => {
                    prop_assert_eq!(bench.has(&content(n)), model.contents.get(&n) == Some(&false));
                    if model.contents.get(&n) == Some(&true) {
                        model.contents.remove(&n);
                    }
                }
                Step::Damage(n) => {
                    if let Some(damaged) = model.contents.get_mut(&n).filter(|_| !content(n).is_empty()) {
                        damage(&bench.file_of(&content(n)), 0);
                        *damaged = !*damaged;
                    }
                }
                Step::AddRecord(key, n) => {
                    bench.store.add_record(&Key([key; 32]), &record(n)).unwrap();
                    model.add_record(key, n);
                }
                Step::Records(key) => {
                    prop_assert_eq!(bench.store.records(&Key([key; 32])), model.list(key));
                }
                Step::Collect => prop_assert_eq!(bench.store.collect().unwrap().files, 0),
                Step::Clear => {
                    bench.store.clear().unwrap();
                    model = Model::default();
                }
            }
            prop_assert!(bench.accounted() >= taken(&bench.store));
        }
        let damaged = model.contents.values().filter(|&&damaged| damaged).count() as u64;
        let verified = bench.store.verify().unwrap();
        prop_assert_eq!(verified.damaged, damaged);
        bench.store.collect().unwrap();
        prop_assert_eq!(bench.accounted(), taken(&bench.store));
        prop_assert_eq!(verified.files, model.contents.len() as u64 - damaged);
        prop_assert_eq!(verified.records, model.records.values().map(VecDeque::len).sum::<usize>() as u64);
    }

    /// Without room, entries are removed, but the rest is right, and the limit holds after each step.
    #[test]
    fn without_room_the_limit_holds(steps in vec(step(), 1..120), blocks in 0..20_u64) {
        let limit = blocks * BLOCK + 1000;
        let bench = Bench::new(limit);
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Put(n) => {
                    let fits = (content(n).len() as u64).div_ceil(BLOCK).max(1) <= blocks;
                    prop_assert_eq!(bench.put(&content(n)), fits);
                    prop_assert_eq!(bench.has(&content(n)), fits);
                    model.contents.insert(n, false);
                }
                Step::Fetch(n) => {
                    let there = bench.has(&content(n));
                    prop_assert!(!there || model.contents.contains_key(&n));
                }
                // The test above covers this; here, damage would hide a loss.
                Step::Damage(_) => {}
                Step::AddRecord(key, n) => {
                    bench.store.add_record(&Key([key; 32]), &record(n)).unwrap();
                    model.add_record(key, n);
                    if blocks > 0 {
                        let records = bench.store.records(&Key([key; 32]));
                        prop_assert_eq!(records.first(), Some(&record(n)));
                    }
                }
                Step::Records(key) => {
                    // A list is removed as a whole, so the existing records are the newest ones.
                    let records = bench.store.records(&Key([key; 32]));
                    prop_assert!(model.list(key).starts_with(&records));
                }
                Step::Collect => {
                    bench.store.collect().unwrap();
                    prop_assert!(taken(&bench.store) <= limit - limit / 10);
                }
                Step::Clear => {
                    bench.store.clear().unwrap();
                    model = Model::default();
                }
            }
            prop_assert!(taken(&bench.store) <= limit);
            prop_assert_eq!(bench.accounted(), taken(&bench.store));
        }
        prop_assert_eq!(bench.store.verify().unwrap().damaged, 0);
    }
}
