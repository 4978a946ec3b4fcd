//! From a request head to the same head, signed.

use std::fmt;

use crate::{
    buffer::Buffer,
    credentials::Service,
    date::SigningTime,
    endpoint::LastEndpoint,
    error::SignError,
    explanation::Explanation,
    head::RequestHead,
    headers::{Body, Headers},
    params::{Algorithm, SigningParams},
    parts::write_parts,
    uri::Target,
    v2::{self, V2},
    v4::{self, CredentialScope, V4},
};

/// Signs request heads one after the other.
///
/// Keeps its buffers, the keys that it has derived and the text of the current second, so that an
/// ordinary request allocates nothing. Memory that has had secrets in it is zeroed when dropped.
pub struct Signer {
    time: SigningTime,
    endpoint: LastEndpoint,
    target: Target,
    v4: V4,
    v2: V2,
    head: Buffer,
}

/// A signed head.
#[derive(Clone, Copy)]
pub struct SignedHead<'a> {
    /// The head to send, its empty line included.
    pub head: &'a [u8],
    /// The number of bytes of the input that it replaces. Those that follow are of the body.
    pub replaces: usize,
    /// The body that the head announces.
    pub body: Body,
    signer: &'a Signer,
    params: &'a SigningParams<'a>,
}

/// A signature as text.
pub(crate) enum Signature {
    V4(v4::Hex),
    V2(v2::Base64Text),
}

impl Signer {
    /// A signer without keys.
    pub fn new() -> Self {
        Self {
            time: SigningTime::new(),
            endpoint: LastEndpoint::default(),
            target: Target::default(),
            v4: V4::new(),
            v2: V2::new(),
            head: Buffer::default(),
        }
    }

    /// Signs `request` at `now`, in seconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`SignError`] when the header lines are malformed, do not have exactly one host or have one
    /// that requires another algorithm, or announce a body that only its sender can sign; when
    /// Signature V2 cannot cover an argument; when there is no memory.
    pub fn sign<'s>(
        &'s mut self,
        request: &RequestHead,
        params: &'s SigningParams<'s>,
        now: i64,
    ) -> Result<SignedHead<'s>, SignError> {
        self.time.set(now);
        // A copy: the headers that are added borrow it as long as those of the request.
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
            signer: self,
            params,
        })
    }

    /// Makes the text to hash: the canonical request of V4, the string to sign of V2. Removes
    /// arguments that authenticate the client, and adds the headers and the arguments that the
    /// signature covers. `time` is the signer's.
    ///
    /// # Errors
    /// [`SignError::NoMemory`], [`SignError::MultiRegion`], [`SignError::AwsChunked`] and, with V2,
    /// [`SignError::ControlCharacter`].
    pub(crate) fn canonicalize<'a>(
        &mut self,
        request: &RequestHead<'a>,
        headers: &mut Headers<'a>,
        params: &SigningParams<'a>,
        time: &'a SigningTime,
    ) -> Result<(), SignError> {
        // Enough for any of the buffers, so that none grows by itself. The canonical request has
        // the name of a header up to three times, once with three bytes for each of its own.
        let room = 6 * (replaced(request, headers) + params.len()) + 1024;
        self.target.reserve(room, request.query)?;
        self.head.reserve(room)?;

        let target = &mut self.target;
        target.parse(request.path, request.query);
        let endpoint = self.endpoint.update(headers.host)?;
        match params.algorithm {
            Algorithm::V4 { region, service } => {
                self.v4.reserve(room)?;
                let scope = CredentialScope {
                    time,
                    region: region.as_str(),
                    service: service.map_or(endpoint.service, Service::as_str),
                };
                self.v4.canonicalize(request.method, target, headers, params, &scope)
            }
            Algorithm::V2 { bucket_in_host } => {
                self.v2.reserve(room)?;
                let bucket = endpoint.bucket(bucket_in_host);
                self.v2.canonicalize(request.method, target, headers, params, bucket, time)
            }
        }
    }

    /// The signature of the text that [`Signer::canonicalize`] has made.
    pub(crate) fn hash(&mut self, params: &SigningParams) -> Signature {
        match params.algorithm {
            Algorithm::V4 { .. } => Signature::V4(self.v4.sign(params.credentials, &self.time)),
            Algorithm::V2 { .. } => Signature::V2(self.v2.sign(params.credentials)),
        }
    }

    /// Writes the new head: the target that [`Signer::canonicalize`] has made, the header lines
    /// that are kept, and the signature.
    pub(crate) fn write(
        &mut self,
        request: &RequestHead,
        headers: &Headers,
        params: &SigningParams,
        signature: &Signature,
    ) {
        let Self { time, target, v4, v2, .. } = self;
        let out = &mut *self.head;
        out.clear();
        write_parts!(out, request.method, b" ");
        target.write(out);
        match signature {
            Signature::V4(signature) => v4.write_arguments(params, signature, out),
            Signature::V2(signature) => {
                v2.write_arguments(params, target.query.is_empty(), signature, out);
            }
        }
        write_parts!(out, b" ", request.version, b"\r\n");
        for lines in &headers.kept {
            out.extend_from_slice(lines);
        }
        match signature {
            Signature::V4(signature) => v4.write_headers(params, time, signature, out),
            Signature::V2(signature) => v2.write_headers(params, time, signature, out),
        }
        out.extend_from_slice(b"\r\n");
    }
}

impl Default for Signer {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows neither keys nor buffers.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

impl SignedHead<'_> {
    /// What was signed.
    pub fn explain(&self) -> Explanation {
        let Signer { time, v4, v2, .. } = self.signer;
        match self.params.algorithm {
            Algorithm::V4 { .. } => v4.explain(self.params.credentials, time),
            Algorithm::V2 { .. } => v2.explain(self.params.credentials),
        }
    }
}

/// Does not show the head, which has the signature and the session token.
impl fmt::Debug for SignedHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedHead")
            .field("replaces", &self.replaces)
            .field("body", &self.body)
            .field("params", self.params)
            .finish_non_exhaustive()
    }
}

/// The number of bytes of a request that its new head replaces.
fn replaced(request: &RequestHead, headers: &Headers) -> usize {
    request.bytes.len() - headers.after.len()
}
