//! Credentials, region and service. Values are checked when they are made.

use std::{fmt, sync::OnceLock};

use zeroize::Zeroizing;

use crate::uri;

/// Why a value is rejected. The message does not have the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidValue {
    /// The value is the empty string.
    #[error("empty value")]
    Empty,
    /// The value has a space, a control character or a byte outside ASCII.
    #[error("a character that is not printable ASCII")]
    NotPrintable,
    /// A region or a service has a character outside `[A-Za-z0-9_-]`.
    #[error("a character outside [A-Za-z0-9_-]")]
    NotName,
    /// A region or a service has more than 64 characters.
    #[error("more than 64 characters")]
    TooLong,
}

/// An access key ID, its secret access key and, for temporary credentials, the session token.
///
/// The secret access key and the session token are zeroed when dropped.
pub struct Credentials {
    access_key_id: Box<str>,
    secret_access_key: Zeroizing<Box<str>>,
    session_token: Option<SessionToken>,
}

struct SessionToken {
    text: Zeroizing<Box<str>>,
    /// The token as the value of a query argument. Tokens are long: encoding one for each request
    /// is half of the time of a signature.
    encoded: OnceLock<Zeroizing<Vec<u8>>>,
}

impl Credentials {
    /// Makes credentials of printable ASCII values without spaces.
    ///
    /// # Errors
    /// [`InvalidValue::Empty`] or [`InvalidValue::NotPrintable`] of the first such value;
    /// [`Credentials::check`] checks a single one.
    pub fn new(
        access_key_id: &str,
        secret_access_key: &str,
        session_token: Option<&str>,
    ) -> Result<Self, InvalidValue> {
        for value in [Some(access_key_id), Some(secret_access_key), session_token] {
            value.map_or(Ok(()), |v| Self::check(v.as_bytes()))?;
        }
        Ok(Self {
            access_key_id: access_key_id.into(),
            secret_access_key: Zeroizing::new(secret_access_key.into()),
            session_token: session_token.map(|token| SessionToken {
                text: Zeroizing::new(token.into()),
                encoded: OnceLock::new(),
            }),
        })
    }

    /// Checks an access key ID, a secret access key or a session token.
    ///
    /// # Errors
    /// [`InvalidValue::Empty`] or [`InvalidValue::NotPrintable`].
    pub fn check(value: &[u8]) -> Result<(), InvalidValue> {
        match value {
            [] => Err(InvalidValue::Empty),
            _ if value.iter().all(u8::is_ascii_graphic) => Ok(()),
            _ => Err(InvalidValue::NotPrintable),
        }
    }

    /// The access key ID.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    pub(crate) fn secret_access_key(&self) -> &str {
        &self.secret_access_key
    }

    pub(crate) fn session_token(&self) -> Option<&str> {
        self.session_token.as_ref().map(|token| &**token.text)
    }

    /// The session token as the value of a query argument.
    pub(crate) fn encoded_session_token(&self) -> Option<&[u8]> {
        let token = self.session_token.as_ref()?;
        Some(token.encoded.get_or_init(|| {
            // Memory for all of it: a `Vec` that grows leaves copies.
            let mut encoded = Zeroizing::new(Vec::with_capacity(3 * token.text.len()));
            uri::encode_query_value(token.text.as_bytes(), &mut encoded);
            encoded
        }))
    }
}

/// Shows the access key ID only.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// Defines a type for a part of the credential scope.
macro_rules! scope_name {
    ($name:ident, $what:literal) => {
        #[doc = concat!("The ", $what, ".")]
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(Box<str>);

        impl $name {
            /// Makes one of 1 to 64 characters `[A-Za-z0-9_-]`.
            ///
            /// # Errors
            /// [`InvalidValue::Empty`], [`InvalidValue::TooLong`] or [`InvalidValue::NotName`].
            pub fn new(name: &str) -> Result<Self, InvalidValue> {
                let is_good = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
                match name.as_bytes() {
                    [] => Err(InvalidValue::Empty),
                    long if long.len() > 64 => Err(InvalidValue::TooLong),
                    name if !name.iter().all(|&b| is_good(b)) => Err(InvalidValue::NotName),
                    _ => Ok(Self(name.into())),
                }
            }

            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

scope_name!(Region, "region of a credential scope, such as `eu-west-1`");
scope_name!(Service, "service of a credential scope, such as `s3`");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_printable_ascii() {
        assert!(Credentials::new("AKID", "a/b+c=", Some("t==")).is_ok());
        for (id, secret, token, error) in [
            ("", "s", None, InvalidValue::Empty),
            ("a", "", None, InvalidValue::Empty),
            ("a", "s", Some(""), InvalidValue::Empty),
            ("a b", "s", None, InvalidValue::NotPrintable),
            ("a", "s\n", None, InvalidValue::NotPrintable),
            ("a", "s", Some("é"), InvalidValue::NotPrintable),
            ("a", "s", Some("\x7f"), InvalidValue::NotPrintable),
        ] {
            assert_eq!(Credentials::new(id, secret, token).unwrap_err(), error);
        }
    }

    #[test]
    fn regions_have_a_small_alphabet() {
        assert!(Region::new("us-gov_west-1A").is_ok());
        assert!(Region::new(&"r".repeat(64)).is_ok());
        assert_eq!(Region::new(""), Err(InvalidValue::Empty));
        assert_eq!(Service::new(&"s".repeat(65)), Err(InvalidValue::TooLong));
        for name in ["us east", "us/east", "é", "a,b"] {
            assert_eq!(Region::new(name), Err(InvalidValue::NotName));
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let credentials = Credentials::new("AKID", "hush", Some("mum")).unwrap();
        let shown = format!("{credentials:?}");
        assert!(shown.contains("AKID") && !shown.contains("hush") && !shown.contains("mum"));
    }
}
