//! Very many lists, nearly all of them short, in one table without an allocation for each list.

/// Lists that can grow at any time. Each item is linked to the one before it in its list. Nothing is ever removed.
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

    /// Returns the items of a list, newest first.
    pub fn iter(&self, chain: Chain) -> impl Iterator<Item = T> + '_ {
        let mut rest = chain;
        std::iter::from_fn(move || self.pop(&mut rest))
    }

    /// Returns the newest item of a list, and shortens `chain` to the items before it.
    pub fn pop(&self, chain: &mut Chain) -> Option<T> {
        let newest = (chain.0 as usize).checked_sub(1)?;
        let (item, rest) = self.items[newest];
        *chain = rest;
        Some(item)
    }
}

/// Lists that are complete when they are added, and numbered in the order in which they are added.
#[derive(Debug)]
pub(crate) struct Lists<T> {
    items: Vec<T>,
    /// Where each list ends and the next one begins.
    ends: Vec<u32>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self { items: Vec::new(), ends: Vec::new() }
    }
}

impl<T> Lists<T> {
    pub fn push(&mut self, items: impl IntoIterator<Item = T>) {
        self.items.extend(items);
        self.ends.push(count(self.items.len()));
    }

    /// Returns the nth list that was added, counted from 0.
    pub fn get(&self, n: usize) -> &[T] {
        let start = n.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[start as usize..self.ends[n] as usize]
    }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).expect("a graph holds fewer than 2^32 of anything")
}
