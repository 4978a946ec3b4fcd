//! Signature V2, written from its documentation.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use crate::client::Request;
use crate::seconds_since_epoch;
use crate::server::DOMAIN;

const SUBRESOURCES: [&str; 12] = [
    "acl",
    "delete",
    "location",
    "partNumber",
    "response-content-disposition",
    "response-content-type",
    "tagging",
    "uploadId",
    "uploads",
    "versionId",
    "versions",
    "website",
];

/// How to sign.
#[derive(Clone)]
pub struct V2 {
    pub access_key: &'static str,
    pub secret: &'static str,
    pub token: Option<&'static str>,
    pub expires: u64,
}

impl V2 {
    pub fn new(
        access_key: &'static str,
        secret: &'static str,
        token: Option<&'static str>,
    ) -> Self {
        Self { access_key, secret, token, expires: seconds_since_epoch() + 60 }
    }

    pub fn long_term() -> Self {
        Self::new("LONGTERM", "secret/long", None)
    }

    pub fn temporary() -> Self {
        Self::new("TEMPORARY", "secret/temporary", Some("token+with/all=="))
    }

    /// Signs in the Authorization header, with the current date in the Date header
    /// unless there is a date.
    pub fn in_headers(&self, mut request: Request) -> Request {
        if let Some(token) = self.token {
            request = request.header("x-amz-security-token", token);
        }
        if request.value_of("date").is_none() && request.value_of("x-amz-date").is_none() {
            request = request.header("date", &http_date(seconds_since_epoch()));
        }
        let date = match request.value_of("x-amz-date") {
            Some(_) => "",
            None => request.value_of("date").unwrap(),
        };
        let signature = self.signature(&request, date, &[]);
        let value = format!("AWS {}:{signature}", self.access_key);
        request.header("authorization", &value)
    }

    /// Signs in the query; the token is an `x-amz-` argument.
    pub fn in_query(&self, mut request: Request) -> Request {
        let expires = self.expires.to_string();
        let token: Vec<(&str, &str)> =
            self.token.iter().map(|token| ("x-amz-security-token", *token)).collect();
        let signature = self.signature(&request, &expires, &token);
        request.append("AWSAccessKeyId", self.access_key);
        request.append("Expires", &expires);
        for (name, value) in token {
            request.append(name, value);
        }
        request.append("Signature", &signature);
        request
    }

    /// Signs in the query without covering the token.
    pub fn in_query_with_unsigned_token(&self, request: Request) -> Request {
        let mut unsigned = self.clone();
        let token = unsigned.token.take().unwrap();
        let mut request = unsigned.in_query(request);
        request.append("x-amz-security-token", token);
        request
    }

    fn signature(&self, request: &Request, date: &str, amz_arguments: &[(&str, &str)]) -> String {
        let mut amz_headers: Vec<(&str, &str)> = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| name.starts_with("x-amz-"))
            .chain(amz_arguments.iter().copied())
            .collect();
        amz_headers.sort_unstable();
        let amz_headers: String =
            amz_headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();

        let mut arguments: Vec<String> = request
            .arguments()
            .into_iter()
            .filter(|(name, _)| SUBRESOURCES.contains(&name.as_str()))
            .map(|(name, value)| match value.as_str() {
                "" => name,
                _ => format!("{name}={value}"),
            })
            .collect();
        arguments.sort_unstable();
        let mut resource = String::new();
        let host = request.value_of("host").unwrap();
        let host = host.split(':').next().unwrap();
        if let Some(bucket) = host.strip_suffix(&format!(".{DOMAIN}")) {
            resource.push_str(&format!("/{bucket}"));
        }
        resource.push_str(request.path());
        if !arguments.is_empty() {
            resource.push_str(&format!("?{}", arguments.join("&")));
        }

        let string_to_sign = format!(
            "{}\n{}\n{}\n{date}\n{amz_headers}{resource}",
            request.method,
            request.value_of("content-md5").unwrap_or_default(),
            request.value_of("content-type").unwrap_or_default(),
        );
        let mut hmac = Hmac::<Sha1>::new_from_slice(self.secret.as_bytes()).unwrap();
        hmac.update(string_to_sign.as_bytes());
        STANDARD.encode(hmac.finalize().into_bytes())
    }
}

/// The date of the headers.
pub fn http_date(seconds: u64) -> String {
    let date = time::OffsetDateTime::from_unix_timestamp(seconds.try_into().unwrap()).unwrap();
    let date = date.format(&time::format_description::well_known::Rfc2822).unwrap();
    date.replace("+0000", "GMT")
}
