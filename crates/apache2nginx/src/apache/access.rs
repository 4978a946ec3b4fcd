//! Who may come in: the part of Apache's authorization that nginx has the like of.

use std::net::{IpAddr, Ipv4Addr};

use crate::apache::{redirect, rewrite};
use crate::tree::Node;

/// What a section, or all sections that apply to a request, demand of a client. Apache's modules
/// decide each by itself and every one of them can refuse, so a later section overrides what an
/// earlier one says to the same module, and nothing else.
#[derive(Clone, Debug, Default)]
pub struct Access<'a> {
    families: [Demand<'a>; FAMILIES],
    /// Conditions and the like, which no later section overrides.
    pub closing: Vec<&'a Node>,
    /// `<Limit>` and `<LimitExcept>` that deny all, and leave GET and HEAD alone.
    pub methods: Vec<&'a Node>,
}

/// What one of Apache's modules is told, and by which directives.
#[derive(Clone, Debug, Default)]
struct Demand<'a> {
    rule: Rule,
    nodes: Vec<&'a Node>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// Nothing is said.
    #[default]
    None,
    Granted,
    Denied,
    /// Addresses and networks, as nginx writes them.
    Addresses(Vec<String>),
    /// Something that nginx is not told by this program.
    Other,
}

const FAMILIES: usize = 4;

/// Which module decides on a directive or section of this name, in lower case: that of `Require`,
/// that of `Order`, that for methods, that for TLS. Those of authentication alone let nobody in
/// or out.
fn family(key: &str) -> Option<usize> {
    match key {
        "require" | "requireall" | "requireany" | "requirenone" | "authmerging" => Some(0),
        "allow" | "deny" | "order" | "satisfy" => Some(1),
        "limit" | "limitexcept" => Some(2),
        "sslrequire" | "sslrequiressl" | "sslverifyclient" => Some(3),
        _ => None,
    }
}

/// Whether a directive of this name limits who comes in.
pub fn is_access(key: &str) -> bool {
    family(key).is_some()
}

impl<'a> Access<'a> {
    /// `in_section`: in a server, rules of mod_rewrite see the whole path and are guards of their
    /// own.
    pub fn of(nodes: &'a [Node], in_section: bool) -> Self {
        let mut access = Self::default();
        for node in nodes {
            if is_of_methods(node) {
                access.methods.push(node);
            } else if is_condition(node, in_section) && restricts(node)
                || in_section && (rewrite::is_forbidding(node) || redirect::is_refusing(node))
            {
                access.closing.push(node);
            } else if let Some(family) = family(&node.key).filter(|_| !is_default(node)) {
                access.families[family].nodes.push(node);
            }
        }
        for demand in &mut access.families {
            demand.rule = rule(&demand.nodes);
        }
        access
    }

    /// Adds what a later section says, and returns what that overrides.
    pub fn merge(&mut self, later: &Self) -> Vec<&'a Node> {
        let mut overridden = Vec::new();
        for (mine, later) in self.families.iter_mut().zip(&later.families) {
            if later.rule != Rule::None {
                overridden.append(&mut mine.nodes);
                *mine = later.clone();
            }
        }
        self.closing.extend(&later.closing);
        self.methods.extend(&later.methods);
        overridden
    }

    /// What all modules together say.
    pub fn rule(&self) -> Rule {
        let mut all = Rule::None;
        for Demand { rule, .. } in &self.families {
            all = match (all, rule) {
                (all, Rule::None) => all,
                (Rule::None | Rule::Granted, rule) => rule.clone(),
                (all, Rule::Granted) => all,
                (Rule::Denied, _) | (_, Rule::Denied) => Rule::Denied,
                _ => Rule::Other,
            };
        }
        if self.closing.is_empty() || all == Rule::Denied { all } else { Rule::Other }
    }

    /// The directives that say so.
    pub fn nodes(&self) -> impl Iterator<Item = &'a Node> {
        self.families.iter().flat_map(|demand| &demand.nodes).chain(&self.closing).copied()
    }

    /// Whether anything is said.
    pub fn is_none(&self) -> bool {
        self.rule() == Rule::None && self.methods.is_empty()
    }

    /// Whether nobody is let in.
    pub fn is_denial(&self) -> bool {
        self.rule() == Rule::Denied
    }

    /// Whether all that keeps clients out is overridden by some later section.
    pub fn yields_to(&self, later: &[&Self]) -> bool {
        let restricts = |rule: &Rule| !matches!(rule, Rule::None | Rule::Granted);
        let says =
            |family: usize| later.iter().any(|access| access.families[family].rule != Rule::None);
        self.closing.is_empty()
            && (0..FAMILIES).all(|one| !restricts(&self.families[one].rule) || says(one))
    }

    /// Whether some clients are kept out.
    pub fn is_restricting(&self) -> bool {
        !matches!(self.rule(), Rule::None | Rule::Granted)
    }
}

/// A section whose condition is known only when a request is made. Those of files in a server do
/// not apply to requests that are passed on.
fn is_condition(node: &Node, in_section: bool) -> bool {
    match node.key.as_str() {
        "if" | "elseif" | "else" => true,
        "files" | "filesmatch" => in_section,
        _ => false,
    }
}

/// Whether something in a section limits who comes in.
fn restricts(node: &Node) -> bool {
    let access = Access::of(node.children(), true);
    access.is_restricting() || !access.methods.is_empty()
}

/// `<LimitExcept GET …>`, or `<Limit>` for methods that do not read, with nothing but
/// `Require all denied`.
fn is_of_methods(node: &Node) -> bool {
    let reads = |method: &str| matches!(method, "GET" | "HEAD");
    let methods = match node.key.as_str() {
        "limitexcept" => node.texts().any(|method| method == "GET"),
        "limit" => !node.texts().any(reads),
        _ => false,
    };
    methods
        && !node.children().is_empty()
        && node.children().iter().all(|child| is_require(child, &["all", "denied"]))
}

/// What limits nothing, and is so without being said.
pub fn is_default(node: &Node) -> bool {
    let first = node.argument(0).unwrap_or_default();
    match node.key.as_str() {
        "sslverifyclient" => first.eq_ignore_ascii_case("none"),
        "authmerging" => first.eq_ignore_ascii_case("off"),
        "satisfy" => first.eq_ignore_ascii_case("all"),
        _ => false,
    }
}

fn is_require(node: &Node, words: &[&str]) -> bool {
    node.key == "require" && says(node, words)
}

/// Whether the arguments are these words, in any case.
fn says(node: &Node, words: &[&str]) -> bool {
    node.arguments.len() == words.len()
        && node.texts().zip(words).all(|(text, word)| text.eq_ignore_ascii_case(word))
}

fn rule(nodes: &[&Node]) -> Rule {
    if nodes.is_empty() {
        return Rule::None;
    }
    if nodes.iter().all(|node| node.key == "require") {
        return required(nodes);
    }
    let with = |key: &str| nodes.iter().filter(|node| node.key == key).collect::<Vec<_>>();
    let (order, allow, deny) = (with("order"), with("allow"), with("deny"));
    if order.len() + allow.len() + deny.len() != nodes.len() {
        return Rule::Other;
    }
    let all = |nodes: &[&&Node]| nodes.iter().any(|node| says(node, &["from", "all"]));
    let deny_first = match order.last() {
        None => true,
        Some(node) if says(node, &["deny,allow"]) => true,
        Some(node) if says(node, &["allow,deny"]) => false,
        Some(_) => return Rule::Other,
    };
    match (deny_first, allow.is_empty(), deny.is_empty()) {
        // The last word is "allow".
        (true, _, true) => Rule::Granted,
        (true, true, false) if all(&deny) => Rule::Denied,
        (true, false, false) if all(&allow) => Rule::Granted,
        (false, false, true) if all(&allow) => Rule::Granted,
        (false, true, _) => Rule::Denied,
        (false, ..) if all(&deny) => Rule::Denied,
        _ => Rule::Other,
    }
}

/// Several `Require` are alternatives.
fn required(nodes: &[&Node]) -> Rule {
    let mut addresses = Vec::new();
    for node in nodes {
        if is_require(node, &["all", "granted"]) {
            return Rule::Granted;
        }
        if is_require(node, &["all", "denied"]) {
            continue;
        }
        if !node.argument(0).is_some_and(|word| word.eq_ignore_ascii_case("ip")) {
            return Rule::Other;
        }
        for text in node.texts().skip(1) {
            match network(text) {
                Some(network) => addresses.push(network),
                None => return Rule::Other,
            }
        }
    }
    if addresses.is_empty() { Rule::Denied } else { Rule::Addresses(addresses) }
}

/// An address, a part of one, or a network with a mask or the length of its prefix.
fn network(text: &str) -> Option<String> {
    if let Some((address, length)) = text.split_once('/') {
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let length = match length.parse::<u32>() {
            Ok(length) => length,
            Err(_) => {
                let mask = u32::from(length.parse::<Ipv4Addr>().ok()?);
                let ones = mask.leading_ones();
                Some(ones).filter(|_| mask.count_ones() == ones)?
            }
        };
        return (length <= longest).then(|| format!("{address}/{length}"));
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_string());
    }
    let parts: Vec<u8> =
        text.trim_end_matches('.').split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    if parts.is_empty() || parts.len() > 3 {
        return None;
    }
    let mut address = [0; 4];
    address[..parts.len()].copy_from_slice(&parts);
    Some(format!("{}/{}", Ipv4Addr::from(address), 8 * parts.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defines::Defines;
    use crate::read::Reader;

    fn rule_of(text: &str) -> Rule {
        let mut reader = Reader::new(Defines::default(), None);
        let nodes = reader.read_bytes("a.conf".as_ref(), text.as_bytes()).unwrap();
        Access::of(&nodes, true).rule()
    }

    #[test]
    fn rules_are_understood_or_said_not_to_be() {
        let addresses = |all: &[&str]| Rule::Addresses(all.iter().map(|a| (*a).into()).collect());
        let cases = [
            ("", Rule::None),
            ("AuthType Basic", Rule::None),
            ("Require all granted", Rule::Granted),
            ("require ALL Denied", Rule::Denied),
            (
                "Require ip 10.1 192.168.1.0/255.255.255.0\nRequire ip ::1",
                addresses(&["10.1.0.0/16", "192.168.1.0/24", "::1"]),
            ),
            ("Require ip 10.0.0.0/255.0.255.0", Rule::Other),
            ("Require valid-user", Rule::Other),
            ("Require ip 10.1\nRequire valid-user", Rule::Other),
            ("<RequireAll>\nRequire all granted\n</RequireAll>", Rule::Other),
            ("Order allow,deny\nAllow from all", Rule::Granted),
            ("Order deny,allow\nDeny from all", Rule::Denied),
            ("Order deny,allow\nDeny from all\nAllow from 10.1", Rule::Other),
            ("<LimitExcept GET HEAD>\nRequire all denied\n</LimitExcept>", Rule::None),
            ("<LimitExcept GET OPTIONS>\nRequire all denied\n</LimitExcept>", Rule::None),
            ("<LimitExcept HEAD>\nRequire all denied\n</LimitExcept>", Rule::Other),
            ("<Limit PUT DELETE>\nRequire all denied\n</Limit>", Rule::None),
            ("<Limit GET>\nRequire all denied\n</Limit>", Rule::Other),
            ("SSLVerifyClient none\nAuthMerging Off", Rule::None),
            ("<If \"true\">\nRequire all denied\n</If>", Rule::Other),
            ("<If \"true\">\nHeader unset X\n</If>", Rule::None),
            ("<If \"true\">\n<If \"x\">\nRequire ip ::1\n</If>\n</If>", Rule::Other),
            ("<Files x>\nRequire all denied\n</Files>", Rule::Other),
            ("Require all granted\nOrder deny,allow\nDeny from all", Rule::Denied),
            ("Require ip 10.1\nOrder deny,allow\nAllow from all", addresses(&["10.1.0.0/16"])),
            ("Require ip 10.1\nSatisfy any", Rule::Other),
            ("RewriteRule ^/x - [F,L]", Rule::Other),
            ("RewriteRule ^/x /y [PT]", Rule::None),
            ("Redirect 403", Rule::Other),
            ("RedirectMatch gone x", Rule::Other),
            ("Redirect 302 /x http://y/", Rule::None),
            ("Redirect /400 http://y/", Rule::None),
            ("SSLVerifyClient require", Rule::Other),
            ("<LimitExcept GET>\nRequire valid-user\n</LimitExcept>", Rule::Other),
        ];
        for (text, rule) in cases {
            assert_eq!(rule_of(text), rule, "{text}");
        }
    }
}
