//! The `location` blocks of a route.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::apache::access::{Access, Rule};
use crate::apache::path_index::with_slash;
use crate::apache::settings::Settings;
use crate::apache::url::{self, Scheme, Url};
use crate::apache::worker;
use crate::convert::ledger::Ledger;
use crate::convert::reasons;
use crate::convert::routes::{Matching, Route};
use crate::convert::upstreams::Upstream;
use crate::convert::{Options, tls};
use crate::nginx::{self, Item, directive};
use crate::secrets::{self, Redactor};
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
    pub redactor: &'r Redactor,
}

/// What becomes of the redirects of the other end.
pub enum Redirects<'a> {
    /// What nginx does by itself.
    Default,
    /// The `ProxyPassReverse` for it, with the number of the argument that is the URL.
    Reverse(Vec<(&'a Node, usize)>),
}

/// The block for a route.
pub fn passing(parts: &Parts<'_, '_>, ledger: &mut Ledger) -> Item {
    let Parts { route, upstream, .. } = parts;
    let path = &parts.url.path;
    let is_raw = route.is_raw();
    let url = |path: &str| parts.url.with_host(&upstream.name, &url::encoded(path, is_raw));
    let pass = |url: String| directive(["proxy_pass", &url]);
    let slash = if path.is_empty() { "/" } else { path };
    let mut items = Vec::new();
    match &route.matching {
        Matching::Regex(regex) => {
            let rewrites = !path.contains('$');
            // Without it, nginx passes on what the client wrote, dots and all.
            if !path.is_empty() || !is_raw {
                let (from, to) = if rewrites {
                    ("^(.*)$", format!("{path}$1"))
                } else {
                    (regex.as_str(), path.clone())
                };
                items.push(directive(["rewrite", &over_lines(from), &to, "break"]));
            }
            items.push(pass(url("")));
        }
        Matching::Exact(_) => items.push(pass(url(slash))),
        Matching::Prefix(prefix) => {
            let unchanged = is_raw && with_slash(path) == *prefix;
            if is_raw && !unchanged {
                let part = format!("{} … nocanon", route.node.name);
                let reason = "nginx decodes and encodes a path of which it replaces a part";
                ledger.leave_part(route.node, part, reason, upstream.signing.is_some());
            }
            if path.is_empty() && !route.is_derived && !route.is_ism() {
                let reason = "Apache would join the host and what follows the path without a \
                              slash; nginx has one";
                ledger.note(route.node, reason);
            }
            items.push(pass(if unchanged { url("") } else { url(slash) }));
        }
    }
    items.extend(common(parts, ledger));
    items.extend(guards(parts, ledger));
    block(route, items)
}

/// An expression whose "." matches the ends of lines, as it does in Apache.
fn over_lines(regex: &str) -> Cow<'_, str> {
    let mut escaped = false;
    let has_dot = regex.chars().any(|c| {
        let is_dot = c == '.' && !escaped;
        escaped = c == '\\' && !escaped;
        is_dot
    });
    if has_dot { Cow::Owned(format!("(?s){regex}")) } else { Cow::Borrowed(regex) }
}

/// Closed to all, since nginx is not told whom to let in.
const CLOSED: &str = "nobody is let in until nginx is told who may come: put allow, auth_basic or \
                      auth_request in place of \"deny all\"";

/// What Apache lets some in to, and nginx nobody.
fn shut(is_denial: bool) -> Vec<Item> {
    let why = Item::Comment("Apache let some in; see the report.".to_owned());
    let why = (!is_denial).then_some(why);
    why.into_iter().chain([directive(["deny", "all"])]).collect()
}

/// Marks what the guards of a route are made of, and the locations for them. Those for a single
/// path are a part of its own location.
fn guards(parts: &Parts<'_, '_>, ledger: &mut Ledger) -> Vec<Item> {
    let s3 = parts.upstream.signing.is_some();
    let mut items = Vec::new();
    for guard in &parts.route.guards {
        let nodes = if guard.node.is_section() {
            Access::of(guard.node.children(), true).nodes().collect()
        } else {
            vec![guard.node]
        };
        for node in nodes {
            if guard.is_denial {
                convert_all(node, ledger);
            } else {
                leave_all(node, CLOSED, s3, ledger);
            }
        }
        if !matches!(parts.route.matching, Matching::Exact(_)) {
            items.push(Item::Blank);
            let regex = over_lines(&guard.regex);
            items.push(nginx::block(["location", "~", &regex], shut(guard.is_denial)));
        }
    }
    items
}

/// The block for requests that nginx answers itself.
pub fn answer(route: &Route<'_>, code: u16) -> Item {
    block(route, vec![directive(["return", &code.to_string()])])
}

/// The block of a route.
fn block(route: &Route<'_>, items: Vec<Item>) -> Item {
    match &route.matching {
        Matching::Exact(path) => nginx::block(["location", "=", path], items),
        Matching::Prefix(path) if route.before_regex => {
            nginx::block(["location", "^~", path], items)
        }
        Matching::Prefix(path) => nginx::block(["location", path], items),
        Matching::Regex(regex) => nginx::block(["location", "~", &over_lines(regex)], items),
    }
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
    items.extend(request_headers(settings, parts.redactor, s3, ledger));
    items.extend(parameters(parts, s3, ledger));
    if upstream.origin.scheme == Scheme::Https {
        items.push(Item::Blank);
        if upstream.name != upstream.origin.host {
            items.push(directive(["proxy_ssl_name", &upstream.origin.host]));
        }
        items.extend(tls::items(&settings.tls, &parts.options.ca_file, parts.root, s3, ledger));
    }
    let mut access = access(settings, s3, ledger);
    if let Matching::Exact(_) = parts.route.matching
        && !parts.route.guards.is_empty()
    {
        access = shut(parts.route.guards.iter().any(|guard| guard.is_denial));
    }
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
    let target = parts.url.with_host(&parts.url.origin.host_header(), &parts.url.path);
    let mut items = Vec::new();
    for (node, argument) in nodes {
        let url = node.argument(*argument).unwrap_or_default();
        if url.is_empty() || url.contains('$') || path.contains('$') {
            ledger.leave(
                node,
                "nginx takes \"$\" for a variable",
                parts.upstream.signing.is_some(),
            );
            continue;
        }
        ledger.convert(node);
        let same = !parts.route.is_regex() && with_slash(url) == with_slash(&target);
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
fn request_headers(
    settings: &Settings<'_>,
    redactor: &Redactor,
    s3: bool,
    ledger: &mut Ledger,
) -> Vec<Item> {
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
                if !value.is_empty() && (secrets::is_header(name) || redactor.knows(value)) =>
            {
                let reason = "its value may be a secret: put proxy_set_header into a file that is \
                              not shared, and include it here";
                ledger.leave(node, reason, s3);
            }
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

/// The methods that `limit_except` knows; where it has GET, HEAD is let in as well.
const METHODS: [&str; 13] = [
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "MKCOL",
    "COPY",
    "MOVE",
    "OPTIONS",
    "PROPFIND",
    "PROPPATCH",
    "LOCK",
    "UNLOCK",
    "PATCH",
];

/// Who may come in. What nginx is not told lets nobody in.
fn access(settings: &Settings<'_>, s3: bool, ledger: &mut Ledger) -> Vec<Item> {
    let access = &settings.access;
    let rule = access.rule();
    for node in access.nodes() {
        match rule {
            Rule::Other => leave_all(node, CLOSED, s3, ledger),
            _ => convert_all(node, ledger),
        }
    }
    let mut items = match &rule {
        Rule::None | Rule::Granted => Vec::new(),
        Rule::Denied => shut(true),
        Rule::Addresses(addresses) => addresses
            .iter()
            .map(|address| directive(["allow", address]))
            .chain([directive(["deny", "all"])])
            .collect(),
        Rule::Other => shut(false),
    };
    // Of signed requests as well: s3_methods may be told to let in more.
    items.extend(methods(&access.methods));
    access.methods.iter().for_each(|node| convert_all(node, ledger));
    items
}

/// Leaves those methods of nginx out that some section denies.
fn methods(nodes: &[&Node]) -> Option<Item> {
    let allows = |method: &str| {
        nodes
            .iter()
            .all(|node| node.texts().any(|text| text == method) == (node.key == "limitexcept"))
    };
    let left: Vec<_> = METHODS.into_iter().filter(|method| allows(method)).collect();
    let words = ["limit_except"].into_iter().chain(left.iter().copied());
    (left.len() < METHODS.len()).then(|| nginx::block(words, shut(true)))
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
