//! nginx's proxy module: its configuration of a location, its content handler, its `proxy_pass`.

use std::{mem, ptr::NonNull, slice};

use ngx::{
    core::{NGX_CONF_ERROR, NGX_CONF_OK},
    ffi::{
        ngx_array_t, ngx_conf_t, ngx_http_conf_ctx_t, ngx_http_core_loc_conf_t,
        ngx_http_handler_pt, ngx_http_max_module, ngx_http_upstream_conf_t, ngx_log_t,
        ngx_module_t,
    },
    http::{HttpModule, HttpModuleConfExt, HttpModuleLocationConf, NgxHttpCoreModule},
    ngx_string,
};

/// The proxy module is not as expected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProxyError {
    /// It has no `proxy_pass`, or one that accepts any URL.
    #[error("ngx_http_s3_auth_module does not support this ngx_http_proxy_module")]
    Unknown,
    /// nginx has not created the configuration of the location.
    #[error("ngx_http_s3_auth_module has no configuration")]
    NoConf,
}

unsafe extern "C" {
    /// Not in nginx's headers, but a symbol of every nginx that has the module.
    static ngx_http_proxy_module: ngx_module_t;
}

/// The module of `proxy_pass`.
pub(crate) fn module() -> &'static ngx_module_t {
    // SAFETY: the module is part of nginx, which sets its indexes before it reads the `http` block.
    unsafe { &ngx_http_proxy_module }
}

/// The first member of the module's configuration of the location that nginx is merging. What
/// follows it is the module's own.
pub(crate) fn upstream_conf(cf: &ngx_conf_t) -> Option<NonNull<ngx_http_upstream_conf_t>> {
    // SAFETY: the first member is of this type, in every nginx from 1.22 on.
    unsafe { cf.http_location_conf_unchecked(module()) }
}

/// The address of the module's content handler, which is no symbol. At this time `ctx` is the
/// context of the `http` block, in which there is no `proxy_pass`.
pub(crate) fn handler(cf: &ngx_conf_t) -> Result<usize, ProxyError> {
    match try_pass(cf)? {
        Pass::Other => Err(ProxyError::Unknown),
        Pass::First(handler) => handler.map(|handler| handler as usize).ok_or(ProxyError::Unknown),
    }
}

/// Whether the location that nginx is merging has a `proxy_pass`, of its own or, in an `if` or
/// `limit_except` block, of the location around. The content handler does not show it: another
/// module may have replaced it by its own, which calls that of `proxy_pass`.
pub(crate) fn has_pass(cf: &ngx_conf_t) -> Result<bool, ProxyError> {
    Ok(matches!(try_pass(cf)?, Pass::Other))
}

/// What the `proxy_pass` directive finds in a location.
enum Pass {
    /// Another `proxy_pass`.
    Other,
    /// None before. It sets this content handler.
    First(ngx_http_handler_pt),
}

/// Calls the `proxy_pass` directive for the location that nginx is merging. First, it rejects a
/// second `proxy_pass`, of which one with variables is known to its module only. Then it sets the
/// content handler. Last, it rejects the URL given here, and the module's configuration stays as it
/// was.
fn try_pass(cf: &ngx_conf_t) -> Result<Pass, ProxyError> {
    // SAFETY: `ctx` is a context of the `http` block or of a block in it.
    let context = unsafe { &*cf.ctx.cast::<ngx_http_conf_ctx_t>() };
    // SAFETY: nginx counts the modules before it makes such an array of configurations.
    let mut loc_conf = unsafe {
        slice::from_raw_parts(context.loc_conf, (&raw const ngx_http_max_module).read()).to_vec()
    };
    // The directive sets the content handler in a copy of the location.
    let core = NgxHttpCoreModule::location_conf(cf).ok_or(ProxyError::NoConf)?;
    let mut location = ngx_http_core_loc_conf_t { handler: None, ..*core };
    loc_conf[NgxHttpCoreModule::module().ctx_index] = (&raw mut location).cast();
    let mut context = ngx_http_conf_ctx_t { loc_conf: loc_conf.as_mut_ptr(), ..*context };

    let mut words = [ngx_string!("proxy_pass"), ngx_string!("none")];
    // SAFETY: an all-zero array is how nginx begins one; only elements and their number are read.
    let mut args: ngx_array_t = unsafe { mem::zeroed() };
    args.elts = words.as_mut_ptr().cast();
    args.nelts = words.len();
    // A log without any level.
    // SAFETY: all-zero is how nginx begins this structure.
    let mut log: ngx_log_t = unsafe { mem::zeroed() };
    let mut cf =
        ngx_conf_t { ctx: (&raw mut context).cast(), args: &mut args, log: &mut log, ..*cf };

    // SAFETY: the array of a module's directives ends with one that has no name.
    let command = unsafe {
        let mut command = module().commands;
        while (*command).name.as_bytes() != b"proxy_pass" {
            if (*command).name.is_empty() {
                return Err(ProxyError::Unknown);
            }
            command = command.add(1);
        }
        command
    };
    // SAFETY: the directive, called as nginx calls it; what it is given outlives the call.
    let result = unsafe {
        let set = (*command).set.ok_or(ProxyError::Unknown)?;
        set(&mut cf, command, loc_conf[module().ctx_index])
    };
    if result == NGX_CONF_OK {
        Err(ProxyError::Unknown)
    } else if result == NGX_CONF_ERROR {
        Ok(Pass::First(location.handler))
    } else {
        // "is duplicate".
        Ok(Pass::Other)
    }
}
