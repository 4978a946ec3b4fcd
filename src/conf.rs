//! The module's part of each block of the configuration, joined and merged; which locations get the
//! hook.

use std::{
    cell::{Cell, RefCell},
    ptr::{self, NonNull},
    rc::Rc,
};

use ngx::{
    ffi::{
        ngx_conf_t, ngx_http_core_loc_conf_t, ngx_http_handler_pt, ngx_http_upstream_srv_conf_t,
        ngx_str_t,
    },
    http::{
        HttpModule, HttpModuleLocationConf, HttpModuleMainConf, HttpModuleServerConf,
        NgxHttpCoreModule, NgxHttpUpstreamModule,
    },
};
use s3_signer::Signer;

use crate::{
    S3AuthModule, bits,
    credentials::{Parts, Place},
    hook, proxy,
    settings::{Effective, Level, Leveled, Settings},
    warnings::{self, Scope, Warnings},
};

/// A configuration that cannot be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfError {
    /// Part of the credentials is missing in a block.
    #[error("\"{directive}\" requires \"{needs}\" in the same block in {place}")]
    HalfSet { directive: &'static str, needs: &'static str, place: Place },
    /// A part of credentials in a block that has `s3_access_key off`.
    #[error("\"{directive}\" is not allowed beside \"s3_access_key off\" in {place}")]
    BesideOff { directive: &'static str, place: Place },
    /// The hook works only on what the proxy module has merged.
    #[error("ngx_http_s3_auth_module must come after ngx_http_proxy_module")]
    ModuleOrder,
    /// nginx ran out of memory.
    #[error("ngx_http_s3_auth_module has no memory")]
    NoMemory,
    /// The proxy module is not as this module knows it.
    #[error("ngx_http_s3_auth_module does not know this ngx_http_proxy_module")]
    NoProxy,
    /// nginx has not made what it should have made before.
    #[error("ngx_http_s3_auth_module has no configuration")]
    NoConf,
}

/// The configuration of one block: `http`, `server`, `location`, `if`, or `upstream`.
#[derive(Default)]
pub(crate) struct BlockConf {
    /// Credentials as the directives gave them; joined when the whole file has been read.
    pub parts: Option<Box<Parts>>,
    /// The settings; after merging, those of the blocks around too.
    pub settings: Settings,
    /// The directives that have no effect without credentials, until they are in `scope`.
    pub directives: Vec<(ngx_str_t, Place)>,
    /// The innermost scope of such directives.
    pub scope: Option<Rc<Scope>>,
    /// Whether the block has a `proxy_pass`, which an `if` or a `limit_except` block may have from
    /// the location around.
    has_pass: bool,
    /// The location whose content handler the requests of this block have, if it is that of
    /// `proxy_pass`, or another module's that calls it.
    proxying: Option<NonNull<ngx_http_core_loc_conf_t>>,
    /// Whether every request that is proxied from here is signed; otherwise none is, or its
    /// upstream decides.
    pub is_signed: bool,
    /// Whether they may be signed with Signature V4; otherwise it is Version 2.
    pub is_v4: bool,
    /// Of an `upstream` block: whether this worker has warned of a port beside its name.
    pub warned_of_port: Cell<bool>,
}

/// What the whole `http` block shares.
#[derive(Default)]
pub(crate) struct MainConf {
    /// Makes the signatures of this worker.
    pub signer: RefCell<Signer>,
    /// Whether any `upstream` block has credentials; and a region.
    upstream_credentials: bool,
    upstream_region: bool,
    /// What the operator is warned of.
    pub warnings: Warnings,
    /// The address of the content handler that `proxy_pass` sets.
    proxy_handler: usize,
    /// What the hooks refuse requests with.
    refusing: hook::Refusing,
}

impl MainConf {
    /// Whether a content handler is that of `proxy_pass`.
    pub fn is_proxy_handler(&self, handler: ngx_http_handler_pt) -> bool {
        handler.is_some_and(|handler| handler as usize == self.proxy_handler)
    }
}

/// The settings of an upstream block; `None` for one that a literal host made, which has no
/// configuration of any module.
pub(crate) fn upstream_settings(
    upstream: &ngx_http_upstream_srv_conf_t,
) -> Option<&'static Settings> {
    S3AuthModule::server_conf(upstream).map(|conf| &conf.settings)
}

/// Joins credentials and takes stock, once the file has been read and before locations are merged.
pub(crate) fn init(cf: &ngx_conf_t) -> Result<(), ConfError> {
    if S3AuthModule::module().ctx_index < proxy::module().ctx_index {
        return Err(ConfError::ModuleOrder);
    }
    let main = S3AuthModule::main_conf_mut(cf).ok_or(ConfError::NoConf)?;
    let http = S3AuthModule::location_conf_mut(cf).ok_or(ConfError::NoConf)?;
    main.warnings.init(cf);
    http.join(main)?;
    main.warnings.add_block(http, Level::Server);

    let upstreams = NgxHttpUpstreamModule::main_conf(cf).ok_or(ConfError::NoConf)?;
    // SAFETY: that is what the array holds; the blocks live as long as the configuration.
    for &block in unsafe { upstreams.upstreams.as_slice::<*mut ngx_http_upstream_srv_conf_t>() } {
        // SAFETY: as above, and nothing else refers to our part of the block now.
        if let Some(conf) = S3AuthModule::server_conf_mut(unsafe { &*block }) {
            conf.join(main)?;
            main.warnings.add_block(conf, Level::Upstream);
            main.upstream_credentials |= conf.settings.credentials.is_some();
            main.upstream_region |= conf.settings.region.is_some();
        }
    }

    main.proxy_handler = proxy::handler(cf)?;
    Ok(())
}

impl BlockConf {
    /// Whether `handler` is the content handler of this block, and proxies. Not compared before
    /// requests are made: modules that nginx merges later may still replace that of a location.
    pub fn proxies_with(&self, handler: ngx_http_handler_pt) -> bool {
        // SAFETY: locations live as long as the configuration.
        let own = self.proxying.and_then(|location| unsafe { location.as_ref() }.handler);
        own.zip(handler).is_some_and(|(own, handler)| ptr::fn_addr_eq(own, handler))
    }

    /// Puts the block's credentials together.
    fn join(&mut self, main: &mut MainConf) -> Result<(), ConfError> {
        let Some(parts) = self.parts.take() else { return Ok(()) };
        let level = parts.level;
        let credentials = Leveled { level, value: Rc::new(parts.join()?) };
        main.warnings.add_credentials(&credentials);
        self.settings.credentials = Some(credentials);
        Ok(())
    }

    /// Finishes a server's or a location's block, whose outer block is `outer`, and hooks it if
    /// requests that it proxies may be signed. nginx merges the proxy module's part of the whole
    /// tree before ours, so that part is final here.
    pub fn merge(&mut self, cf: &ngx_conf_t, outer: &Self) -> Result<(), ConfError> {
        let main = S3AuthModule::main_conf_mut(cf).ok_or(ConfError::NoConf)?;
        self.join(main)?;
        self.settings.inherit(&outer.settings);
        main.warnings.add_location(self, outer);
        let mut proxy = proxy::upstream_conf(cf).ok_or(ConfError::NoConf)?;
        // SAFETY: the proxy module's part lives as long as the configuration, as does an upstream that
        // the module has found.
        let upstream = unsafe { proxy.as_ref().upstream.as_ref() };
        let by_upstream = upstream.and_then(upstream_settings);
        let effective = Effective::new(&self.settings, by_upstream);
        let of_location =
            self.settings.credentials.as_ref().is_some_and(|own| own.level == Level::Location);
        let is_known = upstream.is_some() || of_location || !main.upstream_credentials;
        let may_sign = effective.credentials.is_some() || !is_known;
        self.is_signed = is_known && effective.credentials.is_some();
        let region_may_come = upstream.is_none() && main.upstream_region;
        self.is_v4 = effective.region.is_some() || region_may_come;

        let core = NgxHttpCoreModule::location_conf(cf).ok_or(ConfError::NoConf)?;
        self.has_pass = proxy::has_pass(cf)?;
        self.proxying = match core.handler {
            // Requests keep the handler of the location around an `if` or a `limit_except`.
            None => outer.proxying.filter(|_| bits::noname(core)),
            handler => {
                // An unknown handler may be another module's that calls that of `proxy_pass`. Where
                // `proxy_pass` is only around an `if` block, it may be that of a `fastcgi_pass` in
                // the block, unless the location around has it, too.
                let is_inherited = bits::noname(core) && outer.has_pass;
                let proxies = self.has_pass
                    && (!is_inherited
                        || main.is_proxy_handler(handler)
                        || outer.proxies_with(handler));
                proxies.then_some(NonNull::from(core))
            }
        };
        main.warnings.see(
            cf,
            &warnings::Location {
                conf: self,
                effective: &effective,
                upstream,
                proxies: self.proxying.is_some(),
                may_sign,
                is_v4: self.is_v4,
            },
        );

        // Not only where a `proxy_pass` is seen: nginx may combine the handler of one `if` block with
        // the configuration of another. A hook that no proxied request comes to does nothing.
        // Last, because the hook keeps a pointer to what is written above.
        if may_sign {
            // SAFETY: as above; no other reference to it is alive.
            let proxy = unsafe { proxy.as_mut() };
            hook::install(cf, &mut main.refusing, proxy, self).ok_or(ConfError::NoMemory)?;
        }
        Ok(())
    }
}
