//! The `upstream` blocks: one for each host and way of signing.

use std::collections::{HashMap, HashSet};

use crate::apache::settings::Settings;
use crate::apache::url::{Origin, Url};
use crate::apache::worker;
use crate::convert::ledger::Ledger;
use crate::convert::signing::Signing;
use crate::nginx::{Item, directive};
use crate::resolver::Resolver;
use crate::tree::{Node, NodeId};

/// How many idle connections a worker keeps where Apache's configuration does not tell: Apache's
/// number is that of its threads.
const KEEPALIVE: u32 = 32;

/// Of the shared memory with a host's addresses. nginx requires eight pages, which have up to 64 KB;
/// what is not used takes no memory.
const ZONE_SIZE: &str = "1m";

/// What Apache calls a worker, as far as it goes into an `upstream` block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Pool {
    no_reuse: Option<bool>,
    keepalive: Option<u32>,
    keepalive_timeout: Option<String>,
    retry: Option<u32>,
}

/// An `upstream` block.
#[derive(Debug)]
pub struct Upstream<'a> {
    pub name: String,
    pub origin: Origin,
    pub signing: Option<Signing>,
    pool: Pool,
    /// The `<Proxy>` sections that it was made of.
    pub sections: Vec<&'a Node>,
}

impl Upstream<'_> {
    /// Whether nginx sends the right Host, and the right name by TLS, by itself.
    pub fn is_named_after_host(&self) -> bool {
        self.name == self.origin.host_header()
    }

    pub fn keeps_connections(&self) -> bool {
        self.pool.no_reuse != Some(true)
    }

    /// The block's directives. nginx queries the DNS servers, if there are any, for the addresses of
    /// a host while it runs.
    pub fn items(&self, resolvers: &[Resolver]) -> Vec<Item> {
        let resolves = !resolvers.is_empty() && !self.origin.is_address();
        let server = format!("{}:{}", self.origin.host, self.origin.port);
        let retry = self.pool.retry.map(|seconds| match seconds {
            0 => "max_fails=0".to_owned(),
            _ => format!("fail_timeout={seconds}s"),
        });
        let mut items = Vec::new();
        if resolves {
            let addresses: Vec<_> = resolvers.iter().map(Resolver::to_string).collect();
            let addresses = addresses.iter().map(String::as_str);
            items.push(directive(["zone", &self.name, ZONE_SIZE]));
            items.push(directive(["resolver"].into_iter().chain(addresses)));
        }
        let words = ["server", &server].into_iter();
        items.push(directive(words.chain(resolves.then_some("resolve")).chain(retry.as_deref())));
        if self.keeps_connections() {
            let keepalive = self.pool.keepalive.unwrap_or(KEEPALIVE).to_string();
            items.push(directive(["keepalive", &keepalive]));
            if let Some(timeout) = &self.pool.keepalive_timeout {
                items.push(directive(["keepalive_timeout", timeout]));
            }
        }
        if let Some(signing) = &self.signing {
            items.push(Item::Blank);
            items.push(directive(["s3_access_key", &signing.access_key]));
            items.push(directive(["s3_secret_key", &signing.secret_key]));
            if let Some(token) = &signing.security_token {
                items.push(directive(["s3_security_token", token]));
            }
            if let Some(region) = &signing.region {
                items.push(directive(["s3_region", region]));
            }
            if let Some(flag) = signing.use_headers {
                items.push(directive(["s3_use_headers", if flag { "on" } else { "off" }]));
            }
        }
        items
    }
}

/// All upstreams, in the order in which they are needed.
#[derive(Default)]
pub struct Upstreams<'a> {
    pub all: Vec<Upstream<'a>>,
    by_what: HashMap<(Origin, Option<Signing>), usize>,
    names: HashSet<String>,
    /// The next number for a name that is taken.
    numbers: HashMap<String, u32>,
    /// The `<Proxy>` sections that some upstream was made of.
    claimed: HashSet<NodeId>,
}

impl<'a> Upstreams<'a> {
    /// The number of the upstream for a URL, made if need be.
    pub fn get(
        &mut self,
        url: &Url,
        signing: Option<Signing>,
        settings: &Settings<'a>,
        sections: &[&'a Node],
        ledger: &mut Ledger,
    ) -> usize {
        let concerns_s3 = signing.is_some();
        let pool = pool(settings, concerns_s3, ledger);
        let what = (url.origin.clone(), signing);
        let number = match self.by_what.get(&what) {
            Some(&number) => number,
            None => {
                let number = self.all.len();
                let name = self.new_name(url);
                self.by_what.insert(what.clone(), number);
                self.all.push(Upstream {
                    name,
                    origin: what.0,
                    signing: what.1,
                    pool: pool.clone(),
                    sections: Vec::new(),
                });
                number
            }
        };
        let upstream = &mut self.all[number];
        if upstream.pool != pool {
            merge(&mut upstream.pool, pool, settings, concerns_s3, ledger);
        }
        for section in sections {
            if self.claimed.insert(section.id) {
                upstream.sections.push(section);
            }
        }
        number
    }

    /// Whether a `<Proxy>` section is a part of some upstream.
    pub fn claims(&self, section: &Node) -> bool {
        self.claimed.contains(&section.id)
    }

    /// The host, or something with it where another upstream has this name, or it is an address:
    /// the bucket, the port, a number. A name with a colon or in brackets is one that `proxy_pass`
    /// does not find.
    fn new_name(&mut self, url: &Url) -> String {
        let Origin { scheme, host, port } = &url.origin;
        let plain = host.trim_matches(['[', ']']).replace(':', "-");
        let bucket = url.path.split('/').find(|part| !part.is_empty()).unwrap_or_default();
        let bucket: String =
            bucket.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).collect();
        let named = (!bucket.is_empty()).then(|| format!("{bucket}.{plain}"));
        let with_port = (*port != scheme.port()).then(|| format!("{plain}-{port}"));
        // Other parts of the configuration may pass to another port of an address, which nginx
        // forbids for the name of an upstream block.
        let own = if url.origin.is_address() { format!("{plain}-{port}") } else { plain.clone() };
        let candidates = [Some(own), named, with_port].into_iter().flatten();
        let next = self.numbers.entry(plain.clone()).or_insert(2);
        let numbered = std::iter::repeat_with(|| {
            let name = format!("{plain}-{next}");
            *next += 1;
            name
        });
        let mut names = candidates.chain(numbered);
        // There is always one more number.
        names.find(|name| self.names.insert(name.clone())).unwrap_or_default()
    }
}

/// The parameters that go into the block.
fn pool(settings: &Settings<'_>, s3: bool, ledger: &mut Ledger) -> Pool {
    let mut pool = Pool::default();
    for (key, (value, node)) in &settings.parameters {
        let understood = match key.as_ref() {
            "max" => {
                pool.keepalive = worker::number(value).filter(|&max| max > 0);
                pool.keepalive.is_some()
            }
            "ttl" => {
                // 0 is for ever in Apache, at once in nginx.
                let time = worker::time(value);
                pool.keepalive_timeout = time.clone().filter(|time| !time.starts_with("0"));
                time.is_some()
            }
            "retry" => {
                pool.retry = worker::number(value);
                pool.retry.is_some()
            }
            "enablereuse" | "disablereuse" => match worker::flag(value) {
                Some(flag) => {
                    pool.no_reuse = Some(flag == (key == "disablereuse"));
                    true
                }
                None => false,
            },
            _ => continue,
        };
        if !understood {
            let part = format!("{} {key}={value}", node.name);
            ledger.leave_part(node, part, "the value is not understood", s3);
        }
    }
    pool
}

/// Adds what another route sets; where both differ, the first one stays.
fn merge(first: &mut Pool, other: Pool, settings: &Settings<'_>, s3: bool, ledger: &mut Ledger) {
    fn add<T: PartialEq>(mine: &mut Option<T>, other: Option<T>) -> bool {
        match (&mine, other) {
            (_, None) => true,
            (None, other) => {
                *mine = other;
                true
            }
            (Some(mine), Some(other)) => *mine == other,
        }
    }
    let agreed = [
        (add(&mut first.no_reuse, other.no_reuse), ["enablereuse", "disablereuse"]),
        (add(&mut first.keepalive, other.keepalive), ["max", ""]),
        (add(&mut first.keepalive_timeout, other.keepalive_timeout), ["ttl", ""]),
        (add(&mut first.retry, other.retry), ["retry", ""]),
    ];
    for (_, keys) in agreed.iter().filter(|(agreed, _)| !agreed) {
        for (key, (value, node)) in &settings.parameters {
            if keys.contains(&key.as_ref()) {
                let part = format!("{} {key}={value}", node.name);
                let reason = "another route to the same upstream has another value";
                ledger.leave_part(node, part, reason, s3);
            }
        }
    }
}
