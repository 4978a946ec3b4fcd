//! What nobody has converted gets a reason.

use std::collections::HashMap;

use crate::apache::{access, worker};
use crate::convert::{Converter, Role, Site, reasons};
use crate::tree::{Node, NodeId};

impl Converter<'_> {
    /// Gives everything that is not converted a reason.
    pub(super) fn classify_all(&mut self, nodes: &[Node], sites: &[Site<'_>]) {
        let by_node: HashMap<NodeId, &Site<'_>> =
            sites.iter().filter_map(|site| Some((site.host?.node?.id, site))).collect();
        let any_signs = sites.iter().any(|site| site.signs);
        for node in nodes {
            match by_node.get(&node.id) {
                Some(site) if site.is_live() => {
                    for child in node.children() {
                        self.classify(child, None, site.signs, false);
                    }
                }
                Some(site) => {
                    for child in node.children() {
                        self.classify_dead(child, None);
                    }
                    let reason = match site.role {
                        Role::Stub => {
                            "nothing in it is passed on; its requests are answered with 404, or \
                             another server would get them"
                        }
                        _ => "nothing in it is passed on",
                    };
                    self.ledger.leave(node, reason, false);
                }
                None => self.classify(node, None, any_signs, false),
            }
        }
    }

    fn classify(&mut self, node: &Node, section: Option<&Node>, signs: bool, in_signed: bool) {
        if node.is_section() {
            let in_signed = in_signed || self.signed_sections.contains(&node.id);
            // Sections of files, and for the proxies and paths of others, are nothing to S3.
            let of_others = matches!(
                node.key.as_str(),
                "directory"
                    | "directorymatch"
                    | "files"
                    | "filesmatch"
                    | "proxy"
                    | "proxymatch"
                    | "location"
            );
            let signs = signs && (!of_others || in_signed);
            let within = Some(node);
            let children = node.children().iter();
            children.for_each(|child| self.classify(child, within, signs, in_signed));
            return;
        }
        if self.ledger.is_converted(node) || !self.ledger.entries(node).is_empty() {
            return;
        }
        if nginx_does_it(node) {
            self.ledger.convert(node);
            return;
        }
        let touches = signs && reasons::touches_upstream(&node.key);
        let passes = matches!(node.key.as_str(), "rewriterule" | "sethandler")
            && node.texts().any(|text| text.contains("http://") || text.contains("https://"));
        let concerns_s3 = reasons::is_s3(&node.key) || touches || (passes && self.any_s3);
        self.ledger.leave(node, reason(node, section), concerns_s3);
    }

    /// In a server that is not converted at all.
    fn classify_dead(&mut self, node: &Node, section: Option<&Node>) {
        let is_open = !self.ledger.is_converted(node) && self.ledger.entries(node).is_empty();
        if is_open && reasons::is_s3(&node.key) {
            self.ledger.leave(node, reason(node, section), true);
        }
        node.children().iter().for_each(|child| self.classify_dead(child, Some(node)));
    }
}

/// Why a directive is not converted, by the section around it.
fn reason(node: &Node, section: Option<&Node>) -> &'static str {
    match node.key.as_str() {
        "ismproxypass" => reasons::of_ism(section),
        key => reasons::of(key),
    }
}

/// Whether nginx does what a directive says without being told.
fn nginx_does_it(node: &Node) -> bool {
    let first = node.argument(0).unwrap_or_default();
    let off = worker::flag(first) == Some(false);
    if access::is_default(node) {
        return true;
    }
    match node.key.as_str() {
        "sslproxyengine" | "directoryslash" => true,
        "proxyrequests" | "proxypreservehost" | "proxyvia" => off,
        "require" => {
            first.eq_ignore_ascii_case("all")
                && node.argument(1).is_some_and(|text| text.eq_ignore_ascii_case("granted"))
        }
        _ => false,
    }
}
