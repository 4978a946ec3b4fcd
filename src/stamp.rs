//! The signature goes into the request: what the proxy module wrote is read, signed, and replaced.

use std::{
    borrow::Cow,
    ptr::{self, NonNull},
    slice,
};

use ngx::{
    core::NgxStr,
    ffi::{NGX_LOG_ERR, ngx_buf_t, ngx_http_upstream_t, ngx_log_t, ngx_str_t, ngx_time},
    http::{HttpModule, HttpModuleMainConf, Request},
};
use s3_signer::{
    Algorithm, Body, Explanation, InvalidValue, Region, RequestHead, Service, SignError,
    SignatureKind, SigningParams,
};

use crate::{
    S3AuthModule, bits,
    conf::{BlockConf, upstream_settings},
    credentials::{self, Source},
    log, pool,
    rewrite::CreateRequest,
    settings::Effective,
    upgrade, upstream,
    value::{self, Value},
};

/// Why a request is not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The method is not one that may be signed.
    #[error("\"s3_methods\" does not allow method \"{0}\"")]
    Method(String),
    /// nginx could not evaluate the variables of a directive.
    #[error("\"{directive}\" could not be evaluated")]
    NotEvaluated { directive: &'static str },
    /// The variables of a directive gave a value that cannot be used.
    #[error("\"{directive}\" evaluated to {}", describe(.error))]
    Value { directive: &'static str, error: InvalidValue },
    /// The head cannot be signed.
    #[error("{0}{remedy}", remedy = remedy(.0))]
    Sign(#[from] SignError),
    /// The body is not the one that the head announces. S3 would take what is too much for another
    /// request, or what comes next for the rest of this one.
    #[error("the body is not as long as the request head says")]
    OtherBody,
    /// The proxy module could not write the head again.
    #[error("the request head could not be written again")]
    NotCreated,
    /// The head was written again for a request that has lost its context.
    #[error("the request head was written again after an internal redirect")]
    NoContext,
    /// nginx ran out of memory.
    #[error("no memory")]
    NoMemory,
    /// A bug; the log has said so.
    #[error("internal error")]
    Internal,
}

impl Refusal {
    /// Tells the operator.
    pub fn write(&self, log: *mut ngx_log_t) {
        log::write(NGX_LOG_ERR, log, format_args!("request not signed and not sent: {self}"));
    }
}

/// The end of the message of an error that a directive avoids.
fn remedy(error: &SignError) -> &'static str {
    match error {
        SignError::NotHttp1 => ", use \"proxy_http_version 1.1\"",
        _ => "",
    }
}

fn describe(error: &InvalidValue) -> String {
    match error {
        InvalidValue::Empty => "an empty value".into(),
        _ => format!("a value with {error}"),
    }
}

/// The context of a request: what is kept of a stamp, in the request's pool.
#[derive(Clone, Copy)]
pub(crate) struct Stamped {
    /// The location's configuration of this module.
    pub location: *const BlockConf,
    /// The function of the proxy module that writes the head.
    pub create_request: CreateRequest,
    /// The head, in the request's pool too.
    head: *const u8,
    /// `None`: variables of the access key evaluated to `off`.
    pub signature: Option<Signature>,
}

/// A signature that was sent.
#[derive(Clone, Copy)]
pub(crate) struct Signature {
    pub kind: SignatureKind,
    pub access_key_id: ngx_str_t,
}

impl Stamped {
    /// The context of a request that has been stamped.
    pub fn of(request: &Request) -> Option<&Self> {
        request.get_module_ctx(S3AuthModule::module())
    }
}

/// Signs the request that is about to be sent, unless its settings say that it goes unsigned.
/// `create_request` is the proxy module's function that has written its head.
pub(crate) fn stamp(
    request: &mut Request,
    location: &BlockConf,
    create_request: CreateRequest,
) -> Result<(), Refusal> {
    // SAFETY: the hook runs for a request that is being proxied.
    let upstream = unsafe { &*request.as_ref().upstream };
    let main = S3AuthModule::main_conf(request).ok_or(Refusal::Internal)?;

    let block = upstream::block(request, upstream);
    let effective = Effective::new(&location.settings, block.and_then(upstream_settings));
    let Some(credentials) = effective.credentials else {
        upstream::warn_of_port(request, upstream);
        return Ok(());
    };

    // SAFETY: the proxy module has just made the first buffer, and nothing else uses it yet.
    let buffer = unsafe { &mut *(*upstream.request_bufs).buf };
    if is_stamped(request, buffer) {
        return Ok(());
    }
    // A refused request has no signature.
    request.set_module_ctx(ptr::null_mut(), S3AuthModule::module());
    let stamped = Stamped { location, create_request, head: buffer.start, signature: None };
    // SAFETY: the bytes between the two are the buffer's content.
    let wire =
        unsafe { slice::from_raw_parts(buffer.pos, buffer.last.offset_from_unsigned(buffer.pos)) };

    let head = RequestHead::parse(wire)?;
    if !location.settings.methods().allow(head.method()) {
        return Err(Refusal::Method(head.method().escape_ascii().to_string()));
    }

    let evaluated_credentials;
    let credentials = match &credentials.source {
        Source::Off => return remember(request, stamped),
        Source::Static(credentials) => credentials,
        Source::Variables { access_key, secret_key, security_token } => {
            match credentials::evaluate(request, access_key, secret_key, security_token.as_ref())? {
                None => return remember(request, stamped),
                Some(credentials) => evaluated_credentials = credentials,
            }
            &evaluated_credentials
        }
    };
    let region = scope_name(request, "s3_region", effective.region, Region::new)?;
    let service = scope_name(request, "s3_service", effective.service, Service::new)?;
    let params = SigningParams {
        credentials,
        algorithm: match &region {
            Some(region) => Algorithm::V4 { region, service: service.as_deref() },
            None => Algorithm::V2 { bucket_in_host: effective.bucket_in_host },
        },
        placement: effective.placement,
    };
    let mut signer = main.signer.borrow_mut();
    // nginx's cached time: no system call.
    let signed = signer.sign(&head, &params, ngx_time())?;
    if signed.body != following_body(request, upstream, wire.len() - signed.replaces) {
        return Err(Refusal::OtherBody);
    }
    replace(request, buffer, &[signed.head, &wire[signed.replaces..]])?;
    let access_key_id = copy(request, &[params.credentials.access_key_id().as_bytes()])?;
    let signature = Signature { kind: params.kind(), access_key_id };
    remember(request, Stamped { head: buffer.start, signature: Some(signature), ..stamped })?;
    upgrade::withdraw(request);
    if log::is_debug(request.log()) {
        explain(request, &signed.explain());
    }
    Ok(())
}

/// Whether the buffer holds a head that is signed already. nginx may evaluate `proxy_bind` more than
/// once for a request; a head that it writes anew is in another place.
fn is_stamped(request: &Request, buffer: &ngx_buf_t) -> bool {
    Stamped::of(request).is_some_and(|stamped| ptr::eq(stamped.head, buffer.start))
}

/// The body that nginx will send; `begun` bytes of it follow the head in its buffer.
fn following_body(request: &Request, upstream: &ngx_http_upstream_t, begun: usize) -> Body {
    let r = request.as_ref();
    if bits::request_body_no_buffering(r) {
        // nginx reads and sends the rest as the client announced it (ngx_http_proxy_create_request).
        return match r.headers_in.content_length_n {
            _ if bits::chunked(r) && bits::reading_body(r) => Body::Chunked,
            length => Body::of(usize::try_from(length).unwrap_or(0)),
        };
    }
    let mut length = begun;
    // SAFETY: the chain of buffers that the proxy module has just made, the head's first.
    let mut link = unsafe { (*upstream.request_bufs).next };
    // SAFETY: as above; the last link's `next` is NULL.
    while let Some(next) = unsafe { link.as_ref() } {
        // SAFETY: every link has a buffer.
        let size = bits::buf_size(unsafe { &*next.buf });
        length += usize::try_from(size).unwrap_or(0);
        link = next.next;
    }
    Body::of(length)
}

/// Puts `parts` in the place of what the buffer holds.
fn replace(request: &Request, buffer: &mut ngx_buf_t, parts: &[&[u8]]) -> Result<(), Refusal> {
    let bytes = copy(request, parts)?;
    // A retry sends from `start` again. The flags stay: `flush`, if this is the last buffer.
    buffer.start = bytes.data;
    buffer.pos = bytes.data;
    // SAFETY: one past the end of the allocation.
    buffer.last = unsafe { bytes.data.add(bytes.len) };
    buffer.end = buffer.last;
    Ok(())
}

/// Keeps what the variables and another stamp need.
fn remember(request: &Request, stamped: Stamped) -> Result<(), Refusal> {
    // SAFETY: the pool of a live request.
    let context: NonNull<Stamped> =
        unsafe { pool::alloc(request.as_ref().pool) }.ok_or(Refusal::NoMemory)?;
    // SAFETY: allocated for this type just now.
    unsafe { context.write(stamped) };
    request.set_module_ctx(context.as_ptr().cast(), S3AuthModule::module());
    Ok(())
}

/// Shows what was signed, for a comparison with the answer to a `SignatureDoesNotMatch`.
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

/// A part of the credential scope: a constant, or what `new` makes of the value of variables.
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
