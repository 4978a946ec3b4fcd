//! A part of the credentials.

use s3_signer::{Credentials, InvalidValue};
use zeroize::Zeroizing;

/// A part of the credentials, zeroed when dropped.
pub(crate) type Secret = Zeroizing<Box<str>>;

/// The value of `s3_access_key`, `s3_secret_key` or `s3_security_token`, checked.
pub(crate) fn secret(text: &[u8]) -> Result<Secret, InvalidValue> {
    Credentials::check(text)?;
    let text = std::str::from_utf8(text).map_err(|_| InvalidValue::NotPrintable)?;
    Ok(Zeroizing::new(text.into()))
}
