//! What happens to a request, from the gate to the response.

mod aws_chunked;
mod body;
mod context;
mod gate;
mod hook;
mod response;
mod rewrite;
mod signer;
mod stamp;
mod upgrade;
mod upstream;
mod variables;

use std::ffi::{c_char, c_void};

use ngx::{
    core::Status,
    ffi::{ngx_conf_t, ngx_int_t},
    http::HttpModuleMainConf,
};

use crate::{
    conf::{
        blocks::{self, BlockConf, MainConf, S3AuthModule},
        error::ConfError,
    },
    nginx::{log, proxy},
};

/// Adds the variables, before nginx reads the `http` block.
pub(crate) unsafe extern "C" fn preconfiguration(cf: *mut ngx_conf_t) -> ngx_int_t {
    // SAFETY: nginx passes the configuration that it is reading.
    let cf = unsafe { &mut *cf };
    log::guard(cf.log, Status::NGX_ERROR, || variables::add(cf)).into()
}

/// Registers the handler of the precontent phase and the header filter, when nginx has merged the
/// blocks.
pub(crate) unsafe extern "C" fn postconfiguration(cf: *mut ngx_conf_t) -> ngx_int_t {
    // SAFETY: as above.
    let cf = unsafe { &*cf };
    log::guard(cf.log, Status::NGX_ERROR, || {
        if let Some(main) = S3AuthModule::main_conf_mut(cf) {
            main.warn(cf);
        }
        if signer::reset_with(cf).is_none() {
            return Status::NGX_ERROR;
        }
        response::register();
        gate::register(cf)
    })
    .into()
}

/// Merges the blocks of a server or of locations, and hooks those whose requests may be signed.
pub(crate) unsafe extern "C" fn merge_loc_conf(
    cf: *mut ngx_conf_t,
    outer: *mut c_void,
    conf: *mut c_void,
) -> *mut c_char {
    let install = |cf: &ngx_conf_t, main: &mut MainConf, conf: &BlockConf| {
        let mut proxy = proxy::upstream_conf(cf).ok_or(ConfError::NoConf)?;
        // SAFETY: nginx has merged the proxy module's configuration, and there is no other
        // reference to it.
        let proxy = unsafe { proxy.as_mut() };
        hook::install(cf, &mut main.refusing, proxy, conf).ok_or(ConfError::NoMemory)
    };
    // SAFETY: the arguments with which nginx calls this function.
    unsafe { blocks::merge(cf, outer, conf, install) }
}
