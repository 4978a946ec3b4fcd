//! The `location` blocks of a route.

use std::collections::BTreeMap;

use crate::apache::access::Rule;
use crate::apache::settings::Settings;
use crate::apache::url::{Scheme, Url};
use crate::apache::worker;
use crate::convert::ledger::Ledger;
use crate::convert::reasons;
use crate::convert::routes::{Matching, Route, with_slash};
use crate::convert::upstreams::Upstream;
use crate::convert::{Options, tls};
use crate::nginx::{self, Item, directive};
use crate::tree::Node;

/// What a location is made of.
pub struct Parts<'r, 'a> {
    pub route: &'r Route<'a>,
    pub url: &'r Url,
    pub upstream: &'r Upstream<'a>,
    pub settings: &'r Settings<'a>,
    pub redirects: &'r Redirects<'a>,
    /// The directive with the time that the server allows the other end.
    pub timeout: Option<&'a Node>,
    pub root: &'r dyn Fn(&str) -> String,
    pub options: &'r Options,
}

/// What becomes of the redirects of the other end.
pub enum Redirects<'a> {
    /// What nginx does by itself.
    Default,
    /// The `ProxyPassReverse` for it, with the number of the argument that is the URL.
    Reverse(Vec<(&'a Node, usize)>),
}

/// The blocks for a route.
pub fn blocks(parts: &Parts<'_, '_>, ledger: &mut Ledger) -> Vec<Item> {
    let modifier = parts.route.before_regex.then_some("^~");
    let path = &parts.url.path;
    let url = |path: &str| {
        let url = Url { origin: parts.url.origin.clone(), path: path.to_owned() };
        url.with_host(&parts.upstream.name)
    };
    let block = |modifier: Option<&str>, name: &str, items: Vec<Item>| {
        nginx::block(["location"].into_iter().chain(modifier).chain([name]), items)
    };
    let pass = |url: String| vec![directive(["proxy_pass", &url])];
    let with = |mut head: Vec<Item>, ledger: &mut Ledger| {
        head.extend(common(parts, ledger));
        head
    };
    match &parts.route.matching {
        Matching::Regex(regex) => {
            let mut items = Vec::new();
            let rewrites = !path.contains('$');
            if !path.is_empty() {
                let (from, to) = if rewrites {
                    ("^(.*)$", format!("{path}$1"))
                } else {
                    (regex.as_str(), path.clone())
                };
                items.push(directive(["rewrite", from, &to, "break"]));
            }
            items.extend(pass(url("")));
            vec![block(Some("~"), regex, with(items, ledger))]
        }
        Matching::Prefix(prefix) if prefix.ends_with('/') => {
            let raw = parts.route.is_raw() && with_slash(path) == *prefix;
            if parts.route.is_raw() && !raw {
                let part = format!("{} … nocanon", parts.route.node.name);
                let reason = "nginx decodes and encodes a path of which it replaces a part";
                ledger.leave_part(parts.route.node, part, reason, parts.upstream.signing.is_some());
            }
            let path = if path.is_empty() { "/" } else { path };
            let pass = pass(url(if raw { "" } else { path }));
            vec![block(modifier, prefix, with(pass, ledger))]
        }
        Matching::Prefix(prefix) => {
            // Apache matches the path itself and what follows after a slash, but no "pathology".
            let own = if path.is_empty() { "/" } else { path };
            let exact = with(pass(url(own)), ledger);
            let below = with(pass(url(&format!("{path}/"))), ledger);
            vec![
                block(Some("="), prefix, exact),
                Item::Blank,
                block(modifier, &with_slash(prefix), below),
            ]
        }
    }
}

/// A block for requests that nginx answers itself.
pub fn answer(route: &Route<'_>, code: u16) -> Item {
    let modifier = match route.matching {
        Matching::Regex(_) => Some("~"),
        Matching::Prefix(_) => route.before_regex.then_some("^~"),
    };
    let (Matching::Prefix(text) | Matching::Regex(text)) = &route.matching;
    let words = ["location"].into_iter().chain(modifier).chain([text.as_str()]);
    let items = vec![directive(["return", &code.to_string()])];
    nginx::block(words, items)
}

/// What all locations of a route have.
fn common(parts: &Parts<'_, '_>, ledger: &mut Ledger) -> Vec<Item> {
    let Parts { upstream, settings, .. } = parts;
    let s3 = upstream.signing.is_some();
    let mut items = Vec::new();
    items.extend(redirects(parts, ledger));
    items.push(directive(["proxy_http_version", "1.1"]));
    let connection = if upstream.keeps_connections() { "" } else { "close" };
    items.push(directive(["proxy_set_header", "Connection", connection]));
    if !upstream.is_named_after_host() {
        items.push(directive(["proxy_set_header", "Host", &upstream.origin.host_header()]));
    }
    items.extend(request_headers(settings, s3, ledger));
    items.extend(parameters(parts, s3, ledger));
    if upstream.origin.scheme == Scheme::Https {
        items.push(Item::Blank);
        if upstream.name != upstream.origin.host {
            items.push(directive(["proxy_ssl_name", &upstream.origin.host]));
        }
        items.extend(tls::items(&settings.tls, &parts.options.ca_file, parts.root, s3, ledger));
    }
    let access = access(settings, s3, ledger);
    if !access.is_empty() {
        items.push(Item::Blank);
        items.extend(access);
    }
    items
}

/// What `ProxyPassReverse` says; without it, Apache leaves redirects alone.
fn redirects(parts: &Parts<'_, '_>, ledger: &mut Ledger) -> Vec<Item> {
    let Redirects::Reverse(nodes) = parts.redirects else { return Vec::new() };
    let path = parts.route.path();
    let target = parts.url.with_host(&parts.url.origin.host_header());
    let is_prefix = matches!(parts.route.matching, Matching::Prefix(_));
    let mut items = Vec::new();
    for (node, argument) in nodes {
        let url = node.argument(*argument).unwrap_or_default();
        if url.is_empty() || url.contains('$') {
            ledger.leave(
                node,
                "nginx takes \"$\" for a variable",
                parts.upstream.signing.is_some(),
            );
            continue;
        }
        ledger.convert(node);
        let same = is_prefix && with_slash(url) == with_slash(&target);
        items.push(if same && parts.upstream.is_named_after_host() && !parts.route.is_raw() {
            directive(["proxy_redirect", "default"])
        } else {
            directive(["proxy_redirect", &with_slash(url), &with_slash(&path)])
        });
    }
    match items.as_slice() {
        [] => vec![directive(["proxy_redirect", "off"])],
        [only] if *only == directive(["proxy_redirect", "default"]) => Vec::new(),
        _ => items,
    }
}

/// `RequestHeader set` and `unset` of a constant.
fn request_headers(settings: &Settings<'_>, s3: bool, ledger: &mut Ledger) -> Vec<Item> {
    let mut items: BTreeMap<String, Item> = BTreeMap::new();
    for node in &settings.request_headers {
        let words: Vec<_> = node.texts().collect();
        let header = match words.as_slice() {
            [action, name] if action.eq_ignore_ascii_case("unset") => Some((*name, "")),
            [action, name, value] if action.eq_ignore_ascii_case("set") => Some((*name, *value)),
            _ => None,
        };
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let hop = ["host", "connection", "content-length", "transfer-encoding"];
        match header {
            Some((name, value))
                if node.undefined().is_none()
                    && is_name(name)
                    && !hop.contains(&name.to_ascii_lowercase().as_str())
                    && !value.contains(['%', '$']) =>
            {
                ledger.convert(node);
                let item = directive(["proxy_set_header", name, value]);
                items.insert(name.to_ascii_lowercase(), item);
            }
            _ => ledger.leave(node, reasons::of("requestheader"), s3),
        }
    }
    items.into_values().collect()
}

/// The parameters of the connection that go into a location.
fn parameters(parts: &Parts<'_, '_>, s3: bool, ledger: &mut Ledger) -> Vec<Item> {
    let mut items = Vec::new();
    for (key, (value, node)) in &parts.settings.parameters {
        ledger.convert(node);
        let flag = worker::flag(value);
        let time = worker::time(value).filter(|time| !time.starts_with('0'));
        match (key.as_ref(), flag, time) {
            ("connectiontimeout", _, Some(time)) => {
                items.push(directive(["proxy_connect_timeout", &time]));
            }
            ("timeout", _, Some(time)) => {
                items.push(directive(["proxy_read_timeout", &time]));
                items.push(directive(["proxy_send_timeout", &time]));
            }
            ("keepalive", Some(true), _) => {
                items.push(directive(["proxy_socket_keepalive", "on"]));
            }
            ("flushpackets", Some(true), _) => items.push(directive(["proxy_buffering", "off"])),
            ("keepalive" | "flushpackets", Some(false), _) => {}
            // In the upstream block.
            ("max" | "ttl" | "retry" | "enablereuse" | "disablereuse", ..) => {}
            _ => {
                let part = format!("{} {key}={value}", node.name);
                let understood =
                    !matches!(key.as_ref(), "connectiontimeout" | "timeout" | "keepalive");
                let reason = if understood {
                    reasons::of_parameter(key)
                } else {
                    "the value is not understood"
                };
                ledger.leave_part(node, part, reason, s3);
            }
        }
    }
    if !parts.settings.parameters.contains_key("timeout")
        && let Some(node) = parts.timeout
    {
        match worker::time(node.argument(0).unwrap_or_default()) {
            Some(time) => {
                ledger.convert(node);
                items.push(directive(["proxy_read_timeout", &time]));
                items.push(directive(["proxy_send_timeout", &time]));
            }
            None => ledger.leave(node, "the value is not understood", s3),
        }
    }
    items
}

/// Who may come in. What nginx is not told lets nobody in.
pub fn access(settings: &Settings<'_>, s3: bool, ledger: &mut Ledger) -> Vec<Item> {
    let access = &settings.access;
    if access.rule != Rule::Other {
        access.nodes.iter().for_each(|node| convert_all(node, ledger));
    }
    match &access.rule {
        Rule::None | Rule::Granted => Vec::new(),
        Rule::Denied => vec![directive(["deny", "all"])],
        Rule::Addresses(addresses) => addresses
            .iter()
            .map(|address| directive(["allow", address]))
            .chain([directive(["deny", "all"])])
            .collect(),
        Rule::Other => {
            let reason = "nobody is let in until nginx is told who may come: put allow, \
                          auth_basic or auth_request in place of \"deny all\"";
            access.nodes.iter().for_each(|node| leave_all(node, reason, s3, ledger));
            let comment = "Apache let some in; see the report.".to_owned();
            vec![Item::Comment(comment), directive(["deny", "all"])]
        }
    }
}

/// Everything in a node is converted.
pub fn convert_all(node: &Node, ledger: &mut Ledger) {
    ledger.convert(node);
    node.children().iter().for_each(|child| convert_all(child, ledger));
}

/// Nothing in a node is converted.
fn leave_all(node: &Node, reason: &'static str, s3: bool, ledger: &mut Ledger) {
    if node.is_section() {
        node.children().iter().for_each(|child| leave_all(child, reason, s3, ledger));
    } else {
        ledger.leave(node, reason, s3);
    }
}
