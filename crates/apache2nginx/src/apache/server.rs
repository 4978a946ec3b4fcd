//! The main server and the virtual hosts.

use std::collections::HashMap;
use std::rc::Rc;

use crate::apache::guard::Guard;
use crate::apache::path_index::PathIndex;
use crate::apache::prefix_map::PrefixMap;
use crate::apache::proxy_index::ProxyIndex;
use crate::apache::section::Section;
use crate::apache::settings::Settings;
use crate::error::Error;
use crate::tree::{Node, NodeId};

/// A server with everything that stands directly in it.
pub struct Server<'a> {
    /// The `<VirtualHost>`; none for the main server.
    pub node: Option<&'a Node>,
    pub nodes: &'a [Node],
    pub settings: Settings<'a>,
    pub locations: Vec<Section<'a>>,
    /// The numbers of the locations with a `ProxyPass`, and with an `IsmProxyPass`.
    pub passing: Vec<usize>,
    pub ism: Vec<usize>,
    /// The locations with a prefix and settings that matter by themselves, by the former.
    pub mattering: PrefixMap<usize>,
    /// The numbers of the locations with a regular expression, by their nodes.
    pub regex_locations: HashMap<NodeId, usize>,
    pub directories: Vec<Section<'a>>,
    /// The numbers of the directories that let in some clients only.
    pub restricting_directories: Vec<usize>,
    pub proxies: Vec<Section<'a>>,
    /// The locations with a prefix, by it.
    pub location_index: PathIndex<usize>,
    pub directory_index: PathIndex<usize>,
    pub proxy_index: ProxyIndex,
    /// What limits who comes in for a part of the paths.
    pub guards: Vec<Rc<Guard<'a>>>,
    /// `ProxyPass` and `ProxyPassMatch` outside of sections.
    pub passes: Vec<&'a Node>,
    /// `ProxyPassReverse` outside of sections, by its path without the slash at its end.
    pub reverses: HashMap<&'a str, Vec<&'a Node>>,
    /// `Alias`.
    pub aliases: Vec<&'a Node>,
    /// `ProxySet` outside of sections, which names the URL it is for.
    pub proxy_sets: Vec<&'a Node>,
    /// All directives outside of sections, by their names in lower case.
    by_key: HashMap<&'a str, Vec<&'a Node>>,
}

impl<'a> Server<'a> {
    pub fn new(node: Option<&'a Node>, nodes: &'a [Node]) -> Result<Self, Error> {
        let sections = |keys: &[&str]| -> Vec<Section<'a>> {
            nodes
                .iter()
                .filter(|node| node.is_section() && keys.contains(&node.key.as_str()))
                .map(Section::of)
                .collect()
        };
        let mut by_key: HashMap<&str, Vec<&Node>> = HashMap::new();
        for node in nodes.iter().filter(|node| !node.is_section()) {
            by_key.entry(&node.key).or_default().push(node);
        }
        let directives = |key: &str| by_key.get(key).cloned().unwrap_or_default();
        let mut passes = directives("proxypass");
        passes.extend(directives("proxypassmatch"));
        passes.sort_by_key(|node| node.id);
        let mut reverses: HashMap<&str, Vec<&Node>> = HashMap::new();
        for node in directives("proxypassreverse") {
            let path = node.argument(0).unwrap_or_default().trim_end_matches('/');
            reverses.entry(path).or_default().push(node);
        }
        let locations = sections(&["location", "locationmatch"]);
        let directories = sections(&["directory", "directorymatch"]);
        let proxies = sections(&["proxy", "proxymatch"]);
        Ok(Self {
            node,
            nodes,
            settings: Settings::of(nodes, false),
            location_index: index(&locations, |path| path),
            // To Apache, a directory is the same with a slash and without.
            directory_index: index(&directories, |path| path.trim_end_matches('/')),
            proxy_index: ProxyIndex::new(&proxies)?,
            passing: numbers(&locations, |section| {
                section.all("proxypass").chain(section.all("proxypassmatch")).next().is_some()
            }),
            ism: numbers(&locations, |section| section.all("ismproxypass").next().is_some()),
            mattering: by_prefix(&locations, |section| section.settings.matters()),
            regex_locations: numbers(&locations, |section| section.prefix().is_none())
                .into_iter()
                .map(|number| (locations[number].node.id, number))
                .collect(),
            guards: Guard::all_of(&locations, nodes),
            locations,
            restricting_directories: numbers(&directories, |section| {
                section.settings.access.is_restricting()
            }),
            directories,
            proxies,
            passes,
            reverses,
            aliases: directives("alias"),
            proxy_sets: directives("proxyset"),
            by_key,
        })
    }

    /// The last directive of this name, in lower case, outside of sections.
    pub fn last(&self, key: &str) -> Option<&'a Node> {
        self.all(key).next_back()
    }

    /// All directives of this name, in lower case, outside of sections.
    pub fn all(&self, key: &str) -> impl DoubleEndedIterator<Item = &'a Node> {
        self.by_key.get(key).into_iter().flatten().copied()
    }
}

/// The numbers of the sections for which something holds.
fn numbers<'a>(sections: &[Section<'a>], holds: impl Fn(&Section<'a>) -> bool) -> Vec<usize> {
    (0..sections.len()).filter(|&number| holds(&sections[number])).collect()
}

/// The numbers of the sections with a prefix for which something holds, by their prefixes.
fn by_prefix<'a>(
    sections: &[Section<'a>],
    holds: impl Fn(&Section<'a>) -> bool,
) -> PrefixMap<usize> {
    let mut map = PrefixMap::default();
    for number in numbers(sections, holds) {
        if let Some(prefix) = sections[number].prefix() {
            map.insert(prefix.to_owned(), number);
        }
    }
    map
}

fn index(sections: &[Section<'_>], path: impl Fn(&str) -> &str) -> PathIndex<usize> {
    let mut index = PathIndex::default();
    for (number, section) in sections.iter().enumerate() {
        if let Some(prefix) = section.prefix() {
            index.insert(path(prefix), number);
        }
    }
    index
}
