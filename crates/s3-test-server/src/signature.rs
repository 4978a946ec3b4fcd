//! Signature V4 where [`s3s`] does not verify it: it knows no service but `s3`, and
//! no payload but `UNSIGNED-PAYLOAD` with a signature in the query.

use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::header::HeaderMap;
use hyper::{Method, Uri};
use sha2::{Digest as _, Sha256};
use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use crate::hexadecimal::hexadecimal;
use crate::payload::CONTENT_SHA256;
use crate::refusal::Refusal;
use crate::v4::{ALGORITHM, Signed};

/// How far the clock of the client may be away.
const LARGEST_SKEW: Duration = Duration::minutes(15);

/// Verifies a signature. The URI is in the canonical form, without the signature.
pub fn verify(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    signed: &Signed<'_>,
    secret: &str,
) -> Result<(), Refusal> {
    check_date(signed)?;

    let request = canonical_request(method, uri, headers, signed)?;
    let scope = signed.scope.to_string();
    let string_to_sign = format!(
        "{ALGORITHM}\n{}\n{scope}\n{}",
        signed.date,
        hexadecimal(&Sha256::digest(request.as_bytes()))
    );
    // The components of the scope are also the steps of the derivation of the key.
    let key = scope
        .split('/')
        .fold(format!("AWS4{secret}").into_bytes(), |key, component| hmac(&key, component));
    if hexadecimal(&hmac(&key, &string_to_sign)) == signed.signature {
        Ok(())
    } else {
        Err(Refusal::signature_does_not_match())
    }
}

/// Whether the request is neither too old nor too new.
fn check_date(signed: &Signed<'_>) -> Result<(), Refusal> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let date = PrimitiveDateTime::parse(signed.date, &format)
        .map_err(|_| {
            Refusal::access_denied("AWS authentication requires a valid Date or x-amz-date header")
        })?
        .assume_utc();
    if !signed.date.starts_with(signed.scope.date) {
        return Err(Refusal::signature_does_not_match());
    }
    let age = OffsetDateTime::now_utc() - date;
    match signed.expires {
        Some(expires) if age > expires => Err(Refusal::access_denied("Request has expired")),
        None if age > LARGEST_SKEW => Err(Refusal::request_time_too_skewed()),
        _ if -age > LARGEST_SKEW => Err(Refusal::request_time_too_skewed()),
        _ => Ok(()),
    }
}

fn canonical_request(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    signed: &Signed<'_>,
) -> Result<String, Refusal> {
    let mut request = format!("{method}\n{}\n{}\n", uri.path(), uri.query().unwrap_or_default());
    for name in signed.headers.split(';') {
        let values: Vec<String> = headers
            .get_all(name)
            .iter()
            .map(|value| {
                let value = String::from_utf8_lossy(value.as_bytes());
                value.split_ascii_whitespace().collect::<Vec<&str>>().join(" ")
            })
            .collect();
        request.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    let payload = match headers.get(CONTENT_SHA256).map(|hash| hash.to_str()) {
        Some(Ok(hash)) => hash,
        None if signed.expires.is_some() => "UNSIGNED-PAYLOAD",
        _ => {
            return Err(Refusal::invalid_request(
                "Missing required header for this request: x-amz-content-sha256",
            ));
        }
    };
    request.push_str(&format!("\n{}\n{payload}", signed.headers));
    Ok(request)
}

fn hmac(key: &[u8], message: &str) -> Vec<u8> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length is valid");
    hmac.update(message.as_bytes());
    hmac.finalize().into_bytes().to_vec()
}
