//! The S3 settings of an upstream.

use crate::apache::settings::S3;
use crate::apache::worker;
use crate::convert::ledger::Ledger;
use crate::convert::routes::undefined;
use crate::tree::Node;

/// How requests are signed; all values are fit for nginx.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signing {
    pub access_key: String,
    pub secret_key: String,
    pub security_token: Option<String>,
    pub region: Option<String>,
    pub use_headers: Option<bool>,
}

/// Whether and how requests are to be signed.
pub enum Decision {
    Unsigned,
    Signed(Signing),
    /// They are, but nginx cannot be told how: the ledger has the reasons.
    Impossible,
}

/// Decides by the settings that apply.
pub fn decide(s3: &S3<'_>, ledger: &mut Ledger) -> Decision {
    if !s3.has_credentials() {
        return Decision::Unsigned;
    }
    if let Some(signing) = signing(s3, ledger) {
        return Decision::Signed(signing);
    }
    for node in s3.nodes() {
        if ledger.entries(node).is_empty() {
            let reason = "another S3 directive for the same requests could not be converted";
            ledger.leave(node, reason, true);
        }
    }
    Decision::Impossible
}

/// How requests are signed, if all settings are fit for nginx; else the ledger has the reasons.
fn signing(s3: &S3<'_>, ledger: &mut Ledger) -> Option<Signing> {
    let access_key = value(s3.access_key, ledger);
    let secret_key = value(s3.secret_key, ledger);
    let security_token = value(s3.security_token, ledger);
    let region = value(s3.region, ledger);
    let use_headers = value(s3.use_headers, ledger);
    let (Some(access_key), Some(secret_key)) = (access_key.ok()?, secret_key.ok()?) else {
        for node in s3.nodes() {
            let reason = "S3AccessKey and S3SecretKey do not both apply to the same requests";
            ledger.leave(node, reason, true);
        }
        return None;
    };
    let (security_token, region) = (security_token.ok()?, region.ok()?);
    let use_headers = match (use_headers.ok()?, s3.use_headers) {
        (Some(text), Some(node)) => {
            let flag = worker::flag(&text);
            if flag.is_none() {
                ledger.leave(node, "it takes \"on\" or \"off\"", true);
                return None;
            }
            flag
        }
        _ => None,
    };
    Some(Signing { access_key, secret_key, security_token, region, use_headers })
}

/// The value of a directive, or the reason in the ledger why it has none for nginx.
fn value(node: Option<&Node>, ledger: &mut Ledger) -> Result<Option<String>, ()> {
    let Some(node) = node else { return Ok(None) };
    let reason = if let Some(name) = node.undefined() {
        undefined(name)
    } else if node.arguments.len() != 1 {
        "it takes one value".to_owned()
    } else {
        let value = node.argument(0).unwrap_or_default();
        if value.is_empty() {
            "its value is empty".to_owned()
        } else if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            "its value has a character that no key has".to_owned()
        } else if value.contains('$') {
            "nginx takes the \"$\" in its value for a variable".to_owned()
        } else {
            return Ok(Some(value.to_owned()));
        }
    };
    ledger.leave(node, reason, true);
    Err(())
}
