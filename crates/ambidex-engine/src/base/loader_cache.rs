//! The cache of the dynamic loader, `/etc/ld.so.cache`: which files the name of a library stands for.

/// The beginning of a cache (glibc, `sysdeps/generic/dl-cache.h`, `CACHEMAGIC_VERSION_NEW`).
const HEAD: &[u8] = b"glibc-ld.so.cache1.1";

/// The number of bytes before the first entry, and that of an entry (the same file, `cache_file_new` and
/// `file_entry_new`).
const BEFORE: usize = 48;
const ENTRY: usize = 24;

/// The newest kernel that an entry may ask for: Linux 3.2.0, which the programs of this project need themselves (the
/// Rust project's "Platform Support"). Older loaders skip an entry if the kernel is older (glibc before 2.37,
/// `sysdeps/generic/dl-cache.h`, `osversion`).
const KERNEL: u32 = 0x0003_0200;

/// A file that a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Library<'a> {
    /// For which kind of program, among them those of other architectures.
    pub flags: [u8; 4],
    pub path: &'a [u8],
}

/// Returns what a cache has for a name, in its order; none if the cache has another form, or if the processor or
/// the kernel decides which of the files is loaded.
pub(crate) fn entries<'a>(cache: &'a [u8], name: &[u8]) -> Option<Vec<Library<'a>>> {
    let counts = cache.strip_prefix(HEAD)?;
    let count = u32::from_ne_bytes(*counts.first_chunk()?) as usize;
    let all = cache.get(BEFORE..)?.get(..count.checked_mul(ENTRY)?)?;
    let mut found = Vec::new();
    for entry in all.chunks_exact(ENTRY) {
        let (flags, rest) = entry.split_first_chunk::<4>()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (value, rest) = rest.split_first_chunk()?;
        if text(cache, *key)? != name {
            continue;
        }
        let (kernel, processor) = rest.split_first_chunk()?;
        if u32::from_ne_bytes(*kernel) > KERNEL || processor.iter().any(|byte| *byte != 0) {
            return None;
        }
        found.push(Library { flags: *flags, path: text(cache, *value)? });
    }
    Some(found)
}

/// Returns the text at a place in a cache.
fn text(cache: &[u8], at: [u8; 4]) -> Option<&[u8]> {
    let text = cache.get(u32::from_ne_bytes(at) as usize..)?;
    Some(&text[..memchr::memchr(0, text)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a cache with these entries: (name, path, what the processor must be capable of).
    fn cache(entries: &[(&str, &str, u64)]) -> Vec<u8> {
        let mut cache = HEAD.to_vec();
        cache.extend(u32::try_from(entries.len()).unwrap().to_ne_bytes());
        cache.resize(BEFORE, 0);
        let mut strings = Vec::new();
        let mut put = |text: &str| {
            let at = BEFORE + ENTRY * entries.len() + strings.len();
            strings.extend([text.as_bytes(), b"\0"].concat());
            u32::try_from(at).unwrap().to_ne_bytes()
        };
        for (name, path, capability) in entries {
            let words = [3_u32.to_ne_bytes(), put(name), put(path), [0; 4]];
            cache.extend(words.concat());
            cache.extend(capability.to_ne_bytes());
        }
        cache.extend(strings);
        cache
    }

    #[test]
    fn a_name_has_its_entries_alone() {
        let cache =
            cache(&[("libz.so.1", "/lib/libz.so.1", 0), ("liba.so", "/b/liba.so", 0), ("liba.so", "/c", 0)]);
        let paths = |name: &str| -> Vec<&[u8]> {
            entries(&cache, name.as_bytes()).unwrap().iter().map(|library| library.path).collect()
        };
        assert_eq!(paths("libz.so.1"), [b"/lib/libz.so.1"]);
        assert_eq!(paths("liba.so"), [&b"/b/liba.so"[..], b"/c"]);
        assert_eq!(paths("libz.so"), [b""; 0]);
    }

    #[test]
    fn what_depends_on_the_processor_or_can_not_be_read_is_not_known() {
        assert_eq!(entries(&cache(&[("a", "/fast/a", 1), ("b", "/b", 0)]), b"a"), None);
        let whole = cache(&[("a", "/a", 0)]);
        for length in 0..whole.len() {
            assert_eq!(entries(&whole[..length], b"a"), None, "{length}");
        }
        assert_eq!(entries(b"ld.so-1.7.0", b"a"), None);
    }

    #[test]
    fn the_cache_of_this_machine_has_the_c_library() {
        let Ok(cache) = std::fs::read("/etc/ld.so.cache") else { return };
        if let Some(found) = entries(&cache, b"libc.so.6") {
            assert!(found.iter().any(|library| library.path.ends_with(b"/libc.so.6")), "{found:?}");
        }
    }
}
