//! Runs a program with the library, and reads the trace.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::compile;

/// An entry of the trace, as `journal.rs` describes it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub kind: char,
    pub flags: u8,
    pub text: String,
}

/// Runs a program, and returns the entries of its trace. It does not matter how the program ends.
pub fn traced(command: &mut Command) -> Vec<Entry> {
    traced_by(command, b"")
}

/// Runs a program in the same way, with rules for changes.
pub fn traced_by(command: &mut Command, rules: &[u8]) -> Vec<Entry> {
    static LIBRARY: OnceLock<(tempfile::TempDir, std::path::PathBuf)> = OnceLock::new();
    let (_, library) = LIBRARY.get_or_init(|| {
        let folder = tempfile::tempdir().expect("there is room");
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let library = compile::compile(&rustc, None, &crates, "ambidex-trace", folder.path());
        (folder, library)
    });
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("trace");
    let file = std::fs::File::create(&path).expect("the folder is ours");
    file.set_len(64 << 20).expect("nothing is written yet");
    let length = u32::try_from(rules.len()).expect("they are short").to_ne_bytes();
    file.write_all_at(&[&length, rules].concat(), 12).expect("it is long enough");
    command.env("AMBIDEX_TRACE", &path).env("LD_PRELOAD", library).stdin(Stdio::null());
    command.output().expect("the program is there");
    let file = std::fs::File::open(&path).expect("it is ours");
    let mut taken = [0; 8];
    file.read_exact_at(&mut taken, 0).expect("it has a head");
    let mut bytes = vec![0; usize::from_ne_bytes(taken)];
    file.read_exact_at(&mut bytes, 16 << 10).expect("it is long enough");
    let mut entries = Vec::new();
    let mut rest = bytes.as_slice();
    while let [kind, flags, low, high, _, _, _, _, text @ ..] = rest {
        let length = usize::from(u16::from_ne_bytes([*low, *high]));
        // The text follows the device and the inode of the opened file.
        let path = if *flags & 16 == 0 { 0 } else { 16 };
        let text_of = String::from_utf8_lossy(&text[path..length]).into_owned();
        entries.push(Entry { kind: char::from(*kind), flags: *flags, text: text_of });
        rest = &text[length..];
    }
    entries
}
