//! Numbers in the byte order of an object.

use crate::bound::Bound;

/// A byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endian {
    Little,
    Big,
}

impl Endian {
    /// Reads a number of `size` bytes, at most 8.
    pub(crate) fn get(self, data: &[u8], at: usize, size: usize) -> Option<u64> {
        let bytes = data.get(at..at.checked_add(size)?)?;
        let push = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Some(match self {
            Self::Little => bytes.iter().rev().fold(0, push),
            Self::Big => bytes.iter().fold(0, push),
        })
    }

    /// Writes a number of `size` bytes, at most 8. Returns nothing if the place is not there or the number too large.
    pub(crate) fn put(self, data: &mut [u8], at: usize, size: usize, value: u64) -> Option<()> {
        let place = data.get_mut(at..at.checked_add(size)?)?;
        let bytes = value.to_le_bytes();
        let (kept, lost) = bytes.split_at_checked(size)?;
        if lost.iter().any(|byte| *byte != 0) {
            return None;
        }
        place.copy_from_slice(kept);
        if self == Self::Big {
            place.reverse();
        }
        Some(())
    }
}

/// Reads one thing after the other.
pub(crate) struct Cursor<'a> {
    data: &'a [u8],
    endian: Endian,
    at: usize,
}

const SHORT: Bound = Bound::Format("debug information ends too early");

impl<'a> Cursor<'a> {
    /// Begins at a position.
    pub(crate) fn new(data: &'a [u8], endian: Endian, at: usize) -> Self {
        Self { data, endian, at }
    }

    /// Returns the position.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Goes over `size` bytes.
    pub(crate) fn skip(&mut self, size: u64) -> Result<(), Bound> {
        let size = usize::try_from(size).map_err(|_| SHORT)?;
        self.at = self.at.checked_add(size).filter(|at| *at <= self.data.len()).ok_or(SHORT)?;
        Ok(())
    }

    /// Reads a number of `size` bytes, at most 8.
    pub(crate) fn number(&mut self, size: usize) -> Result<u64, Bound> {
        let value = self.endian.get(self.data, self.at, size).ok_or(SHORT)?;
        self.at += size;
        Ok(value)
    }

    /// Reads an unsigned LEB128 number (DWARF 5, 7.6).
    pub(crate) fn uleb(&mut self) -> Result<u64, Bound> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.number(1)?;
            let bits = byte & 0x7f;
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Bound::Format("a number is too long"))
    }

    /// Reads a signed LEB128 number, whose value nobody needs.
    pub(crate) fn sleb(&mut self) -> Result<(), Bound> {
        while self.number(1)? & 0x80 != 0 {}
        Ok(())
    }

    /// Reads a string that ends with a NUL, and returns it without the NUL.
    pub(crate) fn text(&mut self) -> Result<&'a [u8], Bound> {
        let rest = self.data.get(self.at..).ok_or(SHORT)?;
        let length = memchr::memchr(0, rest).ok_or(SHORT)?;
        self.at += length + 1;
        Ok(&rest[..length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_are_read() {
        for endian in [Endian::Little, Endian::Big] {
            let mut data = [0; 5];
            assert_eq!(endian.put(&mut data, 1, 4, 0x0102_0304), Some(()));
            assert_eq!(endian.get(&data, 1, 4), Some(0x0102_0304));
            assert_eq!(endian.put(&mut data, 1, 2, 0x10000), None);
            assert_eq!(endian.put(&mut data, 2, 4, 0), None);
            assert_eq!(endian.get(&data, 4, 2), None);
        }
        assert_eq!(Endian::Big.get(&[1, 2], 0, 2), Some(0x102));
    }

    #[test]
    fn a_long_number_ends() {
        assert_eq!(Cursor::new(&[0xe5, 0x8e, 0x26], Endian::Little, 0).uleb(), Ok(624_485));
        assert!(Cursor::new(&[0xff; 20], Endian::Little, 0).uleb().is_err());
        let mut largest = [0xff; 10];
        largest[9] = 1;
        assert_eq!(Cursor::new(&largest, Endian::Little, 0).uleb(), Ok(u64::MAX));
        largest[9] = 2;
        assert!(Cursor::new(&largest, Endian::Little, 0).uleb().is_err());
    }
}
