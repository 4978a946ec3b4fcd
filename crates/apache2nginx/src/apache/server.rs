//! The main server and the virtual hosts.

use std::collections::HashMap;

use crate::apache::guard::{Guard, Guards};
use crate::apache::path_index::{PathIndex, with_slash};
use crate::apache::prefix_map::PrefixMap;
use crate::apache::proxy_index::ProxyIndex;
use crate::apache::rewrite::Rules;
use crate::apache::section::Section;
use crate::apache::settings::Settings;
use crate::apache::url::{Origin, Url};
use crate::apache::{files, redirect};
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
    /// The directories with an `IsmProxyPass`, and those that let in some clients only, by their
    /// paths with a slash at the end.
    pub ism_directories: PrefixMap<usize>,
    pub restricting_directories: PrefixMap<usize>,
    /// The numbers of those with patterns that let in some clients only.
    pub restricting_patterns: Vec<usize>,
    pub proxies: Vec<Section<'a>>,
    /// The locations with a prefix, by it.
    pub location_index: PathIndex<usize>,
    pub directory_index: PathIndex<usize>,
    pub proxy_index: ProxyIndex,
    /// What limits who comes in for a part of the paths.
    pub guards: Guards<'a>,
    /// What mod_rewrite does.
    pub rules: Rules<'a>,
    /// `ProxyPass` and `ProxyPassMatch` outside of sections.
    pub passes: Vec<&'a Node>,
    /// `ProxyPassReverse` outside of sections, by its path without the slash at its end.
    pub reverses: HashMap<&'a str, Vec<&'a Node>>,
    /// `Alias`, and the numbers of those for a path.
    pub aliases: Vec<&'a Node>,
    pub alias_index: PathIndex<usize>,
    /// `ProxySet` outside of sections, by whom it is for.
    pub proxy_sets: HashMap<Origin, Vec<&'a Node>>,
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
        let aliases = directives("alias");
        let mut alias_index = PathIndex::default();
        for (number, node) in aliases.iter().enumerate() {
            alias_index.insert(node.argument(0).unwrap_or_default(), number);
        }
        let mut proxy_sets: HashMap<Origin, Vec<&Node>> = HashMap::new();
        for node in directives("proxyset") {
            if let Some(Ok(url)) = node.argument(0).map(|text| Url::parse(text, false)) {
                proxy_sets.entry(url.origin).or_default().push(node);
            }
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
            mattering: by_prefix(&locations, str::to_owned, |section| section.settings.matters()),
            regex_locations: numbers(&locations, |section| section.prefix().is_none())
                .into_iter()
                .map(|number| (locations[number].node.id, number))
                .collect(),
            guards: Guards::new(
                restricting(&locations)
                    .map(Guard::of_location)
                    .chain(restricting(&sections(&["files", "filesmatch"])).map(files::guard))
                    .chain(redirect::guards(nodes)),
            ),
            rules: Rules::of(nodes),
            locations,
            ism_directories: by_prefix(&directories, with_slash, |section| {
                section.all("ismproxypass").next().is_some()
            }),
            restricting_directories: by_prefix(&directories, with_slash, |section| {
                section.settings.access.is_restricting()
            }),
            restricting_patterns: numbers(&directories, |section| {
                section.prefix().is_none() && section.settings.access.is_restricting()
            }),
            directories,
            proxies,
            passes,
            reverses,
            alias_index,
            aliases,
            proxy_sets,
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

/// The sections that let in some clients only.
fn restricting<'s, 'a>(sections: &'s [Section<'a>]) -> impl Iterator<Item = &'s Section<'a>> {
    sections.iter().filter(|section| section.settings.access.is_restricting())
}

/// The numbers of the sections with a prefix for which something holds, by a text of the prefix.
fn by_prefix<'a>(
    sections: &[Section<'a>],
    text: impl Fn(&str) -> String,
    holds: impl Fn(&Section<'a>) -> bool,
) -> PrefixMap<usize> {
    let mut map = PrefixMap::default();
    for number in numbers(sections, holds) {
        if let Some(prefix) = sections[number].prefix() {
            map.insert(text(prefix), number);
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
