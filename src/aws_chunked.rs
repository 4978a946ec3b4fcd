//! Uploads in the content coding `aws-chunked` that only the client can sign: they are answered
//! before their body is received.

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

use crate::bits;

/// The answer, in the form of S3's errors, from which SDKs read code and message.
const BODY: ngx_str_t = ngx_string!(
    r#"<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>NotImplemented</Code><Message>The proxy cannot sign a body in this form of "aws-chunked" encoding. Set AWS_REQUEST_CHECKSUM_CALCULATION=when_required in the client.</Message><Header>x-amz-content-sha256</Header></Error>
"#
);

/// Whether the request's body can be signed here, as far as the client's headers say.
///
/// # Errors
/// [`SignError::AwsChunked`].
pub(crate) fn check(request: &Request, is_v4: bool) -> Result<(), SignError> {
    let mut coding = AwsChunked::default();
    for (name, value) in request.headers_in_iterator() {
        coding.read(name.as_bytes(), value.as_bytes());
    }
    coding.is_unsigned_trailer(is_v4).map(|_| ())
}

/// Answers with 501, which clients do not retry; by the operator's `error_page`, if there is one.
/// What it returns ends the phases of the request, which may be freed by then.
pub(crate) fn answer(request: &mut Request) -> Status {
    let status = NGX_HTTP_NOT_IMPLEMENTED as ngx_int_t;
    if has_error_page(request, status) {
        return Status(status);
    }
    let r: *mut ngx_http_request_t = request.as_mut();
    // No "100 Continue", by which the client would send the body.
    bits::set_expect_tested(request.as_mut());
    let mut content_type = ngx_string!("application/xml");
    // SAFETY: all-zero is how nginx begins this structure; a value without codes is a constant.
    let mut body: ngx_http_complex_value_t = unsafe { mem::zeroed() };
    body.value = BODY;
    // SAFETY: a live request, and values that nginx copies; what they point to is static. Nothing
    // uses the request after it is finalized.
    unsafe {
        let rc = ngx_http_send_response(r, status as usize, &mut content_type, &mut body);
        ngx_http_finalize_request(r, rc);
    }
    Status::NGX_DONE
}

/// Whether `error_page` of the location is for `status`.
fn has_error_page(request: &Request, status: ngx_int_t) -> bool {
    let Some(location) = NgxHttpCoreModule::location_conf(request) else { return false };
    // SAFETY: NULL, or the array that `error_page` makes.
    let Some(pages) = (unsafe { location.error_pages.as_ref() }) else { return false };
    // SAFETY: as above; these are its elements.
    unsafe { pages.as_slice::<ngx_http_err_page_t>() }.iter().any(|page| page.status == status)
}
