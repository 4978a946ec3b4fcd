//! Any input ends, soon and without a panic.

use std::fmt::Write as _;

use apache2nginx::convert::{Conversion, Options, convert};
use apache2nginx::defines::Defines;
use apache2nginx::error::Error;
use apache2nginx::nginx::render;
use apache2nginx::read::Reader;
use proptest::prelude::*;

fn converted(bytes: &[u8]) -> Result<Conversion, Error> {
    let mut reader = Reader::new(Defines::default(), Some("/nonexistent".into()));
    let nodes = reader.read_bytes("a.conf".as_ref(), bytes)?;
    convert(&nodes, &reader.remarks, None, &Options { ca_file: "/ca.pem".to_owned() })
}

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

fn virtual_hosts(number: usize) -> String {
    let mut text =
        String::from("Listen 80\nSSLProxyEngine on\n<Proxy *>\nRequire all granted\n</Proxy>\n");
    for n in 0..number {
        let _ = write!(
            text,
            "<VirtualHost *:80>\n    ServerName host{n}.example.com\n    RewriteEngine on\n    \
             ProxyPass /films/ https://bucket{n}.s3.eu-west-1.amazonaws.com/\n    \
             <Proxy https://bucket{n}.s3.eu-west-1.amazonaws.com/>\n        \
             S3AccessKey AKIA{n}\n        S3SecretKey secret{n}\n        S3Region eu-west-1\n        \
             ProxySet connectiontimeout=5 timeout=30 ttl=300\n    </Proxy>\n    \
             <Location /films/deep/>\n        S3Region us-east-1\n    </Location>\n</VirtualHost>\n"
        );
    }
    text
}

/// Its name, and the configuration for a number of servers or routes.
type Layout = (&'static str, fn(usize) -> String);

/// The ways in which a large configuration is laid out.
fn layouts() -> Vec<Layout> {
    fn each(number: usize, lines: impl Fn(usize) -> String) -> String {
        (0..number).map(lines).collect()
    }
    fn host(n: usize, lines: &str) -> String {
        format!("<VirtualHost *:80>\nServerName h{n}\n{lines}</VirtualHost>\n")
    }
    const KEYS: &str = "S3AccessKey A\nS3SecretKey S\n";
    vec![
        ("everything in the virtual host", virtual_hosts),
        ("<Proxy> in the main server", |number| {
            each(number, |n| {
                let pass = format!("ProxyPass / http://b{n}/\n");
                format!("<Proxy http://b{n}/>\n{KEYS}</Proxy>\n{}", host(n, &pass))
            })
        }),
        ("<Directory> in the main server", |number| {
            each(number, |n| {
                let ism = format!("IsmProxyPass http://b{n}/\n{KEYS}");
                let root = format!("DocumentRoot /data/{n}\n");
                format!("<Directory /data/{n}>\n{ism}</Directory>\n{}", host(n, &root))
            })
        }),
        ("limits in the main server", |number| {
            each(number, |n| {
                let deny = "Require all denied\n";
                let ism = format!(
                    "DocumentRoot /data/{n}\n<Location /{n}/>\nIsmProxyPass http://b{n}/\n{KEYS}</Location>\n"
                );
                format!(
                    "<Directory /data/{n}/{n}/x>\n{deny}</Directory>\n\
                     <Location /{n}/y>\n{deny}</Location>\n{}",
                    host(n, &ism)
                )
            })
        }),
        ("an address for each virtual host", |number| {
            each(number, |n| {
                let address = format!("10.{}.{}.{}:80", n >> 16, n >> 8 & 255, n & 255);
                format!(
                    "Listen {address}\n<VirtualHost {address}>\nProxyPass / http://b{n}/\n{KEYS}</VirtualHost>\n"
                )
            })
        }),
        ("virtual hosts that are left out", |number| {
            each(number, |n| {
                let pass = format!("ServerAlias *.b{n}\nProxyPass / http://b{n}/\n{KEYS}");
                host(n, "DocumentRoot /x\n") + &host(n + number, &pass)
            })
        }),
        ("Alias and <Directory>", |number| {
            each(number, |n| {
                let ism = format!("IsmProxyPass http://b{n}/\n{KEYS}");
                format!("Alias /{n} /data/{n}\n<Directory /data/{n}>\n{ism}</Directory>\n")
            })
        }),
        ("ProxyPass and ProxySet", |number| {
            let set = |n| format!("ProxyPass /{n}/ http://b{n}/\nProxySet http://b{n}/ max=3\n");
            each(number, set) + KEYS
        }),
    ]
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
        let start = std::time::Instant::now();
        let conversion = converted(text.as_bytes()).unwrap();
        eprintln!("{name}: {:?}", start.elapsed());
        assert!(conversion.report.converted.signed_locations >= 2_000, "{name}");
        assert!(conversion.report.is_complete(), "{name}");
    }
}

#[test]
fn ten_thousand_virtual_hosts_are_converted() {
    let text = virtual_hosts(10_000);
    let start = std::time::Instant::now();
    let conversion = converted(text.as_bytes()).unwrap();
    let text = render(&conversion.main) + &render(&conversion.secrets);
    eprintln!("{:?} for {} bytes of output", start.elapsed(), text.len());
    assert_eq!(conversion.report.converted.servers, 10_000);
    assert_eq!(conversion.report.converted.signed_locations, 20_000);
    assert!(conversion.report.is_complete());
}

/// Inputs that are large in one way each, of a size, and what the larger ones are refused for.
fn odd_inputs(size: usize) -> Vec<(Option<&'static str>, String)> {
    let site = |lines: String| {
        format!(
            "ProxyPass / http://b/\n<Location />\nS3AccessKey A\nS3SecretKey S\n{lines}</Location>\n"
        )
    };
    let numbered = |line: &dyn Fn(usize) -> String| (0..size).map(line).collect::<String>();
    vec![
        (None, "a".repeat(size * 10)),
        (None, "\"".repeat(size * 10)),
        (None, "a \\\n".repeat(size)),
        (None, format!("A {}", "${X}".repeat(size))),
        (None, format!("A {}", "${".repeat(size))),
        (None, format!("Listen {}", "80 ".repeat(size))),
        (None, format!("ProxyPass {} http://b/{}\n", "/a".repeat(size), "/x".repeat(size))),
        (Some("sections are nested too deeply"), "<Location /a>\n".repeat(size)),
        (Some("closes nothing"), "</Location>\n".repeat(size)),
        (Some("is not closed"), "<IfDefine X>\n".repeat(size)),
        (None, numbered(&|n| format!("Listen {}\n", n + 1))),
        (None, numbered(&|n| format!("ProxyPass /{n}/ http://b/\n"))),
        (None, numbered(&|n| format!("ProxyPassMatch ^/{n}/x$ http://b/\n"))),
        (None, numbered(&|n| format!("ProxyPassReverse /{n}/ http://b/\n"))),
        (
            None,
            numbered(&|n| {
                format!(
                    "<Location /{n}/>\nS3AccessKey A{n}\nS3SecretKey S\nProxyPass http://b/\n</Location>\n"
                )
            }),
        ),
        (
            Some("more than 1000 <Proxy> sections"),
            numbered(&|n| {
                format!("<ProxyMatch ^http://{n}.*>\n</ProxyMatch>\nProxyPass /{n}/ http://{n}/\n")
            }),
        ),
        (
            None,
            numbered(&|n| {
                format!("<Proxy http://b/{n}/>\nS3AccessKey A{n}\nS3SecretKey S\n</Proxy>\n")
            }),
        ),
        (
            None,
            numbered(&|n| {
                format!("<Proxy http://b/>\nS3AccessKey A{n}\nS3SecretKey S\n</Proxy>\n")
            }),
        ),
        (None, site(numbered(&|n| format!("ProxySet max={n} x{n}=1\n")))),
        (None, site(numbered(&|n| format!("RequestHeader set X-{n} y\n")))),
        (None, site(numbered(&|n| format!("Require ip 10.0.0.{}\n", n % 250)))),
        (None, site(numbered(&|_| "RewriteRule a b\n".to_owned()))),
        (None, numbered(&|n| format!("Define A{n} ${{A{}}}x\n", n.saturating_sub(1)))),
        (
            None,
            format!(
                "<VirtualHost {}>\nProxyPass / http://b/\n</VirtualHost>\n",
                numbered(&|n| format!("*:{n} "))
            ),
        ),
        (
            None,
            format!(
                "<VirtualHost *:80>\nServerAlias {}\nProxyPass / http://b/\n</VirtualHost>\n",
                numbered(&|n| format!("a{n} "))
            ),
        ),
        (
            None,
            numbered(&|n| {
                format!(
                    "Alias /{n}/ /data/{n}/\n<Directory /data/{n}/>\nIsmProxyPass http://b/\n</Directory>\n"
                )
            }),
        ),
        (
            Some("more than 200,000 locations"),
            numbered(&|n| {
                format!("ProxyPass /{n}/ http://b/\n<VirtualHost *:80>\n</VirtualHost>\n")
            }),
        ),
        (
            Some("more than 200,000 locations"),
            numbered(&|n| {
                format!(
                    "<Location /a/{n}/>\nS3Region r\n</Location>\n<VirtualHost *:80>\nProxyPass /a/ http://b/\n</VirtualHost>\n"
                )
            }),
        ),
    ]
}

/// An effort that grows with the square is refused, or takes 64 times as long for 8 times as much.
#[test]
fn large_inputs_of_odd_forms_take_no_longer_than_they_have_to() {
    let time = |input: &str| {
        let start = std::time::Instant::now();
        exercise(input.as_bytes());
        start.elapsed()
    };
    let inputs = odd_inputs(250).into_iter().zip(odd_inputs(2_000)).enumerate();
    for (number, ((_, small), (refusal, large))) in inputs {
        let error = converted(large.as_bytes()).err().map(|error| error.to_string());
        let is_expected = match (refusal, &error) {
            (Some(refusal), Some(error)) => error.contains(refusal),
            (None, None) => true,
            _ => false,
        };
        assert!(is_expected, "input {number}: {error:?}");
        let (short, long) = (time(&small).min(time(&small)), time(&large));
        let most = short * 24 + std::time::Duration::from_millis(200);
        assert!(long <= most, "input {number}: {short:?}, and {long:?} for 8 times as much");
    }
}
