//! The words of a line, split at white space with quotes and escapes, as Apache does it.

/// A word without its quotes and escapes, and where it begins in the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub offset: usize,
    /// Set if its quote is not closed: it then extends to the end of the line.
    pub unclosed: bool,
}

/// The words of `text`, which begins at `offset` in its line.
pub fn words(text: &str, offset: usize) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_ascii_start();
        let Some(first) = rest.chars().next() else { return words };
        let start = offset + text.len() - rest.len();
        let (word, unclosed);
        (word, rest, unclosed) = match first {
            '"' | '\'' => quoted(&rest[1..], first),
            _ => unquoted(rest),
        };
        words.push(Word { text: word, offset: start, unclosed });
    }
}

/// The rest of a quoted word, in which a backslash escapes the quote and itself.
fn quoted(text: &str, quote: char) -> (String, &str, bool) {
    let mut word = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if chars.peek().is_some_and(|&(_, next)| next == quote || next == '\\') => {
                word.extend(chars.next().map(|(_, escaped)| escaped));
            }
            _ if c == quote => return (word, &text[at + 1..], false),
            _ => word.push(c),
        }
    }
    (word, "", true)
}

/// A word up to white space, in which a backslash escapes itself.
fn unquoted(text: &str) -> (String, &str, bool) {
    let end = text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len());
    (text[..end].replace("\\\\", "\\"), &text[end..], false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        words(line, 0).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn quotes_of_both_kinds_keep_spaces() {
        assert_eq!(texts(r#"A "b c" 'd "e"' f"#), ["A", "b c", "d \"e\"", "f"]);
    }

    #[test]
    fn a_backslash_escapes_the_quote_and_itself_only() {
        assert_eq!(texts(r#"A "b\"c\\d\.e" \.mp4$ a\\b"#), ["A", r#"b"c\d\.e"#, r"\.mp4$", r"a\b"]);
    }

    #[test]
    fn a_word_may_follow_a_quote_at_once() {
        assert_eq!(texts(r#"A "b"c ''"#), ["A", "b", "c", ""]);
    }

    #[test]
    fn an_open_quote_goes_to_the_end_of_the_line() {
        let words = words("A \"b c", 10);
        assert_eq!(words[1], Word { text: "b c".into(), offset: 12, unclosed: true });
    }
}
