//! The books: what of the input was converted, and why the rest was not.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::error::Error;
use crate::report::Kind;
use crate::tree::{Node, NodeId};

/// The most locations; more only come from multiplying, such as many routes of the main server in
/// many virtual hosts.
const MOST_LOCATIONS: usize = 200_000;

/// A bound for the steps that grow faster than the input.
const MOST_WORK: usize = 10_000_000;

/// Something about a directive that has to be told.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The part of the directive, if it is not all of it.
    pub text: Option<String>,
    pub reason: Cow<'static, str>,
    pub kind: Kind,
}

/// What became of each node.
#[derive(Default)]
pub struct Ledger {
    converted: HashSet<NodeId>,
    entries: HashMap<NodeId, Vec<Entry>>,
    /// Where an entry is among those of its node: it may be made for many routes.
    known: HashMap<(NodeId, Option<String>, Cow<'static, str>), usize>,
    locations: usize,
    work: usize,
}

impl Ledger {
    /// Counts steps of work.
    pub fn work(&mut self, steps: usize) -> Result<(), Error> {
        self.work += steps;
        if self.work > MOST_WORK {
            return Err(Error::TooLarge(
                "its servers and sections have too much to do with another",
            ));
        }
        Ok(())
    }

    /// The steps that were counted.
    pub fn steps(&self) -> usize {
        self.work
    }

    pub fn add_location(&mut self) -> Result<(), Error> {
        self.locations += 1;
        if self.locations > MOST_LOCATIONS {
            return Err(Error::TooLarge("it makes more than 200,000 locations"));
        }
        Ok(())
    }

    /// The node is in the output, or nginx does by itself what it says.
    pub fn convert(&mut self, node: &Node) {
        self.converted.insert(node.id);
    }

    pub fn is_converted(&self, node: &Node) -> bool {
        self.converted.contains(&node.id)
    }

    /// The node is not converted.
    pub fn leave(&mut self, node: &Node, reason: impl Into<Cow<'static, str>>, concerns_s3: bool) {
        self.add(node, None, reason.into(), Kind::left(concerns_s3));
    }

    /// A part of the node is not converted.
    pub fn leave_part(
        &mut self,
        node: &Node,
        part: String,
        reason: impl Into<Cow<'static, str>>,
        concerns_s3: bool,
    ) {
        self.add(node, Some(part), reason.into(), Kind::left(concerns_s3));
    }

    /// The node is converted, but there is something to be known about it.
    pub fn note(&mut self, node: &Node, reason: impl Into<Cow<'static, str>>) {
        self.convert(node);
        self.add(node, None, reason.into(), Kind::Note);
    }

    fn add(&mut self, node: &Node, text: Option<String>, reason: Cow<'static, str>, kind: Kind) {
        let entries = self.entries.entry(node.id).or_default();
        let place = self.known.entry((node.id, text.clone(), reason.clone()));
        let index = *place.or_insert(entries.len());
        match entries.get_mut(index) {
            Some(entry) => entry.kind = entry.kind.max(kind),
            None => entries.push(Entry { text, reason, kind }),
        }
    }

    pub fn entries(&self, node: &Node) -> &[Entry] {
        self.entries.get(&node.id).map_or(&[], Vec::as_slice)
    }
}
