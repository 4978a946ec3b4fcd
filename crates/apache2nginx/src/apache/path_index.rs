//! Paths in a tree by their parts, so that what lies above or below one is found without a look at
//! all of them.

use std::collections::HashMap;

/// Values at paths; several may be at one path. One at a path with a slash at its end is for what is
/// below it, one at a path without for the path itself as well.
#[derive(Debug)]
pub struct PathIndex<T> {
    nodes: Vec<PathNode<T>>,
}

#[derive(Debug)]
struct PathNode<T> {
    children: HashMap<Box<str>, usize>,
    values: Vec<Value<T>>,
}

#[derive(Clone, Copy, Debug)]
struct Value<T> {
    value: T,
    below_alone: bool,
}

impl<T> Default for PathIndex<T> {
    fn default() -> Self {
        Self { nodes: vec![PathNode { children: HashMap::new(), values: Vec::new() }] }
    }
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

impl<T: Copy> PathIndex<T> {
    pub fn insert(&mut self, path: &str, value: T) {
        let mut at = 0;
        for part in parts(path) {
            at = match self.nodes[at].children.get(part) {
                Some(&child) => child,
                None => {
                    let child = self.nodes.len();
                    self.nodes.push(PathNode { children: HashMap::new(), values: Vec::new() });
                    self.nodes[at].children.insert(part.into(), child);
                    child
                }
            };
        }
        self.nodes[at].values.push(Value { value, below_alone: path.ends_with('/') });
    }

    /// The values that are for a path, outermost first.
    pub fn covering(&self, path: &str) -> Vec<T> {
        let mut at = 0;
        let mut found = Vec::new();
        for part in parts(path) {
            found.extend(self.nodes[at].values.iter().map(|value| value.value));
            match self.nodes[at].children.get(part) {
                Some(&child) => at = child,
                None => return found,
            }
        }
        let values = self.nodes[at].values.iter();
        let of_path = values.filter(|value| path.ends_with('/') || !value.below_alone);
        found.extend(of_path.map(|value| value.value));
        found
    }
}

/// A path with a slash at its end.
pub fn with_slash(path: &str) -> String {
    if path.ends_with('/') { path.to_owned() } else { format!("{path}/") }
}

/// What of a path lies below another, without the slash between them.
pub fn below<'a>(path: &'a str, base: &str) -> Option<&'a str> {
    let base = base.trim_end_matches('/');
    let rest = path.strip_prefix(base)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_above_a_path_and_at_it() {
        let mut index = PathIndex::default();
        for (value, path) in ["/", "/a/", "/a/b", "/ab", "/a"].into_iter().enumerate() {
            index.insert(path, value);
        }
        assert_eq!(index.covering("/a/b/c"), [0, 1, 4, 2]);
        assert_eq!(index.covering("/x"), [0]);
        assert_eq!(index.covering("/a/"), [0, 1, 4]);
        assert_eq!(index.covering("/a"), [0, 4]);
        assert_eq!(index.covering("/"), [0]);
    }

    #[test]
    fn a_path_is_below_another_by_whole_parts() {
        assert_eq!(below("/a/b", "/a/"), Some("b"));
        assert_eq!(below("/a", "/a/"), Some(""));
        assert_eq!(below("/ab", "/a"), None);
        assert_eq!(below("/ab", "/"), Some("ab"));
    }
}
