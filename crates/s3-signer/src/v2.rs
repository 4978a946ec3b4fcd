//! Signature Version 2 of S3 ("Signing and authenticating REST requests" in the Amazon S3 API
//! Reference).

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use smallvec::SmallVec;

use crate::{
    buffer::Buffer,
    credentials::Credentials,
    date::{SigningTime, decimal},
    error::SignError,
    explanation::{Explanation, redacted},
    headers::{self, Body, Headers, SignedHeader},
    keys::KeyCache,
    names::is_amz,
    params::{Placement, QUERY_LIFETIME, SigningParams},
    parts::write_parts,
    uri::{self, Query, Target},
};

/// Makes signatures of Version 2. Keeps its buffers and keys.
pub(crate) struct V2 {
    keys: KeyCache<SecretKey>,
    expires: Vec<u8>,
    string_to_sign: Buffer,
}

impl V2 {
    pub fn new() -> Self {
        Self { keys: KeyCache::new(), expires: Vec::new(), string_to_sign: Buffer::default() }
    }

    /// Empties the buffers and reserves memory for `len` bytes in each.
    ///
    /// # Errors
    /// [`SignError::NoMemory`].
    pub fn reserve(&mut self, len: usize) -> Result<(), SignError> {
        self.string_to_sign.reserve(len)
    }

    /// Makes the string to sign. Adds the headers that the signature covers.
    ///
    /// # Errors
    /// [`SignError::AwsChunked`] and [`SignError::ControlCharacter`].
    pub fn canonicalize<'a>(
        &mut self,
        method: &[u8],
        target: &mut Target,
        headers: &mut Headers<'a>,
        params: &SigningParams<'a>,
        bucket: Option<&[u8]>,
        time: &'a SigningTime,
    ) -> Result<(), SignError> {
        if headers.body != Body::None {
            headers.aws_chunked.is_unsigned_trailer(false)?;
        }
        self.expires.clear();
        match params.placement {
            Placement::Headers => headers.push("x-amz-date", time.http_date()),
            Placement::Query => {
                decimal(time.seconds().saturating_add(QUERY_LIFETIME.into()), &mut self.expires);
            }
        }
        // The token is signed as a header even where it is sent as an argument.
        if let Some(token) = params.credentials.session_token() {
            headers.push("x-amz-security-token", token.as_bytes());
        }
        headers::sort(&mut headers.signed);

        let Target { path, query } = target;
        // `acl` and `acl=` are sent alike, since servers sign the second in two ways.
        query.strip_equals(is_subresource);
        let parts = StringToSign {
            method,
            content_md5: headers.value(b"content-md5"),
            content_type: headers.value(b"content-type"),
            expires: &self.expires,
            headers: &headers.signed,
            bucket,
            path,
            query,
        };
        write_string_to_sign(&parts, &mut self.string_to_sign)
    }

    /// The signature of the string to sign.
    pub fn sign(&mut self, credentials: &Credentials) -> Base64Text {
        let key = secret_key(&mut self.keys, credentials.secret_access_key());
        signature(key, &self.string_to_sign)
    }

    /// Appends the arguments of the signature to a target, whose query may be empty.
    pub fn write_arguments(
        &self,
        params: &SigningParams,
        is_query_empty: bool,
        signature: &Base64Text,
        out: &mut Vec<u8>,
    ) {
        if params.placement == Placement::Query {
            out.push(if is_query_empty { b'?' } else { b'&' });
            out.extend_from_slice(b"AWSAccessKeyId=");
            uri::encode_query_value(params.credentials.access_key_id().as_bytes(), out);
            write_parts!(out, b"&Expires=", &self.expires, b"&Signature=");
            uri::encode_query_value(signature, out);
            if let Some(token) = params.credentials.encoded_session_token() {
                write_parts!(out, b"&x-amz-security-token=", token);
            }
        }
    }

    /// Appends the header lines of the signature.
    pub fn write_headers(
        &self,
        params: &SigningParams,
        time: &SigningTime,
        signature: &Base64Text,
        out: &mut Vec<u8>,
    ) {
        if params.placement == Placement::Headers {
            write_parts!(out, b"x-amz-date: ", time.http_date(), b"\r\n");
            if let Some(token) = params.credentials.session_token() {
                write_parts!(out, b"x-amz-security-token: ", token.as_bytes(), b"\r\n");
            }
            let access_key_id = params.credentials.access_key_id().as_bytes();
            write_parts!(out, b"Authorization: AWS ", access_key_id, b":", signature, b"\r\n");
        }
    }

    /// What was signed.
    pub fn explain(&self, credentials: &Credentials) -> Explanation {
        Explanation {
            canonical_request: None,
            string_to_sign: redacted(&self.string_to_sign, credentials),
        }
    }
}

/// The HMAC state after a secret access key.
pub(crate) type SecretKey = Hmac<Sha1>;

/// Base64 of 20 bytes.
pub(crate) type Base64Text = [u8; 28];

/// The arguments that are part of the CanonicalizedResource, in byte order: those that the
/// reference lists, and later ones that Amazon's clients sign.
const SUBRESOURCES: [&str; 35] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// Whether an argument of this encoded name is part of the CanonicalizedResource.
pub(crate) fn is_subresource(name: &[u8]) -> bool {
    SUBRESOURCES.binary_search_by(|known| known.as_bytes().cmp(name)).is_ok()
}

/// The parts of a string to sign.
pub(crate) struct StringToSign<'a> {
    /// The method.
    pub method: &'a [u8],
    /// The value of `Content-MD5`; empty without one.
    pub content_md5: &'a [u8],
    /// The value of `Content-Type`; empty without one.
    pub content_type: &'a [u8],
    /// The argument `Expires`, for a signature in the query. Empty for one in headers, which signs
    /// `x-amz-date`.
    pub expires: &'a [u8],
    /// The headers, sorted; those named `x-amz-*` are signed.
    pub headers: &'a [SignedHeader<'a>],
    /// The bucket of a virtual-hosted request, in upper or lower case.
    pub bucket: Option<&'a [u8]>,
    /// The path, encoded.
    pub path: &'a [u8],
    /// The query.
    pub query: &'a Query,
}

/// Appends the string to sign.
///
/// # Errors
/// [`SignError::ControlCharacter`] in the value of a subresource.
pub(crate) fn write_string_to_sign(
    parts: &StringToSign,
    out: &mut Vec<u8>,
) -> Result<(), SignError> {
    write_parts!(out, parts.method, b"\n", parts.content_md5, b"\n", parts.content_type, b"\n");
    write_parts!(out, parts.expires, b"\n");
    write_canonicalized_amz_headers(parts.headers, out);
    write_canonicalized_resource(parts, out)
}

/// Appends the CanonicalizedAmzHeaders.
fn write_canonicalized_amz_headers(sorted: &[SignedHeader], out: &mut Vec<u8>) {
    for group in headers::by_name(sorted) {
        if is_amz(group[0].name) {
            // White space inside the value is kept.
            let as_is = |value: &[u8], out: &mut Vec<u8>| out.extend_from_slice(value);
            headers::write_canonical_header(group, as_is, out);
        }
    }
}

/// Appends the CanonicalizedResource.
///
/// # Errors
/// [`SignError::ControlCharacter`] in the value of a subresource.
fn write_canonicalized_resource(parts: &StringToSign, out: &mut Vec<u8>) -> Result<(), SignError> {
    if let Some(bucket) = parts.bucket {
        out.push(b'/');
        headers::write_lower(bucket, out);
    }
    out.extend_from_slice(parts.path);

    let mut subresources: SmallVec<[_; 8]> =
        parts.query.iter().filter(|(name, _)| is_subresource(name)).collect();
    subresources.sort_by_key(|&(name, _)| name);
    for (i, (name, value)) in subresources.into_iter().enumerate() {
        out.push(if i == 0 { b'?' } else { b'&' });
        out.extend_from_slice(name);
        if !value.is_empty() {
            out.push(b'=');
            // Values are signed decoded.
            let start = out.len();
            uri::decode(value, out);
            if out[start..].iter().any(u8::is_ascii_control) {
                return Err(SignError::ControlCharacter);
            }
        }
    }
    Ok(())
}

/// The key of a secret access key, which is made once for each.
pub(crate) fn secret_key<'a>(
    keys: &'a mut KeyCache<SecretKey>,
    secret_access_key: &str,
) -> &'a SecretKey {
    // The key depends on neither a scope nor a date.
    keys.get(secret_access_key, b"", &[0; 8], || {
        SecretKey::new_from_slice(secret_access_key.as_bytes()).expect("HMAC keys have any length")
    })
}

/// The signature of a string to sign.
pub(crate) fn signature(key: &SecretKey, string_to_sign: &[u8]) -> Base64Text {
    let mut out = [0; 28];
    Base64::encode(&key.clone().chain_update(string_to_sign).finalize().into_bytes(), &mut out)
        .expect("28 characters for 20 bytes");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subresources_can_be_searched() {
        assert!(SUBRESOURCES.is_sorted());
        assert!(is_subresource(b"uploadId") && is_subresource(b"acl"));
        assert!(!is_subresource(b"prefix") && !is_subresource(b"ACL"));
    }
}
