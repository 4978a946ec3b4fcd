//! Signature V4 by the AWS SDK.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;

use crate::client::Request;
use crate::server::REGION;

/// How to sign.
#[derive(Clone)]
pub struct V4 {
    pub access_key: &'static str,
    pub secret: &'static str,
    pub token: Option<&'static str>,
    pub region: &'static str,
    pub service: &'static str,
    pub time: SystemTime,
    pub expires_in: Duration,
    /// In place of the hash of the body, in a query of `UNSIGNED-PAYLOAD`.
    pub payload: Option<&'static str>,
}

impl V4 {
    pub fn new(
        access_key: &'static str,
        secret: &'static str,
        token: Option<&'static str>,
    ) -> Self {
        Self {
            access_key,
            secret,
            token,
            region: REGION,
            service: "s3",
            time: SystemTime::now(),
            expires_in: Duration::from_secs(60),
            payload: None,
        }
    }

    pub fn long_term() -> Self {
        Self::new("LONGTERM", "secret/long", None)
    }

    pub fn temporary() -> Self {
        Self::new("TEMPORARY", "secret/temporary", Some("token+with/all=="))
    }

    pub fn in_headers(&self, request: Request) -> Request {
        self.sign(request, SignatureLocation::Headers)
    }

    pub fn in_query(&self, request: Request) -> Request {
        self.sign(request, SignatureLocation::QueryParams)
    }

    fn sign(&self, mut request: Request, location: SignatureLocation) -> Request {
        let in_query = location == SignatureLocation::QueryParams;
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.signature_location = location;
        settings.expires_in = Some(self.expires_in);
        settings.payload_checksum_kind =
            if in_query { PayloadChecksumKind::NoHeader } else { PayloadChecksumKind::XAmzSha256 };
        settings.excluded_headers = None;

        let identity = Credentials::new(
            self.access_key,
            self.secret,
            self.token.map(str::to_owned),
            None,
            "test",
        )
        .into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(self.time)
            .settings(settings)
            .build()
            .unwrap()
            .into();

        let body = match self.payload {
            Some(payload) => SignableBody::Precomputed(payload.to_owned()),
            None if in_query => SignableBody::UnsignedPayload,
            None => SignableBody::Bytes(request.body.as_bytes()),
        };
        let uri = format!("http://{}{}", request.value_of("host").unwrap(), request.target);
        let headers: Vec<(String, String)> = request.headers.clone();
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let signable = SignableRequest::new(request.method, uri, headers, body).unwrap();
        let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
        for (name, value) in instructions.headers() {
            request.headers.push((name.to_owned(), value.to_owned()));
        }
        for (name, value) in instructions.params() {
            request.append(name, value);
        }
        request
    }
}
