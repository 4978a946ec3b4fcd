//! The levels of the configuration and which one wins; which locations get the hook.

use std::{cell::RefCell, ffi::CStr, ptr::NonNull, rc::Rc};

use ngx::{
    ffi::{
        NGX_HTTP_MAIN_CONF, NGX_HTTP_SRV_CONF, NGX_HTTP_UPS_CONF, NGX_LOG_WARN, ngx_conf_t,
        ngx_http_upstream_conf_t, ngx_http_upstream_srv_conf_t, ngx_module_t,
    },
    http::{
        HttpModule, HttpModuleConfExt, HttpModuleLocationConf, HttpModuleMainConf,
        HttpModuleServerConf, NgxHttpCoreModule, NgxHttpUpstreamModule,
    },
};
use s3_signer::{Placement, Region, Signer};

use crate::{
    S3AuthModule,
    credentials::{Credentials, Parts, Place},
    hook::Hook,
    log,
    methods::Methods,
    value::Value,
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
    /// nginx has not made what it should have made before.
    #[error("ngx_http_s3_auth_module has no configuration")]
    NoConf,
}

/// The level on which a block stands, as far as precedence goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// `http` or `server`.
    Server,
    /// `upstream`.
    Upstream,
    /// `location`, or `if` in it.
    Location,
}

impl Level {
    /// The level of the block that nginx is reading.
    pub fn of(cf: &ngx_conf_t) -> Self {
        match cf.cmd_type as u32 {
            NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF => Self::Server,
            NGX_HTTP_UPS_CONF => Self::Upstream,
            _ => Self::Location,
        }
    }
}

/// A value and the level that sets it.
#[derive(Debug, Clone)]
pub(crate) struct Leveled<T> {
    pub level: Level,
    pub value: T,
}

/// What can be set; each setting is looked up by itself.
#[derive(Default)]
pub(crate) struct Settings {
    pub credentials: Option<Leveled<Rc<Credentials>>>,
    pub region: Option<Leveled<Rc<Value<Region>>>>,
    pub use_headers: Option<Leveled<bool>>,
    pub bucket_in_host: Option<Leveled<bool>>,
    pub methods: Option<Methods>,
}

impl Settings {
    /// Takes what is not set here from the block around.
    fn inherit(&mut self, outer: &Self) {
        fn inherit<T: Clone>(own: &mut Option<T>, outer: &Option<T>) {
            if own.is_none() {
                own.clone_from(outer);
            }
        }
        inherit(&mut self.credentials, &outer.credentials);
        inherit(&mut self.region, &outer.region);
        inherit(&mut self.use_headers, &outer.use_headers);
        inherit(&mut self.bucket_in_host, &outer.bucket_in_host);
        inherit(&mut self.methods, &outer.methods);
    }

    /// The methods that may be signed.
    pub fn methods(&self) -> Methods {
        self.methods.unwrap_or_default()
    }
}

/// The settings in effect for requests of a location that go to an upstream.
pub(crate) struct Effective<'a> {
    pub credentials: Option<&'a Credentials>,
    pub region: Option<&'a Value<Region>>,
    pub placement: Placement,
    pub bucket_in_host: Option<bool>,
}

impl<'a> Effective<'a> {
    /// location > upstream > server > http, each setting by itself.
    pub fn new(location: &'a Settings, upstream: Option<&'a Settings>) -> Self {
        fn pick<'a, T>(
            location: &'a Option<Leveled<T>>,
            upstream: Option<&'a Option<Leveled<T>>>,
        ) -> Option<&'a T> {
            let location = location.as_ref();
            let found = match (location, upstream.and_then(Option::as_ref)) {
                (Some(location), Some(_)) if location.level == Level::Location => Some(location),
                (_, Some(upstream)) => Some(upstream),
                (location, None) => location,
            };
            found.map(|leveled| &leveled.value)
        }
        let use_headers = pick(&location.use_headers, upstream.map(|u| &u.use_headers));
        Self {
            credentials: pick(&location.credentials, upstream.map(|u| &u.credentials))
                .map(Rc::as_ref)
                .filter(|credentials| !credentials.is_off()),
            region: pick(&location.region, upstream.map(|u| &u.region)).map(Rc::as_ref),
            placement: match use_headers {
                Some(true) => Placement::Headers,
                _ => Placement::Query,
            },
            bucket_in_host: pick(&location.bucket_in_host, upstream.map(|u| &u.bucket_in_host))
                .copied(),
        }
    }
}

/// The configuration of one block: `http`, `server`, `location`, `if`, or `upstream`.
#[derive(Default)]
pub(crate) struct BlockConf {
    /// Credentials as the directives gave them; joined when the whole file has been read.
    pub parts: Option<Box<Parts>>,
    /// The settings; after merging, those of the blocks around too.
    pub settings: Settings,
    /// Present where proxied requests may be signed.
    pub hook: Option<Box<Hook>>,
}

/// What the whole `http` block shares.
#[derive(Default)]
pub(crate) struct MainConf {
    /// Makes the signatures of this worker.
    pub signer: RefCell<Signer>,
    /// Whether any `upstream` block has credentials; and a region.
    upstream_credentials: bool,
    upstream_region: bool,
    /// Credentials of locations, for the warning of those that nothing uses.
    in_locations: Vec<Rc<Credentials>>,
    /// Index in `loc_conf` of the modules that proxy by another protocol than HTTP.
    other_protocols: Vec<usize>,
}

/// The modules that proxy by another protocol. Each begins its location configuration with a
/// `ngx_http_upstream_conf_t`, as the proxy module does.
const OTHER_PROTOCOLS: [&[u8]; 5] = [
    b"ngx_http_fastcgi_module",
    b"ngx_http_grpc_module",
    b"ngx_http_memcached_module",
    b"ngx_http_scgi_module",
    b"ngx_http_uwsgi_module",
];

unsafe extern "C" {
    /// The module of `proxy_pass`. Not in nginx's headers, but a symbol of every nginx that has it.
    static ngx_http_proxy_module: ngx_module_t;
}

/// The module of `proxy_pass`.
fn proxy_module() -> &'static ngx_module_t {
    // SAFETY: nginx writes a module's indexes before it reads the `http` block, and never again.
    unsafe { &ngx_http_proxy_module }
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
    if S3AuthModule::module().ctx_index < proxy_module().ctx_index {
        return Err(ConfError::ModuleOrder);
    }
    let main = S3AuthModule::main_conf_mut(cf).ok_or(ConfError::NoConf)?;
    let http = S3AuthModule::location_conf_mut(cf).ok_or(ConfError::NoConf)?;
    http.join(main)?;

    let upstreams = NgxHttpUpstreamModule::main_conf(cf).ok_or(ConfError::NoConf)?;
    // SAFETY: that is what the array holds; the blocks live as long as the configuration.
    for &block in unsafe { upstreams.upstreams.as_slice::<*mut ngx_http_upstream_srv_conf_t>() } {
        // SAFETY: as above, and nothing else refers to our part of the block now.
        if let Some(conf) = S3AuthModule::server_conf_mut(unsafe { &*block }) {
            conf.join(main)?;
            main.upstream_credentials |= conf.settings.credentials.is_some();
            main.upstream_region |= conf.settings.region.is_some();
        }
    }

    // SAFETY: a list of pointers to modules that ends with NULL.
    let modules = unsafe { std::slice::from_raw_parts((*cf.cycle).modules, (*cf.cycle).modules_n) };
    for &module in modules {
        // SAFETY: modules live as long as nginx and their names are C strings.
        let (name, index) = unsafe { (CStr::from_ptr((*module).name), (*module).ctx_index) };
        if OTHER_PROTOCOLS.contains(&name.to_bytes()) {
            main.other_protocols.push(index);
        }
    }
    Ok(())
}

/// Warns of credentials in locations that have no `proxy_pass` to use them.
pub(crate) fn warn_of_idle_credentials(cf: &ngx_conf_t) {
    for credentials in S3AuthModule::main_conf(cf).iter().flat_map(|main| &main.in_locations) {
        if !credentials.is_used.get() {
            log::write(
                NGX_LOG_WARN,
                cf.log,
                format_args!(
                    "\"s3_access_key\" has no effect in a location without \"proxy_pass\" in {}",
                    credentials.place
                ),
            );
        }
    }
}

impl BlockConf {
    /// Puts the block's credentials together.
    fn join(&mut self, main: &mut MainConf) -> Result<(), ConfError> {
        let Some(parts) = self.parts.take() else { return Ok(()) };
        let level = parts.level;
        let credentials = Rc::new(parts.join()?);
        if level == Level::Location && !credentials.is_off() {
            main.in_locations.push(Rc::clone(&credentials));
        }
        self.settings.credentials = Some(Leveled { level, value: credentials });
        Ok(())
    }

    /// Finishes a server's or a location's block, whose outer block is `outer`, and hooks it if
    /// requests that it proxies may be signed. nginx merges the proxy module's part of the whole
    /// tree before ours, so that part is final here.
    pub fn merge(&mut self, cf: &ngx_conf_t, outer: &Self) -> Result<(), ConfError> {
        let main = S3AuthModule::main_conf_mut(cf).ok_or(ConfError::NoConf)?;
        self.join(main)?;
        self.settings.inherit(&outer.settings);
        let Some(mut proxy) = proxy_conf(cf, main) else { return Ok(()) };
        // SAFETY: nobody else looks at the proxy module's part while nginx merges ours.
        let proxy = unsafe { proxy.as_mut() };

        // SAFETY: an upstream that the proxy module has found lives as long as the configuration.
        let upstream = unsafe { proxy.upstream.as_ref() };
        let by_upstream = upstream.and_then(upstream_settings);
        let effective = Effective::new(&self.settings, by_upstream);
        let of_location =
            self.settings.credentials.as_ref().is_some_and(|own| own.level == Level::Location);
        let is_known = upstream.is_some() || of_location;

        if let Some(credentials) = effective.credentials {
            credentials.is_used.set(true);
            let region_may_come = upstream.is_none() && main.upstream_region;
            if effective.region.is_none() && !region_may_come && !credentials.warned_of_v2.get() {
                credentials.warned_of_v2.set(true);
                log::write(
                    NGX_LOG_WARN,
                    cf.log,
                    format_args!(
                        "\"s3_access_key\" without \"s3_region\" signs with Signature V2, which \
                         most regions refuse, in {}",
                        credentials.place
                    ),
                );
            }
        }
        if effective.credentials.is_some() || !is_known && main.upstream_credentials {
            let is_certain = is_known && effective.credentials.is_some();
            self.hook = Some(Hook::install(proxy, is_certain));
        }
        Ok(())
    }
}

/// The proxy module's part of the block being merged, if requests are proxied from it.
fn proxy_conf(cf: &ngx_conf_t, main: &MainConf) -> Option<NonNull<ngx_http_upstream_conf_t>> {
    NgxHttpCoreModule::location_conf(cf)?.handler?;
    let upstream_conf = |index: usize| {
        let module = ngx_module_t { ctx_index: index, ..ngx_module_t::default() };
        // SAFETY: the location configuration of a module that proxies begins with this type.
        unsafe { cf.http_location_conf_unchecked::<ngx_http_upstream_conf_t>(&module) }
    };
    let proxy = upstream_conf(proxy_module().ctx_index)?;
    // Without a literal host, the content handler is that of a `proxy_pass` with variables or
    // another module's.
    // SAFETY: live until the configuration is dropped.
    let is_other = unsafe { proxy.as_ref() }.upstream.is_null()
        && main.other_protocols.iter().any(|&index| {
            // SAFETY: as above.
            upstream_conf(index).is_some_and(|conf| unsafe { !conf.as_ref().upstream.is_null() })
        });
    (!is_other).then_some(proxy)
}
