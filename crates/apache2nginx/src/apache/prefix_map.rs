//! Values by texts of which some begin with others.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Finds what a text begins with, and what begins with a text, without a look at everything.
#[derive(Debug)]
pub struct PrefixMap<T> {
    values: BTreeMap<String, Vec<T>>,
    lengths: BTreeSet<usize>,
}

impl<T> Default for PrefixMap<T> {
    fn default() -> Self {
        Self { values: BTreeMap::new(), lengths: BTreeSet::new() }
    }
}

impl<T: Copy> PrefixMap<T> {
    pub fn insert(&mut self, text: String, value: T) {
        self.lengths.insert(text.len());
        self.values.entry(text).or_default().push(value);
    }

    /// The values of texts that `text` begins with, each with the length of its text.
    pub fn prefixes_of(&self, text: &str) -> impl Iterator<Item = (usize, T)> {
        self.lengths
            .range(..=text.len())
            .filter_map(|&length| Some((length, self.values.get(text.get(..length)?)?)))
            .flat_map(|(length, values)| values.iter().map(move |&value| (length, value)))
    }

    /// The values of texts that begin with `text` and are longer.
    pub fn below(&self, text: &str) -> impl Iterator<Item = T> {
        self.values
            .range::<str, _>((Bound::Excluded(text), Bound::Unbounded))
            .take_while(move |(longer, _)| longer.starts_with(text))
            .flat_map(|(_, values)| values.iter().copied())
    }

    /// The values of a text and of those that begin with it.
    pub fn at_or_below(&self, text: &str) -> impl Iterator<Item = T> {
        self.values.get(text).into_iter().flatten().copied().chain(self.below(text))
    }

    /// The values of texts of which one begins with the other.
    pub fn overlapping(&self, text: &str) -> impl Iterator<Item = T> {
        self.prefixes_of(text).map(|(_, value)| value).chain(self.below(text))
    }

    /// How many steps a search of prefixes takes.
    pub fn steps(&self) -> usize {
        self.lengths.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shorter_and_longer_is_found() {
        let mut map = PrefixMap::default();
        for (value, text) in ["", "a", "ab", "abc", "b", "ab"].into_iter().enumerate() {
            map.insert(text.to_owned(), value);
        }
        let prefixes: Vec<_> = map.prefixes_of("abx").collect();
        assert_eq!(prefixes, [(0, 0), (1, 1), (2, 2), (2, 5)]);
        assert_eq!(map.below("a").collect::<Vec<_>>(), [2, 5, 3]);
        assert_eq!(map.at_or_below("ab").collect::<Vec<_>>(), [2, 5, 3]);
        assert_eq!(map.overlapping("abcd").collect::<Vec<_>>(), [0, 1, 2, 5, 3]);
        assert_eq!(map.overlapping("a").collect::<Vec<_>>(), [0, 1, 2, 5, 3]);
    }
}
