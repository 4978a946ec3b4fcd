//! Why a request cannot be signed.

/// A request head that cannot be signed. Nothing of it may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The bytes do not begin with a request line of HTTP/1.0 or HTTP/1.1.
    #[error("the request is not in HTTP/1 format, use \"proxy_http_version 1.1\"")]
    NotHttp1,
    /// No empty line ends the head.
    #[error("the request head has no end")]
    Incomplete,
    /// The request target does not begin with a slash (RFC 9112, section 3.2.1, origin-form).
    #[error("the request target does not begin with \"/\"")]
    NotOriginForm,
    /// A header line whose name is no token (RFC 9110, section 5.1), or with a line break or NUL inside.
    #[error("the request has a malformed header line")]
    MalformedHeader,
    /// The body is in the content coding `aws-chunked`, in a form that only its sender can sign.
    #[error(
        "only its sender can sign a body in this form of \"aws-chunked\" encoding, set \
         \"AWS_REQUEST_CHECKSUM_CALCULATION=when_required\" in the client, or use HTTPS if the \
         client signs its chunks"
    )]
    AwsChunked,
    /// A header whose name becomes that of an `x-amz-*` header where `_` is read as `-`, as some
    /// servers do. The signature does not cover it, or covers another name than they read.
    #[error("the name of a header has \"_\" where names of \"x-amz-*\" headers have \"-\"")]
    AmbiguousName,
    /// Not one length of the body, in digits, or one `Transfer-Encoding`.
    #[error("the request does not say clearly how long its body is")]
    AmbiguousBody,
    /// Bytes behind the head that are not of the body that it announces: a line break got into a
    /// variable that stands in the path or in a header.
    #[error("bytes that are not its body follow the request head")]
    SecondRequest,
    /// No `Host` header: S3 has no bucket to look in and the signature nothing to cover.
    #[error("the request has no \"Host\" header")]
    NoHost,
    /// More than one `Host` header: the signature could cover another one than S3 reads.
    #[error("the request has more than one \"Host\" header")]
    SeveralHosts,
    /// A line break or another control character in an argument that Signature V2 signs decoded: what
    /// follows it could pass for the next line of the string to sign, and the signature for that of
    /// another object.
    #[error("an argument has a control character, which Signature V2 cannot cover")]
    ControlCharacter,
    /// The host is a multi-region access point, which wants Signature V4A.
    #[error("multi-region access points require Signature V4A, which is not supported")]
    MultiRegion,
    /// No memory for a request of this size.
    #[error("no memory")]
    NoMemory,
}
