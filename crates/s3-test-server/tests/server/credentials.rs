//! Who may use which access key.

use crate::client::Request;
use crate::server::{REGION, Server};
use crate::v2::V2;
use crate::v4::V4;

/// The status and the code of the answers to the four kinds of signatures.
fn answers(
    server: &Server,
    access_key: &'static str,
    secret: &'static str,
    token: Option<&'static str>,
) -> Vec<(u16, String)> {
    let v2 = V2::new(access_key, secret, token);
    let v4 = V4::new(access_key, secret, token);
    let request = || Request::get(server, "/bucket/y");
    [
        v2.in_headers(request()),
        v2.in_query(request()),
        v4.in_headers(request()),
        v4.in_query(request()),
    ]
    .iter()
    .map(|request| {
        let response = request.send(server);
        let (status, code) = response.error();
        (status, code.to_owned())
    })
    .collect()
}

#[track_caller]
fn assert_all(answers: &[(u16, String)], status: u16, code: &str) {
    for answer in answers {
        assert_eq!(*answer, (status, code.to_owned()));
    }
}

#[test]
fn session_tokens() {
    let server = Server::start();
    let secret = "secret/temporary";
    assert_all(&answers(&server, "TEMPORARY", secret, Some("token+with/all==")), 200, "");
    assert_all(&answers(&server, "TEMPORARY", secret, None), 403, "InvalidAccessKeyId");
    assert_all(&answers(&server, "TEMPORARY", secret, Some("another")), 400, "InvalidToken");
    assert_all(&answers(&server, "LONGTERM", "secret/long", Some("another")), 400, "InvalidToken");
    assert_all(&answers(&server, "EXPIRED", "secret/expired", Some("old")), 400, "ExpiredToken");
    assert_all(&answers(&server, "UNKNOWN", "secret", None), 403, "InvalidAccessKeyId");
}

#[test]
fn tokens_are_signed() {
    let server = Server::start();
    let request = || Request::get(&server, "/bucket/y");
    let token = "token+with/all==";

    V2::temporary()
        .in_query_with_unsigned_token(request())
        .send(&server)
        .assert_error(403, "SignatureDoesNotMatch");
    V2::new("TEMPORARY", "secret/temporary", None)
        .in_headers(request())
        .header("x-amz-security-token", token)
        .send(&server)
        .assert_error(403, "SignatureDoesNotMatch");

    let without = V4::new("TEMPORARY", "secret/temporary", None);
    let response =
        without.in_headers(request()).header("x-amz-security-token", token).send(&server);
    response.assert_error(403, "AccessDenied");
    assert_eq!(response.element("HeadersNotSigned"), Some("x-amz-security-token"));
    let mut presigned = without.in_query(request());
    presigned.append("X-Amz-Security-Token", token);
    presigned.send(&server).assert_error(403, "SignatureDoesNotMatch");

    // The name of the argument in lower case, covered by the signature.
    let mut request = request();
    request.append("x-amz-security-token", token);
    without.in_query(request).send(&server).assert_body("plain");
}

#[test]
fn token_headers_with_presigned_queries() {
    let server = Server::start();
    let request =
        || Request::get(&server, "/bucket/y").header("x-amz-security-token", "token+with/all==");
    V4::new("TEMPORARY", "secret/temporary", None)
        .in_query(request())
        .send(&server)
        .assert_body("plain");
    V2::new("TEMPORARY", "secret/temporary", None)
        .in_query(request())
        .send(&server)
        .assert_body("plain");
}

#[test]
fn anonymous_requests() {
    let server = Server::start();
    let targets =
        ["/bucket/y", "/bucket/y?AWSAccessKeyId=LONGTERM", "/bucket/y?X-Amz-Credential=LONGTERM"];
    for target in targets {
        Request::get(&server, target).send(&server).assert_error(403, "AccessDenied");
        assert_eq!(server.line().split_once(' ').unwrap().1, format!("GET {target} 403 anonymous"));
    }
    for target in ["/", "/bucket", "/bucket?list-type=2"] {
        Request::get(&server, target).send(&server).assert_error(403, "AccessDenied");
    }
}

#[test]
fn regions() {
    let server = Server::start();
    let v4 = V4 { region: "us-east-1", ..V4::long_term() };
    let wrong = format!("the region 'us-east-1' is wrong; expecting '{REGION}'");

    let response = v4.in_headers(Request::get(&server, "/bucket/y")).send(&server);
    response.assert_error(400, "AuthorizationHeaderMalformed");
    let message = format!("The authorization header is malformed; {wrong}");
    assert_eq!(response.element("Message"), Some(message.as_str()));
    assert_eq!(response.element("Region"), Some(REGION));

    let response = v4.in_query(Request::get(&server, "/bucket/y")).send(&server);
    response.assert_error(400, "AuthorizationQueryParametersError");
    let message = format!("Error parsing the X-Amz-Credential parameter; {wrong}");
    assert_eq!(response.element("Message"), Some(message.as_str()));

    let v4 = V4 { service: "sts", ..V4::long_term() };
    v4.in_headers(Request::get(&server, "/bucket/y"))
        .send(&server)
        .assert_error(400, "AuthorizationHeaderMalformed");
}
