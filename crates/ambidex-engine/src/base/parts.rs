//! How a list of parts becomes one hash, without two lists running into each other.

use ambidex_store::Digest;

/// A hash of parts in order, each preceded by its length.
#[derive(Default)]
pub(crate) struct Parts(blake3::Hasher);

impl Parts {
    /// Adds a part.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_le_bytes()).update(part);
    }

    /// Returns the hash of all parts.
    pub fn digest(&self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }
}
