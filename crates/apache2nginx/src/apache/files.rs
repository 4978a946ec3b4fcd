//! Sections of files and directories, as expressions for the paths of requests. Which parts of a
//! path are directories for Apache is not known here: a name counts wherever it stands.

use crate::apache::guard::Guard;
use crate::apache::pattern::{Pattern, compile};
use crate::apache::section::Section;

/// The end of a part of a path.
const END: &str = "(/|$)";

/// What a `<Files>` or `<FilesMatch>` section keeps from whom, for requests that Apache maps to
/// files.
pub fn guard<'a>(section: &Section<'a>) -> Guard<'a> {
    let regex = match (&section.pattern, section.expression) {
        _ if section.node.undefined().is_some() => None,
        (_, Some(expression)) => with_parts(expression, of_name),
        (Pattern::Regex(regex), None) => with_parts(regex, of_name),
        (Pattern::Prefix(name), None) => Some(format!("/{}{END}", regex::escape(name))),
    };
    placed(section, regex)
}

/// The same for the expression of `<DirectoryMatch>`, and a route to a directory.
pub fn guard_of_directories<'a>(section: &Section<'a>, directory: &str) -> Guard<'a> {
    let expression = section.expression.filter(|_| section.node.undefined().is_none());
    let whole = expression.and_then(compile).is_none_or(|regex| regex.is_match(directory));
    // One that is for all of the directory is for each path in it.
    let regex = expression.filter(|_| !whole).and_then(|text| with_parts(text, of_directory));
    placed(section, regex)
}

/// A guard for an expression; without one, for all paths.
fn placed<'a>(section: &Section<'a>, regex: Option<String>) -> Guard<'a> {
    let is_denial = regex.is_some() && section.settings.access.is_denial();
    Guard::new(regex.unwrap_or_default(), section.node, is_denial).for_files()
}

/// An expression for paths, if each of its alternatives has one.
fn with_parts(expression: &str, part: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (flag, rest) = match expression.strip_prefix("(?i)") {
        Some(rest) => ("(?i)", rest),
        None => ("", expression),
    };
    let all: Vec<_> = alternatives(rest).into_iter().map(part).collect::<Option<_>>()?;
    Some(format!("{flag}{}", all.join("|")))
}

/// The alternatives of an expression that are in no group.
fn alternatives(expression: &str) -> Vec<&str> {
    let (mut found, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, c, is_plain) in characters(expression) {
        match c {
            '(' if is_plain => depth += 1,
            ')' if is_plain => depth = depth.saturating_sub(1),
            '|' if is_plain && depth == 0 => {
                found.push(&expression[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&expression[start..]);
    found
}

/// The characters of an expression, and whether each is neither escaped nor in a class.
fn characters(expression: &str) -> impl Iterator<Item = (usize, char, bool)> {
    let (mut escaped, mut class) = (false, false);
    expression.char_indices().map(move |(at, c)| {
        let is_plain = !escaped && !class && c != '\\';
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            _ => {}
        }
        (at, c, is_plain)
    })
}

/// Takes an unescaped end off an expression.
fn without_end(expression: &str) -> (&str, &str) {
    match expression.strip_suffix('$') {
        Some(rest) if characters(expression).last().is_some_and(|(.., is_plain)| is_plain) => {
            (rest.strip_suffix("(/|").unwrap_or(rest), END)
        }
        _ => (expression, ""),
    }
}

/// An expression for the name of a file, as one for a part of a path.
fn of_name(expression: &str) -> Option<String> {
    let (begin, rest) = match expression.strip_prefix('^') {
        Some(rest) => ("/", rest),
        None => ("", expression),
    };
    let (rest, end) = without_end(rest);
    // What looks around would look beyond the name.
    let around = ["(?=", "(?!", "(?<", "\\A", "\\Z", "\\z"];
    let has_anchor = characters(rest).any(|(_, c, is_plain)| is_plain && matches!(c, '^' | '$'));
    let is_placed = !has_anchor && !around.iter().any(|text| rest.contains(text));
    is_placed.then(|| format!("{begin}{rest}{end}"))
}

/// An expression for the name of a directory, which must not be one for a part of the path to the
/// directory as well: it has a slash before plain names, and matches no other.
fn of_directory(expression: &str) -> Option<String> {
    let expression =
        expression.strip_suffix(END).map_or(expression.to_owned(), |rest| format!("{rest}$"));
    let names = expression.strip_prefix('/')?;
    let (names, end) = without_end(names);
    let names = names.strip_suffix('/').map_or((names, end), |names| (names, "/"));
    let plain = names.0.replace("(?:", "(");
    let is_name = characters(&plain).all(|(at, c, is_plain)| match c {
        '\\' => plain[at + 1..].starts_with(|next: char| next.is_ascii_punctuation()),
        '(' | ')' | '|' | '-' | '_' => true,
        _ if is_plain => c.is_alphanumeric(),
        _ => c != '/',
    });
    is_name.then(|| format!("/{}{}", names.0, names.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parts_of_paths() {
        let cases = [
            (r"^\.ht", Some(r"/\.ht")),
            (r"\.key$", Some(r"\.key(/|$)")),
            (r"^a|\.(b|c)$", Some(r"/a|\.(b|c)(/|$)")),
            (r"(?i)^x[|^$]$", Some(r"(?i)/x[|^$](/|$)")),
            (r"^.+\.ph(?:ar|p)$", Some(r"/.+\.ph(?:ar|p)(/|$)")),
            (r"cost\$", Some(r"cost\$")),
            (r"(^a|b$)", None),
            (r"^(?!public)", None),
        ];
        for (expression, path) in cases {
            assert_eq!(with_parts(expression, of_name).as_deref(), path, "{expression}");
        }
    }

    #[test]
    fn names_of_directories_begin_with_a_slash() {
        let cases = [
            (r"/\.svn", Some(r"/\.svn")),
            (r"/\.(git|svn)(/|$)", Some(r"/\.(git|svn)(/|$)")),
            (r"/(?:\.git|CVS)/", Some(r"/(?:\.git|CVS)/")),
            (r"/x$|/y", Some(r"/x(/|$)|/y")),
            (r"\.d/", None),
            (r"/a/b", None),
            (r"/a.*b", None),
            (r"^/data/x", None),
            (r"/[^a]", None),
        ];
        for (expression, path) in cases {
            assert_eq!(with_parts(expression, of_directory).as_deref(), path, "{expression}");
        }
    }
}
