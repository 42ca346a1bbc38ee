//! How long the commands of a program that are not done are expected to take.

use std::num::NonZeroU32;

/// The time that a command took when it last ran, in milliseconds, if that is remembered.
pub(crate) type Remembered = Option<NonZeroU32>;

/// Returns a remembered time for this many microseconds.
pub(crate) fn remembered(duration: u64) -> Remembered {
    NonZeroU32::new(u32::try_from(duration / 1000).unwrap_or(u32::MAX).max(1))
}

/// The sum over the commands that have not ended.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    milliseconds: u64,
    commands: usize,
    /// The number of those whose time isn't remembered.
    unknown: usize,
}

impl Expected {
    /// Adds a command that was recorded.
    pub fn add(&mut self, time: Remembered) {
        self.commands += 1;
        match time {
            Some(time) => self.milliseconds += u64::from(time.get()),
            None => self.unknown += 1,
        }
    }

    /// Removes a command that has ended.
    pub fn remove(&mut self, time: Remembered) {
        self.commands -= 1;
        match time {
            Some(time) => self.milliseconds -= u64::from(time.get()),
            None => self.unknown -= 1,
        }
    }

    /// Returns how many milliseconds all commands that are not settled take, one after another. Returns `None` if that
    /// isn't known: a command is new, or some were cancelled, which never end.
    pub fn of_all(&self, unsettled: usize) -> Option<u64> {
        (self.unknown == 0 && self.commands == unsettled).then_some(self.milliseconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_known_only_if_every_time_is() {
        let (short, long) = (remembered(20), remembered(2_500_000));
        let mut expected = Expected::default();
        expected.add(short);
        expected.add(long);
        assert_eq!(expected.of_all(2), Some(2501));
        expected.add(None);
        assert_eq!(expected.of_all(3), None);
        expected.remove(None);
        expected.remove(short);
        assert_eq!(expected.of_all(1), Some(2500));
        assert_eq!(expected.of_all(0), None, "the other was cancelled");
    }
}
