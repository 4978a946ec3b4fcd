//! The header filter: adds `Allow` to a 405, removes signatures from redirects, replaces a 101.

use std::{
    ffi::c_void,
    mem,
    ptr::{self, NonNull},
};

use ngx::{
    core::Status,
    ffi::{
        NGX_HTTP_NOT_ALLOWED, ngx_http_output_header_filter_pt, ngx_http_request_t,
        ngx_http_top_header_filter, ngx_http_upstream_t, ngx_int_t, ngx_list_push,
        ngx_pool_cleanup_add, ngx_str_t, ngx_table_elt_t,
    },
    http::Request,
    ngx_string,
};

use s3_signer::{remove_signature, remove_signature_of_refresh};

use super::{hook, upgrade, upstream};
use crate::{
    conf::{blocks::BlockConf, methods::Methods},
    nginx::{list, log, pool},
};

/// The header filter that nginx calls after this module's.
static mut NEXT: ngx_http_output_header_filter_pt = None;

/// Adds the header filter before those of the modules that are initialized already.
pub(crate) fn register() {
    // SAFETY: nginx reads its configuration in one thread, and the process serves no request while
    // it sets the filters.
    unsafe {
        NEXT = ngx_http_top_header_filter;
        ngx_http_top_header_filter = Some(header_filter);
    }
}

unsafe extern "C" fn header_filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    // SAFETY: nginx passes a live request.
    let request = unsafe { Request::from_ngx_http_request(r) };
    let checked = log::guard(request.log(), Err(Status::NGX_ERROR), || {
        upgrade::check(request)?;
        add_allow(request).and_then(|()| remove_signatures(request)).ok_or(Status::NGX_ERROR)
    });
    // SAFETY: as in `register`.
    match (checked, unsafe { NEXT }) {
        // SAFETY: the request that nginx has passed.
        (Ok(()), Some(next)) => unsafe { next(r) },
        (Err(status), _) => status.into(),
        (Ok(()), None) => Status::NGX_ERROR.into(),
    }
}

/// The `Allow` header of a 405 of this module.
#[derive(Clone, Copy)]
struct Allowed {
    value: ngx_str_t,
    /// The upstream of a location before an internal redirect, or NULL. Another one after that
    /// sends a 405 of its own.
    upstream: *const ngx_http_upstream_t,
}

/// Sets the value of the `Allow` header, in case the response is still a 405 after `error_page`. It
/// is an entry of the pool: internal redirects clear the context. `None`: nginx has no memory.
pub(crate) fn set_allowed(request: &Request, methods: Methods) -> Option<()> {
    let pool = request.as_ref().pool;
    // SAFETY: the pool of a live request.
    let value = unsafe { pool::copy(pool, &[methods.to_allow_header().as_bytes()]) }?;
    // SAFETY: as above.
    let cleanup = unsafe { ngx_pool_cleanup_add(pool, size_of::<Allowed>()) };
    // SAFETY: NULL, or a new entry, to which there is no other reference, with memory of this size.
    unsafe {
        let cleanup = cleanup.as_mut()?;
        cleanup
            .data
            .cast::<Allowed>()
            .write(Allowed { value, upstream: request.as_ref().upstream });
        cleanup.handler = Some(allowed);
    }
    Some(())
}

/// Marks the entry of `set_allowed`. There is nothing to clean.
unsafe extern "C" fn allowed(_: *mut c_void) {}

/// The last value that is set.
fn get_allowed(request: &Request) -> Option<Allowed> {
    let mark: unsafe extern "C" fn(*mut c_void) = allowed;
    // SAFETY: the entries of a live pool, the latest first; the last one's `next` is NULL.
    let mut entry = unsafe { (*request.as_ref().pool).cleanup.as_ref() };
    while let Some(cleanup) = entry {
        if cleanup.handler.is_some_and(|handler| ptr::fn_addr_eq(handler, mark)) {
            // SAFETY: what `set_allowed` has written.
            return Some(unsafe { *cleanup.data.cast::<Allowed>() });
        }
        // SAFETY: as above.
        entry = unsafe { cleanup.next.as_ref() };
    }
    None
}

/// Adds an `Allow` header to a 405 that is not an upstream's. `None`: nginx has no memory; then
/// `add_header_out` of ngx-rust would leave an incomplete header in the list.
fn add_allow(request: &mut Request) -> Option<()> {
    let r = request.as_ref();
    if r.headers_out.status != NGX_HTTP_NOT_ALLOWED as usize {
        return Some(());
    }
    let Some(allowed) = get_allowed(request) else { return Some(()) };
    if !ptr::eq(allowed.upstream, r.upstream) {
        return Some(());
    }
    // SAFETY: all-zero is how nginx begins this structure, of which newer versions have more.
    let mut header: ngx_table_elt_t = unsafe { mem::zeroed() };
    header.hash = 1;
    header.key = ngx_string!("Allow");
    header.value = allowed.value;
    header.lowcase_key = c"allow".as_ptr().cast_mut().cast();
    // SAFETY: the headers of a live request, a list of such elements.
    let element = unsafe { ngx_list_push(&mut request.as_mut().headers_out.headers) };
    // SAFETY: NULL, or a new element that is still to be written.
    unsafe { NonNull::new(element.cast::<ngx_table_elt_t>())?.write(header) };
    Some(())
}

/// Removes signatures from the URLs that an upstream or the cache sent, if requests of the location
/// to this upstream may be signed: S3's redirects repeat the target. `None`: nginx has no memory.
fn remove_signatures(request: &mut Request) -> Option<()> {
    // SAFETY: NULL, or an upstream of this request, maybe of a location before an internal
    // redirect.
    let Some(upstream) = (unsafe { request.as_ref().upstream.as_ref() }) else { return Some(()) };
    // SAFETY: NULL until nginx has chosen it, or a configuration that outlives the request.
    let location = unsafe { upstream.conf.as_ref() }.and_then(hook::location::<BlockConf>);
    let Some(location) = location else { return Some(()) };
    if upstream::effective(request, upstream, location).keys.is_none() {
        return Some(());
    }
    let r = request.as_mut();
    let received = NonNull::from(&upstream.headers_in.headers);
    // nginx copies an upstream's header with the pointer to its name, also where `proxy_redirect`
    // writes another value. A header that `return`, `rewrite` or an error page makes has its own.
    let is_received = |name: &ngx_str_t| {
        // SAFETY: a list of headers that lives as long as the request, or all-zero.
        unsafe { list::headers(received) }
            // SAFETY: an element of the list.
            .any(|header| unsafe { header.as_ref() }.key.data == name.data)
    };
    // SAFETY: the headers of a live request.
    for mut header in unsafe { list::headers(NonNull::from(&mut r.headers_out.headers)) } {
        // SAFETY: as above; there is no other reference to a header of the response.
        let header = unsafe { header.as_mut() };
        let is = |name: &[u8]| header.key.as_bytes().eq_ignore_ascii_case(name);
        let value = header.value.as_bytes();
        let value = if is(b"Location") || is(b"Content-Location") {
            remove_signature(value)
        } else if is(b"Refresh") {
            remove_signature_of_refresh(value)
        } else {
            None
        };
        if let Some(value) = value
            && header.hash != 0
            && is_received(&header.key)
        {
            // SAFETY: the pool of a live request.
            header.value = unsafe { pool::copy(r.pool, &[&value]) }?;
        }
    }
    Some(())
}
