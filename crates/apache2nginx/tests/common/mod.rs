//! Runs the command.

#![allow(dead_code, reason = "not every test uses everything")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// What a run of the command came to.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The command, without the environment of the test.
pub fn apache2nginx() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_apache2nginx"));
    command.env_clear();
    command
}

/// For a new nginx, whatever the machine has.
pub const NEW: [&str; 4] = ["--nginx-version", "1.30.4", "--resolver", "192.0.2.53"];

/// For an nginx whose upstream blocks resolve nothing while it runs.
pub const OLD: [&str; 2] = ["--nginx-version", "1.22.1"];

pub fn run(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A directory with files.
pub fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

/// The command, run in a directory for a new nginx.
pub fn run_in(directory: &Path, arguments: &[&str]) -> Run {
    run(apache2nginx().current_dir(directory).args(NEW).args(arguments))
}

/// What `--stdout` gives for a text, and the report.
pub fn convert(text: &str) -> Run {
    let directory = directory(&[("a.conf", text)]);
    run_in(directory.path(), &["--stdout", "a.conf"])
}

/// What `--stdout` gives for a text, in which everything that concerns S3 must be converted.
pub fn converted(text: &str) -> String {
    let Run { code, stdout, stderr } = convert(text);
    assert_eq!(code, 0, "{stdout}{stderr}");
    stdout
}
