//! How often builds have found results in the store, day by day.

use std::io::{self, Write};
use std::ops::AddAssign;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Store;
use crate::error::StoreError;
use crate::regular::{partial_beside, read_regular};

/// How many days are kept.
const DAYS: u64 = 365;

const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// Numbers of commands and calls that were not up to date in their tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// The number of builds that had any.
    pub builds: u64,
    /// The number of those whose results were in the store.
    pub found: u64,
    /// The number of those whose results came from the store on another machine.
    pub remote: u64,
    /// The number of those that ran.
    pub ran: u64,
}

impl AddAssign for Uses {
    fn add_assign(&mut self, other: Self) {
        self.builds = self.builds.saturating_add(other.builds);
        self.found = self.found.saturating_add(other.found);
        self.remote = self.remote.saturating_add(other.remote);
        self.ran = self.ran.saturating_add(other.ran);
    }
}

/// The uses of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// How many days ago it was (UTC). 0 is today.
    pub ago: u64,
    /// The sum over its builds.
    pub uses: Uses,
}

impl Store {
    /// Adds the numbers of a build to those of today, and forgets those of a year ago.
    ///
    /// # Errors
    /// If they can't be written.
    pub fn note_uses(&self, uses: &Uses) -> Result<(), StoreError> {
        self.note_uses_on(today(), uses)
    }

    fn note_uses_on(&self, today: u64, uses: &Uses) -> Result<(), StoreError> {
        let path = self.layout.history();
        // No two processes write at once.
        let _accounts = self.lock()?;
        let mut days = self.days()?;
        days.retain(|(day, _)| *day <= today && today - day < DAYS);
        match days.last_mut() {
            Some((day, known)) if *day == today => *known += *uses,
            _ => days.push((today, *uses)),
        }
        let line = |(day, uses): &(u64, Uses)| {
            let Uses { builds, found, remote, ran } = uses;
            format!("{day} {builds} {found} {remote} {ran}\n")
        };
        let write = || {
            let mut file = partial_beside(&path, false)?;
            file.write_all(days.iter().map(line).collect::<String>().as_bytes())?;
            file.persist(&path).map_err(io::Error::from).map(drop)
        };
        write().map_err(StoreError::store(&path))
    }

    /// Returns the days on which the store was used, the last one first.
    ///
    /// # Errors
    /// If they can't be read.
    pub fn uses(&self) -> Result<Vec<Day>, StoreError> {
        let today = today();
        let days = self.days()?.into_iter().rev();
        Ok(days.filter_map(|(day, uses)| Some(Day { ago: today.checked_sub(day)?, uses })).collect())
    }

    /// Returns the numbers of each day that is kept, by the number of days since 1970. What can't be understood is as if
    /// it were not there: these are only numbers for people.
    fn days(&self) -> Result<Vec<(u64, Uses)>, StoreError> {
        let path = self.layout.history();
        let text = match read_regular(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(StoreError::store(&path)(error)),
        };
        let day = |line: &str| {
            let numbers: Vec<u64> = line.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
            let [day, builds, found, remote, ran] = numbers[..] else { return None };
            Some((day, Uses { builds, found, remote, ran }))
        };
        Ok(text.lines().filter_map(day).collect())
    }
}

/// Returns the number of days since 1970.
fn today() -> u64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    passed.as_secs() / SECONDS_OF_A_DAY
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn uses(ran: u64) -> Uses {
        Uses { builds: 1, found: 20, remote: 3, ran }
    }

    #[test]
    fn days_add_up_and_old_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), 1 << 20).unwrap();
        assert_eq!(store.uses().unwrap(), []);
        let today = today();
        for (day, ran) in [(today - DAYS, 1), (today - 2, 2), (today, 4), (today, 5)] {
            store.note_uses_on(day, &uses(ran)).unwrap();
        }
        let sum = Uses { builds: 2, found: 40, remote: 6, ran: 9 };
        assert_eq!(store.uses().unwrap(), [Day { ago: 0, uses: sum }, Day { ago: 2, uses: uses(2) }]);
        store.clear().unwrap();
        assert_eq!(store.uses().unwrap(), []);
    }

    #[test]
    fn damage_costs_no_more_than_what_it_hit() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), 1 << 20).unwrap();
        let today = today();
        let text = format!("{} 1 20 3 7\n{} 1 2\n{today} 9 9 9 -9\n\u{0}\n", today - 1, today - 1);
        fs::write(store.layout.history(), text).unwrap();
        assert_eq!(store.uses().unwrap(), [Day { ago: 1, uses: uses(7) }]);
        store.note_uses_on(today, &uses(u64::MAX)).unwrap();
        store.note_uses_on(today, &uses(1)).unwrap();
        let sum = Uses { builds: 2, found: 40, remote: 6, ran: u64::MAX };
        assert_eq!(store.uses().unwrap(), [Day { ago: 0, uses: sum }, Day { ago: 1, uses: uses(7) }]);
    }
}
