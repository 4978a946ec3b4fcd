//! What is checked of a request after its signature.

use s3s::access::{S3Access, S3AccessContext};
use s3s::{S3Result, s3_error};

use crate::refusal::Refusal;

/// Marks a request whose signature [`s3s`] cannot verify and which is verified.
#[derive(Clone, Copy, Debug)]
pub struct Verified;

/// Why the body of a request is refused once its signature is valid.
#[derive(Clone, Debug)]
pub struct BodyFault(pub Refusal);

/// Lets those in whose signature is valid for the body they sent.
pub struct SignedOnly;

#[async_trait::async_trait]
impl S3Access for SignedOnly {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let is_verified = context.extensions_mut().get::<Verified>().is_some();
        if context.credentials().is_none() && !is_verified {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        }
        match context.extensions_mut().get::<BodyFault>() {
            Some(BodyFault(refusal)) => Err(refusal.clone().into()),
            None => Ok(()),
        }
    }
}
