//! Right signatures are accepted, wrong ones are not.

use std::time::Duration;

use crate::client::Request;
use crate::seconds_since_epoch;
use crate::server::Server;
use crate::v2::{V2, http_date};
use crate::v4::V4;

type Sign = Box<dyn Fn(Request) -> Request>;

/// The four kinds of signatures with these credentials.
fn signers(v2: &V2, v4: &V4) -> [(&'static str, Sign); 4] {
    let (v2_headers, v2_query) = (v2.clone(), v2.clone());
    let (v4_headers, v4_query) = (v4.clone(), v4.clone());
    [
        ("v2-headers", Box::new(move |r| v2_headers.in_headers(r))),
        ("v2-query", Box::new(move |r| v2_query.in_query(r))),
        ("v4-headers", Box::new(move |r| v4_headers.in_headers(r))),
        ("v4-query", Box::new(move |r| v4_query.in_query(r))),
    ]
}

fn all_signers() -> Vec<(&'static str, Sign)> {
    let mut all = Vec::from(signers(&V2::long_term(), &V4::long_term()));
    all.extend(signers(&V2::temporary(), &V4::temporary()));
    all
}

#[test]
fn right_signatures() {
    let server = Server::start();
    for (kind, sign) in all_signers() {
        let request = sign(Request::get(&server, "/bucket/hello.txt"));
        request.send(&server).assert_body("Hello, world!");
        assert!(server.line().ends_with(&format!("/bucket/hello.txt{} 200 {kind}", {
            &request.target["/bucket/hello.txt".len()..]
        })));
    }
}

#[test]
fn wrong_secrets() {
    let server = Server::start();
    let v2 = V2::new("LONGTERM", "secret/wrong", None);
    let v4 = V4::new("LONGTERM", "secret/wrong", None);
    for (_, sign) in signers(&v2, &v4) {
        sign(Request::get(&server, "/bucket/hello.txt"))
            .send(&server)
            .assert_error(403, "SignatureDoesNotMatch");
    }
}

#[test]
fn tampered_paths() {
    let server = Server::start();
    for (_, sign) in all_signers() {
        sign(Request::get(&server, "/bucket/hello.txt"))
            .retarget("hello.txt", "y")
            .send(&server)
            .assert_error(403, "SignatureDoesNotMatch");
    }
}

#[test]
fn tampered_queries() {
    let server = Server::start();
    let target = "/bucket/hello.txt?response-content-type=text/html";
    for (_, sign) in all_signers() {
        let request = sign(Request::get(&server, target));
        let response = request.send(&server);
        response.assert_body("Hello, world!");
        assert_eq!(response.headers["content-type"], "text/html");

        request
            .clone()
            .retarget("text/html", "text/plain")
            .send(&server)
            .assert_error(403, "SignatureDoesNotMatch");
        request
            .clone()
            .retarget("response-content-type=text/html", "x=y")
            .send(&server)
            .assert_error(403, "SignatureDoesNotMatch");
        let mut request = request;
        request.append("versionId", "v1");
        request.send(&server).assert_error(403, "SignatureDoesNotMatch");
    }
}

#[test]
fn encoded_arguments() {
    let server = Server::start();
    let target = "/bucket/y?response-content-disposition=attachment%3B%20filename%3D%22a%2Bb%22\
        &response-content-type=text%2fplain&a=%C3%A9&b";
    for (_, sign) in all_signers() {
        let response = sign(Request::get(&server, target)).send(&server);
        response.assert_body("plain");
        assert_eq!(response.headers["content-disposition"], "attachment; filename=\"a+b\"");
    }
}

#[test]
fn tampered_headers() {
    let server = Server::start();
    for (_, sign) in all_signers() {
        let request = sign(Request::get(&server, "/bucket/y").header("x-amz-meta-a", "1"));
        request.send(&server).assert_body("plain");
        request
            .replace_header("x-amz-meta-a", "2")
            .send(&server)
            .assert_error(403, "SignatureDoesNotMatch");
    }
    // Signature V2 covers the type, and V4 whatever it names.
    for (_, sign) in all_signers() {
        sign(Request::get(&server, "/bucket/y").header("content-type", "text/plain"))
            .replace_header("content-type", "text/html")
            .send(&server)
            .assert_error(403, "SignatureDoesNotMatch");
    }
}

#[test]
fn tampered_methods() {
    let server = Server::start();
    for (_, sign) in all_signers() {
        let mut request = sign(Request::get(&server, "/bucket/hello.txt"));
        request.method = "DELETE";
        request.send(&server).assert_error(403, "SignatureDoesNotMatch");
    }
}

#[test]
fn odd_keys() {
    let server = Server::start();
    let objects = [
        ("/bucket/a//b", "two slashes"),
        ("/bucket/./x", "dot"),
        ("/bucket/x/../y", "dots"),
        ("/bucket/y", "plain"),
        ("/bucket/dir/", "a directory"),
        ("/bucket/%C3%A9%E6%97%A5%E6%9C%AC", "not ASCII"),
        ("/bucket/a%20b%2Bc%26d%3De%252F%3F%23", "reserved"),
        ("/bucket//leading", "leading slash"),
    ];
    for (target, content) in objects {
        for (_, sign) in all_signers() {
            sign(Request::get(&server, target)).send(&server).assert_body(content);
        }
    }
    for target in ["/bucket/dir", "/bucket/a/b", "/bucket/x", "/bucket/leading"] {
        V4::long_term()
            .in_headers(Request::get(&server, target))
            .send(&server)
            .assert_error(404, "NoSuchKey");
    }
}

#[test]
fn virtual_hosts() {
    let server = Server::start();
    for (_, sign) in all_signers() {
        for host in ["bucket.s3.test", "bucket.s3.test:8080"] {
            for (target, content) in [("/y", "plain"), ("//leading", "leading slash")] {
                let request = Request::get(&server, target).replace_header("host", host);
                sign(request).send(&server).assert_body(content);
            }
            let request = Request::get(&server, "/?location").replace_header("host", host);
            assert_eq!(sign(request).send(&server).status, 200);
        }
        let request = Request::get(&server, "/key").replace_header("host", "other.bucket.s3.test");
        sign(request).send(&server).assert_body("in the other bucket");

        let request = Request::get(&server, "/bucket/y").replace_header("host", "s3.test");
        sign(request).send(&server).assert_body("plain");
    }

    // The host is covered, in V2 by way of the bucket.
    for (_, sign) in all_signers() {
        sign(Request::get(&server, "/key").replace_header("host", "other.bucket.s3.test"))
            .replace_header("host", "bucket.s3.test")
            .send(&server)
            .assert_error(403, "SignatureDoesNotMatch");
    }
}

#[test]
fn dates() {
    let server = Server::start();
    let hour = Duration::from_secs(3600);
    let request = || Request::get(&server, "/bucket/y");

    for time in [V4::long_term().time - hour, V4::long_term().time + hour] {
        let v4 = V4 { time, ..V4::long_term() };
        v4.in_headers(request()).send(&server).assert_error(403, "RequestTimeTooSkewed");
    }
    let past = V4::long_term().time - hour;
    let response = V4 { time: past, ..V4::long_term() }.in_query(request()).send(&server);
    response.assert_error(403, "AccessDenied");
    assert_eq!(response.element("Message"), Some("Request has expired"));
    V4 { time: past, expires_in: hour * 2, ..V4::long_term() }
        .in_query(request())
        .send(&server)
        .assert_body("plain");

    let now = seconds_since_epoch();
    for date in [http_date(now - 3600), http_date(now + 3600)] {
        for name in ["date", "x-amz-date"] {
            V2::long_term()
                .in_headers(request().header(name, &date))
                .send(&server)
                .assert_error(403, "RequestTimeTooSkewed");
        }
    }
    V2::long_term()
        .in_headers(request().header("x-amz-date", &http_date(now)))
        .send(&server)
        .assert_body("plain");
    // The Date header does not count beside x-amz-date.
    V2::long_term()
        .in_headers(
            request().header("date", &http_date(now - 3600)).header("x-amz-date", &http_date(now)),
        )
        .send(&server)
        .assert_body("plain");
    V2::long_term()
        .in_headers(request().header("date", "yesterday"))
        .send(&server)
        .assert_error(403, "AccessDenied");
    let response = V2 { expires: now - 1, ..V2::long_term() }.in_query(request()).send(&server);
    response.assert_error(403, "AccessDenied");
    assert_eq!(response.element("Message"), Some("Request has expired"));
}

#[test]
fn bodies() {
    let server = Server::start();
    let put = |target: &str| Request::new(&server, "PUT", target).body("content");
    for (number, (_, sign)) in all_signers().into_iter().enumerate() {
        let target = format!("/bucket/new-{number}");
        assert_eq!(sign(put(&target)).send(&server).status, 200);
        sign(Request::get(&server, &target)).send(&server).assert_body("content");
    }

    let unsigned = V4 { payload: Some("UNSIGNED-PAYLOAD"), ..V4::long_term() };
    let request = unsigned.in_headers(put("/bucket/unsigned"));
    assert_eq!(request.value_of("x-amz-content-sha256"), Some("UNSIGNED-PAYLOAD"));
    assert_eq!(request.body("changed").send(&server).status, 200);
    V4::long_term()
        .in_headers(Request::get(&server, "/bucket/unsigned"))
        .send(&server)
        .assert_body("changed");

    V4::long_term()
        .in_headers(put("/bucket/signed"))
        .body("changed")
        .send(&server)
        .assert_error(400, "XAmzContentSHA256Mismatch");
    V4::long_term()
        .in_headers(put("/bucket/signed"))
        .replace_header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
        .body("changed")
        .send(&server)
        .assert_error(403, "SignatureDoesNotMatch");
    V4::long_term()
        .in_headers(Request::get(&server, "/bucket/signed"))
        .send(&server)
        .assert_error(404, "NoSuchKey");
}
