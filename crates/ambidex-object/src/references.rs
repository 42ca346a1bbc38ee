//! What refers to what in an object: symbols and relocations.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::bound::{Bound, shown};
use crate::elf::{Elf, REL, RELA, SYMTAB};

/// A relocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference {
    /// The section with the place that refers.
    pub section: usize,
    /// The place, from the beginning of that section.
    pub place: usize,
    /// The section that is referred to. Only references that [`Elf::write`] can move have one: those to the symbol of
    /// a section, with a type that stands for an absolute number of 4 or 8 bytes.
    pub target: Option<usize>,
    /// What is added to the address of the symbol.
    pub addend: u64,
    /// The section with the relocation, and where in it the relocation begins.
    table: usize,
    entry: usize,
    /// The number of bytes at the place, if the addend stands there.
    in_place: Option<usize>,
}

impl Reference {
    /// Returns whether the addend stands at the place.
    pub(crate) fn is_in_place(&self) -> bool {
        self.in_place.is_some()
    }
}

/// `st_info` types of symbols: a section, a source file.
const SECTION: u64 = 3;

struct Symbol {
    section: usize,
    /// Whether the symbol stands for the beginning of its section.
    whole: bool,
}

/// Returns the size of the place that a relocation type fills with the absolute sum of symbol and addend, for the
/// machines whose types are known (the ABI supplements of x86-64, i386 and AArch64).
fn absolute(machine: u64, kind: u64) -> Option<usize> {
    match (machine, kind) {
        (62, 10) | (3, 1) | (183, 258) => Some(4),
        (62, 1) | (183, 257) => Some(8),
        _ => None,
    }
}

const DAMAGED: Bound = Bound::Format("relocations are damaged");

impl Elf {
    /// Reads all relocations, in the order of their sections and tables.
    ///
    /// # Errors
    /// If one is damaged, or refers to one of the sections in `moved` in a way that is not understood.
    pub(crate) fn references(&self, moved: &[usize]) -> Result<Vec<Reference>, Bound> {
        let mut found = Vec::new();
        // One table of symbols may serve thousands of sections.
        let mut tables: HashMap<usize, Vec<Symbol>> = HashMap::new();
        for (table, section) in self.sections.iter().enumerate() {
            let with_addend = section.kind == RELA;
            if !with_addend && section.kind != REL {
                continue;
            }
            let symbols = match tables.entry(section.link) {
                Entry::Occupied(known) => &*known.into_mut(),
                Entry::Vacant(new) => new.insert(self.symbols(section.link, moved)?),
            };
            let place_size = self.sections.get(section.info).ok_or(DAMAGED)?.data.len();
            let size = self.word * if with_addend { 3 } else { 2 };
            if section.data.len() % size != 0 {
                return Err(DAMAGED);
            }
            for entry in (0..section.data.len()).step_by(size) {
                let get = |at: usize| self.endian.get(&section.data, entry + at, self.word).ok_or(DAMAGED);
                let place = usize::try_from(get(0)?).map_err(|_| DAMAGED)?;
                let info = get(self.word)?;
                let (symbol, kind) =
                    if self.word == 8 { (info >> 32, info & 0xffff_ffff) } else { (info >> 8, info & 0xff) };
                let symbol = symbols.get(usize::try_from(symbol).map_err(|_| DAMAGED)?).ok_or(DAMAGED)?;
                let size = absolute(self.machine, kind);
                let mut reference = Reference {
                    section: section.info,
                    place,
                    target: None,
                    addend: 0,
                    table,
                    entry,
                    in_place: size.filter(|_| !with_addend),
                };
                if let Some(size) = size.filter(|_| symbol.whole) {
                    let data = &self.sections[section.info].data;
                    reference.addend = match with_addend {
                        true => get(2 * self.word)?,
                        false => self.endian.get(data, place, size).ok_or(DAMAGED)?,
                    };
                    reference.target = Some(symbol.section);
                } else if moved.contains(&symbol.section) {
                    return Err(Bound::Format("a debug section is referred to in an unusual way"));
                }
                if place >= place_size {
                    return Err(DAMAGED);
                }
                found.push(reference);
            }
        }
        Ok(found)
    }

    /// Moves a relocation to another place, and its addend to another value.
    pub(crate) fn redirect(&mut self, reference: &Reference, place: usize, addend: u64) -> Result<(), Bound> {
        let (endian, word) = (self.endian, self.word);
        let table = &mut self.sections[reference.table].data;
        endian.put(table, reference.entry, word, place as u64).ok_or(DAMAGED)?;
        if reference.target.is_none() || addend == reference.addend {
            return Ok(());
        }
        match reference.in_place {
            None => endian.put(table, reference.entry + 2 * word, word, addend),
            Some(size) => endian.put(&mut self.sections[reference.section].data, place, size, addend),
        }
        .ok_or(DAMAGED)
    }

    /// Replaces the relocations of a section by others: each like a known one, but with this place and this addend.
    pub(crate) fn relist(&mut self, list: &[(Reference, usize, u64)]) -> Result<(), Bound> {
        let Some((first, ..)) = list.first() else { return Ok(()) };
        let (endian, word) = (self.endian, self.word);
        let size =
            word * if first.in_place.is_some() || self.sections[first.table].kind == REL { 2 } else { 3 };
        let mut table = Vec::with_capacity(list.len() * size);
        for (like, place, addend) in list {
            let start = table.len();
            let old = &self.sections[first.table].data;
            table.extend_from_slice(old.get(like.entry..like.entry + size).ok_or(DAMAGED)?);
            endian.put(&mut table, start, word, *place as u64).ok_or(DAMAGED)?;
            if like.target.is_none() {
                continue;
            }
            match like.in_place {
                None => endian.put(&mut table, start + 2 * word, word, *addend),
                Some(size) => endian.put(&mut self.sections[like.section].data, *place, size, *addend),
            }
            .ok_or(DAMAGED)?;
        }
        self.sections[first.table].data = table;
        Ok(())
    }

    /// Reads a symbol table.
    fn symbols(&self, table: usize, moved: &[usize]) -> Result<Vec<Symbol>, Bound> {
        let section = self.sections.get(table).filter(|section| section.kind == SYMTAB).ok_or(DAMAGED)?;
        let (size, info, shndx, value) = if self.word == 8 { (24, 4, 6, 8) } else { (16, 12, 14, 4) };
        let entries = section.data.chunks_exact(size);
        entries
            .map(|entry| {
                let get = |at: usize, size: usize| self.endian.get(entry, at, size).ok_or(DAMAGED);
                let index = usize::try_from(get(shndx, 2)?).map_err(|_| DAMAGED)?;
                let (kind, value) = (get(info, 1)? & 15, get(value, self.word)?);
                let whole = kind == SECTION && value == 0;
                // AArch64 marks the beginning of data with symbols of its own.
                if value != 0 && moved.contains(&index) {
                    return Err(Bound::Format("a symbol stands for a place in a debug section"));
                }
                Ok(Symbol { section: index, whole })
            })
            .collect()
    }

    /// Refuses names that a compiler makes of a hash of a path: Clang's `-funique-internal-linkage-names` and names
    /// that ThinLTO promotes; GCC's functions for a file without a global name (tree.cc, `get_file_function_name`).
    pub(crate) fn plain_names(&self) -> Result<(), Bound> {
        for section in self.sections.iter().filter(|section| section.kind == SYMTAB) {
            let names = &self.sections.get(section.link).ok_or(DAMAGED)?.data;
            for name in names.split(|byte| *byte == 0) {
                let has = |part: &[u8]| memchr::memmem::find(name, part).is_some();
                let own = name.strip_prefix(b"_GLOBAL__").filter(|rest| !rest.starts_with(b"sub_"));
                // Clang numbers priorities of initializers: `_GLOBAL__I_000200`.
                let number =
                    |rest: &[u8]| rest.strip_prefix(b"I_").is_some_and(|n| n.iter().all(u8::is_ascii_digit));
                if own.is_some_and(|rest| !number(rest)) || has(b".__uniq.") || has(b".llvm.") {
                    return Err(Bound::Hashed(shown(name)));
                }
            }
        }
        Ok(())
    }
}

/// The relocations whose places lie in one section, by place.
pub(crate) struct Places(Vec<Reference>);

impl Places {
    /// Selects and sorts them.
    pub(crate) fn of(references: &[Reference], section: usize) -> Self {
        let mut inside: Vec<_> = references.iter().copied().filter(|r| r.section == section).collect();
        inside.sort_by_key(|reference| reference.place);
        Self(inside)
    }

    /// Returns the one at a place.
    pub(crate) fn at(&self, place: usize) -> Option<&Reference> {
        self.0.binary_search_by_key(&place, |reference| reference.place).ok().map(|index| &self.0[index])
    }

    /// Returns all of them.
    pub(crate) fn all(&self) -> &[Reference] {
        &self.0
    }

    /// Returns those that refer to a section, in the order of their places.
    pub(crate) fn to(&self, target: usize) -> impl Iterator<Item = &Reference> {
        self.0.iter().filter(move |reference| reference.target == Some(target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_numbers_are_moved() {
        assert_eq!(absolute(62, 10), Some(4));
        assert_eq!(absolute(62, 2), None);
        assert_eq!(absolute(243, 1), None);
    }
}
