//! A signed request opens no tunnel. What a client sends through a tunnel is not signed, but is
//! sent over the connection of a signed request.

use std::ptr;

use ngx::{
    core::Status,
    ffi::{
        NGX_HTTP_BAD_GATEWAY, NGX_HTTP_SWITCHING_PROTOCOLS, NGX_LOG_ERR, ngx_http_clean_header,
        ngx_int_t,
    },
    http::Request,
};

use super::context::Stamped;
use crate::nginx::log;

/// Withdraws the client's request for an upgrade, without which nginx opens no tunnel when the
/// upstream answers 101 (`ngx_http_proxy_process_header`). A subrequest has a copy of its own.
pub(crate) fn withdraw(request: &mut Request) {
    request.as_mut().headers_in.upgrade = ptr::null_mut();
}

/// Replaces a 101 by a 502. Otherwise nginx passes it to the client, which uses the connection as a
/// tunnel. The status of the upstream is checked, since `error_page` may change that of the
/// response.
pub(crate) fn check(request: &mut Request) -> Result<(), Status> {
    // SAFETY: NULL, or the upstream of a live request.
    let Some(upstream) = (unsafe { request.as_ref().upstream.as_mut() }) else { return Ok(()) };
    if upstream.headers_in.status_n != NGX_HTTP_SWITCHING_PROTOCOLS as usize
        || Stamped::of(request).is_none_or(|stamped| stamped.signature.is_none())
    {
        return Ok(());
    }
    let message = format_args!("upstream sent status 101 to a signed request");
    log::write(NGX_LOG_ERR, request.log(), message);
    // This filter is called for the 502, too.
    upstream.headers_in.status_n = NGX_HTTP_BAD_GATEWAY as usize;
    // SAFETY: a live request, of whose response nothing has been sent.
    unsafe { ngx_http_clean_header(request.as_mut()) };
    Err(Status(NGX_HTTP_BAD_GATEWAY as ngx_int_t))
}
