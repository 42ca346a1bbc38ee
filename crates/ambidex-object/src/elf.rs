//! An ELF object in memory: its sections, and how they are laid out in the file.

use crate::bound::{Bound, shown};
use crate::bytes::Endian;

/// `sh_type` of ordinary bytes.
const PROGBITS: u64 = 1;
/// `sh_type` of a symbol table.
pub(crate) const SYMTAB: u64 = 2;
/// `sh_type` of relocations with addends.
pub(crate) const RELA: u64 = 4;
/// `sh_type` of a section without bytes in the file.
const NOBITS: u64 = 8;
/// `sh_type` of relocations whose addends stand in the place.
pub(crate) const REL: u64 = 9;
/// Types of sections that this crate does not read, and that could refer to a debug string or hide a section number:
/// extended section numbers, relative relocations, compact relocations.
const UNREAD: [u64; 3] = [18, 19, 0x4000_0014];
/// `sh_flags`: a part of the program, machine code, mergeable, strings, compressed.
pub(crate) const ALLOC: u64 = 1 << 1;
pub(crate) const EXECUTE: u64 = 1 << 2;
pub(crate) const MERGE: u64 = 1 << 4;
pub(crate) const STRINGS: u64 = 1 << 5;
const COMPRESSED: u64 = 1 << 11;

/// One section.
#[derive(Clone)]
pub(crate) struct Section {
    pub name: Vec<u8>,
    pub kind: u64,
    pub flags: u64,
    pub link: usize,
    pub info: usize,
    pub data: Vec<u8>,
    align: u64,
    offset: u64,
    size: u64,
}

/// An object.
#[derive(Clone)]
pub(crate) struct Elf {
    pub endian: Endian,
    /// The number of bytes of an address: 4 or 8.
    pub word: usize,
    pub machine: u64,
    pub sections: Vec<Section>,
    head: Vec<u8>,
    table: Vec<u8>,
}

/// Where the fields of the headers are, for one size of address (System V ABI, "Object Files").
struct Fields {
    head: usize,
    entry: usize,
    shoff: usize,
    tail: usize,
    flags: usize,
    offset: usize,
    size: usize,
    link: usize,
    align: usize,
}

const FIELDS_32: Fields =
    Fields { head: 52, entry: 40, shoff: 32, tail: 40, flags: 8, offset: 16, size: 20, link: 24, align: 32 };
const FIELDS_64: Fields =
    Fields { head: 64, entry: 64, shoff: 40, tail: 52, flags: 8, offset: 24, size: 32, link: 40, align: 48 };

const DAMAGED: Bound = Bound::Format("an ELF header is damaged");

fn fields(word: usize) -> &'static Fields {
    if word == 8 { &FIELDS_64 } else { &FIELDS_32 }
}

fn small(value: u64) -> Result<usize, Bound> {
    usize::try_from(value).map_err(|_| DAMAGED)
}

impl Elf {
    /// Reads an object.
    ///
    /// # Errors
    /// If it is no relocatable file, or if [`Elf::write`] would not give the same bytes again.
    pub(crate) fn read(object: &[u8]) -> Result<Self, Bound> {
        let (word, endian) = match object.get(..6) {
            Some([0x7f, b'E', b'L', b'F', class @ (1 | 2), order @ (1 | 2)]) => {
                (usize::from(*class) * 4, if *order == 1 { Endian::Little } else { Endian::Big })
            }
            _ => return Err(Bound::Format("no ELF file")),
        };
        let f = fields(word);
        let get = |at: usize, size: usize| endian.get(object, at, size).ok_or(DAMAGED);
        if get(16, 2)? != 1 {
            return Err(Bound::Format("no relocatable file"));
        }
        let half = |index: usize| get(f.tail + 2 * index, 2);
        // e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx
        let (phnum, entry, count, names) = (half(2)?, small(half(3)?)?, small(half(4)?)?, small(half(5)?)?);
        if phnum != 0 || entry != f.entry || count == 0 {
            return Err(Bound::Format("unusual ELF headers"));
        }
        let start = small(get(f.shoff, word)?)?;
        let end = count.checked_mul(entry).and_then(|size| size.checked_add(start)).ok_or(DAMAGED)?;
        let table = object.get(start..end).ok_or(DAMAGED)?.to_vec();
        let head = object.get(..f.head).ok_or(DAMAGED)?.to_vec();
        let mut sections = Vec::with_capacity(count);
        let mut total = 0;
        for header in table.chunks_exact(entry) {
            let section = Section::read(object, header, word, endian)?;
            total += section.data.len();
            // Sections do not overlap, so a damaged file can't ask for more memory than it has bytes.
            if total > object.len() {
                return Err(Bound::Layout);
            }
            sections.push(section);
        }
        let texts = sections.get(names).map(|section| section.data.clone()).ok_or(DAMAGED)?;
        for (section, header) in sections.iter_mut().zip(table.chunks_exact(entry)) {
            let at = small(endian.get(header, 0, 4).ok_or(DAMAGED)?)?;
            let text = texts.get(at..).ok_or(DAMAGED)?;
            let length = memchr::memchr(0, text).ok_or(DAMAGED)?;
            section.name = text[..length].to_vec();
        }
        let machine = get(18, 2)?;
        let elf = Self { endian, word, machine, sections, head, table };
        if elf.write()? == object { Ok(elf) } else { Err(Bound::Layout) }
    }

    /// Writes the object with the data that the sections have now. The sections keep their order in the file, each
    /// begins at the next multiple of its alignment, and the section headers come last; so do GNU as (bfd/elf.c,
    /// `assign_file_positions_except_relocs`) and LLVM (ELFObjectWriter.cpp, `ELFWriter::writeObject`).
    pub(crate) fn write(&self) -> Result<Vec<u8>, Bound> {
        let f = fields(self.word);
        let mut order: Vec<usize> = (1..self.sections.len()).collect();
        order.sort_by_key(|index| {
            let section = &self.sections[*index];
            (section.offset, section.filled(), *index)
        });
        let (mut file, mut table) = (self.head.clone(), self.table.clone());
        for index in order {
            let section = &self.sections[index];
            pad(&mut file, section.align)?;
            let header = table.get_mut(index * f.entry..).ok_or(DAMAGED)?;
            self.endian.put(header, f.offset, self.word, file.len() as u64).ok_or(DAMAGED)?;
            if section.kind != NOBITS {
                self.endian.put(header, f.size, self.word, section.data.len() as u64).ok_or(DAMAGED)?;
                file.extend_from_slice(&section.data);
            }
        }
        pad(&mut file, self.word as u64)?;
        let start = file.len() as u64;
        self.endian.put(&mut file, f.shoff, self.word, start).ok_or(DAMAGED)?;
        file.extend_from_slice(&table);
        Ok(file)
    }

    /// Returns the numbers of the sections of this name that are no part of the program.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = usize> + 'a {
        let is = move |section: &Section| {
            section.name == name.as_bytes() && section.flags & ALLOC == 0 && section.kind == PROGBITS
        };
        self.sections.iter().enumerate().filter(move |(_, section)| is(section)).map(|(index, _)| index)
    }

    /// Returns the number of the only section of this name that is no part of the program.
    pub(crate) fn debug(&self, name: &str) -> Result<Option<usize>, Bound> {
        let mut named = self.all(name);
        let first = named.next();
        match named.next() {
            Some(_) => Err(Bound::Format("a debug section exists twice")),
            None => Ok(first),
        }
    }
}

impl Section {
    /// Reads a section from its header; its name is not known yet.
    fn read(object: &[u8], header: &[u8], word: usize, endian: Endian) -> Result<Self, Bound> {
        let f = fields(word);
        let get = |at: usize, size: usize| endian.get(header, at, size).ok_or(DAMAGED);
        let (kind, flags) = (get(4, 4)?, get(f.flags, word)?);
        let (offset, size) = (get(f.offset, word)?, get(f.size, word)?);
        let (link, info) = (small(get(f.link, 4)?)?, small(get(f.link + 4, 4)?)?);
        let data = if kind == NOBITS || kind == 0 {
            Vec::new()
        } else {
            let start = small(offset)?;
            let end = start.checked_add(small(size)?).ok_or(DAMAGED)?;
            object.get(start..end).ok_or(DAMAGED)?.to_vec()
        };
        if UNREAD.contains(&kind) {
            return Err(Bound::Format("an unusual kind of section"));
        }
        Ok(Self { name: Vec::new(), kind, flags, link, info, data, align: get(f.align, word)?, offset, size })
    }

    /// Returns whether the section takes space in the file.
    fn filled(&self) -> bool {
        self.kind != NOBITS && self.size != 0
    }

    /// Refuses a section in which paths can't be seen.
    pub(crate) fn readable(&self) -> Result<(), Bound> {
        let begins = |starts: &[&str]| starts.iter().any(|start| self.name.starts_with(start.as_bytes()));
        if self.flags & COMPRESSED != 0 || begins(&[".zdebug"]) {
            return Err(Bound::Compressed(shown(&self.name)));
        }
        if begins(&[".gnu.lto_", ".gnu.debuglto_", ".llvmbc", ".llvmcmd", ".llvm.lto"]) {
            return Err(Bound::Lto(shown(&self.name)));
        }
        if self.name.ends_with(b".dwo") {
            return Err(Bound::Split);
        }
        // Coverage and profiles number functions by a hash of the file's path.
        if begins(&["__llvm_prf", "__llvm_cov", ".lprf"]) {
            return Err(Bound::Hashed(shown(&self.name)));
        }
        Ok(())
    }
}

/// Fills a file with zeros up to a multiple of an alignment.
fn pad(file: &mut Vec<u8>, align: u64) -> Result<(), Bound> {
    let align = small(align)?.max(1);
    if !align.is_power_of_two() || align > 1 << 16 {
        return Err(DAMAGED);
    }
    file.resize(file.len().next_multiple_of(align), 0);
    Ok(())
}
