//! What is checked of a request after its signature.

use hyper::header::HeaderMap;
use s3s::access::{S3Access, S3AccessContext};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

/// The SHA-256 of the body of a request, in hexadecimal digits.
#[derive(Clone, Debug)]
pub struct BodyDigest(pub String);

/// Lets those in whose signature is valid for the body they sent.
pub struct SignedOnly;

#[async_trait::async_trait]
impl S3Access for SignedOnly {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        }
        let claimed = claimed_digest(context.headers()).map(str::to_owned);
        let actual = context.extensions_mut().get::<BodyDigest>();
        match (claimed, actual) {
            (Some(claimed), Some(BodyDigest(actual))) if claimed != *actual => {
                Err(digest_mismatch())
            }
            _ => Ok(()),
        }
    }
}

/// The digest of the body in the headers, unless they tell of an unsigned body or
/// one with its own signatures.
fn claimed_digest(headers: &HeaderMap) -> Option<&str> {
    headers
        .get("x-amz-content-sha256")
        .and_then(|value| value.to_str().ok())
        .filter(|value| value.len() == 64)
}

/// The answer to a body that is not the one that was signed.
fn digest_mismatch() -> S3Error {
    let code = S3ErrorCode::from_bytes(b"XAmzContentSHA256Mismatch")
        .unwrap_or(S3ErrorCode::InvalidRequest);
    let mut error = S3Error::with_message(
        code,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
    error.set_status_code(hyper::StatusCode::BAD_REQUEST);
    error
}
