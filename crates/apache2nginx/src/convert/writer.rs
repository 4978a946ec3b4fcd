//! Puts the parts into the two files.

use std::collections::{HashMap, HashSet};

use crate::apache::server::Server;
use crate::convert::comments::Comments;
use crate::convert::routes::Route;
use crate::convert::upstreams::Upstreams;
use crate::convert::{Role, Site};
use crate::nginx::{self, Item};
use crate::resolver::Resolver;
use crate::tree::{Node, NodeId};

/// Writes what was converted, and comments on the rest.
pub(super) struct Writer<'w, 'a> {
    comments: Comments<'w>,
    upstreams: &'w Upstreams<'a>,
    resolvers: &'w [Resolver],
    /// Sections on which comments stand in a location.
    claimed: HashSet<NodeId>,
    /// What stands at the place of sections to which nothing is passed.
    orphans: HashMap<NodeId, Vec<Item>>,
    /// Nodes on which comments have been written.
    written: HashSet<NodeId>,
}

impl<'w, 'a> Writer<'w, 'a> {
    pub(super) fn new(
        comments: Comments<'w>,
        upstreams: &'w Upstreams<'a>,
        resolvers: &'w [Resolver],
        claimed: HashSet<NodeId>,
        orphans: HashMap<NodeId, Vec<Item>>,
    ) -> Self {
        Self { comments, upstreams, resolvers, claimed, orphans, written: HashSet::new() }
    }

    /// The items of the main file, and those with secrets.
    pub(super) fn write(
        mut self,
        main: &Server<'a>,
        sites: Vec<Site<'a>>,
    ) -> (Vec<Item>, Vec<Item>) {
        let mut secrets = Vec::new();
        let mut items = Vec::new();
        for upstream in &self.upstreams.all {
            let file = if upstream.signing.is_some() { &mut secrets } else { &mut items };
            let mut block = upstream.items(self.resolvers);
            let comments: Vec<_> =
                upstream.sections.iter().flat_map(|node| self.comments.inside(node)).collect();
            add_comments(&mut block, comments);
            separate(file);
            file.push(nginx::block(["upstream", &upstream.name], block));
        }
        let (mut servers, mut stubs) = (HashMap::new(), HashMap::new());
        let mut own = None;
        for site in sites.into_iter().filter(|site| site.role != Role::Left) {
            match site.host.and_then(|host| host.node) {
                Some(node) if site.role == Role::Stub => {
                    stubs.insert(node.id, stub(node, site));
                }
                Some(node) => drop(servers.insert(node.id, self.server(site))),
                None => own = Some(self.server(site)),
            }
        }
        let mut comments = Vec::new();
        for node in main.nodes {
            let server = servers.remove(&node.id);
            if server.is_none() {
                self.left(node, &mut items, &mut comments);
            }
            if let Some(block) = server.or_else(|| stubs.remove(&node.id)) {
                flush(&mut items, &mut comments);
                separate(&mut items);
                items.push(block);
            }
        }
        flush(&mut items, &mut comments);
        if let Some(block) = own {
            separate(&mut items);
            items.push(block);
        }
        (items, secrets)
    }

    fn server(&mut self, site: Site<'a>) -> Item {
        let mut by_anchor: HashMap<NodeId, Vec<usize>> = HashMap::new();
        for (number, (route, _)) in site.routes.iter().enumerate() {
            by_anchor.entry(route.anchor.id).or_default().push(number);
        }
        let mut items = site.head;
        let mut blocks: Vec<Option<Item>> = site.blocks.into_iter().map(Some).collect();
        let mut comments = Vec::new();
        let nodes = site.host.map_or(&[][..], |host| host.nodes);
        for node in nodes {
            for &number in by_anchor.get(&node.id).into_iter().flatten() {
                if let Some(block) = blocks[number].take() {
                    flush(&mut items, &mut comments);
                    self.location(&site.routes[number].0, block, &mut items);
                }
            }
            self.left(node, &mut items, &mut comments);
        }
        flush(&mut items, &mut comments);
        // Those of the main server, for which the others are passed over.
        for (number, block) in blocks.iter_mut().enumerate() {
            if let Some(block) = block.take() {
                self.location(&site.routes[number].0, block, &mut items);
            }
        }
        nginx::block(["server"], items)
    }

    /// The block of a route, with comments on its section.
    fn location(&mut self, route: &Route<'a>, mut block: Item, items: &mut Vec<Item>) {
        let section = route.section.filter(|section| self.claimed.contains(&section.id));
        // Only in the first of several servers.
        let comments = match section {
            Some(section) if self.written(section) => self.comments.inside(section),
            Some(_) => Vec::new(),
            None if self.written(route.node) => self.comments.on(route.node),
            None => Vec::new(),
        };
        if let Item::Block(_, inside) = &mut block {
            add_comments(inside, comments);
        }
        separate(items);
        items.push(block);
    }

    /// Whether comments on a node are to be written here, which is so once.
    fn written(&mut self, node: &Node) -> bool {
        self.written.insert(node.id)
    }

    /// What is to be said of a node that is in no block: an orphan's comments at once, others are
    /// collected.
    fn left(&mut self, node: &Node, items: &mut Vec<Item>, comments: &mut Vec<Item>) {
        if let Some(mut orphan) = self.orphans.remove(&node.id) {
            flush(items, comments);
            separate(items);
            items.append(&mut orphan);
        } else if !self.claimed.contains(&node.id)
            && !self.written.contains(&node.id)
            && !self.upstreams.claims(node)
        {
            comments.extend(self.comments.on(node));
        }
    }
}

/// A server that answers for a virtual host which passes nothing on.
fn stub(node: &Node, site: Site<'_>) -> Item {
    let why = format!("Of {}, so that no other server gets its requests.", node.place);
    let mut items = vec![Item::Comment(why)];
    items.extend(site.head);
    items.push(Item::Blank);
    items.push(nginx::directive(["return", "404"]));
    nginx::block(["server"], items)
}

fn separate(items: &mut Vec<Item>) {
    if !items.is_empty() {
        items.push(Item::Blank);
    }
}

/// Adds comments with their heading.
fn add_comments(items: &mut Vec<Item>, comments: Vec<Item>) {
    if !comments.is_empty() {
        separate(items);
        items.push(Item::Comment("Not converted:".to_owned()));
        items.extend(comments);
    }
}

fn flush(items: &mut Vec<Item>, comments: &mut Vec<Item>) {
    add_comments(items, std::mem::take(comments));
}
