//! The sources of credentials.

mod secret;
mod source;
mod variables;

pub(crate) use secret::{Secret, secret};
pub(crate) use source::Source;
