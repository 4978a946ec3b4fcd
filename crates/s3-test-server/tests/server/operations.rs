//! The operations on buckets and objects.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use crate::client::{Request, Response};
use crate::server::{REGION, Server};
use crate::v2::V2;
use crate::v4::V4;

fn call(request: Request, server: &Server) -> Response {
    V4::long_term().in_headers(request).send(server)
}

fn get(server: &Server, target: &str) -> Response {
    call(Request::get(server, target), server)
}

#[test]
fn objects() {
    let server = Server::start();
    let response = get(&server, "/bucket/hello.txt");
    response.assert_body("Hello, world!");
    assert_eq!(response.headers["etag"], "\"6cd3556deb0da54bca060b4c39479839\"");
    assert_eq!(response.headers["content-type"], "binary/octet-stream");
    assert_eq!(response.headers["accept-ranges"], "bytes");
    assert!(response.headers["last-modified"].ends_with(" GMT"));

    let head = call(Request::new(&server, "HEAD", "/bucket/hello.txt"), &server);
    assert_eq!(head.status, 200);
    assert_eq!(head.headers["content-length"], "13");
    assert_eq!(head.headers["etag"], response.headers["etag"]);

    get(&server, "/bucket/empty").assert_body("");
    get(&server, "/bucket/none").assert_error(404, "NoSuchKey");
    get(&server, "/nobucket/none").assert_error(404, "NoSuchBucket");
    let head = call(Request::new(&server, "HEAD", "/bucket/none"), &server);
    assert_eq!(head.status, 404);

    let response = call(Request::new(&server, "DELETE", "/bucket/hello.txt"), &server);
    assert_eq!(response.status, 204);
    get(&server, "/bucket/hello.txt").assert_error(404, "NoSuchKey");
}

#[test]
fn ranges() {
    let server = Server::start();
    let ranged = |range: &str| {
        let request = Request::get(&server, "/bucket/hello.txt").header("range", range);
        V4::long_term().in_headers(request).send(&server)
    };
    for (range, content, content_range) in [
        ("bytes=0-4", "Hello", "bytes 0-4/13"),
        ("bytes=7-", "world!", "bytes 7-12/13"),
        ("bytes=-6", "world!", "bytes 7-12/13"),
        ("bytes=-99", "Hello, world!", "bytes 0-12/13"),
        ("bytes=12-99", "!", "bytes 12-12/13"),
    ] {
        let response = ranged(range);
        assert_eq!((response.status, response.body.as_str()), (206, content));
        assert_eq!(response.headers["content-range"], content_range);
    }
    ranged("bytes=13-").assert_error(416, "InvalidRange");
    ranged("bytes=-0").assert_error(416, "InvalidRange");

    // S3 ignores what it does not understand.
    for range in ["bytes=0-1,3-4", "bytes=5-2", "lines=1-2"] {
        V4::long_term()
            .in_headers(Request::get(&server, "/bucket/hello.txt"))
            .header("range", range)
            .send(&server)
            .assert_body("Hello, world!");
    }
    V4::long_term()
        .in_query(Request::get(&server, "/bucket/hello.txt").header("range", "bytes=0-1,3-4"))
        .send(&server)
        .assert_error(400, "InvalidArgument");
    let request = Request::new(&server, "HEAD", "/bucket/hello.txt").header("range", "bytes=0-4");
    let response = call(request, &server);
    assert_eq!(response.status, 206);
    assert_eq!(response.headers["content-length"], "5");
    assert_eq!(response.headers["content-range"], "bytes 0-4/13");
    call(Request::get(&server, "/bucket/empty").header("range", "bytes=-5"), &server)
        .assert_error(416, "InvalidRange");
}

#[test]
fn conditions() {
    let server = Server::start();
    let response = get(&server, "/bucket/y");
    let etag = response.headers["etag"].as_str();
    let modified = response.headers["last-modified"].as_str();
    let past = "Sat, 01 Jan 2000 00:00:00 GMT";
    for (name, value, status) in [
        ("if-match", etag, 200),
        ("if-match", "*", 200),
        ("if-match", "\"other\"", 412),
        ("if-none-match", etag, 304),
        ("if-none-match", "*", 304),
        ("if-none-match", "\"other\"", 200),
        ("if-modified-since", modified, 304),
        ("if-modified-since", past, 200),
        ("if-unmodified-since", modified, 200),
        ("if-unmodified-since", past, 412),
    ] {
        for method in ["GET", "HEAD"] {
            let request = Request::new(&server, method, "/bucket/y").header(name, value);
            let response = call(request, &server);
            assert_eq!(response.status, status, "{method} {name}: {value}");
            if status == 304 {
                assert_eq!(response.headers["etag"], etag);
            }
        }
    }
    let request = Request::get(&server, "/bucket/y")
        .header("if-match", etag)
        .header("if-unmodified-since", past);
    call(request, &server).assert_body("plain");
}

#[test]
fn overrides_and_versions() {
    let server = Server::start();
    let target = "/bucket/y?response-cache-control=no-cache\
        &response-content-disposition=attachment%3B%20filename%3D%22a%20b%22\
        &response-content-encoding=identity&response-content-language=de\
        &response-content-type=text%2Fplain\
        &response-expires=Sat%2C%2001%20Jan%202000%2000%3A00%3A00%20GMT&versionId=v1";
    for method in ["GET", "HEAD"] {
        let response = call(Request::new(&server, method, target), &server);
        assert_eq!(response.status, 200);
        for (name, value) in [
            ("cache-control", "no-cache"),
            ("content-disposition", "attachment; filename=\"a b\""),
            ("content-encoding", "identity"),
            ("content-language", "de"),
            ("content-type", "text/plain"),
            ("expires", "Sat, 01 Jan 2000 00:00:00 GMT"),
            ("x-amz-version-id", "v1"),
        ] {
            assert_eq!(response.headers[name], value);
        }
    }
    get(&server, "/bucket/y?versionId=v2").assert_error(404, "NoSuchVersion");
}

#[test]
fn uploads() {
    let server = Server::start();
    let request = Request::new(&server, "PUT", "/bucket/new%20one")
        .header("content-type", "text/plain")
        .header("x-amz-meta-color", "blue")
        .header("content-md5", "mgNkuembtIDdJeHwKEyFVQ==")
        .body("content");
    let response = call(request.clone(), &server);
    assert_eq!(response.status, 200);
    assert_eq!(response.headers["etag"], "\"9a0364b9e99bb480dd25e1f0284c8555\"");
    let response = get(&server, "/bucket/new%20one");
    response.assert_body("content");
    assert_eq!(response.headers["content-type"], "text/plain");
    assert_eq!(response.headers["x-amz-meta-color"], "blue");

    call(request.body("changed"), &server).assert_error(400, "BadDigest");
    call(Request::new(&server, "PUT", "/bucket/y").header("if-none-match", "*"), &server)
        .assert_error(412, "PreconditionFailed");
    call(Request::new(&server, "PUT", "/nobucket/x"), &server).assert_error(404, "NoSuchBucket");
}

#[test]
fn multipart_uploads() {
    let server = Server::start();
    let request =
        Request::new(&server, "POST", "/bucket/large?uploads").header("content-type", "text/plain");
    let response = call(request, &server);
    let id = response.element("UploadId").unwrap().to_owned();

    let mut parts = String::new();
    for (number, content) in [(1, "first "), (2, "second")] {
        let target = format!("/bucket/large?partNumber={number}&uploadId={id}");
        let response = call(Request::new(&server, "PUT", &target).body(content), &server);
        let etag = &response.headers["etag"];
        parts.push_str(&format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        ));
    }
    let target = format!("/bucket/large?uploadId={id}");
    let response = get(&server, &target);
    assert_eq!(response.body.matches("<Part>").count(), 2);

    let complete = |parts: &str| {
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        call(Request::new(&server, "POST", &target).body(&body), &server)
    };
    let wrong = "<Part><PartNumber>3</PartNumber><ETag>\"x\"</ETag></Part>";
    complete(wrong).assert_error(400, "InvalidPart");
    let response = complete(&parts);
    assert_eq!(response.status, 200);
    assert!(response.element("ETag").unwrap().contains("-2"));
    let response = get(&server, "/bucket/large");
    response.assert_body("first second");
    assert_eq!(response.headers["content-type"], "text/plain");
    get(&server, &target).assert_error(404, "NoSuchUpload");

    let response = call(Request::new(&server, "POST", "/bucket/no?uploads"), &server);
    let id = response.element("UploadId").unwrap();
    let target = format!("/bucket/no?uploadId={id}");
    let response = call(Request::new(&server, "DELETE", &target), &server);
    assert_eq!(response.status, 204);
    get(&server, "/bucket/no").assert_error(404, "NoSuchKey");
}

#[test]
fn lists() {
    let server = Server::start();
    let response = get(&server, "/");
    assert_eq!(response.status, 200);
    assert_eq!(response.body.matches("<Bucket>").count(), 3);

    let response = get(&server, "/list?list-type=2");
    assert_eq!(response.element("KeyCount"), Some("5"));
    assert_eq!(response.element("Key"), Some("a"));

    let response = get(&server, "/list?list-type=2&delimiter=%2F&max-keys=2");
    assert_eq!(response.element("KeyCount"), Some("2"));
    assert_eq!(response.element("IsTruncated"), Some("true"));
    let token = response.element("NextContinuationToken").unwrap();
    let target = format!("/list?list-type=2&delimiter=%2F&max-keys=2&continuation-token={token}");
    let response = get(&server, &target);
    assert_eq!(response.element("IsTruncated"), Some("false"));
    assert_eq!(response.element("Key"), Some("z"));
    assert!(response.body.contains("<Prefix>c/</Prefix>"));

    let response = get(&server, "/list?prefix=b%2F&max-keys=1");
    assert_eq!(response.element("Key"), Some("b/1"));
    let response = get(&server, "/list?prefix=b%2F&marker=b%2F1");
    assert_eq!(response.element("Key"), Some("b/2"));
    assert_eq!(response.element("IsTruncated"), Some("false"));
    get(&server, "/nobucket").assert_error(404, "NoSuchBucket");
    get(&server, "/list?list-type=2&continuation-token=x").assert_error(400, "InvalidArgument");
}

#[test]
fn buckets() {
    let server = Server::start();
    let response = call(Request::new(&server, "HEAD", "/bucket"), &server);
    assert_eq!(response.status, 200);
    assert_eq!(response.headers["x-amz-bucket-region"], REGION);
    let response = call(Request::new(&server, "HEAD", "/nobucket"), &server);
    assert_eq!(response.status, 404);
    let response = get(&server, "/bucket?location");
    assert!(response.body.contains(REGION), "{}", response.body);
}

#[test]
fn deletion_of_many_objects() {
    let server = Server::start();
    let document = |quiet: bool| {
        format!(
            "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>{quiet}</Quiet>\
             <Object><Key>a</Key></Object><Object><Key>b/1</Key><VersionId>v1</VersionId></Object>\
             <Object><Key>none</Key></Object><Object><Key>z</Key><VersionId>v2</VersionId></Object>\
             </Delete>"
        )
    };
    let body = document(false);
    let digest = |body: &str| STANDARD.encode(Md5::digest(body));
    let delete = |body: &str| Request::new(&server, "POST", "/list?delete").body(body);

    call(delete(&body), &server).assert_error(400, "InvalidRequest");
    let request = delete(&body).header("content-md5", &digest("other"));
    call(request, &server).assert_error(400, "BadDigest");
    let request = delete(&body).header("x-amz-checksum-crc32", "AAAAAA==");
    call(request, &server).assert_error(400, "BadDigest");
    let empty = "<Delete></Delete>";
    call(delete(empty).header("content-md5", &digest(empty)), &server)
        .assert_error(400, "MalformedXML");
    let request = Request::new(&server, "POST", "/nobucket?delete")
        .body(&body)
        .header("content-md5", &digest(&body));
    call(request, &server).assert_error(404, "NoSuchBucket");
    get(&server, "/list/a").assert_body("1");

    let request = delete(&body).header("content-md5", &digest(&body));
    let response = V2::long_term().in_headers(request).send(&server);
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(response.body.matches("<Deleted>").count(), 3);
    assert_eq!(response.body.matches("<Error>").count(), 1);
    assert_eq!(response.element("Code"), Some("NoSuchVersion"));
    for key in ["a", "b/1"] {
        get(&server, &format!("/list/{key}")).assert_error(404, "NoSuchKey");
    }
    get(&server, "/list/b/2").assert_body("3");
    get(&server, "/list/z").assert_body("5");

    let body = document(true);
    let response = call(delete(&body).header("content-md5", &digest(&body)), &server);
    assert_eq!(response.status, 200);
    assert!(!response.body.contains("<Deleted>"));
    assert_eq!(response.element("Key"), Some("z"));
}

#[test]
fn new_buckets() {
    let server = Server::start();
    let body = format!(
        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
    );
    let create = |target: &str| Request::new(&server, "PUT", target).body(&body);
    let response = call(create("/new"), &server);
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(response.headers["location"], "/new");
    let virtual_hosted = create("/").replace_header("host", "newer.s3.test");
    assert_eq!(call(virtual_hosted, &server).status, 200);
    for bucket in ["new", "newer"] {
        let object = format!("/{bucket}/key");
        get(&server, &object).assert_error(404, "NoSuchKey");
        let put = Request::new(&server, "PUT", &object).body("content");
        assert_eq!(call(put, &server).status, 200);
        get(&server, &object).assert_body("content");
    }
    assert_eq!(get(&server, "/").body.matches("<Bucket>").count(), 5);

    for bucket in ["/new", "/bucket"] {
        call(create(bucket), &server).assert_error(409, "BucketAlreadyOwnedByYou");
    }
    get(&server, "/new/key").assert_body("content");
    call(create("/Invalid"), &server).assert_error(400, "InvalidBucketName");
    let elsewhere = body.replace(REGION, "us-west-2");
    for body in ["", &elsewhere] {
        call(create("/other").body(body), &server)
            .assert_error(400, "IllegalLocationConstraintException");
    }
    get(&server, "/other?location").assert_error(404, "NoSuchBucket");
}
