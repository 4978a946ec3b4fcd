//! Before a request is worked on: is its method one that may be signed?
//!
//! A check for main requests in the access phase, where a refusal costs nothing and can say which
//! methods are allowed. What is signed is checked again when it is stamped, so subrequests, which
//! nginx sends past this phase, and locations whose upstream is not known yet, lose nothing.

use ngx::{
    core::Status,
    ffi::{
        NGX_HTTP_NOT_ALLOWED, NGX_LOG_ERR, ngx_array_push, ngx_conf_t, ngx_http_handler_pt,
        ngx_http_phases_NGX_HTTP_ACCESS_PHASE, ngx_http_request_t, ngx_int_t,
    },
    http::{HttpModuleLocationConf, HttpModuleMainConf, NgxHttpCoreModule, Request},
};

use crate::{S3AuthModule, log, stamp::Refusal};

/// Adds the check to the access phase.
pub(crate) fn register(cf: &ngx_conf_t) -> Status {
    let Some(core) = NgxHttpCoreModule::main_conf_mut(cf) else { return Status::NGX_ERROR };
    let handlers = &mut core.phases[ngx_http_phases_NGX_HTTP_ACCESS_PHASE as usize].handlers;
    // SAFETY: nginx has made the array, of this type, before it calls postconfiguration.
    unsafe {
        let handler = ngx_array_push(handlers).cast::<ngx_http_handler_pt>();
        if handler.is_null() {
            return Status::NGX_ERROR;
        }
        handler.write(Some(access));
    }
    Status::NGX_OK
}

/// The handler. Never NGX_OK: with `satisfy any` that would let the request in past others.
unsafe extern "C" fn access(request: *mut ngx_http_request_t) -> ngx_int_t {
    // SAFETY: nginx passes a live request.
    let request = unsafe { Request::from_ngx_http_request(request) };
    let internal_error = Status(ngx::ffi::NGX_HTTP_INTERNAL_SERVER_ERROR as ngx_int_t);
    log::guard(request.log(), internal_error, || check(request)).into()
}

fn check(request: &mut Request) -> Status {
    let Some(location) = S3AuthModule::location_conf(request) else { return Status::NGX_DECLINED };
    let Some(main) = S3AuthModule::main_conf(request) else { return Status::NGX_DECLINED };
    let methods = location.settings.methods();
    let method = request.as_ref().method_name;
    let is_signed = location.is_signed && main.is_proxy_handler(request.as_ref().content_handler);
    if !is_signed || methods.allow(method.as_bytes()) {
        return Status::NGX_DECLINED;
    }
    let refusal = Refusal::Method(method.as_bytes().escape_ascii().to_string());
    log::write(
        NGX_LOG_ERR,
        request.log(),
        format_args!("request not signed and not sent: {refusal}"),
    );
    match request.add_header_out("Allow", &methods.to_allow_header()) {
        Some(()) => Status(NGX_HTTP_NOT_ALLOWED as ngx_int_t),
        None => Status(ngx::ffi::NGX_HTTP_INTERNAL_SERVER_ERROR as ngx_int_t),
    }
}
