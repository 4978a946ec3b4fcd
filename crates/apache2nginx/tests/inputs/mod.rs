//! Large configurations, for the tests and for the benchmark.

use std::fmt::Write as _;

use apache2nginx::convert::{Conversion, Options, convert};
use apache2nginx::defines::Defines;
use apache2nginx::error::Error;
use apache2nginx::read::Reader;
use apache2nginx::target::Target;

/// The conversion of one file.
pub fn converted(bytes: &[u8]) -> Result<Conversion, Error> {
    let mut reader = Reader::new(Defines::default(), Some("/nonexistent".into()));
    let nodes = reader.read_bytes("a.conf".as_ref(), bytes)?;
    let target = Target {
        version: None,
        version_from: None,
        resolvers: vec!["192.0.2.53".parse().unwrap()],
        resolvers_from: "a test".to_owned(),
    };
    let options = Options { ca_file: "/ca.pem".to_owned(), target };
    convert(&nodes, &reader.remarks, None, &options)
}

pub fn virtual_hosts(number: usize) -> String {
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
pub type Layout = (&'static str, fn(usize) -> String);

/// The ways in which a large configuration is laid out.
pub fn layouts() -> Vec<Layout> {
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

/// Inputs that are large in one way each, of a size, and what the larger ones are refused for.
pub fn odd_inputs(size: usize) -> Vec<(Option<&'static str>, String)> {
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
