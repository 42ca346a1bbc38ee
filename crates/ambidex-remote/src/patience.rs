//! How long a build may wait for a server: it never loses more than a short time, whatever the server does.
//!
//! What counts is the time during which *some* command waits. While none does, the build goes on as it would without
//! the server, so it takes at most this much longer. Time that the server's answers have spared may be spent again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a build may lose of its own time, beyond that: one part of so many.
const SHARE: u32 = 100;

/// The slowest transfer that is worth waiting for, in bytes per second.
const SLOWEST: u64 = 4 << 20;

/// What is spent at most, of what answers have spared or one would spare, before another answer spares something.
const AT_ONCE: Duration = Duration::from_secs(2);

/// What a command waits for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wait {
    /// The length of the answer, in bytes.
    pub length: u64,
    /// The time that the answer would spare the build.
    pub worth: Duration,
}

/// What a build has waited for, and gained.
#[derive(Debug)]
pub(crate) struct Patience {
    started: Instant,
    /// What a build may lose in any case. One answer may not take longer either, but for the time that its length takes.
    free: Duration,
    account: Mutex<Account>,
}

#[derive(Debug, Default)]
struct Account {
    /// The number of waiting commands, and since when there has been any.
    waiting: u32,
    since: Option<Instant>,
    spent: Duration,
    spared: Duration,
}

impl Patience {
    pub fn new(now: Instant, free: Duration) -> Self {
        Self { started: now, free, account: Mutex::default() }
    }

    /// Begins to wait. Returns how long the answer may take; none if no more time is to be spent. Then [`Self::end`] must
    /// not be called.
    pub fn begin(&self, now: Instant, wait: Wait) -> Option<Duration> {
        let mut account = self.account();
        let worth = (wait.worth / 2).min(AT_ONCE);
        let left = (self.allowed(now, account.spared) + worth).checked_sub(account.spent_until(now))?;
        if left.is_zero() {
            return None;
        }
        account.waiting += 1;
        account.since.get_or_insert(now);
        Some(left.min(self.free + Duration::from_millis(wait.length.saturating_mul(1000) / SLOWEST)))
    }

    /// Ends a wait.
    pub fn end(&self, now: Instant) {
        let mut account = self.account();
        account.waiting -= 1;
        if account.waiting == 0 {
            account.spent = account.spent_until(now);
            account.since = None;
        }
    }

    /// Takes note that an answer spared the build this time. It may have been made on a slower machine, so only a part of
    /// it is saved for later.
    pub fn spared(&self, time: Duration) {
        let mut account = self.account();
        account.spared = (account.spared + time).min(account.spent + AT_ONCE);
    }

    /// Returns how long the end of the build may be put off.
    pub fn at_the_end(&self, now: Instant) -> Duration {
        self.allowed(now, Duration::ZERO)
    }

    fn allowed(&self, now: Instant, spared: Duration) -> Duration {
        self.free + now.saturating_duration_since(self.started) / SHARE + spared
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        // The numbers are right at any time.
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    fn spent_until(&self, now: Instant) -> Duration {
        self.spent + self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const FREE: Duration = Duration::from_millis(1500);

    #[test]
    fn commands_that_wait_together_spend_the_time_once() {
        let start = Instant::now();
        let patience = Patience::new(start, FREE);
        for _ in 0..10 {
            assert!(patience.begin(start, Wait::default()).is_some());
        }
        for _ in 0..10 {
            patience.end(start + SECOND);
        }
        let left = patience.begin(start + SECOND, Wait::default()).unwrap();
        assert_eq!(left, SECOND / 2 + SECOND / SHARE);
    }

    #[test]
    fn what_is_spent_is_gone() {
        let start = Instant::now();
        let patience = Patience::new(start, FREE);
        patience.begin(start, Wait::default()).unwrap();
        patience.end(start + 3 * SECOND);
        assert_eq!(patience.begin(start + 3 * SECOND, Wait::default()), None);
        // What was spared may be spent again.
        patience.spared(2 * SECOND);
        assert!(patience.begin(start + 3 * SECOND, Wait::default()).is_some());
    }

    #[test]
    fn what_spares_much_may_take_longer() {
        let start = Instant::now();
        let patience = Patience::new(start, FREE);
        let large = |seconds| Wait { length: 40 << 20, worth: seconds * SECOND };
        assert_eq!(patience.begin(start, large(2)), Some(FREE + SECOND));
        assert_eq!(patience.begin(start, large(200)), Some(FREE + AT_ONCE));
        // What was spared on a slow machine is not all worth waiting for.
        patience.spared(1000 * SECOND);
        assert_eq!(patience.begin(start, large(200)), Some(FREE + 2 * AT_ONCE));
    }

    #[test]
    fn one_answer_does_not_get_all_the_time() {
        let start = Instant::now();
        let patience = Patience::new(start, FREE);
        patience.spared(100 * SECOND);
        assert_eq!(patience.begin(start, Wait::default()), Some(FREE));
        let large = Wait { length: 4 << 20, ..Wait::default() };
        assert_eq!(patience.begin(start, large), Some(FREE + SECOND));
    }
}
