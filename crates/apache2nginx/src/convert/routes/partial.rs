//! What applies to a part of a route's requests only: sections below its path or URL, which get
//! routes of their own, and guards.

use std::rc::Rc;

use crate::apache::access::Access;
use crate::apache::files;
use crate::apache::guard::{Guard, overlap};
use crate::apache::path_index::{below, with_slash};
use crate::apache::proxy_index::text_of_prefix;
use crate::apache::rewrite::Rules;
use crate::apache::section::Section;
use crate::apache::server::Server;
use crate::apache::url::Url;
use crate::convert::ledger::Ledger;
use crate::convert::routes::{Matching, Route, Routes, Target};
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
                    let is_denial = section.settings.access.is_denial();
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
        let servers: Vec<&'a Server<'a>> = self.servers().collect();
        let rules = Rules::applying(&self.main.rules, self.host.map(|host| &host.rules));
        for route in &mut self.routes {
            let path = route.path().into_owned();
            // A prefix below that of a prefix has a route of its own.
            let with_prefixes = route.is_regex();
            let mut found: Vec<(usize, Rc<Guard<'a>>)> = Vec::new();
            let of_urls = self.guards.get(&route.rank).into_iter().flatten();
            let of_urls = of_urls.filter(|guard| overlap(&guard.begin, &path));
            found.extend(of_urls.map(|guard| (0, Rc::clone(guard))));
            for (number, server) in servers.iter().enumerate() {
                let guards = server.guards.overlapping(&path, with_prefixes);
                self.ledger.work(1 + server.guards.steps() + guards.len())?;
                found.extend(guards.into_iter().map(|guard| (number, Rc::clone(guard))));
                let guards = directory_guards(server, route, self.ledger)?;
                found.extend(guards.into_iter().map(|guard| (number, Rc::new(guard))));
            }
            for guards in &rules {
                let guards = guards.overlapping(&path, with_prefixes);
                self.ledger.work(1 + guards.len())?;
                found.extend(guards.into_iter().map(|guard| (0, Rc::clone(guard))));
            }
            found.retain(|(_, guard)| {
                (route.is_ism() || !guard.is_for_files)
                    && route.section.is_none_or(|own| own.id != guard.node.id)
                    && (!matches!(route.matching, Matching::Exact(_)) || guard.matches(&path))
            });
            if !found.is_empty() {
                let later = covering(&servers, &path);
                self.ledger.work(found.len() * (1 + later.len()))?;
                found.retain(|(number, guard)| !is_overridden(guard, *number, &later));
            }
            found.iter().try_for_each(|_| self.ledger.add_location())?;
            route.guards.extend(found.into_iter().map(|(_, guard)| guard));
        }
        Ok(())
    }
}

/// The `<Location>` sections for everything below a path, each with the number of its server.
fn covering<'a>(servers: &[&'a Server<'a>], path: &str) -> Vec<(usize, &'a Section<'a>)> {
    let mut found = Vec::new();
    for (number, server) in servers.iter().enumerate() {
        let sections = server.location_index.covering(path);
        found.extend(sections.into_iter().map(|section| (number, &server.locations[section])));
    }
    found
}

/// Whether sections that Apache merges later, and that are for all of a route's requests, override
/// what a guard's section says.
fn is_overridden(guard: &Guard<'_>, server: usize, sections: &[(usize, &Section<'_>)]) -> bool {
    if !guard.node.is_section() {
        return false;
    }
    // Those of directories, files and proxies all come before those of locations.
    let is_location = guard.node.key.starts_with("location");
    let later: Vec<_> = sections
        .iter()
        .filter(|(of, section)| !is_location || (*of, section.node.id) > (server, guard.node.id))
        .map(|(_, section)| &section.settings.access)
        .collect();
    Access::of(guard.node.children(), true).yields_to(&later)
}

/// What replaces a path that ends in a slash.
fn joining(url: &Url) -> &str {
    if url.path.is_empty() { "/" } else { &url.path }
}

/// The guards for directories below that of a route, which only `IsmProxyPass` has.
fn directory_guards<'a>(
    server: &'a Server<'a>,
    route: &Route<'a>,
    ledger: &mut Ledger,
) -> Result<Vec<Guard<'a>>, Error> {
    let Some(directory) = route.directory.as_deref() else { return Ok(Vec::new()) };
    let directory = with_slash(directory);
    let mut guards = Vec::new();
    for number in server.restricting_directories.below(&directory) {
        ledger.work(1)?;
        let section = &server.directories[number];
        let rest = section.prefix().and_then(|prefix| below(prefix, &directory));
        let path = format!("{}{}", route.path(), rest.unwrap_or_default());
        let is_denial = section.settings.access.is_denial();
        guards.push(Guard::of_prefix(&path, true, section.node, is_denial).for_files());
    }
    for &number in &server.restricting_patterns {
        ledger.work(1)?;
        guards.push(files::guard_of_directories(&server.directories[number], &directory));
    }
    Ok(guards)
}
