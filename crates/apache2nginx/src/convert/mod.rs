//! The conversion: Apache's tree becomes nginx's.

mod classify;
mod comments;
mod ledger;
mod location;
mod reasons;
mod routes;
mod servers;
mod signing;
mod stubs;
mod tls;
mod upstreams;
mod writer;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::apache::access::Rule;
use crate::apache::address::Address;
use crate::apache::listened::Listened;
use crate::apache::section::Section;
use crate::apache::server::Server;
use crate::apache::settings::Settings;
use crate::apache::url::Url;
use crate::apache::worker;
use crate::convert::comments::Comments;
use crate::convert::ledger::Ledger;
use crate::convert::location::{Parts, Redirects};
use crate::convert::routes::{Matching, Route, Routes, Target};
use crate::convert::servers::Front;
use crate::convert::signing::Decision;
use crate::convert::upstreams::Upstreams;
use crate::convert::writer::Writer;
use crate::error::Error;
use crate::nginx::{Item, render};
use crate::read::Remark;
use crate::report::{self, Counts, Kind, Report};
use crate::secrets::Redactor;
use crate::target::{self, Addresses};
use crate::tree::{Node, NodeId};

/// What the operator chooses.
#[derive(Clone, Debug)]
pub struct Options {
    /// The certificates that nginx shall trust where Apache's configuration names none.
    pub ca_file: String,
    /// The nginx that reads the output.
    pub target: target::Target,
}

/// The result.
#[derive(Debug)]
pub struct Conversion {
    /// The upstream blocks with keys.
    pub secrets: Vec<Item>,
    /// All the rest.
    pub main: Vec<Item>,
    pub report: Report,
    /// The steps that were needed, for tests of how they grow.
    pub steps: usize,
}

/// Where a route leads.
enum Plan<'a> {
    /// To an upstream, by its number.
    Pass { url: Url, upstream: usize, settings: Box<Settings<'a>>, redirects: Redirects<'a> },
    /// To an answer of nginx itself.
    Answer(u16),
}

/// What becomes of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// It passes something on.
    Passing,
    /// It passes nothing on, but has to answer, or another server would.
    Stub,
    /// It is left out.
    Left,
}

/// A server with its routes: a virtual host, or the main server if `host` is `None`.
struct Site<'a> {
    host: Option<&'a Server<'a>>,
    role: Role,
    routes: Vec<(Route<'a>, Plan<'a>)>,
    /// Those of its section, of which nginx opens the ones of its front.
    addresses: Vec<Address>,
    front: Front,
    signs: bool,
    /// The block of each route, after all routes have their upstreams.
    blocks: Vec<Item>,
    /// The directives at the beginning.
    head: Vec<Item>,
}

impl Site<'_> {
    fn is_live(&self) -> bool {
        self.role == Role::Passing
    }
}

struct Converter<'a> {
    main: &'a Server<'a>,
    ledger: Ledger,
    upstreams: Upstreams<'a>,
    options: &'a Options,
    redactor: &'a Redactor,
    server_root: Option<&'a Path>,
    any_s3: bool,
    /// Sections that apply to signed requests.
    signed_sections: HashSet<NodeId>,
    /// Sections on which comments stand in a location.
    claimed: HashSet<NodeId>,
    noted_methods: bool,
    noted_ipv6: bool,
}

/// Converts what was read.
pub fn convert(
    nodes: &[Node],
    remarks: &[Remark],
    server_root: Option<&Path>,
    options: &Options,
) -> Result<Conversion, Error> {
    let mut keys = Vec::new();
    find_keys(nodes, &mut keys);
    let any_s3 = !keys.is_empty();
    // A variable without a value is none that has to be kept secret.
    let known = keys.iter().flat_map(|node| &node.arguments).filter(|one| one.undefined.is_none());
    let mut redactor = Redactor::default();
    known.for_each(|argument| redactor.add(&argument.text));
    let main = Server::new(None, nodes)?;
    let hosts = nodes
        .iter()
        .filter(|node| node.key == "virtualhost" && node.is_section())
        .map(|node| Server::new(Some(node), node.children()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut converter = Converter {
        main: &main,
        ledger: Ledger::default(),
        upstreams: Upstreams::default(),
        options,
        redactor: &redactor,
        server_root,
        any_s3,
        signed_sections: HashSet::new(),
        claimed: HashSet::new(),
        noted_methods: false,
        noted_ipv6: false,
    };
    let sites = converter.sites(&hosts)?;
    let orphans = converter.orphans(&hosts)?;
    converter.classify_all(nodes, &sites);

    let Converter { ledger, upstreams, claimed, .. } = converter;
    let comments = Comments { ledger: &ledger, redactor: &redactor };
    let mut report = report(nodes, remarks, &sites, &upstreams, &ledger, &redactor);
    if upstreams.all.iter().any(|upstream| !upstream.origin.is_address()) {
        report.addresses = options.target.report();
    }
    let writer = Writer::new(comments, &upstreams, options.target.resolvers(), claimed, orphans);
    let (main, secrets) = writer.write(&main, sites);
    Ok(Conversion { secrets, main, report, steps: ledger.steps() })
}

/// Collects the directives with keys, all arguments of which are secret.
fn find_keys<'a>(nodes: &'a [Node], keys: &mut Vec<&'a Node>) {
    for node in nodes {
        if matches!(node.key.as_str(), "s3accesskey" | "s3secretkey" | "s3securitytoken") {
            keys.push(node);
        }
        find_keys(node.children(), keys);
    }
}

impl<'a> Converter<'a> {
    /// All servers with their routes and blocks.
    fn sites(&mut self, hosts: &'a [Server<'a>]) -> Result<Vec<Site<'a>>, Error> {
        let listened = Listened::of(self.main.all("listen"));
        let mut sites = Vec::new();
        for host in hosts {
            let addresses = match host.node {
                Some(node) => servers::addresses(node, &listened, &mut self.ledger)?,
                None => Vec::new(),
            };
            sites.push(self.site(Some(host), addresses)?);
        }
        let taken: HashSet<&Address> = sites.iter().flat_map(|site| &site.addresses).collect();
        let left = listened.all().iter().filter(|address| !address.is_covered_by(&taken));
        let mut left: Vec<_> = left.cloned().collect();
        if listened.all().is_empty() && hosts.is_empty() {
            left = vec![Address { host: None, port: None }];
        }
        if !left.is_empty() {
            sites.push(self.site(None, left)?);
        }
        for site in &mut sites {
            let inherited = inheriting(self.main, site.host);
            site.front = servers::front(&inherited, &site.addresses, &listened, &mut self.ledger)?;
        }
        stubs::find(&mut sites, &mut self.ledger)?;
        for site in &mut sites {
            site.blocks = site.routes.iter().map(|route| self.block(site.host, route)).collect();
            if site.role != Role::Left {
                let server = site.host.unwrap_or(self.main);
                let inherited = inheriting(self.main, site.host);
                let root = |path: &str| below_root(self.server_root, path);
                let (front, s3, ledger) = (&site.front, site.is_live(), &mut self.ledger);
                site.head = servers::items(server, &inherited, front, &root, s3, ledger);
                if s3 {
                    self.note_ipv6(site);
                }
            }
        }
        if sites.iter().any(Site::is_live) {
            self.main.all("listen").for_each(|node| self.ledger.convert(node));
        }
        Ok(sites)
    }

    /// Apache's `*` is all addresses, that of nginx those of IPv4.
    fn note_ipv6(&mut self, site: &Site<'_>) {
        let any = site.front.addresses.iter().any(|address| address.host.is_none());
        if !any || std::mem::replace(&mut self.noted_ipv6, true) {
            return;
        }
        let node = site.host.and_then(|host| host.node).or_else(|| self.main.last("listen"));
        if let Some(node) = node {
            let reason = "nginx listens on IPv4 alone: add \"listen [::]:PORT\" for IPv6";
            self.ledger.note(node, reason);
        }
    }

    fn site(
        &mut self,
        host: Option<&'a Server<'a>>,
        addresses: Vec<Address>,
    ) -> Result<Site<'a>, Error> {
        let mut signs = false;
        let mut routes = Vec::new();
        let found = if addresses.is_empty() {
            Vec::new()
        } else {
            Routes::of(self.main, host, self.any_s3, &mut self.ledger)?
        };
        for route in found {
            let plan = self.plan(host, &route, &mut signs)?;
            routes.push((route, plan));
        }
        let passes = |plan: &Plan<'_>| matches!(plan, Plan::Pass { .. } | Plan::Answer(500));
        let role = if routes.iter().any(|(_, plan)| passes(plan)) {
            let sections = routes.iter().filter_map(|(route, _)| route.section);
            self.claimed.extend(sections.map(|section| section.id));
            Role::Passing
        } else {
            routes.clear();
            Role::Left
        };
        let (front, blocks, head) = (Front::default(), Vec::new(), Vec::new());
        Ok(Site { host, role, routes, addresses, front, signs, blocks, head })
    }

    fn plan(
        &mut self,
        host: Option<&'a Server<'a>>,
        route: &Route<'a>,
        signs: &mut bool,
    ) -> Result<Plan<'a>, Error> {
        let Target::Url(url) = &route.target else {
            let failed = !self.ledger.entries(route.node).is_empty();
            if !failed {
                self.ledger.convert(route.node);
            }
            return Ok(Plan::Answer(if failed { 502 } else { 404 }));
        };
        let (settings, sections) = self.effective(host, route, url)?;
        // What a later section overrides has no effect in nginx either.
        settings.overridden.iter().for_each(|node| location::convert_all(node, &mut self.ledger));
        host.and_then(|host| host.last("proxypassinherit"))
            .into_iter()
            .for_each(|node| self.ledger.convert(node));
        let signing = match signing::decide(&settings.s3, &mut self.ledger) {
            Decision::Unsigned => None,
            Decision::Signed(signing) => Some(signing),
            Decision::Impossible => {
                if !route.node.is_section() {
                    self.ledger.leave(route.node, "its requests cannot be signed", true);
                }
                return Ok(Plan::Answer(500));
            }
        };
        self.ledger.convert(route.node);
        self.flags(route, signing.is_some());
        if let Some(signing) = &signing {
            *signs = true;
            self.signed(route.node, &settings, signing.region.is_none(), &sections);
        }
        let proxies: Vec<_> = sections
            .iter()
            .filter(|section| section.node.key.starts_with("proxy"))
            .filter(|section| section.prefix() != Some(""))
            .map(|section| section.node)
            .collect();
        let ledger = &mut self.ledger;
        let upstream = self.upstreams.get(url, signing, &settings, &proxies, ledger);
        let redirects = self.redirects(host, route);
        let settings = Box::new(settings);
        Ok(Plan::Pass { url: url.clone(), upstream, settings, redirects })
    }

    /// Marks what is converted by a signed route.
    fn signed(
        &mut self,
        node: &Node,
        settings: &Settings<'a>,
        is_v2: bool,
        sections: &[&'a Section<'a>],
    ) {
        settings.s3.nodes().for_each(|node| self.ledger.convert(node));
        for section in sections {
            self.signed_sections.insert(section.node.id);
            // What a later section overrides is converted as well: it has no effect in either.
            section.settings.s3.nodes().for_each(|node| self.ledger.convert(node));
        }
        if let Some(key) = settings.s3.access_key.filter(|_| is_v2) {
            let reason = "without S3Region the signature is Version 2, which newer regions refuse";
            self.ledger.note(key, reason);
        }
        if !std::mem::replace(&mut self.noted_methods, true) {
            let reason = "Apache signs every method, nginx GET and HEAD; \"s3_methods any\" \
                          restores the former where clients write to the bucket";
            self.ledger.note(node, reason);
        }
    }

    /// The words after the URL that are no parameters with a value.
    fn flags(&mut self, route: &Route<'a>, s3: bool) {
        for argument in route.node.arguments.iter().skip(route.url_argument + 1) {
            let known =
                argument.text.contains('=') || argument.text.eq_ignore_ascii_case("nocanon");
            if !known {
                let part = format!("{} … {}", route.node.name, argument.text);
                self.ledger.leave_part(route.node, part, "no counterpart that is known here", s3);
            }
        }
    }

    /// The settings for a route's requests, and the sections that they come from, merged in
    /// Apache's order: servers, directories, proxies, locations.
    fn effective(
        &mut self,
        host: Option<&'a Server<'a>>,
        route: &Route<'a>,
        url: &Url,
    ) -> Result<(Settings<'a>, Vec<&'a Section<'a>>), Error> {
        let servers: Vec<&'a Server<'a>> = [Some(self.main), host].into_iter().flatten().collect();
        let mut settings = Settings::default();
        for server in &servers {
            self.ledger.work(1 + server.settings.size())?;
            settings.merge(&server.settings);
        }
        let mut sections: Vec<&'a Section<'a>> = Vec::new();
        if let Some(directory) = &route.directory {
            for server in &servers {
                let found = server.directory_index.covering(directory);
                sections.extend(found.into_iter().map(|number| &server.directories[number]));
            }
            sections.sort_by_key(|section| section.prefix().map_or(0, str::len));
        }
        let mut closing = Vec::new();
        for server in &servers {
            self.ledger.work(server.proxy_index.steps())?;
            let found = server.proxy_index.matching(url);
            sections.extend(found.into_iter().map(|number| &server.proxies[number]));
            // A prefix below that of a prefix has a route of its own.
            let with_prefixes = matches!(route.matching, Matching::Regex(_));
            let found = server.proxy_index.restricting(url, with_prefixes);
            let found = found.into_iter().map(|number| &server.proxies[number]);
            let found = found.filter(|section| section.settings.access.is_restricting());
            closing.extend(found.flat_map(|section| section.settings.access.nodes()));
        }
        for server in &servers {
            let mut found = server.location_index.covering(&route.path());
            // The section with a regular expression in which the route stands.
            found.extend(route.section.and_then(|node| server.regex_locations.get(&node.id)));
            found.sort_unstable();
            sections.extend(found.into_iter().map(|number| &server.locations[number]));
        }
        for section in &sections {
            self.ledger.work(1 + section.settings.size())?;
            settings.merge(&section.settings);
        }
        settings.parameters.extend(worker::parameters(route.node, route.url_argument + 1));
        let sets = servers.iter().filter_map(|server| server.proxy_sets.get(&url.origin));
        for node in sets.flatten() {
            self.ledger.work(1)?;
            settings.parameters.extend(worker::parameters(node, 1));
        }
        settings.access.closing.extend(closing);
        // Behind a proxy, the addresses of clients are not what nginx compares with.
        if matches!(settings.access.rule(), Rule::Addresses(_)) {
            let header = servers.iter().find_map(|server| server.last("remoteipheader"));
            settings.access.closing.extend(header);
        }
        self.ledger.work(settings.size())?;
        Ok((settings, sections))
    }

    fn redirects(&mut self, host: Option<&'a Server<'a>>, route: &Route<'a>) -> Redirects<'a> {
        if route.is_ism() || route.is_derived {
            return Redirects::Default;
        }
        let mut found: Vec<(&'a Node, usize)> = Vec::new();
        if let Some(section) = route.section {
            let children = section.children().iter();
            let nodes = children.filter(|node| node.key == "proxypassreverse");
            found.extend(nodes.map(|node| (node, node.arguments.len().saturating_sub(1).min(1))));
        }
        let path = route.path();
        for server in [Some(self.main), host].into_iter().flatten() {
            let nodes = server.reverses.get(path.trim_end_matches('/')).into_iter().flatten();
            found.extend(nodes.map(|&node| (node, 1)));
        }
        Redirects::Reverse(found)
    }

    fn block(&mut self, host: Option<&'a Server<'a>>, route: &(Route<'a>, Plan<'a>)) -> Item {
        let (route, plan) = route;
        match plan {
            Plan::Pass { url, upstream, settings, redirects } => {
                let last = inheriting(self.main, host);
                let parts = Parts {
                    route,
                    url,
                    upstream: &self.upstreams.all[*upstream],
                    settings,
                    redirects,
                    timeout: last("proxytimeout").or_else(|| last("timeout")),
                    root: &|path| below_root(self.server_root, path),
                    options: self.options,
                    redactor: self.redactor,
                };
                location::passing(&parts, &mut self.ledger)
            }
            Plan::Answer(code) => location::answer(route, *code),
        }
    }

    /// Sections with keys to which nothing is passed: upstream blocks, and what a location would
    /// be.
    fn orphans(&mut self, hosts: &'a [Server<'a>]) -> Result<HashMap<NodeId, Vec<Item>>, Error> {
        let mut found = HashMap::new();
        for server in std::iter::once(self.main).chain(hosts) {
            for section in &server.proxies {
                if !section.settings.s3.has_credentials() || self.upstreams.claims(section.node) {
                    continue;
                }
                let host = server.node.map(|_| server);
                // Of one with a wildcard or a variable, the host is not known.
                let whole = section.prefix().filter(|text| {
                    section.node.argument(0) == Some(text) && section.node.undefined().is_none()
                });
                let Some(Ok(url)) = whole.map(|text| Url::parse(text, false)) else { continue };
                let route = Route::of_section(section.node, url);
                let mut signs = false;
                let plan = self.plan(host, &route, &mut signs)?;
                if !matches!(plan, Plan::Pass { .. }) {
                    continue;
                }
                let block = self.block(host, &(route, plan));
                let text = render(&[block]);
                let lead = "Nothing is passed to it; a location that does so:".to_owned();
                let lines = text.lines().map(|line| format!("    {line}"));
                let comments = std::iter::once(lead).chain(lines);
                found.insert(section.node.id, comments.map(Item::Comment).collect());
                let reason = "no ProxyPass or IsmProxyPass leads to it: an upstream block, \
                              and a location as a comment";
                self.ledger.note(section.node, reason);
            }
        }
        Ok(found)
    }
}

/// Finds the last directive of a name in a virtual host, or else in the main server.
fn inheriting<'a>(
    main: &'a Server<'a>,
    host: Option<&'a Server<'a>>,
) -> impl Fn(&str) -> Option<&'a Node> {
    move |key| host.and_then(|host| host.last(key)).or_else(|| main.last(key))
}

/// A file's path, as Apache finds it.
fn below_root(root: Option<&Path>, path: &str) -> String {
    match root {
        Some(root) => root.join(path).to_string_lossy().into_owned(),
        None => path.to_owned(),
    }
}

/// The report on all nodes, in the order of reading.
fn report(
    nodes: &[Node],
    remarks: &[Remark],
    sites: &[Site<'_>],
    upstreams: &Upstreams<'_>,
    ledger: &Ledger,
    redactor: &Redactor,
) -> Report {
    let mut items: Vec<_> = remarks
        .iter()
        .map(|remark| {
            let line = redactor.line(&remark.line);
            report::Item::new(Kind::Note, &remark.place, line, &remark.reason)
        })
        .collect();
    let mut stack: Vec<&Node> = nodes.iter().rev().collect();
    while let Some(node) = stack.pop() {
        for entry in ledger.entries(node) {
            let line = redactor.line(entry.text.as_deref().unwrap_or(&node.raw));
            items.push(report::Item::new(entry.kind, &node.place, line, &entry.reason));
        }
        stack.extend(node.children().iter().rev());
    }
    let live = || sites.iter().filter(|site| site.is_live());
    let plans = || live().flat_map(|site| &site.routes).map(|(_, plan)| plan);
    let signs = |plan: &&Plan<'_>| match plan {
        Plan::Pass { upstream, .. } => upstreams.all[*upstream].signing.is_some(),
        Plan::Answer(_) => false,
    };
    let converted = Counts {
        servers: live().count(),
        locations: plans().count(),
        signed_locations: plans().filter(signs).count(),
        upstreams: upstreams.all.len(),
        signed_upstreams: upstreams.all.iter().filter(|one| one.signing.is_some()).count(),
    };
    Report { converted, addresses: Addresses::default(), items }
}
