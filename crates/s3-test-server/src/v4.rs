//! The checks of Signature V4.

use std::fmt;

use hyper::header::{AUTHORIZATION, HeaderMap};
use time::Duration;

use crate::credentials::Credentials;
use crate::host;
use crate::payload::CONTENT_SHA256;
use crate::query::Query;
use crate::refusal::Refusal;
use crate::tokens;

pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The arguments which a signed query has to have, each once.
pub const ARGUMENTS: [&str; 6] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
];

/// A week in seconds.
const LONGEST_EXPIRY: u64 = 604_800;

/// What a request states of its signature.
pub struct Signed<'a> {
    pub scope: Scope<'a>,
    /// The names of the signed headers.
    pub headers: &'a str,
    /// The date and the time.
    pub date: &'a str,
    /// How long a signature in the query is valid.
    pub expires: Option<Duration>,
    pub signature: &'a str,
}

impl Signed<'_> {
    /// Whether [`s3s`] verifies a signature of this kind.
    pub fn is_verified_by_s3s(&self, headers: &HeaderMap) -> bool {
        self.scope.service == "s3"
            && (self.expires.is_none() || !headers.contains_key(CONTENT_SHA256))
    }
}

/// Whether the query is signed.
pub fn in_query(query: &Query<'_>) -> bool {
    query.get("X-Amz-Algorithm").is_some() || query.get("X-Amz-Signature").is_some()
}

/// Whether a request declares a header as signed.
pub fn signs_header(headers: &HeaderMap, query: &Query<'_>, name: &str) -> bool {
    authorization(headers)
        .map(|authorization| authorization.signed_headers)
        .or_else(|| query.get("X-Amz-SignedHeaders"))
        .is_some_and(|list| list.split(';').any(|signed| signed == name))
}

/// Checks a request with the signature in the Authorization header.
pub fn check_headers<'a>(
    headers: &'a HeaderMap,
    credentials: &Credentials,
    region: Option<&str>,
) -> Result<Signed<'a>, Refusal> {
    let authorization = authorization(headers).ok_or_else(|| {
        Refusal::authorization_header_malformed(
            "the authorization header requires three components: \
             Credential, SignedHeaders, and Signature.",
        )
    })?;
    if authorization.algorithm != ALGORITHM {
        return Err(Refusal::invalid_argument("Unsupported Authorization Type", "Authorization"));
    }
    let scope = Scope::parse(authorization.credential).ok_or_else(|| {
        Refusal::authorization_header_malformed(
            "the Credential is mal-formed; expecting \
             \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
        )
    })?;
    if let Some((message, region)) = scope.fault(host::service(headers), region) {
        let refusal = Refusal::authorization_header_malformed(&message);
        return Err(with_region(refusal, region));
    }
    if !headers.contains_key("x-amz-date") && !headers.contains_key("date") {
        return Err(Refusal::access_denied(
            "AWS authentication requires a valid Date or x-amz-date header",
        ));
    }
    check_signed_headers(headers, authorization.signed_headers)?;
    credentials.check(scope.access_key_id, &tokens::in_headers(headers))?;
    let date = headers.get("x-amz-date").and_then(|date| date.to_str().ok());
    Ok(Signed {
        scope,
        headers: authorization.signed_headers,
        date: date.unwrap_or_default(),
        expires: None,
        signature: authorization.signature,
    })
}

/// Checks a request with the signature in the query.
pub fn check_query<'a>(
    headers: &HeaderMap,
    query: &'a Query<'_>,
    credentials: &Credentials,
    region: Option<&str>,
) -> Result<Signed<'a>, Refusal> {
    if ARGUMENTS.iter().any(|name| query.count(name) != 1) {
        return Err(Refusal::authorization_query_parameters(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, \
             X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and \
             X-Amz-Expires parameters.",
        ));
    }
    let argument = |name| query.get(name).unwrap_or_default();

    if argument("X-Amz-Algorithm") != ALGORITHM {
        return Err(Refusal::authorization_query_parameters(
            "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"",
        ));
    }
    let scope = Scope::parse(argument("X-Amz-Credential")).ok_or_else(|| {
        Refusal::authorization_query_parameters(
            "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; \
             expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
        )
    })?;
    if let Some((message, region)) = scope.fault(host::service(headers), region) {
        let refusal = Refusal::authorization_query_parameters(format!(
            "Error parsing the X-Amz-Credential parameter; {message}"
        ));
        return Err(with_region(refusal, region));
    }
    let expires = match argument("X-Amz-Expires").parse::<i64>() {
        Err(_) => {
            return Err(Refusal::authorization_query_parameters(
                "X-Amz-Expires should be a number",
            ));
        }
        Ok(seconds) if seconds < 0 => {
            return Err(Refusal::authorization_query_parameters(
                "X-Amz-Expires must be non-negative",
            ));
        }
        Ok(seconds) if seconds.unsigned_abs() > LONGEST_EXPIRY => {
            return Err(Refusal::authorization_query_parameters(
                "X-Amz-Expires must be less than a week (in seconds); that is, \
                 the given X-Amz-Expires must be less than 604800 seconds",
            ));
        }
        Ok(seconds) => Duration::seconds(seconds),
    };
    check_signed_headers(headers, argument("X-Amz-SignedHeaders"))?;
    credentials.check(scope.access_key_id, &tokens::all(headers, query))?;
    Ok(Signed {
        scope,
        headers: argument("X-Amz-SignedHeaders"),
        date: argument("X-Amz-Date"),
        expires: Some(expires),
        signature: argument("X-Amz-Signature"),
    })
}

fn with_region(refusal: Refusal, region: Option<&str>) -> Refusal {
    match region {
        Some(region) => refusal.expecting_region(region),
        None => refusal,
    }
}

/// The list of the signed headers has to be sorted and to name headers that are
/// present, among them Host and all those of S3.
fn check_signed_headers(headers: &HeaderMap, list: &str) -> Result<(), Refusal> {
    let signed: Vec<&str> = list.split(';').collect();

    let mut unsigned: Vec<&str> = headers
        .keys()
        .map(|name| name.as_str())
        .filter(|name| *name == "host" || name.starts_with("x-amz-"))
        .filter(|name| !signed.contains(name))
        .collect();
    if !unsigned.is_empty() {
        unsigned.sort_unstable();
        return Err(Refusal::headers_not_signed(&unsigned));
    }

    let sorted = signed.is_sorted_by(|first, second| first < second);
    let present = signed.iter().all(|name| {
        let lowercase = !name.bytes().any(|byte| byte.is_ascii_uppercase());
        lowercase && headers.contains_key(*name)
    });
    if sorted && present { Ok(()) } else { Err(Refusal::signature_does_not_match()) }
}

/// The components of the Authorization header.
struct Authorization<'a> {
    algorithm: &'a str,
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

fn authorization(headers: &HeaderMap) -> Option<Authorization<'_>> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (algorithm, rest) = value.split_once(' ')?;
    let component = |name: &str| {
        rest.split(',').find_map(|component| {
            let (found, value) = component.trim().split_once('=')?;
            (found == name).then_some(value)
        })
    };
    Some(Authorization {
        algorithm,
        credential: component("Credential")?,
        signed_headers: component("SignedHeaders")?,
        signature: component("Signature")?,
    })
}

/// The credential with its scope.
pub struct Scope<'a> {
    pub access_key_id: &'a str,
    pub date: &'a str,
    region: &'a str,
    service: &'a str,
}

/// The scope without the access key.
impl fmt::Display for Scope<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }
}

impl<'a> Scope<'a> {
    fn parse(credential: &'a str) -> Option<Self> {
        let components: Vec<&str> = credential.split('/').collect();
        let [access_key_id, date, region, service, "aws4_request"] = components[..] else {
            return None;
        };
        Some(Self { access_key_id, date, region, service })
    }

    /// What is wrong with the scope of a request to a service, and the region that
    /// would be right.
    fn fault<'r>(
        &self,
        service: &str,
        region: Option<&'r str>,
    ) -> Option<(String, Option<&'r str>)> {
        if self.service != service {
            let message = format!(
                "incorrect service \"{}\". This endpoint belongs to \"{service}\".",
                self.service
            );
            return Some((message, None));
        }
        let expected = region.filter(|expected| *expected != self.region)?;
        let message = format!("the region '{}' is wrong; expecting '{expected}'", self.region);
        Some((message, Some(expected)))
    }
}
