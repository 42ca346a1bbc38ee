//! Restores the project's own paths in what a command printed.

/// Replaces each occurrence of the renamed path `from` with the project's own path `to`.
pub(super) fn with_names(text: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    let from = from.as_bytes();
    if from.is_empty() || text.len() < from.len() {
        return text;
    }
    let mut result = Vec::with_capacity(text.len());
    let mut done = 0;
    for at in memchr::memmem::find_iter(&text, from) {
        result.extend_from_slice(&text[done..at]);
        result.extend_from_slice(to.as_bytes());
        done = at + from.len();
    }
    result.extend_from_slice(&text[done..]);
    result
}

#[cfg(test)]
mod tests {
    use super::with_names;

    #[test]
    fn renamed_files_are_told_by_their_own_names() {
        let text = b"ld: build/.ambidex/obj/1/a.o: in f: bad; build/.ambidex/obj/1/a.o\n".to_vec();
        let told = with_names(text, "build/.ambidex/obj/1/a.o", "build/temp/a.o");
        assert_eq!(told, b"ld: build/temp/a.o: in f: bad; build/temp/a.o\n");
    }
}
