//! The body of a request, checked against what the headers state of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use hyper::Method;
use hyper::header::HeaderMap;
use hyper::http::request::Parts;
use s3s::crypto::{Checksum, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};

use crate::aws_chunked;
use crate::hexadecimal::hexadecimal;
use crate::query::Query;
use crate::refusal::Refusal;

/// The header with the SHA-256 of the body, or with the form of the body.
pub const CONTENT_SHA256: &str = "x-amz-content-sha256";

/// The header with the name of the trailing header.
pub const TRAILER: &str = "x-amz-trailer";

/// The header with the length of the content.
pub const DECODED_LENGTH: &str = "x-amz-decoded-content-length";

/// The form of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The content itself.
    Plain,
    /// `aws-chunked` with a trailing checksum and no signatures.
    TrailingChecksum,
    /// `aws-chunked` with a signature in each chunk.
    SignedChunks,
}

impl Form {
    /// The form that the headers state.
    pub fn of(headers: &HeaderMap) -> Self {
        match value(headers, CONTENT_SHA256) {
            Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER") => Self::TrailingChecksum,
            Some(form) if form.starts_with("STREAMING-") => Self::SignedChunks,
            _ => Self::Plain,
        }
    }
}

/// A checksum: its header, which can be a trailing one, its name, and how it is
/// computed.
type Algorithm = (&'static str, &'static str, fn(&[u8]) -> Vec<u8>);

const ALGORITHMS: [Algorithm; 5] = [
    ("x-amz-checksum-crc32", "CRC32", checksum::<Crc32>),
    ("x-amz-checksum-crc32c", "CRC32C", checksum::<Crc32c>),
    ("x-amz-checksum-crc64nvme", "CRC64NVME", checksum::<Crc64Nvme>),
    ("x-amz-checksum-sha1", "SHA1", checksum::<Sha1>),
    ("x-amz-checksum-sha256", "SHA256", checksum::<Sha256>),
];

/// The content of a body. It must have the length, the hash and the checksums that
/// the headers and trailing headers state.
///
/// A body with signatures in its chunks is returned as it is: [`s3s`] verifies it.
pub fn content(parts: &Parts, body: &Bytes) -> Result<Bytes, Refusal> {
    let headers = &parts.headers;
    let content = match Form::of(headers) {
        Form::Plain => body.clone(),
        Form::TrailingChecksum => decode(headers, body)?,
        Form::SignedChunks => return Ok(body.clone()),
    };

    match value(headers, CONTENT_SHA256) {
        None | Some("UNSIGNED-PAYLOAD") => {}
        Some(_) if Form::of(headers) == Form::TrailingChecksum => {}
        Some(hash) if hash.len() != 64 || hash.bytes().any(|b| !b.is_ascii_hexdigit()) => {
            return Err(Refusal::invalid_argument(
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a form of STREAMING-, or a valid \
                 sha256 value.",
                CONTENT_SHA256,
            ));
        }
        Some(hash) if hash != hexadecimal(&Sha256::checksum(&content)) => {
            return Err(Refusal::content_sha256_mismatch());
        }
        Some(_) => {}
    }
    if value(headers, "content-md5")
        .is_some_and(|md5| md5 != BASE64.encode(Md5::checksum(&content)))
    {
        return Err(Refusal::bad_digest(
            "The Content-MD5 you specified did not match what we received.",
        ));
    }
    // The checksum of a complete object is not that of the list of its parts.
    let is_list_of_parts =
        parts.method == Method::POST && Query::of(&parts.uri).get("uploadId").is_some();
    if !is_list_of_parts {
        for algorithm in &ALGORITHMS {
            if let Some(claimed) = value(headers, algorithm.0) {
                check(algorithm, claimed, &content)?;
            }
        }
    }
    Ok(content)
}

/// Decodes a body with a trailing checksum.
fn decode(headers: &HeaderMap, body: &[u8]) -> Result<Bytes, Refusal> {
    let announced = value(headers, TRAILER).ok_or_else(Refusal::malformed_trailer)?;
    let algorithm = ALGORITHMS
        .iter()
        .find(|(header, ..)| announced.eq_ignore_ascii_case(header))
        .ok_or_else(|| {
        Refusal::invalid_request("The value specified in the x-amz-trailer header is not supported")
    })?;
    let length: usize = value(headers, DECODED_LENGTH)
        .and_then(|length| length.parse().ok())
        .ok_or_else(Refusal::missing_content_length)?;

    let decoded = aws_chunked::decode(body)?;
    if decoded.content.len() != length {
        return Err(Refusal::incomplete_body());
    }
    match &decoded.trailers[..] {
        [(name, claimed)] if name == algorithm.0 => check(algorithm, claimed, &decoded.content)?,
        _ => return Err(Refusal::malformed_trailer()),
    }
    Ok(decoded.content)
}

/// Compares a checksum, in Base64, with the one of the content.
fn check(algorithm: &Algorithm, claimed: &str, content: &[u8]) -> Result<(), Refusal> {
    let (header, name, compute) = algorithm;
    let actual = compute(content);
    match BASE64.decode(claimed) {
        Ok(claimed) if claimed == actual => Ok(()),
        Ok(claimed) if claimed.len() == actual.len() => Err(Refusal::bad_digest(format!(
            "The {name} you specified did not match the calculated checksum."
        ))),
        _ => Err(Refusal::invalid_request(format!("Value for {header} header is invalid."))),
    }
}

fn checksum<C: Checksum>(content: &[u8]) -> Vec<u8> {
    C::checksum(content).as_ref().to_vec()
}

fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums() {
        // The check values of these algorithms: the checksums of "123456789".
        let check_values = [
            "cbf43926",
            "e3069283",
            "ae8b14860a799888",
            "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
            "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
        ];
        for ((header, _, compute), expected) in ALGORITHMS.iter().zip(check_values) {
            assert_eq!(hexadecimal(&compute(b"123456789")), expected, "{header}");
        }
    }
}
