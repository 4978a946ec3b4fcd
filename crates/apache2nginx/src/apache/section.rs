//! Sections that apply to requests: `<Location>`, `<Directory>`, `<Proxy>` and their relatives.

use crate::apache::pattern::Pattern;
use crate::apache::settings::Settings;
use crate::tree::Node;

/// A section, its pattern and its settings.
#[derive(Debug)]
pub struct Section<'a> {
    pub node: &'a Node,
    pub pattern: Pattern,
    /// The regular expression as it is written, captures and all, of `<NameMatch>`.
    pub expression: Option<&'a str>,
    pub settings: Settings<'a>,
}

impl<'a> Section<'a> {
    /// The section of a node that is one of `<Name>` or `<NameMatch>`.
    pub fn of(node: &'a Node) -> Self {
        let tilde = node.argument(0) == Some("~");
        let text = node.argument(usize::from(tilde)).unwrap_or_default();
        let expression = (tilde || node.key.ends_with("match")).then_some(text);
        let pattern = match expression {
            Some(expression) => Pattern::of_regex(expression),
            None if node.key == "proxy" => Pattern::of_url(text),
            None => Pattern::of_path(text),
        };
        Self { node, pattern, expression, settings: Settings::of(node.children(), true) }
    }

    pub fn prefix(&self) -> Option<&str> {
        match &self.pattern {
            Pattern::Prefix(prefix) => Some(prefix),
            Pattern::Regex(_) => None,
        }
    }

    /// The directives of this name in it, in lower case.
    pub fn all(&self, key: &str) -> impl Iterator<Item = &'a Node> {
        let node: &'a Node = self.node;
        node.children().iter().filter(move |child| child.key == key)
    }
}
