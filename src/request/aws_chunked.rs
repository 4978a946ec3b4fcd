//! Uploads in the content coding `aws-chunked` that only the client can sign. The response 501 is
//! sent before their body is received.

use std::mem;

use ngx::{
    core::Status,
    ffi::{
        NGX_HTTP_NOT_IMPLEMENTED, ngx_http_complex_value_t, ngx_http_err_page_t,
        ngx_http_finalize_request, ngx_http_request_t, ngx_http_send_response, ngx_int_t,
        ngx_str_t,
    },
    http::{HttpModuleLocationConf, NgxHttpCoreModule, Request},
    ngx_string,
};
use s3_signer::{AwsChunked, SignError};

use crate::nginx::bits;

/// The body of the response, in the format of S3's errors, which SDKs parse.
const BODY: ngx_str_t = ngx_string!(
    r#"<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>NotImplemented</Code><Message>The proxy cannot sign a body in this form of "aws-chunked" encoding. Set AWS_REQUEST_CHECKSUM_CALCULATION=when_required in the client. If the client signs its chunks, use HTTPS.</Message><Header>x-amz-content-sha256</Header></Error>
"#
);

/// Checks the client's headers: whether the body of the request, if it has one, can be signed.
///
/// # Errors
/// [`SignError::AwsChunked`].
pub(crate) fn check(request: &Request, is_v4: bool) -> Result<(), SignError> {
    if request.as_ref().headers_in.content_length_n <= 0 && !bits::chunked(request.as_ref()) {
        return Ok(());
    }
    let mut coding = AwsChunked::default();
    for (name, value) in request.headers_in_iterator() {
        coding.read(name.as_bytes(), value.as_bytes());
    }
    coding.is_unsigned_trailer(is_v4).map(|_| ())
}

/// Whether the location has an `error_page` for 501.
pub(crate) fn has_error_page(request: &Request) -> bool {
    let Some(location) = NgxHttpCoreModule::location_conf(request) else { return false };
    // SAFETY: NULL, or the array that `error_page` makes.
    let Some(pages) = (unsafe { location.error_pages.as_ref() }) else { return false };
    // SAFETY: as above; these are its elements.
    unsafe { pages.as_slice::<ngx_http_err_page_t>() }
        .iter()
        .any(|page| page.status == NGX_HTTP_NOT_IMPLEMENTED as ngx_int_t)
}

/// Responds with 501, which clients do not retry, and finalizes the request. The result ends the
/// phases of the request.
///
/// # Safety
/// `r` is a live request, to which there is no reference, since nginx may free it.
pub(crate) unsafe fn answer(r: *mut ngx_http_request_t) -> Status {
    let mut content_type = ngx_string!("application/xml");
    // SAFETY: all-zero is how nginx begins this structure; a value without codes is a constant.
    let mut body: ngx_http_complex_value_t = unsafe { mem::zeroed() };
    body.value = BODY;
    // SAFETY: by the caller; and values that nginx copies, which point to what is static.
    unsafe {
        // No "100 Continue", by which the client would send the body.
        bits::set_expect_tested(&mut *r);
        let rc = ngx_http_send_response(
            r,
            NGX_HTTP_NOT_IMPLEMENTED as usize,
            &mut content_type,
            &mut body,
        );
        ngx_http_finalize_request(r, rc);
    }
    Status::NGX_DONE
}
