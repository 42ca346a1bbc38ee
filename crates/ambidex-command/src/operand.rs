//! The kinds of files that names on a command line stand for.

use crate::{InputRole, Language};

/// The driver's use of an operand, by its extension (GCC manual, "Overall Options").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    /// A source in a language that this crate knows.
    Source(Language),
    /// A header: compiling it makes a precompiled header.
    Header,
    /// A source in a language whose compiler reads or writes additional files (modules, interfaces).
    Foreign,
    /// A file for the linker.
    Linked(InputRole),
}

const EXTENSIONS: &[(&str, Operand)] = &[
    ("C", Operand::Source(Language::Cxx)),
    ("CPP", Operand::Source(Language::Cxx)),
    ("F", Operand::Foreign),
    ("F03", Operand::Foreign),
    ("F08", Operand::Foreign),
    ("F90", Operand::Foreign),
    ("F95", Operand::Foreign),
    ("FOR", Operand::Foreign),
    ("FPP", Operand::Foreign),
    ("FTN", Operand::Foreign),
    ("H", Operand::Header),
    ("HPP", Operand::Header),
    ("M", Operand::Foreign),
    ("S", Operand::Source(Language::AssemblerWithCpp)),
    ("a", Operand::Linked(InputRole::Archive)),
    ("adb", Operand::Foreign),
    ("ads", Operand::Foreign),
    ("ast", Operand::Foreign),
    ("bc", Operand::Foreign),
    ("c", Operand::Source(Language::C)),
    ("c++", Operand::Source(Language::Cxx)),
    ("c++m", Operand::Foreign),
    ("cc", Operand::Source(Language::Cxx)),
    ("ccm", Operand::Foreign),
    ("cl", Operand::Foreign),
    ("cob", Operand::Foreign),
    ("cp", Operand::Source(Language::Cxx)),
    ("cpp", Operand::Source(Language::Cxx)),
    ("cppm", Operand::Foreign),
    ("cu", Operand::Foreign),
    ("cui", Operand::Foreign),
    ("cxx", Operand::Source(Language::Cxx)),
    ("cxxm", Operand::Foreign),
    ("d", Operand::Foreign),
    ("dd", Operand::Foreign),
    ("di", Operand::Foreign),
    ("f", Operand::Foreign),
    ("f03", Operand::Foreign),
    ("f08", Operand::Foreign),
    ("f90", Operand::Foreign),
    ("f95", Operand::Foreign),
    ("for", Operand::Foreign),
    ("fpp", Operand::Foreign),
    ("ftn", Operand::Foreign),
    ("go", Operand::Foreign),
    ("h", Operand::Header),
    ("h++", Operand::Header),
    ("hh", Operand::Header),
    ("hip", Operand::Foreign),
    ("hp", Operand::Header),
    ("hpp", Operand::Header),
    ("hxx", Operand::Header),
    ("i", Operand::Source(Language::PreprocessedC)),
    ("ifs", Operand::Foreign),
    ("ii", Operand::Source(Language::PreprocessedCxx)),
    ("iim", Operand::Foreign),
    ("ixx", Operand::Foreign),
    ("ll", Operand::Foreign),
    ("lo", Operand::Linked(InputRole::Object)),
    ("m", Operand::Source(Language::ObjC)),
    ("m2", Operand::Foreign),
    ("m2i", Operand::Foreign),
    ("mi", Operand::Foreign),
    ("mii", Operand::Foreign),
    ("mm", Operand::Source(Language::ObjCxx)),
    ("mod", Operand::Foreign),
    ("o", Operand::Linked(InputRole::Object)),
    ("obj", Operand::Linked(InputRole::Object)),
    ("pcm", Operand::Foreign),
    ("rs", Operand::Foreign),
    ("s", Operand::Source(Language::Assembler)),
    ("so", Operand::Linked(InputRole::SharedLibrary)),
    ("sx", Operand::Source(Language::AssemblerWithCpp)),
    ("tcc", Operand::Header),
];

/// Classifies a file name. A name that belongs to no language goes to the linker.
pub(crate) fn classify(path: &str) -> Operand {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match EXTENSIONS.binary_search_by_key(&extension, |(extension, _)| extension) {
        Ok(found) => EXTENSIONS[found].1,
        Err(_) if is_versioned_library(name) => Operand::Linked(InputRole::SharedLibrary),
        Err(_) => Operand::Linked(InputRole::Other),
    }
}

/// Returns the role of a file for the linker, which compiles nothing.
pub(crate) fn linked_role(path: &str) -> InputRole {
    match classify(path) {
        Operand::Linked(role) => role,
        Operand::Source(_) | Operand::Header | Operand::Foreign => InputRole::Other,
    }
}

/// Returns the language of `-x NAME`. `Some(None)` goes back to extensions.
pub(crate) fn named_language(name: &str) -> Option<Option<Language>> {
    Some(Some(match name {
        "assembler" => Language::Assembler,
        "assembler-with-cpp" => Language::AssemblerWithCpp,
        "c" => Language::C,
        "c++" => Language::Cxx,
        "none" => return Some(None),
        _ => return None,
    }))
}

/// Returns whether a name has the form `libfoo.so.1.2`.
fn is_versioned_library(name: &str) -> bool {
    name.split_once(".so.").is_some_and(|(_, version)| {
        version.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions() {
        assert!(EXTENSIONS.is_sorted_by_key(|(extension, _)| extension));
        for (path, expected) in [
            ("a.c", Operand::Source(Language::C)),
            ("x.y/a.C", Operand::Source(Language::Cxx)),
            ("a.c++", Operand::Source(Language::Cxx)),
            ("a.i", Operand::Source(Language::PreprocessedC)),
            ("a.S", Operand::Source(Language::AssemblerWithCpp)),
            ("a.h", Operand::Header),
            ("a.f90", Operand::Foreign),
            ("a.go", Operand::Foreign),
            ("a.o", Operand::Linked(InputRole::Object)),
            ("liba.a", Operand::Linked(InputRole::Archive)),
            ("liba.so", Operand::Linked(InputRole::SharedLibrary)),
            ("liba.so.1.2.3", Operand::Linked(InputRole::SharedLibrary)),
            ("liba.so.old", Operand::Linked(InputRole::Other)),
            ("liba.so.", Operand::Linked(InputRole::Other)),
            ("a.ld", Operand::Linked(InputRole::Other)),
            ("x.c/a", Operand::Linked(InputRole::Other)),
        ] {
            assert_eq!(classify(path), expected, "{path}");
        }
    }
}
