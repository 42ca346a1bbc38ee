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

/// What Clang calls types without a name, before it says where they are.
const NAMELESS: [&str; 3] = ["(lambda", "(unnamed ", "(anonymous "];

/// Returns where in a string of `.debug_str` a path may begin: at the beginning, and where Clang says where a type
/// without a name is, as in `call<(lambda at /p/x.cpp:1:2)>` (TypePrinter.cpp, `TypePrinter::printTag`).
pub(crate) fn beginnings(string: &[u8]) -> Vec<usize> {
    let place = |at: usize| {
        let open = memchr::memrchr(b'(', &string[..at])?;
        let kind = &string[open..at];
        NAMELESS.iter().any(|name| kind.starts_with(name.as_bytes())).then_some(at + PLACE.len() - 1)
    };
    std::iter::once(0).chain(memchr::memmem::find_iter(string, PLACE).filter_map(place)).collect()
}

/// What stands between such a name and the place.
const PLACE: &[u8] = b" at /";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_begin_in_names_of_lambdas() {
        assert_eq!(beginnings(b"/p/x.c"), [0]);
        assert_eq!(beginnings(b"f<(lambda at /p/x.cpp:1:2), (unnamed struct at /q/y.h:3:4)>"), [0, 13, 47]);
        assert_eq!(beginnings(b"look at /p"), [0]);
    }
}
