//! An object with everything that is known about the paths in it.

use std::collections::HashMap;

use crate::bound::{Bound, shown};
use crate::clang::Named;
use crate::elf::Elf;
use crate::gnu;
use crate::line::{self, LineTable};
use crate::references::{Places, Reference};
use crate::respelled::Respelled;
use crate::rewrite::Rewrite;
use crate::roles::{Moves, Roles};
use crate::search;
use crate::texts::{self, STRING_SECTIONS, Text, strings};
use crate::unit::{self, Compiler, Unit};

/// The sections with tables of names (DWARF 5, 6.1.1; LLVM's before that).
const NAMES: [&str; 3] = [".debug_names", ".apple_names", ".apple_types"];

/// An object that can be moved.
pub(crate) struct Object {
    elf: Elf,
    references: Vec<Reference>,
    /// `.debug_line`.
    line: Option<usize>,
    tables: Vec<LineTable>,
    /// The only unit, if there is debug information.
    unit: Option<Unit>,
    /// All strings and inline names, in the order of sections and places.
    texts: Vec<Text>,
}

impl Object {
    /// Reads an object.
    ///
    /// # Errors
    /// If there is something in it that is not understood.
    pub(crate) fn read(object: &[u8]) -> Result<Self, Bound> {
        let elf = Elf::read(object)?;
        for section in &elf.sections {
            section.readable()?;
        }
        elf.plain_names()?;
        let line = elf.debug(".debug_line")?;
        let mut moved = Vec::new();
        for name in STRING_SECTIONS {
            moved.extend(elf.debug(name)?);
        }
        let mut texts = Vec::new();
        for section in &moved {
            texts.extend(strings(&elf, *section)?);
        }
        moved.extend(line);
        let references = if moved.is_empty() { Vec::new() } else { elf.references(&moved)? };
        let tables = match line {
            Some(line) => line::tables(&elf, line, &Places::of(&references, line))?,
            None => Vec::new(),
        };
        let inline = |text: &&Text| Some(text.section) == line;
        for table in &tables {
            let names = table.folders.iter().chain(table.files.iter().map(|file| &file.name));
            texts.extend(names.filter(inline).cloned());
        }
        texts.sort_by_key(|text| (text.section, text.range.start));
        let has_unit = elf.all(".debug_info").next().is_some();
        let unit = if has_unit { Some(unit::unit(&elf, &references)?) } else { None };
        Ok(Self { elf, references, line, tables, unit, texts })
    }

    /// Returns for each role whether the object has a path in its folder.
    ///
    /// # Errors
    /// If a path stands where it can't be replaced.
    pub(crate) fn used(&self, roles: &Roles<'_>) -> Result<Vec<bool>, Bound> {
        let beginnings = |text: &Text| self.beginnings(text);
        search::only_in_texts(&self.elf, &self.texts, roles, &beginnings, &|text| self.is_path(text))?;
        let mut used = vec![false; roles.iter().count()];
        for text in &self.texts {
            for start in self.beginnings(text) {
                if let Some(owner) = roles.owner(&text.of(&self.elf)[start..]) {
                    used[owner] = true;
                }
            }
        }
        // Clang may have written a path relative to a folder above.
        let files = self.split(&<[u8]>::to_vec)?;
        for file in &files {
            if let Some(owner) = roles.owner(&file.path()) {
                used[owner] = true;
            }
        }
        self.no_length(&files, roles)?;
        Ok(used)
    }

    /// Refuses string literals that are no longer there, but their lengths are, and that may hold the path of a file of
    /// a role: they are long enough, and it is not the source, named by a relative path.
    fn no_length(&self, files: &[Named], roles: &Roles<'_>) -> Result<(), Bound> {
        let Some(unit) = &self.unit else { return Ok(()) };
        let first = u64::from(self.tables.first().is_some_and(|table| table.version < 5));
        for (number, size) in &unit.lost {
            let index = number.and_then(|number| usize::try_from(number.checked_sub(first)?).ok());
            let file = index
                .and_then(|index| files.get(index))
                .ok_or(Bound::Length("an unknown file".to_owned()))?;
            let path = file.path();
            let relative = unit.name.as_ref().filter(|name| !name.starts_with(b"/"));
            let is_source = relative.is_some_and(|name| path == [file.base.as_slice(), b"/", name].concat());
            // A character of a wide string may be several bytes here.
            let characters = path.iter().filter(|byte| **byte & 0xc0 != 0x80).count() as u64;
            if roles.owner(&path).is_some() && *size > characters && !is_source {
                return Err(Bound::Length(shown(&path)));
            }
        }
        Ok(())
    }

    /// Returns whether a text is a path and nothing else.
    fn is_path(&self, text: &Text) -> bool {
        let bytes = Some(text.of(&self.elf));
        let is_of_unit = |unit: &Unit| unit.name.as_deref() == bytes || unit.folder.as_deref() == bytes;
        !self.is_named(text) || self.unit.as_ref().is_some_and(is_of_unit)
    }

    /// Returns whether a text is in the section of names of all kinds.
    fn is_named(&self, text: &Text) -> bool {
        self.elf.sections.get(text.section).is_some_and(|section| section.name == b".debug_str")
    }

    /// Returns where in a text a path may begin.
    fn beginnings(&self, text: &Text) -> Vec<usize> {
        if self.is_named(text) { texts::beginnings(text.of(&self.elf)) } else { vec![0] }
    }

    /// Returns the object in another place.
    ///
    /// # Errors
    /// If it isn't certain what the compiler would have written there.
    pub(crate) fn moved(&self, moves: &Moves) -> Result<Vec<u8>, Bound> {
        let text = |old: &[u8]| moves.moved(old);
        let old = self.split(&<[u8]>::to_vec)?;
        old.iter().try_for_each(Named::is_as_expected)?;
        let new: Vec<_> =
            old.iter().map(|file| file.respelled(text(&file.base), &text(&file.path()))).collect();
        let respelled = match self.split(&text)? == new {
            true => None,
            false => Some(Respelled::new(&self.elf, &self.tables, &self.references, &old)?),
        };
        let mut rewrites = Vec::new();
        for name in STRING_SECTIONS {
            if let Some(section) =
                self.elf.debug(name)?.filter(|_| name == ".debug_str" || respelled.is_none())
            {
                rewrites.extend(self.strings(name, section, moves)?);
            }
        }
        if respelled.is_none() {
            rewrites.extend(self.names(&text)?);
        }
        let mut elf = self.elf.clone();
        for rewrite in &rewrites {
            elf.sections[rewrite.section].data.clone_from(&rewrite.data);
        }
        let rewrite_of = |section: usize| rewrites.iter().find(|rewrite| rewrite.section == section);
        // Those of the line table are listed anew.
        let is_left = |reference: &&Reference| respelled.is_none() || Some(reference.section) != self.line;
        for reference in self.references.iter().filter(is_left) {
            let place = match rewrite_of(reference.section) {
                Some(rewrite) => rewrite.place(reference.place)?,
                None => reference.place,
            };
            let addend = match reference.target.and_then(rewrite_of) {
                Some(rewrite) => {
                    rewrite.place(usize::try_from(reference.addend).unwrap_or(usize::MAX))? as u64
                }
                None => reference.addend,
            };
            elf.redirect(reference, place, addend)?;
        }
        if let Some(respelled) = respelled {
            respelled.put(&old, &new, &mut elf)?;
        }
        elf.write()
    }

    /// Returns a string section with its new strings, if one of them changes.
    fn strings(&self, name: &'static str, section: usize, moves: &Moves) -> Result<Option<Rewrite>, Bound> {
        let inside = self.texts.iter().filter(|text| text.section == section);
        let moved = |text: &Text| moves.moved_at(text.of(&self.elf), &self.beginnings(text));
        let strings: Vec<_> = inside.map(|old| (old.clone(), old.of(&self.elf), moved(old))).collect();
        if strings.iter().all(|(_, old, new)| old == new) {
            return Ok(None);
        }
        // A table of names has them in the order of their hashes.
        let is_name = |(text, old, new): &(Text, &[u8], Vec<u8>)| old != new && !self.is_path(text);
        if strings.iter().any(is_name) && NAMES.iter().any(|names| self.elf.all(names).next().is_some()) {
            return Err(Bound::Order(name));
        }
        let mut olds = HashMap::new();
        if strings.iter().any(|(_, old, new)| *olds.entry(new.as_slice()).or_insert(*old) != *old) {
            return Err(Bound::Equal);
        }
        let unit = self.unit.as_ref().ok_or(Bound::Order(name))?;
        let order = match unit.compiler {
            // Clang numbers strings as it meets them (DwarfStringPool.cpp; MCDwarf.cpp, `MCDwarfLineStr`).
            Compiler::Clang => (0..strings.len()).collect(),
            Compiler::Gnu if name == ".debug_line_str" => {
                let places = |index: usize| Places::of(&self.references, index);
                let info: Vec<Places> = self.elf.all(".debug_info").map(places).collect();
                gnu::order(&strings, section, &info, self.line.map(places).as_ref())?
            }
            // The order of GCC's table depends on all strings that it ever held, also those that it did not write.
            Compiler::Gnu => return Err(Bound::Order(name)),
        };
        let mut rewrite = Rewrite::new(section);
        for number in order {
            let (text, _, new) = &strings[number];
            let with_end = [new.as_slice(), b"\0"].concat();
            rewrite.push(text.range.start, text.range.len() + 1, &with_end, false);
        }
        Ok(Some(rewrite.finish()))
    }

    /// Returns `.debug_line` with its new inline names, if one of them changes.
    fn names(&self, text: &dyn Fn(&[u8]) -> Vec<u8>) -> Result<Option<Rewrite>, Bound> {
        let Some(section) = self.line else { return Ok(None) };
        let data = &self.elf.sections[section].data;
        let names: Vec<(&Text, Vec<u8>)> = self
            .texts
            .iter()
            .filter(|text| text.section == section)
            .map(|old| (old, text(old.of(&self.elf))))
            .collect();
        if names.iter().all(|(old, new)| old.of(&self.elf) == new) {
            return Ok(None);
        }
        let mut rewrite = Rewrite::new(section);
        let mut done = 0;
        for (old, new) in &names {
            let range = &old.range;
            rewrite.push(done, range.start - done, &data[done..range.start], true);
            rewrite.push(range.start, range.len(), new, false);
            done = range.end;
        }
        rewrite.push(done, data.len() - done, &data[done..], true);
        let mut rewrite = rewrite.finish();
        for table in &self.tables {
            let inside = names.iter().filter(|(old, _)| table.whole.contains(&old.range.start));
            let (old, new) = inside.fold((0, 0), |(o, n), (old, new)| (o + old.range.len(), n + new.len()));
            for at in table.lengths {
                let place = rewrite.place(at)?;
                let length = self.elf.endian.get(data, at, 4).unwrap_or_default();
                let length = (length + new as u64).saturating_sub(old as u64);
                let put = self.elf.endian.put(&mut rewrite.data, place, 4, length);
                put.ok_or(Bound::Format("a line table is too long"))?;
            }
        }
        Ok(Some(rewrite))
    }

    /// Returns the files of the line tables, with the names that `text` makes of theirs, if the compiler is one that
    /// splits paths.
    fn split(&self, text: &dyn Fn(&[u8]) -> Vec<u8>) -> Result<Vec<Named>, Bound> {
        let Some(unit) = self.unit.as_ref().filter(|unit| unit.compiler == Compiler::Clang) else {
            return Ok(Vec::new());
        };
        let mut files = Vec::new();
        for table in &self.tables {
            let mut folders: Vec<Vec<u8>> =
                table.folders.iter().map(|folder| text(folder.of(&self.elf))).collect();
            if table.version < 5 {
                folders.insert(0, text(unit.folder.as_deref().unwrap_or_default()));
            }
            for file in &table.files {
                let (Some(base), Some(folder)) = (folders.first(), folders.get(file.folder)) else {
                    return Err(Bound::Format("a line table has no such folder"));
                };
                let name = text(file.name.of(&self.elf));
                files.push(Named { base: base.clone(), folder: folder.clone(), name });
            }
        }
        Ok(files)
    }
}
