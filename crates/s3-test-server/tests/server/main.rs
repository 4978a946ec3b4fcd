//! Tests of the server program: signatures, credentials, and the operations.

#![forbid(unsafe_code)]

mod arguments;
mod client;
mod copies;
mod credentials;
mod operations;
mod process;
mod server;
mod services;
mod signatures;
mod strictness;
mod uploads;
mod v2;
mod v4;

/// The current time.
fn seconds_since_epoch() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("the clock is set")
        .as_secs()
}
