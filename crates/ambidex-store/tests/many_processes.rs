//! Many processes with one store: the limit holds, no content is wrong, and a kill leaves nothing wrong.
//!
//! Each process is this test program itself, and environment variables tell it what to do.

mod support;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use ambidex_store::{Collected, Key, Store};
use support::{BLOCK, Bench, has, put, taken};

/// The environment variables that give a process its store, the limit, and its number.
const FOLDER: &str = "AMBIDEX_STORE_TEST_FOLDER";
const LIMIT: &str = "AMBIDEX_STORE_TEST_LIMIT";
const NUMBER: &str = "AMBIDEX_STORE_TEST_NUMBER";

const PROCESSES: u32 = 8;

/// A process that is killed at the latest when the test ends.
struct Worker(Child);

impl Worker {
    /// Starts one of the ignored tests below as a process of its own.
    fn start(name: &str, bench: &Bench, limit: u64, number: u32) -> Self {
        let child = Command::new(env::current_exe().unwrap())
            .args([name, "--exact", "--ignored", "--nocapture", "--test-threads=1"])
            .env(FOLDER, bench.store.folder())
            .env(LIMIT, limit.to_string())
            .env(NUMBER, number.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Waits for the process. Fails the test unless it succeeds.
    fn expect_success(mut self) {
        assert!(self.0.wait().unwrap().success());
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns the store that this process works on, with its number and a directory of its own. Returns `None` if it runs
/// as an ordinary test.
fn given() -> Option<(Store, u32, PathBuf)> {
    let variable = |name: &str| env::var(name).ok();
    let limit = variable(LIMIT)?.parse().unwrap();
    let folder = PathBuf::from(variable(FOLDER)?);
    let number = variable(NUMBER)?.parse().unwrap();
    let own = folder.with_file_name(format!("worker-{number}"));
    fs::create_dir_all(&own).unwrap();
    Some((Store::open(&folder, limit).unwrap(), number, own))
}

/// Numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Returns the content with this number, which has up to a few hundred thousand bytes.
fn content(n: u64) -> Vec<u8> {
    n.to_le_bytes().repeat(1 + (n as usize * 7919) % 40_000)
}

/// Returns a key's record with this number, which differs from those of other keys.
fn record(key: u64, n: u64) -> Vec<u8> {
    format!("{key} {n} ").into_bytes().repeat(20)
}

fn key(n: u64) -> Key {
    Key::of(&n.to_le_bytes())
}

/// Does a random operation on a store, and checks everything that it returns.
fn use_it(store: &Store, numbers: &mut Numbers, own: &Path) {
    let (source, fetched) = (own.join("source"), own.join("fetched"));
    let n = numbers.below(200);
    match numbers.below(10) {
        0..4 => {
            put(store, &source, &content(n));
        }
        4..7 => {
            has(store, &fetched, &content(n));
        }
        7 => store.add_record(&key(n % 10), &record(n % 10, numbers.below(50))).unwrap(),
        8 => {
            let known: Vec<Vec<u8>> = (0..50).map(|other| record(n % 10, other)).collect();
            let records = store.records(&key(n % 10));
            assert!(records.len() <= 16 && records.iter().all(|record| known.contains(record)));
        }
        _ => {
            // A collection is rare, because it goes through the whole store.
            if numbers.below(200) == 0 {
                store.collect().unwrap();
            }
        }
    }
}

#[test]
#[ignore = "run by the other tests as a process of its own"]
fn worker_with_everything() {
    let Some((store, number, own)) = given() else { return };
    let mut numbers = Numbers(u64::from(number));
    (0..1500).for_each(|_| use_it(&store, &mut numbers, &own));
}

#[test]
#[ignore = "run by the other tests as a process of its own"]
fn worker_for_ever() {
    let Some((store, number, own)) = given() else { return };
    let mut numbers = Numbers(u64::from(number));
    loop {
        use_it(&store, &mut numbers, &own);
    }
}

#[test]
#[ignore = "run by the other tests as a process of its own"]
fn worker_with_records() {
    let Some((store, number, _)) = given() else { return };
    (0..200).for_each(|_| store.add_record(&key(0), format!("of {number}").as_bytes()).unwrap());
}

#[test]
#[ignore = "run by the other tests as a process of its own"]
fn worker_with_large_contents() {
    let Some((store, _, own)) = given() else { return };
    for n in 0_u64.. {
        put(&store, &own.join("source"), &n.to_le_bytes().repeat(1 << 19));
    }
}

#[test]
fn the_limit_holds_while_processes_use_more() {
    // About a fifth of what the processes put into the store.
    let limit = 8 << 20;
    let bench = Bench::new(limit);
    let mut workers: Vec<Worker> =
        (0..PROCESSES).map(|number| Worker::start("worker_with_everything", &bench, limit, number)).collect();
    let mut most = 0;
    while workers.iter_mut().any(|worker| worker.0.try_wait().unwrap().is_none()) {
        // Files are listed directory by directory, so one that is renamed or replaced meanwhile may be counted twice.
        // The real size can be determined only while no process may add or remove anything.
        let accounts =
            fs::File::options().read(true).write(true).open(bench.store.folder().join("v1/accounts"));
        if let Ok(accounts) = accounts {
            accounts.lock().unwrap();
            most = most.max(taken_without_renames(&bench));
        }
        thread::sleep(Duration::from_millis(20));
    }
    workers.into_iter().for_each(Worker::expect_success);
    assert!(most <= limit, "{most} bytes at once");
    assert!(most > limit / 2, "the store was never full");

    let verified = bench.store.verify().unwrap();
    assert_eq!(verified.damaged, 0);
    assert!(verified.files > 0 && verified.records > 0, "{verified:?}");
    assert!(bench.temporary().is_empty());
    assert_eq!(bench.accounted(), taken(&bench.store), "nothing was killed, so the accounts are exact");
}

/// Returns the space taken, and counts a file once that moves while it is counted.
fn taken_without_renames(bench: &Bench) -> u64 {
    loop {
        let before = bench.temporary();
        let taken = taken(&bench.store);
        // No temporary file can appear while the accounts are locked.
        if bench.temporary() == before {
            return taken;
        }
    }
}

#[test]
fn no_record_is_lost_among_processes() {
    let bench = Bench::new(1 << 20);
    let workers: Vec<Worker> =
        (0..PROCESSES).map(|number| Worker::start("worker_with_records", &bench, 1 << 20, number)).collect();
    workers.into_iter().for_each(Worker::expect_success);
    let mut records = bench.store.records(&key(0));
    records.sort();
    let expected: Vec<Vec<u8>> = (0..PROCESSES).map(|number| format!("of {number}").into_bytes()).collect();
    assert_eq!(records, expected);
    assert_eq!(bench.accounted(), BLOCK);
}

#[test]
fn a_kill_leaves_nothing_wrong() {
    let limit = 8 << 20;
    let bench = Bench::new(limit);
    for round in 0..20 {
        let workers: Vec<Worker> = (0..3)
            .map(|number| Worker::start("worker_for_ever", &bench, limit, 10 * round + number))
            .collect();
        // Each round kills the workers at another moment of their work.
        thread::sleep(Duration::from_millis(60 + 7 * u64::from(round)));
        workers.into_iter().for_each(Worker::kill);
        assert!(bench.accounted() >= taken(&bench.store), "an undercount");
        assert!(taken(&bench.store) <= limit);
        assert_eq!(bench.store.verify().unwrap().damaged, 0);
    }
    bench.store.collect().unwrap();
    assert!(bench.temporary().is_empty());
    assert_eq!(bench.accounted(), taken(&bench.store), "a collection corrects the accounts");
    assert!(bench.put(b"x") && bench.has(b"x"));
}

#[test]
fn a_kill_amid_writing_is_cleaned_up() {
    let limit = 16 << 20;
    let bench = Bench::new(limit);
    // The worker may finish writing between the check and the kill.
    let left = (0..100).find_map(|_| {
        let worker = Worker::start("worker_with_large_contents", &bench, limit, 0);
        while bench.temporary().is_empty() {
            thread::yield_now();
        }
        worker.kill();
        Some(bench.temporary()).filter(|left| !left.is_empty())
    });
    let left = left.expect("one of so many kills comes amid writing");
    assert!(bench.accounted() >= taken(&bench.store), "an undercount");
    assert!(bench.store.collect().unwrap().abandoned >= 1);
    assert!(left.iter().all(|file| !file.exists()));
    assert_eq!(bench.accounted(), taken(&bench.store));
    assert_eq!(bench.store.verify().unwrap().damaged, 0);
}

#[test]
fn files_of_the_living_are_left_alone() {
    let bench = Bench::new(10 * BLOCK);
    // Does what a writer does, in the directory where a writer does it.
    let partial = bench.store.folder().join("v1/tmp/partial");
    let living = fs::File::create(&partial).unwrap();
    living.lock().unwrap();
    living.set_len(4 * BLOCK).unwrap();
    bench.store.collect().unwrap();
    assert!(partial.exists());
    assert_eq!(bench.accounted(), 4 * BLOCK, "it is counted");
    (0..20_u8).for_each(|n| assert!(bench.put(&[n])));
    assert!(taken(&bench.store) <= 10 * BLOCK);
    drop(living);
    assert_eq!(bench.store.collect().unwrap(), Collected { files: 0, abandoned: 1, bytes: 4 * BLOCK });
    assert!(!partial.exists());
}
