//! The credentials of a block: access key, secret key and session token, one unit.

use std::fmt;

use ngx::{
    ffi::{ngx_conf_t, ngx_str_t},
    http::Request,
};
use s3_signer::InvalidValue;
use zeroize::Zeroizing;

use crate::{
    conf::ConfError,
    settings::Level,
    stamp::Refusal,
    value::{self, Value},
    warnings::Usage,
};

/// A part of the credentials, zeroed when dropped.
pub(crate) type Secret = Zeroizing<Box<str>>;

/// Where a directive stands: `FILE:LINE`, as nginx's own messages have it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The file's name, in the pool of the configuration.
    file: ngx_str_t,
    line: usize,
}

impl Place {
    /// Where nginx reads.
    pub fn of(cf: &ngx_conf_t) -> Self {
        // SAFETY: the file that nginx is reading, or what stands for the command line.
        let file = unsafe { &*cf.conf_file };
        Self { file: file.file.name, line: file.line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// The value of `s3_access_key`.
pub(crate) enum AccessKey {
    /// `off`: requests are not signed, whatever the blocks around say.
    Off,
    /// An access key id.
    Id(Value<Secret>),
}

/// What one block says of its credentials, before they are put together.
pub(crate) struct Parts {
    pub level: Level,
    pub access_key: Option<(AccessKey, Place)>,
    pub secret_key: Option<(Value<Secret>, Place)>,
    pub security_token: Option<(Value<Secret>, Place)>,
}

/// Where credentials come from.
pub(crate) enum Source {
    /// From nowhere: requests are not signed.
    Off,
    /// From the configuration.
    Static(s3_signer::Credentials),
    /// From the variables of each request.
    Variables {
        access_key: Value<Secret>,
        secret_key: Value<Secret>,
        security_token: Option<Value<Secret>>,
    },
}

/// The credentials that a block sets.
pub(crate) struct Credentials {
    pub source: Source,
    /// Where `s3_access_key` stands.
    pub place: Place,
    /// What they are used for.
    pub usage: Usage,
}

impl Parts {
    /// No credentials yet, in a block of this level.
    pub fn new(level: Level) -> Self {
        Self { level, access_key: None, secret_key: None, security_token: None }
    }

    /// Puts the unit together. At least one part is there.
    pub fn join(self) -> Result<Credentials, ConfError> {
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
            (None, None, None) => unreachable!("parts are made with the first of them"),
        };
        Ok(Credentials { source, place, usage: Usage::default() })
    }
}

impl Credentials {
    /// Whether they say that requests are not signed.
    pub fn is_off(&self) -> bool {
        matches!(self.source, Source::Off)
    }
}

impl Source {
    fn new(
        access_key: Value<Secret>,
        secret_key: Value<Secret>,
        security_token: Option<Value<Secret>>,
    ) -> Self {
        use Value::Constant;
        let constants = match (&access_key, &secret_key, &security_token) {
            (Constant(id), Constant(secret), None) => {
                s3_signer::Credentials::new(id, secret, None).ok()
            }
            (Constant(id), Constant(secret), Some(Constant(token))) => {
                s3_signer::Credentials::new(id, secret, Some(token)).ok()
            }
            _ => None,
        };
        match constants {
            Some(credentials) => Self::Static(credentials),
            None => Self::Variables { access_key, secret_key, security_token },
        }
    }
}

/// Makes the value of `s3_access_key`, `s3_secret_key` or `s3_security_token` of a constant.
pub(crate) fn secret(text: &[u8]) -> Result<Secret, InvalidValue> {
    s3_signer::Credentials::check(text)?;
    let text = std::str::from_utf8(text).map_err(|_| InvalidValue::NotPrintable)?;
    Ok(Zeroizing::new(text.into()))
}

/// Puts together the credentials of one request from values with variables. `None`: the access key is
/// `off`, and the request is not signed. An empty token is no token; an empty key is an error.
pub(crate) fn evaluate(
    request: &Request,
    access_key: &Value<Secret>,
    secret_key: &Value<Secret>,
    security_token: Option<&Value<Secret>>,
) -> Result<Option<s3_signer::Credentials>, Refusal> {
    let access_key = Part::evaluate(request, "s3_access_key", access_key)?;
    if matches!(access_key, Part::Text { text: b"off", .. }) {
        return Ok(None);
    }
    let access_key = access_key.secret()?;
    let secret_key = Part::evaluate(request, "s3_secret_key", secret_key)?.secret()?;
    let token = match security_token {
        None => None,
        Some(token) => match Part::evaluate(request, "s3_security_token", token)? {
            Part::Text { text: b"", .. } => None,
            token => Some(token.secret()?),
        },
    };
    s3_signer::Credentials::new(&access_key, &secret_key, token.as_ref().map(|token| &***token))
        .map(Some)
        .map_err(|error| Refusal::Value { directive: "s3_access_key", error })
}

/// A part of the credentials of one request.
enum Part<'a> {
    /// Checked when the configuration was read.
    Constant(&'a Secret),
    /// What the variables of a directive evaluate to, not checked yet.
    Text { directive: &'static str, text: &'a [u8] },
}

impl<'a> Part<'a> {
    fn evaluate(
        request: &'a Request,
        directive: &'static str,
        value: &'a Value<Secret>,
    ) -> Result<Self, Refusal> {
        match value {
            Value::Constant(secret) => Ok(Self::Constant(secret)),
            Value::Variable(text) => value::evaluate_secret(request, text)
                .map(|text| Self::Text { directive, text })
                .ok_or(Refusal::NotEvaluated { directive }),
        }
    }

    fn secret(self) -> Result<Secret, Refusal> {
        match self {
            Self::Constant(secret) => Ok(secret.clone()),
            Self::Text { directive, text } => {
                secret(text).map_err(|error| Refusal::Value { directive, error })
            }
        }
    }
}
