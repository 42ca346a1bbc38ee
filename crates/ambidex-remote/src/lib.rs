//! A store on another machine that speaks the Remote Execution API, version 2: bazel-remote, Buildbarn, BuildBuddy,
//! NativeLink, BuildGrid, buildbox-casd.
//!
//! Nothing that such a server does makes a build fail or wrong: its answers are checked, and a server that is gone, slow,
//! wrong or full is left alone for the rest of the build, with one note to the user.

mod address;
mod client;
mod credentials;
mod entry;
mod patience;
mod queue;
mod trouble;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ambidex_store::{Digest, Key, Remote, RemoteContent, RemoteEntry, Store};

pub use address::{Address, NotAnAddress};
pub use credentials::Credentials;

use client::Client;
use entry::{Action, Named, digest_of};
use patience::{Patience, Wait};
use queue::{Parcel, Queue};
use trouble::Trouble;

/// How long a request may take that nobody waits for.
const IN_THE_BACKGROUND: Duration = Duration::from_secs(30);

/// No record is longer, in bytes.
const LONGEST_RECORD: usize = 16 << 20;

/// What the user says about a server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it is.
    pub address: Address,
    /// How it is told who asks.
    pub credentials: Credentials,
    /// Whether nothing is sent there.
    pub read_only: bool,
    /// What a build may lose in any case, and again at its end.
    pub patience: Duration,
    /// The number of commands that run at once: what one of them spares, the build spares divided by that.
    pub jobs: usize,
}

/// A server, and what this process knows of it.
pub struct Server {
    shared: Arc<Shared>,
    queue: Queue<Sent>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

struct Shared {
    settings: Settings,
    tell: Box<dyn Fn(&str) + Send + Sync>,
    /// The connection, which is made when it is first needed; none if it can't be made.
    client: OnceLock<Option<Client>>,
    patience: Patience,
    /// Whether nothing more is asked.
    silent: AtomicBool,
    /// Whether nothing more is sent.
    full: AtomicBool,
    told: Mutex<bool>,
}

/// An entry to be sent.
struct Sent {
    store: Store,
    key: Key,
    list: Vec<u8>,
    contents: Vec<Digest>,
}

impl Parcel for Sent {
    fn space(&self) -> usize {
        self.list.len() + size_of::<Self>() + self.contents.len() * size_of::<Digest>()
    }
}

impl Server {
    /// Takes note of a server. There is no connection before it is needed. `tell` is called with what the user should
    /// know: that the server is left alone, and why.
    pub fn new(settings: Settings, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let shared = Shared {
            full: AtomicBool::new(settings.read_only),
            patience: Patience::new(Instant::now(), settings.patience),
            settings,
            tell: Box::new(tell),
            client: OnceLock::new(),
            silent: AtomicBool::new(false),
            told: Mutex::new(false),
        };
        Self { shared: Arc::new(shared), queue: Queue::new() }
    }
}

/// Connects to a server, to see whether it can be used as a cache. Returns whether it takes results.
///
/// # Errors
/// A line that says why it can't be used.
pub fn examine(settings: &Settings) -> Result<bool, String> {
    let client = Client::connect(settings).map_err(|trouble| trouble.to_string())?;
    Ok(client.abilities().takes_results)
}

impl Remote for Server {
    fn entries(&self, key: &Key) -> Vec<RemoteEntry> {
        let action = Action::of(key);
        let result = self.shared.ask(Wait::default(), |client, limit| client.result(limit, &action.digest));
        let Some(result) = result.flatten() else { return Vec::new() };
        let mut found = Vec::new();
        for named in entry::entries(result) {
            let Some(list) = self.shared.record(&named) else { break };
            found.push(RemoteEntry { list, contents: named.contents });
        }
        found
    }

    fn content(&self, content: &RemoteContent, worth: Duration) -> Option<Vec<u8>> {
        let name = entry::name_of(content);
        let wait = Wait { length: content.length, worth: self.shared.of_the_build(worth) };
        self.shared.ask(wait, |client, limit| client.read(limit, &name)).flatten()
    }

    fn share(&self, store: Store, key: Key, list: Vec<u8>, contents: Vec<Digest>) {
        if !self.shared.takes_more() || list.len() > LONGEST_RECORD {
            return;
        }
        let shared = self.shared.clone();
        self.queue.add(Sent { store, key, list, contents }, move |sent| shared.send(sent));
    }

    fn has_spared(&self, time: Duration) {
        self.shared.patience.spared(self.shared.of_the_build(time));
    }

    fn is_wrong(&self) {
        self.shared.leave_alone(&Trouble::Wrong);
    }

    fn stop(&self) {
        self.queue.close();
    }

    fn finish(&self) {
        let limit = match self.shared.silent.load(Ordering::Relaxed) {
            true => Duration::ZERO,
            false => self.shared.patience.at_the_end(Instant::now()),
        };
        let unsent = self.queue.finish(limit);
        if unsent > 0 {
            let results = if unsent == 1 { "result was" } else { "results were" };
            self.shared.tell_once(&format!(
                "{unsent} {results} not sent; AMBIDEX_REMOTE_TIMEOUT gives it more time"
            ));
        }
    }
}

impl Shared {
    /// Asks something while a command waits. Returns nothing if the server is left alone.
    fn ask<A>(&self, wait: Wait, ask: impl Fn(&Client, Duration) -> Result<A, Trouble>) -> Option<A> {
        if self.silent.load(Ordering::Relaxed) {
            return None;
        }
        let Some(limit) = self.patience.begin(Instant::now(), wait) else {
            self.leave_alone(&Trouble::NotWorthIt);
            return None;
        };
        let begun = Instant::now();
        // To connect takes a part of the time.
        let asked = |client| match limit.saturating_sub(begun.elapsed()) {
            Duration::ZERO => Err(Trouble::Slow(limit)),
            left => ask(client, left),
        };
        let answer = self.client().and_then(|client| self.heard(asked(client)));
        self.patience.end(Instant::now());
        answer
    }

    /// Returns whether anything may be sent.
    fn takes_more(&self) -> bool {
        !self.full.load(Ordering::Relaxed) && !self.silent.load(Ordering::Relaxed)
    }

    /// Returns how much longer the build would take if a command takes this time.
    fn of_the_build(&self, time: Duration) -> Duration {
        time / u32::try_from(self.settings.jobs).unwrap_or(u32::MAX).max(1)
    }

    /// Returns the connection.
    fn client(&self) -> Option<&Client> {
        let connect = || {
            let connected = Client::connect(&self.settings);
            let client = self.heard(connected)?;
            if !client.abilities().takes_results {
                self.full.store(true, Ordering::Relaxed);
            }
            Some(client)
        };
        self.client.get_or_init(connect).as_ref()
    }

    fn heard<A>(&self, answer: Result<A, Trouble>) -> Option<A> {
        answer.map_err(|trouble| self.leave_alone(&trouble)).ok()
    }

    /// Returns the record of an entry.
    fn record(&self, named: &Named) -> Option<Vec<u8>> {
        if named.inline.is_empty() {
            let length = usize::try_from(named.record.size_bytes).ok()?;
            if length > LONGEST_RECORD {
                return None;
            }
            let wait = Wait { length: length as u64, ..Wait::default() };
            return self.ask(wait, |client, limit| client.read(limit, &named.record)).flatten();
        }
        match digest_of(&named.inline) == named.record {
            true => Some(named.inline.clone()),
            false => self.heard(Err(Trouble::Wrong)),
        }
    }

    /// Sends an entry in front of the others of its key. Returns whether it was sent.
    fn send(&self, sent: Sent) -> bool {
        if !self.takes_more() {
            return false;
        }
        let Some(client) = self.client() else { return false };
        match self.try_to_send(client, sent) {
            Ok(sent) => sent,
            Err(trouble @ (Trouble::Unreachable(_) | Trouble::Wrong)) => {
                self.leave_alone(&trouble);
                false
            }
            Err(trouble) => {
                // It may still be asked.
                if !self.full.swap(true, Ordering::Relaxed) {
                    self.tell_once(&format!("nothing is sent there: {trouble}"));
                }
                false
            }
        }
    }

    fn try_to_send(&self, client: &Client, sent: Sent) -> Result<bool, Trouble> {
        let limit = IN_THE_BACKGROUND;
        let action = Action::of(&sent.key);
        let record = digest_of(&sent.list);
        let mut contents = Vec::new();
        let mut parts = vec![(record.clone(), sent.list)];
        for digest in sent.contents {
            // A collection may have removed it.
            let Ok(Some(content)) = sent.store.read(&digest) else { return Ok(false) };
            let name = digest_of(&content);
            contents.push(RemoteContent { digest, name: name.hash.clone(), length: content.len() as u64 });
            parts.push((name, content));
        }
        parts.extend(action.messages.map(|message| (digest_of(&message), message)));
        let others = client.result(limit, &action.digest)?.map(entry::entries).unwrap_or_default();
        let mut all: Vec<Named> = others.into_iter().filter(|other| other.record != record).collect();
        all.insert(0, Named { record, inline: Vec::new(), contents });

        let mut digests: Vec<_> = parts.iter().map(|(digest, _)| digest.clone()).collect();
        digests.extend(all.iter().skip(1).flat_map(Named::digests));
        digests.sort_by(|a, b| a.hash.cmp(&b.hash));
        digests.dedup();
        let missing = client.missing(limit, digests)?;
        parts.retain(|(digest, _)| missing.contains(digest));
        parts.dedup_by(|a, b| a.0 == b.0);
        let mut number = 0;
        // An entry that has lost a part would make the server refuse the result.
        all.retain(|named| {
            number += 1;
            number == 1 || !named.digests().any(|digest| missing.contains(&digest))
        });
        if !client.write(limit, parts)? {
            return Ok(false);
        }
        client.update(limit, &action.digest, &entry::result(&all)).map(|()| true)
    }

    /// Asks nothing more, and tells the user why.
    fn leave_alone(&self, trouble: &Trouble) {
        if !self.silent.swap(true, Ordering::Relaxed) {
            self.tell_once(&format!("{trouble}; the build goes on without it"));
        }
    }

    fn tell_once(&self, what: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut told, true) {
            (self.tell)(&format!("{}: {what}", self.settings.address));
        }
    }
}
