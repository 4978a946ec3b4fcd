//! What applies to a part of a route's requests only: sections below its path or URL, which get
//! routes of their own, and guards.

use std::rc::Rc;

use crate::apache::access::Rule;
use crate::apache::guard::{Guard, overlap};
use crate::apache::path_index::below;
use crate::apache::prefix_map::PrefixMap;
use crate::apache::proxy_index::text_of_prefix;
use crate::apache::server::Server;
use crate::apache::url::Url;
use crate::convert::ledger::Ledger;
use crate::convert::routes::{Matching, Route, Routes, Target, with_slash};
use crate::error::Error;
use crate::tree::Node;

impl<'a> Routes<'a, '_> {
    /// Routes for sections with settings of their own below another route's path or URL.
    pub(super) fn derived(&mut self) -> Result<(), Error> {
        let mut derived: Vec<Route<'a>> = Vec::new();
        for server in self.servers() {
            for section in server.mattering.iter().map(|&number| &server.locations[number]) {
                self.ledger.work(1)?;
                let Some(prefix) = section.prefix() else { continue };
                if !self.prefixes.at(prefix).is_empty() {
                    continue;
                }
                let Some(&base) = self.prefixes.covering(prefix).last() else { continue };
                if let Some(rest) = prefix.strip_prefix(&*self.routes[base].path()) {
                    derived.extend(self.below(base, prefix, rest, section.node));
                }
            }
        }
        let mut targets = PrefixMap::default();
        for (number, route) in self.routes.iter().enumerate() {
            if let (Target::Url(url), Matching::Prefix(prefix)) = (&route.target, &route.matching) {
                let origin = url.origin.host_header();
                let path = if prefix.ends_with('/') { joining(url) } else { &url.path };
                targets.insert(url.with_host(&origin, path), number);
            }
        }
        for server in self.servers() {
            for section in server.proxies.iter().filter(|section| section.settings.matters()) {
                let Some(text) = section.prefix() else { continue };
                let text = text_of_prefix(text);
                self.ledger.work(1 + targets.steps())?;
                for (length, base) in targets.prefixes_of(&text) {
                    self.ledger.work(1)?;
                    let rest = &text[length..];
                    let path = format!("{}{rest}", self.routes[base].path());
                    if rest.is_empty() || self.prefixes.covering(&path).last() != Some(&base) {
                        continue;
                    }
                    if path.ends_with('/') {
                        derived.extend(self.below(base, &path, rest, section.node));
                    } else if section.settings.access.is_restricting() {
                        // nginx has a location for it only at the end of a part of the path.
                        let is_denial = section.settings.access.rule() == Rule::Denied;
                        let guard = Guard::of_prefix(&path, false, section.node, is_denial);
                        self.guards.entry(self.routes[base].rank).or_default().push(Rc::new(guard));
                    }
                }
            }
        }
        for route in derived {
            self.ledger.add_location()?;
            let path = route.path().into_owned();
            // A section of the virtual host and one of the main server have one route.
            if self.prefixes.at(&path).is_empty() {
                self.prefixes.insert(&path, self.routes.len());
                self.routes.push(route);
            }
        }
        Ok(())
    }

    /// A route for what is below another one's path, which leads to what is below its URL.
    fn below(&self, base: usize, prefix: &str, rest: &str, section: &'a Node) -> Option<Route<'a>> {
        let base = self.routes[base].clone();
        let Target::Url(url) = &base.target else { return None };
        let joining = if base.path().ends_with('/') { joining(url) } else { &url.path };
        let (origin, path) = (url.origin.clone(), format!("{joining}{rest}"));
        let directory = base.directory.as_deref();
        let directory = directory.map(|directory| format!("{}{rest}", with_slash(directory)));
        Some(Route {
            matching: Matching::Prefix(prefix.to_owned()),
            target: Target::Url(Url { origin, path }),
            anchor: section,
            section: Some(section),
            directory,
            is_derived: true,
            ..base
        })
    }

    /// Finds what limits access to a part of each route's paths.
    pub(super) fn guard(&mut self) -> Result<(), Error> {
        let (mut prefixes, mut regexes) = (PrefixMap::default(), PrefixMap::default());
        for server in self.servers() {
            // The rules of mod_rewrite in the main server are not those of virtual hosts.
            let has_rules = server.node.is_some() || self.host.is_none();
            for guard in server.guards.iter().filter(|guard| has_rules || guard.node.is_section()) {
                self.ledger.work(1)?;
                let map = if guard.is_prefix { &mut prefixes } else { &mut regexes };
                map.insert(guard.begin.clone(), guard);
            }
        }
        let servers: Vec<_> = self.servers().collect();
        for route in &mut self.routes {
            let path = route.path().into_owned();
            let own = self.guards.get(&route.rank).into_iter().flatten();
            let mut guards: Vec<_> = own.filter(|guard| overlap(&guard.begin, &path)).collect();
            guards.extend(regexes.overlapping(&path));
            let below = directory_guards(&servers, route, self.ledger)?;
            guards.extend(&below);
            if route.is_regex() {
                // A prefix below that of a prefix has a route of its own, one above is all over.
                guards.extend(prefixes.overlapping(&path).filter(|guard| !guard.matches(&path)));
            }
            self.ledger.work(1 + regexes.steps() + prefixes.steps() + guards.len())?;
            guards.retain(|guard| route.section.is_none_or(|own| own.id != guard.node.id));
            guards.iter().try_for_each(|_| self.ledger.add_location())?;
            route.guards.extend(guards.into_iter().cloned());
        }
        Ok(())
    }
}

/// What replaces a path that ends in a slash.
fn joining(url: &Url) -> &str {
    if url.path.is_empty() { "/" } else { &url.path }
}

/// The guards for directories below that of a route, which only `IsmProxyPass` has.
fn directory_guards<'a>(
    servers: &[&'a Server<'a>],
    route: &Route<'a>,
    ledger: &mut Ledger,
) -> Result<Vec<Rc<Guard<'a>>>, Error> {
    let mut guards = Vec::new();
    let Some(directory) = route.directory.as_deref() else { return Ok(guards) };
    let restricting = |server: &&'a Server<'a>| {
        let server: &'a Server<'a> = server;
        server.restricting_directories.iter().map(|&number| &server.directories[number])
    };
    for section in servers.iter().flat_map(restricting) {
        ledger.work(1)?;
        let is_denial = section.settings.access.rule() == Rule::Denied;
        let guard = match section.prefix().map(|prefix| below(prefix, directory)) {
            Some(Some(rest)) if !rest.is_empty() => {
                let path = format!("{}{rest}", route.path());
                Guard::of_prefix(&path, true, section.node, is_denial)
            }
            // What the expression matches is a name in the file system.
            None => Guard::new(String::new(), section.node, false),
            Some(_) => continue,
        };
        guards.push(Rc::new(guard));
    }
    Ok(guards)
}
