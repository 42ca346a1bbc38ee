//! How paths and command lines are written in a file for ninja, and in the shell commands in it.

use std::borrow::Cow;

/// Definitions at the head of each file: a `|` in a path has no escape (ninja manual, "Lexical syntax"), but a variable
/// may stand for it.
pub(super) const DEFINITIONS: &str = "bar = |\n";

/// Returns a path as `build` and `default` take it, or `None` if ninja can't be told of it.
pub(super) fn path(path: &str) -> Option<String> {
    let mut escaped = String::with_capacity(path.len());
    for character in path.chars() {
        match character {
            '$' | ' ' | ':' => escaped.extend(['$', character]),
            '|' => escaped.push_str("${bar}"),
            '\n' | '\r' | '\0' => return None,
            _ => escaped.push(character),
        }
    }
    Some(escaped)
}

/// Returns a text as the value of a variable. It must be a single line.
pub(super) fn value(text: &str) -> String {
    text.replace('$', "$$")
}

/// Returns whether a text is a single line to ninja.
pub(super) fn is_line(text: &str) -> bool {
    !text.contains(['\n', '\r'])
}

/// Returns an argument as a word of the shell. It is a single line if [`NEWLINES`] precede it.
pub(super) fn word(argument: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        return Cow::Borrowed(argument);
    }
    let quoted = argument.replace('\'', "'\\''").replace('\n', "'\"$n\"'").replace('\r', "'\"$r\"'");
    Cow::Owned(format!("'{quoted}'"))
}

/// Returns arguments as words of the shell.
pub(super) fn words<'a>(arguments: impl IntoIterator<Item = &'a str>) -> String {
    arguments.into_iter().map(word).collect::<Vec<_>>().join(" ")
}

/// The beginning of a shell command some of whose arguments have several lines. It defines the characters that end
/// lines, because a value in a file for ninja has none. The shell cuts such characters off at the end of `$(...)`.
pub(super) const NEWLINES: &str = r"n=$(printf '\n.') && n=${n%.} && r=$(printf '\r.') && r=${r%.} && ";

/// Returns a shell command that turns a list of headers into one whose relative paths begin with `folder`: ninja knows
/// only its own directory. A compiler writes one space before each path, and escapes those in paths.
pub(super) fn moved_headers(from: &str, to: &str, folder: &str) -> String {
    /// Stands for a space in a path.
    const SPACE: &str = r"\x01";
    let in_list = folder.replace('$', "$$").replace('#', r"\#");
    let in_script = in_list.replace('\\', r"\\").replace('&', r"\&").replace('|', r"\|");
    let in_script = in_script.replace(' ', SPACE);
    let script = format!(r"s|\\ |{SPACE}|g; s| \([^ /\]\)| {in_script}/\1|g; s|{SPACE}|\\ |g");
    format!("sed {} {} > {}", word(&script), word(from), word(to))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Returns what the shell makes of a command, which prints.
    fn shell(command: &str) -> String {
        let output = Command::new("sh").args(["-c", command]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn paths_of_every_kind() {
        assert_eq!(path("a b$c:d|e#f~").as_deref(), Some("a$ b$$c$:d${bar}e#f~"));
        assert_eq!(path("a\nb"), None);
    }

    #[test]
    fn the_shell_reads_each_argument_as_it_was() {
        for argument in
            ["", "plain", "a b", "it's", "\"$HOME\"", "a\\b", "`x`", "*", "é", "~", "a\nb\n", "\r\n'"]
        {
            let quoted = word(argument);
            assert!(is_line(&quoted), "{quoted}");
            assert_eq!(shell(&format!("{NEWLINES}printf %s {quoted}")), argument);
        }
        assert_eq!(words(["gcc", "-DX=1", "a b"]), "gcc -DX=1 'a b'");
    }

    #[test]
    fn relative_headers_are_found_from_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let list = "x.o: a.c sub/b.h \\\n /usr/include/c.h my\\ own.h \\\n d\n";
        std::fs::write(file("from"), list).unwrap();
        shell(&moved_headers(&file("from"), &file("to"), "s p/a&b$|#"));
        let prefix = r"s\ p/a&b$$|\#";
        let expected = format!(
            "x.o: {prefix}/a.c {prefix}/sub/b.h \\\n /usr/include/c.h {prefix}/my\\ own.h \\\n {prefix}/d\n"
        );
        assert_eq!(std::fs::read_to_string(file("to")).unwrap(), expected);
    }
}
