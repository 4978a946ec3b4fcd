//! The nginx for which the output is written, and the DNS servers that it asks.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{NEW, OLD, Run, apache2nginx, directory, run};
use serde_json::{Value, json};

const HOST: &str = "ProxyPass / http://b.example.com/\n";

/// The command in a directory with a `PATH` in which there is an nginx that prints this as its
/// version, or none.
fn with_nginx(directory: &Path, printed: &str) -> Command {
    let mut command = apache2nginx();
    let bin = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bin");
    command.env("PATH", if printed.is_empty() { "/nonexistent" } else { bin });
    command.env("NGINX", printed).current_dir(directory);
    command
}

/// The lines of the upstream block with the host's addresses, and what the report has on them.
fn addresses(command: &mut Command) -> (Vec<String>, Value) {
    let directory = directory(&[("a.conf", HOST)]);
    command.current_dir(directory.path());
    let run = run(command.args(["--stdout", "--report", "json", "a.conf"]));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let lines = run.stdout.lines().map(str::trim_start);
    let names = ["zone ", "server b", "resolver "];
    let lines = lines.filter(|line| names.iter().any(|name| line.starts_with(name)));
    let report: Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!(report["complete"], true);
    (lines.map(str::to_owned).collect(), report["addresses"].clone())
}

const RESOLVED: [&str; 3] = [
    "zone b.example.com 1m;",
    "resolver 192.0.2.53 [2001:db8::53]:5353;",
    "server b.example.com:80 resolve;",
];
const AT_START: [&str; 1] = ["server b.example.com:80;"];
const RESOLVERS: [&str; 4] = ["--resolver", "192.0.2.53", "--resolver", "[2001:db8::53]:5353"];

#[test]
fn the_version_decides_whether_hosts_are_resolved_while_nginx_runs() {
    for (version, wanted) in
        [("1.27.3", &RESOLVED[..]), ("1.27.2", &AT_START), ("1.22.1", &AT_START)]
    {
        let mut command = apache2nginx();
        let (lines, report) = addresses(command.args(["--nginx-version", version]).args(RESOLVERS));
        assert_eq!(lines, wanted, "{version}");
        assert_eq!(report["nginx_version"], version);
        assert_eq!(report["nginx_version_from"], "--nginx-version");
    }
}

#[test]
fn the_default_is_the_version_of_the_nginx_in_the_path() {
    let directory = directory(&[]);
    for (printed, version, wanted) in [
        ("nginx/1.28.3", json!("1.28.3"), &RESOLVED[..]),
        ("nginx/1.22.1", json!("1.22.1"), &AT_START),
        ("openresty/1.27.1.2", json!("1.27.1"), &AT_START),
        ("Angie/1.10.0", Value::Null, &RESOLVED),
        ("", Value::Null, &RESOLVED),
    ] {
        let mut command = with_nginx(directory.path(), printed);
        let (lines, report) = addresses(command.args(RESOLVERS));
        assert_eq!(lines, wanted, "{printed}");
        assert_eq!(report["nginx_version"], version, "{printed}");
        let from = (!printed.is_empty()).then(|| format!("nginx -v: {printed}"));
        assert_eq!(report["nginx_version_from"], json!(from));
        let notes = report["notes"].to_string();
        assert_eq!(notes.contains("--nginx-version writes"), version.is_null(), "{notes}");
    }
}

#[test]
fn the_default_servers_are_those_of_the_system() {
    let text = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let system = apache2nginx::resolver::Resolver::of_system(&text);
    let list: Vec<_> = system.iter().map(|resolver| resolver.to_string()).collect();
    let (lines, report) = addresses(apache2nginx().args(["--nginx-version", "1.30.4"]));
    assert_eq!(report["resolvers"], json!(list));
    let from = if list.is_empty() { Value::Null } else { json!("/etc/resolv.conf") };
    assert_eq!(report["resolvers_from"], from);
    assert!(report["notes"].to_string().contains("/etc/resolv.conf"));
    match lines.iter().find_map(|line| line.strip_prefix("resolver ")) {
        Some(written) => assert_eq!(written, format!("{};", list.join(" "))),
        None => assert!(list.is_empty()),
    }
}

#[test]
fn the_report_shows_how_hosts_are_resolved() {
    let report = |arguments: &[&str], text: &str| {
        let directory = directory(&[("a.conf", text)]);
        let mut command = apache2nginx();
        command.current_dir(directory.path()).args(["--stdout", "a.conf"]).args(arguments);
        run(&mut command).stderr
    };
    let new = report(&NEW, HOST);
    let part = "Addresses of hosts:\n  nginx queries 192.0.2.53 (--resolver) while it runs;";
    assert!(new.starts_with(part), "{new}");
    let old = report(&OLD, HOST);
    let part = "Addresses of hosts:\n  nginx 1.22.1 (--nginx-version) resolves the hosts of \
                upstream blocks once, at start";
    assert!(old.starts_with(part) && old.contains("\n  reload nginx by a timer"), "{old}");
    // Nothing has to be resolved.
    let address = report(&NEW, "ProxyPass / http://10.0.0.1/\n");
    assert!(!address.contains("Addresses"), "{address}");
}

#[test]
fn values_that_are_none_are_refused() {
    for (option, value, expected) in [
        ("--nginx-version", "1.30", "expected three numbers, such as 1.30.4"),
        ("--resolver", "dns.example.com", "expected an IP address without a scope id"),
        ("--resolver", "fe80::1%eth0", "expected an IP address without a scope id"),
    ] {
        let run = run(apache2nginx().args(["--stdout", option, value, "/dev/null"]));
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains(option) && run.stderr.contains(expected), "{}", run.stderr);
    }
}

/// What has changed on the machine since the files were written makes no difference.
#[test]
fn check_compares_for_the_nginx_of_the_files() {
    let check = |directory: &Path, printed: &str, arguments: &[&str]| -> Run {
        run(with_nginx(directory, printed).args(["--check", "a.conf"]).args(arguments))
    };
    let keys = "<Location />\nS3AccessKey A\nS3SecretKey S\n</Location>\n";
    for text in [HOST, &format!("{HOST}{keys}")] {
        // For a new nginx.
        let new = directory(&[("a.conf", text)]);
        assert_eq!(run(with_nginx(new.path(), "").args(["a.conf"]).args(NEW)).code, 0);
        for (printed, arguments, code) in [
            ("nginx/1.30.4", &[][..], 0),
            ("nginx/1.22.1", &[], 0),
            ("", &[], 0),
            ("nginx/1.22.1", &["--nginx-version", "1.31.5"], 0),
            ("nginx/1.22.1", &["--resolver", "192.0.2.53"], 0),
            ("nginx/1.22.1", &["--resolver", "192.0.2.54"], 1),
            ("nginx/1.30.4", &OLD, 1),
        ] {
            let run = check(new.path(), printed, arguments);
            assert_eq!(run.code, code, "{printed} {arguments:?}: {}", run.stderr);
            let of_file = run.stderr.contains("nginx queries 192.0.2.53 (s3.conf) while it runs");
            let named = arguments.contains(&"--resolver") || arguments == OLD;
            assert_eq!(of_file, !named, "{printed} {arguments:?}: {}", run.stderr);
        }

        // For an old one.
        let old = directory(&[("a.conf", text)]);
        assert_eq!(run(with_nginx(old.path(), "nginx/1.22.1").args(["a.conf"])).code, 0);
        for (printed, arguments, code) in [
            ("nginx/1.22.1", &[][..], 0),
            ("nginx/1.30.4", &[], 0),
            ("nginx/1.22.1", &["--resolver", "192.0.2.53"], 0),
            ("nginx/1.30.4", &OLD, 0),
            ("nginx/1.22.1", &NEW, 1),
        ] {
            let run = check(old.path(), printed, arguments);
            assert_eq!(run.code, code, "{printed} {arguments:?}: {}", run.stderr);
        }

        // The next conversion is for the nginx that there is.
        let force = |printed: &str| {
            run(with_nginx(old.path(), printed).args(["--force", "a.conf"]).args(RESOLVERS)).code
        };
        assert_eq!((force("nginx/1.30.4"), check(old.path(), "nginx/1.22.1", &OLD).code), (0, 1));
        assert_eq!((force("nginx/1.22.1"), check(old.path(), "nginx/1.30.4", &OLD).code), (0, 0));
    }
}
