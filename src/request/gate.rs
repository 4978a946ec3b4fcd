//! Refuses a method or a body that cannot be signed, before the content handler.
//!
//! A handler of the precontent phase, for main requests: after the access rules, and before nginx
//! mirrors the request. nginx calls handlers of the access phase in the reverse order of their
//! modules, so there the handler would precede the rules, and an `error_page 405` would bypass
//! them. Subrequests, and locations whose upstream is not known yet, are checked when they are
//! stamped.

use std::ptr;

use ngx::{
    core::Status,
    ffi::{
        NGX_HTTP_INTERNAL_SERVER_ERROR, NGX_HTTP_NOT_ALLOWED, NGX_HTTP_NOT_IMPLEMENTED,
        ngx_array_push, ngx_conf_t, ngx_http_handler_pt, ngx_http_phases_NGX_HTTP_PRECONTENT_PHASE,
        ngx_http_request_t, ngx_int_t,
    },
    http::{HttpModuleLocationConf, HttpModuleMainConf, NgxHttpCoreModule, Request},
};

use super::{aws_chunked, response};
use crate::{
    conf::{blocks::S3AuthModule, methods::Methods},
    nginx::{bits, log},
    refusal::Refusal,
};

/// Adds the handler to the precontent phase.
pub(crate) fn register(cf: &ngx_conf_t) -> Status {
    let Some(core) = NgxHttpCoreModule::main_conf_mut(cf) else { return Status::NGX_ERROR };
    let phase = ngx_http_phases_NGX_HTTP_PRECONTENT_PHASE as usize;
    // SAFETY: nginx creates the array, of this type, before it calls postconfiguration.
    unsafe {
        let handler =
            ngx_array_push(&mut core.phases[phase].handlers).cast::<ngx_http_handler_pt>();
        if handler.is_null() {
            return Status::NGX_ERROR;
        }
        handler.write(Some(gate));
    }
    Status::NGX_OK
}

/// The handler. It never returns NGX_OK, which would skip the other handlers of the phase.
unsafe extern "C" fn gate(r: *mut ngx_http_request_t) -> ngx_int_t {
    let internal_error = Verdict::Status(NGX_HTTP_INTERNAL_SERVER_ERROR);
    let verdict = {
        // SAFETY: nginx passes a live request.
        let request = unsafe { Request::from_ngx_http_request(r) };
        log::guard(request.log(), internal_error, || check(request))
    };
    match verdict {
        Verdict::Pass => Status::NGX_DECLINED,
        Verdict::Status(status) => Status(status as ngx_int_t),
        // SAFETY: as above; the reference is no longer used.
        Verdict::NotImplemented => unsafe { aws_chunked::answer(r) },
    }
    .into()
}

/// The decision on a request.
enum Verdict {
    Pass,
    /// nginx responds with this status, or by its `error_page`.
    Status(u32),
    /// The module responds with 501.
    NotImplemented,
}

fn check(request: &mut Request) -> Verdict {
    let r = request.as_ref();
    if !ptr::eq(r.main, r) {
        return Verdict::Pass;
    }
    let Some(location) = S3AuthModule::location_conf(request) else { return Verdict::Pass };
    let Some(main) = S3AuthModule::main_conf(request) else { return Verdict::Pass };
    let methods = location.settings.methods();
    let method = r.method_name;
    // A method that S3 does not have may be one of the module that has replaced the content
    // handler.
    let is_proxied = main.is_proxy_handler(r.content_handler)
        || location.proxies_with(r.content_handler) && Methods::have(method.as_bytes());
    if !location.is_signed || !is_proxied {
        return Verdict::Pass;
    }
    if !methods.allow(method.as_bytes()) {
        Refusal::Method(method.as_bytes().escape_ascii().to_string()).write(request.log());
        close_if_expecting(request);
        return match response::set_allowed(request, methods) {
            Some(()) => Verdict::Status(NGX_HTTP_NOT_ALLOWED),
            None => Verdict::Status(NGX_HTTP_INTERNAL_SERVER_ERROR),
        };
    }
    if let Err(error) = aws_chunked::check(request, location.is_v4) {
        Refusal::Sign(error).write(request.log());
        close_if_expecting(request);
        return match aws_chunked::has_error_page(request) {
            true => Verdict::Status(NGX_HTTP_NOT_IMPLEMENTED),
            false => Verdict::NotImplemented,
        };
    }
    Verdict::Pass
}

/// Closes the connection of a client that waits for `100 Continue`. After another status it may
/// send the body or the next request (RFC 9110, section 10.1.1). nginx would discard either as the
/// body.
fn close_if_expecting(request: &mut Request) {
    if !request.as_ref().headers_in.expect.is_null() {
        bits::clear_keepalive(request.as_mut());
    }
}
