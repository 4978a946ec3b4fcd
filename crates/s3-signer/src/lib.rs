//! Signatures of Amazon S3 on the bytes of an HTTP/1 request head.
//!
//! The head goes in as it would be sent, and comes out as it is to be sent: the request target in
//! canonical form, what authenticated the client removed, the signature added. What is signed is
//! byte for byte what the new head says.
//!
//! ```
//! use s3_signer::{
//!     Algorithm, Credentials, Placement, Region, RequestHead, Signer, SigningParams,
//! };
//!
//! let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI", None)?;
//! let region = Region::new("us-east-1")?;
//! let params = SigningParams {
//!     credentials: &credentials,
//!     algorithm: Algorithm::V4 { region: &region, service: None },
//!     placement: Placement::Headers,
//! };
//! let head = b"GET /a%20b HTTP/1.1\r\nHost: films.s3.us-east-1.amazonaws.com\r\n\r\n";
//! let mut signer = Signer::new();
//! let signed = signer.sign(&RequestHead::parse(head)?, &params, 1_369_353_600)?;
//! assert!(signed.head.starts_with(b"GET /a%20b HTTP/1.1\r\nHost: films"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The data goes one way: `head` parses, `uri` and `headers` canonicalise, `v4` and `v2`
//! make the string to sign, `signer` keeps what outlives a request (buffers, keys, the clock's
//! text) and writes the new head. `redirect` removes a signature from what an answer repeats of the
//! target. Nothing here reads a clock, a file or the network.
//!
//! We sign and never verify, so nothing compares a signature and no comparison needs to take
//! constant time.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

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
