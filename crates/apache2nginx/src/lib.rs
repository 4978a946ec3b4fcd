//! Converts what concerns S3 in an Apache configuration into a configuration for nginx and
//! `ngx_http_s3_auth_module`, and reports what is left.
//!
//! Data goes one way: [`lines`] and [`words`] are read into a [`tree`]; [`apache`] says what
//! sections and directives mean to a request; [`convert`] makes [`nginx`]'s blocks of it and a
//! [`report`]; [`output`] writes them.

#![forbid(unsafe_code)]

pub mod apache;
pub mod cli;
pub mod convert;
pub mod defines;
pub mod error;
pub mod include;
pub mod lines;
pub mod lookup;
pub mod macros;
pub mod nginx;
pub mod output;
pub mod place;
pub mod read;
pub mod report;
pub mod resolver;
pub mod secrets;
pub mod target;
pub mod tree;
pub mod version;
pub mod words;
