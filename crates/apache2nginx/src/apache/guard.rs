//! What limits who comes in for paths that a regular expression describes.

use std::cell::OnceCell;
use std::rc::Rc;

use regex::Regex;

use crate::apache::pattern::{Pattern, compile, prefix_of_regex, regex_of_prefix};
use crate::apache::prefix_map::PrefixMap;
use crate::apache::section::Section;
use crate::tree::Node;

/// Paths to which some clients, or all, have no access.
#[derive(Debug)]
pub struct Guard<'a> {
    pub regex: String,
    /// What all of the paths begin with.
    pub begin: String,
    /// The section or directive that says so.
    pub node: &'a Node,
    /// Whether Apache lets in nobody, either.
    pub is_denial: bool,
    /// Made of a section with a prefix, which is a location of its own where it can.
    pub is_prefix: bool,
    /// Only for requests that Apache maps to files before it passes them on.
    pub is_for_files: bool,
    /// Compiled when it is first asked for; none if it cannot be.
    compiled: OnceCell<Option<Regex>>,
}

impl<'a> Guard<'a> {
    pub fn new(regex: String, node: &'a Node, is_denial: bool) -> Self {
        let begin = prefix_of_regex(&regex).0;
        let (is_prefix, is_for_files) = (false, false);
        Self { regex, begin, node, is_denial, is_prefix, is_for_files, compiled: OnceCell::new() }
    }

    /// For everything that begins with a path, and is at its end or goes on with a slash if
    /// `whole_parts` is set.
    pub fn of_prefix(prefix: &str, whole_parts: bool, node: &'a Node, is_denial: bool) -> Self {
        let regex = if whole_parts {
            regex_of_prefix(prefix)
        } else {
            format!("^{}", regex::escape(prefix))
        };
        Self { begin: prefix.to_owned(), ..Self::new(regex, node, is_denial) }
    }

    /// For a `<Location>` or `<LocationMatch>`.
    pub fn of_location(section: &Section<'a>) -> Self {
        let is_denial = section.settings.access.is_denial();
        match &section.pattern {
            // Where the variable would lead is not known.
            _ if section.node.undefined().is_some() => {
                Self::new(String::new(), section.node, false)
            }
            Pattern::Regex(regex) => Self::new(regex.clone(), section.node, is_denial),
            Pattern::Prefix(prefix) => {
                let guard = Self::of_prefix(prefix, true, section.node, is_denial);
                Self { is_prefix: true, ..guard }
            }
        }
    }

    /// The same only for requests that Apache maps to files before it passes them on.
    pub fn for_files(self) -> Self {
        Self { is_for_files: true, ..self }
    }

    /// Whether a path is one of the guard's, as far as is known here.
    pub fn matches(&self, path: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| compile(&self.regex));
        compiled.as_ref().is_none_or(|regex| regex.is_match(path))
    }
}

/// Guards by what their paths begin with.
#[derive(Default)]
pub struct Guards<'a> {
    all: Vec<Rc<Guard<'a>>>,
    prefixes: PrefixMap<usize>,
    others: PrefixMap<usize>,
}

impl<'a> Guards<'a> {
    pub fn new(guards: impl IntoIterator<Item = Guard<'a>>) -> Self {
        let mut found = Self::default();
        for (number, guard) in guards.into_iter().enumerate() {
            let map = if guard.is_prefix { &mut found.prefixes } else { &mut found.others };
            map.insert(guard.begin.clone(), number);
            found.all.push(Rc::new(guard));
        }
        found
    }

    /// Those that may be for a part of what is below a path. Those of sections with prefixes are
    /// left out unless `with_prefixes` is set, and so are those that are for all of it.
    pub fn overlapping(&self, path: &str, with_prefixes: bool) -> Vec<&Rc<Guard<'a>>> {
        let mut found: Vec<_> = self.others.overlapping(path).map(|one| &self.all[one]).collect();
        if with_prefixes {
            let parts = self.prefixes.overlapping(path).map(|one| &self.all[one]);
            found.extend(parts.filter(|guard| !guard.matches(path)));
        }
        found
    }

    /// How many steps a search takes.
    pub fn steps(&self) -> usize {
        self.prefixes.steps() + self.others.steps()
    }
}

/// Whether something can begin with both texts.
pub fn overlap(one: &str, other: &str) -> bool {
    one.starts_with(other) || other.starts_with(one)
}
