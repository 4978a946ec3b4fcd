//! What is not converted, as comments at its place.

use crate::convert::ledger::Ledger;
use crate::nginx::Item;
use crate::report::Kind;
use crate::secrets::Redactor;
use crate::tree::Node;

/// Writes what is left of nodes as comments.
pub struct Comments<'l> {
    pub ledger: &'l Ledger,
    pub redactor: &'l Redactor,
}

impl Comments<'_> {
    /// Comments on a node and everything in it; none if nothing of it is left.
    pub fn on(&self, node: &Node) -> Vec<Item> {
        let mut lines = Vec::new();
        self.lines(node, 0, false, &mut lines);
        lines
    }

    /// Comments on what is in a section, without the section itself.
    pub fn inside(&self, section: &Node) -> Vec<Item> {
        let mut lines = Vec::new();
        self.own(section, 0, &mut lines);
        for child in section.children() {
            self.lines(child, 0, false, &mut lines);
        }
        lines
    }

    /// The entries of the node itself.
    fn own(&self, node: &Node, depth: usize, lines: &mut Vec<Item>) -> bool {
        let mut all = false;
        for entry in self.ledger.entries(node) {
            match (&entry.text, entry.kind) {
                (_, Kind::Note) => {}
                (Some(part), _) => lines.push(self.line(node, depth, part)),
                (None, _) => all = true,
            }
        }
        all
    }

    fn lines(&self, node: &Node, depth: usize, whole: bool, lines: &mut Vec<Item>) {
        let all = self.own(node, depth, lines) || whole;
        if !node.is_section() {
            if all {
                lines.push(self.line(node, depth, &node.raw));
            }
            return;
        }
        let before = lines.len();
        lines.push(self.line(node, depth, &node.raw));
        for child in node.children() {
            self.lines(child, depth + 1, all, lines);
        }
        if lines.len() == before + 1 && !all {
            lines.pop();
        } else {
            lines.push(self.line(node, depth, &format!("</{}>", node.name)));
        }
    }

    fn line(&self, node: &Node, depth: usize, text: &str) -> Item {
        let indent = "    ".repeat(depth);
        Item::Comment(format!("{}: {indent}{}", node.place, self.redactor.line(text)))
    }
}
