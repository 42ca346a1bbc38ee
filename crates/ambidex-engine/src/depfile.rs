//! Knows the make rules that compilers write for `-MD`, and which files they name.

/// The prerequisites of all rules in a dependency file, in order, as they are written there.
///
/// The quoting is make's as GCC writes it (GCC, `libcpp/mkdeps.cc`, `munge`): a backslash before a space, a tab
/// or `#`, doubled backslashes before a quoted space, `$$` for `$`, a backslash at a line's end to go on.
pub fn prerequisites(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut in_targets = true;
    let mut chars = text.chars().peekable();
    let mut end_word = |word: &mut String, in_targets: &mut bool| {
        if word.is_empty() {
            return;
        }
        let done = std::mem::take(word);
        if *in_targets {
            *in_targets = !done.ends_with(':');
        } else {
            words.push(done);
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.peek() {
                Some('\n') => {
                    chars.next();
                    end_word(&mut word, &mut in_targets);
                }
                Some(' ' | '\t' | '#' | '\\') => word.extend(chars.next()),
                _ => word.push('\\'),
            },
            '$' if chars.peek() == Some(&'$') => word.extend(chars.next()),
            '\n' => {
                end_word(&mut word, &mut in_targets);
                in_targets = true;
            }
            ' ' | '\t' | '\r' => end_word(&mut word, &mut in_targets),
            c => word.push(c),
        }
    }
    end_word(&mut word, &mut in_targets);
    words
}

#[cfg(test)]
mod tests {
    use super::prerequisites;

    #[test]
    fn a_rule_over_several_lines() {
        let text = "build/common.o: src/common.c \\\n /usr/include/stdio.h \\\n  src/a.h\n";
        assert_eq!(prerequisites(text), ["src/common.c", "/usr/include/stdio.h", "src/a.h"]);
    }

    #[test]
    fn quoted_characters() {
        let text = "a.o: my\\ source.c cost$$.h \\#1.h\n";
        assert_eq!(prerequisites(text), ["my source.c", "cost$.h", "#1.h"]);
    }

    #[test]
    fn rules_without_prerequisites_are_those_of_dash_mp() {
        assert_eq!(prerequisites("a.o: a.c a.h\n\na.h:\n"), ["a.c", "a.h"]);
    }
}
