//! Credentials from variables.

use ngx::http::Request;
use s3_signer::Credentials;

use super::secret::{Secret, secret};
use crate::{
    nginx::value::{self, Value},
    refusal::Refusal,
};

/// Values at least one of which has variables.
pub(crate) struct Variables {
    pub access_key: Value<Secret>,
    pub secret_key: Value<Secret>,
    pub security_token: Option<Value<Secret>>,
}

impl Variables {
    /// The credentials of a request. `None`: the access key is `off`, and the request is not
    /// signed. An empty token is no token. An empty key is an error.
    pub fn evaluate(&self, request: &Request) -> Result<Option<Credentials>, Refusal> {
        let access_key = Part::evaluate(request, "s3_access_key", &self.access_key)?;
        if matches!(access_key, Part::Text { text: b"off", .. }) {
            return Ok(None);
        }
        let access_key = access_key.secret()?;
        let secret_key = Part::evaluate(request, "s3_secret_key", &self.secret_key)?.secret()?;
        let token = match &self.security_token {
            None => None,
            Some(token) => match Part::evaluate(request, "s3_security_token", token)? {
                Part::Text { text: b"", .. } => None,
                token => Some(token.secret()?),
            },
        };
        Credentials::new(&access_key, &secret_key, token.as_ref().map(|token| &***token))
            .map(Some)
            .map_err(|error| Refusal::Value { directive: "s3_access_key", error })
    }
}

/// A part of the credentials of a request.
enum Part<'a> {
    /// A constant, checked when the configuration is read.
    Constant(&'a Secret),
    /// The value of the variables of a directive, not checked yet.
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
