//! A store above another one that is only read.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ambidex_store::{Digest, Key, Store};
use support::{Bench, damage, files, has};

const ROOMY: u64 = 64 << 20;

fn key(name: &str) -> Key {
    Key(Digest::of(name.as_bytes()).0)
}

/// Makes a store that has something, and an empty one above it.
fn layered() -> (Bench, Bench, Store) {
    let (lower, upper) = (Bench::new(ROOMY), Bench::new(ROOMY));
    assert!(lower.put(b"below"));
    lower.store.add_record(&key("k"), b"old").unwrap();
    let store = upper.store.clone().with_lower(lower.store.folder()).unwrap();
    (lower, upper, store)
}

#[test]
fn what_is_missing_above_is_found_below() {
    let (lower, upper, store) = layered();
    assert!(has(&store, &upper.beside("fetched"), b"below"));
    assert_eq!(store.read(&Digest::of(b"below")).unwrap().as_deref(), Some(&b"below"[..]));
    assert_eq!(store.records(&key("k")), [b"old"]);
    store.add_record(&key("k"), b"new").unwrap();
    assert_eq!(store.records(&key("k")), [b"new", b"old"]);
    assert_eq!(lower.store.records(&key("k")), [b"old"]);
    assert_eq!(store.stats().unwrap().files, 0);
}

#[test]
fn what_is_below_is_never_written() {
    let (lower, upper, store) = layered();
    damage(&lower.file_of(b"below"), 1);
    damage(&lower.file_of_records(), 46);
    let before: Vec<_> = files(lower.store.folder()).iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(!has(&store, &upper.beside("fetched"), b"below"));
    assert_eq!(store.read(&Digest::of(b"below")).unwrap(), None);
    assert_eq!(store.records(&key("k")), [b""; 0]);
    let after: Vec<_> = files(lower.store.folder()).iter().map(|file| fs::read(file).unwrap()).collect();
    assert_eq!(before, after);
    // The same content can be put above, and is then found there.
    store.put_bytes(&Digest::of(b"below"), b"below").unwrap();
    assert!(has(&store, &upper.beside("fetched"), b"below"));
}

#[test]
fn a_store_that_everybody_can_write_is_refused() {
    let (lower, upper, _) = layered();
    for folder in ["", "v1", "v1/content", "v1/record"] {
        let folder = lower.store.folder().join(folder);
        let mode = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        mode(0o777);
        let refused = upper.store.clone().with_lower(lower.store.folder()).unwrap_err();
        assert!(refused.to_string().contains("everybody can write there"), "{refused}");
        mode(0o775);
        upper.store.clone().with_lower(lower.store.folder()).unwrap();
    }
    assert!(upper.store.clone().with_lower(Path::new("/nonexistent")).is_err());
}
