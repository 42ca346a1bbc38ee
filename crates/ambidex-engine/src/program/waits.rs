//! How long a process waited for commands, what for and why.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::memory::past::TimedWait;

/// The reason why a process waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    Look,
    Change,
    Process,
    Exit,
    Effect,
    Awaited,
    Left,
    End,
}

impl Cause {
    /// Returns the cause for the name that the preloaded library gives it (`docs/protocol.md`, "Witnesses").
    pub fn of_effect(name: &[u8]) -> Self {
        match name {
            b"exec" | b"start" => Self::Process,
            b"exit" => Self::Exit,
            _ => Self::Effect,
        }
    }

    /// Returns whether Python waits for the rest of the commands, because it has nothing else to do.
    fn is_last(self) -> bool {
        matches!(self, Self::Exit | Self::End)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Look => "looked at a pending output",
            Self::Change => "changed a file that commands write or read",
            Self::Process => "started a process",
            Self::Exit => "exited",
            Self::Effect => "did something that can't be undone",
            Self::Awaited => "needed a command's result",
            Self::Left => "ran a command itself",
            Self::End => "reached the end of the build",
        })
    }
}

/// The waits of a process for one thing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wait {
    /// The reason: what the process did.
    pub why: String,
    /// The path, command or kind of effect that the process did this with.
    pub what: String,
    /// How often it waited.
    pub times: usize,
    /// The total time, in seconds.
    pub seconds: f64,
    /// Whether this is the wait for the rest of the commands, when Python had nothing else to do.
    pub is_last: bool,
}

/// All waits of a process.
#[derive(Debug, Default)]
pub(crate) struct Waits(Vec<OneWait>);

#[derive(Debug)]
struct OneWait {
    cause: Cause,
    what: String,
    /// The time since the engine was started.
    from: Duration,
    time: Duration,
}

/// The shortest time that counts as a wait. Anything less is only the way to the engine and back.
const LEAST: Duration = Duration::from_micros(500);

impl Waits {
    /// Adds a wait, which began so long after the engine was started. Returns whether it was long enough to count.
    pub fn add(&mut self, cause: Cause, what: String, from: Duration, time: Duration) -> bool {
        let counts = time >= LEAST;
        if counts {
            self.0.push(OneWait { cause, what, from, time });
        }
        counts
    }

    /// Returns the waits, one for each reason.
    pub fn told(&self) -> impl Iterator<Item = Wait> + '_ {
        let mut totals: BTreeMap<(Cause, &str), (usize, Duration)> = BTreeMap::new();
        for wait in &self.0 {
            let (times, total) = totals.entry((wait.cause, &wait.what)).or_default();
            *times += 1;
            *total += wait.time;
        }
        totals.into_iter().map(|((cause, what), (times, total))| Wait {
            why: cause.to_string(),
            what: what.to_owned(),
            times,
            seconds: total.as_secs_f64(),
            is_last: cause.is_last(),
        })
    }

    /// Returns each wait of the program with this number, in the order in which they ended.
    pub fn each(&self, program: u32) -> impl Iterator<Item = TimedWait> + '_ {
        self.0.iter().map(move |wait| TimedWait {
            program,
            why: wait.cause.to_string(),
            what: beginning(&wait.what),
            from: micros(wait.from),
            to: micros(wait.from + wait.time),
            is_last: wait.cause.is_last(),
        })
    }
}

/// How many characters of what a wait was for are kept with its times: commands may be very long.
const CHARACTERS: usize = 500;

/// Returns the beginning of a text.
fn beginning(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Returns a time in microseconds.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_for_the_same_are_one() {
        let mut waits = Waits::default();
        let long = Duration::from_millis(2);
        let mut add = |cause, what: &str, from: u64, time| {
            waits.add(cause, what.to_owned(), Duration::from_millis(from), time)
        };
        assert!(add(Cause::Look, "a.so", 1, long));
        assert!(add(Cause::Look, "a.so", 5, long));
        assert!(add(Cause::Change, "a.so", 7, long));
        assert!(!add(Cause::Look, "b.so", 9, Duration::from_micros(20)));
        let told: Vec<(usize, f64)> = waits.told().map(|wait| (wait.times, wait.seconds)).collect();
        assert_eq!(told, [(2, 0.004), (1, 0.002)]);
        let each: Vec<(u64, u64)> = waits.each(0).map(|wait| (wait.from, wait.to)).collect();
        assert_eq!(each, [(1000, 3000), (5000, 7000), (7000, 9000)]);
    }

    #[test]
    fn a_long_command_is_kept_in_part() {
        let mut waits = Waits::default();
        waits.add(Cause::Awaited, "é".repeat(CHARACTERS + 1), Duration::ZERO, LEAST);
        waits.add(Cause::Awaited, "é".repeat(CHARACTERS), Duration::ZERO, LEAST);
        let whats: Vec<String> = waits.each(0).map(|wait| wait.what).collect();
        assert_eq!(whats, ["é".repeat(CHARACTERS) + "...", "é".repeat(CHARACTERS)]);
    }
}
