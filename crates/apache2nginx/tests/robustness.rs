//! Any input ends, soon and without a panic.

mod inputs;

use std::fmt::Write as _;

use apache2nginx::nginx::render;
use proptest::prelude::*;

use inputs::{converted, layouts, odd_inputs, virtual_hosts};

/// Everything that can be done with an input is done.
fn exercise(bytes: &[u8]) {
    match converted(bytes) {
        Ok(conversion) => {
            let text = render(&conversion.main) + &render(&conversion.secrets);
            assert_balanced(&text);
            conversion.report.text();
            conversion.report.json();
        }
        Err(error) => drop(error.render()),
    }
}

/// nginx's own rules for quotes, comments and braces: the output is complete.
fn assert_balanced(text: &str) {
    let (mut depth, mut quote, mut start) = (0_usize, None, true);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (_, '\\') => drop(chars.next()),
            (Some(end), _) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '#') if start => drop(chars.find(|c| *c == '\n')),
            (None, '"' | '\'') if start => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') => depth = depth.checked_sub(1).expect("a block is closed that is open"),
            (None, _) => {}
        }
        start = quote.is_none() && (c.is_whitespace() || matches!(c, ';' | '{' | '}') || c == '#');
    }
    assert!(depth == 0 && quote.is_none(), "{text}");
}

/// Words that mean something, so that the inputs get past the parser.
fn word() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "ProxyPass",
        "ProxyPassMatch",
        "ProxyPassReverse",
        "IsmProxyPass",
        "ProxySet",
        "S3AccessKey",
        "S3SecretKey",
        "S3SecurityToken",
        "S3Region",
        "S3UseHeaders",
        "Require",
        "ServerName",
        "Listen",
        "Define",
        "UnDefine",
        "Use",
        "DocumentRoot",
        "Alias",
        "RequestHeader",
        "SSLProxyVerify",
        "SSLProxyProtocol",
        "SSLEngine",
        "SSLCertificateFile",
        "ServerAlias",
        "all",
        "granted",
        "ip",
        "10.0.0.0/8",
        "/a/",
        "/a",
        "/",
        "^/(.*)$",
        "^(/a)$",
        "http://b/",
        "https://b.example.com:9/x/",
        "http://b/$1",
        "http://b$1",
        "http://[::1]:9/",
        "!",
        "on",
        "off",
        "none",
        "set",
        "unset",
        "X-A",
        "max=3",
        "ttl=3",
        "timeout=5ms",
        "retry=0",
        "smax=2",
        "${A}",
        "${",
        "A",
        "*:80",
        "[::]:80",
        "~",
        "*",
        "nocanon",
        "eu-west-1",
        "\"",
        "'",
        "\\",
        "\"a b\"",
        "secret",
        "/data",
        "/data/x",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => "\\PC{0,8}"]
}

fn line() -> impl Strategy<Value = String> {
    let section = prop::sample::select(vec![
        "VirtualHost",
        "Proxy",
        "ProxyMatch",
        "Location",
        "LocationMatch",
        "Directory",
        "DirectoryMatch",
        "Files",
        "IfModule",
        "IfDefine",
        "If",
        "Macro",
        "LimitExcept",
        "RequireAny",
    ]);
    prop_oneof![
        6 => prop::collection::vec(word(), 1..6).prop_map(|words| words.join(" ")),
        2 => (section.clone(), prop::collection::vec(word(), 0..3))
            .prop_map(|(name, words)| format!("<{name} {}>", words.join(" "))),
        2 => section.prop_map(|name| format!("</{name}>")),
    ]
}

/// Lines, of which those that would be in the wrong place are mended half of the time.
fn configuration() -> impl Strategy<Value = String> {
    (prop::collection::vec(line(), 0..60), any::<bool>()).prop_map(|(lines, mend)| {
        let mut open: Vec<String> = Vec::new();
        let mut text = String::new();
        for line in lines {
            if mend && line.starts_with("</") {
                if let Some(name) = open.pop() {
                    let _ = writeln!(text, "</{name}>");
                }
                continue;
            }
            if let Some(tag) = line.strip_prefix('<') {
                open.push(tag.split(' ').next().unwrap_or_default().to_owned());
            }
            let _ = writeln!(text, "{line}");
        }
        while let Some(name) = open.pop().filter(|_| mend) {
            let _ = writeln!(text, "</{name}>");
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        exercise(&bytes);
    }

    #[test]
    fn arbitrary_text_does_not_panic(text in "(\\PC|[<>\"\\\\#\n\r\t${}/ ]){0,300}") {
        exercise(text.as_bytes());
    }

    #[test]
    fn configurations_do_not_panic_and_the_output_is_complete(text in configuration()) {
        exercise(text.as_bytes());
    }
}

#[test]
fn the_work_grows_with_the_number_of_servers_and_no_faster() {
    for (name, layout) in layouts() {
        let steps = |number| converted(layout(number).as_bytes()).unwrap().steps;
        let (one, ten) = (steps(100), steps(1000));
        assert!(ten <= one * 11 + 100, "{name}: {one} steps for 100, {ten} for 1000");
        assert!(one >= 100, "{name}: {one} steps");
    }
}

#[test]
fn large_configurations_of_every_layout_are_converted() {
    for (name, layout) in layouts() {
        let text = layout(2_000);
        let conversion = converted(text.as_bytes()).unwrap();
        assert!(conversion.report.converted.signed_locations >= 2_000, "{name}");
        assert!(conversion.report.is_complete(), "{name}");
    }
}

#[test]
fn ten_thousand_virtual_hosts_are_converted() {
    let conversion = converted(virtual_hosts(10_000).as_bytes()).unwrap();
    assert_eq!(conversion.report.converted.servers, 10_000);
    assert_eq!(conversion.report.converted.signed_locations, 20_000);
    assert!(conversion.report.is_complete());
}

#[test]
fn large_inputs_of_odd_forms_are_converted_or_refused() {
    for (number, (refusal, input)) in odd_inputs(2_000).into_iter().enumerate() {
        let error = converted(input.as_bytes()).err().map(|error| error.to_string());
        let is_expected = match (refusal, &error) {
            (Some(refusal), Some(error)) => error.contains(refusal),
            (None, None) => true,
            _ => false,
        };
        assert!(is_expected, "input {number}: {error:?}");
        exercise(input.as_bytes());
    }
}
