//! `ngx_http_s3_auth_module`: nginx signs the requests that it proxies to S3.
//!
//! Each module uses those below it only.
//!
//! | module | contents |
//! |---|---|
//! | `request` | a request: its gate, its signature, its response |
//! | `conf` | the directives, and what they set in each block |
//! | `credentials` | the sources of credentials |
//! | `refusal` | why a request is not sent |
//! | `nginx` | nginx, as far as this module uses it beyond the crate `ngx` |
//!
//! The crate `s3-signer` signs. It does not depend on nginx.

mod conf;
mod credentials;
mod nginx;
mod refusal;
mod request;

use std::{
    ffi::{CStr, c_char},
    ptr,
};

use ngx::ffi::{NGX_HTTP_MODULE, ngx_http_module_t, ngx_module_t, ngx_uint_t};

use conf::blocks::{BlockConf, create_conf, create_main_conf, init_main_conf};

const NAME: &CStr = c"ngx_http_s3_auth_module";

/// The modules of the file, for `load_module`. `ngx_modules!` has an empty order.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, missing_docs)]
pub static mut ngx_modules: [*const ngx_module_t; 2] =
    [&raw const ngx_http_s3_auth_module, ptr::null()];

#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, missing_docs)]
pub static mut ngx_module_names: [*const c_char; 2] = [NAME.as_ptr(), ptr::null()];

/// The place among the modules: before the range body filter, so after all modules that are no
/// filters, such as the proxy module, and after the filters that other modules add. nginx calls
/// these after this one: they see redirects without signatures.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, missing_docs)]
pub static mut ngx_module_order: [*const c_char; 3] =
    [NAME.as_ptr(), c"ngx_http_range_body_filter_module".as_ptr(), ptr::null()];

#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, missing_docs)]
pub static mut ngx_http_s3_auth_module: ngx_module_t = ngx_module_t {
    ctx: (&raw const CONTEXT).cast_mut().cast(),
    commands: &raw mut conf::commands::COMMANDS as *mut _,
    type_: NGX_HTTP_MODULE as ngx_uint_t,
    ..ngx_module_t::default()
};

static CONTEXT: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: Some(request::preconfiguration),
    postconfiguration: Some(request::postconfiguration),
    create_main_conf: Some(create_main_conf),
    init_main_conf: Some(init_main_conf),
    create_srv_conf: Some(create_conf::<BlockConf>),
    // nginx does not merge `upstream` blocks; `conf::settings` has their precedence.
    merge_srv_conf: None,
    create_loc_conf: Some(create_conf::<BlockConf>),
    merge_loc_conf: Some(request::merge_loc_conf),
};
