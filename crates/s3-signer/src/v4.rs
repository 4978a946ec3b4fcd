//! Signature Version 4 ("Create a signed AWS API request" in the IAM User Guide), as S3 uses it
//! ("Authenticating Requests (AWS Signature Version 4)" in the Amazon S3 API Reference).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{
    aws_chunked::UNSIGNED_TRAILER,
    buffer::Buffer,
    credentials::Credentials,
    date::SigningTime,
    error::SignError,
    explanation::{Explanation, redacted},
    headers::{self, Body, Headers, SignedHeader},
    keys::KeyCache,
    params::{Placement, SigningParams},
    parts::write_parts,
    uri::{self, Query, Target},
};

/// The algorithm's name.
pub(crate) const ALGORITHM: &[u8; 16] = b"AWS4-HMAC-SHA256";

/// The hashed payload of a request without a body: SHA-256 of the empty string.
pub(crate) const EMPTY_PAYLOAD: &str =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The value in place of the hashed payload of a body that is not signed, and of every request
/// without a body that is signed in its query.
pub(crate) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// [`crate::QUERY_LIFETIME`] as text.
const EXPIRES: &[u8; 3] = b"900";

/// Lower-case hexadecimal of 32 bytes.
pub(crate) type Hex = [u8; 64];

/// Makes signatures of Version 4. Keeps its buffers and signing keys.
pub(crate) struct V4 {
    keys: KeyCache<SigningKey>,
    credential_scope: Vec<u8>,
    signed_headers: Buffer,
    hashed_payload: &'static str,
    canonical_request: Buffer,
}

impl V4 {
    pub fn new() -> Self {
        Self {
            keys: KeyCache::new(),
            credential_scope: Vec::new(),
            signed_headers: Buffer::default(),
            hashed_payload: EMPTY_PAYLOAD,
            canonical_request: Buffer::default(),
        }
    }

    /// Empties the buffers and reserves memory for `len` bytes in each.
    ///
    /// # Errors
    /// [`SignError::NoMemory`].
    pub fn reserve(&mut self, len: usize) -> Result<(), SignError> {
        self.signed_headers.reserve(len)?;
        self.canonical_request.reserve(len)
    }

    /// Makes the canonical request. Adds the headers and the arguments that the signature covers.
    ///
    /// # Errors
    /// [`SignError::AwsChunked`].
    pub fn canonicalize<'a>(
        &mut self,
        method: &[u8],
        target: &mut Target,
        headers: &mut Headers<'a>,
        params: &SigningParams<'a>,
        scope: &CredentialScope<'a>,
    ) -> Result<(), SignError> {
        let Target { path, query } = target;
        let credentials = params.credentials;
        self.hashed_payload = hashed_payload(headers, params.placement)?;
        self.push_headers(headers, params, scope.time);
        headers::sort(&mut headers.signed);
        write_signed_headers(&headers.signed, &mut self.signed_headers);
        self.credential_scope.clear();
        scope.write(b"/", &mut self.credential_scope);

        // The arguments of the signature are in order by themselves.
        let is_canonical = query.is_empty();
        if params.placement == Placement::Query {
            query.push(b"X-Amz-Algorithm", |out| out.extend_from_slice(ALGORITHM));
            query.push(b"X-Amz-Credential", |out| {
                uri::encode_query_value(credentials.access_key_id().as_bytes(), out);
                out.extend_from_slice(b"%2F");
                scope.write(b"%2F", out);
            });
            query.push(b"X-Amz-Date", |out| out.extend_from_slice(scope.time.date_time()));
            query.push(b"X-Amz-Expires", |out| out.extend_from_slice(EXPIRES));
            if let Some(token) = credentials.encoded_session_token() {
                query.push(b"X-Amz-Security-Token", |out| out.extend_from_slice(token));
            }
            query.push(b"X-Amz-SignedHeaders", |out| {
                uri::encode_query_value(&self.signed_headers, out);
            });
        }
        if !is_canonical {
            query.canonicalize();
        }

        let canonical_request = CanonicalRequest {
            method,
            path,
            query,
            headers: &headers.signed,
            signed_headers: &self.signed_headers,
            hashed_payload: self.hashed_payload,
        };
        write_canonical_request(&canonical_request, &mut self.canonical_request);
        Ok(())
    }

    /// Adds the headers of the signature to those that it covers.
    fn push_headers<'a>(
        &self,
        headers: &mut Headers<'a>,
        params: &SigningParams<'a>,
        time: &'a SigningTime,
    ) {
        let hashed_payload = self.hashed_payload.as_bytes();
        match params.placement {
            Placement::Headers => {
                headers.push("x-amz-content-sha256", hashed_payload);
                headers.push("x-amz-date", time.date_time());
                if let Some(token) = params.credentials.session_token() {
                    headers.push("x-amz-security-token", token.as_bytes());
                }
            }
            // S3 requires the header to announce this form of body.
            Placement::Query if self.hashed_payload == UNSIGNED_TRAILER => {
                headers.push("x-amz-content-sha256", hashed_payload);
            }
            Placement::Query => {}
        }
    }

    /// The signature of the canonical request.
    pub fn sign(&mut self, credentials: &Credentials, time: &SigningTime) -> Hex {
        let Self { keys, credential_scope, canonical_request, .. } = self;
        signing_key(keys, credentials.secret_access_key(), time, credential_scope).sign(
            time,
            credential_scope,
            canonical_request,
        )
    }

    /// Appends the argument `X-Amz-Signature` to a target that ends with those that it covers.
    pub fn write_arguments(&self, params: &SigningParams, signature: &Hex, out: &mut Vec<u8>) {
        if params.placement == Placement::Query {
            write_parts!(out, b"&X-Amz-Signature=", signature);
        }
    }

    /// Appends the header lines of the signature.
    pub fn write_headers(
        &self,
        params: &SigningParams,
        time: &SigningTime,
        signature: &Hex,
        out: &mut Vec<u8>,
    ) {
        let hashed_payload = self.hashed_payload.as_bytes();
        match params.placement {
            Placement::Headers => {
                write_parts!(
                    out,
                    b"x-amz-content-sha256: ",
                    hashed_payload,
                    b"\r\nx-amz-date: ",
                    time.date_time(),
                    b"\r\n"
                );
                if let Some(token) = params.credentials.session_token() {
                    write_parts!(out, b"x-amz-security-token: ", token.as_bytes(), b"\r\n");
                }
                write_parts!(
                    out,
                    b"Authorization: ",
                    ALGORITHM,
                    b" Credential=",
                    params.credentials.access_key_id().as_bytes(),
                    b"/",
                    &self.credential_scope,
                    b", SignedHeaders=",
                    &self.signed_headers,
                    b", Signature=",
                    signature,
                    b"\r\n"
                );
            }
            Placement::Query if self.hashed_payload == UNSIGNED_TRAILER => {
                write_parts!(out, b"x-amz-content-sha256: ", hashed_payload, b"\r\n");
            }
            Placement::Query => {}
        }
    }

    /// What was signed.
    pub fn explain(&self, credentials: &Credentials, time: &SigningTime) -> Explanation {
        let Self { credential_scope, canonical_request, .. } = self;
        Explanation {
            canonical_request: Some(redacted(canonical_request, credentials)),
            string_to_sign: string_to_sign(time, credential_scope, canonical_request),
        }
    }
}

/// The hashed payload of a request, or the value that S3 reads in its place.
///
/// # Errors
/// [`SignError::AwsChunked`].
fn hashed_payload(headers: &Headers, placement: Placement) -> Result<&'static str, SignError> {
    Ok(match (headers.body, placement) {
        (Body::None, Placement::Headers) => EMPTY_PAYLOAD,
        (Body::None, Placement::Query) => UNSIGNED_PAYLOAD,
        _ if headers.aws_chunked.is_unsigned_trailer(true)? => UNSIGNED_TRAILER,
        _ => UNSIGNED_PAYLOAD,
    })
}

/// The parts of a credential scope: `20130524/us-east-1/s3/aws4_request`.
#[derive(Clone, Copy)]
pub(crate) struct CredentialScope<'a> {
    /// The time of the signature.
    pub time: &'a SigningTime,
    pub region: &'a str,
    pub service: &'a str,
}

impl CredentialScope<'_> {
    /// Appends the credential scope, with `slash` between its parts.
    pub fn write<const N: usize>(&self, slash: &[u8; N], out: &mut Vec<u8>) {
        let (region, service) = (self.region.as_bytes(), self.service.as_bytes());
        write_parts!(out, self.time.date(), slash, region, slash, service, slash, b"aws4_request");
    }
}

/// A signing key, as HMAC states.
pub(crate) struct SigningKey {
    /// The state after the key.
    key: Hmac<Sha256>,
    /// The state after all lines of the string to sign but the last one. They are the same for all
    /// requests of a second: each signature hashes one block less.
    start: Hmac<Sha256>,
    /// The time in these lines, as in `X-Amz-Date`.
    start_time: [u8; 16],
}

/// Appends the SignedHeaders of `sorted` headers, such as `host;x-amz-date`.
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
        headers::write_canonical_header(group, headers::write_trim_all, out);
    }
    write_parts!(out, b"\n", request.signed_headers, b"\n", request.hashed_payload.as_bytes());
}

/// The parts of a canonical request.
pub(crate) struct CanonicalRequest<'a> {
    /// The method.
    pub method: &'a [u8],
    /// The path, encoded.
    pub path: &'a [u8],
    /// The query, in canonical form.
    pub query: &'a Query,
    /// The signed headers, sorted.
    pub headers: &'a [SignedHeader<'a>],
    /// Their names, of [`write_signed_headers`].
    pub signed_headers: &'a [u8],
    /// The hashed payload, or the value that S3 reads in its place.
    pub hashed_payload: &'a str,
}

/// The string to sign without its last line, the hash of the canonical request.
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
    out.extend_from_slice(&hashed_canonical_request(canonical_request));
    out
}

/// The hash of a canonical request.
fn hashed_canonical_request(canonical_request: &[u8]) -> Hex {
    hex(&Sha256::digest(canonical_request).into())
}

/// The signing key of a credential scope, which is derived once for each secret and scope.
pub(crate) fn signing_key<'a>(
    keys: &'a mut KeyCache<SigningKey>,
    secret_access_key: &str,
    time: &SigningTime,
    scope: &[u8],
) -> &'a mut SigningKey {
    let date = time.date();
    keys.get(secret_access_key, &scope[date.len()..], date, || {
        let mut first_key = Zeroizing::new(Vec::with_capacity(4 + secret_access_key.len()));
        first_key.extend_from_slice(b"AWS4");
        first_key.extend_from_slice(secret_access_key.as_bytes());
        // Date, region, service and "aws4_request"; none of them has a slash.
        let key = scope.split(|&b| b == b'/').fold(hmac(&first_key), |key, part| {
            let next =
                Zeroizing::new(<[u8; 32]>::from(key.chain_update(part).finalize().into_bytes()));
            hmac(&*next)
        });
        SigningKey { start: key.clone(), key, start_time: [0; 16] }
    })
}

fn hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC keys have any length")
}

impl SigningKey {
    /// The signature of a canonical request in `scope`, the key's credential scope.
    pub fn sign(&mut self, time: &SigningTime, scope: &[u8], canonical_request: &[u8]) -> Hex {
        if self.start_time != *time.date_time() {
            self.start = self.key.clone();
            string_to_sign_start(time, scope).iter().for_each(|part| self.start.update(part));
            self.start_time = *time.date_time();
        }
        let signature =
            self.start.clone().chain_update(hashed_canonical_request(canonical_request)).finalize();
        hex(&signature.into_bytes().into())
    }
}

fn hex(bytes: &[u8; 32]) -> Hex {
    let mut out = [0; 64];
    base16ct::lower::encode(bytes, &mut out).expect("64 digits for 32 bytes");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lifetime_is_the_same_as_text() {
        assert_eq!(crate::params::QUERY_LIFETIME.to_string().as_bytes(), EXPIRES);
    }
}
