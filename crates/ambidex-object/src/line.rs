//! The heads of line tables: the folders and files that they name.

use std::ops::Range;

use crate::bound::Bound;
use crate::bytes::Cursor;
use crate::elf::Elf;
use crate::references::Places;
use crate::texts::{STRING_SECTIONS, Text};

/// A file of a line table.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// The number of its folder.
    pub folder: usize,
    pub name: Text,
}

/// The head of one line table.
#[derive(Clone, Debug)]
pub(crate) struct LineTable {
    /// The whole table in `.debug_line`.
    pub whole: Range<usize>,
    /// Where the length of the table stands, and that of its head, both of 4 bytes.
    pub lengths: [usize; 2],
    /// The tables of folders and files, up to the end of the head.
    pub entries: Range<usize>,
    /// The folders. In DWARF 5, number 0 is the folder of the compiler; before, that one has no entry here.
    pub folders: Vec<Text>,
    pub files: Vec<File>,
    pub version: u64,
}

const UNKNOWN: Bound = Bound::Format("a line table is unusual");
/// `DW_LNCT_path` and `DW_LNCT_directory_index` (DWARF 5, table 7.27).
const PATH: u64 = 1;
const FOLDER: u64 = 2;

/// Reads the line tables of an object.
pub(crate) fn tables(elf: &Elf, section: usize, places: &Places) -> Result<Vec<LineTable>, Bound> {
    let mut found = Vec::new();
    let size = elf.sections[section].data.len();
    let mut at = 0;
    while at < size {
        let mut reader =
            Reader { elf, section, places, cursor: Cursor::new(&elf.sections[section].data, elf.endian, at) };
        let table = reader.table()?;
        at = table.whole.end;
        found.push(table);
    }
    Ok(found)
}

struct Reader<'a> {
    elf: &'a Elf,
    section: usize,
    places: &'a Places,
    cursor: Cursor<'a>,
}

impl Reader<'_> {
    /// Reads one head (DWARF 5, 6.2.4; DWARF 4, 6.2.4).
    fn table(&mut self) -> Result<LineTable, Bound> {
        let start = self.cursor.at();
        let end = self.length()?;
        let version = self.cursor.number(2)?;
        match version {
            2..=4 => {}
            5 => self.cursor.skip(2)?,
            _ => return Err(UNKNOWN),
        }
        let head = self.cursor.at();
        let head_end = self.length()?;
        // minimum_instruction_length, maximum_operations_per_instruction, default_is_stmt, line_base, line_range
        self.cursor.skip(if version >= 4 { 5 } else { 4 })?;
        let opcodes = self.cursor.number(1)?;
        self.cursor.skip(opcodes.saturating_sub(1))?;
        let entries = self.cursor.at()..head_end;
        let (folders, files) = if version == 5 { self.entries()? } else { self.old_entries()? };
        if self.cursor.at() != head_end || head_end > end || end > self.elf.sections[self.section].data.len()
        {
            return Err(UNKNOWN);
        }
        Ok(LineTable { whole: start..end, lengths: [start, head], entries, folders, files, version })
    }

    /// Reads a length of 4 bytes and returns where that ends.
    fn length(&mut self) -> Result<usize, Bound> {
        let length = self.cursor.number(4)?;
        if length >= 0xffff_fff0 {
            return Err(Bound::Format("64-bit DWARF"));
        }
        usize::try_from(length).ok().and_then(|length| self.cursor.at().checked_add(length)).ok_or(UNKNOWN)
    }

    /// Reads the two tables of DWARF 5.
    fn entries(&mut self) -> Result<(Vec<Text>, Vec<File>), Bound> {
        let folders = self.table_of_entries()?.into_iter().map(|file| file.name).collect();
        Ok((folders, self.table_of_entries()?))
    }

    fn table_of_entries(&mut self) -> Result<Vec<File>, Bound> {
        let kinds = self.cursor.number(1)?;
        let mut format = Vec::new();
        for _ in 0..kinds {
            format.push((self.cursor.uleb()?, self.cursor.uleb()?));
        }
        let count = self.cursor.uleb()?;
        let mut files = Vec::new();
        for _ in 0..count {
            let (mut folder, mut name) = (0, None);
            for (kind, form) in &format {
                match *kind {
                    PATH => name = Some(self.name(*form)?),
                    FOLDER => folder = self.index(*form)?,
                    _ => self.other(*form)?,
                }
            }
            // Without a name the loop may not even move on.
            files.push(File { folder, name: name.ok_or(UNKNOWN)? });
        }
        Ok(files)
    }

    /// Reads a name that stands here (`DW_FORM_string`) or in a string section (`DW_FORM_strp`, `DW_FORM_line_strp`).
    fn name(&mut self, form: u64) -> Result<Text, Bound> {
        match form {
            0x08 => self.text(),
            0x0e | 0x1f => {
                let reference = self.places.at(self.cursor.at()).ok_or(UNKNOWN)?;
                let section = reference.target.ok_or(UNKNOWN)?;
                let start = usize::try_from(reference.addend).map_err(|_| UNKNOWN)?;
                let found = self.elf.sections.get(section).ok_or(UNKNOWN)?;
                let data = &found.data;
                if !STRING_SECTIONS.iter().any(|name| found.name == name.as_bytes()) {
                    return Err(UNKNOWN);
                }
                let length = Cursor::new(data, self.elf.endian, start).text()?.len();
                self.cursor.skip(4)?;
                Ok(Text { section, range: start..start + length })
            }
            _ => Err(UNKNOWN),
        }
    }

    /// Reads the number of a folder.
    fn index(&mut self, form: u64) -> Result<usize, Bound> {
        let index = match form {
            0x0b => self.cursor.number(1)?,
            0x05 => self.cursor.number(2)?,
            0x0f => self.cursor.uleb()?,
            _ => return Err(UNKNOWN),
        };
        usize::try_from(index).map_err(|_| UNKNOWN)
    }

    /// Goes over something that is neither a name nor a folder: a time, a size, an MD5, the source itself.
    fn other(&mut self, form: u64) -> Result<(), Bound> {
        match form {
            0x0b => self.cursor.skip(1),
            0x05 => self.cursor.skip(2),
            0x06 | 0x0e | 0x1f => self.cursor.skip(4),
            0x07 => self.cursor.skip(8),
            0x1e => self.cursor.skip(16),
            0x0f => self.cursor.uleb().map(drop),
            0x08 => self.cursor.text().map(drop),
            _ => Err(UNKNOWN),
        }
    }

    /// Reads the two lists of DWARF 4 and before, which end with an empty name.
    fn old_entries(&mut self) -> Result<(Vec<Text>, Vec<File>), Bound> {
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        loop {
            let text = self.text()?;
            if text.range.is_empty() {
                break;
            }
            folders.push(text);
        }
        loop {
            let name = self.text()?;
            if name.range.is_empty() {
                return Ok((folders, files));
            }
            let folder = self.index(0x0f)?;
            // The time and the size of the file.
            self.cursor.uleb()?;
            self.cursor.uleb()?;
            files.push(File { folder, name });
        }
    }

    fn text(&mut self) -> Result<Text, Bound> {
        let start = self.cursor.at();
        let length = self.cursor.text()?.len();
        Ok(Text { section: self.section, range: start..start + length })
    }
}
