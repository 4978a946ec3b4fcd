//! Signs a request head again when it is created again.
//!
//! nginx creates a head once and sends the same bytes to the next upstream. Another module may call
//! `create_request` again, as `balancer.recreate_request` of Lua does, but without `proxy_bind`, so
//! without the hook: the head would be sent unsigned. So the `create_request` of a stamped request
//! is replaced by a function that calls the original and stamps.

use std::ptr;

use ngx::{
    core::Status,
    ffi::{NGX_HTTP_INTERNAL_SERVER_ERROR, ngx_http_request_t, ngx_http_upstream_t, ngx_int_t},
    http::Request,
};

use super::{
    context::{CreateRequest, Stamped},
    hook,
    stamp::stamp,
};
use crate::{
    conf::blocks::BlockConf,
    nginx::{bits, log},
    refusal::Refusal,
};

impl hook::Location for BlockConf {
    /// Stamps the request, and again when its head is created again.
    fn request_created(&self, request: &mut Request) -> Result<(), Refusal> {
        let current = upstream(request).create_request.ok_or(Refusal::Internal)?;
        let original = if ptr::fn_addr_eq(current, create_request as CreateRequest) {
            Stamped::of(request).ok_or(Refusal::NoContext)?.create_request
        } else {
            current
        };
        stamp(request, self, original)?;
        if Stamped::of(request).is_some() {
            upstream(request).create_request = Some(create_request);
        }
        Ok(())
    }
}

/// Replaces the proxy module's function. The caller may ignore an error.
unsafe extern "C" fn create_request(r: *mut ngx_http_request_t) -> ngx_int_t {
    // SAFETY: the caller passes a live request.
    let request = unsafe { Request::from_ngx_http_request(r) };
    let log = request.log();
    let is_good = log::guard(log, false, || {
        write_again(request).inspect_err(|refusal| refusal.write(log)).is_ok()
    });
    if is_good {
        return Status::NGX_OK.into();
    }
    end(upstream(request));
    Status::NGX_ERROR.into()
}

fn write_again(request: &mut Request) -> Result<(), Refusal> {
    let stamped = *Stamped::of(request).ok_or(Refusal::NoContext)?;
    // SAFETY: the function that the proxy module has set for this request.
    let result = unsafe { (stamped.create_request)(request.as_mut()) };
    if Status(result) != Status::NGX_OK {
        return Err(Refusal::NotCreated);
    }
    // SAFETY: the location's configuration outlives the request.
    stamp(request, unsafe { &*stamped.location }, stamped.create_request)
}

/// Refuses a request that is not signed again. With a connection, nginx calls `reinit_request` for
/// a request that is marked as sent, and responds with 500 if that fails
/// (`ngx_http_upstream_connect`). Without one, it may only try another peer.
fn end(upstream: &mut ngx_http_upstream_t) {
    upstream.create_request = Some(refuse);
    upstream.reinit_request = Some(refuse);
    upstream.request_bufs = ptr::null_mut();
    bits::set_request_sent(upstream);
}

/// The status, since nginx ends a request for which it has a stale response with what
/// `reinit_request` returns (`ngx_http_upstream_next`).
unsafe extern "C" fn refuse(_: *mut ngx_http_request_t) -> ngx_int_t {
    NGX_HTTP_INTERNAL_SERVER_ERROR as ngx_int_t
}

fn upstream(request: &mut Request) -> &mut ngx_http_upstream_t {
    // SAFETY: a request whose head is written has an upstream, to which no other reference is
    // alive.
    unsafe { &mut *request.as_mut().upstream }
}
