//! What a compilation unit says about itself: its producer, its name and its folder.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use crate::bound::{Bound, shown};
use crate::bytes::Cursor;
use crate::elf::Elf;
use crate::references::{Places, Reference};

/// The compiler that made an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compiler {
    Gnu,
    Clang,
}

/// The only compilation unit of an object.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub compiler: Compiler,
    /// `DW_AT_name`: the source, as it was on the command line.
    pub name: Option<Vec<u8>>,
    /// `DW_AT_comp_dir`.
    pub folder: Option<Vec<u8>>,
    /// String literals of which only the type is left: the number of the file, and how many characters there are, with
    /// the NUL. Clang describes a literal even if no code uses it any more (since version 15).
    pub lost: BTreeSet<(Option<u64>, u64)>,
}

const UNKNOWN: Bound = Bound::Format("a compilation unit is unusual");
/// Attributes (DWARF 5, table 7.5) and LLVM's and GCC's names of a second file.
const NAME: u64 = 0x03;
const COMP_DIR: u64 = 0x1b;
const PRODUCER: u64 = 0x25;
const STR_OFFSETS_BASE: u64 = 0x72;
const SECOND_FILE: [u64; 3] = [0x76, 0x2130, 0x2131];

/// Attributes that a variable in the source, or one with a place, has: location, name, origin, specification.
const OF_VARIABLE: [u64; 4] = [0x02, 0x03, 0x31, 0x47];
const DECL_FILE: u64 = 0x3a;
const TYPE: u64 = 0x49;
const COUNT: u64 = 0x37;
/// `DW_TAG_array_type`, `DW_TAG_compile_unit`, `DW_TAG_subrange_type`, `DW_TAG_variable`.
const ARRAY: u64 = 0x01;
const COMPILE_UNIT: u64 = 0x11;
const SUBRANGE: u64 = 0x21;
const VARIABLE: u64 = 0x34;

/// The value of an attribute that matters here.
enum Value {
    Text(Vec<u8>),
    Number(u64),
    /// A number in the table of string offsets, whose beginning may be known later.
    Index(u64),
    Other,
}

/// Reads the units of an object.
///
/// # Errors
/// If there is not exactly one compilation unit, or something in it is not understood.
pub(crate) fn unit(elf: &Elf, references: &[Reference]) -> Result<Unit, Bound> {
    let mut found = None;
    // A type unit has a section of its own in DWARF 5, so that the linker can drop it.
    for info in elf.all(".debug_info") {
        let places = Places::of(references, info);
        let data = &elf.sections[info].data;
        let mut at = 0;
        while at < data.len() {
            let cursor = Cursor::new(data, elf.endian, at);
            let mut reader = Reader { elf, references, places: &places, cursor, base: None };
            let start = at;
            at = reader.end()?;
            if let Some(unit) = reader.unit(start..at)? {
                if found.is_some() {
                    return Err(Bound::Format("more than one compilation unit"));
                }
                found = Some(unit);
            }
        }
    }
    found.ok_or(UNKNOWN)
}

struct Reader<'a> {
    elf: &'a Elf,
    references: &'a [Reference],
    places: &'a Places,
    cursor: Cursor<'a>,
    /// Where the unit's table of string offsets begins.
    base: Option<usize>,
}

impl Reader<'_> {
    /// Reads the length of a unit and returns where it ends.
    fn end(&mut self) -> Result<usize, Bound> {
        let length = self.cursor.number(4)?;
        if length >= 0xffff_fff0 {
            return Err(Bound::Format("64-bit DWARF"));
        }
        usize::try_from(length).ok().and_then(|length| length.checked_add(self.cursor.at())).ok_or(UNKNOWN)
    }

    /// Reads a unit from its version on (DWARF 5, 7.5.1.1). A type unit gives nothing.
    fn unit(&mut self, whole: Range<usize>) -> Result<Option<Unit>, Bound> {
        let version = self.cursor.number(2)?;
        let kind = match version {
            4 => 1,
            5 => self.cursor.number(1)?,
            _ => return Err(Bound::Format("a version of DWARF that is neither 4 nor 5")),
        };
        match kind {
            1 => {}
            2 => return Ok(None),
            4 | 5 => return Err(Bound::Split),
            _ => return Err(UNKNOWN),
        }
        if version == 5 {
            self.cursor.skip(1)?;
        }
        let at = self.cursor.at();
        let abbreviations = self.elf.debug(".debug_abbrev")?.ok_or(UNKNOWN)?;
        let reference = self.places.at(at).filter(|r| r.target == Some(abbreviations)).ok_or(UNKNOWN)?;
        let start = usize::try_from(reference.addend).map_err(|_| UNKNOWN)?;
        self.cursor.skip(if version == 5 { 4 } else { 5 })?;
        let known = read_abbreviations(self.elf, abbreviations, start)?;
        let (tag, attributes) = known.get(&self.cursor.uleb()?).ok_or(UNKNOWN)?;
        if *tag != COMPILE_UNIT {
            return Err(UNKNOWN);
        }
        let (mut producer, mut source, mut folder) = (None, None, None);
        for (name, form) in attributes.iter().copied() {
            if SECOND_FILE.contains(&name) {
                return Err(Bound::Split);
            }
            let place = self.cursor.at();
            let value = self.value(form)?;
            match name {
                PRODUCER => producer = Some(value),
                NAME => source = Some(value),
                COMP_DIR => folder = Some(value),
                STR_OFFSETS_BASE => {
                    let reference = self.places.at(place).ok_or(UNKNOWN)?;
                    self.base = Some(usize::try_from(reference.addend).map_err(|_| UNKNOWN)?);
                }
                _ => {}
            }
        }
        let compiler = compiler(&self.text(producer.ok_or(UNKNOWN)?)?)?;
        let text = |value: Option<Value>| value.map(|value| self.text(value)).transpose();
        let (name, folder) = (text(source)?, text(folder)?);
        let lost = if compiler == Compiler::Clang { self.lost(whole, &known)? } else { BTreeSet::new() };
        Ok(Some(Unit { compiler, name, folder, lost }))
    }

    /// Reads the other entries of the unit, and returns the string literals without a place, as far as they are known
    /// (CGDebugInfo.cpp, `CGDebugInfo::AddStringLiteralDebugInfo`).
    fn lost(
        &mut self,
        whole: Range<usize>,
        known: &Abbreviations,
    ) -> Result<BTreeSet<(Option<u64>, u64)>, Bound> {
        let (mut literals, mut sizes, mut array) = (BTreeSet::new(), HashMap::new(), 0);
        while self.cursor.at() < whole.end {
            // Entries refer to each other by their places in the unit.
            let place = (self.cursor.at() - whole.start) as u64;
            let code = self.cursor.uleb()?;
            if code == 0 {
                continue;
            }
            let (tag, attributes) = known.get(&code).ok_or(UNKNOWN)?;
            let (mut file, mut of_type, mut count) = (None, None, u64::MAX);
            for (name, form) in attributes {
                match (*name, self.value(*form)?) {
                    (DECL_FILE, Value::Number(number)) => file = Some(number),
                    (TYPE, Value::Number(number)) => of_type = Some(number),
                    (COUNT, Value::Number(number)) => count = number,
                    _ => {}
                }
            }
            match *tag {
                ARRAY => array = place,
                // The ranges of an array come behind it.
                SUBRANGE => drop(sizes.insert(array, count)),
                VARIABLE if !attributes.iter().any(|(name, _)| OF_VARIABLE.contains(name)) => {
                    literals.insert((file, of_type));
                }
                _ => {}
            }
        }
        let size =
            |of_type: Option<u64>| of_type.and_then(|place| sizes.get(&place).copied()).unwrap_or(u64::MAX);
        Ok(literals.into_iter().map(|(file, of_type)| (file, size(of_type))).collect())
    }

    /// Reads or goes over a value (DWARF 5, 7.5.5).
    fn value(&mut self, form: u64) -> Result<Value, Bound> {
        let cursor = &mut self.cursor;
        match form {
            0x08 => return Ok(Value::Text(cursor.text()?.to_vec())),
            0x0e | 0x1f => {
                let reference = self.places.at(cursor.at()).ok_or(UNKNOWN)?;
                let text = referred(self.elf, reference)?;
                cursor.skip(4)?;
                return Ok(Value::Text(text));
            }
            0x1a => return Ok(Value::Index(cursor.uleb()?)),
            0x25 => return Ok(Value::Index(cursor.number(1)?)),
            0x26 => return Ok(Value::Index(cursor.number(2)?)),
            0x27 => return Ok(Value::Index(cursor.number(3)?)),
            0x28 => return Ok(Value::Index(cursor.number(4)?)),
            0x0b => return Ok(Value::Number(cursor.number(1)?)),
            0x05 => return Ok(Value::Number(cursor.number(2)?)),
            0x06 | 0x13 => return Ok(Value::Number(cursor.number(4)?)),
            0x0f => return Ok(Value::Number(cursor.uleb()?)),
            0x01 => cursor.skip(self.elf.word as u64)?,
            0x0c | 0x11 | 0x29 => cursor.skip(1)?,
            0x12 | 0x2a => cursor.skip(2)?,
            0x2b => cursor.skip(3)?,
            0x10 | 0x17 | 0x2c => cursor.skip(4)?,
            0x07 | 0x14 | 0x20 => cursor.skip(8)?,
            0x1e => cursor.skip(16)?,
            0x0d => cursor.sleb()?,
            0x15 | 0x1b | 0x22 | 0x23 => drop(cursor.uleb()?),
            0x03 | 0x04 | 0x09 | 0x0a | 0x18 => {
                let size = match form {
                    0x0a => cursor.number(1)?,
                    0x03 => cursor.number(2)?,
                    0x04 => cursor.number(4)?,
                    _ => cursor.uleb()?,
                };
                cursor.skip(size)?;
            }
            0x19 | 0x21 => {}
            _ => return Err(UNKNOWN),
        }
        Ok(Value::Other)
    }

    /// Returns the text of a value (DWARF 5, 7.26).
    fn text(&self, value: Value) -> Result<Vec<u8>, Bound> {
        let index = match value {
            Value::Text(text) => return Ok(text),
            Value::Index(index) => usize::try_from(index).map_err(|_| UNKNOWN)?,
            Value::Number(_) | Value::Other => return Err(UNKNOWN),
        };
        let table = self.elf.debug(".debug_str_offsets")?.ok_or(UNKNOWN)?;
        let place = index.checked_mul(4).and_then(|at| at.checked_add(self.base?)).ok_or(UNKNOWN)?;
        referred(self.elf, Places::of(self.references, table).at(place).ok_or(UNKNOWN)?)
    }
}

/// Returns the string that a reference refers to.
fn referred(elf: &Elf, reference: &Reference) -> Result<Vec<u8>, Bound> {
    let section = reference.target.and_then(|target| elf.sections.get(target)).ok_or(UNKNOWN)?;
    let start = usize::try_from(reference.addend).map_err(|_| UNKNOWN)?;
    Ok(Cursor::new(&section.data, elf.endian, start).text()?.to_vec())
}

/// The tag, and the names and forms of the attributes, of each abbreviation.
type Abbreviations = HashMap<u64, (u64, Vec<(u64, u64)>)>;

/// Reads the abbreviations of a unit (DWARF 5, 7.5.3).
fn read_abbreviations(elf: &Elf, section: usize, start: usize) -> Result<Abbreviations, Bound> {
    let mut cursor = Cursor::new(&elf.sections[section].data, elf.endian, start);
    let mut known = HashMap::new();
    loop {
        let code = cursor.uleb()?;
        if code == 0 {
            return Ok(known);
        }
        let tag = cursor.uleb()?;
        // Whether there are children.
        cursor.skip(1)?;
        let mut attributes = Vec::new();
        loop {
            let (name, form) = (cursor.uleb()?, cursor.uleb()?);
            // DW_FORM_implicit_const has its value here.
            if form == 0x21 {
                cursor.sleb()?;
            }
            if (name, form) == (0, 0) {
                break;
            }
            attributes.push((name, form));
        }
        known.insert(code, (tag, attributes));
    }
}

/// Tells the compiler by what it writes as `DW_AT_producer`.
fn compiler(producer: &[u8]) -> Result<Compiler, Bound> {
    let begins = |start: &str| producer.starts_with(start.as_bytes());
    if ["GNU C", "GNU Objective-C", "GNU Fortran"].iter().any(|start| begins(start)) {
        Ok(Compiler::Gnu)
    } else if memchr::memmem::find(producer, b"clang version ").is_some() && !begins("clang LLVM") {
        Ok(Compiler::Clang)
    } else {
        Err(Bound::Compiler(shown(producer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compilers_are_told_by_what_they_write() {
        assert_eq!(compiler(b"GNU C++17 12.2.0 -O2"), Ok(Compiler::Gnu));
        assert_eq!(compiler(b"Debian clang version 14.0.6"), Ok(Compiler::Clang));
        for other in ["GNU AS 2.40", "clang LLVM (rustc version 1.80.0)", "rustc", ""] {
            assert!(compiler(other.as_bytes()).is_err(), "{other}");
        }
    }
}
