//! Keeps secrets out of everything but the file for them.

use std::borrow::Cow;
use std::collections::HashSet;

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

/// What may stand around a key, and is not in it.
const SEPARATORS: [char; 9] = [' ', '"', '\'', ':', ';', ',', '@', '&', '?'];

/// Takes secrets out of lines that are kept as comments.
#[derive(Default)]
pub struct Redactor {
    known: HashSet<String>,
}

impl Redactor {
    /// A value that must not be shown, wherever it occurs as a word.
    pub fn add(&mut self, secret: &str) {
        if !secret.is_empty() {
            self.known.insert(secret.to_owned());
        }
    }

    /// Whether a value is known to be secret, or has such a word in it.
    pub fn knows(&self, value: &str) -> bool {
        self.known.contains(value) || value.split(SEPARATORS).any(|word| self.known.contains(word))
    }

    /// A directive's line, redacted.
    pub fn line(&self, line: &str) -> String {
        let line = line.trim();
        let (name, arguments) = line.split_at(line.find(char::is_whitespace).unwrap_or(line.len()));
        let secret = is_secret(name);
        let is_telling = match name.to_ascii_lowercase().as_str() {
            "requestheader" | "header" => is_header,
            _ => telling,
        };
        let mut after_telling = telling(name) && !name.eq_ignore_ascii_case("servertokens");
        let mut text = name.to_owned();
        for word in arguments.split_inclusive(char::is_whitespace) {
            let bare = word.trim_end();
            let space = &word[bare.len()..];
            let hide = !bare.is_empty() && !is_variable(bare) && (secret || after_telling);
            if hide {
                text.push_str(REDACTED);
            } else {
                text.push_str(&self.word(bare));
            }
            text.push_str(space);
            after_telling |= is_telling(bare);
        }
        text
    }

    /// A word without what is known to be secret, or the password of a URL.
    fn word<'a>(&self, word: &'a str) -> Cow<'a, str> {
        let bare = word.trim_matches(['"', '\'']);
        let value = bare.split_once('=').map_or(bare, |(_, value)| value);
        if self.knows(bare) || self.knows(value) {
            return Cow::Borrowed(REDACTED);
        }
        if let Some((scheme, rest)) = word.split_once("://") {
            let authority = rest.split('/').next().unwrap_or_default();
            if let Some((_, host)) = authority.rsplit_once('@') {
                let path = &rest[authority.len()..];
                return Cow::Owned(format!("{scheme}://{REDACTED}@{host}{path}"));
            }
        }
        Cow::Borrowed(word)
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
        redactor.add("wJalr");
        let cases = [
            ("S3SecretKey  abc", "S3SecretKey  REDACTED"),
            ("S3SecretKey ${KEY}", "S3SecretKey ${KEY}"),
            ("SetEnv KEY wJalr", "SetEnv KEY REDACTED"),
            ("SetEnv KEY \"wJalr\"", "SetEnv KEY REDACTED"),
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
            ("SetEnv X \"id:wJalr\"", "SetEnv X REDACTED"),
        ];
        for (line, redacted) in cases {
            assert_eq!(redactor.line(line), redacted);
        }
    }
}
