//! Why a request is not sent.

use ngx::ffi::{NGX_LOG_ERR, ngx_log_t};
use s3_signer::{InvalidValue, SignError};

use crate::nginx::log;

/// Why a request is neither signed nor sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// `s3_methods` does not have the method.
    #[error("\"s3_methods\" does not allow method \"{0}\"")]
    Method(String),
    /// nginx has failed to evaluate the variables of a directive.
    #[error("\"{directive}\" could not be evaluated")]
    NotEvaluated { directive: &'static str },
    /// The variables of a directive evaluate to an invalid value.
    #[error("\"{directive}\" evaluated to {}", describe(.error))]
    Value { directive: &'static str, error: InvalidValue },
    /// The request head cannot be signed.
    #[error("{0}{remedy}", remedy = remedy(.0))]
    Sign(#[from] SignError),
    /// The body is longer or shorter than the head announces: S3 would parse the rest of it as
    /// another request, or the next request as the rest of it.
    #[error("the length of the body differs from that in the request head")]
    OtherBody,
    /// The proxy module has failed to create the head again.
    #[error("the request head could not be written again")]
    NotCreated,
    /// The head is created again, and an internal redirect has cleared the context.
    #[error("the request head was written again after an internal redirect")]
    NoContext,
    /// nginx has no memory.
    #[error("no memory")]
    NoMemory,
    /// A bug, which is logged already.
    #[error("internal error")]
    Internal,
}

impl Refusal {
    /// Logs the reason.
    pub fn write(&self, log: *mut ngx_log_t) {
        log::write(NGX_LOG_ERR, log, format_args!("request not signed and not sent: {self}"));
    }
}

/// The end of the message of an error that a directive avoids.
fn remedy(error: &SignError) -> &'static str {
    match error {
        SignError::NotHttp1 => ", use \"proxy_http_version 1.1\"",
        _ => "",
    }
}

fn describe(error: &InvalidValue) -> String {
    match error {
        InvalidValue::Empty => "an empty value".into(),
        _ => format!("a value with {error}"),
    }
}
