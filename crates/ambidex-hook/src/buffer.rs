//! Texts and paths in buffers of a fixed size: they need no allocation, so even a child of `vfork` can make them.

use std::ffi::CStr;

/// The length of the longest path that the kernel accepts, with its NUL.
pub const PATH: usize = 4096;

/// Bytes in a buffer of a fixed size. One byte is always reserved for a NUL.
#[derive(Clone)]
pub struct Buffer<const N: usize> {
    bytes: [u8; N],
    length: usize,
    overflown: bool,
}

/// A buffer for one path.
pub type PathBuffer = Buffer<PATH>;

impl<const N: usize> Default for Buffer<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Buffer<N> {
    /// Returns an empty buffer.
    pub const fn new() -> Self {
        Self { bytes: [0; N], length: 0, overflown: false }
    }

    /// Appends bytes. If they don't fit, marks the buffer as too small.
    pub fn push(&mut self, more: &[u8]) -> &mut Self {
        if more.len() < N - self.length {
            self.bytes[self.length..self.length + more.len()].copy_from_slice(more);
            self.length += more.len();
        } else {
            self.overflown = true;
        }
        self
    }

    /// Appends a number in decimal digits.
    pub fn push_number(&mut self, number: u64) -> &mut Self {
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = number;
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.push(&digits[at..])
    }

    /// Appends a number in octal digits.
    pub fn push_octal(&mut self, number: u32) -> &mut Self {
        let mut digits = [0; 11];
        let mut at = digits.len();
        let mut rest = number;
        loop {
            at -= 1;
            digits[at] = b'0' + (rest & 7) as u8;
            rest >>= 3;
            if rest == 0 {
                break;
            }
        }
        self.push(&digits[at..])
    }

    /// Empties the buffer.
    pub fn clear(&mut self) -> &mut Self {
        self.length = 0;
        self.overflown = false;
        self
    }

    /// Returns whether everything that was pushed is in the buffer.
    pub fn whole(&self) -> bool {
        !self.overflown
    }

    /// Returns the contents of the buffer.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Returns the bytes up to the first NUL, as a C string.
    pub fn c(&mut self) -> &CStr {
        self.bytes[self.length] = 0;
        CStr::from_bytes_until_nul(&self.bytes[..=self.length]).unwrap_or_default()
    }

    /// Lets a system call fill the buffer: `fill` gets the free space and returns how many bytes it has written.
    pub fn fill<E>(&mut self, fill: impl FnOnce(&mut [u8]) -> Result<usize, E>) -> Result<(), E> {
        self.clear();
        let length = fill(&mut self.bytes[..N - 1])?;
        self.length = length.min(N - 1);
        Ok(())
    }
}
