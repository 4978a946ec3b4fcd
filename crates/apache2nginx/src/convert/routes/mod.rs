//! Routes: which requests a server passes to which URL, in Apache's order of precedence.

mod partial;

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use crate::apache::guard::Guard;
use crate::apache::path_index::{PathIndex, below, with_slash};
use crate::apache::pattern::{Pattern, prefix_of_regex, regex_of_prefix};
use crate::apache::prefix_map::PrefixMap;
use crate::apache::section::Section;
use crate::apache::server::Server;
use crate::apache::url::{Url, UrlError};
use crate::apache::worker;
use crate::convert::ledger::Ledger;
use crate::error::Error;
use crate::tree::Node;

/// What a request's path must be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matching {
    Exact(String),
    /// What begins with a path, which ends in a slash.
    Prefix(String),
    Regex(String),
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub enum Target {
    Url(Url),
    /// Nowhere: it is an exception from another route, or nginx cannot be told where.
    Nowhere,
}

/// A route, and what it is made of. A directive for a path without a slash at its end makes two: one
/// for the path itself, and one for what follows after a slash.
#[derive(Clone, Debug)]
pub struct Route<'a> {
    pub matching: Matching,
    pub target: Target,
    /// The directive that passes the requests on.
    pub node: &'a Node,
    /// Which of its arguments is the URL.
    pub url_argument: usize,
    /// The section around it.
    pub section: Option<&'a Node>,
    /// The node of the server at which the route stands: its section, or itself.
    pub anchor: &'a Node,
    /// The sections of files that apply to it, which only `IsmProxyPass` has.
    pub directory: Option<String>,
    /// Its place in Apache's order; one that is made for a section has that of the route around it.
    rank: usize,
    /// A route by a regular expression comes after it.
    pub before_regex: bool,
    /// Made for a section below another route's path.
    pub is_derived: bool,
    /// What limits who comes in for a part of its requests.
    pub guards: Vec<Rc<Guard<'a>>>,
}

impl<'a> Route<'a> {
    /// `section` is the one around the directive, if there is one.
    fn new(
        matching: Matching,
        target: Target,
        node: &'a Node,
        section: Option<&'a Node>,
        rank: usize,
    ) -> Self {
        Self {
            matching,
            target,
            node,
            url_argument: usize::from(section.is_none()),
            section,
            anchor: section.unwrap_or(node),
            directory: None,
            rank,
            before_regex: false,
            is_derived: false,
            guards: Vec::new(),
        }
    }

    /// A route for a `<Proxy>` section to which nothing is passed.
    pub fn of_section(section: &'a Node, url: Url) -> Self {
        let matching = Matching::Prefix("/".to_owned());
        let route = Self::new(matching, Target::Url(url), section, Some(section), 0);
        Self { section: None, is_derived: true, ..route }
    }

    pub fn is_ism(&self) -> bool {
        self.node.key == "ismproxypass"
    }

    /// A path for which sections can be looked up: all requests are below it.
    pub fn path(&self) -> Cow<'_, str> {
        match &self.matching {
            Matching::Exact(path) | Matching::Prefix(path) => Cow::Borrowed(path),
            Matching::Regex(regex) => {
                let mut prefix = prefix_of_regex(regex).0;
                prefix.truncate(prefix.rfind('/').map_or(0, |slash| slash + 1));
                if prefix.is_empty() { Cow::Borrowed("/") } else { Cow::Owned(prefix) }
            }
        }
    }

    pub fn is_regex(&self) -> bool {
        matches!(self.matching, Matching::Regex(_))
    }

    /// Whether the URL is passed on as the client wrote it.
    pub fn is_raw(&self) -> bool {
        self.node.texts().any(|text| text.eq_ignore_ascii_case("nocanon"))
    }
}

/// Collects the routes of a server.
pub struct Routes<'a, 'l> {
    main: &'a Server<'a>,
    host: Option<&'a Server<'a>>,
    ledger: &'l mut Ledger,
    routes: Vec<Route<'a>>,
    prefixes: PathIndex<usize>,
    exact: HashMap<String, usize>,
    /// What limits access to a part of the paths of the routes of a rank.
    guards: HashMap<usize, Vec<Rc<Guard<'a>>>>,
    any_s3: bool,
}

impl<'a, 'l> Routes<'a, 'l> {
    /// The routes of a virtual host, or those of the main server, in the order of the
    /// configuration.
    pub fn of(
        main: &'a Server<'a>,
        host: Option<&'a Server<'a>>,
        any_s3: bool,
        ledger: &'l mut Ledger,
    ) -> Result<Vec<Route<'a>>, Error> {
        let routes = Vec::new();
        let prefixes = PathIndex::default();
        let (exact, guards) = (HashMap::new(), HashMap::new());
        let mut routes = Self { main, host, ledger, routes, prefixes, exact, guards, any_s3 };
        routes.collect()?;
        routes.order()?;
        routes.guard()?;
        let mut routes = routes.routes;
        // Regular expressions keep their order, which is their precedence.
        let key = |route: &Route<'_>| Some(route.anchor.id).filter(|_| !route.is_regex());
        routes.sort_by_key(|route| (key(route).is_none(), key(route)));
        Ok(routes)
    }

    /// Finds the prefixes that Apache tries before a regular expression; nginx does so if told.
    fn order(&mut self) -> Result<(), Error> {
        let mut regexes = PrefixMap::default();
        for route in self.routes.iter().filter(|route| route.is_regex()) {
            regexes.insert(route.path().into_owned(), (route.rank, route.node));
        }
        for route in &mut self.routes {
            let Matching::Prefix(path) = &route.matching else { continue };
            self.ledger.work(regexes.steps())?;
            let mut first: Option<(usize, &Node)> = None;
            for (rank, node) in regexes.overlapping(path) {
                self.ledger.work(1)?;
                route.before_regex |= rank > route.rank;
                if first.is_none_or(|(first, _)| rank < first) {
                    first = Some((rank, node));
                }
            }
            if let Some((rank, first)) = first
                && route.before_regex
                && rank < route.rank
            {
                let part = format!("{} {path}", route.node.name);
                let reason = format!(
                    "Apache asks the regular expression of {} first, then this path, then another \
                     expression; nginx asks this path first",
                    first.place
                );
                self.ledger.leave_part(route.node, part, reason, self.any_s3);
            }
        }
        Ok(())
    }

    fn servers(&self) -> impl DoubleEndedIterator<Item = &'a Server<'a>> + use<'a> {
        [Some(self.main), self.host].into_iter().flatten()
    }

    /// Adds routes from the one that wins to the ones that have what is left.
    fn collect(&mut self) -> Result<(), Error> {
        for server in self.servers().rev() {
            for section in server.passing.iter().rev().map(|&number| &server.locations[number]) {
                self.ledger.work(1)?;
                for key in ["proxypass", "proxypassmatch"] {
                    if let Some(node) = section.all(key).last() {
                        self.pass_of_location(section, node)?;
                    }
                }
            }
        }
        let inherits = self
            .host
            .and_then(|host| host.last("proxypassinherit"))
            .is_none_or(|node| worker::flag(node.argument(0).unwrap_or_default()) != Some(false));
        for server in self.servers() {
            if server.node.is_none() && self.host.is_some() && !inherits {
                continue;
            }
            for node in &server.passes {
                self.ledger.work(1)?;
                self.pass_of_server(node)?;
            }
        }
        for server in self.servers().rev() {
            for section in server.ism.iter().rev().map(|&number| &server.locations[number]) {
                self.ledger.work(1)?;
                if let Some(node) = section.all("ismproxypass").last() {
                    self.ism_of_location(section, node)?;
                }
            }
        }
        self.directories()?;
        self.paths_without_slash()?;
        self.derived()
    }

    /// A `ProxyPass` in a `<Location>`.
    fn pass_of_location(&mut self, section: &'a Section<'a>, node: &'a Node) -> Result<(), Error> {
        let url = node.argument(0).unwrap_or_default();
        let expression = match (&section.pattern, section.expression) {
            (_, Some(expression)) => expression.to_owned(),
            (Pattern::Regex(regex), None) => regex.clone(),
            (Pattern::Prefix(prefix), None) if is_regex(node) => regex_of_prefix(prefix),
            (Pattern::Prefix(prefix), None) => {
                let target = self.target(node, url, false);
                return self.add_prefix(prefix.clone(), target, node, Some(section.node));
            }
        };
        self.add_regex(expression, url, node, Some(section.node));
        Ok(())
    }

    /// A `ProxyPass` or `ProxyPassMatch` outside of sections.
    fn pass_of_server(&mut self, node: &'a Node) -> Result<(), Error> {
        let (Some(path), Some(url)) = (node.argument(0), node.argument(1)) else {
            self.ledger.leave(node, "it takes a path and a URL", self.any_s3);
            return Ok(());
        };
        if is_regex(node) {
            self.add_regex(path.to_owned(), url, node, None);
            return Ok(());
        }
        let target = self.target(node, url, false);
        self.add_prefix(path.to_owned(), target, node, None)
    }

    /// An `IsmProxyPass` in a `<Location>`: slashes at the ends make no difference to it.
    fn ism_of_location(&mut self, section: &'a Section<'a>, node: &'a Node) -> Result<(), Error> {
        let Some(prefix) = section.prefix() else { return Ok(()) };
        let target = self.target(node, node.argument(0).unwrap_or_default(), true);
        let prefix = with_slash(prefix);
        let directory = self.directory_of(&prefix);
        self.add_ism(prefix, target, node, section, directory)
    }

    /// The directory to which Apache maps a path: by the first alias that has it, or else by the
    /// document root.
    fn directory_of(&self, path: &str) -> Option<String> {
        let aliased = self.servers().rev().find_map(|server| {
            let node = server.aliases[server.alias_index.covering(path).into_iter().min()?];
            let rest = below(path, node.argument(0)?)?;
            Some(format!("{}{rest}", with_slash(node.argument(1)?)))
        });
        aliased.or_else(|| {
            let root = self.document_root()?.argument(0)?;
            Some(format!("{}{path}", root.trim_end_matches('/')))
        })
    }

    fn document_root(&self) -> Option<&'a Node> {
        self.servers().rev().find_map(|server| server.last("documentroot"))
    }

    /// The `IsmProxyPass` in `<Directory>` sections: the URIs are those that lead there.
    fn directories(&mut self) -> Result<(), Error> {
        let mut roots = Vec::new();
        for server in self.servers().rev() {
            let aliases = server.aliases.iter();
            roots.extend(
                aliases.filter_map(|&node| Some((node, node.argument(0)?, node.argument(1)?))),
            );
        }
        roots.extend(self.document_root().and_then(|node| Some((node, "/", node.argument(0)?))));
        let mut found = Vec::new();
        for (number, server) in self.servers().enumerate() {
            for (node, uri, root) in &roots {
                self.ledger.work(1)?;
                for section in server.ism_directories.at_or_below(&with_slash(root)) {
                    self.ledger.work(1)?;
                    let section = &server.directories[section];
                    let directory = section.prefix().unwrap_or_default();
                    let rest = below(directory, root).unwrap_or_default();
                    let uri = with_slash(&format!("{}{rest}", with_slash(uri)));
                    let depth = directory.split('/').filter(|part| !part.is_empty()).count();
                    found.push((depth, number, section, uri, *node));
                }
            }
        }
        // A deeper directory wins, whatever the order.
        found.sort_by_key(|&(depth, number, section, ..)| {
            (std::cmp::Reverse(depth), number, section.node.id)
        });
        for (_, _, section, uri, root) in found {
            let Some(node) = section.all("ismproxypass").last() else { continue };
            self.ledger.convert(root);
            let target = self.target(node, node.argument(0).unwrap_or_default(), true);
            let directory = section.prefix().map(str::to_owned);
            self.add_ism(uri, target, node, section, directory)?;
        }
        Ok(())
    }

    fn add_ism(
        &mut self,
        prefix: String,
        target: Target,
        node: &'a Node,
        section: &'a Section<'a>,
        directory: Option<String>,
    ) -> Result<(), Error> {
        let first = self.routes.len();
        self.add_prefix(prefix, target, node, Some(section.node))?;
        self.routes[first..].iter_mut().for_each(|route| route.directory.clone_from(&directory));
        Ok(())
    }

    /// The target that a directive names; what is wrong with it is in the ledger then.
    fn target(&mut self, node: &'a Node, url: &str, is_ism: bool) -> Target {
        if url == "!" {
            return Target::Nowhere;
        }
        if let Some(name) = node.undefined() {
            self.ledger.leave(node, undefined(name), true);
            return Target::Nowhere;
        }
        match Url::parse(url, false) {
            Ok(mut url) => {
                if is_ism {
                    url.path = with_slash(&url.path);
                }
                Target::Url(url)
            }
            Err(error) => {
                // What is neither http nor a balancer is no bucket.
                let s3 = is_ism || self.any_s3 && error != UrlError::Scheme;
                self.ledger.leave(node, error.to_string(), s3);
                Target::Nowhere
            }
        }
    }

    fn add_prefix(
        &mut self,
        prefix: String,
        target: Target,
        node: &'a Node,
        section: Option<&'a Node>,
    ) -> Result<(), Error> {
        let path_ends_with_slash = prefix.ends_with('/');
        if !prefix.starts_with('/') {
            self.ledger.leave(node, "the path does not begin with a slash", self.any_s3);
            return Ok(());
        }
        let below = with_slash(&prefix);
        let wanted = [
            Some(Matching::Exact(prefix)).filter(|_| !path_ends_with_slash),
            Some(Matching::Prefix(below)),
        ];
        let mut winner = None;
        let rank = self.routes.len();
        for matching in wanted.into_iter().flatten() {
            match self.owner(&matching) {
                Some(first) => winner = Some(self.routes[first].node),
                None => {
                    let target = match (&matching, &target) {
                        (Matching::Prefix(_), Target::Url(url)) if !path_ends_with_slash => {
                            let path = format!("{}/", url.path);
                            Target::Url(Url { origin: url.origin.clone(), path })
                        }
                        _ => target.clone(),
                    };
                    self.add(Route::new(matching, target, node, section, rank))?;
                }
            }
        }
        if let Some(winner) = winner.filter(|one| self.routes.len() == rank && one.id != node.id) {
            self.ledger.note(node, format!("never reached: {} wins", winner.place));
        }
        Ok(())
    }

    /// The route that has all that another one would match.
    fn owner(&self, matching: &Matching) -> Option<usize> {
        match matching {
            Matching::Exact(path) => match self.exact.get(path) {
                Some(&exact) => Some(exact),
                None => self.prefixes.covering(path).last().copied(),
            },
            Matching::Prefix(path) => self.prefixes.covering(path).last().copied(),
            Matching::Regex(_) => None,
        }
    }

    /// Adds a route to those that are looked up.
    fn add(&mut self, route: Route<'a>) -> Result<(), Error> {
        self.ledger.add_location()?;
        let number = self.routes.len();
        match &route.matching {
            Matching::Exact(path) => drop(self.exact.insert(path.clone(), number)),
            Matching::Prefix(path) => self.prefixes.insert(path, number),
            Matching::Regex(_) => {}
        }
        self.routes.push(route);
        Ok(())
    }

    /// A route for a path with a slash at its end has not the path without it. Where another route
    /// has that, nginx has to be told, since it would redirect to the one with the slash.
    fn paths_without_slash(&mut self) -> Result<(), Error> {
        for number in 0..self.routes.len() {
            let Matching::Prefix(prefix) = &self.routes[number].matching else { continue };
            let Some(path) = prefix.strip_suffix('/').filter(|path| !path.is_empty()) else {
                continue;
            };
            let matching = Matching::Exact(path.to_owned());
            let Some(owner) = self.owner(&matching) else { continue };
            if self.routes[owner].matching == matching {
                continue;
            }
            let base = &self.routes[owner];
            let (section, anchor) = (base.section, base.anchor);
            if let Some(route) = self.part(owner, matching) {
                self.add(Route { section, anchor, ..route })?;
            }
        }
        Ok(())
    }

    fn add_regex(&mut self, regex: String, url: &str, node: &'a Node, section: Option<&'a Node>) {
        let mut s3 = self.any_s3;
        let parsed = match node.undefined() {
            Some(name) => Err(undefined(name)),
            None if url == "!" => Ok(Target::Nowhere),
            None => match Url::parse(url, true) {
                Ok(url) if !has_captures_alone(&url.path) => {
                    Err("nginx has no other \"$\" in a replacement than $1 to $9".to_owned())
                }
                Ok(url) if url.path.starts_with('$') && !begins_with_slash(&regex, &url.path) => {
                    Err(UrlError::VariableHost.to_string())
                }
                Ok(url) => Ok(Target::Url(url)),
                Err(error) => {
                    s3 &= error != UrlError::Scheme;
                    Err(error.to_string())
                }
            },
        };
        match parsed {
            Ok(target) => {
                let rank = self.routes.len();
                self.routes.push(Route::new(Matching::Regex(regex), target, node, section, rank));
            }
            Err(reason) => self.ledger.leave(node, reason, s3),
        }
    }
}

/// Whether a directive that passes requests on takes a regular expression.
fn is_regex(node: &Node) -> bool {
    node.key == "proxypassmatch"
}

/// Why a directive with a variable that has no value is not converted.
pub fn undefined(name: &str) -> String {
    format!("the variable {name} has no value; give one with -D {name}=… or in the environment")
}

/// Whether each `$` is that of a capture, and there is no backslash, which Apache has for escapes.
fn has_captures_alone(path: &str) -> bool {
    let mut after = path.split('$').skip(1);
    after.all(|text| text.starts_with(|c| ('1'..='9').contains(&c))) && !path.contains('\\')
}

/// Whether the group of a `$1` at the beginning of a path matches a slash first.
fn begins_with_slash(regex: &str, path: &str) -> bool {
    let Some(wanted) = path.chars().nth(1).and_then(|digit| digit.to_digit(10)) else {
        return false;
    };
    let mut groups = 0;
    let mut escaped = false;
    for (at, c) in regex.char_indices() {
        if c == '(' && !escaped && !regex[at..].starts_with("(?") {
            groups += 1;
            if groups == wanted {
                return regex[at..].starts_with("(/") || regex[at..].starts_with("(\\/");
            }
        }
        escaped = c == '\\' && !escaped;
    }
    false
}
