#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

// Data is passed in one direction: `head` parses the request line, `headers` the header lines,
// `uri` makes the canonical target, `v4` and `v2` the signature and its headers and arguments.
// `signer` calls them in this order and keeps their memory. No file imports one that imports it.

mod aws_chunked;
#[cfg(test)]
mod aws_signing_test_suite;
mod buffer;
mod credentials;
mod date;
mod endpoint;
mod error;
mod explanation;
mod head;
mod headers;
mod keys;
mod names;
mod params;
mod parts;
mod redirect;
mod signer;
#[cfg(feature = "stages")]
#[doc(hidden)]
pub mod stages;
mod uri;
mod v2;
mod v4;
#[cfg(test)]
mod vectors;

pub use aws_chunked::AwsChunked;
pub use credentials::{Credentials, InvalidValue, Region, Service};
pub use error::SignError;
pub use explanation::Explanation;
pub use head::RequestHead;
pub use headers::Body;
pub use params::{Algorithm, Placement, QUERY_LIFETIME, SignatureKind, SigningParams};
pub use redirect::{remove_signature, remove_signature_of_refresh};
pub use signer::{SignedHead, Signer};
