//! The body that follows a request head.

use ngx::{ffi::ngx_http_upstream_t, http::Request};
use s3_signer::Body;

use crate::nginx::bits;

/// The body that nginx will send, of which the buffer of the head has `begun` bytes.
pub(crate) fn following(request: &Request, upstream: &ngx_http_upstream_t, begun: usize) -> Body {
    let r = request.as_ref();
    if bits::request_body_no_buffering(r) {
        // nginx reads and sends the rest as the client announces it
        // (ngx_http_proxy_create_request).
        return match r.headers_in.content_length_n {
            _ if bits::chunked(r) && bits::reading_body(r) => Body::Chunked,
            length => Body::of(usize::try_from(length).unwrap_or(0)),
        };
    }
    let mut length = begun;
    // SAFETY: the chain of buffers that the proxy module has just created, the head's first.
    let mut link = unsafe { (*upstream.request_bufs).next };
    // SAFETY: as above; the last link's `next` is NULL.
    while let Some(next) = unsafe { link.as_ref() } {
        // SAFETY: every link has a buffer.
        let size = bits::buf_size(unsafe { &*next.buf });
        length += usize::try_from(size).unwrap_or(0);
        link = next.next;
    }
    Body::of(length)
}
