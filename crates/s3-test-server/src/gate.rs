//! What is checked of a request before it reaches [`s3s`].
//!
//! [`s3s`] computes the signatures and compares them. It leaves open who may use
//! which access key and when, and it is more lenient than Amazon S3 in places.
//! The gate refuses what Amazon S3 would refuse, and hands on the other requests
//! in a form in which [`s3s`] verifies all of them:
//!
//! * with Signature V4 the URI is put in the canonical form, so that a signature
//!   over the path as sent (`+` instead of `%2B`) is not accepted, and arguments
//!   of the same name are sorted by their values;
//! * with Signature V2 in the query, the `x-amz-*` arguments are removed and become
//!   the headers they represent, so that the signature has to cover them.
//!
//! With Signature V4 in the query they become headers, too, but stay in the query,
//! which the signature covers.
//!
//! A signature that [`s3s`] cannot verify is verified here, and the request is marked
//! with [`Verified`].

use std::fmt;

use hyper::Method;
use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::http::request::Parts;
use s3s::dto::Range;

use crate::access::Verified;
use crate::credentials::Credentials;
use crate::payload::{CONTENT_SHA256, DECODED_LENGTH, Form, TRAILER};
use crate::query::{Query, canonical_uri, retain_arguments};
use crate::refusal::Refusal;
use crate::tokens::SECURITY_TOKEN;
use crate::{arguments, signature, v2, v4};

/// Headers which would make a signature ambiguous if they were repeated.
const UNIQUE_HEADERS: [&str; 10] = [
    "authorization",
    "content-md5",
    "content-type",
    "date",
    "host",
    "x-amz-date",
    CONTENT_SHA256,
    DECODED_LENGTH,
    SECURITY_TOKEN,
    TRAILER,
];

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    V4Headers,
    V4Query,
    V2Headers,
    V2Query,
    Anonymous,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::V4Headers => "v4-headers",
            Self::V4Query => "v4-query",
            Self::V2Headers => "v2-headers",
            Self::V2Query => "v2-query",
            Self::Anonymous => "anonymous",
        })
    }
}

impl Kind {
    /// The kind of the signature of a request. Headers have precedence if there are
    /// signatures in several places, which [`check`] refuses.
    pub fn of(headers: &HeaderMap, query: &Query<'_>) -> Self {
        let authorization = headers.get(AUTHORIZATION).map(|value| value.as_bytes());
        match authorization {
            Some(value) if value.starts_with(b"AWS4") => Self::V4Headers,
            Some(value) if value.starts_with(b"AWS ") => Self::V2Headers,
            _ if v4::in_query(query) => Self::V4Query,
            _ if v2::in_query(query) => Self::V2Query,
            _ => Self::Anonymous,
        }
    }
}

/// Checks a request and makes it ready for the verification of its signature.
pub fn check(
    parts: &mut Parts,
    kind: Kind,
    credentials: &Credentials,
    region: Option<&str>,
) -> Result<(), Refusal> {
    check_uniqueness(&parts.headers)?;

    let query = Query::of(&parts.uri);
    let authorization = parts.headers.contains_key(AUTHORIZATION);
    let mechanisms = [authorization, v4::in_query(&query), v2::in_query(&query)];
    if mechanisms.iter().filter(|present| **present).count() > 1 {
        return Err(Refusal::invalid_argument(
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, \
             Signature query string parameter or the Authorization header should be specified",
            "Authorization",
        ));
    }

    let (mut uri, signed) = match kind {
        Kind::V4Headers => {
            let signed = v4::check_headers(&parts.headers, credentials, region)?;
            (canonical_uri(&parts.uri).ok_or_else(Refusal::invalid_uri)?, Some(signed))
        }
        Kind::V4Query => {
            let signed = v4::check_query(&parts.headers, &query, credentials, region)?;
            let authenticating = [&v4::ARGUMENTS[..], &[SECURITY_TOKEN]].concat();
            let headers = arguments::headers(&query, &parts.headers, &authenticating)?;
            parts.headers.extend(headers);
            (canonical_uri(&parts.uri).ok_or_else(Refusal::invalid_uri)?, Some(signed))
        }
        Kind::V2Headers => {
            v2::check_headers(&parts.headers, &query, credentials)?;
            (parts.uri.clone(), None)
        }
        Kind::V2Query => {
            v2::check_query(&parts.headers, &query, credentials)?;
            let headers = arguments::headers(&query, &parts.headers, &[])?;
            parts.headers.extend(headers);
            let uri = retain_arguments(&parts.uri, |argument| !arguments::is_header(argument));
            (uri.ok_or_else(Refusal::invalid_uri)?, None)
        }
        Kind::Anonymous if authorization => {
            return Err(Refusal::invalid_argument(
                "Unsupported Authorization Type",
                "Authorization",
            ));
        }
        Kind::Anonymous => return Err(Refusal::access_denied("Access Denied")),
    };
    let form = Form::of(&parts.headers);
    check_body(&parts.method, &parts.headers, form)?;
    let removes_range =
        has_unusable_range(&parts.headers) && !v4::signs_header(&parts.headers, &query, "range");

    // A signature that s3s cannot verify.
    let unknown = signed.as_ref().filter(|signed| !signed.is_verified_by_s3s(&parts.headers));
    // Signature V2 has no such form, and s3s alone verifies the signatures of chunks.
    let is_form_known = match form {
        Form::Plain => true,
        Form::TrailingChecksum => signed.is_some(),
        Form::SignedChunks => signed.is_some() && unknown.is_none(),
    };
    if !is_form_known {
        return Err(Refusal::not_implemented(CONTENT_SHA256));
    }
    let is_verified = unknown.is_some();
    if let Some(signed) = unknown {
        uri = retain_arguments(&uri, |argument| argument.name != "X-Amz-Signature")
            .ok_or_else(Refusal::invalid_uri)?;
        let secret = credentials.secret(signed.scope.access_key_id)?;
        signature::verify(&parts.method, &uri, &parts.headers, signed, secret)?;
    }

    if is_verified {
        parts.headers.remove(AUTHORIZATION);
        parts.extensions.insert(Verified);
    }
    if removes_range {
        parts.headers.remove("range");
    }
    parts.uri = uri;
    Ok(())
}

/// Refuses headers that must not be repeated, and values which [`s3s`] would leave
/// out of the verification.
fn check_uniqueness(headers: &HeaderMap) -> Result<(), Refusal> {
    for name in UNIQUE_HEADERS {
        if headers.get_all(name).iter().nth(1).is_some() {
            return Err(Refusal::invalid_argument("The header must not be repeated", name));
        }
    }
    for (name, value) in headers {
        if name.as_str().starts_with("x-amz-") && std::str::from_utf8(value.as_bytes()).is_err() {
            return Err(Refusal::invalid_argument("The header is not valid UTF-8", name.as_str()));
        }
    }
    Ok(())
}

/// Refuses the uploads that S3 does not take.
fn check_body(method: &Method, headers: &HeaderMap, form: Form) -> Result<(), Refusal> {
    let content_type = headers.get("content-type").map(|value| value.as_bytes());
    let is_form = content_type.is_some_and(|value| {
        value.get(..19).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/form-data"))
    });
    if method == Method::POST && is_form {
        // s3s would verify the signature in the form instead of the one checked here.
        return Err(Refusal::not_implemented("Content-Type"));
    }
    if form == Form::TrailingChecksum && !headers.contains_key(TRAILER) {
        return Err(Refusal::malformed_trailer());
    }
    // The length of the content; aws-chunked has it in a header of its own.
    let has_length = form != Form::Plain && headers.contains_key(DECODED_LENGTH);
    if headers.contains_key("transfer-encoding") && !has_length {
        return Err(Refusal::not_implemented("Transfer-Encoding"));
    }
    if method == Method::PUT && !headers.contains_key("content-length") && !has_length {
        return Err(Refusal::missing_content_length());
    }
    Ok(())
}

/// Whether there is a range which S3 ignores but [`s3s`] refuses: several ranges,
/// another unit, a wrong syntax.
fn has_unusable_range(headers: &HeaderMap) -> bool {
    headers
        .get("range")
        .is_some_and(|range| !range.to_str().is_ok_and(|range| Range::parse(range).is_ok()))
}
