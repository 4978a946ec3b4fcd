//! `ngx_http_s3_auth_module`: nginx signs what it proxies to S3.
//!
//! | file | what it is about |
//! |---|---|
//! | `directives` | the directives: names, contexts, values |
//! | `settings` | what they set, on which level, and which level wins |
//! | `credentials`, `value`, `methods` | what they hold |
//! | `conf` | the module's part of each block, joined and merged, and the hook's place in it |
//! | `warnings` | directives without effect, and credentials with more than expected |
//! | `layout` | the structures of nginx are as the module has been compiled for |
//! | `wipe` | secrets leave the text of the configuration |
//! | `gate` | before a request is worked on: are its method and its body of those that may be signed? |
//! | `aws_chunked` | uploads that only the client can sign |
//! | `hook` | how nginx comes to call this module for each request that it proxies |
//! | `proxy` | what this module knows of the proxy module |
//! | `stamp` | the signature goes into the request |
//! | `upstream` | the upstream block of a request |
//! | `rewrite` | a request head that is written again is stamped again |
//! | `upgrade` | no tunnel is opened by a signed request |
//! | `response` | what is changed in the head of a response |
//! | `list` | nginx's lists of headers |
//! | `variables` | `$s3_signature`, `$s3_access_key_id` |
//! | `bits` | bit fields of nginx's structures |
//! | `pool`, `log` | nginx's memory; messages, and panics that stay out of nginx |
//!
//! The signatures themselves are made by the crate `s3-signer`, which knows nothing of nginx.

mod aws_chunked;
mod bits;
mod conf;
mod credentials;
mod directives;
mod gate;
mod hook;
mod layout;
mod list;
mod log;
mod methods;
mod pool;
mod proxy;
mod response;
mod rewrite;
mod settings;
mod stamp;
mod upgrade;
mod upstream;
mod value;
mod variables;
mod warnings;
mod wipe;

use std::{
    ffi::{CStr, c_char, c_ulong, c_void},
    ptr,
};

use ngx::{
    core::{NGX_CONF_ERROR, NGX_CONF_OK, Status},
    ffi::{
        NGX_HTTP_MODULE, NGX_LOG_EMERG, ngx_conf_t, ngx_http_module_t, ngx_int_t, ngx_module_t,
        ngx_pool_cleanup_add, ngx_uint_t,
    },
    http::{HttpModule, HttpModuleLocationConf, HttpModuleMainConf, HttpModuleServerConf},
};

use conf::{BlockConf, MainConf};

/// The module.
pub(crate) struct S3AuthModule;

/// The modules of the file, for `load_module`. Not by `ngx_modules!`, which makes an empty order.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, missing_docs)]
pub static mut ngx_modules: [*const ngx_module_t; 2] =
    [&raw const ngx_http_s3_auth_module, ptr::null()];

#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, missing_docs)]
pub static mut ngx_module_names: [*const c_char; 2] = [NAME.as_ptr(), ptr::null()];

/// The place among the modules: before the range body filter, so after all that are no filters, such
/// as the proxy module, and after the filters that other modules add. These are called after this
/// one, and find no signature in a redirect.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, missing_docs)]
pub static mut ngx_module_order: [*const c_char; 3] =
    [NAME.as_ptr(), c"ngx_http_range_body_filter_module".as_ptr(), ptr::null()];

const NAME: &CStr = c"ngx_http_s3_auth_module";

#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, missing_docs)]
pub static mut ngx_http_s3_auth_module: ngx_module_t = ngx_module_t {
    ctx: (&raw const MODULE_CONTEXT).cast_mut().cast(),
    commands: &raw mut directives::COMMANDS as *mut _,
    type_: NGX_HTTP_MODULE as ngx_uint_t,
    ..ngx_module_t::default()
};

static MODULE_CONTEXT: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: Some(S3AuthModule::preconfiguration),
    postconfiguration: Some(S3AuthModule::postconfiguration),
    create_main_conf: Some(create_main_conf),
    init_main_conf: Some(S3AuthModule::init_main_conf),
    create_srv_conf: Some(create_conf::<BlockConf>),
    // `upstream` blocks are not merged with the levels around them; `conf::Settings` looks there.
    merge_srv_conf: None,
    create_loc_conf: Some(create_conf::<BlockConf>),
    merge_loc_conf: Some(merge_loc_conf),
};

impl HttpModule for S3AuthModule {
    fn module() -> &'static ngx_module_t {
        let module = &raw const ngx_http_s3_auth_module;
        // SAFETY: nginx writes the indexes of a module while it loads it, before anything of ours
        // runs, and nobody writes to it afterwards.
        unsafe { &*module }
    }

    unsafe extern "C" fn preconfiguration(cf: *mut ngx_conf_t) -> ngx_int_t {
        // SAFETY: nginx passes the configuration that it is reading.
        let cf = unsafe { &mut *cf };
        log::guard(cf.log, Status::NGX_ERROR, || variables::add(cf)).into()
    }

    unsafe extern "C" fn postconfiguration(cf: *mut ngx_conf_t) -> ngx_int_t {
        // SAFETY: as above.
        let cf = unsafe { &*cf };
        log::guard(cf.log, Status::NGX_ERROR, || {
            if let Some(main) = S3AuthModule::main_conf(cf) {
                main.warnings.write(cf);
            }
            response::register();
            gate::register(cf)
        })
        .into()
    }

    unsafe extern "C" fn init_main_conf(cf: *mut ngx_conf_t, _: *mut c_void) -> *mut c_char {
        // SAFETY: as above.
        let cf = unsafe { &*cf };
        log::guard(cf.log, NGX_CONF_ERROR, || conf_result(cf, conf::init(cf)))
    }
}

// SAFETY: `create_main_conf` of the module's context makes one of this type.
unsafe impl HttpModuleMainConf for S3AuthModule {
    type MainConf = MainConf;
}

// SAFETY: `create_srv_conf` of the module's context makes one of this type.
unsafe impl HttpModuleServerConf for S3AuthModule {
    type ServerConf = BlockConf;
}

// SAFETY: `create_loc_conf` of the module's context makes one of this type.
unsafe impl HttpModuleLocationConf for S3AuthModule {
    type LocationConf = BlockConf;
}

/// Makes the module's part of the `http` block, which is the first thing that nginx asks for.
unsafe extern "C" fn create_main_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    // SAFETY: as above.
    let log = unsafe { (*cf).log };
    let is_known = log::guard(log, false, || {
        layout::check()
            .inspect_err(|difference| log::write(NGX_LOG_EMERG, log, format_args!("{difference}")))
            .is_ok()
    });
    if !is_known {
        return ptr::null_mut();
    }
    // SAFETY: what nginx has passed.
    unsafe { create_conf::<MainConf>(cf) }
}

/// Makes the module's part of a block, which lives and is dropped with the configuration. Not the
/// traits' own, which write to what they were not given when there is no memory.
unsafe extern "C" fn create_conf<T: Default>(cf: *mut ngx_conf_t) -> *mut c_void {
    // NGX_ALIGNMENT, to which a pool aligns.
    const { assert!(align_of::<T>() <= size_of::<c_ulong>()) };

    // SAFETY: as above.
    let cf = unsafe { &*cf };
    log::guard(cf.log, ptr::null_mut(), || {
        // SAFETY: the pool of the configuration that is being read.
        let cleanup = unsafe { ngx_pool_cleanup_add(cf.pool, size_of::<T>()) };
        // SAFETY: NULL, or an entry that nobody else uses yet.
        let Some(cleanup) = (unsafe { cleanup.as_mut() }) else { return ptr::null_mut() };
        // SAFETY: the entry comes with memory of this size, aligned as asserted above.
        unsafe { cleanup.data.cast::<T>().write(T::default()) };
        cleanup.handler = Some(drop_conf::<T>);
        cleanup.data
    })
}

/// The end of what `create_conf` made.
unsafe extern "C" fn drop_conf<T>(data: *mut c_void) {
    // nginx has closed the configuration's log by now, but not standard error, its error log.
    log::guard(ptr::null_mut(), (), || {
        // SAFETY: nginx calls this once, when it destroys the pool, with the data of the entry.
        unsafe { data.cast::<T>().drop_in_place() };
    });
}

/// Not the trait's own, which takes no `ngx_conf_t` to its `Merge`.
unsafe extern "C" fn merge_loc_conf(
    cf: *mut ngx_conf_t,
    prev: *mut c_void,
    conf: *mut c_void,
) -> *mut c_char {
    // SAFETY: as above; `prev` and `conf` are what `create_loc_conf` made for two blocks.
    let (cf, prev, conf) =
        unsafe { (&*cf, &*prev.cast::<BlockConf>(), &mut *conf.cast::<BlockConf>()) };
    log::guard(cf.log, NGX_CONF_ERROR, || conf_result(cf, conf.merge(cf, prev)))
}

/// Turns an error of the configuration into an `[emerg]` line and nginx's error value.
fn conf_result(cf: &ngx_conf_t, result: Result<(), conf::ConfError>) -> *mut c_char {
    match result {
        Ok(()) => NGX_CONF_OK,
        Err(error) => {
            log::write(NGX_LOG_EMERG, cf.log, format_args!("{error}"));
            NGX_CONF_ERROR
        }
    }
}
