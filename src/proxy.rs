//! What this module knows of nginx's proxy module.

use std::{mem, ptr::NonNull, slice};

use ngx::{
    core::NGX_CONF_OK,
    ffi::{
        ngx_array_t, ngx_conf_t, ngx_http_conf_ctx_t, ngx_http_core_loc_conf_t,
        ngx_http_max_module, ngx_http_module_t, ngx_http_upstream_conf_t, ngx_module_t,
    },
    http::{HttpModule, HttpModuleConfExt, NgxHttpCoreModule},
    ngx_string,
};

use crate::conf::ConfError;

unsafe extern "C" {
    /// Not in nginx's headers, but a symbol of every nginx that has the module.
    static ngx_http_proxy_module: ngx_module_t;
}

/// The module of `proxy_pass`.
pub(crate) fn module() -> &'static ngx_module_t {
    // SAFETY: nginx writes a module's indexes before it reads the `http` block, and never again.
    unsafe { &ngx_http_proxy_module }
}

/// The first member of the module's configuration of the location that nginx is merging. What
/// follows it is the module's own.
pub(crate) fn upstream_conf(cf: &ngx_conf_t) -> Option<NonNull<ngx_http_upstream_conf_t>> {
    // SAFETY: the first member is of this type, in every nginx from 1.22 on.
    unsafe { cf.http_location_conf_unchecked(module()) }
}

/// The address of the module's content handler, which is no symbol: what the `proxy_pass` directive
/// sets in a location that is made up for the purpose.
pub(crate) fn handler(cf: &ngx_conf_t) -> Result<usize, ConfError> {
    // SAFETY: at this time `ctx` is the context of the `http` block.
    let http = unsafe { &*cf.ctx.cast::<ngx_http_conf_ctx_t>() };
    // SAFETY: nginx counts the modules before it makes such an array of configurations.
    let mut loc_conf = unsafe {
        slice::from_raw_parts(http.loc_conf, (&raw const ngx_http_max_module).read()).to_vec()
    };
    let mut made_up = ngx_http_conf_ctx_t { loc_conf: loc_conf.as_mut_ptr(), ..*http };
    let mut words = [ngx_string!("proxy_pass"), ngx_string!("http://$host")];
    // SAFETY: an all-zero array is how nginx begins one; only elements and their number are read.
    let mut args: ngx_array_t = unsafe { mem::zeroed() };
    args.elts = words.as_mut_ptr().cast();
    args.nelts = words.len();
    let mut cf = ngx_conf_t { ctx: (&raw mut made_up).cast(), args: &mut args, ..*cf };

    // SAFETY: the modules' own functions, called as nginx calls them for a `location` block and a
    // directive in it; all that they are given lives longer than the calls.
    unsafe {
        for module in [module(), NgxHttpCoreModule::module()] {
            let context = &*module.ctx.cast::<ngx_http_module_t>();
            let create = context.create_loc_conf.ok_or(ConfError::NoProxy)?;
            loc_conf[module.ctx_index] = create(&mut cf);
            if loc_conf[module.ctx_index].is_null() {
                return Err(ConfError::NoConf);
            }
        }
        let mut command = module().commands;
        while (*command).name.as_bytes() != b"proxy_pass" {
            if (*command).name.is_empty() {
                return Err(ConfError::NoProxy);
            }
            command = command.add(1);
        }
        let set = (*command).set.ok_or(ConfError::NoProxy)?;
        if set(&mut cf, command, loc_conf[module().ctx_index]) != NGX_CONF_OK {
            return Err(ConfError::NoProxy);
        }
        let location = loc_conf[NgxHttpCoreModule::module().ctx_index];
        let handler = (*location.cast::<ngx_http_core_loc_conf_t>()).handler;
        Ok(handler.ok_or(ConfError::NoProxy)? as usize)
    }
}
