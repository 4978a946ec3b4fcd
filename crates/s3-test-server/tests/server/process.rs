//! The program: what it prints, connections, its end.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::client::{Connection, Request};
use crate::server::Server;
use crate::v4::V4;

#[test]
fn answers_are_printed() {
    let server = Server::start();
    let mut first = Connection::open(&server);
    let get = V4::long_term().in_headers(Request::get(&server, "/bucket/x/../y"));
    first.send(&get).assert_body("dots");
    assert_eq!(server.line(), "connection=1 GET /bucket/x/../y 200 v4-headers");
}

#[test]
fn refused_uploads_keep_the_connection() {
    let server = Server::start();
    let mut first = Connection::open(&server);
    let put = Request::new(&server, "PUT", "/bucket/x").body(&"x".repeat(1 << 20));
    assert_eq!(first.send(&put).status, 403);
    let get = V4::long_term().in_headers(Request::get(&server, "/bucket/y"));
    first.send(&get).assert_body("plain");
    let mut second = Connection::open(&server);
    second.send(&get).assert_body("plain");
    first.send(&get).assert_body("plain");
    let numbers: Vec<String> =
        (0..4).map(|_| server.line().split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(numbers, ["connection=1", "connection=1", "connection=2", "connection=1"]);
}

#[test]
fn signals_end_the_server() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::start();
        let _open = Connection::open(&server);
        // The shell's own: the program of that name is not on every machine.
        let kill = Command::new("sh")
            .args(["-c", &format!("kill -s {signal} {}", server.child.id())])
            .status()
            .unwrap();
        assert!(kill.success());
        let start = Instant::now();
        let status = loop {
            if let Some(status) = server.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < Duration::from_secs(5));
            std::thread::sleep(Duration::from_millis(10));
        };
        assert!(status.success());
    }
}

#[test]
fn impossible_names_are_reported() {
    let directory = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let credentials = directory.join("no-credentials.json");
    std::fs::write(&credentials, "[]").unwrap();
    for (number, objects) in
        [r#"{"UPPER": {}}"#, r#"{"bucket": {"": "x"}}"#, "[]"].iter().enumerate()
    {
        let path = directory.join(format!("invalid-{number}.json"));
        std::fs::write(&path, objects).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_s3-test-server"))
            .arg("--objects")
            .arg(&path)
            .arg("--credentials")
            .arg(&credentials)
            .output()
            .unwrap();
        assert!(!output.status.success());
        assert!(output.stdout.is_empty());
        assert!(!output.stderr.is_empty());
    }
}
