//! What is checked of a request before [`s3s`] verifies its signature.
//!
//! [`s3s`] computes the signatures and compares them. It leaves open who may use
//! which access key and when, and it is more lenient than Amazon S3 in places.
//! The gate refuses what Amazon S3 would refuse, and hands on the other requests
//! in a form in which [`s3s`] verifies all of them:
//!
//! * with Signature V4 the URI is put in the canonical form, so that a signature
//!   over the path as sent (`+` instead of `%2B`) is not accepted, and arguments
//!   of the same name are sorted by their values;
//! * with Signature V2 in the query, the `x-amz-*` arguments become the headers
//!   they stand for, so that the signature has to cover them.

use std::fmt;

use hyper::Method;
use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::http::request::Parts;
use s3s::dto::Range;

use crate::credentials::Credentials;
use crate::query::{Query, canonical_uri};
use crate::refusal::Refusal;
use crate::{v2, v4};

/// The header and the argument with the session token.
pub const SECURITY_TOKEN: &str = "x-amz-security-token";

/// Headers which would make a signature ambiguous if they were repeated.
const UNIQUE_HEADERS: [&str; 9] = [
    "authorization",
    "content-md5",
    "content-type",
    "date",
    "host",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    SECURITY_TOKEN,
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
    /// Tells how a request is signed. The headers come first when there are
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

    let mut uri = None;
    match kind {
        Kind::V4Headers => {
            v4::check_headers(&parts.headers, credentials, region)?;
            uri = Some(canonical_uri(&parts.uri).ok_or_else(Refusal::invalid_uri)?);
        }
        Kind::V4Query => {
            v4::check_query(&parts.headers, &query, credentials, region)?;
            uri = Some(canonical_uri(&parts.uri).ok_or_else(Refusal::invalid_uri)?);
        }
        Kind::V2Headers => v2::check_headers(&parts.headers, &query, credentials)?,
        Kind::V2Query => {
            v2::check_query(&parts.headers, &query, credentials)?;
            let headers;
            (uri, headers) = v2::arguments_to_headers(&parts.uri, &parts.headers, &query)?;
            parts.headers.extend(headers);
        }
        Kind::Anonymous if authorization => {
            return Err(Refusal::invalid_argument(
                "Unsupported Authorization Type",
                "Authorization",
            ));
        }
        Kind::Anonymous => return Err(Refusal::access_denied("Access Denied")),
    }

    check_body(&parts.method, &parts.headers)?;
    if has_unusable_range(&parts.headers) && !v4::signs_header(&parts.headers, &query, "range") {
        parts.headers.remove("range");
    }
    if let Some(uri) = uri {
        parts.uri = uri;
    }
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
fn check_body(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let content_type = headers.get("content-type").map(|value| value.as_bytes());
    let is_form = content_type.is_some_and(|value| {
        value.get(..19).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/form-data"))
    });
    if method == Method::POST && is_form {
        // s3s would verify the signature in the form instead of the one checked here.
        return Err(Refusal::not_implemented("Content-Type"));
    }
    if headers.contains_key("transfer-encoding") {
        return Err(Refusal::not_implemented("Transfer-Encoding"));
    }
    if method == Method::PUT && !headers.contains_key("content-length") {
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

/// The session tokens in the headers.
pub fn tokens_in_headers(headers: &HeaderMap) -> Vec<&str> {
    headers
        .get(SECURITY_TOKEN)
        .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
        .into_iter()
        .collect()
}

/// The session tokens in the headers and in the query.
pub fn tokens<'a>(headers: &'a HeaderMap, query: &'a Query<'_>) -> Vec<&'a str> {
    let mut tokens = tokens_in_headers(headers);
    tokens.extend(
        query
            .iter()
            .filter(|argument| argument.name.eq_ignore_ascii_case(SECURITY_TOKEN))
            .map(|argument| argument.value.as_ref()),
    );
    tokens
}
