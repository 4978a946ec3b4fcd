//! The sources, and what a request gets from them.

use std::rc::Rc;

use ngx::http::Request;
use s3_signer::Credentials;

use super::{secret::Secret, variables::Variables};
use crate::{nginx::value::Value, refusal::Refusal};

/// The source of the credentials of a block.
pub(crate) enum Source {
    /// `s3_access_key off`: requests are not signed.
    Off,
    /// The configuration.
    Static(Rc<Credentials>),
    /// The variables of each request.
    Variables(Variables),
}

impl Source {
    /// The source that the values of `s3_access_key`, `s3_secret_key` and `s3_security_token` set.
    pub fn new(
        access_key: Value<Secret>,
        secret_key: Value<Secret>,
        security_token: Option<Value<Secret>>,
    ) -> Self {
        use Value::Constant;
        let constants = match (&access_key, &secret_key, &security_token) {
            (Constant(id), Constant(secret), None) => Credentials::new(id, secret, None).ok(),
            (Constant(id), Constant(secret), Some(Constant(token))) => {
                Credentials::new(id, secret, Some(token)).ok()
            }
            _ => None,
        };
        match constants {
            Some(credentials) => Self::Static(credentials.into()),
            None => Self::Variables(Variables { access_key, secret_key, security_token }),
        }
    }

    /// The credentials of a request. `None`: the request is not signed.
    ///
    /// # Errors
    /// [`Refusal::NotEvaluated`] and [`Refusal::Value`] for values with variables.
    pub fn get(&self, request: &Request) -> Result<Option<Rc<Credentials>>, Refusal> {
        match self {
            Self::Off => Ok(None),
            Self::Static(credentials) => Ok(Some(Rc::clone(credentials))),
            Self::Variables(variables) => Ok(variables.evaluate(request)?.map(Rc::new)),
        }
    }
}
