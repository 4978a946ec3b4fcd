//! AWS Signature Version 4 for S3 ("Authenticating Requests: Using the Authorization Header" and
//! "… Using Query Parameters" in the Amazon S3 API Reference).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::{
    date::SigningTime,
    headers::{self, SignedHeader},
    keys::KeyCache,
    parts::write_parts,
    uri::Query,
};

/// The algorithm's name.
pub(crate) const ALGORITHM: &[u8; 16] = b"AWS4-HMAC-SHA256";

/// The payload hash of a request without a body: SHA-256 of the empty string.
pub(crate) const EMPTY_PAYLOAD: &str =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The payload hash of a body that is not hashed, and of every request signed in its query.
pub(crate) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// A signing key, prepared, and the string to sign begun with it.
pub(crate) struct SigningKey {
    key: Hmac<Sha256>,
    /// The key after all but the last line of the string to sign, which is the same for a whole
    /// second: one block less to hash for each signature.
    begun: Hmac<Sha256>,
    /// The second, as in `X-Amz-Date`.
    begun_at: [u8; 16],
}

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
    write_parts!(out, request.method, b"\n", request.path, b"\n");
    request.query.write(out);
    out.push(b'\n');
    for group in headers::by_name(request.headers) {
        headers::write_canonical_header(group, headers::write_folded, out);
    }
    write_parts!(out, b"\n", request.signed_headers, b"\n", request.payload.as_bytes());
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
    /// The payload hash, or what S3 reads in its place.
    pub payload: &'a str,
}

/// Appends the credential scope: `20130524/us-east-1/s3/aws4_request`, with `slash` for the slash.
pub(crate) fn write_scope<const N: usize>(
    time: &SigningTime,
    region: &str,
    service: &str,
    slash: &[u8; N],
    out: &mut Vec<u8>,
) {
    let (region, service) = (region.as_bytes(), service.as_bytes());
    write_parts!(out, time.date(), slash, region, slash, service, slash, b"aws4_request");
}

/// The string to sign but for its last line, the digest of the canonical request.
fn string_to_sign_start<'a>(time: &'a SigningTime, scope: &'a [u8]) -> [&'a [u8]; 6] {
    [ALGORITHM, b"\n", time.date_time(), b"\n", scope, b"\n"]
}

/// The string to sign of a canonical request.
pub(crate) fn string_to_sign(
    time: &SigningTime,
    scope: &[u8],
    canonical_request: &[u8],
) -> Vec<u8> {
    let mut out = string_to_sign_start(time, scope).concat();
    out.extend_from_slice(&digest(canonical_request));
    out
}

/// The digest of a canonical request.
fn digest(canonical_request: &[u8]) -> Hex {
    hex(&Sha256::digest(canonical_request).into())
}

/// The signing key of a credential scope, derived at most once for each (secret, scope).
pub(crate) fn signing_key<'a>(
    keys: &'a mut KeyCache<SigningKey>,
    secret_access_key: &str,
    time: &SigningTime,
    scope: &[u8],
) -> &'a mut SigningKey {
    let date = time.date();
    keys.get(secret_access_key, &scope[date.len()..], date, || {
        let mut first = zeroize::Zeroizing::new(Vec::with_capacity(4 + secret_access_key.len()));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(secret_access_key.as_bytes());
        // Date, region, service and "aws4_request", of which none has a slash.
        let key = scope.split(|&b| b == b'/').fold(hmac(&first), |key, part| {
            let next = zeroize::Zeroizing::new(<[u8; 32]>::from(
                key.chain_update(part).finalize().into_bytes(),
            ));
            hmac(&*next)
        });
        SigningKey { begun: key.clone(), key, begun_at: [0; 16] }
    })
}

fn hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

impl SigningKey {
    /// The signature of a canonical request in `scope`, which is the key's own.
    pub fn sign(&mut self, time: &SigningTime, scope: &[u8], canonical_request: &[u8]) -> Hex {
        if self.begun_at != *time.date_time() {
            self.begun = self.key.clone();
            string_to_sign_start(time, scope).iter().for_each(|part| self.begun.update(part));
            self.begun_at = *time.date_time();
        }
        let signature = self.begun.clone().chain_update(digest(canonical_request)).finalize();
        hex(&signature.into_bytes().into())
    }
}

fn hex(bytes: &[u8; 32]) -> Hex {
    let mut out = [0; 64];
    base16ct::lower::encode(bytes, &mut out).expect("64 digits for 32 bytes");
    out
}
