//! The stages of [`Signer::sign`] one by one, for the benchmarks. Not part of the stable interface.

use crate::{
    date::SigningTime,
    error::SignError,
    head::RequestHead,
    headers::Headers,
    params::SigningParams,
    signer::{Signature, Signer},
};

/// A request and its parameters.
pub struct Stages<'a> {
    head: &'a [u8],
    params: SigningParams<'a>,
    time: SigningTime,
}

/// The result of the first stage.
pub struct Parsed<'a> {
    request: RequestHead<'a>,
    headers: Headers<'a>,
}

/// The result of the third stage.
pub struct Hashed(Signature);

impl<'a> Stages<'a> {
    /// Signs the request once with `signer`, which allocates its buffers and derives the key.
    ///
    /// # Errors
    /// As [`Signer::sign`].
    pub fn new(
        head: &'a [u8],
        params: SigningParams<'a>,
        now: i64,
        signer: &mut Signer,
    ) -> Result<Self, SignError> {
        signer.sign(&RequestHead::parse(head)?, &params, now)?;
        let mut time = SigningTime::new();
        time.set(now);
        Ok(Self { head, params, time })
    }

    /// Parses the request line and the header lines.
    ///
    /// # Errors
    /// As [`Signer::sign`].
    pub fn parse(&self) -> Result<Parsed<'a>, SignError> {
        let request = RequestHead::parse(self.head)?;
        let mut parsed = Parsed { request, headers: Headers::default() };
        parsed.headers.parse(request.rest)?;
        Ok(parsed)
    }

    /// Makes the canonical request of V4, the string to sign of V2. Each `parsed` is used once.
    ///
    /// # Errors
    /// As [`Signer::sign`].
    pub fn canonicalize(
        &'a self,
        signer: &mut Signer,
        parsed: &mut Parsed<'a>,
    ) -> Result<(), SignError> {
        signer.canonicalize(&parsed.request, &mut parsed.headers, &self.params, &self.time)
    }

    /// Makes the signature.
    pub fn hash(&self, signer: &mut Signer) -> Hashed {
        Hashed(signer.hash(&self.params))
    }

    /// Writes the new head.
    pub fn write(&self, signer: &mut Signer, parsed: &Parsed, hashed: &Hashed) {
        signer.write(&parsed.request, &parsed.headers, &self.params, &hashed.0);
    }
}
