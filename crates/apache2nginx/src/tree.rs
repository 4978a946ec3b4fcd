//! The configuration as Apache has it after reading: directives and sections, with variables
//! replaced and files included.

use crate::place::Place;

/// The number of a node, in the order of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// One argument of a directive.
#[derive(Clone, Debug)]
pub struct Argument {
    pub text: String,
    /// The first variable in it that has no value.
    pub undefined: Option<String>,
}

/// A directive or, with children, a section.
#[derive(Clone, Debug)]
pub struct Node {
    pub id: NodeId,
    /// The name as it is written, and in lower case.
    pub name: String,
    pub key: String,
    pub arguments: Vec<Argument>,
    /// The line as it is written, variables and all.
    pub raw: String,
    pub place: Place,
    pub children: Option<Vec<Node>>,
}

impl Node {
    /// The text of an argument.
    pub fn argument(&self, index: usize) -> Option<&str> {
        self.arguments.get(index).map(|argument| argument.text.as_str())
    }

    /// The texts of all arguments.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().map(|argument| argument.text.as_str())
    }

    pub fn is_section(&self) -> bool {
        self.children.is_some()
    }

    /// What is in a section; nothing in a directive.
    pub fn children(&self) -> &[Node] {
        self.children.as_deref().unwrap_or_default()
    }

    /// The first variable in the arguments that has no value.
    pub fn undefined(&self) -> Option<&str> {
        self.arguments.iter().find_map(|argument| argument.undefined.as_deref())
    }
}
