//! Patterns of sections: prefixes, shell wildcards and regular expressions.

/// What a section's argument matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    Prefix(String),
    Regex(String),
}

impl Pattern {
    /// The pattern of `<Location>`, `<Proxy>` and the like, or of the `…Match` form of it. A
    /// regular expression that says no more than a prefix becomes one, if that ends in a slash:
    /// prefixes are of whole parts of a path.
    pub fn new(text: &str, is_regex: bool) -> Self {
        if is_regex {
            return match prefix_of_regex(text) {
                (prefix, true) if prefix.ends_with('/') => Self::Prefix(prefix),
                _ => Self::Regex(text.to_owned()),
            };
        }
        if text == "*" {
            return Self::Prefix(String::new());
        }
        if text.contains(['*', '?', '[']) {
            return Self::Regex(regex_of_wildcards(text));
        }
        Self::Prefix(text.to_owned())
    }
}

/// The text that every match of a regular expression begins with, and whether everything that
/// begins with it matches.
pub fn prefix_of_regex(regex: &str) -> (String, bool) {
    let mut prefix = String::new();
    let Some(mut rest) = regex.strip_prefix('^') else { return (prefix, false) };
    if rest.contains('|') {
        return (prefix, false);
    }
    loop {
        if matches!(rest, "" | ".*" | ".*$" | "(.*)" | "(.*)$") {
            return (prefix, true);
        }
        let mut chars = rest.chars();
        let literal = match chars.next() {
            Some('\\') => chars.next().filter(char::is_ascii_punctuation),
            Some(c) => Some(c).filter(|c| !"^$.|?*+()[]{}".contains(*c)),
            None => None,
        };
        // What is repeated, or may be left out, belongs to no prefix.
        let repeated = chars.as_str().starts_with(['?', '*', '+', '{']);
        let Some(literal) = literal.filter(|_| !repeated) else { return (prefix, false) };
        prefix.push(literal);
        rest = chars.as_str();
    }
}

/// A regular expression for shell wildcards, whose `*` matches slashes, too.
fn regex_of_wildcards(text: &str) -> String {
    let mut regex = String::from("^");
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '[' => match rest.as_str().split_once(']') {
                Some((set, after)) if !set.is_empty() && !set.contains(['[', '\\', '&', '~']) => {
                    regex.push('[');
                    regex.push_str(&set.replacen('!', "^", usize::from(set.starts_with('!'))));
                    regex.push(']');
                    rest = after.chars();
                }
                _ => regex.push_str("\\["),
            },
            _ if c.is_ascii_punctuation() && c != '/' && c != '-' && c != '_' => {
                regex.push('\\');
                regex.push(c);
            }
            _ => regex.push(c),
        }
    }
    regex.push('$');
    regex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_expressions_have_prefixes() {
        let cases = [
            ("^/films/", "/films/", true),
            ("^/films/(.*)$", "/films/", true),
            (r"^https://films\.s3\.amazonaws\.com/.*", "https://films.s3.amazonaws.com/", true),
            ("^/films?/", "/film", false),
            ("^/fil(m|e)s/", "", false),
            (r"^/[a-z]+\.mp4$", "/", false),
            ("films", "", false),
            (r"^/a\d", "/a", false),
        ];
        for (regex, prefix, whole) in cases {
            assert_eq!(prefix_of_regex(regex), (prefix.to_owned(), whole), "{regex}");
        }
    }

    #[test]
    fn a_regular_expression_of_a_part_of_a_name_is_no_prefix() {
        assert_eq!(Pattern::new("^/films/", true), Pattern::Prefix("/films/".into()));
        assert_eq!(Pattern::new("^/films", true), Pattern::Regex("^/films".into()));
    }

    #[test]
    fn wildcards_become_regular_expressions() {
        assert_eq!(
            Pattern::new("https://*.example.com/[!a-c]?", false),
            Pattern::Regex(r"^https\://.*\.example\.com/[^a-c].$".into())
        );
        assert_eq!(Pattern::new("*", false), Pattern::Prefix(String::new()));
    }
}
