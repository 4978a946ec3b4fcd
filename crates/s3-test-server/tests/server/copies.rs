//! Copies of objects.

use crate::client::{Request, Response};
use crate::server::Server;
use crate::v2::V2;
use crate::v4::V4;

fn call(request: Request, server: &Server) -> Response {
    V4::long_term().in_headers(request).send(server)
}

fn get(server: &Server, target: &str) -> Response {
    call(Request::get(server, target), server)
}

fn copy(server: &Server, source: &str) -> Request {
    Request::new(server, "PUT", "/list/copy").header("x-amz-copy-source", source)
}

#[test]
fn sources() {
    let server = Server::start();
    for (source, content) in [
        ("bucket/hello.txt", "Hello, world!"),
        ("/bucket/hello.txt", "Hello, world!"),
        ("/bucket%2Fhello%2etxt", "Hello, world!"),
        ("bucket/%C3%A9%E6%97%A5%E6%9C%AC", "not ASCII"),
        ("/bucket/a%20b%2Bc%26d%3De%252F%3F%23", "reserved"),
        ("bucket//leading", "leading slash"),
        ("bucket/y?versionId=v1", "plain"),
        ("other.bucket/key", "in the other bucket"),
    ] {
        let response = call(copy(&server, source), &server);
        assert_eq!(response.status, 200, "{source}: {response:?}");
        assert!(server.line().ends_with(&format!(" 200 v4-headers x-amz-copy-source={source}")));
        let copied = get(&server, "/list/copy");
        copied.assert_body(content);
        server.line();
        let etag = response.element("ETag").unwrap().replace("&quot;", "\"");
        assert_eq!(copied.headers["etag"], etag);
        assert!(response.element("LastModified").is_some());
    }
    for (source, status, code) in [
        ("bucket/none", 404, "NoSuchKey"),
        ("nobucket/hello.txt", 404, "NoSuchBucket"),
        ("bucket/y?versionId=v2", 404, "NoSuchVersion"),
        ("bucket", 400, "InvalidArgument"),
        ("list/copy", 400, "InvalidRequest"),
        ("arn:aws:s3:eu-west-1:123456789012:accesspoint/name/object/y", 501, "NotImplemented"),
    ] {
        call(copy(&server, source), &server).assert_error(status, code);
    }
    get(&server, "/list/copy").assert_body("in the other bucket");
    let request = Request::new(&server, "PUT", "/nobucket/copy");
    call(request.header("x-amz-copy-source", "bucket/y"), &server)
        .assert_error(404, "NoSuchBucket");
}

#[test]
fn sources_in_queries() {
    let server = Server::start();
    let source = "bucket/a%20b%2Bc%26d%3De%252F%3F%23";
    let mut request = Request::new(&server, "PUT", "/list/v4");
    request.append("X-Amz-Copy-Source", source);
    assert_eq!(V4::long_term().in_query(request).send(&server).status, 200);
    assert!(server.line().ends_with(&format!(" 200 v4-query x-amz-copy-source={source}")));
    get(&server, "/list/v4").assert_body("reserved");
    server.line();

    let request = Request::new(&server, "PUT", "/list/v2").header("x-amz-copy-source", source);
    let mut request = V2::long_term().in_query(request);
    request.headers.retain(|(name, _)| name != "x-amz-copy-source");
    request.append("x-amz-copy-source", source);
    assert_eq!(request.send(&server).status, 200);
    assert!(server.line().ends_with(&format!(" 200 v2-query x-amz-copy-source={source}")));
    get(&server, "/list/v2").assert_body("reserved");

    // In header mode it is an argument, and the request stores its body.
    let mut request = Request::new(&server, "PUT", "/list/headers").body("body");
    request.append("x-amz-copy-source", source);
    assert_eq!(call(request, &server).status, 200);
    get(&server, "/list/headers").assert_body("body");
}

#[test]
fn attributes() {
    let server = Server::start();
    let put = Request::new(&server, "PUT", "/bucket/source")
        .header("content-type", "text/plain")
        .header("content-encoding", "gzip")
        .header("x-amz-meta-color", "blue");
    assert_eq!(call(put, &server).status, 200);

    let request = copy(&server, "bucket/source")
        .header("content-type", "text/html")
        .header("x-amz-meta-color", "red");
    assert_eq!(call(request.clone(), &server).status, 200);
    let copied = get(&server, "/list/copy");
    assert_eq!(copied.headers["content-type"], "text/plain");
    assert_eq!(copied.headers["content-encoding"], "gzip");
    assert_eq!(copied.headers["x-amz-meta-color"], "blue");

    let replace = request.header("x-amz-metadata-directive", "REPLACE");
    assert_eq!(call(replace, &server).status, 200);
    let copied = get(&server, "/list/copy");
    assert_eq!(copied.headers["content-type"], "text/html");
    assert!(!copied.headers.contains_key("content-encoding"));
    assert_eq!(copied.headers["x-amz-meta-color"], "red");

    let request = copy(&server, "list/copy").header("x-amz-metadata-directive", "REPLACE");
    assert_eq!(call(request, &server).status, 200);
    assert!(!get(&server, "/list/copy").headers.contains_key("x-amz-meta-color"));
}

#[test]
fn conditions() {
    let server = Server::start();
    let source = get(&server, "/bucket/y");
    let etag = source.headers["etag"].as_str();
    let modified = source.headers["last-modified"].as_str();
    let past = "Sat, 01 Jan 2000 00:00:00 GMT";
    for (name, value, status) in [
        ("x-amz-copy-source-if-match", etag, 200),
        ("x-amz-copy-source-if-match", "\"other\"", 412),
        ("x-amz-copy-source-if-none-match", etag, 412),
        ("x-amz-copy-source-if-none-match", "\"other\"", 200),
        ("x-amz-copy-source-if-modified-since", modified, 412),
        ("x-amz-copy-source-if-modified-since", past, 200),
        ("x-amz-copy-source-if-unmodified-since", modified, 200),
        ("x-amz-copy-source-if-unmodified-since", past, 412),
    ] {
        let response = call(copy(&server, "bucket/y").header(name, value), &server);
        assert_eq!(response.status, status, "{name}: {value}");
    }
}

#[test]
fn parts() {
    let server = Server::start();
    let response = call(Request::new(&server, "POST", "/list/large?uploads"), &server);
    let id = response.element("UploadId").unwrap();
    let part = |number: u32, range: Option<&str>| {
        let target = format!("/list/large?partNumber={number}&uploadId={id}");
        let request =
            Request::new(&server, "PUT", &target).header("x-amz-copy-source", "bucket/hello.txt");
        let request = match range {
            Some(range) => request.header("x-amz-copy-source-range", range),
            None => request,
        };
        call(request, &server)
    };
    for range in ["bytes=0-13", "bytes=0-", "bytes=-1", "5"] {
        part(1, Some(range)).assert_error(400, "InvalidArgument");
    }
    part(0, None).assert_error(400, "InvalidArgument");

    let parts: String = [part(1, Some("bytes=7-12")), part(2, None)]
        .iter()
        .zip(1..)
        .map(|(response, number)| {
            let etag = response.element("ETag").unwrap();
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        })
        .collect();
    let target = format!("/list/large?uploadId={id}");
    let complete = Request::new(&server, "POST", &target)
        .body(&format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"));
    assert_eq!(call(complete, &server).status, 200);
    get(&server, "/list/large").assert_body("world!Hello, world!");
}
