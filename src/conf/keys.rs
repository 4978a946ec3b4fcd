//! The credentials of a block: access key, secret key and session token, one unit.

use super::{
    error::ConfError,
    level::{Level, Place},
    usage::Usage,
};
use crate::{
    credentials::{Secret, Source},
    nginx::value::Value,
};

/// The credentials that a block sets.
pub(crate) struct Keys {
    pub source: Source,
    /// The place of `s3_access_key`.
    pub place: Place,
    pub usage: Usage,
}

impl Keys {
    /// Whether they are `off`.
    pub fn is_off(&self) -> bool {
        matches!(self.source, Source::Off)
    }
}

/// The value of `s3_access_key`.
pub(crate) enum AccessKey {
    /// `off`: requests are not signed, whatever outer blocks set.
    Off,
    /// An access key id.
    Id(Value<Secret>),
}

/// The credentials of a block while nginx reads it.
pub(crate) struct Parts {
    pub level: Level,
    pub access_key: Option<(AccessKey, Place)>,
    pub secret_key: Option<(Value<Secret>, Place)>,
    pub security_token: Option<(Value<Secret>, Place)>,
}

impl Parts {
    /// No credentials yet, in a block of this level.
    pub fn new(level: Level) -> Self {
        Self { level, access_key: None, secret_key: None, security_token: None }
    }

    /// Joins the parts, at least one of which is set.
    ///
    /// # Errors
    /// [`ConfError::HalfSet`] and [`ConfError::BesideOff`].
    pub fn join(self) -> Result<Keys, ConfError> {
        let half = |directive, needs, place| Err(ConfError::HalfSet { directive, needs, place });
        let (source, place) = match (self.access_key, self.secret_key, self.security_token) {
            (Some((AccessKey::Off, place)), None, None) => (Source::Off, place),
            (Some((AccessKey::Off, _)), Some((_, place)), _) => {
                return Err(ConfError::BesideOff { directive: "s3_secret_key", place });
            }
            (Some((AccessKey::Off, _)), None, Some((_, place))) => {
                return Err(ConfError::BesideOff { directive: "s3_security_token", place });
            }
            (Some((AccessKey::Id(id), place)), Some((secret, _)), token) => {
                (Source::new(id, secret, token.map(|(token, _)| token)), place)
            }
            (Some((_, place)), None, _) => return half("s3_access_key", "s3_secret_key", place),
            (None, Some((_, place)), _) => return half("s3_secret_key", "s3_access_key", place),
            (None, None, Some((_, place))) => {
                return half("s3_security_token", "s3_access_key", place);
            }
            (None, None, None) => unreachable!("parts are created with the first of them"),
        };
        Ok(Keys { source, place, usage: Usage::default() })
    }
}
