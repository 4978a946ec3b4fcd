//! From a request to its answer.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderMap};
use hyper::http::request::Parts;
use hyper::{Request, StatusCode};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpResponse};

use crate::access::{BodyFault, SignedOnly, Verified};
use crate::credentials::{Credentials, Secrets};
use crate::gate::{self, Kind};
use crate::host::Domains;
use crate::output;
use crate::payload;
use crate::query::Query;
use crate::refusal::Refusal;
use crate::s3::Operations;
use crate::store::Store;

/// Answers the requests of all connections.
#[derive(Clone)]
pub struct Service {
    s3: S3Service,
    credentials: Arc<Credentials>,
    region: Option<Arc<str>>,
    print_headers: bool,
}

impl Service {
    pub fn new(
        store: Store,
        credentials: Arc<Credentials>,
        region: Option<String>,
        domains: &[String],
    ) -> anyhow::Result<Self> {
        let mut builder = S3ServiceBuilder::new(Operations::new(store, region.clone()));
        builder.set_auth(Secrets(Arc::clone(&credentials)));
        builder.set_access(SignedOnly);
        if !domains.is_empty() {
            builder.set_host(Domains::new(domains)?);
        }
        let region = region.map(Arc::from);
        Ok(Self { s3: builder.build(), credentials, region, print_headers: false })
    }

    /// The same, which shows the headers of requests as well, or not.
    pub fn print_headers(self, print_headers: bool) -> Self {
        Self { print_headers, ..self }
    }

    /// Answers a request and logs it on the standard output.
    pub async fn answer(
        &self,
        connection: u64,
        request: Request<Incoming>,
    ) -> Result<HttpResponse, Infallible> {
        let method = request.method().clone();
        let target = request.uri().to_string();
        let kind = Kind::of(request.headers(), &Query::of(request.uri()));

        let mut headers = String::new();
        if self.print_headers {
            for (name, value) in request.headers() {
                headers += &format!("\n    {name}: {}", String::from_utf8_lossy(value.as_bytes()));
            }
        }

        let (mut parts, body) = request.into_parts();
        let body = self.check(&mut parts, body, kind).await;
        let effects = if body.is_ok() { effects(&parts.headers) } else { String::new() };
        let mut response = match body {
            Ok(body) => self.process(parts, body).await,
            Err(refusal) => refusal.into_response(),
        };
        if response.status() == StatusCode::NOT_MODIFIED {
            *response.body_mut() = Body::empty();
        }
        if response.status() == StatusCode::OK && response.headers().contains_key(CONTENT_RANGE) {
            // s3s does not set this status for HEAD.
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }

        let status = response.status().as_u16();
        output::print_line(&format!(
            "connection={connection} {method} {target} {status} {kind}{effects}{headers}"
        ));
        Ok(response)
    }

    /// Checks a request before it reaches [`s3s`]. Returns the body for [`s3s`].
    async fn check(&self, parts: &mut Parts, body: Incoming, kind: Kind) -> Result<Bytes, Refusal> {
        // The body is read even if the request is refused, so that the connection
        // can be used for another one.
        let body = body.collect().await.map_err(|_| Refusal::incomplete_body())?.to_bytes();

        gate::check(parts, kind, &self.credentials, self.region.as_deref())?;

        let content = payload::content(parts, &body);
        if parts.extensions.get::<Verified>().is_some() {
            let content = content?;
            parts.headers.insert(CONTENT_LENGTH, content.len().into());
            return Ok(content);
        }
        // A fault of the body counts when the signature is valid.
        if let Err(refusal) = content {
            parts.extensions.insert(BodyFault(refusal));
        }
        Ok(body)
    }

    async fn process(&self, parts: Parts, body: Bytes) -> HttpResponse {
        self.s3
            .call(Request::from_parts(parts, Body::from(body)))
            .await
            .unwrap_or_else(|_| Refusal::internal_error().into_response())
    }
}

/// The headers by which a request has effects beyond its target, whether they were
/// sent as headers or as arguments, for the log line.
fn effects(headers: &HeaderMap) -> String {
    ["x-amz-acl", "x-amz-copy-source"]
        .iter()
        .filter_map(|name| headers.get(*name).map(|value| (name, value)))
        .map(|(name, value)| format!(" {name}={}", String::from_utf8_lossy(value.as_bytes())))
        .collect()
}
