//! Arguments that act as headers where the signature is in the query.

use crate::client::Request;
use crate::server::Server;
use crate::v2::V2;
use crate::v4::V4;

/// The end of the line of a request, after its status.
fn end_of_line(server: &Server) -> String {
    let line = server.line();
    let (_, end) = line.rsplit_once(" 200 ").unwrap_or_else(|| panic!("{line}"));
    end.to_owned()
}

/// Uploads without a body.
fn put(server: &Server, arguments: &str) -> Request {
    Request::new(server, "PUT", &format!("/bucket/new?{arguments}"))
}

fn get(server: &Server, target: &str) -> crate::client::Response {
    let response = V4::long_term().in_headers(Request::get(server, target)).send(server);
    server.line();
    response
}

#[test]
fn with_signature_v4_in_the_query() {
    let server = Server::start();
    for name in ["x-amz-acl", "X-Amz-Acl", "%78-amz-ac%6c"] {
        let request = V4::long_term().in_query(put(&server, &format!("{name}=public%2Dread")));
        assert_eq!(request.send(&server).status, 200);
        assert_eq!(end_of_line(&server), "v4-query x-amz-acl=public-read");
        request
            .retarget("public%2Dread", "private")
            .send(&server)
            .assert_error(403, "SignatureDoesNotMatch");
        server.line();
    }

    let request = put(&server, "x-amz-meta-color=blue&X-Amz-Meta-Size=a+b");
    assert_eq!(V4::temporary().in_query(request).send(&server).status, 200);
    assert_eq!(end_of_line(&server), "v4-query");
    let response = get(&server, "/bucket/new");
    assert_eq!(response.headers["x-amz-meta-color"], "blue");
    assert_eq!(response.headers["x-amz-meta-size"], "a b");

    let request = put(&server, "x-amz-checksum-crc32=y/Q5Jg==").body("other");
    V4::long_term().in_query(request).send(&server).assert_error(400, "BadDigest");
}

#[test]
fn with_signature_v2_in_the_query() {
    let server = Server::start();
    // The client signs the header, which is then sent as an argument.
    let request = put(&server, "").header("x-amz-acl", "public-read");
    let mut request = V2::long_term().in_query(request);
    request.headers.retain(|(name, _)| name != "x-amz-acl");
    request.append("X-Amz-Acl", "public-read");
    assert_eq!(request.send(&server).status, 200);
    assert_eq!(end_of_line(&server), "v2-query x-amz-acl=public-read");
}

#[test]
fn with_a_signature_in_headers() {
    let server = Server::start();
    let arguments = "x-amz-acl=public-read&x-amz-meta-color=blue";
    for request in [
        V4::long_term().in_headers(put(&server, arguments)),
        V2::long_term().in_headers(put(&server, arguments)),
    ] {
        assert_eq!(request.send(&server).status, 200);
        assert!(!end_of_line(&server).contains(' '));
        assert!(!get(&server, "/bucket/new").headers.contains_key("x-amz-meta-color"));
    }
    let request = put(&server, arguments).header("X-Amz-Acl", "private");
    assert_eq!(V4::long_term().in_headers(request).send(&server).status, 200);
    assert_eq!(end_of_line(&server), "v4-headers x-amz-acl=private");
}

#[test]
fn are_unique() {
    let server = Server::start();
    for request in [
        put(&server, "x-amz-acl=private&X-Amz-Acl=private"),
        put(&server, "x-amz-acl=private").header("x-amz-acl", "private"),
        put(&server, "x-amz-acl=a%0Ab"),
    ] {
        V4::long_term().in_query(request).send(&server).assert_error(400, "InvalidArgument");
    }
    get(&server, "/bucket/new").assert_error(404, "NoSuchKey");
}
