//! One process with one store: contents come back, damage is found, the limit holds, and the least recently used
//! entries are removed first.

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use ambidex_store::{Collected, Digest, Key, Stats, Store, StoreError, Verified};
use support::{BLOCK, Bench, age, damage, taken};

const ROOMY: u64 = 1 << 20;

fn key(name: &str) -> Key {
    Key::of(name.as_bytes())
}

/// Returns a content of one block.
fn block(name: &str) -> Vec<u8> {
    name.as_bytes().repeat(100)
}

#[test]
fn contents_come_back() {
    let bench = Bench::new(ROOMY);
    let large: Vec<u8> = (0..500_000_u32).map(|n| (n % 251) as u8).collect();
    for content in [&b""[..], b"x", &large] {
        assert!(!bench.has(content));
        assert!(bench.put(content));
        assert!(bench.put(content));
        assert!(bench.has(content));
    }
    let Stats { files, records, bytes, limit } = bench.store.stats().unwrap();
    assert_eq!((files, records, limit), (3, 0, ROOMY));
    assert_eq!(bytes, 2 * BLOCK + 500_000_u64.div_ceil(BLOCK) * BLOCK);
    assert_eq!(bench.accounted(), bytes);
    assert!(bench.temporary().is_empty());
}

#[test]
fn what_is_fetched_is_a_file_of_its_own() {
    let bench = Bench::new(ROOMY);
    assert!(bench.put(b"program"));
    let (to, digest) = (bench.beside("to"), Digest::of(b"program"));
    fs::write(&to, "something older and longer").unwrap();
    assert!(bench.store.fetch(&digest, &to, true).unwrap());
    assert_eq!(fs::read(&to).unwrap(), b"program");
    let umask = 0o777 & !mode_of_new_folder(&bench.beside("folder"));
    assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o777 & !umask);
    assert!(bench.store.fetch(&digest, &to, false).unwrap());
    assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o666 & !umask);
    assert_eq!(fs::metadata(&to).unwrap().nlink(), 1);
    fs::write(&to, "changed").unwrap();
    assert!(bench.has(b"program"));
    let left: Vec<_> = fs::read_dir(to.parent().unwrap()).unwrap().flatten().map(|e| e.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains(".ambidex-")), "{left:?}");
}

fn mode_of_new_folder(folder: &Path) -> u32 {
    fs::create_dir(folder).unwrap();
    fs::metadata(folder).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_file_that_is_not_what_its_digest_says_is_not_kept() {
    let bench = Bench::new(ROOMY);
    let source = bench.beside("source");
    fs::write(&source, "changed since").unwrap();
    assert!(!bench.store.put(&Digest::of(b"as it was"), &source).unwrap());
    assert_eq!((taken(&bench.store), bench.accounted()), (0, 0));
}

#[test]
fn errors_outside_are_told_apart() {
    let bench = Bench::new(ROOMY);
    let missing = bench.beside("missing/file");
    let put = bench.store.put(&Digest::of(b""), &missing).unwrap_err();
    assert!(matches!(&put, StoreError::Outside { path, .. } if *path == missing), "{put}");
    assert!(bench.put(b"x"));
    let fetch = bench.store.fetch(&Digest::of(b"x"), &missing, false).unwrap_err();
    assert!(matches!(&fetch, StoreError::Outside { path, .. } if *path == missing), "{fetch}");
}

#[test]
fn a_store_that_can_not_be_made_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Store::open(&file, ROOMY).unwrap_err();
    assert!(matches!(error, StoreError::Store { .. }), "{error}");
    assert!(error.to_string().contains("file"), "{error}");
}

#[test]
fn a_store_that_can_not_be_written_is_an_error_and_can_be_read() {
    let bench = Bench::new(ROOMY);
    assert!(bench.put(b"x"));
    bench.store.add_record(&key("k"), b"r").unwrap();
    // Permissions would not stop a superuser.
    let folder = bench.store.folder().join("v1/tmp");
    fs::remove_dir(&folder).unwrap();
    fs::write(&folder, "").unwrap();
    let source = bench.beside("source");
    fs::write(&source, "y").unwrap();
    let error = bench.store.put(&Digest::of(b"y"), &source).unwrap_err();
    assert!(matches!(&error, StoreError::Store { path, .. } if *path == folder), "{error}");
    let error = bench.store.add_record(&key("k"), b"other").unwrap_err();
    assert!(matches!(&error, StoreError::Store { path, .. } if *path == folder), "{error}");
    assert!(bench.has(b"x"));
    assert_eq!(bench.store.records(&key("k")), [b"r"]);

    fs::remove_file(&folder).unwrap();
    assert!(bench.put(b"y") && bench.has(b"y"));
    assert_eq!(bench.accounted(), taken(&bench.store), "the space of what failed was given back");
}

#[test]
fn a_store_that_goes_away_is_made_again() {
    let bench = Bench::new(ROOMY);
    assert!(bench.put(b"x"));
    fs::remove_dir_all(bench.store.folder()).unwrap();
    assert!(!bench.has(b"x"));
    assert_eq!(bench.store.records(&key("k")), [b""; 0]);
    assert!(bench.put(b"x"));
    bench.store.add_record(&key("k"), b"r").unwrap();
    assert!(bench.has(b"x"));
    assert_eq!(bench.accounted(), taken(&bench.store));
}

#[test]
fn damaged_contents_are_thrown_away() {
    let bench = Bench::new(ROOMY);
    let content = block("content");
    assert!(bench.put(&content));
    assert!(bench.put(b"other"));
    damage(&bench.file_of(&content), 123);
    assert!(!bench.has(&content));
    assert_eq!(bench.store.stats().unwrap().files, 1);
    assert!(bench.put(&content));
    assert!(bench.has(&content));

    fs::write(bench.file_of(&content), "cut").unwrap();
    assert!(bench.put(&content), "one of another length is replaced");
    assert!(bench.has(&content));

    // Less space was counted for this content.
    fs::write(bench.file_of(&content), vec![0; 100_000]).unwrap();
    assert!(!bench.has(&content));
    assert!(bench.accounted() >= taken(&bench.store));
    bench.store.collect().unwrap();
    assert_eq!(bench.accounted(), taken(&bench.store));
}

#[test]
fn records_are_kept_newest_first() {
    let bench = Bench::new(ROOMY);
    let add = |record: &str| bench.store.add_record(&key("k"), record.as_bytes()).unwrap();
    assert_eq!(bench.store.records(&key("k")), [b""; 0]);
    ["a", "b", "", "a"].into_iter().for_each(add);
    assert_eq!(bench.store.records(&key("k")), [&b"a"[..], b"", b"b"]);
    add("a");
    assert_eq!(bench.store.records(&key("k")), [&b"a"[..], b"", b"b"]);
    assert_eq!(bench.store.records(&key("other")), [b""; 0]);
    (0..20).for_each(|n| add(&n.to_string()));
    let expected: Vec<Vec<u8>> = (4..20).rev().map(|n: u8| n.to_string().into_bytes()).collect();
    assert_eq!(bench.store.records(&key("k")), expected);
    assert_eq!(bench.store.stats().unwrap().records, 1);
    assert_eq!(bench.accounted(), BLOCK);
}

#[test]
fn damaged_records_are_thrown_away() {
    let bench = Bench::new(ROOMY);
    let three = || {
        let _ = bench.store.clear();
        ["first", "second", "third"]
            .iter()
            .for_each(|record| bench.store.add_record(&key("k"), record.as_bytes()).unwrap());
        bench.file_of_records()
    };
    // The mark, then the length, hash and text of `third`.
    for (at, expected) in [
        (8 + 36 + 2, &[&b"second"[..], b"first"][..]),
        (8 + 4, &[b"second", b"first"]),
        (8, &[]),
        (0, &[]),
        (8 + 36 + 5 + 36, &[b"third", b"first"]),
    ] {
        damage(&three(), at);
        assert_eq!(bench.store.records(&key("k")), expected, "{at}");
        assert_eq!(bench.store.verify().unwrap().damaged, 0, "{at}: removed already");
        assert_eq!(bench.store.records(&key("k")), expected, "{at}");
        assert!(bench.accounted() >= taken(&bench.store), "{at}");
    }
    let file = three();
    let whole = fs::read(&file).unwrap();
    for length in 0..whole.len() {
        fs::write(&file, &whole[..length]).unwrap();
        let records = bench.store.records(&key("k"));
        assert!(
            [&b"third"[..], b"second", b"first"]
                .starts_with(&records.iter().map(|r| &r[..]).collect::<Vec<_>>())
        );
        assert!(records.len() < 3, "{length}");
    }
    let file = three();
    damage(&file, 8 + 36);
    bench.store.add_record(&key("k"), b"fourth").unwrap();
    assert_eq!(bench.store.records(&key("k")), [&b"fourth"[..], b"second", b"first"]);
}

#[test]
fn content_in_memory_comes_back() {
    let bench = Bench::new(ROOMY);
    let digest = Digest::of(b"in memory");
    assert_eq!(bench.store.read(&digest).unwrap(), None);
    assert!(bench.store.put_bytes(&digest, b"in memory").unwrap());
    assert!(!bench.store.put_bytes(&Digest::of(b"other"), b"in memory").unwrap());
    assert_eq!(bench.store.read(&digest).unwrap().as_deref(), Some(&b"in memory"[..]));
    assert_eq!(bench.accounted(), taken(&bench.store));
    damage(&bench.file_of(b"in memory"), 3);
    assert_eq!(bench.store.read(&digest).unwrap(), None);
    assert_eq!(bench.store.stats().unwrap().files, 0);
}

#[test]
fn the_least_recently_used_goes_first() {
    let bench = Bench::new(10 * BLOCK);
    let names: Vec<String> = (0..9).map(|n| format!("content {n}")).collect();
    for (seconds, name) in names.iter().enumerate() {
        assert!(bench.put(&block(name)));
        // The last content is the one that was used first.
        age(&bench.file_of(&block(name)), 1000 + 100 * seconds as u64);
    }
    bench.store.add_record(&key("k"), b"r").unwrap();
    age(&bench.file_of_records(), 1750);
    // A fetch uses one, and a put another.
    assert!(bench.has(&block(&names[8])));
    assert!(bench.put(&block(&names[7])));
    // The store is full, so each of these removes one entry.
    assert!(bench.put(&block("new")));
    assert_eq!(bench.store.stats().unwrap().records, 0);
    assert!(bench.put(&block("newer")));
    let left: Vec<usize> = (0..9).filter(|&n| bench.has(&block(&names[n]))).collect();
    assert_eq!(left, [0, 1, 2, 3, 4, 5, 7, 8]);
}

#[test]
fn a_look_at_records_is_a_use() {
    let bench = Bench::new(10 * BLOCK);
    bench.store.add_record(&key("k"), b"r").unwrap();
    age(&bench.file_of_records(), 5000);
    for n in 0..9 {
        assert!(bench.put(&block(&n.to_string())));
        age(&bench.file_of(&block(&n.to_string())), 1000);
    }
    assert_eq!(bench.store.records(&key("k")), [b"r"]);
    assert!(bench.put(&block("new")));
    assert_eq!(bench.store.records(&key("k")), [b"r"]);
}

#[test]
fn a_collection_leaves_nine_tenths() {
    let bench = Bench::new(20 * BLOCK);
    (0..20).for_each(|n| assert!(bench.put(&block(&n.to_string()))));
    assert_eq!(taken(&bench.store), 20 * BLOCK);
    let collected = bench.store.collect().unwrap();
    assert_eq!(collected, Collected { files: 2, abandoned: 0, bytes: 2 * BLOCK });
    assert_eq!((taken(&bench.store), bench.accounted()), (18 * BLOCK, 18 * BLOCK));
    assert_eq!(bench.store.collect().unwrap(), Collected::default());
}

#[test]
fn what_is_larger_than_the_limit_is_not_kept() {
    let bench = Bench::new(2 * BLOCK);
    assert!(bench.put(b"small"));
    assert!(!bench.put(&vec![1; 2 * BLOCK as usize + 1]));
    bench.store.add_record(&key("k"), &vec![1; 2 * BLOCK as usize]).unwrap();
    assert_eq!(bench.store.records(&key("k")), [b""; 0]);
    assert!(bench.has(b"small"), "nothing is removed for it");
    assert!(bench.put(&vec![1; 2 * BLOCK as usize]));
    assert!(!bench.has(b"small"));

    let none = Bench::new(0);
    assert!(!none.put(b"x"));
    none.store.add_record(&key("k"), b"r").unwrap();
    assert_eq!(taken(&none.store), 0);
}

#[test]
fn accounts_are_made_again() {
    let bench = Bench::new(4 * BLOCK);
    let accounts = bench.store.folder().join("v1/accounts");
    (0..3).for_each(|n| assert!(bench.put(&block(&n.to_string()))));
    let spoils: [fn(&Path); 3] =
        [|file| fs::remove_file(file).unwrap(), |file| damage(file, 9), |file| fs::write(file, "").unwrap()];
    for spoil in spoils {
        spoil(&accounts);
        bench.store.add_record(&key("k"), b"r").unwrap();
        assert_eq!(bench.accounted(), taken(&bench.store));
        assert!(taken(&bench.store) <= 4 * BLOCK);
        bench.store.clear().unwrap();
        (0..3).for_each(|n| assert!(bench.put(&block(&n.to_string()))));
    }
}

#[test]
fn an_overcount_is_corrected() {
    let bench = Bench::new(10 * BLOCK);
    assert!(bench.put(b"x"));
    // The file is removed by hand, so the accounts don't know of it.
    fs::remove_file(bench.file_of(b"x")).unwrap();
    (0..10).for_each(|n| assert!(bench.put(&block(&n.to_string()))));
    assert_eq!(bench.accounted(), taken(&bench.store));
    assert_eq!(bench.store.stats().unwrap().files, 10, "nothing had to go");
}

#[test]
fn verify_finds_all_damage() {
    let bench = Bench::new(ROOMY);
    (0..5).for_each(|n| assert!(bench.put(&block(&n.to_string()))));
    ["a", "b"].iter().for_each(|record| bench.store.add_record(&key("k"), record.as_bytes()).unwrap());
    assert_eq!(bench.store.verify().unwrap(), Verified { files: 5, records: 2, damaged: 0 });
    damage(&bench.file_of(&block("0")), 0);
    damage(&bench.file_of_records(), 8 + 36);
    // An undamaged content where nothing would find it, and a file whose name is not one of the store's.
    let misplaced = bench.file_of(&block("1"));
    let shard = misplaced.parent().unwrap().parent().unwrap().join("no");
    fs::create_dir(&shard).unwrap();
    fs::rename(&misplaced, shard.join(misplaced.file_name().unwrap())).unwrap();
    fs::write(shard.join("stray"), "").unwrap();
    assert_eq!(bench.store.verify().unwrap(), Verified { files: 3, records: 1, damaged: 4 });
    assert_eq!(bench.store.verify().unwrap(), Verified { files: 3, records: 1, damaged: 0 });
    assert_eq!(bench.store.records(&key("k")), [b"a"]);
    assert_eq!(bench.accounted(), taken(&bench.store));
}

#[test]
fn clear_leaves_nothing() {
    let bench = Bench::new(ROOMY);
    assert!(bench.put(&block("content")));
    bench.store.add_record(&key("k"), b"r").unwrap();
    fs::write(bench.store.folder().join("v1/tmp/abandoned"), "x").unwrap();
    bench.store.clear().unwrap();
    assert_eq!((taken(&bench.store), bench.accounted()), (0, 0));
    assert!(bench.temporary().is_empty());
    assert!(bench.put(&block("content")));
    assert!(bench.has(&block("content")));
}

#[test]
fn the_folder_is_tagged_as_a_cache_unless_it_holds_other_things() {
    let signature = "Signature: 8a477f597d28d172789f06886806bc55";
    let bench = Bench::new(ROOMY);
    let tag = fs::read_to_string(bench.store.folder().join("CACHEDIR.TAG")).unwrap();
    assert!(tag.starts_with(signature), "{tag}");
    Store::open(bench.store.folder(), ROOMY).unwrap();

    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("letter"), "").unwrap();
    Store::open(home.path(), ROOMY).unwrap();
    assert!(!home.path().join("CACHEDIR.TAG").exists());
    assert!(home.path().join("v1/CACHEDIR.TAG").exists());
}

#[test]
fn names_are_text_for_people_and_bytes_for_programs() {
    let digest = Digest::of(b"");
    let text = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
    assert_eq!((digest.to_string(), format!("{digest:?}")), (text.to_owned(), text.to_owned()));
    assert_eq!(Digest::of_reader(&b""[..]).unwrap(), digest);
    assert_eq!(serde_json::to_string(&digest).unwrap(), format!("\"{text}\""));
    assert_eq!(serde_json::from_str::<Digest>(&format!("\"{text}\"")).unwrap(), digest);
    assert_eq!(text.parse(), Ok(Key(digest.0)));
    for wrong in [&text[1..], &text.to_uppercase(), &text.replace('a', "x"), ""] {
        assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
    }
}
