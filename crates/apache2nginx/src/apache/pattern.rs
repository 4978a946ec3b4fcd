//! Patterns of sections: prefixes, shell wildcards and regular expressions.

use regex::{Regex, RegexBuilder};

/// How large a regular expression may become.
const LARGEST_REGEX: usize = 1 << 18;

/// What a section's argument matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    Prefix(String),
    Regex(String),
}

impl Pattern {
    /// The pattern of `<LocationMatch>` and the like. A regular expression that says no more than a
    /// prefix becomes one, if that ends in a slash: prefixes are of whole parts of a path.
    pub fn of_regex(text: &str) -> Self {
        match prefix_of_regex(text) {
            (prefix, true) if prefix.ends_with('/') => Self::Prefix(prefix),
            _ => Self::Regex(text.to_owned()),
        }
    }

    /// The pattern of `<Location>` and the like, whose wildcards match no slash.
    pub fn of_path(text: &str) -> Self {
        if has_wildcards(text) {
            Self::Regex(regex_of_wildcards(text, "[^/]"))
        } else {
            Self::Prefix(text.to_owned())
        }
    }

    /// The pattern of `<Proxy>`, whose wildcards match slashes, too.
    pub fn of_url(text: &str) -> Self {
        let prefix = text.strip_suffix('*').unwrap_or(text);
        if has_wildcards(prefix) {
            Self::Regex(regex_of_wildcards(text, "."))
        } else {
            Self::Prefix(prefix.to_owned())
        }
    }
}

/// Compiles an expression with Apache's options, if that is possible in linear time.
pub fn compile(regex: &str) -> Option<Regex> {
    RegexBuilder::new(regex).size_limit(LARGEST_REGEX).dot_matches_new_line(true).build().ok()
}

/// A regular expression for the paths that a section with a prefix has: whole parts.
pub fn regex_of_prefix(prefix: &str) -> String {
    let end = if prefix.ends_with('/') { "" } else { "(/|$)" };
    format!("^{}{end}", regex::escape(prefix))
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

fn has_wildcards(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// A regular expression for shell wildcards, which match any number of `any`, or one.
fn regex_of_wildcards(text: &str, any: &str) -> String {
    let mut regex = String::from("^");
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' => {
                regex.push_str(any);
                regex.push('*');
            }
            '?' => regex.push_str(any),
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
        assert_eq!(Pattern::of_regex("^/films/"), Pattern::Prefix("/films/".into()));
        assert_eq!(Pattern::of_regex("^/films"), Pattern::Regex("^/films".into()));
    }

    #[test]
    fn wildcards_become_regular_expressions() {
        assert_eq!(
            Pattern::of_url("https://*.example.com/[!a-c]?"),
            Pattern::Regex(r"^https\://.*\.example\.com/[^a-c].$".into())
        );
        assert_eq!(Pattern::of_path("/a/*/b?"), Pattern::Regex("^/a/[^/]*/b[^/]$".into()));
    }

    #[test]
    fn a_wildcard_at_the_end_of_a_url_leaves_a_prefix() {
        assert_eq!(Pattern::of_url("*"), Pattern::Prefix(String::new()));
        assert_eq!(Pattern::of_url("http://a/*"), Pattern::Prefix("http://a/".into()));
        assert_eq!(Pattern::of_path("/a/*"), Pattern::Regex("^/a/[^/]*$".into()));
    }
}
