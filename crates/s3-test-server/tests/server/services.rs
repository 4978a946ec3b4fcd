//! The service in the credential scope.

use crate::client::Request;
use crate::server::{DOMAIN, REGION, Server};
use crate::v4::V4;

/// Hosts and their services.
const HOSTS: [(&str, &str); 5] = [
    ("s3.eu-west-1.amazonaws.com", "s3"),
    ("s3-object-lambda.eu-west-1.amazonaws.com", "s3-object-lambda"),
    ("s3-outposts.eu-west-1.amazonaws.com", "s3-outposts"),
    ("s3express-euw1-az1.eu-west-1.amazonaws.com", "s3express"),
    ("s3express-control.eu-west-1.amazonaws.com", "s3express"),
];

fn start() -> Server {
    let mut domains = vec![DOMAIN];
    domains.extend(HOSTS.map(|(host, _)| host));
    Server::start_with_domains(&domains)
}

#[test]
fn services_of_hosts() {
    let server = start();
    for (domain, expected) in HOSTS {
        let hosts = [(format!("bucket.{domain}"), "/y"), (format!("bucket.{domain}:443"), "/y")];
        for (host, target) in hosts.into_iter().chain([(domain.to_owned(), "/bucket/y")]) {
            let request = || Request::get(&server, target).replace_header("host", &host);
            for service in ["s3", "s3-object-lambda", "s3-outposts", "s3express", "sts"] {
                let v4 = V4 { service, ..V4::long_term() };
                let in_headers = v4.in_headers(request()).send(&server);
                let in_query = v4.in_query(request()).send(&server);
                if service == expected {
                    in_headers.assert_body("plain");
                    in_query.assert_body("plain");
                    continue;
                }
                in_headers.assert_error(400, "AuthorizationHeaderMalformed");
                in_query.assert_error(400, "AuthorizationQueryParametersError");
                let message = in_headers.element("Message").unwrap();
                assert!(message.ends_with(&format!(
                    "incorrect service \"{service}\". This endpoint belongs to \"{expected}\"."
                )));
            }
        }
    }
}

/// All that a signature covers, of a service whose signatures s3s does not verify.
#[test]
fn signatures_of_other_services() {
    let server = start();
    let host = "bucket.s3-outposts.eu-west-1.amazonaws.com";
    let long = V4 { service: "s3-outposts", ..V4::long_term() };
    let temporary = V4 { service: "s3-outposts", ..V4::temporary() };
    let wrong = V4 { secret: "secret/wrong", ..long.clone() };
    let hour = std::time::Duration::from_secs(3600);
    let old = V4 { time: long.time - hour, ..long.clone() };
    let early = V4 { time: long.time + hour, ..long.clone() };

    for sign in [V4::in_headers, V4::in_query] {
        let request = |target: &str| {
            Request::get(&server, target)
                .replace_header("host", host)
                .header("x-amz-meta-a", "  two   spaces ")
        };
        let target =
            "/a%20b%2Bc%26d%3De%252F%3F%23?b=2&a=%2B%C3%A9&a=1&response-content-type=text/html";
        for signer in [&long, &temporary] {
            let response = sign(signer, request(target)).send(&server);
            response.assert_body("reserved");
            assert_eq!(response.headers["content-type"], "text/html");
            let put = Request::new(&server, "PUT", "/new").replace_header("host", host);
            assert_eq!(sign(signer, put.body("content")).send(&server).status, 200);
            sign(signer, request("/new")).send(&server).assert_body("content");
            let mut delete = sign(signer, request("/new"));
            delete.method = "DELETE";
            delete.send(&server).assert_error(403, "SignatureDoesNotMatch");
        }

        let signed = sign(&long, request(target));
        for tampered in [
            sign(&wrong, request(target)),
            signed.clone().retarget("a=1", "a=2"),
            signed.clone().retarget("/a%20b", "/y%20b"),
            signed.clone().replace_header("x-amz-meta-a", "three"),
            signed.clone().replace_header("host", "other.s3-outposts.eu-west-1.amazonaws.com"),
        ] {
            tampered.send(&server).assert_error(403, "SignatureDoesNotMatch");
        }
        let unsigned = signed.header("x-amz-meta-b", "1").send(&server);
        unsigned.assert_error(403, "AccessDenied");
        sign(&early, request("/y")).send(&server).assert_error(403, "RequestTimeTooSkewed");
        let region = V4 { region: "us-east-1", ..long.clone() };
        let response = sign(&region, request("/y")).send(&server);
        assert_eq!(response.element("Region"), Some(REGION));
    }

    let request = || Request::get(&server, "/y").replace_header("host", host);
    old.in_headers(request()).send(&server).assert_error(403, "RequestTimeTooSkewed");
    let response = old.in_query(request()).send(&server);
    response.assert_error(403, "AccessDenied");
    assert_eq!(response.element("Message"), Some("Request has expired"));

    let put = Request::new(&server, "PUT", "/new").replace_header("host", host);
    let signed = long.in_headers(put.body("content"));
    signed.clone().body("changed").send(&server).assert_error(400, "XAmzContentSHA256Mismatch");
    let other_scope = signed.value_of("authorization").unwrap().replace("/20", "/19");
    signed
        .replace_header("authorization", &other_scope)
        .send(&server)
        .assert_error(403, "SignatureDoesNotMatch");
}
