//! What an executable or a library tells the loader: it reads the segments and their dynamic section, as the loader does.

use std::path::{Path, PathBuf};

use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::{Endianness, FileKind, ReadRef};

/// The information in an executable or a library for the loader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Executable {
    /// The path of the loader.
    pub loader: Option<PathBuf>,
    /// Whether it names directories in which to look for libraries.
    pub names_folders: bool,
    /// The names of the libraries that are loaded with it; none if there may be others.
    pub needs: Option<Vec<String>>,
}

/// Entries that name more libraries (elf.h).
const MORE: [u64; 4] =
    [elf::DT_DEPAUDIT as u64, elf::DT_AUDIT as u64, elf::DT_AUXILIARY as u64, elf::DT_FILTER as u64];

impl Executable {
    /// Reads what a file says, and no more of the file than that: compilers are large. If it can't be understood, there
    /// may be anything in it.
    pub fn read(path: &Path) -> Self {
        Self::understood(path).unwrap_or_default()
    }

    fn understood(path: &Path) -> Option<Self> {
        let data = object::ReadCache::new(ambidex_store::open_regular(path).ok()?);
        match FileKind::parse(&data).ok()? {
            FileKind::Elf32 => Self::of(FileHeader32::<Endianness>::parse(&data).ok()?, &data),
            FileKind::Elf64 => Self::of(FileHeader64::<Endianness>::parse(&data).ok()?, &data),
            _ => None,
        }
    }

    fn of<'a, Elf: FileHeader<Endian = Endianness>>(file: &Elf, data: impl ReadRef<'a>) -> Option<Self> {
        let endian = file.endian().ok()?;
        let segments = file.program_headers(endian, data).ok()?;
        let mut loader = None;
        let mut entries = Vec::new();
        for segment in segments {
            loader = segment.interpreter(endian, data).ok()?.or(loader);
            let dynamic = segment.dynamic(endian, data).ok()?.unwrap_or_default();
            let words = dynamic.iter().map(|entry| (entry.d_tag(endian).into(), entry.d_val(endian).into()));
            entries.extend(words.take_while(|(tag, _)| *tag != u64::from(elf::DT_NULL)));
        }
        let has = |tag| entries.iter().any(|(found, _)| *found == u64::from(tag));
        let value = |tag| entries.iter().find(|(found, _)| *found == u64::from(tag)).map(|(_, value)| *value);
        let find = || {
            let (from, size) = (value(elf::DT_STRTAB)?, value(elf::DT_STRSZ)?);
            let at = segments.iter().find_map(|segment| {
                let begins = segment.p_vaddr(endian).into();
                let is_there = segment.p_type(endian) == elf::PT_LOAD
                    && (begins..begins.saturating_add(segment.p_filesz(endian).into())).contains(&from);
                is_there.then(|| (from - begins).saturating_add(segment.p_offset(endian).into()))
            })?;
            data.read_bytes_at(at, size).ok()
        };
        let strings: Option<&[u8]> = find();
        let named = |(_, at): &(u64, u64)| {
            let text = strings?.get(usize::try_from(*at).ok()?..)?;
            let end = text.iter().position(|byte| *byte == 0)?;
            std::str::from_utf8(&text[..end]).ok().map(str::to_owned)
        };
        let needed = entries.iter().filter(|(tag, _)| *tag == u64::from(elf::DT_NEEDED));
        let needs: Option<Vec<String>> = needed.map(named).collect();
        Some(Self {
            loader: loader.map(std::str::from_utf8).transpose().ok()?.map(PathBuf::from),
            names_folders: has(elf::DT_RPATH) || has(elf::DT_RUNPATH),
            needs: needs.filter(|_| !entries.iter().any(|(tag, _)| MORE.contains(tag))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_names_its_loader_and_libraries() {
        let shell = Executable::read(Path::new("/bin/sh"));
        assert!(shell.loader.is_some_and(|loader| loader.is_file()));
        assert!(shell.needs.is_some_and(|needs| needs.iter().any(|name| name.starts_with("libc.so"))));
    }

    #[test]
    fn the_loader_needs_no_sections() {
        let folder = tempfile::tempdir().unwrap();
        let stripped = folder.path().join("sh");
        let mut content = std::fs::read("/bin/sh").unwrap();
        let header = FileHeader64::<Endianness>::parse(&*content).unwrap();
        let sections = usize::try_from(header.e_shoff.get(Endianness::default())).unwrap();
        // `e_shoff`, `e_shnum` and `e_shstrndx`.
        content.truncate(sections);
        content[40..48].fill(0);
        content[60..64].fill(0);
        std::fs::write(&stripped, content).unwrap();
        assert_eq!(Executable::read(&stripped), Executable::read(Path::new("/bin/sh")));
    }

    #[test]
    fn a_program_of_32_bits_and_the_other_byte_order() {
        let word = |word: u32| word.to_be_bytes();
        let segment = |kind, at: u32, size| [kind, at, 0x1_0000 + at, 0, size, size, 4, 4].map(word).concat();
        let strings = b"\0libfar.so.1\0";
        let dynamic: Vec<u8> = [(5, 0x1_0000 + 148), (10, 13), (1, 1), (29, 0), (0, 0), (1, 700)]
            .iter()
            .flat_map(|(tag, value)| [word(*tag), word(*value)].concat())
            .collect();
        let mut file = b"\x7fELF\x01\x02\x01\0\0\0\0\0\0\0\0\0\0\x02\0\x14".to_vec();
        file.extend([1, 0x1_0000, 52, 0, 0].map(word).concat());
        file.extend(b"\0\x34\0\x20\0\x02\0\0\0\0\0\0");
        file.extend([segment(elf::PT_LOAD, 0, 161), segment(elf::PT_DYNAMIC, 161, 48)].concat());
        file.resize(148, 0);
        file.extend(strings);
        file.extend(dynamic);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        std::fs::write(&path, &file).unwrap();
        let expected =
            Executable { loader: None, names_folders: true, needs: Some(vec!["libfar.so.1".to_owned()]) };
        assert_eq!(Executable::read(&path), expected);
        // Without the part of the file that the dynamic section is in, nothing is known.
        std::fs::write(&path, &file[..161]).unwrap();
        assert_eq!(Executable::read(&path), Executable::default());
    }
}
