//! The expansion of response files (`@file`) into arguments.

use crate::{NotUnderstood, ResponseFiles};

/// The maximum nesting of response files. libiberty's `expandargv` stops at 2000 expansions of one command line; nobody
/// nests them more than once on purpose.
const DEPTH: usize = 16;

/// Expands response files among the arguments from `first` on, and returns whether there were any.
pub(crate) fn expand(
    argv: &[String],
    first: usize,
    files: &dyn ResponseFiles,
) -> Result<(Vec<String>, bool), NotUnderstood> {
    let mut result = argv[..first].to_vec();
    let mut expanded = false;
    for argument in &argv[first..] {
        expanded |= expand_into(argument, files, 0, &mut result)?;
    }
    Ok((result, expanded))
}

fn expand_into(
    argument: &str,
    files: &dyn ResponseFiles,
    depth: usize,
    result: &mut Vec<String>,
) -> Result<bool, NotUnderstood> {
    let Some(path) = argument.strip_prefix('@') else {
        result.push(argument.to_owned());
        return Ok(false);
    };
    if depth == DEPTH {
        return Err(NotUnderstood::ResponseFileDepth(path.to_owned()));
    }
    // GCC takes `@file` literally if there is no such file. Such a file may appear or go before the command runs.
    let text = files
        .read(path)
        .map_err(|error| NotUnderstood::ResponseFile { path: path.to_owned(), error: error.to_string() })?;
    for word in words(&text) {
        expand_into(&word, files, depth + 1, result)?;
    }
    Ok(true)
}

/// Splits the text of a response file (GCC manual, "Overall Options", `@file`; libiberty's `buildargv`). White space
/// separates words. White space within single or double quotes belongs to the word. A backslash takes the next
/// character literally, even within quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            // A backslash at the very end stands for nothing.
            '\\' => word.get_or_insert_default().extend(characters.next()),
            _ if quote == Some(character) => quote = None,
            '\'' | '"' if quote.is_none() => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            _ if quote.is_none() && is_space(character) => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

/// Returns whether a character is white space to C's `isspace`.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Files;

    impl ResponseFiles for Files {
        fn read(&self, path: &str) -> std::io::Result<String> {
            match path {
                "flat" => Ok("-c a.c\n-DX=\"a b\"".to_owned()),
                "nested" => Ok("-O2 @flat -g".to_owned()),
                "endless" => Ok("@endless".to_owned()),
                _ => Err(std::io::ErrorKind::NotFound.into()),
            }
        }
    }

    #[test]
    fn splitting() {
        for (text, expected) in [
            ("", vec![]),
            ("  \n\t ", vec![]),
            ("a b\nc", vec!["a", "b", "c"]),
            ("'a b' \"c d\"", vec!["a b", "c d"]),
            ("-DX='\"y\"'", vec!["-DX=\"y\""]),
            (r"a\ b \'c\\", vec!["a b", r"'c\"]),
            (r#""a\"b" 'c\'d'"#, vec!["a\"b", "c'd"]),
            ("'' a", vec!["", "a"]),
            ("a'b c'd", vec!["ab cd"]),
            ("'open", vec!["open"]),
            ("end\\", vec!["end"]),
        ] {
            assert_eq!(words(text), expected, "{text:?}");
        }
    }

    fn expand_all(line: &str) -> Result<(Vec<String>, bool), NotUnderstood> {
        let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
        expand(&argv, 1, &Files)
    }

    #[test]
    fn expanding() {
        let (argv, expanded) = expand_all("gcc @nested -o a.o").unwrap();
        assert!(expanded);
        assert_eq!(argv, ["gcc", "-O2", "-c", "a.c", "-DX=a b", "-g", "-o", "a.o"]);
        let (argv, expanded) = expand_all("gcc -c a.c").unwrap();
        assert!(!expanded);
        assert_eq!(argv, ["gcc", "-c", "a.c"]);
        assert!(matches!(
            expand_all("gcc @missing"),
            Err(NotUnderstood::ResponseFile { path, .. }) if path == "missing"
        ));
        assert!(matches!(expand_all("gcc @endless"), Err(NotUnderstood::ResponseFileDepth(_))));
    }
}
