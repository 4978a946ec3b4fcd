//! AWS Signature Version 4 for S3 ("Authenticating Requests: Using the Authorization Header" and
//! "… Using Query Parameters" in the Amazon S3 API Reference).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::{
    date::SigningTime,
    headers::{self, SignedHeader},
    keys::KeyCache,
    uri::Query,
};

/// The algorithm's name.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The payload hash of a request without a body: SHA-256 of the empty string.
pub(crate) const EMPTY_PAYLOAD: &str =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The payload hash of a body that is not hashed, and of every request signed in its query.
pub(crate) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// A signing key, prepared.
pub(crate) type SigningKey = Hmac<Sha256>;

/// Lower-case hexadecimal of 32 bytes.
pub(crate) type Hex = [u8; 64];

/// Appends the names of `sorted` headers as `SignedHeaders` lists them: `host;x-amz-date`.
pub(crate) fn write_signed_headers(sorted: &[SignedHeader], out: &mut Vec<u8>) {
    for (i, group) in headers::by_name(sorted).enumerate() {
        if i > 0 {
            out.push(b';');
        }
        headers::write_name(&group[0], out);
    }
}

/// Appends the canonical request.
pub(crate) fn write_canonical_request(request: &CanonicalRequest, out: &mut Vec<u8>) {
    out.extend_from_slice(request.method);
    out.push(b'\n');
    out.extend_from_slice(request.path);
    out.push(b'\n');
    request.query.write(out);
    out.push(b'\n');
    for group in headers::by_name(request.headers) {
        headers::write_canonical_header(group, headers::write_folded, out);
    }
    out.push(b'\n');
    out.extend_from_slice(request.signed_headers);
    out.push(b'\n');
    out.extend_from_slice(request.payload.as_bytes());
}

/// The parts of a canonical request.
pub(crate) struct CanonicalRequest<'a> {
    /// The method as sent.
    pub method: &'a [u8],
    /// The path, encoded.
    pub path: &'a [u8],
    /// The query in canonical form.
    pub query: &'a Query,
    /// The signed headers, sorted.
    pub headers: &'a [SignedHeader<'a>],
    /// Their names, as [`write_signed_headers`] writes them.
    pub signed_headers: &'a [u8],
    /// The payload hash.
    pub payload: &'a str,
}

/// Appends the credential scope: `20130524/us-east-1/s3/aws4_request`.
pub(crate) fn write_scope(time: &SigningTime, region: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(time.date());
    out.push(b'/');
    out.extend_from_slice(region.as_bytes());
    out.extend_from_slice(b"/s3/aws4_request");
}

/// Appends the string to sign of a canonical request.
pub(crate) fn write_string_to_sign(
    time: &SigningTime,
    scope: &[u8],
    canonical_request: &[u8],
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(ALGORITHM.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(time.date_time());
    out.push(b'\n');
    out.extend_from_slice(scope);
    out.push(b'\n');
    out.extend_from_slice(&hex(&Sha256::digest(canonical_request).into()));
}

/// The signing key, derived at most once for each (secret, date, region).
pub(crate) fn signing_key(
    keys: &mut KeyCache<SigningKey>,
    secret_access_key: &str,
    time: &SigningTime,
    region: &str,
) -> SigningKey {
    keys.get(secret_access_key, region, time.date(), || {
        let mut first = zeroize::Zeroizing::new(Vec::with_capacity(4 + secret_access_key.len()));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(secret_access_key.as_bytes());
        let parts: [&[u8]; 4] = [time.date(), region.as_bytes(), b"s3", b"aws4_request"];
        parts.iter().fold(hmac(&first), |key, part| {
            let next = zeroize::Zeroizing::new(<[u8; 32]>::from(
                key.chain_update(part).finalize().into_bytes(),
            ));
            hmac(&*next)
        })
    })
}

fn hmac(key: &[u8]) -> SigningKey {
    SigningKey::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// The signature of a string to sign.
pub(crate) fn signature(key: SigningKey, string_to_sign: &[u8]) -> Hex {
    hex(&key.chain_update(string_to_sign).finalize().into_bytes().into())
}

fn hex(bytes: &[u8; 32]) -> Hex {
    let mut out = [0; 64];
    base16ct::lower::encode(bytes, &mut out).expect("64 digits for 32 bytes");
    out
}
