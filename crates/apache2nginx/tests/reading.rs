//! Apache's syntax.

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use common::{convert, converted, directory, run_in};

const KEYS: &str = "S3AccessKey A\nS3SecretKey S\n";

fn error(text: &str) -> String {
    let run = convert(text);
    assert_eq!(run.code, 2, "{text:?}: {}", run.stdout);
    run.stderr
}

#[test]
fn names_have_any_case_and_values_quotes() {
    let text = format!(
        "proxypass \"/a/\" 'http://B.example.com/'\n<PROXY \"http://b.example.com/\">\n{KEYS}\
         s3useheaders ON\n</proxy>\n"
    );
    let nginx = converted(&text);
    assert!(nginx.contains("upstream b.example.com {") && nginx.contains("s3_use_headers on;"));
}

#[test]
fn lines_are_continued() {
    let text = format!(
        "ProxyPass /a/ \\\n  http://b.example.com/ \\\r\n  timeout=5\n<Proxy http://b.example.com/>\n\
         {KEYS}</Proxy>\n"
    );
    assert!(converted(&text).contains("proxy_read_timeout 5s;"));
}

#[test]
fn variables_are_replaced_in_words() {
    let text = format!(
        "Define HOST b.example.com\nDefine URL \"http://${{HOST}}/a b/\"\nUnDefine HOST\n\
         ProxyPass /a/ ${{URL}}\n<Location />\n{KEYS}</Location>\n"
    );
    assert!(converted(&text).contains("proxy_pass http://b.example.com/a%20b/;"));
}

#[test]
fn a_variable_without_a_value_is_not_converted() {
    let text = "ProxyPass / http://b.example.com/\n<Location />\nS3AccessKey A\n\
                S3SecretKey ${MISSING}\n</Location>\n";
    let run = convert(text);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("return 500;") && !run.stdout.contains("s3_access_key"));
    assert!(
        run.stderr.contains("a.conf:4: S3SecretKey ${MISSING}\n      the variable MISSING has")
    );
}

#[test]
fn conditions_are_decided_while_reading() {
    let text = "<IfDefine A>\nDefine B\n</IfDefine>\n<IfDefine !B>\nProxyPass / http://no/\n\
                <IfDefine C>\n</IfDefine>\n</IfDefine>\n<IfModule mod_proxy.c>\n\
                <IfModule !mod_x.c>\n</Nothing>\n</IfModule>\n<IfVersion >= 2.4>\n\
                ProxyPass / http://yes/\n</IfVersion>\n</IfModule>\n";
    let directory = directory(&[("a.conf", text)]);
    let run = run_in(directory.path(), &["--stdout", "-D", "A", "a.conf"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("http://yes/") && !run.stdout.contains("http://no/"));
    assert!(run.stderr.contains("a.conf:4: <IfDefine !B>\n      not read, since B is defined"));
}

#[test]
fn the_version_is_that_of_apache_2_4() {
    let cases = [
        (">= 2.4", true),
        ("> 2.4", true),
        ("!< 2.4", true),
        ("~ ^2\\.4", true),
        ("/^2\\.4/", true),
        ("< 2.4", false),
        ("<= 2.4", false),
        ("2.4", false),
        (">= 2.5", false),
    ];
    for (condition, holds) in cases {
        let text = format!("<IfVersion {condition}>\nProxyPass / http://b/\n</IfVersion>\n");
        assert_eq!(converted(&text).contains("proxy_pass"), holds, "{condition}");
    }
}

#[test]
fn macros_are_used() {
    let text = "<Macro Bucket $host $keys>\n<Proxy http://$host/>\n$keys A\nS3SecretKey S\n</Proxy>\n\
         ProxyPass /$host/ http://$host/\n</Macro>\n\
         Use bucket a.example.com S3AccessKey\nUse Bucket b.example.com S3AccessKey\n";
    let nginx = converted(text);
    assert!(
        nginx.contains("location /a.example.com/") && nginx.contains("location /b.example.com/")
    );
}

#[test]
fn unreadable_input_has_a_place() {
    let cases = [
        ("<Proxy http://a/\n", "1:1: a section must end with \">\""),
        ("\n  </Proxy>\n", "2:3: </Proxy> closes nothing"),
        ("<Proxy a>\n</Location>\n", "2:1: </Location> does not close <Proxy> of line 1"),
        ("Listen 80\n <Proxy a>\n", "2:2: <Proxy> is not closed before the end of the file"),
        ("<IfDefine X>\n", "1:1: <IfDefine> is not closed before the end of the file"),
        ("<Macro X>\n", "1:1: <Macro> is not closed before the end of the file"),
        ("<>\n</>\n", "1:1: section without a name"),
        ("Use X\n", "1:5: the macro X is not defined"),
        ("<Macro X $a>\n</Macro>\nUse X\n", "3:5: the macro X takes 1 arguments, not 0"),
        ("Define\n", "1:1: Define takes a name and, optionally, a value"),
        ("Include missing.conf\n", "1:9: cannot include missing.conf: No such file"),
        ("Include *.missing\n", "1:9: no file matches *.missing; IncludeOptional"),
        ("Listen \x01\n", "1:8: control character"),
        ("\x0b\n", "1:1: control character"),
        ("a \x0bb\n", "1:3: control character"),
    ];
    for (text, message) in cases {
        let shown = error(text);
        let (place, problem) = message.split_once(": ").unwrap();
        assert!(shown.starts_with(&format!("error: {problem}")), "{shown}");
        assert!(shown.contains(&format!("a.conf:{place}\n")), "{shown}");
    }
    assert!(error("A b\nInclude a.conf\n").contains("does one include itself?"));
    assert!(error(&"<A>\n".repeat(101)).contains("nested too deeply"));
}

#[test]
fn an_optional_include_may_be_missing_but_not_unreadable() {
    let directory = directory(&[
        ("a.conf", "IncludeOptional x.conf\nIncludeOptional x/*.conf\nIncludeOptional b.conf\n"),
        ("b.conf", "</X>\n"),
    ]);
    let run = run_in(directory.path(), &["--stdout", "a.conf"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("b.conf:1:1\n"), "{}", run.stderr);
}

/// A command for the one that nobody but its owner may read, where the test has all rights.
fn as_somebody_else(directory: &Path) -> Command {
    let command = directory.join("apache2nginx");
    // Where everybody may run it, and by another process: no file that is open can be run.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_apache2nginx")).arg(&command).status();
    assert!(copied.unwrap().success());
    fs::set_permissions(directory, Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(command);
    command.env_clear().current_dir(directory);
    if fs::metadata(directory).unwrap().uid() == 0 {
        command.uid(65_534);
    }
    command
}

#[test]
fn a_directory_that_cannot_be_read_is_an_error() {
    let files = [
        ("a.conf", "IncludeOptional sites/*.conf\n"),
        ("b.conf", "IncludeOptional */c/x.conf\n"),
        ("c.conf", "Include sites\n"),
        ("d.conf", "IncludeOptional closed/*.conf\n"),
        ("open/x.conf", ""),
        ("open/sites-enabled/y.conf", ""),
        ("sites/c/x.conf", KEYS),
        ("closed/x.conf", KEYS),
    ];
    let directory = directory(&files);
    for closed in ["sites/c", "closed", "open/sites-enabled"] {
        let path = directory.path().join(closed);
        fs::set_permissions(path, Permissions::from_mode(0o000)).unwrap();
    }
    for (input, name) in [
        ("b.conf", "closed/c"),
        ("c.conf", "sites/c"),
        ("d.conf", "closed"),
        ("open", "open/sites-enabled"),
        ("closed", "closed"),
    ] {
        let run = common::run(as_somebody_else(directory.path()).args(["--stdout", input]));
        assert_eq!(run.code, 2, "{input}: {}", run.stdout);
        assert!(
            run.stderr.contains(name) && run.stderr.contains("denied"),
            "{input}: {}",
            run.stderr
        );
    }
    // Nothing in it is meant.
    let run = common::run(as_somebody_else(directory.path()).args(["--stdout", "a.conf"]));
    assert_eq!(run.code, 0, "{}", run.stderr);
    for closed in ["sites/c", "closed", "open/sites-enabled"] {
        let path = directory.path().join(closed);
        fs::set_permissions(path, Permissions::from_mode(0o700)).unwrap();
    }
}

#[test]
fn a_file_that_is_asked_for_is_below_the_root_like_an_included_one() {
    let files =
        [("conf/a.conf", "<IfFile b.conf>\nInclude b.conf\n</IfFile>\n"), ("conf/b.conf", "Foo\n")];
    let directory = directory(&files);
    let run = run_in(directory.path(), &["--stdout", "--server-root", "conf", "conf/a.conf"]);
    assert!(run.stdout.contains("Foo"), "{}", run.stdout);
    let files =
        [("x/a.conf", "<IfFile b.conf>\nInclude b.conf\n</IfFile>\n"), ("x/b.conf", "Foo\n")];
    let directory = common::directory(&files);
    let run = run_in(directory.path(), &["--stdout", "x/a.conf"]);
    assert!(run.stdout.contains("Foo"), "{}", run.stdout);
}

#[test]
fn an_included_directory_is_read_sorted_and_with_what_is_below() {
    let directory = directory(&[
        ("a.conf", "Include parts\n"),
        ("parts/2", "ProxyPass /b/ http://b/\n"),
        ("parts/1/x", "ProxyPass /a/ http://a/\n"),
    ]);
    let run = run_in(directory.path(), &["--stdout", "a.conf"]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.find("location /a/").unwrap() < run.stdout.find("location /b/").unwrap());
}

#[test]
fn what_multiplies_is_stopped() {
    let mut text = String::from("Define A0 xxxxxxxxxx\n");
    for number in 1..40 {
        let before = number - 1;
        text.push_str(&format!("Define A{number} ${{A{before}}}${{A{before}}}${{A{before}}}\n"));
    }
    assert!(error(&text).contains("too large"));

    let mut text = String::from("<Macro M0>\nListen 80\n</Macro>\n");
    for number in 1..19 {
        let uses = format!("Use M{}\n", number - 1).repeat(10);
        text.push_str(&format!("<Macro M{number}>\n{uses}</Macro>\n"));
    }
    text.push_str("Use M18\n");
    assert!(error(&text).contains("too large"));
}
