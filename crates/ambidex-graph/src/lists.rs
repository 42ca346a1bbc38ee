//! Knows how to keep very many lists that are nearly all short: in one table, with no allocation of their own.

/// Lists that grow at any time, each item linked to the one before it in its list. Nothing is ever removed.
#[derive(Debug)]
pub(crate) struct Chains<T> {
    items: Vec<(T, Chain)>,
}

/// One of the lists of a [`Chains`]: one more than the position of its newest item, or 0 if it is empty.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Chain(u32);

impl<T> Default for Chains<T> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

impl<T: Copy> Chains<T> {
    pub fn push(&mut self, chain: &mut Chain, item: T) {
        self.items.push((item, *chain));
        *chain = Chain(count(self.items.len()));
    }

    /// The items of a list, newest first.
    pub fn iter(&self, chain: Chain) -> impl Iterator<Item = T> + '_ {
        let mut rest = chain;
        std::iter::from_fn(move || self.pop(&mut rest))
    }

    /// The newest item of a list, which then ends before it.
    pub fn pop(&self, chain: &mut Chain) -> Option<T> {
        let newest = (chain.0 as usize).checked_sub(1)?;
        let (item, rest) = self.items[newest];
        *chain = rest;
        Some(item)
    }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).expect("a graph holds fewer than 2^32 of anything")
}
