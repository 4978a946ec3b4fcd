//! Bodies in the content coding `aws-chunked`: chunks in a framing of S3's, and a trailer
//! ("Signature calculations for the Authorization header: Transferring payload in multiple chunks"
//! in the Amazon S3 API Reference).

use crate::error::SignError;

/// The value in place of the hashed payload for a body in chunks without signatures, with a
/// checksum in the trailer.
pub(crate) const UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// The form of a body, by the headers of its request. Headers are read one by one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AwsChunked {
    hash: PayloadHash,
    /// `aws-chunked` is among the codings of `Content-Encoding`.
    is_coding: bool,
    /// There is an `x-amz-trailer`.
    has_trailer: bool,
}

/// The client's `x-amz-content-sha256`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum PayloadHash {
    #[default]
    None,
    /// A hash, or `UNSIGNED-PAYLOAD`.
    WholeBody,
    UnsignedTrailer,
    /// `STREAMING-AWS4-…`: each chunk is signed with the client's key.
    SignedChunks,
}

impl AwsChunked {
    /// Reads a header; one of another name is ignored.
    pub fn read(&mut self, name: &[u8], value: &[u8]) {
        let value = value.trim_ascii();
        let is = |lower: &[u8]| name.eq_ignore_ascii_case(lower);
        match name.len() {
            13 if is(b"x-amz-trailer") => self.has_trailer = true,
            16 if is(b"content-encoding") => {
                self.is_coding |= value
                    .split(|&b| b == b',')
                    .any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"aws-chunked"));
            }
            20 if is(b"x-amz-content-sha256") => {
                let hash = if value.eq_ignore_ascii_case(UNSIGNED_TRAILER.as_bytes()) {
                    PayloadHash::UnsignedTrailer
                } else if value.get(..10).is_some_and(|v| v.eq_ignore_ascii_case(b"STREAMING-")) {
                    PayloadHash::SignedChunks
                } else {
                    PayloadHash::WholeBody
                };
                self.hash = self.hash.max(hash);
            }
            _ => {}
        }
    }

    /// Whether the body has the form `STREAMING-UNSIGNED-PAYLOAD-TRAILER`, the only form of this
    /// coding that can be signed without the client's key. `is_v4`: with Signature V4, which it
    /// requires.
    ///
    /// # Errors
    /// [`SignError::AwsChunked`] for any other form of the coding.
    pub fn is_unsigned_trailer(&self, is_v4: bool) -> Result<bool, SignError> {
        let is_unsigned_trailer = match (self.hash, self.is_coding) {
            (PayloadHash::UnsignedTrailer, _) => true,
            // The SDK for C++ sends it so without credentials.
            (PayloadHash::None, true) if self.has_trailer => true,
            (PayloadHash::SignedChunks, _) | (_, true) => return Err(SignError::AwsChunked),
            (PayloadHash::None | PayloadHash::WholeBody, false) => false,
        };
        if is_unsigned_trailer && !is_v4 {
            return Err(SignError::AwsChunked);
        }
        Ok(is_unsigned_trailer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unsigned_chunks_with_a_trailer_can_be_signed() {
        const CODING: (&str, &str) = ("Content-Encoding", "aws-chunked");
        const GZIP: (&str, &str) = ("content-encoding", "gzip , AWS-Chunked");
        const TRAILER: (&str, &str) = ("X-Amz-Trailer", "x-amz-checksum-crc32");
        const UNSIGNED: (&str, &str) =
            ("X-Amz-Content-SHA256", " STREAMING-UNSIGNED-PAYLOAD-TRAILER");
        const SIGNED: (&str, &str) =
            ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER");
        const DIGEST: (&str, &str) = ("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        let refused = Err(SignError::AwsChunked);
        for (headers, v4) in [
            (&[][..], Ok(false)),
            (&[DIGEST], Ok(false)),
            (&[("Content-Encoding", "gzip, aws-chunked2")], Ok(false)),
            (&[TRAILER], Ok(false)),
            (&[DIGEST, TRAILER], Ok(false)),
            (&[UNSIGNED], Ok(true)),
            (&[UNSIGNED, CODING, TRAILER], Ok(true)),
            (&[GZIP, TRAILER, UNSIGNED], Ok(true)),
            (&[UNSIGNED, DIGEST], Ok(true)),
            (&[CODING, TRAILER], Ok(true)),
            (&[GZIP, TRAILER], Ok(true)),
            (&[CODING], refused),
            (&[DIGEST, CODING], refused),
            (&[DIGEST, CODING, TRAILER], refused),
            (&[SIGNED], refused),
            (&[SIGNED, CODING, TRAILER], refused),
            (&[SIGNED, UNSIGNED, TRAILER], refused),
            (&[UNSIGNED, SIGNED], refused),
        ] {
            let mut coding = AwsChunked::default();
            for (name, value) in headers {
                coding.read(name.as_bytes(), value.as_bytes());
            }
            assert_eq!(coding.is_unsigned_trailer(true), v4, "{headers:?}");
            let v2 = if v4 == Ok(false) { Ok(false) } else { refused };
            assert_eq!(coding.is_unsigned_trailer(false), v2, "{headers:?}");
        }
    }
}
