//! A line table of Clang whose paths are split at other folders than before.

use std::collections::HashMap;
use std::ops::Range;

use crate::bound::{Bound, shown};
use crate::clang::Named;
use crate::elf::Elf;
use crate::line::LineTable;
use crate::references::{Places, Reference};

/// The new head of the only line table, and its strings.
pub(crate) struct Respelled<'a> {
    elf: &'a Elf,
    table: &'a LineTable,
    /// `.debug_line` and `.debug_line_str`.
    line: usize,
    strings: usize,
    places: Places,
}

/// The tables of folders and files, as LLVM writes them.
struct Spelling {
    /// The folders and files, with the places of the strings from the beginning of the tables.
    bytes: Vec<u8>,
    places: Vec<(usize, u64)>,
    /// All strings, each with its NUL.
    strings: Vec<u8>,
}

/// The head of LLVM's table of folders: one thing for each, its name, in `.debug_line_str`.
const FOLDERS: &[u8] = &[1, 1, 0x1f];
/// The heads of LLVM's table of files: name, folder, and maybe the MD5 of the content (MCDwarf.cpp,
/// `MCDwarfLineTableHeader::emitV5FileDirTables`).
const FILES: [(&[u8], usize); 2] = [(&[3, 1, 0x1f, 2, 0x0f, 5, 0x1e], 16), (&[2, 1, 0x1f, 2, 0x0f], 0)];

impl<'a> Respelled<'a> {
    /// Selects the line table of an object.
    ///
    /// # Errors
    /// If there is not exactly one, or it isn't written as LLVM does.
    pub(crate) fn new(
        elf: &'a Elf,
        tables: &'a [LineTable],
        references: &[Reference],
        old: &[Named],
    ) -> Result<Self, Bound> {
        let unknown = || Bound::Common(old.first().map(|file| shown(&file.path())).unwrap_or_default());
        let (line, strings) = (elf.debug(".debug_line")?, elf.debug(".debug_line_str")?);
        let ([table], Some(line), Some(strings)) = (tables, line, strings) else { return Err(unknown()) };
        let places = Places::of(references, line);
        let this = Self { elf, table, line, strings, places };
        let in_head = |r: &Reference| r.section == line && table.entries.contains(&r.place);
        let only_in_head = references.iter().all(|r| in_head(r) == (r.target == Some(strings)));
        if table.version == 5 && only_in_head && this.spell(old).is_some_and(|spelling| this.is(&spelling)) {
            Ok(this)
        } else {
            Err(unknown())
        }
    }

    /// Puts the new names of the files into an object that is a copy of this one in these two sections.
    ///
    /// # Errors
    /// If files become equal that were not.
    pub(crate) fn put(&self, old: &[Named], new: &[Named], elf: &mut Elf) -> Result<(), Bound> {
        if firsts(old) != firsts(new) {
            return Err(Bound::Equal);
        }
        let spelling = self.spell(new).ok_or(Bound::Order(".debug_line_str"))?;
        let Range { start, end } = self.table.entries.clone();
        let old = &self.elf.sections[self.line].data;
        let mut data = [&old[..start], &spelling.bytes, &old[end..]].concat();
        let moved =
            |place: usize| if place < end { place } else { place - (end - start) + spelling.bytes.len() };
        for at in self.table.lengths {
            let length = self.elf.endian.get(old, at, 4).unwrap_or_default();
            let length = (length + spelling.bytes.len() as u64).saturating_sub((end - start) as u64);
            let put = self.elf.endian.put(&mut data, at, 4, length);
            put.ok_or(Bound::Format("a line table is too long"))?;
        }
        elf.sections[self.line].data = data;
        elf.sections[self.strings].data = spelling.strings;
        let like = self.places.to(self.strings).next().ok_or(Bound::Order(".debug_line_str"))?;
        let of_head = spelling.places.iter().map(|(place, addend)| (*like, start + place, *addend));
        let others = self.places.all().iter().filter(|reference| reference.target != Some(self.strings));
        let others = others.map(|reference| (*reference, moved(reference.place), reference.addend));
        elf.relist(&of_head.chain(others).collect::<Vec<_>>())
    }

    /// Returns whether the object is spelled so.
    fn is(&self, spelling: &Spelling) -> bool {
        let start = self.table.entries.start;
        let mut bytes = spelling.bytes.clone();
        for (place, addend) in &spelling.places {
            // The number of a string stands in the table only if relocations have no addend.
            let in_place = self.places.at(start + place).is_some_and(Reference::is_in_place);
            let _ = self.elf.endian.put(&mut bytes, *place, 4, if in_place { *addend } else { 0 });
        }
        let seen = self.places.to(self.strings).map(|reference| (reference.place, reference.addend));
        let expected = spelling.places.iter().map(|(place, addend)| (start + place, *addend));
        let sections = &self.elf.sections;
        sections[self.line].data.get(self.table.entries.clone()) == Some(&bytes)
            && sections[self.strings].data == spelling.strings
            && seen.eq(expected)
    }

    /// Spells the tables for these files: folders in the order of their first use, after the compiler's; then each
    /// string once, folders first.
    fn spell(&self, files: &[Named]) -> Option<Spelling> {
        let mut folders = vec![files.first()?.base.as_slice()];
        let mut numbers = HashMap::from([(folders[0], 0)]);
        let mut entries: Vec<(usize, &[u8])> = Vec::new();
        for file in files {
            let next = folders.len();
            let folder = *numbers.entry(&file.folder).or_insert(next);
            if folder == next {
                folders.push(&file.folder);
            }
            entries.push((folder, &file.name));
        }
        let (head, rests) = self.rests(files.len())?;
        let mut spelling = Spelling { bytes: FOLDERS.to_vec(), places: Vec::new(), strings: Vec::new() };
        let mut known = HashMap::new();
        uleb(&mut spelling.bytes, folders.len());
        for folder in folders {
            spelling.string(folder, &mut known);
        }
        spelling.bytes.extend_from_slice(head);
        uleb(&mut spelling.bytes, entries.len());
        for ((folder, name), rest) in entries.into_iter().zip(rests) {
            spelling.string(name, &mut known);
            uleb(&mut spelling.bytes, folder);
            spelling.bytes.extend_from_slice(rest);
        }
        Some(spelling)
    }

    /// Returns the head of the table of files, and what stands behind the folder of each.
    fn rests(&self, count: usize) -> Option<(&'static [u8], Vec<&'a [u8]>)> {
        let data = self.elf.sections[self.line].data.get(self.table.entries.clone())?;
        let folders = self.table.folders.len();
        let data = data.get(FOLDERS.len() + uleb_size(folders) + 4 * folders..)?;
        let (head, size) = FILES.into_iter().find(|(head, _)| data.starts_with(head))?;
        let mut data = data.get(head.len() + uleb_size(count)..)?;
        let mut rests = Vec::new();
        for file in self.table.files.get(..count)? {
            let (rest, after) = data.get(4 + uleb_size(file.folder)..)?.split_at_checked(size)?;
            rests.push(rest);
            data = after;
        }
        Some((head, rests))
    }
}

impl Spelling {
    /// Adds a string, once, and the place for its number.
    fn string<'a>(&mut self, text: &'a [u8], known: &mut HashMap<&'a [u8], u64>) {
        let next = self.strings.len() as u64;
        let addend = *known.entry(text).or_insert(next);
        if addend == next {
            self.strings.extend_from_slice(text);
            self.strings.push(0);
        }
        self.places.push((self.bytes.len(), addend));
        self.bytes.extend_from_slice(&[0; 4]);
    }
}

/// Returns for each file the number of the first that is equal.
fn firsts(files: &[Named]) -> Vec<usize> {
    let mut known = HashMap::new();
    let names = files.iter().map(|file| (&file.folder, &file.name)).enumerate();
    names.map(|(number, name)| *known.entry(name).or_insert(number)).collect()
}

/// Writes an unsigned LEB128 number (DWARF 5, 7.6).
fn uleb(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn uleb_size(value: usize) -> usize {
    let mut bytes = Vec::new();
    uleb(&mut bytes, value);
    bytes.len()
}
