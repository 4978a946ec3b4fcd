//! Signs a request: parses the head that the proxy module has created, and replaces it by a signed
//! one.

use std::{borrow::Cow, slice};

use ngx::{
    core::NgxStr,
    ffi::{ngx_buf_t, ngx_str_t, ngx_time},
    http::Request,
};
use s3_signer::{
    Algorithm, Explanation, InvalidValue, Region, RequestHead, Service, SigningParams,
};

use super::{
    body,
    context::{CreateRequest, Signature, Stamped},
    signer, upgrade, upstream,
};
use crate::{
    conf::blocks::BlockConf,
    nginx::{
        log, pool,
        value::{self, Value},
    },
    refusal::Refusal,
};

/// Signs the request that is about to be sent, unless its settings disable it. `create_request` is
/// the proxy module's function that has created its head.
pub(crate) fn stamp(
    request: &mut Request,
    location: &BlockConf,
    create_request: CreateRequest,
) -> Result<(), Refusal> {
    // SAFETY: the hook runs for a request that is being proxied.
    let upstream = unsafe { &*request.as_ref().upstream };
    let effective = upstream::effective(request, upstream, location);
    let Some(keys) = effective.keys else {
        upstream::warn_of_port(request, upstream);
        return Ok(());
    };

    // SAFETY: the proxy module has just created the first buffer, and there is no other reference
    // to it.
    let buffer = unsafe { &mut *(*upstream.request_bufs).buf };
    if Stamped::is_in(request, buffer) {
        return Ok(());
    }
    // A request that is refused has no signature.
    Stamped::clear(request);
    let stamped = Stamped { location, create_request, head: buffer.start, signature: None };
    // SAFETY: the bytes between the two are the buffer's content.
    let wire =
        unsafe { slice::from_raw_parts(buffer.pos, buffer.last.offset_from_unsigned(buffer.pos)) };

    let head = RequestHead::parse(wire)?;
    if !location.settings.methods().allow(head.method()) {
        return Err(Refusal::Method(head.method().escape_ascii().to_string()));
    }

    let Some(credentials) = keys.source.get(request)? else { return stamped.set(request) };
    let region = scope_name(request, "s3_region", effective.region, Region::new)?;
    let service = scope_name(request, "s3_service", effective.service, Service::new)?;
    let params = SigningParams {
        credentials: &credentials,
        algorithm: match &region {
            Some(region) => Algorithm::V4 { region, service: service.as_deref() },
            None => Algorithm::V2 { bucket_in_host: effective.bucket_in_host },
        },
        placement: effective.placement,
    };
    signer::with(|signer| {
        // nginx's cached time: no system call.
        let signed = signer.sign(&head, &params, ngx_time())?;
        if signed.body != body::following(request, upstream, wire.len() - signed.replaces) {
            return Err(Refusal::OtherBody);
        }
        replace(request, buffer, &[signed.head, &wire[signed.replaces..]])?;
        let access_key_id = copy(request, &[params.credentials.access_key_id().as_bytes()])?;
        let signature = Signature { kind: params.kind(), access_key_id };
        Stamped { head: buffer.start, signature: Some(signature), ..stamped }.set(request)?;
        if log::is_debug(request.log()) {
            explain(request, &signed.explain());
        }
        Ok(())
    })?;
    upgrade::withdraw(request);
    Ok(())
}

/// Replaces the content of the buffer by `parts`.
fn replace(request: &Request, buffer: &mut ngx_buf_t, parts: &[&[u8]]) -> Result<(), Refusal> {
    let bytes = copy(request, parts)?;
    // A retry sends from `start` again. The flags remain: `flush`, if this is the last buffer.
    buffer.start = bytes.data;
    buffer.pos = bytes.data;
    // SAFETY: one past the end of the allocation.
    buffer.last = unsafe { bytes.data.add(bytes.len) };
    buffer.end = buffer.last;
    Ok(())
}

/// Logs what is signed, for a comparison with the response `SignatureDoesNotMatch`.
fn explain(request: &Request, explanation: &Explanation) {
    if let Some(canonical_request) = &explanation.canonical_request {
        log::debug_text(request.log(), "s3 canonical request", canonical_request);
    }
    log::debug_text(request.log(), "s3 string to sign", &explanation.string_to_sign);
}

/// Copies `parts` one after the other into the pool of the request.
fn copy(request: &Request, parts: &[&[u8]]) -> Result<ngx_str_t, Refusal> {
    // SAFETY: the pool of a live request.
    unsafe { pool::copy(request.as_ref().pool, parts) }.ok_or(Refusal::NoMemory)
}

/// A part of the credential scope: a constant, or what `new` creates from the value of variables.
fn scope_name<'a, T: Clone>(
    request: &Request,
    directive: &'static str,
    value: Option<&'a Value<T>>,
    new: impl FnOnce(&str) -> Result<T, InvalidValue>,
) -> Result<Option<Cow<'a, T>>, Refusal> {
    match value {
        None => Ok(None),
        Some(Value::Constant(constant)) => Ok(Some(Cow::Borrowed(constant))),
        Some(Value::Variable(text)) => {
            let text = value::evaluate(request, text).ok_or(Refusal::NotEvaluated { directive })?;
            let name = new(&NgxStr::from_bytes(text).to_string_lossy());
            let name = name.map_err(|error| Refusal::Value { directive, error })?;
            Ok(Some(Cow::Owned(name)))
        }
    }
}
