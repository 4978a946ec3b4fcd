//! What Amazon S3 refuses although the signature fits.

use std::time::Duration;

use crate::client::Request;
use crate::server::Server;
use crate::v2::V2;
use crate::v4::V4;

#[test]
fn unsigned_amz_headers() {
    let server = Server::start();
    let request = || Request::get(&server, "/bucket/y");
    for signed in [V4::long_term().in_headers(request()), V4::long_term().in_query(request())] {
        let response = signed.header("x-amz-meta-b", "1").header("X-Amz-Meta-A", "2").send(&server);
        response.assert_error(403, "AccessDenied");
        assert_eq!(response.element("HeadersNotSigned"), Some("x-amz-meta-a, x-amz-meta-b"));
    }
    // Others need not be signed.
    V4::long_term()
        .in_headers(request())
        .header("user-agent", "test")
        .send(&server)
        .assert_body("plain");
}

#[test]
fn signed_header_lists() {
    let server = Server::start();
    let request = Request::get(&server, "/bucket/y").header("accept", "*/*");
    let signed = V4::long_term().in_headers(request);
    signed.send(&server).assert_body("plain");
    let authorization = signed.value_of("authorization").unwrap().to_owned();

    // s3s would sort the list, or leave out what is missing.
    for (list, status) in [("host;accept", 403), ("accept;absent;host", 403)] {
        let authorization = authorization.replace("accept;host", list);
        let response = signed.clone().replace_header("authorization", &authorization).send(&server);
        response.assert_error(status, "SignatureDoesNotMatch");
    }
    let authorization = authorization.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512");
    signed
        .replace_header("authorization", &authorization)
        .send(&server)
        .assert_error(400, "InvalidArgument");
}

#[test]
fn raw_paths() {
    let server = Server::start();
    // The SDK signs the path as it is written; S3 decodes and encodes it.
    let raw = Request::new(&server, "PUT", "/bucket/a+b");
    V4::long_term().in_headers(raw).send(&server).assert_error(403, "SignatureDoesNotMatch");
    let encoded = Request::new(&server, "PUT", "/bucket/a%2Bb");
    let response = V4::long_term().in_headers(encoded).retarget("%2B", "+").send(&server);
    assert_eq!(response.status, 200);
    assert!(server.line().contains(" PUT /bucket/a+b 403 "));
    assert!(server.line().contains(" PUT /bucket/a+b 200 "));
}

#[test]
fn repeated_arguments() {
    let server = Server::start();
    // In V4 they are sorted by their values.
    let request = || Request::get(&server, "/bucket/y?a=2&a=10&a=1");
    V4::long_term().in_headers(request()).send(&server).assert_body("plain");
    V4::long_term().in_query(request()).send(&server).assert_body("plain");

    // In V2 they would not be covered.
    let mut request = V2::long_term().in_headers(Request::get(&server, "/bucket/y"));
    request.append("versionId", "v1");
    request.append("versionId", "v1");
    request.send(&server).assert_error(400, "InvalidArgument");
}

#[test]
fn several_signatures() {
    let server = Server::start();
    let request = || Request::get(&server, "/bucket/y");
    let both = V4::long_term().in_query(V2::long_term().in_headers(request()));
    both.send(&server).assert_error(400, "InvalidArgument");
    let both = V4::long_term().in_query(V2::long_term().in_query(request()));
    both.send(&server).assert_error(400, "InvalidArgument");
    let both = V4::long_term().in_headers(request()).header("authorization", "Basic dTpw");
    both.send(&server).assert_error(400, "InvalidArgument");
    request()
        .header("authorization", "Basic dTpw")
        .send(&server)
        .assert_error(400, "InvalidArgument");
}

#[test]
fn malformed_queries() {
    let server = Server::start();
    let request = || Request::get(&server, "/bucket/y");
    let code = "AuthorizationQueryParametersError";
    V4 { expires_in: Duration::from_secs(604_801), ..V4::long_term() }
        .in_query(request())
        .send(&server)
        .assert_error(400, code);

    let presigned = V4::long_term().in_query(request());
    for (from, to) in [
        ("X-Amz-Expires=60", "X-Amz-Expires=-1"),
        ("X-Amz-Expires=60", "X-Amz-Expires=x"),
        ("X-Amz-Date", "Date"),
        ("X-Amz-Algorithm=AWS4", "X-Amz-Algorithm=AWS5"),
    ] {
        let response = presigned.clone().retarget(from, to).send(&server);
        response.assert_error(400, code);
    }
    let presigned = V2::long_term().in_query(request());
    for (from, to) in [("Expires=", "Expires=x"), ("Expires=", "Expire=")] {
        let response = presigned.clone().retarget(from, to).send(&server);
        response.assert_error(403, "AccessDenied");
    }
}
