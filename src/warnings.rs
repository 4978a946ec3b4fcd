//! Warnings of a configuration that nginx accepts: directives without effect, and credentials with
//! an effect that the operator may not expect.

use std::{
    cell::{Cell, RefCell},
    ffi::CStr,
    fmt,
    rc::Rc,
};

use ngx::{
    ffi::{
        NGX_LOG_WARN, ngx_conf_t, ngx_http_upstream_conf_t, ngx_http_upstream_srv_conf_t,
        ngx_module_t, ngx_str_t,
    },
    http::{HttpModuleConfExt, HttpModuleServerConf},
};

use crate::{
    S3AuthModule,
    conf::BlockConf,
    credentials::{Credentials, Place},
    log,
    settings::{Effective, Level, Leveled},
};

/// The directives by which modules other than the proxy module pass requests to an upstream, and the
/// modules, whose configurations of a location begin with an `ngx_http_upstream_conf_t`, too.
const OTHER_PASSES: [(&str, &CStr); 6] = [
    ("fastcgi_pass", c"ngx_http_fastcgi_module"),
    ("uwsgi_pass", c"ngx_http_uwsgi_module"),
    ("scgi_pass", c"ngx_http_scgi_module"),
    ("grpc_pass", c"ngx_http_grpc_module"),
    ("memcached_pass", c"ngx_http_memcached_module"),
    ("tunnel_pass", c"ngx_http_tunnel_module"),
];

/// What is seen while nginx merges the blocks.
#[derive(Default)]
pub(crate) struct Warnings {
    /// All credentials but `off`.
    credentials: Vec<Leveled<Rc<Credentials>>>,
    /// The blocks that have other directives.
    scopes: Vec<Rc<Scope>>,
    /// Such `upstream` blocks.
    upstream_scopes: Vec<Rc<Scope>>,
    /// Whether a `proxy_pass` with variables may choose an upstream; and sign the request then.
    has_variables: bool,
    variables_may_sign: bool,
    /// Those of [`OTHER_PASSES`] that this nginx has.
    other_passes: Vec<(&'static str, &'static ngx_module_t)>,
}

/// What credentials are used for.
#[derive(Default)]
pub(crate) struct Usage {
    /// Whether any request can be signed with them; those of an upstream, whether any is passed to it.
    is_used: Cell<bool>,
    /// Whether they can make Signature V2.
    is_v2: Cell<bool>,
    /// Two hosts that get requests signed with them.
    hosts: Cell<(Option<ngx_str_t>, Option<ngx_str_t>)>,
    /// Directives of other modules that pass requests to their upstream.
    other_passes: RefCell<Vec<&'static str>>,
}

/// The directives of a block other than those of credentials, which need credentials.
pub(crate) struct Scope {
    directives: Vec<(ngx_str_t, Place)>,
    /// The block around that has such directives.
    outer: Option<Rc<Scope>>,
    /// Whether credentials can be in effect in the block, or in one in it.
    has_credentials: Cell<bool>,
}

/// A location that nginx is merging.
pub(crate) struct Location<'a> {
    pub conf: &'a BlockConf,
    pub effective: &'a Effective<'a>,
    /// The upstream of `proxy_pass`, if it is known.
    pub upstream: Option<&'a ngx_http_upstream_srv_conf_t>,
    /// Whether `proxy_pass` serves its requests.
    pub proxies: bool,
    /// Whether these may be signed; and whether with Signature V4.
    pub may_sign: bool,
    pub is_v4: bool,
}

impl Warnings {
    /// Finds the modules of this nginx.
    pub fn init(&mut self, cf: &ngx_conf_t) {
        // SAFETY: nginx's array of modules, which ends with NULL; they live as long as nginx.
        let mut modules = unsafe { (*cf.cycle).modules };
        // SAFETY: as above.
        while let Some(module) = unsafe { (*modules).as_ref() } {
            // SAFETY: nginx has set the name before it reads the `http` block.
            let name = unsafe { CStr::from_ptr(module.name) };
            let passes = OTHER_PASSES.iter().filter(|(_, known)| *known == name);
            self.other_passes.extend(passes.map(|(directive, _)| (*directive, module)));
            // SAFETY: as above.
            modules = unsafe { modules.add(1) };
        }
    }

    /// Takes note of credentials.
    pub fn add_credentials(&mut self, credentials: &Leveled<Rc<Credentials>>) {
        if !credentials.value.is_off() {
            self.credentials.push(credentials.clone());
        }
    }

    /// Takes note of the directives of the `http` block or of an `upstream` block, which nginx does
    /// not merge.
    pub fn add_block(&mut self, conf: &mut BlockConf, level: Level) {
        let scopes = match level {
            Level::Upstream => &mut self.upstream_scopes,
            _ => &mut self.scopes,
        };
        Scope::open(conf, None, scopes);
        if conf.settings.credentials.as_ref().is_some_and(|own| !own.value.is_off())
            && let Some(scope) = &conf.scope
        {
            scope.mark();
        }
    }

    /// Takes note of the directives of a server or a location, before its settings are used.
    pub fn add_location(&mut self, conf: &mut BlockConf, outer: &BlockConf) {
        Scope::open(conf, outer.scope.as_ref(), &mut self.scopes);
    }

    /// Takes note of what a location does.
    pub fn see(&mut self, cf: &ngx_conf_t, location: &Location) {
        let Location { conf, upstream, proxies, may_sign, .. } = *location;
        let block = upstream.and_then(S3AuthModule::server_conf);
        if let Some(own) = block.and_then(|block| block.settings.credentials.as_ref()) {
            own.value.usage.is_used.set(true);
        }
        if let Some(credentials) = location.effective.credentials {
            let usage = &credentials.usage;
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
            let scopes = [&conf.scope, block.map_or(&None, |block| &block.scope)];
            scopes.into_iter().flatten().for_each(|scope| scope.mark());
        }

        for (directive, module) in &self.other_passes {
            // SAFETY: the first member is of this type, in every nginx from 1.22 on.
            let other = unsafe {
                cf.http_location_conf_unchecked::<ngx_http_upstream_conf_t>(module)
                    .and_then(|conf| conf.as_ref().upstream.as_ref())
            };
            let own = other.and_then(S3AuthModule::server_conf);
            if let Some(own) = own.and_then(|block| block.settings.credentials.as_ref()) {
                own.value.usage.add_other_pass(directive);
            }
        }
    }

    /// Writes the warnings, each once.
    pub fn write(&self, cf: &ngx_conf_t) {
        for Leveled { level, value: credentials } in &self.credentials {
            credentials.warn(cf, *level, self.has_variables);
        }
        let upstream_scopes = self.upstream_scopes.iter().filter(|_| !self.variables_may_sign);
        for scope in self.scopes.iter().chain(upstream_scopes) {
            if scope.has_credentials.get() {
                continue;
            }
            for (name, place) in &scope.directives {
                let what = format_args!("has no effect without \"s3_access_key\"");
                warn(cf, name, &what, *place);
            }
        }
    }
}

impl Usage {
    fn add_host(&self, host: ngx_str_t) {
        let is_other = |known: ngx_str_t| !known.as_bytes().eq_ignore_ascii_case(host.as_bytes());
        match self.hosts.get() {
            (None, _) => self.hosts.set((Some(host), None)),
            (Some(first), None) if is_other(first) => self.hosts.set((Some(first), Some(host))),
            _ => {}
        }
    }

    fn add_other_pass(&self, directive: &'static str) {
        let mut known = self.other_passes.borrow_mut();
        if !known.contains(&directive) {
            known.push(directive);
        }
    }
}

impl Credentials {
    fn warn(&self, cf: &ngx_conf_t, level: Level, has_variables: bool) {
        let warn = |what: fmt::Arguments| warn(cf, &"s3_access_key", &what, self.place);
        let usage = &self.usage;
        let other_passes = usage.other_passes.borrow();
        match level {
            Level::Location if !usage.is_used.get() => {
                warn(format_args!("has no effect in a location without \"proxy_pass\""));
            }
            Level::Upstream
                if !usage.is_used.get() && !has_variables && other_passes.is_empty() =>
            {
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
}

impl Scope {
    /// Makes the scope of a block, which is that of the block around if it has no directives.
    fn open(conf: &mut BlockConf, outer: Option<&Rc<Self>>, scopes: &mut Vec<Rc<Self>>) {
        conf.scope = outer.cloned();
        if conf.directives.is_empty() {
            return;
        }
        let scope = Rc::new(Self {
            directives: std::mem::take(&mut conf.directives),
            outer: conf.scope.take(),
            has_credentials: Cell::new(false),
        });
        scopes.push(Rc::clone(&scope));
        conf.scope = Some(scope);
    }

    /// Credentials can be in effect.
    fn mark(&self) {
        if !self.has_credentials.replace(true)
            && let Some(outer) = &self.outer
        {
            outer.mark();
        }
    }
}

fn warn(cf: &ngx_conf_t, name: &dyn fmt::Display, what: &fmt::Arguments, place: Place) {
    log::write(NGX_LOG_WARN, cf.log, format_args!("\"{name}\" {what} in {place}"));
}
