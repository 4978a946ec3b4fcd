//! The stages of [`Signer::sign`], each by itself and as often as wanted, for the benchmarks.

use crate::{
    date::SigningTime,
    error::SignError,
    head::RequestHead,
    headers::Headers,
    params::SigningParams,
    signer::{Signature, Signer},
};

/// A request and how it is signed.
pub struct Stages<'a> {
    head: &'a [u8],
    params: SigningParams<'a>,
    time: SigningTime,
}

/// What the first stage makes.
pub struct Parsed<'a> {
    request: RequestHead<'a>,
    headers: Headers<'a>,
}

/// What the third stage makes.
pub struct Hashed(Signature);

impl<'a> Stages<'a> {
    /// Signs the request once with `signer`, so that its buffers and keys are there.
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

    /// Bytes to request line and header lines.
    ///
    /// # Errors
    /// As [`Signer::sign`].
    pub fn parse(&self) -> Result<Parsed<'a>, SignError> {
        let request = RequestHead::parse(self.head)?;
        let mut parsed = Parsed { request, headers: Headers::default() };
        parsed.headers.parse(request.rest)?;
        Ok(parsed)
    }

    /// Those to the canonical request or, in Signature V2, the string to sign. `parsed` is good for
    /// this once.
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

    /// That to the signature.
    pub fn hash(&self, signer: &mut Signer) -> Hashed {
        Hashed(signer.hash(&self.params))
    }

    /// All of it to the new head.
    pub fn write(&self, signer: &mut Signer, parsed: &Parsed, hashed: &Hashed) {
        signer.write(&parsed.request, &parsed.headers, &self.params, &hashed.0);
    }
}
