//! Why a request cannot be signed.

/// Why a request head cannot be signed. The head must not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The bytes do not begin with a request line of HTTP/1.0 or HTTP/1.1.
    #[error("the request is not in HTTP/1 format")]
    NotHttp1,
    /// No empty line ends the head.
    #[error("the request head has no end")]
    Incomplete,
    /// The request target does not begin with a slash (RFC 9112, section 3.2.1, origin-form).
    #[error("the request target does not begin with \"/\"")]
    NotOriginForm,
    /// The name of a header is not a token (RFC 9110, section 5.1), or a header line has a CR, LF
    /// or NUL.
    #[error("the request has a malformed header line")]
    MalformedHeader,
    /// The body is in the content coding `aws-chunked`, in a form that only its sender can sign
    /// ([`AwsChunked`](crate::AwsChunked)).
    #[error(
        "only its sender can sign a body in this form of \"aws-chunked\" encoding, set \
         \"AWS_REQUEST_CHECKSUM_CALCULATION=when_required\" in the client, or use HTTPS if the \
         client signs its chunks"
    )]
    AwsChunked,
    /// A header is named `x-amz-*` for servers that read `_` as `-`. The signature does not cover
    /// it, or covers it by another name.
    #[error("the name of a header has \"_\" where names of \"x-amz-*\" headers have \"-\"")]
    AmbiguousName,
    /// The request has more than one of `Content-Length` and `Transfer-Encoding`, or a length that
    /// is not a number.
    #[error("the length of the body is ambiguous")]
    AmbiguousBody,
    /// More bytes follow the head than it announces for the body. A line break in an unencoded
    /// value makes them another request.
    #[error("bytes that are not its body follow the request head")]
    SecondRequest,
    /// The request has no `Host` header, which the signature must cover.
    #[error("the request has no \"Host\" header")]
    NoHost,
    /// The request has more than one `Host` header: the signature could cover another than S3
    /// reads.
    #[error("the request has more than one \"Host\" header")]
    SeveralHosts,
    /// An argument that Signature V2 signs decoded has a control character. After a line break, its
    /// value would be the next line of the string to sign, and the signature valid for another
    /// object.
    #[error("an argument has a control character, which Signature V2 cannot cover")]
    ControlCharacter,
    /// The host is a multi-region access point, which requires Signature V4A.
    #[error("multi-region access points require Signature V4A, which is not supported")]
    MultiRegion,
    /// There is no memory for a request of this size.
    #[error("no memory")]
    NoMemory,
}
