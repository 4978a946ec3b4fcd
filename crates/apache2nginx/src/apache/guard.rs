//! What limits who comes in for paths that a regular expression describes.

use std::cell::OnceCell;
use std::rc::Rc;

use regex::Regex;

use crate::apache::access::{self, Rule};
use crate::apache::pattern::{Pattern, compile, prefix_of_regex, regex_of_prefix};
use crate::apache::section::Section;
use crate::apache::worker;
use crate::tree::Node;

/// Paths to which some clients, or all, have no access.
#[derive(Debug)]
pub struct Guard<'a> {
    pub regex: String,
    /// What all of the paths begin with.
    pub begin: String,
    /// The section or rule that says so.
    pub node: &'a Node,
    /// Whether Apache lets in nobody, either.
    pub is_denial: bool,
    /// Made of a section with a prefix, which is a location of its own where it can.
    pub is_prefix: bool,
    /// Compiled when it is first asked for; none if it cannot be.
    compiled: OnceCell<Option<Regex>>,
}

impl<'a> Guard<'a> {
    pub fn new(regex: String, node: &'a Node, is_denial: bool) -> Self {
        let begin = prefix_of_regex(&regex).0;
        Self { regex, begin, node, is_denial, is_prefix: false, compiled: OnceCell::new() }
    }

    /// For everything that begins with a path, and is at its end or goes on with a slash if
    /// `whole_parts` is set.
    pub fn of_prefix(prefix: &str, whole_parts: bool, node: &'a Node, is_denial: bool) -> Self {
        let regex = match whole_parts {
            true => regex_of_prefix(prefix),
            false => format!("^{}", regex::escape(prefix)),
        };
        let begin = prefix.to_owned();
        Self { begin, is_prefix: true, ..Self::new(regex, node, is_denial) }
    }

    /// Those of a server's sections and rules.
    pub fn all_of(locations: &[Section<'a>], nodes: &'a [Node]) -> Vec<Rc<Self>> {
        let mut guards = Vec::new();
        for section in locations.iter().filter(|section| section.settings.access.is_restricting()) {
            let is_denial = section.settings.access.rule() == Rule::Denied;
            guards.push(match &section.pattern {
                // Where the variable would lead is not known.
                _ if section.node.undefined().is_some() => {
                    Self::new(String::new(), section.node, false)
                }
                Pattern::Regex(regex) => Self::new(regex.clone(), section.node, is_denial),
                Pattern::Prefix(prefix) => Self::of_prefix(prefix, true, section.node, is_denial),
            });
        }
        guards.extend(of_rules(nodes));
        guards.into_iter().map(Rc::new).collect()
    }

    /// Whether a path is one of the guard's, as far as is known here.
    pub fn matches(&self, path: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| compile(&self.regex));
        compiled.as_ref().is_none_or(|regex| regex.is_match(path))
    }
}

/// Whether something can begin with both texts.
pub fn overlap(one: &str, other: &str) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// The rules of mod_rewrite that answer with an error, in a server where they are on.
fn of_rules(nodes: &[Node]) -> Vec<Guard<'_>> {
    let is_on = |node: &Node| worker::flag(node.argument(0).unwrap_or_default()) == Some(true);
    if !nodes.iter().rfind(|node| node.key == "rewriteengine").is_some_and(is_on) {
        return Vec::new();
    }
    let mut guards = Vec::new();
    let mut conditions = Vec::new();
    for node in nodes {
        if node.key == "rewritecond" {
            conditions.push(node);
        } else if node.key == "rewriterule" {
            let conditions = std::mem::take(&mut conditions);
            if access::is_forbidding(node) && !conditions.iter().any(|node| is_of_methods(node)) {
                guards.push(of_rule(node, conditions.is_empty()));
            }
        }
    }
    guards
}

fn of_rule(node: &Node, is_denial: bool) -> Guard<'_> {
    let pattern = node.argument(0).unwrap_or_default();
    if pattern.starts_with('!') || node.undefined().is_some() {
        return Guard::new(String::new(), node, false);
    }
    let flags = node.argument(2).unwrap_or_default().to_ascii_lowercase();
    let any_case = flags.split(|c: char| !c.is_alphanumeric()).any(|f| f == "nc" || f == "nocase");
    let regex = format!("{}{pattern}", if any_case { "(?i)" } else { "" });
    Guard::new(regex, node, is_denial)
}

/// A condition under which the method is neither GET nor HEAD: nginx refuses TRACE, and signs no
/// others either.
fn is_of_methods(node: &Node) -> bool {
    let (Some(what), Some(pattern)) = (node.argument(0), node.argument(1)) else { return false };
    let (not, pattern) = match pattern.strip_prefix('!') {
        Some(pattern) => (true, pattern),
        None => (false, pattern),
    };
    let Some(pattern) = pattern.strip_prefix('^') else { return false };
    let words: Vec<_> = pattern.trim_matches(['(', ')', '$']).split('|').collect();
    let has = |word: &str| words.contains(&word);
    let are_words = words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_uppercase()));
    let reads = if not { has("GET") && has("HEAD") } else { !has("GET") && !has("HEAD") };
    what == "%{REQUEST_METHOD}" && are_words && !has("") && reads
}
