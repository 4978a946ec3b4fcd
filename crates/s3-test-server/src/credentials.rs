//! The credentials the server accepts.

use std::collections::HashMap;
use std::sync::Arc;

use s3s::S3Result;
use s3s::auth::{S3Auth, SecretKey};
use serde::Deserialize;
use time::OffsetDateTime;

use crate::refusal::Refusal;

/// One entry of the credentials file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    access_key_id: String,
    secret_access_key: String,
    /// Present in temporary credentials only.
    #[serde(default)]
    session_token: Option<String>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    expires: Option<OffsetDateTime>,
}

/// All credentials by access key identifier.
#[derive(Debug)]
pub struct Credentials(HashMap<String, Credential>);

impl Credentials {
    /// Indexes the entries of a credentials file.
    pub fn new(entries: Vec<Credential>) -> Self {
        Self(entries.into_iter().map(|entry| (entry.access_key_id.clone(), entry)).collect())
    }

    /// The secret key of an access key.
    pub fn secret(&self, access_key_id: &str) -> Result<&str, Refusal> {
        let credential = self.0.get(access_key_id).ok_or_else(Refusal::invalid_access_key_id)?;
        Ok(&credential.secret_access_key)
    }

    /// Checks that an access key is known, not expired, and accompanied by its
    /// session token and no other.
    pub fn check(&self, access_key_id: &str, tokens: &[&str]) -> Result<(), Refusal> {
        let credential = self.0.get(access_key_id).ok_or_else(Refusal::invalid_access_key_id)?;
        match &credential.session_token {
            // S3 does not know a temporary access key without its token.
            Some(_) if tokens.is_empty() => return Err(Refusal::invalid_access_key_id()),
            Some(expected) if tokens.iter().any(|token| token != expected) => {
                return Err(Refusal::invalid_token());
            }
            None if !tokens.is_empty() => return Err(Refusal::invalid_token()),
            _ => {}
        }
        match credential.expires {
            Some(expires) if expires <= OffsetDateTime::now_utc() => Err(Refusal::expired_token()),
            _ => Ok(()),
        }
    }
}

/// Gives the secret keys to the verification of signatures.
pub struct Secrets(pub Arc<Credentials>);

#[async_trait::async_trait]
impl S3Auth for Secrets {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        Ok(SecretKey::from(self.0.secret(access_key)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<(), Refusal>) -> Option<&'static str> {
        result.err().map(|refusal| refusal.code())
    }

    fn credentials() -> Credentials {
        let text = r#"[
            {"access_key_id": "LONG", "secret_access_key": "s"},
            {"access_key_id": "TEMPORARY", "secret_access_key": "s", "session_token": "t",
             "expires": "9999-12-31T23:59:59Z"},
            {"access_key_id": "OLD", "secret_access_key": "s", "session_token": "t",
             "expires": "2020-01-01T00:00:00Z"}
        ]"#;
        Credentials::new(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn session_tokens() {
        let credentials = credentials();
        assert_eq!(code(credentials.check("LONG", &[])), None);
        assert_eq!(code(credentials.check("LONG", &["t"])), Some("InvalidToken"));
        assert_eq!(code(credentials.check("TEMPORARY", &["t"])), None);
        assert_eq!(code(credentials.check("TEMPORARY", &["t", "t"])), None);
        assert_eq!(code(credentials.check("TEMPORARY", &["t", "u"])), Some("InvalidToken"));
        assert_eq!(code(credentials.check("TEMPORARY", &[])), Some("InvalidAccessKeyId"));
        assert_eq!(code(credentials.check("OLD", &["t"])), Some("ExpiredToken"));
        assert_eq!(code(credentials.check("NONE", &[])), Some("InvalidAccessKeyId"));
    }
}
