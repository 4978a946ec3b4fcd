//! The checks of Signature V2.

use hyper::header::{AUTHORIZATION, HeaderMap};
use time::format_description::well_known::Rfc2822;
use time::{Duration, OffsetDateTime};

use crate::credentials::Credentials;
use crate::query::Query;
use crate::refusal::Refusal;
use crate::tokens;

/// How far the clock of the client may be away.
const LARGEST_SKEW: Duration = Duration::minutes(15);

/// The arguments covered by the signature.
const SIGNED_ARGUMENTS: [&str; 36] = [
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
    "Expires",
];

/// Whether the query is signed.
pub fn in_query(query: &Query<'_>) -> bool {
    query.get("Signature").is_some()
}

/// Checks a request with the signature in the Authorization header.
pub fn check_headers(
    headers: &HeaderMap,
    query: &Query<'_>,
    credentials: &Credentials,
) -> Result<(), Refusal> {
    let access_key_id = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("AWS "))
        .and_then(|value| value.split_once(':'))
        .map(|(access_key_id, _signature)| access_key_id)
        .ok_or_else(|| {
            Refusal::invalid_argument(
                "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
                "Authorization",
            )
        })?;
    check_arguments(query)?;
    credentials.check(access_key_id, &tokens::in_headers(headers))?;

    let date = headers
        .get("x-amz-date")
        .or_else(|| headers.get("date"))
        .and_then(|value| value.to_str().ok())
        .and_then(|value| OffsetDateTime::parse(value, &Rfc2822).ok())
        .ok_or_else(|| {
            Refusal::access_denied("AWS authentication requires a valid Date or x-amz-date header")
        })?;
    if (OffsetDateTime::now_utc() - date).abs() > LARGEST_SKEW {
        return Err(Refusal::request_time_too_skewed());
    }
    Ok(())
}

/// Checks a request with the signature in the query.
pub fn check_query(
    headers: &HeaderMap,
    query: &Query<'_>,
    credentials: &Credentials,
) -> Result<(), Refusal> {
    let required = ["AWSAccessKeyId", "Expires", "Signature"];
    if required.iter().any(|name| query.count(name) != 1) {
        return Err(Refusal::access_denied(
            "Query-string authentication requires the Signature, Expires and \
             AWSAccessKeyId parameters",
        ));
    }
    let argument = |name| query.get(name).unwrap_or_default();

    let expires = argument("Expires");
    if expires.parse::<u64>().is_err() {
        return Err(Refusal::access_denied(format!(
            "Invalid date (should be seconds since epoch): {expires}"
        )));
    }
    // s3s decodes the signature once more.
    if argument("Signature").contains('%') {
        return Err(Refusal::signature_does_not_match());
    }
    check_arguments(query)?;
    credentials.check(argument("AWSAccessKeyId"), &tokens::all(headers, query))
}

/// Refuses repeated arguments which [`s3s`] would leave out of the verification.
fn check_arguments(query: &Query<'_>) -> Result<(), Refusal> {
    match SIGNED_ARGUMENTS.iter().find(|name| query.count(name) > 1) {
        None => Ok(()),
        Some(name) => Err(Refusal::invalid_argument("The argument must not be repeated", name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for date in ["Tue, 27 Mar 2007 19:36:42 +0000", "Tue, 27 Mar 2007 19:36:42 GMT"] {
            let date = OffsetDateTime::parse(date, &Rfc2822).unwrap();
            assert_eq!(date.unix_timestamp(), 1_175_024_202);
        }
    }
}
