//! The module's configuration of each block: created, initialized, merged.

use std::{
    cell::Cell,
    ffi::{c_char, c_ulong, c_void},
    ptr::{self, NonNull},
    rc::Rc,
};

use ngx::{
    core::{NGX_CONF_ERROR, NGX_CONF_OK},
    ffi::{
        NGX_LOG_EMERG, ngx_conf_t, ngx_http_core_loc_conf_t, ngx_http_handler_pt,
        ngx_http_upstream_conf_t, ngx_http_upstream_srv_conf_t, ngx_module_t, ngx_pool_cleanup_add,
    },
    http::{
        HttpModule, HttpModuleLocationConf, HttpModuleMainConf, HttpModuleServerConf,
        NgxHttpCoreModule, NgxHttpUpstreamModule,
    },
};

use super::{
    error::ConfError,
    keys::{Keys, Parts},
    level::{Level, Leveled},
    settings::{Effective, Settings},
    warnings::{self, Directive, ScopeId, Warnings},
};
use crate::nginx::{bits, layout, log, proxy};

unsafe extern "C" {
    /// The module, which `lib.rs` defines. Declared here, since an import would be a circle.
    static mut ngx_http_s3_auth_module: ngx_module_t;
}

/// The module, for its configurations and for the contexts of requests.
pub(crate) struct S3AuthModule;

impl HttpModule for S3AuthModule {
    fn module() -> &'static ngx_module_t {
        let module = &raw const ngx_http_s3_auth_module;
        // SAFETY: nginx sets the indexes when it loads the module, before it calls it. Later it
        // writes the name only, when it reloads the configuration; no reference is in use then.
        unsafe { &*module }
    }
}

// SAFETY: `create_main_conf` creates this type.
unsafe impl HttpModuleMainConf for S3AuthModule {
    type MainConf = MainConf;
}

// SAFETY: `create_conf` creates this type.
unsafe impl HttpModuleServerConf for S3AuthModule {
    type ServerConf = BlockConf;
}

// SAFETY: as above.
unsafe impl HttpModuleLocationConf for S3AuthModule {
    type LocationConf = BlockConf;
}

/// The configuration of the whole `http` block.
#[derive(Default)]
pub(crate) struct MainConf {
    /// Whether any `upstream` block has credentials; and a region.
    upstream_keys: bool,
    upstream_region: bool,
    warnings: Warnings,
    /// The address of the content handler that `proxy_pass` sets.
    proxy_handler: usize,
    /// The configuration that a refused request is given; see `request::hook`.
    pub refusing: Option<NonNull<ngx_http_upstream_conf_t>>,
}

/// The configuration of a block: `http`, `server`, `location`, `if`, `limit_except`, or `upstream`.
#[derive(Default)]
pub(crate) struct BlockConf {
    /// The credentials of the block until nginx has read it.
    parts: Option<Box<Parts>>,
    /// The settings of the block, and after merging those that it inherits.
    pub settings: Settings,
    /// The directives of the block that have no effect without credentials, until they are merged.
    pub directives: Vec<Directive>,
    /// The innermost block that has such directives.
    scope: Option<ScopeId>,
    /// Whether the block has a `proxy_pass`. An `if` or a `limit_except` block has that of the
    /// location around it, too.
    has_pass: bool,
    /// The location whose content handler serves the requests of this block, if it is that of
    /// `proxy_pass`, or another module's that calls it.
    proxying: Option<NonNull<ngx_http_core_loc_conf_t>>,
    /// Whether every request that is proxied from here is signed; otherwise none is, or it depends
    /// on the upstream.
    pub is_signed: bool,
    /// Whether they may be signed with Signature V4; otherwise with Version 2.
    pub is_v4: bool,
    /// Of an `upstream` block: whether this worker has warned of a port beside its name.
    pub warned_of_port: Cell<bool>,
}

impl MainConf {
    /// Whether a content handler is that of `proxy_pass`.
    pub fn is_proxy_handler(&self, handler: ngx_http_handler_pt) -> bool {
        handler.is_some_and(|handler| handler as usize == self.proxy_handler)
    }

    /// Writes warnings of the configuration, which nginx has merged.
    pub fn warn(&mut self, cf: &ngx_conf_t) {
        std::mem::take(&mut self.warnings).write(cf);
    }
}

impl BlockConf {
    /// The configuration of an upstream block. `None`: the block is implied by a literal host, and
    /// has no configuration of any module.
    pub fn of_upstream(upstream: &ngx_http_upstream_srv_conf_t) -> Option<&'static Self> {
        S3AuthModule::server_conf(upstream)
    }

    /// The credentials of the block, which nginx is reading.
    pub fn parts(&mut self, level: Level) -> &mut Parts {
        self.parts.get_or_insert_with(|| Parts::new(level).into())
    }

    /// The credentials of the block.
    fn keys(&self) -> Option<&Keys> {
        self.settings.keys.as_ref().map(|keys| &*keys.value)
    }

    /// Whether the block has credentials other than `off`.
    pub fn has_keys(&self) -> bool {
        self.keys().is_some_and(|keys| !keys.is_off())
    }

    /// Whether `handler` is the content handler of this block, and proxies. Compared when a request
    /// is processed: modules that nginx merges later may replace the handler of a location.
    pub fn proxies_with(&self, handler: ngx_http_handler_pt) -> bool {
        // SAFETY: locations live as long as the configuration.
        let own = self.proxying.and_then(|location| unsafe { location.as_ref() }.handler);
        own.zip(handler).is_some_and(|(own, handler)| ptr::fn_addr_eq(own, handler))
    }

    /// Joins the credentials of the block.
    fn join(&mut self, main: &mut MainConf) -> Result<(), ConfError> {
        let Some(parts) = self.parts.take() else { return Ok(()) };
        let level = parts.level;
        let keys = Leveled { level, value: Rc::new(parts.join()?) };
        main.warnings.add_keys(&keys);
        self.settings.keys = Some(keys);
        Ok(())
    }

    /// Finishes the `http` block or an `upstream` block, which nginx does not merge.
    fn finish(&mut self, main: &mut MainConf, level: Level) -> Result<(), ConfError> {
        self.join(main)?;
        self.scope = main.warnings.add_block(level, std::mem::take(&mut self.directives), None);
        if self.has_keys() {
            main.warnings.mark(self.scope);
        }
        Ok(())
    }

    /// Merges the block of a server or a location with the block `outer`. Returns whether requests
    /// that are proxied from here may be signed. nginx merges the proxy module's configurations
    /// before ours, so they are final here.
    fn merge(&mut self, cf: &ngx_conf_t, outer: &Self) -> Result<bool, ConfError> {
        let main = S3AuthModule::main_conf_mut(cf).ok_or(ConfError::NoConf)?;
        self.join(main)?;
        self.settings.inherit(&outer.settings);
        let directives = std::mem::take(&mut self.directives);
        self.scope = main.warnings.add_block(Level::Location, directives, outer.scope);

        let proxy = proxy::upstream_conf(cf).ok_or(ConfError::NoConf)?;
        // SAFETY: the proxy module's configuration lives as long as the whole one, as does an
        // upstream that the module has found.
        let upstream = unsafe { proxy.as_ref().upstream.as_ref() };
        let block = upstream.and_then(Self::of_upstream);
        let effective = Effective::new(&self.settings, block.map(|block| &block.settings));
        let of_location =
            self.settings.keys.as_ref().is_some_and(|own| own.level == Level::Location);
        let is_known = upstream.is_some() || of_location || !main.upstream_keys;
        let may_sign = effective.keys.is_some() || !is_known;
        self.is_signed = is_known && effective.keys.is_some();
        let region_may_come = upstream.is_none() && main.upstream_region;
        self.is_v4 = effective.region.is_some() || region_may_come;

        let core = NgxHttpCoreModule::location_conf(cf).ok_or(ConfError::NoConf)?;
        self.has_pass = proxy::has_pass(cf)?;
        self.proxying = match core.handler {
            // Requests have the handler of the location around an `if` or a `limit_except`.
            None => outer.proxying.filter(|_| bits::noname(core)),
            handler => {
                // An unknown handler may be another module's that calls that of `proxy_pass`. Where
                // only the location around an `if` block has a `proxy_pass`, it may be that of a
                // `fastcgi_pass` in the block, unless the location around has it, too.
                let is_inherited = bits::noname(core) && outer.has_pass;
                let proxies = self.has_pass
                    && (!is_inherited
                        || main.is_proxy_handler(handler)
                        || outer.proxies_with(handler));
                proxies.then_some(NonNull::from(core))
            }
        };
        main.warnings.add_location(
            cf,
            &warnings::Location {
                scope: self.scope,
                effective: &effective,
                upstream,
                upstream_scope: block.and_then(|block| block.scope),
                proxies: self.proxying.is_some(),
                may_sign,
                is_v4: self.is_v4,
            },
            |upstream| Self::of_upstream(upstream).and_then(Self::keys),
        );
        Ok(may_sign)
    }
}

/// Initializes the configuration when nginx has read the whole file, before it merges locations.
fn init(cf: &ngx_conf_t) -> Result<(), ConfError> {
    if S3AuthModule::module().ctx_index < proxy::module().ctx_index {
        return Err(ConfError::ModuleOrder);
    }
    let main = S3AuthModule::main_conf_mut(cf).ok_or(ConfError::NoConf)?;
    let http = S3AuthModule::location_conf_mut(cf).ok_or(ConfError::NoConf)?;
    main.warnings.init(cf);
    http.finish(main, Level::Server)?;

    let upstreams = NgxHttpUpstreamModule::main_conf(cf).ok_or(ConfError::NoConf)?;
    // SAFETY: the array has this type; the blocks live as long as the configuration.
    for &block in unsafe { upstreams.upstreams.as_slice::<*mut ngx_http_upstream_srv_conf_t>() } {
        // SAFETY: as above, and there is no other reference to our configuration of the block.
        if let Some(conf) = S3AuthModule::server_conf_mut(unsafe { &*block }) {
            conf.finish(main, Level::Upstream)?;
            main.upstream_keys |= conf.settings.keys.is_some();
            main.upstream_region |= conf.settings.region.is_some();
        }
    }

    main.proxy_handler = proxy::handler(cf)?;
    Ok(())
}

/// Creates the configuration of the `http` block, before nginx calls anything else of the module.
pub(crate) unsafe extern "C" fn create_main_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    // SAFETY: nginx passes the configuration that it is reading.
    let log = unsafe { (*cf).log };
    let is_known = log::guard(log, false, || {
        layout::check()
            .inspect_err(|difference| log::write(NGX_LOG_EMERG, log, format_args!("{difference}")))
            .is_ok()
    });
    if !is_known {
        return ptr::null_mut();
    }
    // SAFETY: as above.
    unsafe { create_conf::<MainConf>(cf) }
}

/// Initializes the configuration.
pub(crate) unsafe extern "C" fn init_main_conf(cf: *mut ngx_conf_t, _: *mut c_void) -> *mut c_char {
    // SAFETY: nginx passes the configuration that it is reading.
    let cf = unsafe { &*cf };
    log::guard(cf.log, NGX_CONF_ERROR, || conf_result(cf, init(cf)))
}

/// Merges the configurations of two blocks, and calls `hook` if requests that are proxied from the
/// inner one may be signed.
///
/// # Safety
/// The arguments are those of `ngx_http_module_t.merge_loc_conf`.
pub(crate) unsafe fn merge(
    cf: *mut ngx_conf_t,
    outer: *mut c_void,
    conf: *mut c_void,
    hook: impl FnOnce(&ngx_conf_t, &mut MainConf, &BlockConf) -> Result<(), ConfError>,
) -> *mut c_char {
    // SAFETY: nginx passes what `create_conf` has created for two blocks.
    let (cf, outer, conf) =
        unsafe { (&*cf, &*outer.cast::<BlockConf>(), &mut *conf.cast::<BlockConf>()) };
    log::guard(cf.log, NGX_CONF_ERROR, || {
        // Not only where there is a `proxy_pass`: nginx may combine the handler of one `if` block
        // with the configuration of another. A hook that no proxied request reaches has no effect.
        let result = conf.merge(cf, outer).and_then(|may_sign| match may_sign {
            false => Ok(()),
            true => hook(cf, S3AuthModule::main_conf_mut(cf).ok_or(ConfError::NoConf)?, conf),
        });
        conf_result(cf, result)
    })
}

/// Creates the configuration of a block, in the pool, with which it is dropped. The traits' own
/// function writes to a NULL pointer when there is no memory.
pub(crate) unsafe extern "C" fn create_conf<T: Default>(cf: *mut ngx_conf_t) -> *mut c_void {
    // NGX_ALIGNMENT, the alignment of a pool's memory.
    const { assert!(align_of::<T>() <= size_of::<c_ulong>()) };

    // SAFETY: nginx passes the configuration that it is reading.
    let cf = unsafe { &*cf };
    log::guard(cf.log, ptr::null_mut(), || {
        // SAFETY: the pool of the configuration that nginx is reading.
        let cleanup = unsafe { ngx_pool_cleanup_add(cf.pool, size_of::<T>()) };
        // SAFETY: NULL, or a new entry, to which there is no other reference.
        let Some(cleanup) = (unsafe { cleanup.as_mut() }) else { return ptr::null_mut() };
        // SAFETY: the entry has memory of this size, aligned as asserted above.
        unsafe { cleanup.data.cast::<T>().write(T::default()) };
        cleanup.handler = Some(drop_conf::<T>);
        cleanup.data
    })
}

/// Drops what `create_conf` has created.
unsafe extern "C" fn drop_conf<T>(data: *mut c_void) {
    // nginx has closed the log of the configuration. Standard error, its error log, is still open.
    log::guard(ptr::null_mut(), (), || {
        // SAFETY: nginx calls this once, when it destroys the pool, with the data of the entry.
        unsafe { data.cast::<T>().drop_in_place() };
    });
}

/// Logs an error of the configuration, and returns nginx's error value.
fn conf_result(cf: &ngx_conf_t, result: Result<(), ConfError>) -> *mut c_char {
    match result {
        Ok(()) => NGX_CONF_OK,
        Err(error) => {
            log::write(NGX_LOG_EMERG, cf.log, format_args!("{error}"));
            NGX_CONF_ERROR
        }
    }
}
