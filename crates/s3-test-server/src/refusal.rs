//! The error answers given in front of [`s3s`], with the codes and the wording
//! of Amazon S3.

use std::borrow::Cow;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use s3s::{Body, HttpResponse, S3Error, S3ErrorCode};

/// Why a request is refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    /// A further element of the error document.
    detail: Option<(&'static str, String)>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), detail: None }
    }

    fn with_detail(mut self, element: &'static str, content: impl Into<String>) -> Self {
        self.detail = Some((element, content.into()));
        self
    }

    pub fn access_denied(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "AccessDenied", message)
    }

    pub fn headers_not_signed(names: &[&str]) -> Self {
        Self::access_denied("There were headers present in the request which were not signed")
            .with_detail("HeadersNotSigned", names.join(", "))
    }

    pub fn invalid_argument(message: impl Into<Cow<'static, str>>, argument: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidArgument", message)
            .with_detail("ArgumentName", argument)
    }

    pub fn invalid_access_key_id() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        )
    }

    pub fn invalid_token() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "InvalidToken",
            "The provided token is malformed or otherwise invalid.",
        )
    }

    pub fn expired_token() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ExpiredToken", "The provided token has expired.")
    }

    pub fn signature_does_not_match() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. \
             Check your key and signing method.",
        )
    }

    pub fn request_time_too_skewed() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        )
    }

    pub fn authorization_header_malformed(message: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "AuthorizationHeaderMalformed",
            format!("The authorization header is malformed; {message}"),
        )
    }

    pub fn authorization_query_parameters(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "AuthorizationQueryParametersError", message)
    }

    /// Names the region the client should have used.
    pub fn expecting_region(self, region: &str) -> Self {
        self.with_detail("Region", region)
    }

    pub fn invalid_uri() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidURI", "Couldn't parse the specified URI.")
    }

    pub fn missing_content_length() -> Self {
        Self::new(
            StatusCode::LENGTH_REQUIRED,
            "MissingContentLength",
            "You must provide the Content-Length HTTP header.",
        )
    }

    /// The client asks for something the server does not do.
    pub fn not_implemented(header: &'static str) -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            "A header you provided implies functionality that is not implemented",
        )
        .with_detail("Header", header)
    }

    pub fn incomplete_body() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "IncompleteBody",
            "The request body terminated unexpectedly",
        )
    }

    pub fn invalid_chunk_size() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "InvalidChunkSizeError",
            "Only the last chunk is allowed to have a size less than 8192 bytes",
        )
    }

    pub fn malformed_trailer() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "MalformedTrailerError",
            "The request contained trailing data that was not well-formed or did not conform \
             to our published schema.",
        )
    }

    pub fn bad_digest(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadDigest", message)
    }

    pub fn content_sha256_mismatch() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )
    }

    pub fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidRequest", message)
    }

    pub fn internal_error() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "We encountered an internal error. Please try again.",
        )
    }

    #[cfg(test)]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The answer to the client.
    pub fn into_response(self) -> HttpResponse {
        let mut document = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>",
            self.code,
            escape(&self.message)
        );
        if let Some((element, content)) = self.detail {
            document.push_str(&format!("<{element}>{}</{element}>", escape(&content)));
        }
        document.push_str("</Error>");

        let mut response = HttpResponse::new(Body::from(Bytes::from(document)));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        response
    }
}

/// The same answer, given by [`s3s`].
impl From<Refusal> for S3Error {
    fn from(refusal: Refusal) -> Self {
        let code =
            S3ErrorCode::from_bytes(refusal.code.as_bytes()).unwrap_or(S3ErrorCode::InvalidRequest);
        let mut error = Self::with_message(code, refusal.message);
        error.set_status_code(refusal.status);
        error
    }
}

/// Escapes the text of an XML element.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
