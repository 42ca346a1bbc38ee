//! How a list of parts becomes one hash, so that no two lists run into each other.

use ambidex_store::Digest;

/// Parts that are hashed one behind the other, each behind its length.
#[derive(Default)]
pub(crate) struct Parts(blake3::Hasher);

impl Parts {
    /// Adds a part.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_le_bytes()).update(part);
    }

    /// The hash of all of them.
    pub fn digest(&self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }
}
