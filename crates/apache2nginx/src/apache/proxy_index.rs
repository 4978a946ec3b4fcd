//! The `<Proxy>` sections that apply to a URL.

use std::collections::HashMap;

use regex::Regex;

use crate::apache::path_index::PathIndex;
use crate::apache::pattern::Pattern;
use crate::apache::section::Section;
use crate::apache::url::{Origin, Url};

/// The most sections with wildcards or regular expressions that are tried for each URL.
const MOST_REGEXES: usize = 64;

/// How large a regular expression may become.
const LARGEST_REGEX: usize = 1 << 18;

/// Finds the sections for a URL without a look at all of them.
#[derive(Default)]
pub struct ProxyIndex {
    everything: Vec<usize>,
    prefixes: HashMap<Origin, PathIndex<usize>>,
    regexes: Vec<(Regex, usize)>,
    /// Sections that no URL is compared with.
    pub unusable: Vec<usize>,
}

impl ProxyIndex {
    pub fn new(sections: &[Section<'_>]) -> Self {
        let mut index = Self::default();
        for (number, section) in sections.iter().enumerate() {
            match &section.pattern {
                Pattern::Prefix(prefix) if prefix.is_empty() => index.everything.push(number),
                Pattern::Prefix(prefix) => match Url::parse(prefix, false) {
                    Ok(url) => {
                        index.prefixes.entry(url.origin).or_default().insert(&url.path, number);
                    }
                    Err(_) => index.unusable.push(number),
                },
                Pattern::Regex(regex) if index.regexes.len() < MOST_REGEXES => {
                    match regex::RegexBuilder::new(regex).size_limit(LARGEST_REGEX).build() {
                        Ok(regex) => index.regexes.push((regex, number)),
                        Err(_) => index.unusable.push(number),
                    }
                }
                Pattern::Regex(_) => index.unusable.push(number),
            }
        }
        index
    }

    /// The sections for a URL, in the order of the configuration.
    pub fn matching(&self, url: &Url) -> Vec<usize> {
        let mut found = self.everything.clone();
        if let Some(paths) = self.prefixes.get(&url.origin) {
            found.extend(paths.covering(&url.path));
        }
        if !self.regexes.is_empty() {
            let mut text = url.with_host(&url.origin.host_header());
            if url.path.is_empty() {
                text.push('/');
            }
            let matching = self.regexes.iter().filter(|(regex, _)| regex.is_match(&text));
            found.extend(matching.map(|(_, number)| *number));
        }
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defines::Defines;
    use crate::read::Reader;

    #[test]
    fn sections_apply_by_prefix_wildcard_and_expression() {
        let text = "<Proxy *>\n</Proxy>\n\
            <Proxy https://a.example.com/>\n</Proxy>\n\
            <Proxy https://a.example.com:443/x>\n</Proxy>\n\
            <ProxyMatch ^https://[ab]\\.example\\.com/>\n</ProxyMatch>\n\
            <Proxy http://a.example.com/>\n</Proxy>\n\
            <Proxy https://*.com/*>\n</Proxy>\n\
            <Proxy balancer://a>\n</Proxy>\n\
            <ProxyMatch (?!a)>\n</ProxyMatch>\n";
        let mut reader = Reader::new(Defines::default(), None);
        let nodes = reader.read_bytes("a.conf".as_ref(), text.as_bytes()).unwrap();
        let sections: Vec<_> = nodes.iter().map(Section::of).collect();
        let index = ProxyIndex::new(&sections);
        let matching = |url| index.matching(&Url::parse(url, false).unwrap());
        assert_eq!(matching("https://a.example.com/x/y"), [0, 1, 2, 3, 5]);
        assert_eq!(matching("https://a.example.com"), [0, 1, 3, 5]);
        assert_eq!(matching("http://a.example.com/"), [0, 4]);
        assert_eq!(index.unusable, [6, 7]);
    }
}
