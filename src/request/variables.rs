//! The variables `$s3_signature` and `$s3_access_key_id`, for `log_format`.

use ngx::{
    core::Status,
    ffi::{
        NGX_HTTP_VAR_NOCACHEABLE, ngx_conf_t, ngx_http_add_variable, ngx_http_get_variable_pt,
        ngx_http_request_t, ngx_http_variable_value_t, ngx_int_t, ngx_str_t, ngx_uint_t,
    },
    http::Request,
    ngx_string,
};

use super::context::{Signature, Stamped};
use crate::nginx::{bits, log};

/// Adds the variables. Their values are not cached: a request that has no signature yet may be
/// signed later.
pub(crate) fn add(cf: &mut ngx_conf_t) -> Status {
    let variables: [(ngx_str_t, ngx_http_get_variable_pt); 2] = [
        (ngx_string!("s3_signature"), Some(signature)),
        (ngx_string!("s3_access_key_id"), Some(access_key_id)),
    ];
    for (mut name, handler) in variables {
        // SAFETY: nginx copies the name; the handler is ours and lives as long as the module.
        unsafe {
            let variable =
                ngx_http_add_variable(cf, &mut name, NGX_HTTP_VAR_NOCACHEABLE as ngx_uint_t);
            if variable.is_null() {
                return Status::NGX_ERROR;
            }
            (*variable).get_handler = handler;
        }
    }
    Status::NGX_OK
}

unsafe extern "C" fn signature(
    request: *mut ngx_http_request_t,
    value: *mut ngx_http_variable_value_t,
    _: usize,
) -> ngx_int_t {
    // SAFETY: nginx passes a live request and the value to fill.
    let (request, value) = unsafe { (Request::from_ngx_http_request(request), &mut *value) };
    get(request, value, |signature| {
        let kind = signature.kind.as_str();
        ngx_str_t { len: kind.len(), data: kind.as_ptr().cast_mut() }
    })
}

unsafe extern "C" fn access_key_id(
    request: *mut ngx_http_request_t,
    value: *mut ngx_http_variable_value_t,
    _: usize,
) -> ngx_int_t {
    // SAFETY: nginx passes a live request and the value to fill.
    let (request, value) = unsafe { (Request::from_ngx_http_request(request), &mut *value) };
    get(request, value, |signature| signature.access_key_id)
}

fn get(
    request: &Request,
    value: &mut ngx_http_variable_value_t,
    of: impl FnOnce(Signature) -> ngx_str_t,
) -> ngx_int_t {
    log::guard(request.log(), Status::NGX_ERROR, || {
        match Stamped::of(request).and_then(|stamped| stamped.signature) {
            None => bits::set_not_found(value),
            Some(signature) => bits::set_variable(value, of(signature)),
        }
        Status::NGX_OK
    })
    .into()
}
