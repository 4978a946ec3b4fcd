//! What can be set, on which level, and which level wins.

use std::rc::Rc;

use ngx::ffi::{NGX_HTTP_MAIN_CONF, NGX_HTTP_SRV_CONF, NGX_HTTP_UPS_CONF, ngx_conf_t};
use s3_signer::{Placement, Region, Service};

use crate::{credentials::Credentials, methods::Methods, value::Value};

/// The level on which a block stands, as far as precedence goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// `http` or `server`.
    Server,
    /// `upstream`.
    Upstream,
    /// `location`, or `if` or `limit_except` in it.
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
    pub service: Option<Leveled<Rc<Value<Service>>>>,
    pub use_headers: Option<Leveled<bool>>,
    pub bucket_in_host: Option<Leveled<bool>>,
    pub methods: Option<Methods>,
}

impl Settings {
    /// Takes what is not set here from the block around.
    pub fn inherit(&mut self, outer: &Self) {
        fn inherit<T: Clone>(own: &mut Option<T>, outer: &Option<T>) {
            if own.is_none() {
                own.clone_from(outer);
            }
        }
        inherit(&mut self.credentials, &outer.credentials);
        inherit(&mut self.region, &outer.region);
        inherit(&mut self.service, &outer.service);
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
    pub service: Option<&'a Value<Service>>,
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
            service: pick(&location.service, upstream.map(|u| &u.service)).map(Rc::as_ref),
            placement: match use_headers {
                Some(true) => Placement::Headers,
                _ => Placement::Query,
            },
            bucket_in_host: pick(&location.bucket_in_host, upstream.map(|u| &u.bucket_in_host))
                .copied(),
        }
    }
}
