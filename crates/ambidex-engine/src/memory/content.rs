//! Knows what a file contains, as far as builds depend on it: its digest, and words in it that no dependency
//! file tells.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use aho_corasick::AhoCorasick;
use ambidex_store::Digest;
use serde::{Deserialize, Serialize};

use super::includes::Includes;

/// What a source text mentions that makes its compilation depend on more than the texts that it includes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Traits {
    /// `__TIME__`: the compilation depends on the time of day (unless `SOURCE_DATE_EPOCH` is set).
    pub time: bool,
    /// `__DATE__`: on the day.
    pub date: bool,
    /// `__TIMESTAMP__`: on the modification time of the file.
    pub timestamp: bool,
    /// `__FILE__` and its kin: on how the file is named.
    pub own_name: bool,
    /// `.incbin`, `#embed`: on files that older compilers don't name.
    pub embeds: bool,
    /// The names that `__has_include` asks for.
    pub asks_for: Vec<String>,
    /// Whether `__has_include` asks for something that only the preprocessor could tell.
    pub asks_for_unknown: bool,
}

/// What a file contains, as far as builds depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub digest: Digest,
    /// None for most texts, and for what is none.
    pub traits: Option<Box<Traits>>,
    /// None for texts without such directives, and for what is no text.
    pub includes: Option<Arc<Includes>>,
}

impl Content {
    /// Something that is no source text, or is not looked into.
    pub fn opaque(digest: Digest) -> Self {
        Self { digest, traits: None, includes: None }
    }

    fn text(text: &[u8]) -> Self {
        let (traits, includes) = (traits(text), Includes::of(text));
        Self {
            digest: Digest::of(text),
            traits: (traits != Traits::default()).then(|| Box::new(traits)),
            includes: (includes != Includes::default()).then(|| Arc::new(includes)),
        }
    }
}

/// The content of a file. Programs, objects and archives are not looked into.
pub(crate) fn read(path: &Path) -> io::Result<Content> {
    let mut file = File::open(path)?;
    let mut text = Vec::new();
    file.by_ref().take(BINARY[0].len() as u64).read_to_end(&mut text)?;
    if BINARY.iter().any(|magic| text.starts_with(magic)) {
        return Ok(Content::opaque(Digest::of_reader(text.as_slice().chain(file))?));
    }
    file.read_to_end(&mut text)?;
    Ok(Content::text(&text))
}

/// What ELF files and archives begin with.
const BINARY: [&[u8]; 2] = [b"!<arch>\n", b"\x7fELF"];

const WORDS: [&str; 9] = [
    "__TIME__",
    "__DATE__",
    "__TIMESTAMP__",
    "__FILE__",
    "__BASE_FILE__",
    "__builtin_FILE",
    ".incbin",
    "embed",
    "__has_include",
];

static FINDER: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(WORDS).expect("the words are few and short"));

fn traits(text: &[u8]) -> Traits {
    let mut traits = Traits::default();
    for found in FINDER.find_iter(text) {
        match WORDS[found.pattern().as_usize()] {
            "__TIME__" => traits.time = true,
            "__DATE__" => traits.date = true,
            "__TIMESTAMP__" => traits.timestamp = true,
            ".incbin" => traits.embeds = true,
            "embed" => traits.embeds |= is_directive(&text[..found.start()]),
            "__has_include" => match asked_for(&text[found.end()..]) {
                Asked::Nothing => {}
                Asked::Name(name) => traits.asks_for.push(name),
                Asked::Unknown => traits.asks_for_unknown = true,
            },
            _ => traits.own_name = true,
        }
    }
    traits.asks_for.sort_unstable();
    traits.asks_for.dedup();
    traits
}

/// Whether a `#` and nothing but spaces stand before this.
fn is_directive(before: &[u8]) -> bool {
    before.iter().rev().find(|c| !matches!(c, b' ' | b'\t')) == Some(&b'#')
}

enum Asked {
    /// It is only asked whether there is such an operator.
    Nothing,
    Name(String),
    Unknown,
}

fn asked_for(behind: &[u8]) -> Asked {
    let behind = behind.strip_prefix(b"_next").unwrap_or(behind);
    let behind = behind.trim_ascii_start();
    let Some(argument) = behind.strip_prefix(b"(") else { return Asked::Nothing };
    let argument = argument.trim_ascii_start();
    let end = match argument.first() {
        Some(b'<') => b'>',
        Some(b'"') => b'"',
        _ => return Asked::Unknown,
    };
    let name = argument[1..].split(|c| *c == end).next().unwrap_or_default();
    match std::str::from_utf8(name) {
        Ok(name) if !name.contains('\n') => Asked::Name(name.to_owned()),
        _ => Asked::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::traits;

    #[test]
    fn plain_text_has_no_traits() {
        assert_eq!(traits(b"int f(void) { return 1; } /* embedded */"), super::Traits::default());
    }

    #[test]
    fn times_and_names_are_found() {
        let found = traits(b"const char *t = __TIME__, *d = __DATE__, *s = __TIMESTAMP__, *f = __FILE__;");
        assert!(found.time && found.date && found.timestamp && found.own_name && !found.embeds);
    }

    #[test]
    fn embedded_files_are_found() {
        assert!(traits(b"asm(\".incbin \\\"x\\\"\");").embeds);
        assert!(traits(b"# embed \"x\"").embeds);
        assert!(!traits(b"int embed;").embeds);
    }

    #[test]
    fn what_has_include_asks_for() {
        let found = traits(
            b"#if defined __has_include\n#if __has_include(<a/b.h>) || __has_include( \"c.h\" )\n#if __has_include_next(<d.h>)\n",
        );
        assert_eq!(found.asks_for, ["a/b.h", "c.h", "d.h"]);
        assert!(!found.asks_for_unknown);
        assert!(traits(b"#if __has_include(NAME)\n").asks_for_unknown);
    }
}
