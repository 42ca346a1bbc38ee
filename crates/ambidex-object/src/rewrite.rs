//! New contents of one section, and where what stood in the old ones is now.

use crate::bound::Bound;

/// A part of the old contents.
struct Piece {
    old: usize,
    length: usize,
    new: usize,
    /// Whether the bytes are the same, so that a place inside of the piece is still there.
    same: bool,
}

/// A section's new contents, made piece by piece.
pub(crate) struct Rewrite {
    pub section: usize,
    pub data: Vec<u8>,
    pieces: Vec<Piece>,
}

impl Rewrite {
    /// Begins with no contents.
    pub(crate) fn new(section: usize) -> Self {
        Self { section, data: Vec::new(), pieces: Vec::new() }
    }

    /// Adds what stands for the old bytes of this length at `old`.
    pub(crate) fn push(&mut self, old: usize, length: usize, new: &[u8], same: bool) {
        self.pieces.push(Piece { old, length, new: self.data.len(), same });
        self.data.extend_from_slice(new);
    }

    /// Ends with all pieces there are.
    pub(crate) fn finish(mut self) -> Self {
        self.pieces.sort_by_key(|piece| piece.old);
        self
    }

    /// Returns where an old place is now.
    ///
    /// # Errors
    /// If it is inside of something that was replaced.
    pub(crate) fn place(&self, old: usize) -> Result<usize, Bound> {
        let after = self.pieces.partition_point(|piece| piece.old <= old);
        let piece = after.checked_sub(1).map(|before| &self.pieces[before]);
        let piece = piece.filter(|piece| old == piece.old || (piece.same && old - piece.old < piece.length));
        piece
            .map(|piece| piece.new + (old - piece.old))
            .ok_or(Bound::Format("something refers to the middle of a path"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_their_pieces() {
        let mut rewrite = Rewrite::new(1);
        rewrite.push(4, 3, b"longer", false);
        rewrite.push(0, 4, b"same", true);
        let rewrite = rewrite.finish();
        assert_eq!(rewrite.data, b"longersame");
        assert_eq!([0, 3, 4].map(|old| rewrite.place(old)), [Ok(6), Ok(9), Ok(0)]);
        assert!(rewrite.place(5).is_err() && rewrite.place(7).is_err());
    }
}
