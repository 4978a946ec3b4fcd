//! The examples of Amazon's documentation that the signer makes byte for byte. The others sign
//! headers or lifetimes that the signer does not choose; they are in `src/vectors.rs`.

mod common;

use common::Emitted;
use s3_signer::{Algorithm, Credentials, Placement, Region, RequestHead, Signer, SigningParams};

/// The credentials of all examples.
fn credentials() -> Credentials {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, None).unwrap()
}

/// Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring
/// Payload in a Single Chunk (AWS Signature Version 4)", "Examples: Signature Calculations",
/// "Example: GET Bucket Lifecycle" and "Example: Get Bucket (List Objects)".
#[test]
fn v4_headers() {
    let credentials = credentials();
    let region = Region::new("us-east-1").unwrap();
    let params = SigningParams {
        credentials: &credentials,
        algorithm: Algorithm::V4 { region: &region, service: None },
        placement: Placement::Headers,
    };
    for (target, signature) in [
        ("/?lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        (
            "/?max-keys=2&prefix=J",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ] {
        let head = format!("GET {target} HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\n\r\n");
        let mut signer = Signer::new();
        let signed = signer
            .sign(&RequestHead::parse(head.as_bytes()).unwrap(), &params, 1_369_353_600)
            .unwrap();
        let emitted = Emitted::parse(signed.head).unwrap();
        assert_eq!(emitted.header("x-amz-date"), Some("20130524T000000Z"));
        assert_eq!(
            emitted.header("x-amz-content-sha256"),
            Some("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        );
        let authorization = format!(
            "AWS4-HMAC-SHA256 \
             Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
             SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signature}"
        );
        assert_eq!(emitted.header("authorization"), Some(authorization.as_str()));
    }
}

/// Amazon S3 Developer Guide (API Version 2006-03-01), "Signing and Authenticating REST Requests",
/// "Query String Request Authentication Alternative". The order of the arguments is the signer's.
#[test]
fn v2_query() {
    let credentials = credentials();
    let params = SigningParams {
        credentials: &credentials,
        algorithm: Algorithm::V2 { bucket_in_host: None },
        placement: Placement::Query,
    };
    let head = b"GET /photos/puppy.jpg HTTP/1.1\r\nHost: johnsmith.s3.amazonaws.com\r\n\r\n";
    let mut signer = Signer::new();
    let now = 1_175_139_620 - i64::from(s3_signer::QUERY_LIFETIME);
    let signed = signer.sign(&RequestHead::parse(head).unwrap(), &params, now).unwrap();
    assert_eq!(
        Emitted::parse(signed.head).unwrap().target,
        "/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=1175139620\
         &Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D"
    );
}
