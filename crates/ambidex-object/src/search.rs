//! Where the path of a role stands in an object.

use memchr::memmem::Finder;

use crate::bound::{Bound, shown};
use crate::bytes::Endian;
use crate::elf::{ALLOC, EXECUTE, Elf, MERGE, STRINGS};
use crate::roles::Roles;
use crate::texts::Text;

/// How many bytes of a path a compiler puts into one instruction at least, if it copies a constant string.
const PIECE: usize = 4;

/// Checks that the path of every role stands only where a path may begin in a text, and ends there or goes on with a
/// slash. `texts` are in the order of their sections and places; `beginnings` tells where in them a path may begin, and
/// `is_path` which of them are nothing but a path. In such a one, `/src` after something else is only a part of the
/// path, as in `./src`.
pub(crate) fn only_in_texts(
    elf: &Elf,
    texts: &[Text],
    roles: &Roles<'_>,
    beginnings: &dyn Fn(&Text) -> Vec<usize>,
    is_path: &dyn Fn(&Text) -> bool,
) -> Result<(), Bound> {
    for role in roles.iter() {
        let narrow = Finder::new(role.path);
        let wide = [2, 4].map(|size| widened(role.path, size, elf.endian));
        let wide = wide.each_ref().map(Finder::new);
        let piece = Finder::new(role.path.get(..PIECE).unwrap_or(role.path));
        for (index, section) in elf.sections.iter().enumerate() {
            let outside = || Bound::Outside { role: role.name.to_owned(), section: shown(&section.name) };
            for at in occurrences(&narrow, &section.data) {
                let after = texts.partition_point(|text| (text.section, text.range.start) <= (index, at));
                let end = at + role.path.len();
                let holds = |text: &&Text| text.section == index && end <= text.range.end;
                let text = after.checked_sub(1).map(|before| &texts[before]).filter(holds);
                let is_fine = |text: &Text| {
                    let in_owner = beginnings(text).into_iter().any(|start| {
                        let owner = roles.owner(text.of(elf).get(start..).unwrap_or_default());
                        let length = owner.map_or(0, |owner| roles.get(owner).path.len());
                        let start = text.range.start + start;
                        start <= at && end <= start + length
                    });
                    let is_part = at > text.range.start && section.data[at - 1] != b'/';
                    in_owner || (is_part && is_path(text))
                };
                if !text.is_some_and(is_fine) {
                    return Err(outside());
                }
            }
            if wide.iter().any(|path| path.find(&section.data).is_some()) {
                return Err(outside());
            }
            // Code may copy a string from constants in instructions or registers, piece by piece.
            let code = section.flags & EXECUTE != 0;
            let constants = section.flags & (ALLOC | MERGE | STRINGS) == ALLOC | MERGE;
            if (code || constants) && piece.find(&section.data).is_some() {
                return Err(Bound::Pieces { role: role.name.to_owned(), section: shown(&section.name) });
            }
        }
    }
    Ok(())
}

/// Returns all occurrences, also those that overlap.
fn occurrences<'a>(finder: &'a Finder<'_>, data: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + finder.find(data.get(from..)?)?;
        from = at + 1;
        Some(at)
    })
}

/// Writes a path in characters of `size` bytes, as `L""` does.
fn widened(path: &[u8], size: usize, endian: Endian) -> Vec<u8> {
    let characters: Vec<u32> = match std::str::from_utf8(path) {
        Ok(text) if size == 2 => text.encode_utf16().map(u32::from).collect(),
        Ok(text) => text.chars().map(u32::from).collect(),
        Err(_) => path.iter().copied().map(u32::from).collect(),
    };
    let bytes = characters.into_iter().flat_map(|character| {
        let mut bytes = character.to_le_bytes()[..size].to_vec();
        if endian == Endian::Big {
            bytes.reverse();
        }
        bytes
    });
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_occurrences_are_found() {
        assert_eq!(occurrences(&Finder::new("/a/a"), b"/a/a/a").collect::<Vec<_>>(), [0, 2]);
    }

    #[test]
    fn wide_strings_are_written_as_compilers_do() {
        assert_eq!(widened("/é".as_bytes(), 2, Endian::Little), [b'/', 0, 0xe9, 0]);
        assert_eq!(widened(b"/", 4, Endian::Big), [0, 0, 0, b'/']);
    }
}
