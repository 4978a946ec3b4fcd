//! The settings of a block, their inheritance and precedence.

use std::rc::Rc;

use s3_signer::{Placement, Region, Service};

use super::{
    keys::Keys,
    level::{Level, Leveled},
    methods::Methods,
};
use crate::nginx::value::Value;

/// The settings of a block. Each has a precedence of its own.
#[derive(Default)]
pub(crate) struct Settings {
    pub keys: Option<Leveled<Rc<Keys>>>,
    pub region: Option<Leveled<Rc<Value<Region>>>>,
    pub service: Option<Leveled<Rc<Value<Service>>>>,
    pub use_headers: Option<Leveled<bool>>,
    pub bucket_in_host: Option<Leveled<bool>>,
    pub methods: Option<Methods>,
}

impl Settings {
    /// Inherits what is not set here from the outer block.
    pub fn inherit(&mut self, outer: &Self) {
        fn inherit<T: Clone>(own: &mut Option<T>, outer: &Option<T>) {
            if own.is_none() {
                own.clone_from(outer);
            }
        }
        inherit(&mut self.keys, &outer.keys);
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

/// The settings in effect for requests of a location that are proxied to an upstream.
pub(crate) struct Effective<'a> {
    /// `None`: requests are not signed.
    pub keys: Option<&'a Keys>,
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
            keys: pick(&location.keys, upstream.map(|u| &u.keys))
                .map(Rc::as_ref)
                .filter(|keys| !keys.is_off()),
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
