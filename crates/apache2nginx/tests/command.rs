//! The command: exit codes, files, options.

mod common;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use common::{Run, apache2nginx, directory, run, run_in};

const SITE: &str = "\
ProxyPass /films/ https://films.s3.eu-west-1.amazonaws.com/
<Proxy https://films.s3.eu-west-1.amazonaws.com/>
    S3AccessKey AKIAIOSFODNN7EXAMPLE
    S3SecretKey wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
    S3Region eu-west-1
</Proxy>
";

const SECRET: &str = "wJalrXUtnFEMI";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn two_files_are_written_and_the_keys_are_in_the_one_for_them() {
    let directory = directory(&[("a.conf", SITE)]);
    let Run { code, stdout, stderr } = run_in(directory.path(), &["a.conf"]);
    assert_eq!((code, stdout.as_str()), (0, ""), "{stderr}");
    let main = fs::read_to_string(directory.path().join("s3.conf")).unwrap();
    let secrets = fs::read_to_string(directory.path().join("s3-credentials.conf")).unwrap();
    assert!(main.contains("\ninclude s3-credentials.conf;\n") && !main.contains(SECRET));
    assert!(!main.contains("AKIA") && !stderr.contains(SECRET));
    assert!(secrets.contains(SECRET) && secrets.contains("AKIA"));
    assert_eq!(mode(&directory.path().join("s3-credentials.conf")), 0o600);
    assert_eq!(names(directory.path()), ["a.conf", "s3-credentials.conf", "s3.conf"]);
}

#[test]
fn the_files_can_have_other_names() {
    let directory = directory(&[("a.conf", SITE), ("keys/x", ""), ("out/x", "")]);
    let arguments = ["-o", "out/b.conf", "--secrets-file", "keys/k.conf", "a.conf"];
    assert_eq!(run_in(directory.path(), &arguments).code, 0);
    let main = fs::read_to_string(directory.path().join("out/b.conf")).unwrap();
    assert!(main.contains("\ninclude keys/k.conf;\n"));
    assert_eq!(mode(&directory.path().join("keys/k.conf")), 0o600);

    let run = run_in(directory.path(), &["-o", "out/c.conf", "a.conf"]);
    assert_eq!(run.code, 0);
    let main = fs::read_to_string(directory.path().join("out/c.conf")).unwrap();
    assert!(main.contains("\ninclude out/s3-credentials.conf;\n"), "{main}");
    assert_eq!(
        names(&directory.path().join("out")),
        ["b.conf", "c.conf", "s3-credentials.conf", "x"]
    );

    let arguments = ["-o", "d.conf", "--secrets-file", "d.conf", "a.conf"];
    let run = run_in(directory.path(), &arguments);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("name the same file, d.conf"), "{}", run.stderr);
}

#[test]
fn nothing_is_replaced_without_force_and_nothing_is_half_written() {
    for existing in ["s3.conf", "s3-credentials.conf"] {
        let directory = directory(&[("a.conf", SITE), (existing, "mine")]);
        let run = run_in(directory.path(), &["a.conf"]);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains(&format!("{existing} exists already")), "{}", run.stderr);
        assert_eq!(names(directory.path()), ["a.conf", existing]);
        assert_eq!(fs::read_to_string(directory.path().join(existing)).unwrap(), "mine");

        assert_eq!(run_in(directory.path(), &["--force", "a.conf"]).code, 0);
        let main = fs::read_to_string(directory.path().join("s3.conf")).unwrap();
        assert!(main.contains("include s3-credentials.conf"));
        assert_eq!(mode(&directory.path().join("s3-credentials.conf")), 0o600);
    }
}

#[test]
fn a_file_that_cannot_be_written_leaves_no_other() {
    let directory = directory(&[("a.conf", SITE)]);
    for arguments in
        [["--secrets-file", "missing/k.conf", "a.conf"], ["--output", "missing/s3.conf", "a.conf"]]
    {
        let run = run_in(directory.path(), &arguments);
        assert_eq!(run.code, 2);
        assert!(run.stderr.starts_with("error: cannot write missing/"), "{}", run.stderr);
        assert_eq!(names(directory.path()), ["a.conf"]);
    }
    fs::create_dir(directory.path().join("s3.conf")).unwrap();
    assert_eq!(run_in(directory.path(), &["--force", "a.conf"]).code, 2);
    assert_eq!(names(directory.path()), ["a.conf", "s3.conf"]);
}

#[test]
fn what_was_there_is_put_back_if_a_file_cannot_get_its_name() {
    let before = "of before";
    let directory = directory(&[("a.conf", SITE), ("s3-credentials.conf", before)]);
    let credentials = directory.path().join("s3-credentials.conf");
    fs::set_permissions(&credentials, fs::Permissions::from_mode(0o640)).unwrap();
    // The file can be written under another name, but not have this one.
    let long = "x".repeat(300);
    let run = run_in(directory.path(), &["--force", "-o", &long, "a.conf"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.starts_with("error: cannot write xxx"), "{}", run.stderr);
    assert_eq!(names(directory.path()), ["a.conf", "s3-credentials.conf"]);
    assert_eq!(fs::read_to_string(&credentials).unwrap(), before);
    assert_eq!(mode(&credentials), 0o640);

    fs::remove_file(&credentials).unwrap();
    assert_eq!(run_in(directory.path(), &["--force", "-o", &long, "a.conf"]).code, 2);
    assert_eq!(names(directory.path()), ["a.conf"]);
}

#[test]
fn the_keys_are_included_by_their_whole_path_where_it_is_known() {
    let directory = directory(&[("a.conf", SITE)]);
    let output = directory.path().join("s3.conf");
    let run = run_in(directory.path(), &["-o", output.to_str().unwrap(), "a.conf"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let include = format!("\ninclude {}/s3-credentials.conf;\n", directory.path().display());
    assert!(fs::read_to_string(output).unwrap().contains(&include));

    let run = run_in(directory.path(), &["--force", "--secrets-file", "./s3.conf", "a.conf"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("name the same file"), "{}", run.stderr);
}

#[test]
fn no_secret_is_in_the_main_file_the_report_or_an_error() {
    let site = format!(
        "{SITE}<Location /films/>\nRequestHeader set X-Id {SECRET}/K7MDENG/bPxRfiCYEXAMPLEKEY\n\
         RequestHeader set Authorization \"Basic {SECRET}\"\nRequestHeader set X-Api-Key {SECRET}\n\
         </Location>\nSetEnv X \"id:{SECRET}/K7MDENG/bPxRfiCYEXAMPLEKEY\"\n\
         S3SecretKye {SECRET}\nProxyPass /u/ https://user:{SECRET}@host/\n\
         RewriteRule ^/x http://h/y?a=b&AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE [P]\n\
         SetEnv URL https://h/AKIAIOSFODNN7EXAMPLE/x\nSetEnv FOO bar|AKIAIOSFODNN7EXAMPLE\n\
         Header set X-Y %{{AKIAIOSFODNN7EXAMPLE}}\n\
         Foo a=b,c={SECRET}/K7MDENG/bPxRfiCYEXAMPLEKEY/x=\n"
    );
    for format in ["text", "json"] {
        let directory = directory(&[("a.conf", &site)]);
        let run = run_in(directory.path(), &["--report", format, "a.conf"]);
        assert_eq!(run.code, 1);
        let main = fs::read_to_string(directory.path().join("s3.conf")).unwrap();
        for text in [&main, &run.stdout, &run.stderr] {
            assert!(!text.contains(SECRET) && !text.contains("AKIA"), "{text}");
        }
    }
    for line in [
        format!("S3SecretKey \\\n  {SECRET} \\\n \x01"),
        format!("Use Bucket {SECRET}"),
        format!("Define KEY {SECRET} {SECRET} {SECRET}"),
        format!("<Location /a> S3AccessKey {SECRET}\n</Directory>"),
    ] {
        let directory = directory(&[("a.conf", &line)]);
        let run = run_in(directory.path(), &["--report", "json", "a.conf"]);
        assert_eq!(run.code, 2, "{line}");
        assert!(!run.stderr.contains(SECRET) && !run.stdout.contains(SECRET), "{}", run.stderr);
    }
}

#[test]
fn stdout_has_everything_and_no_file_is_written() {
    let directory = directory(&[("a.conf", SITE)]);
    let run = run_in(directory.path(), &["--stdout", "a.conf"]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains(SECRET) && !run.stdout.contains("\ninclude"));
    assert_eq!(names(directory.path()), ["a.conf"]);
}

#[test]
fn check_compares() {
    let directory = directory(&[("a.conf", SITE)]);
    let path = directory.path();
    let check = || run_in(path, &["--check", "a.conf"]);
    let missing = check();
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.starts_with("s3.conf is not up to date\ns3-credentials.conf is not"));
    assert_eq!(names(path), ["a.conf"]);

    assert_eq!(run_in(path, &["a.conf"]).code, 0);
    assert_eq!(check().code, 0);

    fs::write(path.join("s3-credentials.conf"), "other").unwrap();
    let run = check();
    assert_eq!(run.code, 1);
    assert!(run.stderr.starts_with("s3-credentials.conf is not up to date\n"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(path.join("s3-credentials.conf")).unwrap(), "other");
}

#[test]
fn check_looks_at_who_may_read_the_keys_and_for_keys_of_before() {
    let directory = directory(&[("a.conf", SITE)]);
    let path = directory.path();
    assert_eq!(run_in(path, &["a.conf"]).code, 0);
    let secrets = path.join("s3-credentials.conf");
    fs::set_permissions(&secrets, fs::Permissions::from_mode(0o644)).unwrap();
    let run = run_in(path, &["--check", "a.conf"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.starts_with("s3-credentials.conf can be read or written by others\n"));
    fs::set_permissions(&secrets, fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(run_in(path, &["--check", "a.conf"]).code, 0);

    fs::write(path.join("a.conf"), "ProxyPass / http://a.example.com/\n").unwrap();
    let said = "s3-credentials.conf is not of this conversion, which has no keys: remove it\n";
    let run = run_in(path, &["--force", "a.conf"]);
    assert!(run.code == 0 && run.stderr.starts_with(said), "{}", run.stderr);
    let run = run_in(path, &["--check", "a.conf"]);
    assert!(run.code == 1 && run.stderr.starts_with(said), "{}", run.stderr);
}

/// nginx would find the upstream blocks twice: by itself, and included by the output.
#[test]
fn keys_are_not_put_where_nginx_reads_all_files() {
    let directory = directory(&[("a.conf", SITE), ("conf.d/x", ""), ("sites-enabled/x", "")]);
    let path = directory.path();
    for (output, secrets) in [
        ("conf.d/s3.conf", None),
        ("s3.conf", Some("conf.d/keys.conf")),
        ("sites-enabled/s3", None),
        ("s3.conf", Some("sites-enabled/keys")),
    ] {
        let mut arguments = vec!["-o", output, "a.conf"];
        arguments.extend(secrets.into_iter().flat_map(|secrets| ["--secrets-file", secrets]));
        let run = run_in(path, &arguments);
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stderr.contains("--secrets-file"), "{}", run.stderr);
    }
    let run = run(apache2nginx().current_dir(path.join("conf.d")).arg("../a.conf"));
    assert_eq!(run.code, 2);
    for secrets in ["keys.conf", "conf.d/s3.keys"] {
        let arguments = ["--force", "-o", "conf.d/s3.conf", "--secrets-file", secrets, "a.conf"];
        assert_eq!(run_in(path, &arguments).code, 0);
    }
}

#[test]
fn what_concerns_s3_and_is_not_converted_makes_the_code_1() {
    let text = format!("{SITE}<Location /films/>\n    Require valid-user\n</Location>\n");
    let directory = directory(&[("a.conf", &text)]);
    let run = run_in(directory.path(), &["a.conf"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("  a.conf:8: Require valid-user\n"), "{}", run.stderr);
    assert_eq!(names(directory.path()).len(), 3);
}

#[test]
fn unreadable_input_is_shown_with_its_place_and_makes_the_code_2() {
    let directory = directory(&[("a.conf", "Listen 80\n  <Proxy http://a/\n</Proxy>\n")]);
    let run = run_in(directory.path(), &["a.conf"]);
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.stderr);
    assert_eq!(names(directory.path()), ["a.conf"]);

    let run = run_in(directory.path(), &["missing.conf"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.starts_with("error: cannot read missing.conf: "), "{}", run.stderr);
}

#[test]
fn an_error_shows_no_secret() {
    let text = "<Proxy http://a/>\nS3SecretKey wJalrXUtnFEMI\\\n\x07\n</Proxy>\n";
    let directory = directory(&[("a.conf", text)]);
    let run = run_in(directory.path(), &["a.conf"]);
    assert_eq!(run.code, 2);
    assert!(!run.stderr.contains("wJal"), "{}", run.stderr);
}

#[test]
fn the_report_is_json_for_scripts() {
    let text = format!("{SITE}RewriteEngine on\nSetEnv AWS_SECRET_KEY {SECRET}\n");
    let directory = directory(&[("a.conf", &text)]);
    let run = run_in(directory.path(), &["--report", "json", "a.conf"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(!run.stdout.contains(SECRET));
    insta::assert_snapshot!(run.stdout);

    let run = run_in(directory.path(), &["--report", "json", "--stdout", "a.conf"]);
    let report: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!(report["complete"], true);
}

#[test]
fn errors_are_json_for_scripts() {
    let directory = directory(&[("a.conf", "</Proxy>\n")]);
    let run = run_in(directory.path(), &["--report", "json", "a.conf"]);
    assert_eq!(run.code, 2);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let error = serde_json::json!({
        "message": "</Proxy> closes nothing", "file": "a.conf", "line": 1, "column": 1
    });
    assert_eq!(report["error"], error);
}

#[test]
fn without_keys_there_is_no_file_for_them() {
    let directory = directory(&[("a.conf", "ProxyPass / http://a.example.com/\n")]);
    assert_eq!(run_in(directory.path(), &["a.conf"]).code, 0);
    assert_eq!(names(directory.path()), ["a.conf", "s3.conf"]);
    let main = fs::read_to_string(directory.path().join("s3.conf")).unwrap();
    assert!(!main.contains("include s3"));
}

#[test]
fn the_same_input_has_the_same_output() {
    let mut text = String::new();
    for number in 0..50 {
        text.push_str(&format!(
            "<VirtualHost *:80>\nServerName h{number}\n<Location /a/>\nS3AccessKey A{number}\n\
             S3SecretKey S\n</Location>\nProxyPass / http://b.example.com/\nFoo {number}\n\
             </VirtualHost>\n"
        ));
    }
    let directory = directory(&[("a.conf", &text)]);
    let run = || run_in(directory.path(), &["--stdout", "a.conf"]);
    let first = run();
    for _ in 0..3 {
        let again = run();
        assert_eq!((&again.stdout, &again.stderr), (&first.stdout, &first.stderr));
    }
}

#[test]
fn directories_are_read_as_they_are_laid_out() {
    let site =
        |name: &str| format!("<VirtualHost *:80>\nServerName {name}\n{SITE}</VirtualHost>\n");
    let files = [
        ("debian/apache2.conf", "IncludeOptional sites-enabled/*.conf\n".to_owned()),
        ("debian/sites-enabled/b.conf", site("b")),
        ("debian/sites-enabled/a.conf", site("a")),
        ("debian/sites-enabled/a.conf.bak", "<".to_owned()),
        ("debian/conf.d/unused.conf", "<".to_owned()),
        ("redhat/conf/httpd.conf", "Include conf.d/*.conf\n".to_owned()),
        ("redhat/conf.d/c.conf", site("c")),
        ("plain/d.conf", site("d")),
        ("plain/README", "<".to_owned()),
        ("enabled/sites-enabled/e.conf", "Include conf/e.inc\n".to_owned()),
        ("enabled/conf/e.inc", site("e")),
        ("empty/README", String::new()),
    ];
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let directory = directory(&files);
    let names = |input: &str| {
        let run = run_in(directory.path(), &["--stdout", input]);
        assert_eq!(run.code, 0, "{input}: {}", run.stderr);
        let lines = run.stdout.lines().filter_map(|line| line.trim().strip_prefix("server_name "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names("debian"), ["a;", "b;"]);
    assert_eq!(names("redhat"), ["c;"]);
    assert_eq!(names("plain"), ["d;"]);
    assert_eq!(names("enabled"), ["e;"]);
    assert_eq!(names("enabled/sites-enabled/e.conf"), ["e;"]);
    let run = run_in(directory.path(), &["empty"]);
    assert_eq!((run.code, run.stderr.contains("empty has no configuration")), (2, true));
}

#[test]
fn server_root_is_for_relative_names() {
    let files = [("here/a.conf", "ServerRoot /elsewhere\nInclude b.conf\n"), ("root/b.conf", SITE)];
    let directory = directory(&files);
    assert_eq!(run_in(directory.path(), &["--stdout", "here/a.conf"]).code, 2);
    let run = run_in(directory.path(), &["--stdout", "--server-root", "root", "here/a.conf"]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("s3_access_key"));
}

#[test]
fn the_help_has_examples_and_the_manual_is_made_of_it() {
    let help = run(apache2nginx().arg("--help")).stdout;
    assert!(help.contains("\nExamples:\n") && help.contains("\nExit status:\n"), "{help}");
    assert!(help.lines().all(|line| line.len() <= 100));
    let manual = run(apache2nginx().arg("--man"));
    assert_eq!(manual.code, 0);
    assert!(manual.stdout.contains(".TH apache2nginx 1"), "{}", manual.stdout);
    let (_, synopsis) = manual.stdout.split_once(".SH SYNOPSIS\n").unwrap();
    let wanted = r"\fBapache2nginx\fR [\fIOPTION\fR]... \fIFILE\-OR\-DIRECTORY\fR...";
    assert_eq!(synopsis.lines().next(), Some(wanted));
    for part in ["\\-\\-secrets\\-file", "Examples:", "Exit status:"] {
        assert!(manual.stdout.contains(part), "{part}");
    }
}

#[test]
fn a_pipe_is_read_but_a_device_is_not_included() {
    let mut command = apache2nginx();
    command.args(["--stdout", "/dev/stdin"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(SITE.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains(SECRET));
    let directory = directory(&[("a.conf", "Include /dev/zero\n")]);
    let run = run_in(directory.path(), &["--stdout", "a.conf"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("neither a regular file nor"), "{}", run.stderr);
}
