//! Stores on two machines with a server between them that works, or does not.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ambidex_fake_remote::{FakeRemote, Fault};
use ambidex_remote::{Credentials, Server, Settings};
use ambidex_store::{Digest, Key, Store};
use tempfile::TempDir;

const KEY: Key = Key([7; 32]);
const RECORD: &[u8] = b"what a command has read";

/// A machine with a store of its own.
struct Machine {
    store: Store,
    notes: Arc<Mutex<Vec<String>>>,
    _folder: TempDir,
}

impl Machine {
    fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let notes: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = notes.clone();
        let server = Server::new(settings, move |note| heard.lock().unwrap().push(note.to_owned()));
        let store = Store::open(folder.path(), 1 << 30).unwrap().with_remote(Arc::new(server));
        Self { store, notes, _folder: folder }
    }

    fn of(url: &str) -> Self {
        Self::with(settings(url))
    }

    /// Keeps a run with these contents, and sends it.
    fn share(&self, record: &[u8], contents: &[&[u8]]) {
        let digests: Vec<Digest> = contents.iter().map(|content| Digest::of(content)).collect();
        for (digest, content) in digests.iter().zip(contents) {
            assert!(self.store.put_bytes(digest, content).unwrap());
        }
        self.store.add_record(&KEY, record).unwrap();
        self.store.send(&KEY, record, digests);
    }

    /// Waits until the server has this many results. The end of a build doesn't wait for that long.
    fn finish(&self, server: &FakeRemote, results: usize) {
        let begun = Instant::now();
        while server.counts().results < results && begun.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.store.finish();
        assert_eq!((self.notes(), server.counts().results), (Vec::new(), results));
    }

    /// Returns the records for which all these contents can be had.
    fn find(&self, contents: &[&[u8]]) -> Vec<Vec<u8>> {
        let digests: Vec<Digest> = contents.iter().map(|content| Digest::of(content)).collect();
        let mut found = Vec::new();
        for remote in self.store.remote_records(&KEY) {
            if self.store.pull(&KEY, &remote, &digests, Duration::ZERO).unwrap() {
                for (digest, content) in digests.iter().zip(contents) {
                    assert_eq!(self.store.read(digest).unwrap().as_deref(), Some(*content));
                }
                found.push(remote.record);
            }
        }
        found
    }

    fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap().clone()
    }
}

fn settings(url: &str) -> Settings {
    Settings {
        address: url.parse().unwrap(),
        credentials: Credentials::None,
        read_only: false,
        patience: Duration::from_millis(1500),
        jobs: 2,
    }
}

fn large() -> Vec<u8> {
    (0..3_500_000_u32).map(|number| u8::try_from(number * 7 % 251).unwrap()).collect()
}

#[test]
fn what_one_machine_has_made_another_finds() {
    let server = FakeRemote::start().unwrap();
    let one = Machine::of(&server.url());
    let large = large();
    let contents: [&[u8]; 3] = [b"an object", &large, b""];
    one.share(RECORD, &contents);
    one.finish(&server, 1);

    let other = Machine::of(&server.url());
    assert_eq!(other.find(&contents), [RECORD]);
    assert_eq!(other.notes(), [""; 0]);
    // It is kept there, too.
    assert_eq!(other.store.records(&KEY), [RECORD]);
}

#[test]
fn records_of_one_key_are_kept_together_newest_first() {
    let server = FakeRemote::start().unwrap();
    for number in 0..10_u8 {
        let machine = Machine::of(&server.url());
        machine.share(&[number], &[&[number, number]]);
        machine.store.finish();
    }
    let records: Vec<Vec<u8>> = (2..10).rev().map(|number| vec![number]).collect();
    let other = Machine::of(&server.url());
    assert_eq!(
        other.store.remote_records(&KEY).into_iter().map(|found| found.record).collect::<Vec<_>>(),
        records
    );
}

#[test]
fn a_server_that_is_wrong_is_found_out() {
    for fault in
        [Fault::Flipped, Fault::Cut, Fault::Swapped, Fault::OtherResult, Fault::Nonsense, Fault::Forgetful]
    {
        let server = FakeRemote::start().unwrap();
        let one = Machine::of(&server.url());
        let large = large();
        let contents: [&[u8]; 2] = [b"an object", &large];
        one.share(RECORD, &contents);
        // Something that the first can be taken for.
        let key = Key([8; 32]);
        one.store.send(&key, b"another record", vec![Digest::of(b"an object")]);
        one.finish(&server, 2);

        let other = Machine::of(&server.url());
        server.set(fault);
        assert_eq!(other.find(&contents), [[0_u8; 0]; 0], "{fault:?}");
        assert!(other.notes().len() <= 1, "{:?}", other.notes());
        // A content that is gone is a miss.
        let is_miss = fault == Fault::Forgetful;
        assert_eq!(is_miss, other.notes().is_empty(), "{fault:?}");
    }
}

#[test]
fn a_server_that_is_gone_costs_little() {
    // Nobody listens there.
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    // Somebody listens, but never answers.
    let mute = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    for address in [free, mute.local_addr().unwrap()] {
        let machine = Machine::of(&format!("grpc://{address}"));
        let begun = Instant::now();
        for _ in 0..100 {
            assert_eq!(machine.find(&[]), [[0_u8; 0]; 0]);
            machine.share(RECORD, &[b"an object"]);
        }
        machine.store.finish();
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        assert_eq!(machine.notes().len(), 1, "{:?}", machine.notes());
    }
}

#[test]
fn a_server_that_stops_answering_costs_little() {
    for fault in [Fault::Stuck, Fault::Broken, Fault::Slow(Duration::from_millis(700))] {
        let server = FakeRemote::start().unwrap();
        let machine = Machine::of(&server.url());
        machine.share(RECORD, &[b"an object"]);
        assert_eq!(machine.store.remote_records(&Key([9; 32])).len(), 0);
        server.set(fault);
        let begun = Instant::now();
        for number in 0..100 {
            machine.store.remote_records(&Key([number; 32]));
            machine.share(&[number], &[&[number]]);
        }
        machine.store.finish();
        assert!(begun.elapsed() < Duration::from_secs(5), "{fault:?}: {:?}", begun.elapsed());
        assert_eq!(machine.notes().len(), 1, "{:?}", machine.notes());
    }
}

#[test]
fn a_server_without_room_can_still_be_asked() {
    for fault in [Fault::Full, Fault::Denied] {
        let server = FakeRemote::start().unwrap();
        let one = Machine::of(&server.url());
        one.share(RECORD, &[b"an object"]);
        one.finish(&server, 1);
        server.set(fault);
        let other = Machine::of(&server.url());
        other.share(b"more", &[b"another object"]);
        let begun = Instant::now();
        while other.notes().is_empty() && begun.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(other.notes()[0].contains("nothing is sent there"), "{:?}", other.notes());
        assert_eq!(other.find(&[b"an object"]), [RECORD]);
        other.store.finish();
        assert_eq!(other.notes().len(), 1);
    }
}

#[test]
fn a_server_that_has_lost_contents_gets_them_again() {
    let server = FakeRemote::start().unwrap();
    let one = Machine::of(&server.url());
    one.share(RECORD, &[b"an object"]);
    one.finish(&server, 1);
    server.lose_contents();
    let other = Machine::of(&server.url());
    assert_eq!(other.find(&[b"an object"]), [[0_u8; 0]; 0]);
    other.share(b"made again", &[b"an object"]);
    other.store.finish();
    assert_eq!(other.notes(), [""; 0]);
    // The old record is gone, since the server has no copy of it.
    assert_eq!(Machine::of(&server.url()).find(&[b"an object"]), [b"made again"]);
}

#[test]
fn who_asks_is_told() {
    let server = FakeRemote::start().unwrap();
    server.demand("authorization", "Bearer s3cret");
    let stranger = Machine::of(&server.url());
    assert_eq!(stranger.find(&[]), [[0_u8; 0]; 0]);
    assert!(stranger.notes()[0].contains("refuses access: who are you?"), "{:?}", stranger.notes());

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "s3cret\n").unwrap();
    let known = || Settings { credentials: Credentials::TokenFile(file.clone()), ..settings(&server.url()) };
    let machine = Machine::with(known());
    machine.share(RECORD, &[b"an object"]);
    machine.finish(&server, 1);
    assert_eq!(Machine::with(known()).find(&[b"an object"]), [RECORD]);
}

#[test]
fn nothing_is_sent_if_the_user_says_so() {
    let server = FakeRemote::start().unwrap();
    let machine = Machine::with(Settings { read_only: true, ..settings(&server.url()) });
    machine.share(RECORD, &[b"an object"]);
    machine.store.finish();
    assert_eq!(machine.find(&[]), [[0_u8; 0]; 0]);
    assert_eq!((server.counts().results, server.counts().contents), (0, 0));
    assert_eq!(machine.notes(), [""; 0]);
}
