//! The `<Proxy>` sections that apply to a URL.

use regex::Regex;

use crate::apache::guard::overlap;
use crate::apache::pattern::{Pattern, compile, prefix_of_regex};
use crate::apache::prefix_map::PrefixMap;
use crate::apache::section::Section;
use crate::apache::url::Url;
use crate::error::Error;

/// The most sections with wildcards or regular expressions that are tried for each URL.
const MOST_REGEXES: usize = 1000;

/// Finds the sections for a URL without a look at all of them.
#[derive(Default)]
pub struct ProxyIndex {
    prefixes: PrefixMap<usize>,
    regexes: Vec<(Regex, usize)>,
    /// The sections that let in some clients only, of which it may be that they apply to a part of
    /// what is below a URL: the text that their URLs begin with.
    restricting: Vec<(String, usize)>,
}

impl ProxyIndex {
    pub fn new(sections: &[Section<'_>]) -> Result<Self, Error> {
        let mut index = Self::default();
        for (number, section) in sections.iter().enumerate() {
            let restricts = section.settings.access.is_restricting();
            match &section.pattern {
                _ if section.node.undefined().is_some() => {
                    index.restricting.extend(restricts.then_some((String::new(), number)));
                }
                Pattern::Prefix(prefix) => index.prefixes.insert(text_of_prefix(prefix), number),
                Pattern::Regex(regex) => {
                    // What is not tried would let requests out unsigned.
                    if index.regexes.len() == MOST_REGEXES {
                        return Err(Error::TooLarge(
                            "a server has more than 1000 <Proxy> sections with patterns",
                        ));
                    }
                    index.regexes.extend(compile(regex).map(|regex| (regex, number)));
                    let begin = prefix_of_regex(regex).0;
                    index.restricting.extend(restricts.then_some((begin, number)));
                }
            }
        }
        Ok(index)
    }

    /// The sections for everything below a URL, in the order of the configuration.
    pub fn matching(&self, url: &Url) -> Vec<usize> {
        let text = text_of(url);
        let mut found: Vec<_> = self.prefixes.prefixes_of(&text).map(|(_, one)| one).collect();
        let matching = self.regexes.iter().filter(|(regex, _)| covers(regex, &text));
        found.extend(matching.map(|(_, number)| *number));
        found.sort_unstable();
        found
    }

    /// The sections that let in some clients only, to a part of what is below a URL. Those with
    /// prefixes are left out unless `with_prefixes` is set.
    pub fn restricting(&self, url: &Url, with_prefixes: bool) -> Vec<usize> {
        let text = text_of(url);
        let whole = self.matching(url);
        let parts = self.restricting.iter().filter(|(begin, _)| overlap(begin, &text));
        let mut found: Vec<_> = parts.map(|(_, number)| *number).collect();
        if with_prefixes {
            found.extend(self.prefixes.below(&text));
        }
        found.retain(|number| whole.binary_search(number).is_err());
        found
    }

    /// The sections with a prefix that is below a text, as [`text_of_prefix`] has it.
    pub fn below(&self, text: &str) -> impl Iterator<Item = usize> {
        self.prefixes.below(text)
    }

    /// How many steps a search takes.
    pub fn steps(&self) -> usize {
        self.prefixes.steps() + self.regexes.len() + self.restricting.len()
    }
}

/// Whether an expression matches everything that begins with a text.
fn covers(regex: &Regex, text: &str) -> bool {
    let has_end = regex.as_str().trim_end_matches(".*$").contains('$');
    regex.is_match(text) && !has_end
}

/// The text of a URL up to what is not known before a request.
fn text_of(url: &Url) -> String {
    let mut text = url.text();
    text.truncate(text.find('$').unwrap_or(text.len()));
    text
}

/// What the URLs of a `<Proxy>` section begin with, written as [`Url::text`] does.
pub fn text_of_prefix(prefix: &str) -> String {
    match Url::parse(prefix, false) {
        Ok(url) => url.with_host(&url.origin.host_header(), &url.path),
        Err(_) => prefix.to_ascii_lowercase(),
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
            <ProxyMatch (?!a)>\nRequire all denied\n</ProxyMatch>\n\
            <Proxy https://a.example>\n</Proxy>\n\
            <ProxyMatch \\.key$>\nRequire all denied\n</ProxyMatch>\n\
            <Proxy https://a.example.com/x/y/z>\nRequire all denied\n</Proxy>\n";
        let mut reader = Reader::new(Defines::default(), None);
        let nodes = reader.read_bytes("a.conf".as_ref(), text.as_bytes()).unwrap();
        let sections: Vec<_> = nodes.iter().map(Section::of).collect();
        let index = ProxyIndex::new(&sections).unwrap();
        let matching = |url| index.matching(&Url::parse(url, false).unwrap());
        assert_eq!(matching("https://a.example.com/x/y"), [0, 1, 2, 3, 5, 8]);
        assert_eq!(matching("https://a.example.com"), [0, 1, 3, 5, 8]);
        assert_eq!(matching("http://a.example.com/"), [0, 4]);
        let restricting = |with_prefixes| {
            index.restricting(&Url::parse("https://a.example.com/x", false).unwrap(), with_prefixes)
        };
        assert_eq!(restricting(false), [7, 9]);
        assert_eq!(restricting(true), [7, 9, 10]);
    }
}
