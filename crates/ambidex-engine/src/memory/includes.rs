//! Knows which other texts a source text asks for by its directives, whether or not the preprocessor gets to them.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::paths::plain;

/// The directives of a text that include others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Includes {
    /// What they name, each once, in order.
    pub named: Vec<Include>,
    /// Whether one of them says by a macro what it includes.
    pub computed: bool,
}

/// What one directive names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Include {
    /// Without `.` and doubled slashes.
    pub name: String,
    pub form: Form,
}

/// How a directive looks for what it names (GCC's preprocessor manual, "Include Syntax").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Form {
    /// `#include "..."`: beside the text, then in the folders.
    Quoted,
    /// `#include <...>`: in the folders that are not for quotes only.
    Angled,
    /// `#include_next`: in the folders behind the one in which this text was found.
    Next,
}

impl Includes {
    /// The directives in a text. One that is put together across lines, or in digraphs, is not seen.
    pub fn of(text: &[u8]) -> Self {
        let mut includes = Self::default();
        for at in memchr::memchr_iter(b'#', text) {
            if !begins_directive(&text[..at]) {
                continue;
            }
            let directive = blanks_skipped(&text[at + 1..]);
            let rest = directive.strip_prefix(b"include").or_else(|| directive.strip_prefix(b"import"));
            let Some(rest) = rest else { continue };
            let next = rest.strip_prefix(b"_next");
            if includes_text(rest) || next.is_some_and(includes_text) {
                includes.add(blanks_skipped(next.unwrap_or(rest)), next.is_some());
            }
        }
        includes.named.sort_unstable();
        includes.named.dedup();
        includes
    }

    fn add(&mut self, argument: &[u8], next: bool) {
        let (end, form) = match argument.first() {
            Some(b'<') => (b'>', Form::Angled),
            Some(b'"') => (b'"', Form::Quoted),
            _ => {
                self.computed = true;
                return;
            }
        };
        let line = argument[1..].split(|c| *c == b'\n').next().unwrap_or_default();
        let name = memchr::memchr(end, line).and_then(|end| std::str::from_utf8(&line[..end]).ok());
        match name {
            Some(name) => {
                let form = if next { Form::Next } else { form };
                let name = plain(Path::new(name)).to_string_lossy().into_owned();
                self.named.push(Include { name, form });
            }
            None => self.computed = true,
        }
    }
}

/// Whether nothing but blanks and a comment stands on the line before this.
fn begins_directive(before: &[u8]) -> bool {
    let mut line = before;
    while let Some((last, rest)) = line.split_last()
        && is_blank(*last)
    {
        line = rest;
    }
    line.last().is_none_or(|last| matches!(last, b'\n' | b'\r')) || line.ends_with(b"*/")
}

/// Whether this, behind the word, can be what it includes. In comments, other words begin with it.
fn includes_text(rest: &[u8]) -> bool {
    rest.first().is_some_and(|c| is_blank(*c) || matches!(c, b'<' | b'"' | b'/' | b'\\'))
}

fn is_blank(c: u8) -> bool {
    matches!(c, b' ' | b'\t' | b'\x0b' | b'\x0c')
}

fn blanks_skipped(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|c| is_blank(**c)).count();
    &text[blanks..]
}

#[cfg(test)]
mod tests {
    use super::{Form, Includes};

    fn named(text: &str) -> Vec<(String, Form)> {
        let includes = Includes::of(text.as_bytes());
        assert!(!includes.computed, "{text}");
        includes.named.into_iter().map(|include| (include.name, include.form)).collect()
    }

    #[test]
    fn directives_are_found_however_they_are_spaced() {
        let text = "#include <a.h>\n  #  include\t\"b/c.h\"\n/* d */ #import <d.h>\r\n#include_next<e.h>\n#include\"f.h\"";
        let names = [
            ("a.h", Form::Angled),
            ("b/c.h", Form::Quoted),
            ("d.h", Form::Angled),
            ("e.h", Form::Next),
            ("f.h", Form::Quoted),
        ];
        assert_eq!(named(text), names.map(|(name, form)| (name.to_owned(), form)));
    }

    #[test]
    fn other_words_and_what_is_within_a_line_are_none() {
        assert_eq!(
            named("#include_dirs x\n * #include <a.h>\nx = \"#include <b.h>\";\n#define include\n"),
            []
        );
    }

    #[test]
    fn names_have_one_spelling() {
        let text = "#include \"./a//b/./c.h\"\n#include \"../d.h\"\n#include \"/e//f.h\"\n";
        let names = ["../d.h", "/e/f.h", "a/b/c.h"];
        assert_eq!(named(text), names.map(|name| (name.to_owned(), Form::Quoted)));
    }

    #[test]
    fn what_is_included_twice_is_named_once() {
        assert_eq!(named("#include <a.h>\n#include <a.h>\n").len(), 1);
    }

    #[test]
    fn a_name_that_is_computed_shows() {
        for text in
            ["#include FT_FREETYPE_H\n", "#include /* x */ <y.h>\n", "#include \\\n<y.h>\n", "#include <y"]
        {
            assert!(Includes::of(text.as_bytes()).computed, "{text}");
        }
    }
}
