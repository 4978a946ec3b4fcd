//! What was signed, to find the cause of a `SignatureDoesNotMatch`.

use memchr::memmem;
use zeroize::Zeroizing;

use crate::{credentials::Credentials, parts::write_parts};

/// What was signed. S3 returns the same texts in the error `SignatureDoesNotMatch`. A session token
/// is replaced by `[redacted]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The canonical request; `None` with Signature V2, which has none.
    pub canonical_request: Option<Vec<u8>>,
    /// The string to sign.
    pub string_to_sign: Vec<u8>,
}

/// `text` with `[redacted]` in place of the session token, in plain and encoded form.
pub(crate) fn redacted(text: &[u8], credentials: &Credentials) -> Vec<u8> {
    match (credentials.session_token(), credentials.encoded_session_token()) {
        (Some(token), Some(encoded)) => {
            redact(&Zeroizing::new(redact(text, token.as_bytes())), encoded)
        }
        _ => text.to_vec(),
    }
}

/// `text` with `[redacted]` in place of each `secret`.
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
