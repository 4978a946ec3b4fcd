//! What applies to a part of a route's requests only: sections below its path or URL, which get
//! routes of their own, and guards.

use std::rc::Rc;

use crate::apache::access::Rule;
use crate::apache::guard::{Guard, overlap};
use crate::apache::path_index::below;
use crate::apache::prefix_map::PrefixMap;
use crate::apache::proxy_index::text_of_prefix;
use crate::apache::section::Section;
use crate::apache::server::Server;
use crate::apache::url::Url;
use crate::convert::ledger::Ledger;
use crate::convert::routes::{Matching, Route, Routes, Target, with_slash};
use crate::error::Error;

impl<'a> Routes<'a, '_> {
    /// Routes for sections with settings of their own below another route's path or URL.
    pub(super) fn derived(&mut self) -> Result<(), Error> {
        let mut derived: Vec<Route<'a>> = Vec::new();
        for base in 0..self.routes.len() {
            if let (Matching::Prefix(_), Target::Url(_)) =
                (&self.routes[base].matching, &self.routes[base].target)
            {
                self.below_path(base, &mut derived)?;
                self.below_url(base, &mut derived)?;
            }
        }
        for route in derived {
            // A section of the virtual host and one of the main server have one route.
            let owner = self.owner(&route.matching);
            if owner.is_none_or(|owner| self.routes[owner].matching != route.matching) {
                self.add(route)?;
            }
        }
        Ok(())
    }

    /// For the `<Location>` sections below a route's path.
    fn below_path(&mut self, base: usize, derived: &mut Vec<Route<'a>>) -> Result<(), Error> {
        let path = self.routes[base].path().into_owned();
        for server in self.servers() {
            let mut found: Vec<_> = server.mattering.below(&path).collect();
            found.sort_unstable();
            for section in found.into_iter().map(|number| &server.locations[number]) {
                self.ledger.work(1)?;
                let Some(prefix) = section.prefix() else { continue };
                self.derive(base, prefix, section, derived);
            }
        }
        Ok(())
    }

    /// For the `<Proxy>` sections below a route's URL.
    fn below_url(&mut self, base: usize, derived: &mut Vec<Route<'a>>) -> Result<(), Error> {
        let Target::Url(url) = &self.routes[base].target else { return Ok(()) };
        let url = url.with_host(&url.origin.host_header(), joining(url));
        let path = self.routes[base].path().into_owned();
        for server in self.servers() {
            self.ledger.work(1)?;
            let mut found: Vec<_> = server.proxy_index.below(&url).collect();
            found.sort_unstable();
            for section in found.into_iter().map(|number| &server.proxies[number]) {
                self.ledger.work(1)?;
                let text = section.prefix().map(text_of_prefix).unwrap_or_default();
                let path = format!("{path}{}", &text[url.len()..]);
                if path.ends_with('/') {
                    self.derive(base, &path, section, derived);
                } else if section.settings.access.is_restricting()
                    && self.owner(&Matching::Prefix(path.clone())) == Some(base)
                {
                    // nginx has a location for it only at the end of a part of the path.
                    let is_denial = section.settings.access.rule() == Rule::Denied;
                    let guard = Guard::of_prefix(&path, false, section.node, is_denial);
                    self.guards.entry(self.routes[base].rank).or_default().push(Rc::new(guard));
                }
            }
        }
        Ok(())
    }

    /// Routes for a path of a section, where a base has it.
    fn derive(
        &self,
        base: usize,
        path: &str,
        section: &'a Section<'a>,
        derived: &mut Vec<Route<'a>>,
    ) {
        if !section.settings.matters() {
            return;
        }
        let exact = Some(Matching::Exact(path.to_owned())).filter(|_| !path.ends_with('/'));
        for matching in exact.into_iter().chain([Matching::Prefix(with_slash(path))]) {
            if self.owner(&matching) == Some(base)
                && let Some(route) = self.part(base, matching)
            {
                let (anchor, section) = (section.node, Some(section.node));
                derived.push(Route { anchor, section, ..route });
            }
        }
    }

    /// A route for a part of another one's paths, which leads to what is below its URL.
    pub(super) fn part(&self, base: usize, matching: Matching) -> Option<Route<'a>> {
        let base = self.routes[base].clone();
        let (Matching::Exact(path) | Matching::Prefix(path)) = &matching else { return None };
        let rest = path.strip_prefix(&*base.path())?;
        let target = match &base.target {
            Target::Url(url) => {
                let path = format!("{}{rest}", joining(url));
                Target::Url(Url { origin: url.origin.clone(), path })
            }
            Target::Nowhere => Target::Nowhere,
        };
        let directory = base.directory.as_deref();
        let directory = directory.map(|directory| format!("{}{rest}", with_slash(directory)));
        Some(Route { matching, target, directory, is_derived: true, ..base })
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
            if let Matching::Exact(path) = &route.matching {
                guards.retain(|guard| guard.matches(path));
            }
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
