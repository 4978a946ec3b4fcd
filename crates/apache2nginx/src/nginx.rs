//! The configuration of nginx, and how it is written.

/// A part of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// The words as they are written.
    Directive(String),
    /// The same, and what is in the block.
    Block(String, Vec<Item>),
    /// A line after `#`.
    Comment(String),
    Blank,
}

/// A directive with its arguments.
pub fn directive<'w>(words: impl IntoIterator<Item = &'w str>) -> Item {
    Item::Directive(joined(words))
}

/// A block with its arguments.
pub fn block<'w>(words: impl IntoIterator<Item = &'w str>, items: Vec<Item>) -> Item {
    Item::Block(joined(words), items)
}

/// Words in a line, each in quotes where it has to be.
fn joined<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() {
            text.push(' ');
        }
        quote(word, &mut text);
    }
    text
}

/// The items as text.
pub fn render(items: &[Item]) -> String {
    let mut text = String::new();
    write(items, 0, &mut text);
    text
}

fn write(items: &[Item], depth: usize, text: &mut String) {
    for item in items {
        match item {
            Item::Blank => {}
            _ => indent(depth, text),
        }
        match item {
            Item::Directive(words) => {
                text.push_str(words);
                text.push_str(";\n");
            }
            Item::Block(words, items) => {
                text.push_str(words);
                text.push_str(" {\n");
                write(items, depth + 1, text);
                indent(depth, text);
                text.push_str("}\n");
            }
            Item::Comment(comment) => {
                text.push('#');
                if !comment.is_empty() {
                    text.push(' ');
                }
                text.push_str(comment.trim_end());
                text.push('\n');
            }
            Item::Blank => text.push('\n'),
        }
    }
}

fn indent(depth: usize, text: &mut String) {
    (0..depth).for_each(|_| text.push_str("    "));
}

/// Adds a word as nginx reads it back: in quotes where it has to be.
fn quote(word: &str, text: &mut String) {
    let special = |c: char| c.is_whitespace() || matches!(c, ';' | '{' | '}' | '"' | '\'' | '#');
    let quoted = word.is_empty() || word.contains(special);
    if !quoted && !word.contains('\\') {
        text.push_str(word);
        return;
    }
    if quoted {
        text.push('"');
    }
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // A backslash is one of the word unless it stands before one of these.
            '\\' if matches!(chars.peek(), None | Some('"' | '\'' | '\\' | 't' | 'r' | 'n')) => {
                text.push_str("\\\\");
            }
            '"' => text.push_str("\\\""),
            _ => text.push(c),
        }
    }
    if quoted {
        text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_nginx_needs_it() {
        let cases = [
            ("a/b+c==", "a/b+c=="),
            ("", "\"\""),
            ("a b", "\"a b\""),
            ("a;b", "\"a;b\""),
            ("a\"b", "\"a\\\"b\""),
            (r"^/[0-9]{2}\.mp4$", r#""^/[0-9]{2}\.mp4$""#),
            (r"^/a\.mp4$", r"^/a\.mp4$"),
            (r"a\\", r"a\\\\"),
            (r"\new", r"\\new"),
        ];
        for (word, quoted) in cases {
            assert_eq!(directive([word]), Item::Directive(quoted.to_owned()));
        }
    }

    #[test]
    fn blocks_are_indented() {
        let items = [
            Item::Comment("c".into()),
            block(
                ["location", "/"],
                vec![directive(["a", "b"]), Item::Blank, Item::Comment(String::new())],
            ),
        ];
        assert_eq!(render(&items), "# c\nlocation / {\n    a b;\n\n    #\n}\n");
    }
}
