//! How a request is signed.

use crate::credentials::{Credentials, Region, Service};

/// Seconds for which a signature in the query is valid: as long as S3 accepts one in headers.
pub const QUERY_LIFETIME: u32 = 900;

/// How a request is signed.
#[derive(Debug, Clone, Copy)]
pub struct SigningParams<'a> {
    /// The credentials of the signature.
    pub credentials: &'a Credentials,
    /// The version of the signature, and what only this version needs.
    pub algorithm: Algorithm<'a>,
    /// The part of the request that has the signature.
    pub placement: Placement,
}

/// The version of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm<'a> {
    /// Signature Version 4, `AWS4-HMAC-SHA256`.
    V4 {
        /// The region of the credential scope.
        region: &'a Region,
        /// The service of the credential scope. `None`: the service that the host implies, `s3` for
        /// a host that is not Amazon's.
        service: Option<&'a Service>,
    },
    /// Signature Version 2, `HMAC-SHA1`.
    V2 {
        /// Whether a host that is not Amazon's names the bucket, in the labels before a label `s3`,
        /// or else in the first label. `None`: it does not. Hosts of Amazon's and IP addresses are
        /// known without.
        bucket_in_host: Option<bool>,
    },
}

/// The part of the request that has the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// Request headers: `Authorization` and others.
    Headers,
    /// Query arguments, as in a presigned URL.
    Query,
}

/// An algorithm and a placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureKind {
    /// Signature Version 4 in headers.
    V4Headers,
    /// Signature Version 4 in the query.
    V4Query,
    /// Signature Version 2 in headers.
    V2Headers,
    /// Signature Version 2 in the query.
    V2Query,
}

impl SigningParams<'_> {
    /// The kind of the signature.
    pub fn kind(&self) -> SignatureKind {
        match (self.algorithm, self.placement) {
            (Algorithm::V4 { .. }, Placement::Headers) => SignatureKind::V4Headers,
            (Algorithm::V4 { .. }, Placement::Query) => SignatureKind::V4Query,
            (Algorithm::V2 { .. }, Placement::Headers) => SignatureKind::V2Headers,
            (Algorithm::V2 { .. }, Placement::Query) => SignatureKind::V2Query,
        }
    }

    /// The length of all values that a signature adds to a request, not yet encoded.
    pub(crate) fn len(&self) -> usize {
        let credential_scope = match self.algorithm {
            Algorithm::V4 { region, service } => {
                region.as_str().len() + service.map_or(0, |service| service.as_str().len())
            }
            Algorithm::V2 { .. } => 0,
        };
        self.credentials.access_key_id().len()
            + self.credentials.session_token().map_or(0, str::len)
            + credential_scope
    }
}

impl SignatureKind {
    /// `v4-headers`, `v4-query`, `v2-headers` or `v2-query`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V4Headers => "v4-headers",
            Self::V4Query => "v4-query",
            Self::V2Headers => "v2-headers",
            Self::V2Query => "v2-query",
        }
    }
}
