//! The hook, by which nginx calls this module for each request that it proxies.
//!
//! `ngx_http_upstream_init_request` calls `create_request`, in which the proxy module creates the
//! request head; then `ngx_http_upstream_set_local`, which evaluates the complex value of
//! `proxy_bind`; then it finds the upstream and opens a connection. A complex value is two lists of
//! codes, each of which begins with a function that nginx calls: the first list returns lengths,
//! the second writes the text. So the module sets a `proxy_bind` in the location. Its first code
//! calls [`Location::request_created`]. The codes of the operator's own `proxy_bind` follow, or, if
//! that is an address, codes for its text. It is a text because nginx 1.29.3 and later clear an
//! address that a code sets by itself when the value is empty.

use std::{
    mem::{self, offset_of},
    ptr::{self, NonNull},
};

use ngx::{
    ffi::{
        NGX_ERROR, ngx_conf_t, ngx_http_complex_value_t, ngx_http_request_t,
        ngx_http_script_engine_t, ngx_http_upstream_conf_t, ngx_http_upstream_local_t,
        ngx_http_upstream_srv_conf_t, ngx_http_upstream_t, ngx_int_t, ngx_str_t,
    },
    http::Request,
};

use crate::{
    nginx::{log, pool},
    refusal::Refusal,
};

/// A location's configuration, which signs requests.
pub(crate) trait Location {
    /// The proxy module has created the head of a request. An error refuses the request.
    fn request_created(&self, request: &mut Request) -> Result<(), Refusal>;
}

/// The hook of a location, in the pool of the configuration: the codes, and their data.
#[repr(C)]
struct Hook<L> {
    /// The first code for lengths, `ngx_http_script_len_code_pt`.
    stamp: unsafe extern "C" fn(*mut ngx_http_script_engine_t) -> usize,
    /// The codes for lengths of the operator's `proxy_bind`, or `end`.
    next: *mut u8,
    /// The code for text when the operator's `proxy_bind` has none, `ngx_http_script_code_pt`.
    write: unsafe extern "C" fn(*mut ngx_http_script_engine_t),
    /// A function that is NULL ends a list of codes.
    end: usize,
    /// The operator's `proxy_bind` when it is an address; empty otherwise.
    address: ngx_str_t,
    /// The complex value that begins with `stamp`.
    value: ngx_http_complex_value_t,
    /// What replaces the operator's `proxy_bind`.
    local: ngx_http_upstream_local_t,
    /// A configuration with an upstream that refuses all requests.
    refusing: *mut ngx_http_upstream_conf_t,
    location: *const L,
}

/// An upstream that refuses all requests: when nginx finds it, the response is 500, before any
/// connection and without a message.
static mut REFUSING: ngx_http_upstream_srv_conf_t = {
    // SAFETY: all-zero is how nginx begins this structure.
    let mut upstream: ngx_http_upstream_srv_conf_t = unsafe { mem::zeroed() };
    upstream.peer.init = Some(refuse_peer);
    upstream
};

unsafe extern "C" fn refuse_peer(
    _: *mut ngx_http_request_t,
    _: *mut ngx_http_upstream_srv_conf_t,
) -> ngx_int_t {
    NGX_ERROR as ngx_int_t
}

/// Adds a hook to `proxy`, the proxy module's configuration of the location that nginx is merging.
/// `refusing` is shared by all locations. `None`: nginx has no memory.
pub(crate) fn install<L: Location>(
    cf: &ngx_conf_t,
    refusing: &mut Option<NonNull<ngx_http_upstream_conf_t>>,
    proxy: &mut ngx_http_upstream_conf_t,
    location: &L,
) -> Option<()> {
    let refusing = match refusing {
        Some(refusing) => refusing.as_ptr(),
        None => refusing.insert(refuse_all(cf, proxy)?).as_ptr(),
    };
    // SAFETY: NULL, or what `proxy_bind` was compiled to; and what it points to in turn.
    let operators = unsafe { proxy.local.as_ref() };
    // SAFETY: as above.
    let operators_value = operators.and_then(|local| unsafe { local.value.as_ref() });
    // SAFETY: the pool of the configuration that nginx is reading, which lives as long as hooks
    // must.
    let hook: *mut Hook<L> = unsafe { pool::alloc(cf.pool) }?.as_ptr();
    // SAFETY: nginx itself begins these structures all-zero.
    let (no_value, no_local) = unsafe { (mem::zeroed(), mem::zeroed()) };
    // SAFETY: a new allocation of this type.
    unsafe {
        let mut value = operators_value.copied().unwrap_or(no_value);
        let mut local = operators.copied().unwrap_or(no_local);
        let address = local.addr.as_ref().map_or(ngx_str_t::empty(), |address| address.name);
        let mut next = value.lengths.cast();
        if value.lengths.is_null() {
            next = (&raw mut (*hook).end).cast();
            value.values = (&raw mut (*hook).write).cast();
        }
        value.lengths = (&raw mut (*hook).stamp).cast();
        local.value = &raw mut (*hook).value;
        hook.write(Hook {
            stamp: run_stamp::<L>,
            next,
            write: run_write::<L>,
            end: 0,
            address,
            value,
            local,
            refusing,
            location,
        });
        proxy.local = &raw mut (*hook).local;
    }
    Some(())
}

/// Creates the configuration that a refused request is given. nginx reads nothing of consequence in
/// it but the upstream until it responds with 500 (`ngx_http_upstream_init_request`,
/// `ngx_http_upstream_finalize_request`). It is a copy of the first location's, so that it has no
/// NULL where others have pointers.
fn refuse_all(
    cf: &ngx_conf_t,
    proxy: &ngx_http_upstream_conf_t,
) -> Option<NonNull<ngx_http_upstream_conf_t>> {
    // SAFETY: the pool of the configuration that nginx is reading, which lives as long as hooks.
    let conf: NonNull<ngx_http_upstream_conf_t> = unsafe { pool::alloc(cf.pool) }?;
    let refusing = ngx_http_upstream_conf_t { upstream: &raw mut REFUSING, ..*proxy };
    // SAFETY: a new allocation of this type.
    unsafe { conf.write(refusing) };
    Some(conf)
}

/// The location of the hook in a configuration of an upstream, if there is one.
pub(crate) fn location<L: Location>(conf: &ngx_http_upstream_conf_t) -> Option<&L> {
    // SAFETY: NULL, or what a hook or the operator's `proxy_bind` is; and what it points to in
    // turn.
    let value = unsafe { conf.local.as_ref().and_then(|local| local.value.as_ref()) }?;
    let stamp: unsafe extern "C" fn(*mut ngx_http_script_engine_t) -> usize = run_stamp::<L>;
    // SAFETY: a list of codes begins with a function.
    let is_hook = unsafe { *value.lengths.cast::<usize>() } == stamp as usize;
    // SAFETY: the function is the first member of a hook, which lives as long as the location.
    // There is one type `L`: the functions for two types could have the same address.
    is_hook.then(|| unsafe { &*(*value.lengths.cast::<Hook<L>>()).location })
}

impl<L> Hook<L> {
    /// Refuses a request: nginx finds the upstream that refuses all.
    fn refuse(&self, upstream: &mut ngx_http_upstream_t) {
        upstream.resolved = ptr::null_mut();
        upstream.conf = self.refusing;
    }
}

/// Calls the location, and returns the length of the operator's address, if there is one.
unsafe extern "C" fn run_stamp<L: Location>(engine: *mut ngx_http_script_engine_t) -> usize {
    // SAFETY: `ip` points to the first member of a hook that `install` made, which lives as long as
    // the cycle, as does the location's configuration. The request has an upstream: that is whose
    // `proxy_bind` nginx evaluates here.
    let (engine, hook, location, request) = unsafe {
        let engine = &mut *engine;
        let hook = &*engine.ip.cast::<Hook<L>>();
        let request = Request::from_ngx_http_request(engine.request);
        (engine, hook, &*hook.location, request)
    };
    engine.ip = hook.next;

    let log = request.log();
    let is_good = log::guard(log, false, || {
        location.request_created(request).inspect_err(|refusal| refusal.write(log)).is_ok()
    });
    // SAFETY: as above, and no other reference to it is alive.
    let upstream = unsafe { &mut *request.as_mut().upstream };
    if !is_good {
        hook.refuse(upstream);
    }
    hook.address.len
}

/// Writes the operator's address, if there is one.
unsafe extern "C" fn run_write<L>(engine: *mut ngx_http_script_engine_t) {
    // SAFETY: `ip` points to `write` of a hook that `install` made, and `pos` to as many bytes as
    // `run_stamp` has returned.
    unsafe {
        let engine = &mut *engine;
        let hook = &*engine.ip.sub(offset_of!(Hook<L>, write)).cast::<Hook<L>>();
        ptr::copy_nonoverlapping(hook.address.data, engine.pos, hook.address.len);
        engine.pos = engine.pos.add(hook.address.len);
        engine.ip = (&raw const hook.end).cast_mut().cast();
    }
}
