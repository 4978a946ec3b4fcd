//! The context of a request: what is kept of its signature.

use std::ptr::{self, NonNull};

use ngx::{
    ffi::{ngx_buf_t, ngx_http_request_t, ngx_int_t, ngx_str_t},
    http::{HttpModule, Request},
};
use s3_signer::SignatureKind;

use crate::{
    conf::blocks::{BlockConf, S3AuthModule},
    nginx::pool,
    refusal::Refusal,
};

/// The type of `create_request` of `ngx_http_upstream_t`.
pub(crate) type CreateRequest = unsafe extern "C" fn(*mut ngx_http_request_t) -> ngx_int_t;

/// The context of a stamped request, in the request's pool.
#[derive(Clone, Copy)]
pub(crate) struct Stamped {
    /// The location's configuration of this module.
    pub location: *const BlockConf,
    /// The function of the proxy module that creates the request head.
    pub create_request: CreateRequest,
    /// The head, in the request's pool, too.
    pub head: *const u8,
    /// `None`: variables of the access key evaluate to `off`.
    pub signature: Option<Signature>,
}

/// A signature that is sent.
#[derive(Clone, Copy)]
pub(crate) struct Signature {
    pub kind: SignatureKind,
    pub access_key_id: ngx_str_t,
}

impl Stamped {
    /// The context of a request that is stamped.
    pub fn of(request: &Request) -> Option<&Self> {
        request.get_module_ctx(S3AuthModule::module())
    }

    /// Sets the context.
    pub fn set(self, request: &Request) -> Result<(), Refusal> {
        // SAFETY: the pool of a live request.
        let context: NonNull<Self> =
            unsafe { pool::alloc(request.as_ref().pool) }.ok_or(Refusal::NoMemory)?;
        // SAFETY: a new allocation of this type.
        unsafe { context.write(self) };
        request.set_module_ctx(context.as_ptr().cast(), S3AuthModule::module());
        Ok(())
    }

    /// Clears the context.
    pub fn clear(request: &Request) {
        request.set_module_ctx(ptr::null_mut(), S3AuthModule::module());
    }

    /// Whether the buffer has the head that is stamped. nginx may evaluate `proxy_bind` more than
    /// once for a request; a head that it creates again has other memory.
    pub fn is_in(request: &Request, buffer: &ngx_buf_t) -> bool {
        Self::of(request).is_some_and(|stamped| ptr::eq(stamped.head, buffer.start))
    }
}
