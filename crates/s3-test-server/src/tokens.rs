//! The session tokens of a request.

use hyper::header::HeaderMap;

use crate::query::Query;

/// The header and the argument with the session token.
pub const SECURITY_TOKEN: &str = "x-amz-security-token";

/// The session tokens in the headers.
pub fn in_headers(headers: &HeaderMap) -> Vec<&str> {
    headers
        .get(SECURITY_TOKEN)
        .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
        .into_iter()
        .collect()
}

/// The session tokens in the headers and in the query.
pub fn all<'a>(headers: &'a HeaderMap, query: &'a Query<'_>) -> Vec<&'a str> {
    let mut tokens = in_headers(headers);
    tokens.extend(
        query
            .iter()
            .filter(|argument| argument.name.eq_ignore_ascii_case(SECURITY_TOKEN))
            .map(|argument| argument.value.as_ref()),
    );
    tokens
}
