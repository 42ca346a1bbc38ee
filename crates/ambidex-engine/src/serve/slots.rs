//! The job slots: each running command has the lowest number that no other has.

/// The slots that are taken.
#[derive(Debug, Default)]
pub(crate) struct Slots(Vec<bool>);

impl Slots {
    /// Takes the lowest free slot, and returns its number.
    pub fn take(&mut self) -> u32 {
        let free = self.0.iter().position(|is_taken| !is_taken);
        let slot = free.unwrap_or_else(|| {
            self.0.push(false);
            self.0.len() - 1
        });
        self.0[slot] = true;
        u32::try_from(slot).expect("fewer than 2^32 commands run at once")
    }

    /// Gives a slot back.
    pub fn give_back(&mut self, slot: u32) {
        self.0[slot as usize] = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_slot_is_next() {
        let mut slots = Slots::default();
        assert_eq!([slots.take(), slots.take(), slots.take()], [0, 1, 2]);
        slots.give_back(1);
        slots.give_back(0);
        assert_eq!([slots.take(), slots.take(), slots.take()], [0, 1, 3]);
    }
}
