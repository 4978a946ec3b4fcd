//! What becomes of each configuration in `examples/`: the text, and the report.

mod common;

use common::{NEW, OLD, Run, apache2nginx};

/// The output and the report of the command for a new nginx, run where the examples are.
fn snapshot(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    snapshot_for(&NEW, arguments, environment)
}

fn snapshot_for(target: &[&str], arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let mut command = apache2nginx();
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/examples"));
    command.arg("--stdout").args(target).args(arguments).envs(environment.iter().copied());
    let Run { code, stdout, stderr } = common::run(&mut command);
    format!("{stdout}\n---- exit code {code}, report ----\n{stderr}")
}

macro_rules! examples {
    ($($name:ident: $file:literal;)*) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!(snapshot(&[$file], &[]));
        })*
    };
}

examples! {
    one_bucket: "one-bucket.conf";
    virtual_host: "virtual-host.conf";
    location: "location.conf";
    several_buckets: "several-buckets.conf";
    security_token: "security-token.conf";
    signatures: "signatures.conf";
    access: "access.conf";
}

#[test]
fn one_bucket_for_an_old_nginx() {
    insta::assert_snapshot!(snapshot_for(&OLD, &["one-bucket.conf"], &[]));
}

#[test]
fn includes_and_variables() {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let arguments = ["-D", "BUCKET=films", "includes"];
    insta::assert_snapshot!(snapshot(&arguments, &[("S3_SECRET_KEY", secret)]));
}

#[test]
fn variables_without_values() {
    insta::assert_snapshot!(snapshot(&["-D", "BUCKET=films", "includes"], &[]));
}

/// The example of docs/apache.md, before and after.
#[test]
fn the_documentation_shows_what_the_command_does() {
    let section = include_str!("../../../docs/apache.md");
    let block = |language: &str, number: usize| {
        let start = format!("\n```{language}\n");
        section.split(&start).nth(number).unwrap().split_once("```").unwrap().0
    };
    let directory = common::directory(&[("site.conf", block("apache", 1))]);
    let command: Vec<_> = block("sh", 2).split_whitespace().collect();
    assert_eq!(command[0], "apache2nginx");
    let run = common::run(apache2nginx().current_dir(directory.path()).args(&command[1..]));
    assert_eq!(run.code, 0, "{}", run.stderr);
    for (name, number) in [("s3.conf", 1), ("s3-credentials.conf", 2)] {
        let written = std::fs::read_to_string(directory.path().join(name)).unwrap();
        // Without the comment at the beginning.
        let (_, written) = written.split_once("\n\n").unwrap();
        assert_eq!(written, block("nginx", number));
    }
}
