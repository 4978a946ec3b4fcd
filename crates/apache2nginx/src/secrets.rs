//! Keeps secrets out of everything but the file for them.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

/// What stands for a secret.
pub const REDACTED: &str = "REDACTED";

/// Directives all of whose arguments are secret, in lower case. Of those that begin with `s3`, only
/// the two that are known to be none are not.
const SECRET: [&str; 4] = [
    "usplicensekey",
    "authldapbindpassword",
    "sslpassphrasedialog",
    "sslproxymachinecertificatepassphrase",
];
const NOT_SECRET: [&str; 2] = ["s3region", "s3useheaders"];

/// Directives whose values may be secret; in an error's line they are hidden.
const VALUES: [&str; 6] = ["define", "use", "setenv", "requestheader", "header", "<macro"];

/// Parts of words that tell of a secret, in lower case.
const TELLING: [&str; 8] = [
    "secret",
    "password",
    "passwd",
    "passphrase",
    "token",
    "authorization",
    "credential",
    "accesskey",
];

fn telling(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    TELLING.iter().any(|part| word.contains(part))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.as_str();
    SECRET.contains(&name) || name.starts_with("s3") && !NOT_SECRET.contains(&name)
}

/// Whether a header's value may be a secret.
pub fn is_header(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    telling(name) || ["key", "auth", "cookie"].iter().any(|part| lower.contains(part))
}

fn is_variable(word: &str) -> bool {
    let word = word.trim_matches(['"', '\'']);
    word.starts_with("${") && word.find('}') == Some(word.len() - 1)
}

/// A line with stars in place of what may be secret in it; every character keeps its place.
pub fn mask(line: &str) -> String {
    let name = line.split_ascii_whitespace().next().unwrap_or_default();
    let values = VALUES.contains(&name.to_ascii_lowercase().as_str());
    if !values && !is_secret(name) && !telling(line) {
        return line.to_owned();
    }
    let start = line.len() - line.trim_ascii_start().len();
    let first = start + name.len();
    let mut masked = line[..first].to_owned();
    for c in line[first..].chars() {
        if c.is_whitespace() || c == '"' {
            masked.push(c);
        } else {
            masked.extend(std::iter::repeat_n('*', c.len_utf8()));
        }
    }
    masked
}

/// How long a known secret is at least that is taken out of the middle of a word. A shorter one, as
/// no real key is, would be found in words that have nothing to do with it.
const LONG: usize = 8;

/// Takes secrets out of lines that are kept as comments.
#[derive(Default)]
pub struct Redactor {
    known: HashSet<String>,
    /// The lengths of the long ones, longest first, by their first bytes.
    lengths: HashMap<[u8; LONG], BTreeSet<Reverse<usize>>>,
}

impl Redactor {
    /// Adds a value that must not be shown, wherever it occurs.
    pub fn add(&mut self, secret: &str) {
        if let Some(first) = secret.as_bytes().first_chunk() {
            self.lengths.entry(*first).or_default().insert(Reverse(secret.len()));
        }
        if !secret.is_empty() {
            self.known.insert(secret.to_owned());
        }
    }

    /// Whether a known secret occurs in a text.
    pub fn knows(&self, text: &str) -> bool {
        self.find(text, 0).is_some()
    }

    /// The next known secret in a text.
    fn find(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let is_letter = |c: char| c.is_alphanumeric();
        let mut in_word = text[..from].ends_with(is_letter);
        for (at, c) in text[from..].char_indices() {
            let rest = &text[from + at..];
            let is_known =
                |length: &usize| rest.get(..*length).is_some_and(|text| self.known.contains(text));
            let lengths = rest.as_bytes().first_chunk().and_then(|first| self.lengths.get(first));
            let long = lengths.into_iter().flatten().map(|length| length.0).find(is_known);
            let is_word =
                |length: &usize| is_known(length) && !rest[*length..].starts_with(is_letter);
            let found = long.or_else(|| (1..LONG).rev().filter(|_| !in_word).find(is_word));
            if let Some(length) = found {
                return Some(from + at..from + at + length);
            }
            in_word = is_letter(c);
        }
        None
    }

    /// A text without what is known to be secret.
    fn hidden(&self, text: &str) -> String {
        let mut hidden = String::with_capacity(text.len());
        let mut from = 0;
        while let Some(secret) = self.find(text, from) {
            hidden.push_str(&text[from..secret.start]);
            hidden.push_str(REDACTED);
            from = secret.end;
        }
        hidden.push_str(&text[from..]);
        hidden
    }

    /// A directive's line, redacted.
    pub fn line(&self, line: &str) -> String {
        let line = line.trim();
        let name = line.split(char::is_whitespace).next().unwrap_or_default();
        let secret = is_secret(name);
        let is_telling = match name.to_ascii_lowercase().as_str() {
            "requestheader" | "header" => is_header,
            _ => telling,
        };
        let mut after_telling = telling(name) && !name.eq_ignore_ascii_case("servertokens");
        let mut text = String::new();
        for (number, word) in self.hidden(line).split_inclusive(char::is_whitespace).enumerate() {
            let bare = word.trim_end();
            let hide = number > 0 && !bare.is_empty() && !is_variable(bare);
            if hide && (secret || after_telling) {
                text.push_str(REDACTED);
            } else {
                text.push_str(&without_password(bare));
            }
            text.push_str(&word[bare.len()..]);
            after_telling |= number > 0 && is_telling(bare);
        }
        text
    }
}

/// A word without the password of a URL.
fn without_password(word: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = word.split_once("://") else { return Cow::Borrowed(word) };
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some((_, host)) => {
            let path = &rest[authority.len()..];
            Cow::Owned(format!("{scheme}://{REDACTED}@{host}{path}"))
        }
        None => Cow::Borrowed(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_line_keeps_its_columns() {
        assert_eq!(mask("  S3SecretKey \"abc d"), "  S3SecretKey \"*** *");
        assert_eq!(mask("ProxyPass /a http://b/"), "ProxyPass /a http://b/");
        assert_eq!(mask("Define MY_SECRET é"), "Define ********* **");
        assert_eq!(mask("Use Bucket a b"), "Use ****** * *");
    }

    #[test]
    fn secrets_are_redacted_wherever_they_stand() {
        let mut redactor = Redactor::default();
        for secret in ["wJalr", "AKIAOFSOMEBODY", "AKIAOFSOMEBODY2", ""] {
            redactor.add(secret);
        }
        let cases = [
            ("S3SecretKey  abc", "S3SecretKey  REDACTED"),
            ("S3SecretKey ${KEY}", "S3SecretKey ${KEY}"),
            ("SetEnv KEY wJalr", "SetEnv KEY REDACTED"),
            ("SetEnv KEY \"wJalr\"", "SetEnv KEY \"REDACTED\""),
            ("SetEnv DB_PASSWORD x", "SetEnv DB_PASSWORD REDACTED"),
            (
                "RequestHeader set Authorization \"Basic x\"",
                "RequestHeader set Authorization REDACTED REDACTED",
            ),
            ("ProxyPass /a http://u:p@b/c", "ProxyPass /a http://REDACTED@b/c"),
            ("RewriteEngine on", "RewriteEngine on"),
            ("S3Key abc", "S3Key REDACTED"),
            ("S3Region eu-west-1", "S3Region eu-west-1"),
            ("RequestHeader set X-Api-Key abc", "RequestHeader set X-Api-Key REDACTED"),
            ("SetEnv X \"id:wJalr\"", "SetEnv X \"id:REDACTED\""),
            ("SetEnv wJalrx xwJalr", "SetEnv wJalrx xwJalr"),
            ("RewriteRule a b?x&Id=AKIAOFSOMEBODY [P]", "RewriteRule a b?x&Id=REDACTED [P]"),
            ("SetEnv URL https://h/AKIAOFSOMEBODY/x", "SetEnv URL https://h/REDACTED/x"),
            ("SetEnv FOO bar|AKIAOFSOMEBODY", "SetEnv FOO bar|REDACTED"),
            ("Header set X-Y %{AKIAOFSOMEBODY}", "Header set X-Y %{REDACTED}"),
            ("Foo a=b,c=AKIAOFSOMEBODY2x=", "Foo a=b,c=REDACTEDx="),
            ("AKIAOFSOMEBODY x", "REDACTED x"),
        ];
        for (line, redacted) in cases {
            assert_eq!(redactor.line(line), redacted);
        }
    }
}
