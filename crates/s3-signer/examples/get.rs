//! Gets an object: signs a GET with Signature V4, sends it and prints the response.
//!
//! ```sh
//! cargo run --example get HOST:PORT PATH
//! ```
//!
//! Credentials are read from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`,
//! the region from `AWS_REGION` (`us-east-1`). The connection is not encrypted.

use std::{
    env,
    error::Error,
    io::{self, Write},
    net::TcpStream,
    time::{SystemTime, UNIX_EPOCH},
};

use s3_signer::{Algorithm, Credentials, Placement, Region, RequestHead, Signer, SigningParams};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [address, path] = arguments.as_slice() else {
        return Err("usage: get HOST:PORT PATH".into());
    };

    let token = env::var("AWS_SESSION_TOKEN").ok();
    let credentials = Credentials::new(
        &variable("AWS_ACCESS_KEY_ID")?,
        &variable("AWS_SECRET_ACCESS_KEY")?,
        token.as_deref(),
    )?;
    let region = Region::new(&env::var("AWS_REGION").unwrap_or_else(|_| "us-east-1".into()))?;
    let params = SigningParams {
        credentials: &credentials,
        algorithm: Algorithm::V4 { region: &region, service: None },
        placement: Placement::Headers,
    };

    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let mut signer = Signer::new();
    let signed =
        signer.sign(&RequestHead::parse(head.as_bytes())?, &params, i64::try_from(now)?)?;

    let mut connection = TcpStream::connect(address)?;
    connection.write_all(signed.head)?;
    io::copy(&mut connection, &mut io::stdout())?;
    Ok(())
}

/// The value of a variable of the environment.
fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}
