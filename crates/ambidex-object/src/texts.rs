//! The places of an object where a path may stand: strings of string sections, and names in line tables.

use std::ops::Range;

use crate::bound::Bound;
use crate::elf::{Elf, MERGE, STRINGS};

/// The sections of debug strings (DWARF 5, 7.5.5, `DW_FORM_strp` and `DW_FORM_line_strp`).
pub(crate) const STRING_SECTIONS: [&str; 2] = [".debug_str", ".debug_line_str"];

/// A string of a section, without its NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub section: usize,
    pub range: Range<usize>,
}

impl Text {
    /// Returns the bytes.
    pub(crate) fn of<'a>(&self, elf: &'a Elf) -> &'a [u8] {
        elf.sections.get(self.section).and_then(|s| s.data.get(self.range.clone())).unwrap_or_default()
    }
}

/// Returns the strings of a section, in order.
pub(crate) fn strings(elf: &Elf, section: usize) -> Result<Vec<Text>, Bound> {
    let Some(found) = elf.sections.get(section) else { return Ok(Vec::new()) };
    if found.flags & (MERGE | STRINGS) != MERGE | STRINGS || found.data.last().is_some_and(|last| *last != 0)
    {
        return Err(Bound::Format("a section of debug strings is unusual"));
    }
    let mut start = 0;
    let text = |end: usize| {
        let range = start..end;
        start = end + 1;
        Text { section, range }
    };
    Ok(memchr::memchr_iter(0, &found.data).map(text).collect())
}
