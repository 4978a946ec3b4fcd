//! A small S3 server for tests and demonstrations.
//!
//! Objects are held in memory and read from a JSON file at the start. Every
//! request must carry a valid signature (version 2 or 4, in headers or in the
//! query); the signatures are verified by [`s3s`], with the strictness of
//! Amazon S3 added where [`s3s`] is more lenient (see [`gate`]), and by
//! [`signature`] where [`s3s`] does not know them.

#![forbid(unsafe_code)]

mod access;
mod arguments;
mod aws_chunked;
mod connections;
mod copy;
mod credentials;
mod gate;
mod hexadecimal;
mod host;
mod listing;
mod output;
mod payload;
mod preconditions;
mod query;
mod range;
mod refusal;
mod s3;
mod service;
mod signature;
mod store;
mod tokens;
mod v2;
mod v4;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::credentials::Credentials;
use crate::service::Service;
use crate::store::Store;

/// An in-memory S3 server that verifies every signature.
#[derive(Parser)]
struct Arguments {
    /// Address to listen on; port 0 lets the system choose one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// JSON file with the objects: {"bucket": {"key": "content"}}.
    #[arg(long)]
    objects: PathBuf,

    /// JSON file with the list of the accepted credentials.
    #[arg(long)]
    credentials: PathBuf,

    /// Base domain (without a port) of virtual-hosted-style requests.
    #[arg(long)]
    domain: Vec<String>,

    /// The only region accepted in the credential scope of Signature V4.
    #[arg(long)]
    region: Option<String>,

    /// Print the headers of each request, one a line and indented, after its line.
    #[arg(long)]
    print_headers: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let store = Store::new(read_json(&arguments.objects)?)?;
    let credentials = Arc::new(Credentials::new(read_json(&arguments.credentials)?));
    let service = Service::new(store, credentials, arguments.region, &arguments.domain)?
        .print_headers(arguments.print_headers);

    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(serve(arguments.listen, service))
}

/// Reads a JSON file.
fn read_json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text =
        std::fs::read(path).with_context(|| format!("cannot read \"{}\"", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("invalid JSON in \"{}\"", path.display()))
}

/// Serves until the process is asked to end.
async fn serve(listen: SocketAddr, service: Service) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;

    let listener =
        TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    output::print_line(&format!("listening on {address}"));

    tokio::select! {
        () = connections::accept(listener, service) => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
