//! Before a request is worked on: is its method one that may be signed?
//!
//! A check for main requests in the access phase, where a refusal costs nothing and can say which
//! methods are allowed. What is signed is checked again when it is stamped, so subrequests, which
//! nginx sends past this phase, and locations whose upstream is not known yet, lose nothing.

use std::{mem, ptr::NonNull};

use ngx::{
    core::Status,
    ffi::{
        NGX_HTTP_INTERNAL_SERVER_ERROR, NGX_HTTP_NOT_ALLOWED, ngx_array_push, ngx_conf_t,
        ngx_http_handler_pt, ngx_http_phases_NGX_HTTP_ACCESS_PHASE, ngx_http_request_t, ngx_int_t,
        ngx_list_push, ngx_table_elt_t,
    },
    http::{HttpModuleLocationConf, HttpModuleMainConf, NgxHttpCoreModule, Request},
    ngx_string,
};

use crate::{S3AuthModule, log, methods::Methods, pool, stamp::Refusal};

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
    let internal_error = Status(NGX_HTTP_INTERNAL_SERVER_ERROR as ngx_int_t);
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
    Refusal::Method(method.as_bytes().escape_ascii().to_string()).write(request.log());
    match add_allow(request, methods) {
        Some(()) => Status(NGX_HTTP_NOT_ALLOWED as ngx_int_t),
        None => Status(NGX_HTTP_INTERNAL_SERVER_ERROR as ngx_int_t),
    }
}

/// Adds an `Allow` header to the answer. `None`: nginx ran out of memory. Not by `add_header_out` of
/// ngx-rust, which then leaves half a header in the list.
fn add_allow(request: &mut Request, methods: Methods) -> Option<()> {
    let request = request.as_mut();
    // SAFETY: the pool of a live request.
    let value = unsafe { pool::copy(request.pool, &[methods.to_allow_header().as_bytes()]) }?;
    // SAFETY: all-zero is how nginx begins this structure, of which newer versions have more.
    let mut header: ngx_table_elt_t = unsafe { mem::zeroed() };
    header.hash = 1;
    header.key = ngx_string!("Allow");
    header.value = value;
    header.lowcase_key = c"allow".as_ptr().cast_mut().cast();
    // SAFETY: the headers of a live request, a list of such elements.
    let element = unsafe { ngx_list_push(&mut request.headers_out.headers) };
    // SAFETY: NULL, or a new element that is still to be written.
    unsafe { NonNull::new(element.cast::<ngx_table_elt_t>())?.write(header) };
    Some(())
}
