//! The server as a child process.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const OBJECTS: &str = r#"{
    "bucket": {
        "hello.txt": "Hello, world!",
        "empty": "",
        "a//b": "two slashes",
        "./x": "dot",
        "x/../y": "dots",
        "y": "plain",
        "dir/": "a directory",
        "é日本": "not ASCII",
        "a b+c&d=e%2F?#": "reserved",
        "/leading": "leading slash"
    },
    "other.bucket": {"key": "in the other bucket"},
    "list": {"a": "1", "b/1": "2", "b/2": "3", "c/d/e": "4", "z": "5"}
}"#;

const CREDENTIALS: &str = r#"[
    {"access_key_id": "LONGTERM", "secret_access_key": "secret/long"},
    {"access_key_id": "TEMPORARY", "secret_access_key": "secret/temporary",
     "session_token": "token+with/all==", "expires": "9999-01-01T00:00:00Z"},
    {"access_key_id": "EXPIRED", "secret_access_key": "secret/expired",
     "session_token": "old", "expires": "2020-01-01T00:00:00Z"}
]"#;

pub const REGION: &str = "eu-west-1";
pub const DOMAIN: &str = "s3.test";

/// A running server; it is stopped at the end of the test.
pub struct Server {
    pub child: Child,
    pub address: String,
    lines: Receiver<String>,
    directory: PathBuf,
}

impl Server {
    pub fn start() -> Self {
        Self::start_with_domains(&[DOMAIN])
    }

    pub fn start_with_domains(domains: &[&str]) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{}-{number}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let objects = directory.join("objects.json");
        let credentials = directory.join("credentials.json");
        std::fs::write(&objects, OBJECTS).unwrap();
        std::fs::write(&credentials, CREDENTIALS).unwrap();

        let mut child = Command::new(env!("CARGO_BIN_EXE_s3-test-server"))
            .args(["--listen", "127.0.0.1:0", "--region", REGION])
            .args(domains.iter().flat_map(|domain| ["--domain", domain]))
            .arg("--objects")
            .arg(objects)
            .arg("--credentials")
            .arg(credentials)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut server = Self { child, address: String::new(), lines, directory };
        let line = server.line();
        server.address = line.strip_prefix("listening on ").unwrap().to_owned();
        server
    }

    /// The next line of the standard output.
    pub fn line(&self) -> String {
        self.lines.recv_timeout(Duration::from_secs(5)).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
