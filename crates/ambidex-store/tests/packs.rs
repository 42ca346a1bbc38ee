//! What is exported from one store and taken in by another.

mod support;

use std::fs;

use ambidex_store::{Digest, Key, StoreError};
use support::{Bench, age, files};

const ROOMY: u64 = 64 << 20;

fn key(name: &str) -> Key {
    Key(Digest::of(name.as_bytes()).0)
}

/// Makes a store with three contents and two lists of records.
fn filled() -> Bench {
    let bench = Bench::new(ROOMY);
    for content in contents() {
        assert!(bench.put(&content));
    }
    bench.store.add_record(&key("a"), b"older").unwrap();
    bench.store.add_record(&key("a"), b"newer").unwrap();
    bench.store.add_record(&key("b"), b"only").unwrap();
    bench
}

fn contents() -> [Vec<u8>; 3] {
    [b"short".to_vec(), vec![7; 100_000], (0..50_000_u32).flat_map(u32::to_le_bytes).collect()]
}

#[test]
fn everything_arrives() {
    let (from, to) = (filled(), Bench::new(ROOMY));
    let file = from.beside("pack");
    let exported = from.store.export(&file, false).unwrap();
    assert_eq!((exported.files, exported.records), (3, 2));
    assert_eq!(exported.bytes, fs::metadata(&file).unwrap().len());
    let imported = to.store.import(&file).unwrap();
    assert_eq!((imported.files, imported.records, imported.refused, imported.without_room), (3, 3, 0, 0));
    assert!(contents().iter().all(|content| to.has(content)));
    assert_eq!(to.store.records(&key("a")), [&b"newer"[..], b"older"]);
    assert_eq!(to.store.records(&key("b")), [b"only"]);
    assert_eq!(to.store.verify().unwrap().damaged, 0);
}

#[test]
fn only_what_was_used_since_is_exported_again() {
    let (from, to) = (filled(), Bench::new(ROOMY));
    let file = from.beside("pack");
    from.store.export(&file, false).unwrap();
    to.store.import(&file).unwrap();
    let again = to.beside("again");
    assert_eq!(to.store.export(&again, false).unwrap().files, 0);
    assert_eq!(to.store.export(&again, true).unwrap().files, 3);
    assert!(to.has(b"short"));
    assert!(to.put(b"new"));
    assert_eq!(to.store.export(&again, false).unwrap().files, 2);
}

#[test]
fn what_was_used_long_ago_is_still_the_first_to_go() {
    let (from, to) = (filled(), Bench::new(ROOMY));
    age(&from.file_of(b"short"), 5000);
    from.store.export(&from.beside("pack"), false).unwrap();
    to.store.import(&from.beside("pack")).unwrap();
    let age_of =
        |content: &[u8]| fs::metadata(to.file_of(content)).unwrap().modified().unwrap().elapsed().unwrap();
    assert!(age_of(b"short").as_secs() >= 5000);
    assert!(age_of(&contents()[1]).as_secs() < 5000);
}

#[test]
fn no_damage_gets_in() {
    let from = filled();
    let file = from.beside("pack");
    from.store.export(&file, false).unwrap();
    let whole = fs::read(&file).unwrap();
    let mut refused = 0;
    for at in (16..whole.len()).step_by(whole.len() / 60 + 1) {
        for damage in [flipped(&whole, at), whole[..at].to_vec()] {
            let to = Bench::new(ROOMY);
            fs::write(&file, &damage).unwrap();
            let imported = to.store.import(&file).unwrap();
            refused += imported.refused;
            assert!(imported.files + imported.refused > 0 || at == 16, "{at}");
            let verified = to.store.verify().unwrap();
            assert_eq!(verified.damaged, 0, "{at}");
            for found in to.store.records(&key("a")) {
                assert!([&b"newer"[..], b"older"].contains(&found.as_slice()), "{at}");
            }
            for file in files(&to.store.folder().join("v1/content")) {
                assert!(contents().contains(&fs::read(file).unwrap()), "{at}");
            }
        }
    }
    assert!(refused > 60, "{refused}");
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 0x10;
    bytes
}

#[test]
fn damage_in_one_block_leaves_the_others() {
    let (from, to) = (Bench::new(ROOMY), Bench::new(ROOMY));
    // Each has a block of its own.
    let contents: Vec<Vec<u8>> = (0..3_u8).map(|n| vec![n; 5 << 20]).collect();
    for content in &contents {
        assert!(from.put(content));
    }
    let file = from.beside("pack");
    from.store.export(&file, false).unwrap();
    let whole = fs::read(&file).unwrap();
    fs::write(&file, flipped(&whole, 16 + 16 + 8)).unwrap();
    let imported = to.store.import(&file).unwrap();
    assert_eq!((imported.files, imported.refused), (2, 1));
}

#[test]
fn entries_that_lie_are_refused() {
    // Content under the hash of another content, and records under another key.
    let from = filled();
    let other = from.file_of(b"short");
    let mut wrong = fs::read(&other).unwrap();
    wrong.push(b'!');
    fs::write(&other, wrong).unwrap();
    let records = files(&from.store.folder().join("v1/record"));
    fs::copy(&records[0], &records[1]).unwrap();
    let file = from.beside("pack");
    from.store.export(&file, true).unwrap();
    let to = Bench::new(ROOMY);
    let imported = to.store.import(&file).unwrap();
    assert_eq!((imported.files, imported.refused), (2, 2));
}

#[test]
fn what_does_not_fit_is_told() {
    let (from, to) = (filled(), Bench::new(64 << 10));
    from.store.export(&from.beside("pack"), false).unwrap();
    let imported = to.store.import(&from.beside("pack")).unwrap();
    assert_eq!((imported.refused, imported.without_room), (0, 2));
    assert!(to.has(b"short"));
}

#[test]
fn other_files_are_no_exports() {
    let bench = Bench::new(ROOMY);
    for text in ["", "ambidex cache 0\n", "PK"] {
        fs::write(bench.beside("other"), text).unwrap();
        let error = bench.store.import(&bench.beside("other")).unwrap_err();
        assert!(matches!(error, StoreError::Outside { .. }), "{error}");
    }
    assert!(bench.store.import(&bench.beside("absent")).is_err());
}
