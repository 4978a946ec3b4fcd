//! The TCP connections.

use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::service::Service;

/// Accepts connections, counted from 1, and serves HTTP/1 on each.
pub async fn accept(listener: TcpListener, service: Service) {
    let mut connection: u64 = 0;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: give others time to close.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        connection += 1;
        // Small responses must not wait for an acknowledgement.
        let _ = stream.set_nodelay(true);

        let service = service.clone();
        tokio::spawn(async move {
            let answer = service_fn(|request| service.answer(connection, request));
            // The peer closed or broke the connection: nothing to do about it.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}
