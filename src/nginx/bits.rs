//! Bit fields of nginx's structures, which structures.c reads and writes: bindgen misplaces some of
//! them from nginx 1.29.3 on. `ci/test` fails where the module uses one by bindgen's functions.

use ngx::ffi::{
    ngx_buf_t, ngx_http_core_loc_conf_t, ngx_http_request_t, ngx_http_upstream_t,
    ngx_http_variable_value_t, ngx_str_t, ngx_uint_t, off_t,
};

unsafe extern "C" {
    fn ngx_http_s3_auth_request_body_no_buffering(r: *const ngx_http_request_t) -> ngx_uint_t;
    fn ngx_http_s3_auth_reading_body(r: *const ngx_http_request_t) -> ngx_uint_t;
    fn ngx_http_s3_auth_chunked(r: *const ngx_http_request_t) -> ngx_uint_t;
    fn ngx_http_s3_auth_set_expect_tested(r: *mut ngx_http_request_t);
    fn ngx_http_s3_auth_clear_keepalive(r: *mut ngx_http_request_t);
    fn ngx_http_s3_auth_noname(clcf: *const ngx_http_core_loc_conf_t) -> ngx_uint_t;
    fn ngx_http_s3_auth_buf_size(b: *const ngx_buf_t) -> off_t;
    fn ngx_http_s3_auth_set_request_sent(u: *mut ngx_http_upstream_t);
    fn ngx_http_s3_auth_set_variable(v: *mut ngx_http_variable_value_t, text: ngx_str_t);
    fn ngx_http_s3_auth_set_not_found(v: *mut ngx_http_variable_value_t);
}

/// Whether the body is sent while it is received (`proxy_request_buffering off`).
pub(crate) fn request_body_no_buffering(request: &ngx_http_request_t) -> bool {
    // SAFETY: the function reads the structure.
    unsafe { ngx_http_s3_auth_request_body_no_buffering(request) != 0 }
}

/// Whether part of the body is still to be received.
pub(crate) fn reading_body(request: &ngx_http_request_t) -> bool {
    // SAFETY: as above.
    unsafe { ngx_http_s3_auth_reading_body(request) != 0 }
}

/// Whether the client sends the body with `Transfer-Encoding: chunked`.
pub(crate) fn chunked(request: &ngx_http_request_t) -> bool {
    // SAFETY: as above.
    unsafe { ngx_http_s3_auth_chunked(request) != 0 }
}

/// Disables `100 Continue`.
pub(crate) fn set_expect_tested(request: &mut ngx_http_request_t) {
    // SAFETY: the function writes the structure.
    unsafe { ngx_http_s3_auth_set_expect_tested(request) }
}

/// Closes the client's connection after the response.
pub(crate) fn clear_keepalive(request: &mut ngx_http_request_t) {
    // SAFETY: the function writes the structure.
    unsafe { ngx_http_s3_auth_clear_keepalive(request) }
}

/// Whether the location is an `if` or a `limit_except` block.
pub(crate) fn noname(location: &ngx_http_core_loc_conf_t) -> bool {
    // SAFETY: as above.
    unsafe { ngx_http_s3_auth_noname(location) != 0 }
}

/// How many bytes the buffer holds, in memory or in a file.
pub(crate) fn buf_size(buffer: &ngx_buf_t) -> off_t {
    // SAFETY: as above.
    unsafe { ngx_http_s3_auth_buf_size(buffer) }
}

/// Marks the request as sent.
pub(crate) fn set_request_sent(upstream: &mut ngx_http_upstream_t) {
    // SAFETY: the function writes the structure.
    unsafe { ngx_http_s3_auth_set_request_sent(upstream) }
}

/// Gives a variable the value `text`, which lives as long as the request.
pub(crate) fn set_variable(value: &mut ngx_http_variable_value_t, text: ngx_str_t) {
    // SAFETY: the function writes the structure.
    unsafe { ngx_http_s3_auth_set_variable(value, text) }
}

/// Leaves a variable without a value.
pub(crate) fn set_not_found(value: &mut ngx_http_variable_value_t) {
    // SAFETY: as above.
    unsafe { ngx_http_s3_auth_set_not_found(value) }
}
