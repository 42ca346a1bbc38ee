//! What waits to be sent: a queue with a limit, and the threads that empty it.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The number of things that are sent at once.
const AT_ONCE: usize = 4;

/// The maximum space that waiting things take, in bytes.
const AT_MOST: usize = 64 << 20;

/// Something to be sent.
pub(crate) trait Parcel: Send + 'static {
    /// The space that it takes while it waits, in bytes.
    fn space(&self) -> usize;
}

/// A queue of things to be sent.
#[derive(Debug)]
pub(crate) struct Queue<P> {
    shared: Arc<Shared<P>>,
}

#[derive(Debug)]
struct Shared<P> {
    state: Mutex<State<P>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<P> {
    waiting: VecDeque<P>,
    space: usize,
    /// The number of things that are being sent.
    busy: usize,
    /// The number of threads.
    threads: usize,
    /// Whether nothing more is sent.
    closed: bool,
    /// The number of things that were not sent.
    dropped: usize,
}

impl<P: Parcel> Queue<P> {
    pub fn new() -> Self {
        let state =
            State { waiting: VecDeque::new(), space: 0, busy: 0, threads: 0, closed: false, dropped: 0 };
        Self { shared: Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }) }
    }

    /// Takes something to be sent by `send`, which returns whether it was. If there is no room, it is dropped.
    pub fn add(&self, parcel: P, send: impl Fn(P) -> bool + Send + 'static) {
        let mut state = self.shared.state();
        if state.closed || state.space + parcel.space() > AT_MOST {
            state.dropped += 1;
            return;
        }
        state.space += parcel.space();
        state.waiting.push_back(parcel);
        if state.threads < AT_ONCE {
            let shared = self.shared.clone();
            let thread = std::thread::Builder::new().name("ambidex-send".to_owned());
            // If there can't be another thread, those that there are send it.
            if thread.spawn(move || shared.empty(send)).is_ok() {
                state.threads += 1;
            }
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Sends nothing more.
    pub fn close(&self) {
        self.shared.state().closed = true;
        self.shared.changed.notify_all();
    }

    /// Waits until everything is sent, or for this time, and closes the queue. Returns the number of things that were
    /// not sent.
    pub fn finish(&self, limit: Duration) -> usize {
        let deadline = Instant::now() + limit;
        let mut state = self.shared.state();
        while !state.closed && (state.busy > 0 || !state.waiting.is_empty()) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self
                .shared
                .changed
                .wait_timeout(state, left)
                .map_or_else(|e| e.into_inner().0, |(state, _)| state);
        }
        let unsent = state.dropped + state.waiting.len() + state.busy;
        state.closed = true;
        state.waiting.clear();
        self.shared.changed.notify_all();
        unsent
    }
}

impl<P: Parcel> Shared<P> {
    fn empty(&self, send: impl Fn(P) -> bool) {
        let mut state = self.state();
        while !state.closed {
            let Some(parcel) = state.waiting.pop_front() else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.space -= parcel.space();
            state.busy += 1;
            drop(state);
            let sent = send(parcel);
            state = self.state();
            state.busy -= 1;
            state.dropped += usize::from(!sent);
            self.changed.notify_all();
        }
    }

    fn state(&self) -> MutexGuard<'_, State<P>> {
        // The state is right at any time: nothing in between can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    impl Parcel for usize {
        fn space(&self) -> usize {
            *self
        }
    }

    #[test]
    fn everything_is_sent() {
        let queue = Queue::new();
        let (to, sent) = mpsc::channel();
        for number in 0..100 {
            let to = to.clone();
            queue.add(number, move |parcel| to.send(parcel).is_ok());
        }
        assert_eq!(queue.finish(Duration::from_secs(60)), 0);
        let mut all: Vec<usize> = sent.try_iter().collect();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn the_end_does_not_wait_for_long() {
        let queue = Queue::new();
        let (release, gate) = mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        for number in 0..10 {
            let gate = gate.clone();
            queue.add(number, move |_| gate.lock().unwrap().recv().is_ok());
        }
        assert_eq!(queue.finish(Duration::from_millis(10)), 10);
        drop(release);
    }

    #[test]
    fn there_is_a_limit() {
        let queue = Queue::new();
        queue.add(AT_MOST + 1, |_| true);
        assert_eq!(queue.finish(Duration::from_secs(60)), 1);
    }
}
