//! How long a process waited for commands, what for and why.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

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
pub(crate) struct Waits(BTreeMap<(Cause, String), (usize, Duration)>);

/// The shortest time that counts as a wait. Anything less is only the way to the engine and back.
const LEAST: Duration = Duration::from_micros(500);

impl Waits {
    /// Adds a wait. Returns whether it was long enough to count.
    pub fn add(&mut self, cause: Cause, what: String, time: Duration) -> bool {
        if time < LEAST {
            return false;
        }
        let (times, total) = self.0.entry((cause, what)).or_default();
        *times += 1;
        *total += time;
        true
    }

    /// Returns the waits, one for each reason.
    pub fn told(&self) -> impl Iterator<Item = Wait> + '_ {
        self.0.iter().map(|((cause, what), (times, total))| Wait {
            why: cause.to_string(),
            what: what.clone(),
            times: *times,
            seconds: total.as_secs_f64(),
            is_last: matches!(cause, Cause::Exit | Cause::End),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_for_the_same_are_one() {
        let mut waits = Waits::default();
        let long = Duration::from_millis(2);
        assert!(waits.add(Cause::Look, "a.so".into(), long));
        assert!(waits.add(Cause::Look, "a.so".into(), long));
        assert!(waits.add(Cause::Change, "a.so".into(), long));
        assert!(!waits.add(Cause::Look, "b.so".into(), Duration::from_micros(20)));
        let told: Vec<(usize, f64)> = waits.told().map(|wait| (wait.times, wait.seconds)).collect();
        assert_eq!(told, [(2, 0.004), (1, 0.002)]);
    }
}
