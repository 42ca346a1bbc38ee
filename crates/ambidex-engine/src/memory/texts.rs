//! Which contents hold which texts, each looked up once in a build. Programs count as no texts.

use std::io::Read;
use std::path::Path;

use ambidex_store::{Digest, open_regular, read_regular};
use rustc_hash::FxHashMap;

/// What is known of contents and texts.
#[derive(Debug, Default)]
pub(crate) struct Texts(FxHashMap<Box<[u8]>, FxHashMap<Digest, bool>>);

impl Texts {
    /// Returns whether the file with this content is no program and holds a text. What can't be read may hold anything.
    pub fn holds(&mut self, content: Digest, file: &Path, text: &[u8]) -> bool {
        // There are few texts, and this runs for each file of each command.
        if !self.0.contains_key(text) {
            self.0.insert(text.into(), FxHashMap::default());
        }
        let known = self.0.get_mut(text).expect("it was put there");
        *known.entry(content).or_insert_with(|| {
            if file.is_dir() || is_program(file) {
                return false;
            }
            let same = read_regular(file).ok().filter(|bytes| Digest::of(bytes) == content);
            same.is_none_or(|bytes| memchr::memmem::find(&bytes, text).is_some())
        })
    }
}

/// Returns whether a file is a program or a library, which are large, and no text to a compiler.
fn is_program(file: &Path) -> bool {
    let mut mark = [0; 4];
    open_regular(file).is_ok_and(|mut file| file.read_exact(&mut mark).is_ok()) && mark == *b"\x7fELF"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_content_may_hold_anything() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.h");
        std::fs::write(&file, "#line 1 \"/p/a.y\"\n").unwrap();
        let content = Digest::of(b"#line 1 \"/p/a.y\"\n");
        let mut texts = Texts::default();
        assert!(texts.holds(content, &file, b"/p/"));
        assert!(!texts.holds(content, &file, b"/q/"));
        assert!(texts.holds(content, &file, b"#line"));
        let program = folder.path().join("cc1");
        std::fs::write(&program, "\x7fELF #pragma").unwrap();
        assert!(!texts.holds(Digest::of(b"\x7fELF #pragma"), &program, b"#pragma"));
        assert!(texts.holds(Digest::of(b"other"), &file, b"/q/"));
        std::fs::remove_file(&file).unwrap();
        assert!(!texts.holds(content, &file, b"/q/"));
        assert!(texts.holds(content, &file, b"/r/"));
    }
}
