//! What a body has to agree with: hashes, checksums, lengths.

use crate::client::{Request, Response};
use crate::server::Server;
use crate::v2::V2;
use crate::v4::V4;

const FORM: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// The content for which the checksums have their published check values.
const CONTENT: &str = "123456789";

const CHECKSUMS: [(&str, &str); 5] = [
    ("x-amz-checksum-crc32", "y/Q5Jg=="),
    ("x-amz-checksum-crc32c", "4waSgw=="),
    ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
    ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
    ("x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
];

/// The content in one chunk, and trailing headers.
fn encoded(trailers: &str) -> String {
    format!("9\r\n{CONTENT}\r\n0\r\n{trailers}\r\n")
}

/// An upload with a trailing checksum, of which the body is to be set.
fn put(server: &Server, target: &str, trailer: &str) -> Request {
    Request::new(server, "PUT", target)
        .header("content-encoding", "aws-chunked")
        .header("x-amz-decoded-content-length", "9")
        .header("x-amz-trailer", trailer)
}

/// Signs in the headers.
fn in_headers(request: Request) -> Request {
    V4 { payload: Some(FORM), ..V4::long_term() }.in_headers(request)
}

/// Signs in the query, which covers the header with the form of the body.
fn in_query(request: Request) -> Request {
    V4 { payload: Some(FORM), ..V4::long_term() }
        .in_query(request.header("x-amz-content-sha256", FORM))
}

/// Signs in the query, where the form of the body is an argument.
fn in_query_only(mut request: Request) -> Request {
    request.append("X-Amz-Content-Sha256", FORM);
    V4 { payload: Some(FORM), ..V4::long_term() }.in_query(request)
}

const SIGNERS: [fn(Request) -> Request; 3] = [in_headers, in_query, in_query_only];

fn get(server: &Server, target: &str) -> Response {
    V4::long_term().in_headers(Request::get(server, target)).send(server)
}

#[test]
fn trailing_checksums() {
    let server = Server::start();
    for sign in SIGNERS {
        for (number, (trailer, value)) in CHECKSUMS.iter().enumerate() {
            let target = format!("/bucket/new-{number}");
            let request = sign(put(&server, &target, trailer));
            let body = encoded(&format!("{trailer}:{value}\r\n"));
            let wrong = request.clone().body(&body.replace(CONTENT, "123456780"));
            wrong.send(&server).assert_error(400, "BadDigest");
            let wrong = request.clone().body(&encoded(&format!("{trailer}:AAAA\r\n")));
            wrong.send(&server).assert_error(400, "InvalidRequest");
            get(&server, &target).assert_error(404, "NoSuchKey");

            assert_eq!(request.clone().body(&body).send(&server).status, 200);
            get(&server, &target).assert_body(CONTENT);

            let delete = V4::long_term().in_headers(Request::new(&server, "DELETE", &target));
            assert_eq!(delete.send(&server).status, 204);
            let chunked = request.body(&body).chunked().send(&server);
            assert_eq!(chunked.status, 200, "{chunked:?}");
            get(&server, &target).assert_body(CONTENT);
            let delete = V4::long_term().in_headers(Request::new(&server, "DELETE", &target));
            assert_eq!(delete.send(&server).status, 204);
        }
    }
}

#[test]
fn trailing_checksums_of_empty_and_large_bodies() {
    let server = Server::start();
    let large = "x".repeat(8192);
    for (length, content, body) in [
        ("0", "", "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n".to_owned()),
        (
            "8195",
            &format!("{large}end"),
            format!("2000\r\n{large}\r\n3\r\nend\r\n0\r\nX-Amz-Checksum-CRC32: teobRQ==\r\n\r\n"),
        ),
    ] {
        let request = put(&server, "/bucket/new", "x-amz-checksum-crc32")
            .replace_header("x-amz-decoded-content-length", length);
        for sign in SIGNERS {
            assert_eq!(sign(request.clone()).body(&body).send(&server).status, 200);
            get(&server, "/bucket/new").assert_body(content);
        }
    }
}

#[test]
fn malformed_trailing_checksums() {
    let server = Server::start();
    let trailer = "x-amz-checksum-crc32:y/Q5Jg==\r\n";
    let body = encoded(trailer);
    for sign in SIGNERS {
        let request = sign(put(&server, "/bucket/new", "x-amz-checksum-crc32"));
        for (body, status, code) in [
            (encoded(""), 400, "MalformedTrailerError"),
            (encoded("x-amz-checksum-crc32c:4waSgw==\r\n"), 400, "MalformedTrailerError"),
            (encoded("x-amz-checksum-crc32\r\n"), 400, "MalformedTrailerError"),
            (encoded(&trailer.repeat(2)), 400, "MalformedTrailerError"),
            (encoded(&format!("{trailer}a:b\r\n")), 400, "MalformedTrailerError"),
            (encoded("x-amz-checksum-crc32:y_Q5Jg==\r\n"), 400, "InvalidRequest"),
            (CONTENT.to_owned(), 400, "IncompleteBody"),
            (body[..body.len() - 2].to_owned(), 400, "IncompleteBody"),
            (body[..body.len() - 40].to_owned(), 400, "IncompleteBody"),
            (body.replacen('9', "8", 1), 400, "IncompleteBody"),
            (
                format!("8\r\n12345678\r\n1\r\n9\r\n0\r\n{trailer}\r\n"),
                403,
                "InvalidChunkSizeError",
            ),
        ] {
            request.clone().body(&body).send(&server).assert_error(status, code);
        }
        for length in ["8", "10"] {
            let request = put(&server, "/bucket/new", "x-amz-checksum-crc32")
                .replace_header("x-amz-decoded-content-length", length);
            sign(request).body(&body).send(&server).assert_error(400, "IncompleteBody");
        }
        let request = put(&server, "/bucket/new", "x-amz-checksum-md5");
        sign(request).body(&body).send(&server).assert_error(400, "InvalidRequest");
        let request = Request::new(&server, "PUT", "/bucket/new")
            .header("x-amz-trailer", "x-amz-checksum-crc32");
        sign(request).body(&body).send(&server).assert_error(411, "MissingContentLength");
        let request =
            Request::new(&server, "PUT", "/bucket/new").header("x-amz-decoded-content-length", "9");
        sign(request).body(&body).send(&server).assert_error(400, "MalformedTrailerError");

        // The signature covers what the headers state.
        let request = sign(put(&server, "/bucket/new", "x-amz-checksum-crc32c"));
        request
            .replace_header("x-amz-trailer", "x-amz-checksum-crc32")
            .body(&body)
            .send(&server)
            .assert_error(403, "SignatureDoesNotMatch");
    }
    get(&server, "/bucket/new").assert_error(404, "NoSuchKey");
}

#[test]
fn trailing_checksums_of_parts() {
    let server = Server::start();
    let begin = Request::new(&server, "POST", "/bucket/large?uploads")
        .header("content-encoding", "aws-chunked,gzip");
    let response = V4::long_term().in_headers(begin).send(&server);
    let id = response.element("UploadId").unwrap();
    let part = format!("/bucket/large?partNumber=1&uploadId={id}");
    let mut etag = String::new();
    for sign in SIGNERS {
        let request = sign(put(&server, &part, "x-amz-checksum-crc32"));
        let wrong = request.clone().body(&encoded("x-amz-checksum-crc32:y/Q5Jh==\r\n"));
        wrong.send(&server).assert_error(400, "InvalidRequest");
        let wrong = request.clone().body(&encoded("x-amz-checksum-crc32:y/Q5Jw==\r\n"));
        wrong.send(&server).assert_error(400, "BadDigest");
        let list = get(&server, &format!("/bucket/large?uploadId={id}"));
        assert_eq!(list.body.matches("<Part>").count(), usize::from(!etag.is_empty()));

        let right = request.body(&encoded("x-amz-checksum-crc32:y/Q5Jg==\r\n")).send(&server);
        etag = right.headers["etag"].clone();
    }
    // This checksum is the object's, not the body's.
    let complete = Request::new(&server, "POST", &format!("/bucket/large?uploadId={id}"))
        .header("x-amz-checksum-crc32", "y/Q5Jg==")
        .body(&format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>\
             </CompleteMultipartUpload>"
        ));
    assert_eq!(V4::long_term().in_headers(complete).send(&server).status, 200);
    let response = get(&server, "/bucket/large");
    response.assert_body(CONTENT);
    assert_eq!(response.headers["content-encoding"], "gzip");
}

#[test]
fn checksums_in_headers() {
    let server = Server::start();
    for (name, value) in CHECKSUMS {
        let request = Request::new(&server, "PUT", "/bucket/new").header(name, value);
        for sign in [V4::in_headers, V4::in_query] {
            let request = sign(&V4::long_term(), request.clone().body(CONTENT));
            assert_eq!(request.send(&server).status, 200);
        }
        let request = V2::long_term().in_headers(request);
        assert_eq!(request.clone().body(CONTENT).send(&server).status, 200);
        request.body("123456780").send(&server).assert_error(400, "BadDigest");
    }
    get(&server, "/bucket/new").assert_body(CONTENT);
}

#[test]
fn hashes_in_queries() {
    const HASH: &str = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225";
    let server = Server::start();
    let signer = V4 { payload: Some(HASH), ..V4::long_term() };
    let put = || Request::new(&server, "PUT", "/bucket/new");
    let mut argument = put();
    argument.append("x-amz-content-sha256", HASH);
    for request in [put().header("x-amz-content-sha256", HASH), argument] {
        let request = signer.in_query(request);
        assert_eq!(request.clone().body(CONTENT).send(&server).status, 200);
        let response = request.clone().body("other").send(&server);
        response.assert_error(400, "XAmzContentSHA256Mismatch");
        let expired = V4 { time: signer.time - signer.expires_in * 2, ..signer.clone() };
        let mut old = put();
        old.append("x-amz-content-sha256", HASH);
        expired.in_query(old).send(&server).assert_error(403, "AccessDenied");
    }
    // The hash is the payload of the signature.
    let mut request = put();
    request.append("X-Amz-Content-Sha256", HASH);
    V4::long_term()
        .in_query(request)
        .body(CONTENT)
        .send(&server)
        .assert_error(403, "SignatureDoesNotMatch");
    get(&server, "/bucket/new").assert_body(CONTENT);
}

#[test]
fn stored_codings() {
    let server = Server::start();
    for (sent, stored) in [
        ("aws-chunked", None),
        ("aws-chunked,gzip", Some("gzip")),
        ("gzip, AWS-Chunked", Some("gzip")),
        ("deflate, aws-chunked, gzip", Some("deflate, gzip")),
        ("gzip, br", Some("gzip, br")),
    ] {
        let request = put(&server, "/bucket/new", "x-amz-checksum-crc32")
            .replace_header("content-encoding", sent);
        let request = in_headers(request).body(&encoded("x-amz-checksum-crc32:y/Q5Jg==\r\n"));
        assert_eq!(request.send(&server).status, 200);
        for method in ["GET", "HEAD"] {
            let request = Request::new(&server, method, "/bucket/new");
            let response = V4::long_term().in_headers(request).send(&server);
            assert_eq!(response.headers.get("content-encoding").map(String::as_str), stored);
        }
    }
}

#[test]
fn forms_that_signatures_do_not_have() {
    let server = Server::start();
    let request = put(&server, "/bucket/new", "x-amz-checksum-crc32")
        .header("x-amz-content-sha256", FORM)
        .body(&encoded("x-amz-checksum-crc32:y/Q5Jg==\r\n"));
    for sign in [V2::in_headers, V2::in_query] {
        sign(&V2::long_term(), request.clone()).send(&server).assert_error(501, "NotImplemented");
    }
    let form = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    let request = request.replace_header("x-amz-content-sha256", form);
    V4 { payload: Some(form), ..V4::long_term() }
        .in_query(request)
        .send(&server)
        .assert_error(501, "NotImplemented");
}

#[test]
fn uploads_without_a_length() {
    let server = Server::start();
    let request = Request::new(&server, "PUT", "/bucket/x").body(CONTENT);
    let unsigned = V4 { payload: Some("UNSIGNED-PAYLOAD"), ..V4::long_term() };
    let request = unsigned.in_headers(request).chunked();
    request.send(&server).assert_error(501, "NotImplemented");

    // Not even with the header of aws-chunked.
    let request = Request::new(&server, "PUT", "/bucket/x")
        .header("x-amz-decoded-content-length", "9")
        .body(CONTENT);
    let request = unsigned.in_headers(request).chunked();
    request.send(&server).assert_error(501, "NotImplemented");
}
