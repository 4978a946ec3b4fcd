//! Conditional requests.

use hyper::header::{ETAG, HeaderMap, HeaderValue, LAST_MODIFIED};
use s3s::dto::{ETag, ETagCondition, Timestamp, TimestampFormat};
use s3s::{S3Error, S3Result, s3_error};

use crate::store::Object;

/// The conditions of a request that reads an object.
pub struct Preconditions {
    pub if_match: Option<ETagCondition>,
    pub if_none_match: Option<ETagCondition>,
    pub if_modified_since: Option<Timestamp>,
    pub if_unmodified_since: Option<Timestamp>,
}

impl Preconditions {
    /// Checks the conditions in the order of RFC 9110, section 13.2.2.
    pub fn check(&self, object: &Object) -> S3Result<()> {
        let holds = match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) => matches(condition, object),
            (None, Some(date)) => object.last_modified <= *date,
            (None, None) => true,
        };
        if !holds {
            return Err(s3_error!(
                PreconditionFailed,
                "At least one of the pre-conditions you specified did not hold"
            ));
        }

        let modified = match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) => !matches(condition, object),
            (None, Some(date)) => object.last_modified > *date,
            (None, None) => true,
        };
        if modified { Ok(()) } else { Err(not_modified(object)) }
    }
}

fn matches(condition: &ETagCondition, object: &Object) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(etag) => etag.value() == object.etag,
    }
}

/// The answer 304 with the headers that identify the object.
fn not_modified(object: &Object) -> S3Error {
    let mut headers = HeaderMap::new();
    if let Ok(etag) = ETag::Strong(object.etag.clone()).to_http_header() {
        headers.insert(ETAG, etag);
    }
    let mut date = Vec::new();
    if object.last_modified.format(TimestampFormat::HttpDate, &mut date).is_ok()
        && let Ok(date) = HeaderValue::from_bytes(&date)
    {
        headers.insert(LAST_MODIFIED, date);
    }
    let mut error = s3_error!(NotModified);
    error.set_headers(headers);
    error
}
