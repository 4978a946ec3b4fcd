//! Apache's configuration: whatever is converted is one that nginx can read, with the directives
//! that are meant to be in it, and no variable where none is meant.

#![no_main]

use std::path::Path;

use apache2nginx::convert::{Options, convert};
use apache2nginx::defines::Defines;
use apache2nginx::nginx::render;
use apache2nginx::read::Reader;
use apache2nginx::target::Target;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // No other files than the input.
    if input.to_ascii_lowercase().windows(7).any(|word| word == b"include") {
        return;
    }
    let mut reader = Reader::new(Defines::default(), Some("/nonexistent".into()));
    let nodes = match reader.read_bytes(Path::new("a.conf"), input) {
        Ok(nodes) => nodes,
        Err(error) => return drop(error.render()),
    };
    let target = Target {
        version: None,
        version_from: None,
        resolvers: vec!["192.0.2.53".parse().expect("an address")],
        resolvers_from: String::new(),
    };
    let options = Options { ca_file: "/ca.pem".to_owned(), target };
    let root = Some(Path::new("/nonexistent"));
    match convert(&nodes, &reader.remarks, root, &options) {
        Ok(conversion) => {
            conversion.report.text();
            conversion.report.json();
            check(&render(&conversion.main));
            check(&render(&conversion.secrets));
        }
        Err(error) => drop(error.render()),
    }
});

/// Reads a configuration by nginx's rules, and looks at each directive.
fn check(text: &str) {
    let mut rest = text;
    let mut depth = 0_usize;
    let mut words = Vec::new();
    while let Some(token) = token(&mut rest) {
        match token {
            Token::Word(word) => words.push(word),
            Token::End => directive(&std::mem::take(&mut words), ';'),
            Token::Open => {
                directive(&std::mem::take(&mut words), '{');
                depth += 1;
            }
            Token::Close => {
                assert!(words.is_empty(), "unfinished: {words:?}\n{text}");
                depth = depth.checked_sub(1).expect("a block is closed that is open");
            }
        }
    }
    assert!(words.is_empty() && depth == 0, "unfinished: {words:?}\n{text}");
}

enum Token {
    Word(String),
    End,
    Open,
    Close,
}

/// The next token, as `ngx_conf_read_token` has them.
fn token(rest: &mut &str) -> Option<Token> {
    loop {
        *rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let first = rest.chars().next()?;
        let end = match first {
            '#' => {
                *rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
                continue;
            }
            ';' => Some(Token::End),
            '{' => Some(Token::Open),
            '}' => Some(Token::Close),
            _ => None,
        };
        if end.is_some() {
            *rest = &rest[1..];
            return end;
        }
        let quote = Some(first).filter(|c| matches!(c, '"' | '\''));
        let body = &rest[usize::from(quote.is_some())..];
        let mut word = String::new();
        let mut chars = body.char_indices();
        while let Some((at, c)) = chars.next() {
            match (c, quote) {
                ('\\', _) => {
                    word.push(c);
                    word.extend(chars.next().map(|(_, escaped)| escaped));
                }
                (_, Some(quote)) if c == quote => {
                    *rest = &body[at + 1..];
                    let next = rest.chars().next().expect("something follows a quote");
                    assert!(" \t\r\n;{)".contains(next), "{next:?} follows a quote: {word}");
                    return Some(Token::Word(word));
                }
                (' ' | '\t' | '\r' | '\n' | ';', None) => {
                    *rest = &body[at..];
                    return Some(Token::Word(word));
                }
                ('{', None) if !word.ends_with('$') => {
                    *rest = &body[at..];
                    return Some(Token::Word(word));
                }
                _ => word.push(c),
            }
        }
        panic!("a word without an end: {word}");
    }
}

/// The blocks and directives that are written, with the numbers of their arguments, and whether
/// a dollar may be in them: in regular expressions, and in what they replace.
fn directive(words: &[String], end: char) {
    let (name, arguments) = words.split_first().expect("a directive has a name");
    let (block, least, most, dollar) = match name.as_str() {
        "server" if end == '{' => (true, 0, 0, false),
        "location" => (true, 1, 2, true),
        "upstream" => (true, 1, 1, false),
        "limit_except" => (true, 1, usize::MAX, false),
        "rewrite" => (false, 3, 3, true),
        "server_name" => (false, 1, usize::MAX, true),
        "ssl_protocols" | "proxy_ssl_protocols" => (false, 1, 4, false),
        "server" => (false, 1, 3, false),
        "listen" | "resolver" => (false, 1, 2, false),
        "zone" => (false, 2, 2, false),
        "proxy_set_header" => (false, 2, 2, false),
        "proxy_redirect" => (false, 1, 2, false),
        "allow" | "deny" | "keepalive" | "keepalive_timeout" | "return" => (false, 1, 1, false),
        name if ["s3_", "proxy_", "ssl_"].iter().any(|start| name.starts_with(start)) => {
            (false, 1, 1, false)
        }
        _ => panic!("not a directive that is meant: {words:?}"),
    };
    assert_eq!(block, end == '{', "{words:?}");
    assert!((least..=most).contains(&arguments.len()), "{words:?}");
    assert!(dollar || !arguments.concat().contains('$'), "a variable: {words:?}");
    if name == "server_name" {
        let variable = |word: &String| word.contains('$') && !word.starts_with('~');
        assert!(!arguments.iter().any(variable), "a variable: {words:?}");
    }
}
