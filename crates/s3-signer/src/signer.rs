//! From a request head to the same head, signed.

use memchr::memmem;
use zeroize::Zeroizing;

use crate::{
    aws_chunked::UNSIGNED_TRAILER,
    buffer::Buffer,
    credentials::{Credentials, Region, Service},
    date::{SigningTime, decimal},
    endpoint::LastEndpoint,
    error::SignError,
    head::RequestHead,
    headers::{Body, Headers, SignedHeader, sort},
    keys::KeyCache,
    parts::write_parts,
    uri::{self, Query},
    v2, v4,
};

/// Where the signature stands in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// In request headers, `Authorization` and others.
    Headers,
    /// In query arguments, as in a presigned URL.
    Query,
}

/// What a request is signed with.
#[derive(Debug, Clone, Copy)]
pub struct SigningParams<'a> {
    /// Who signs.
    pub credentials: &'a Credentials,
    /// Set: Signature V4 for this region. Not set: Signature V2.
    pub region: Option<&'a Region>,
    /// The service of a Signature V4. Not set: what the host implies, `s3` for one that is not
    /// Amazon's.
    pub service: Option<&'a Service>,
    /// Where the signature goes.
    pub placement: Placement,
    /// For Signature V2 and hosts other than Amazon's: whether the host names the bucket, before a
    /// label `s3` or else by its first label. Not set: it does not.
    pub bucket_in_host: Option<bool>,
}

impl SigningParams<'_> {
    /// Bytes of what they bring into a request, not yet encoded.
    fn len(&self) -> usize {
        self.credentials.access_key_id().len()
            + self.credentials.session_token().map_or(0, str::len)
            + self.region.map_or(0, |region| region.as_str().len())
            + self.service.map_or(0, |service| service.as_str().len())
    }

    /// The kind of signature that these parameters make.
    pub fn kind(&self) -> SignatureKind {
        match (self.region, self.placement) {
            (Some(_), Placement::Headers) => SignatureKind::V4Headers,
            (Some(_), Placement::Query) => SignatureKind::V4Query,
            (None, Placement::Headers) => SignatureKind::V2Headers,
            (None, Placement::Query) => SignatureKind::V2Query,
        }
    }
}

/// Seconds for which a signature in the query is good.
pub const QUERY_LIFETIME: u32 = 900;

/// The same as text.
const QUERY_LIFETIME_TEXT: &[u8; 3] = b"900";

/// The four kinds of signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureKind {
    /// Signature V4 in headers.
    V4Headers,
    /// Signature V4 in the query.
    V4Query,
    /// Signature V2 in headers.
    V2Headers,
    /// Signature V2 in the query.
    V2Query,
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

/// A signed head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedHead<'a> {
    /// The head to send, its empty line included.
    pub head: &'a [u8],
    /// How many bytes of the input it replaces; what follows them is the body's.
    pub replaces: usize,
    /// The body that the head announces.
    pub body: Body,
}

/// What was signed, for a comparison with the answer to a `SignatureDoesNotMatch`. A session token
/// in it reads `[redacted]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The canonical request; Signature V2 has none.
    pub canonical_request: Option<Vec<u8>>,
    /// The string to sign.
    pub string_to_sign: Vec<u8>,
}

/// A signature as text.
pub(crate) enum Signature {
    V4(v4::Hex),
    V2(v2::Base64Text),
}

/// Signs request heads one after the other. Keeps its buffers, the keys it derived and the text of
/// the current second, so that an ordinary request allocates nothing. All of it is zeroed when
/// dropped.
pub struct Signer {
    time: SigningTime,
    endpoint: LastEndpoint,
    v4_keys: KeyCache<v4::SigningKey>,
    v2_keys: KeyCache<v2::SecretKey>,
    query: Query,
    path: Buffer,
    signed_headers: Buffer,
    scope: Vec<u8>,
    expires: Vec<u8>,
    canonical_request: Buffer,
    string_to_sign: Buffer,
    head: Buffer,
}

impl Default for Signer {
    fn default() -> Self {
        Self::new()
    }
}

impl Signer {
    /// A signer with no keys yet.
    pub fn new() -> Self {
        Self {
            time: SigningTime::new(),
            endpoint: LastEndpoint::default(),
            v4_keys: KeyCache::new(),
            v2_keys: KeyCache::new(),
            query: Query::default(),
            path: Buffer::default(),
            signed_headers: Buffer::default(),
            scope: Vec::new(),
            expires: Vec::new(),
            canonical_request: Buffer::default(),
            string_to_sign: Buffer::default(),
            head: Buffer::default(),
        }
    }

    /// Signs `request` at `now`, in seconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`SignError`] when the header lines cannot be read, do not name exactly one host or one that
    /// this signer has no signature for, or announce a body that only its sender can sign; when
    /// Signature V2 cannot cover an argument; when there is no memory.
    pub fn sign(
        &mut self,
        request: &RequestHead,
        params: &SigningParams,
        now: i64,
    ) -> Result<SignedHead<'_>, SignError> {
        self.time.set(now);
        // A copy, for the headers that we add to live as long as the request's.
        let time = self.time;
        let mut headers = Headers::default();
        headers.parse(request.rest)?;
        self.canonicalize(request, &mut headers, params, &time)?;
        let signature = self.hash(params);
        self.write(request, &headers, params, &signature);
        Ok(SignedHead {
            head: &self.head,
            replaces: replaced(request, &headers),
            body: headers.body,
        })
    }

    /// What the last successful call of [`Signer::sign`] signed, which had these parameters.
    pub fn explain(&self, params: &SigningParams) -> Explanation {
        let credentials = params.credentials;
        let redacted = |text: &[u8]| match (
            credentials.session_token(),
            credentials.encoded_session_token(),
        ) {
            (Some(token), Some(encoded)) => {
                redact(&Zeroizing::new(redact(text, token.as_bytes())), encoded)
            }
            _ => text.to_vec(),
        };
        match params.region {
            Some(_) => Explanation {
                canonical_request: Some(redacted(&self.canonical_request)),
                string_to_sign: v4::string_to_sign(
                    &self.time,
                    &self.scope,
                    &self.canonical_request,
                ),
            },
            None => Explanation {
                canonical_request: None,
                string_to_sign: redacted(&self.string_to_sign),
            },
        }
    }

    /// Makes what is hashed: the canonical request (V4) or the string to sign (V2). Adds the headers
    /// and the arguments that the signature covers; `time` is the signer's.
    ///
    /// # Errors
    /// [`SignError::NoMemory`], [`SignError::MultiRegion`], [`SignError::AwsChunked`] and, for V2,
    /// [`SignError::ControlCharacter`].
    pub(crate) fn canonicalize<'a>(
        &mut self,
        request: &RequestHead<'a>,
        headers: &mut Headers<'a>,
        params: &SigningParams<'a>,
        time: &'a SigningTime,
    ) -> Result<(), SignError> {
        // Enough for any of the buffers, so that none grows by itself: a header's name stands three
        // times in the canonical request, once of them with every byte escaped. And what we add.
        let room = 6 * (replaced(request, headers) + params.len()) + 1024;
        for buffer in [
            &mut self.path,
            &mut self.signed_headers,
            &mut self.canonical_request,
            &mut self.string_to_sign,
            &mut self.head,
        ] {
            buffer.reserve(room)?;
        }
        self.query.reserve(room, request.query)?;

        uri::encode_path(request.path, &mut self.path);
        self.query.parse(request.query);
        let endpoint = self.endpoint.update(headers.host, params.bucket_in_host)?;
        headers.payload = payload(headers, params)?;
        headers.push_ours(params, time);
        match params.region {
            Some(region) => {
                let service = params.service.map_or(endpoint.service, Service::as_str);
                self.canonicalize_v4(request, headers, params, region.as_str(), service);
            }
            None => self.canonicalize_v2(request, headers, params, endpoint.bucket)?,
        }
        Ok(())
    }

    /// Makes the signature of what [`Signer::canonicalize`] has made.
    pub(crate) fn hash(&mut self, params: &SigningParams) -> Signature {
        let secret_access_key = params.credentials.secret_access_key();
        let Self { time, scope, .. } = self;
        match params.region {
            Some(_) => {
                let key = v4::signing_key(&mut self.v4_keys, secret_access_key, time, scope);
                Signature::V4(key.sign(time, scope, &self.canonical_request))
            }
            None => {
                let key = v2::secret_key(&mut self.v2_keys, secret_access_key);
                Signature::V2(v2::signature(key, &self.string_to_sign))
            }
        }
    }

    /// Writes the new head, of what [`Signer::canonicalize`] has made.
    pub(crate) fn write(
        &mut self,
        request: &RequestHead,
        headers: &Headers,
        params: &SigningParams,
        signature: &Signature,
    ) {
        self.head.clear();
        match signature {
            Signature::V4(signature) => self.write_v4(request, headers, params, signature),
            Signature::V2(signature) => self.write_v2(request, headers, params, signature),
        }
        self.head.extend_from_slice(b"\r\n");
    }

    fn canonicalize_v4(
        &mut self,
        request: &RequestHead,
        headers: &mut Headers,
        params: &SigningParams,
        region: &str,
        service: &str,
    ) {
        let Self { time, query, scope, .. } = self;
        let credentials = params.credentials;
        scope.clear();
        v4::write_scope(time, region, service, b"/", scope);
        sort(&mut headers.signed);
        v4::write_signed_headers(&headers.signed, &mut self.signed_headers);

        // Our arguments alone are in order already.
        let is_canonical = query.is_empty();
        if params.placement == Placement::Query {
            query.push(b"X-Amz-Algorithm", |out| out.extend_from_slice(v4::ALGORITHM));
            query.push(b"X-Amz-Credential", |out| {
                uri::encode_query_value(credentials.access_key_id().as_bytes(), out);
                out.extend_from_slice(b"%2F");
                v4::write_scope(time, region, service, b"%2F", out);
            });
            query.push(b"X-Amz-Date", |out| out.extend_from_slice(time.date_time()));
            query.push(b"X-Amz-Expires", |out| out.extend_from_slice(QUERY_LIFETIME_TEXT));
            if let Some(token) = credentials.encoded_session_token() {
                query.push(b"X-Amz-Security-Token", |out| out.extend_from_slice(token));
            }
            query.push(b"X-Amz-SignedHeaders", |out| {
                uri::encode_query_value(&self.signed_headers, out);
            });
        }
        if !is_canonical {
            query.canonicalize();
        }

        let canonical_request = v4::CanonicalRequest {
            method: request.method,
            path: &self.path,
            query,
            headers: &headers.signed,
            signed_headers: &self.signed_headers,
            payload: headers.payload,
        };
        v4::write_canonical_request(&canonical_request, &mut self.canonical_request);
    }

    fn write_v4(
        &mut self,
        request: &RequestHead,
        headers: &Headers,
        params: &SigningParams,
        signature: &v4::Hex,
    ) {
        let credentials = params.credentials;
        let out = &mut *self.head;
        write_request_line_start(request.method, &self.path, &self.query, out);
        match params.placement {
            Placement::Query => {
                write_parts!(out, b"&X-Amz-Signature=", signature);
                write_request_line_end(request.version, headers, out);
                if headers.payload == UNSIGNED_TRAILER {
                    let payload = headers.payload.as_bytes();
                    write_parts!(out, b"x-amz-content-sha256: ", payload, b"\r\n");
                }
            }
            Placement::Headers => {
                write_request_line_end(request.version, headers, out);
                write_parts!(
                    out,
                    b"x-amz-content-sha256: ",
                    headers.payload.as_bytes(),
                    b"\r\nx-amz-date: ",
                    self.time.date_time(),
                    b"\r\n"
                );
                write_token(credentials, out);
                write_parts!(
                    out,
                    b"Authorization: ",
                    v4::ALGORITHM,
                    b" Credential=",
                    credentials.access_key_id().as_bytes(),
                    b"/",
                    &self.scope,
                    b", SignedHeaders=",
                    &self.signed_headers,
                    b", Signature=",
                    signature,
                    b"\r\n"
                );
            }
        }
    }

    fn canonicalize_v2(
        &mut self,
        request: &RequestHead,
        headers: &mut Headers,
        params: &SigningParams,
        bucket: Option<&[u8]>,
    ) -> Result<(), SignError> {
        let Self { time, query, expires, .. } = self;
        expires.clear();
        if params.placement == Placement::Query {
            decimal(time.seconds().saturating_add(QUERY_LIFETIME.into()), expires);
        }
        // One spelling of "no value", since implementations sign `acl=` in two ways.
        query.strip_equals(v2::is_sub_resource);

        sort(&mut headers.signed);
        let parts = v2::StringToSign {
            method: request.method,
            content_md5: headers.value(b"content-md5"),
            content_type: headers.value(b"content-type"),
            expires,
            headers: &headers.signed,
            bucket,
            path: &self.path,
            query,
        };
        v2::write_string_to_sign(&parts, &mut self.string_to_sign)
    }

    fn write_v2(
        &mut self,
        request: &RequestHead,
        headers: &Headers,
        params: &SigningParams,
        signature: &v2::Base64Text,
    ) {
        let credentials = params.credentials;
        let access_key_id = credentials.access_key_id().as_bytes();
        let out = &mut *self.head;
        write_request_line_start(request.method, &self.path, &self.query, out);
        match params.placement {
            Placement::Query => {
                out.push(if self.query.is_empty() { b'?' } else { b'&' });
                out.extend_from_slice(b"AWSAccessKeyId=");
                uri::encode_query_value(access_key_id, out);
                write_parts!(out, b"&Expires=", &self.expires, b"&Signature=");
                uri::encode_query_value(signature, out);
                if let Some(token) = credentials.encoded_session_token() {
                    write_parts!(out, b"&x-amz-security-token=", token);
                }
                write_request_line_end(request.version, headers, out);
            }
            Placement::Headers => {
                write_request_line_end(request.version, headers, out);
                write_parts!(out, b"x-amz-date: ", self.time.http_date(), b"\r\n");
                write_token(credentials, out);
                write_parts!(out, b"Authorization: AWS ", access_key_id, b":", signature, b"\r\n");
            }
        }
    }
}

/// How many bytes of a request its new head replaces.
fn replaced(request: &RequestHead, headers: &Headers) -> usize {
    request.bytes.len() - headers.after.len()
}

/// The payload hash of Signature V4, or what S3 reads in its place.
///
/// # Errors
/// [`SignError::AwsChunked`].
fn payload(headers: &Headers, params: &SigningParams) -> Result<&'static str, SignError> {
    Ok(match (headers.body, params.placement) {
        (Body::None, Placement::Headers) => v4::EMPTY_PAYLOAD,
        (Body::None, Placement::Query) => v4::UNSIGNED_PAYLOAD,
        _ if headers.aws_chunked.is_unsigned_trailer(params.region.is_some())? => UNSIGNED_TRAILER,
        _ => v4::UNSIGNED_PAYLOAD,
    })
}

/// Method and target.
fn write_request_line_start(method: &[u8], path: &[u8], query: &Query, out: &mut Vec<u8>) {
    write_parts!(out, method, b" ", path);
    if !query.is_empty() {
        out.push(b'?');
        query.write(out);
    }
}

/// The rest of the request line, and the header lines that are kept.
fn write_request_line_end(version: &[u8; 8], headers: &Headers, out: &mut Vec<u8>) {
    write_parts!(out, b" ", version, b"\r\n");
    for lines in &headers.kept {
        out.extend_from_slice(lines);
    }
}

/// The header of a session token, if there is one.
fn write_token(credentials: &Credentials, out: &mut Vec<u8>) {
    if let Some(token) = credentials.session_token() {
        write_parts!(out, b"x-amz-security-token: ", token.as_bytes(), b"\r\n");
    }
}

/// `text` with `[redacted]` for each `secret` in it.
fn redact(text: &[u8], secret: &[u8]) -> Vec<u8> {
    const REDACTED: &[u8] = b"[redacted]";
    let found = memmem::find_iter(text, secret).count();
    let mut out = Vec::with_capacity(text.len() + found * REDACTED.len());
    let mut end = 0;
    for at in memmem::find_iter(text, secret) {
        write_parts!(out, &text[end..at], REDACTED);
        end = at + secret.len();
    }
    out.extend_from_slice(&text[end..]);
    out
}

impl<'a> Headers<'a> {
    /// Adds the headers that come with a signature to those that it covers.
    fn push_ours(&mut self, params: &SigningParams<'a>, time: &'a SigningTime) {
        match params.kind() {
            SignatureKind::V4Headers => {
                self.push("x-amz-content-sha256", self.payload.as_bytes());
                self.push("x-amz-date", time.date_time());
            }
            SignatureKind::V2Headers => self.push("x-amz-date", time.http_date()),
            // Version 2 signs the token as a header even where it goes into the query.
            SignatureKind::V2Query => {}
            SignatureKind::V4Query => {
                // S3 reads this header here too.
                if self.payload == UNSIGNED_TRAILER {
                    self.push("x-amz-content-sha256", self.payload.as_bytes());
                }
                return;
            }
        }
        if let Some(token) = params.credentials.session_token() {
            self.push("x-amz-security-token", token.as_bytes());
        }
    }

    fn push(&mut self, name: &'static str, value: &'a [u8]) {
        self.signed.push(SignedHeader { name: name.as_bytes(), value, is_canonical: true });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lifetime_reads_the_same_as_a_text() {
        assert_eq!(QUERY_LIFETIME.to_string().as_bytes(), QUERY_LIFETIME_TEXT);
    }
}
