//! Text with `...` in it, which stands for any text, or on a line of its own for any number of lines.

/// Returns whether a line fits a pattern.
pub fn fits(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split("...");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Returns whether lines fit patterns of lines.
pub fn all_fit(patterns: &[&str], lines: &[&str]) -> bool {
    match (patterns, lines) {
        ([], _) => lines.is_empty(),
        ([pattern, rest @ ..], _) if pattern.trim() == "..." => {
            (0..=lines.len()).any(|skipped| all_fit(rest, &lines[skipped..]))
        }
        (_, []) => false,
        ([pattern, patterns @ ..], [line, lines @ ..]) => {
            fits(pattern.trim_end(), line.trim_end()) && all_fit(patterns, lines)
        }
    }
}

#[test]
fn dots_stand_for_text_and_lines() {
    for (pattern, line) in [("a", "a"), ("...", ""), ("a ... c", "a b c"), ("...b...", "abc"), ("a...", "a")]
    {
        assert!(fits(pattern, line), "{pattern} {line}");
    }
    for (pattern, line) in [("a", "ab"), ("a", ""), ("a...c", "ab"), ("...b...d", "dba"), ("ab...b", "ab")] {
        assert!(!fits(pattern, line), "{pattern} {line}");
    }
    assert!(all_fit(&["a", "...", "c"], &["a", "b", "b", "c"]));
    assert!(all_fit(&["a", "..."], &["a"]));
    assert!(!all_fit(&["a", "...", "c"], &["a", "b"]));
    assert!(!all_fit(&["a"], &["a", "b"]));
}
