//! Warnings: directives without effect, and credentials with more effect than expected.

use std::{ffi::CStr, fmt, rc::Rc};

use ngx::{
    ffi::{
        NGX_LOG_WARN, ngx_conf_t, ngx_http_upstream_conf_t, ngx_http_upstream_srv_conf_t,
        ngx_module_t, ngx_str_t,
    },
    http::HttpModuleConfExt,
};

use super::{
    keys::Keys,
    level::{Level, Leveled, Place},
    settings::Effective,
};
use crate::nginx::log;

/// The directives by which modules other than the proxy module pass requests to an upstream, and
/// the modules. Their configurations of a location begin with an `ngx_http_upstream_conf_t`, too.
const OTHER_PASSES: [(&str, &CStr); 6] = [
    ("fastcgi_pass", c"ngx_http_fastcgi_module"),
    ("uwsgi_pass", c"ngx_http_uwsgi_module"),
    ("scgi_pass", c"ngx_http_scgi_module"),
    ("grpc_pass", c"ngx_http_grpc_module"),
    ("memcached_pass", c"ngx_http_memcached_module"),
    ("tunnel_pass", c"ngx_http_tunnel_module"),
];

/// A directive and its place.
pub(crate) type Directive = (ngx_str_t, Place);

/// What is collected while nginx merges the blocks.
#[derive(Default)]
pub(crate) struct Warnings {
    /// All credentials but `off`.
    keys: Vec<Leveled<Rc<Keys>>>,
    /// The blocks with directives that have no effect without credentials.
    scopes: Vec<Scope>,
    /// Whether a `proxy_pass` with variables may choose an upstream; and sign the request then.
    has_variables: bool,
    variables_may_sign: bool,
    /// The rows of [`OTHER_PASSES`] whose module is part of this nginx.
    other_passes: Vec<(&'static str, &'static ngx_module_t)>,
}

/// A scope of [`Warnings`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScopeId(usize);

/// A block with directives that have no effect without credentials.
struct Scope {
    level: Level,
    directives: Vec<Directive>,
    /// The innermost block around it that is a scope.
    outer: Option<ScopeId>,
    /// Whether credentials can be in effect in the block, or in one in it.
    has_credentials: bool,
}

/// A location that nginx is merging.
pub(crate) struct Location<'a> {
    pub scope: Option<ScopeId>,
    pub effective: &'a Effective<'a>,
    /// The upstream of `proxy_pass`, if it is known.
    pub upstream: Option<&'a ngx_http_upstream_srv_conf_t>,
    pub upstream_scope: Option<ScopeId>,
    /// Whether `proxy_pass` serves its requests.
    pub proxies: bool,
    /// Whether these may be signed; and whether with Signature V4.
    pub may_sign: bool,
    pub is_v4: bool,
}

impl Warnings {
    /// Finds the modules of this nginx.
    pub fn init(&mut self, cf: &ngx_conf_t) {
        // SAFETY: nginx's array of modules ends with NULL. Modules live as long as nginx.
        let mut modules = unsafe { (*cf.cycle).modules };
        // SAFETY: as above.
        while let Some(module) = unsafe { (*modules).as_ref() } {
            // SAFETY: nginx sets the name before it reads the `http` block.
            let name = unsafe { CStr::from_ptr(module.name) };
            let passes = OTHER_PASSES.iter().filter(|(_, known)| *known == name);
            self.other_passes.extend(passes.map(|(directive, _)| (*directive, module)));
            // SAFETY: as above.
            modules = unsafe { modules.add(1) };
        }
    }

    /// Adds the credentials of a block.
    pub fn add_keys(&mut self, keys: &Leveled<Rc<Keys>>) {
        if !keys.value.is_off() {
            self.keys.push(keys.clone());
        }
    }

    /// Adds the directives of a block. The result is the innermost scope of what is in the block.
    pub fn add_block(
        &mut self,
        level: Level,
        directives: Vec<Directive>,
        outer: Option<ScopeId>,
    ) -> Option<ScopeId> {
        if directives.is_empty() {
            return outer;
        }
        let scope = Scope { level, directives, outer, has_credentials: false };
        self.scopes.push(scope);
        Some(ScopeId(self.scopes.len() - 1))
    }

    /// Marks a scope, and those around it: credentials can be in effect.
    pub fn mark(&mut self, scope: Option<ScopeId>) {
        let mut next = scope;
        while let Some(ScopeId(i)) = next {
            self.scopes[i].has_credentials = true;
            next = self.scopes[i].outer;
        }
    }

    /// Adds a location. `keys_of` returns the credentials of an upstream block.
    pub fn add_location<'a>(
        &mut self,
        cf: &ngx_conf_t,
        location: &Location,
        keys_of: impl Fn(&ngx_http_upstream_srv_conf_t) -> Option<&'a Keys>,
    ) {
        let Location { upstream, proxies, may_sign, .. } = *location;
        if let Some(keys) = upstream.and_then(&keys_of) {
            keys.usage.is_used.set(true);
        }
        if let Some(keys) = location.effective.keys {
            let usage = &keys.usage;
            if proxies {
                usage.is_used.set(true);
                usage.is_v2.set(usage.is_v2.get() || !location.is_v4);
            }
            if let Some(upstream) = upstream {
                usage.add_host(upstream.host);
            }
        }

        let is_by_variables = proxies && upstream.is_none();
        self.has_variables |= is_by_variables;
        if may_sign {
            self.variables_may_sign |= is_by_variables;
            self.mark(location.scope);
            self.mark(location.upstream_scope);
        }

        for (directive, module) in &self.other_passes {
            // SAFETY: the first member is of this type, in every nginx from 1.22 on.
            let other = unsafe {
                cf.http_location_conf_unchecked::<ngx_http_upstream_conf_t>(module)
                    .and_then(|conf| conf.as_ref().upstream.as_ref())
            };
            if let Some(keys) = other.and_then(&keys_of) {
                keys.usage.add_other_pass(directive);
            }
        }
    }

    /// Writes the warnings, each once.
    pub fn write(&self, cf: &ngx_conf_t) {
        for Leveled { level, value: keys } in &self.keys {
            warn_of_keys(cf, keys, *level, self.has_variables);
        }
        let (of_upstreams, others): (Vec<_>, Vec<_>) = self
            .scopes
            .iter()
            .filter(|scope| !scope.has_credentials)
            .partition(|scope| scope.level == Level::Upstream);
        let of_upstreams = of_upstreams.into_iter().filter(|_| !self.variables_may_sign);
        for (name, place) in others.into_iter().chain(of_upstreams).flat_map(|s| &s.directives) {
            warn(cf, name, &format_args!("has no effect without \"s3_access_key\""), *place);
        }
    }
}

fn warn_of_keys(cf: &ngx_conf_t, keys: &Keys, level: Level, has_variables: bool) {
    let warn = |what: fmt::Arguments| warn(cf, &"s3_access_key", &what, keys.place);
    let usage = &keys.usage;
    let other_passes = usage.other_passes.borrow();
    match level {
        Level::Location if !usage.is_used.get() => {
            warn(format_args!("has no effect in a location without \"proxy_pass\""));
        }
        Level::Upstream if !usage.is_used.get() && !has_variables && other_passes.is_empty() => {
            warn(format_args!("has no effect in an upstream that no \"proxy_pass\" uses"));
        }
        Level::Server => {
            if let (Some(first), Some(second)) = usage.hosts.get() {
                warn(format_args!(
                    "signs requests to several hosts, such as \"{first}\" and \"{second}\","
                ));
            }
        }
        _ => {}
    }
    for directive in other_passes.iter() {
        warn(format_args!("has no effect on requests of \"{directive}\""));
    }
    if usage.is_v2.get() {
        warn(format_args!(
            "without \"s3_region\" signs with Signature V2, which most regions refuse,"
        ));
    }
}

fn warn(cf: &ngx_conf_t, name: &dyn fmt::Display, what: &fmt::Arguments, place: Place) {
    log::write(NGX_LOG_WARN, cf.log, format_args!("\"{name}\" {what} in {place}"));
}
