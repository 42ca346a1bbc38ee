//! Texts and paths in a fixed place: they need no allocation, so that also a child of `vfork` can make them.

use std::ffi::CStr;

/// The longest path that the kernel takes, with its NUL.
pub const PATH: usize = 4096;

/// Bytes in a fixed place. One byte is always kept for a NUL.
#[derive(Clone)]
pub struct Buffer<const N: usize> {
    bytes: [u8; N],
    length: usize,
    overflown: bool,
}

/// Room for one path.
pub type PathBuffer = Buffer<PATH>;

impl<const N: usize> Default for Buffer<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Buffer<N> {
    /// An empty one.
    pub const fn new() -> Self {
        Self { bytes: [0; N], length: 0, overflown: false }
    }

    /// Appends; what does not fit marks the buffer as too small.
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

    /// Makes it empty.
    pub fn clear(&mut self) -> &mut Self {
        self.length = 0;
        self.overflown = false;
        self
    }

    /// Whether everything that was pushed is there.
    pub fn whole(&self) -> bool {
        !self.overflown
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// The bytes up to the first NUL, as C wants them.
    pub fn c(&mut self) -> &CStr {
        self.bytes[self.length] = 0;
        CStr::from_bytes_until_nul(&self.bytes[..=self.length]).unwrap_or_default()
    }

    /// Lets a system call fill the buffer: `fill` gets the room and says how much it has written.
    pub fn fill<E>(&mut self, fill: impl FnOnce(&mut [u8]) -> Result<usize, E>) -> Result<(), E> {
        self.clear();
        let length = fill(&mut self.bytes[..N - 1])?;
        self.length = length.min(N - 1);
        Ok(())
    }
}
