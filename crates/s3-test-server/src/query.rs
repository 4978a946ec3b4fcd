//! The query of a request, and its canonical form.

use std::borrow::Cow;

use hyper::Uri;
use percent_encoding::{
    AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode,
};

/// All bytes but the unreserved ones of RFC 3986.
pub const RESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The same for a path, where the slash is kept.
pub const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// One argument of a query.
#[derive(Debug)]
pub struct Argument<'a> {
    /// As sent.
    pub raw: &'a str,
    /// Decoded.
    pub name: Cow<'a, str>,
    /// Decoded; empty when the argument has no value.
    pub value: Cow<'a, str>,
}

/// The arguments of a query, in the order they were sent.
#[derive(Debug)]
pub struct Query<'a>(Vec<Argument<'a>>);

impl<'a> Query<'a> {
    /// Parses the query of an URI.
    pub fn of(uri: &'a Uri) -> Self {
        let arguments = uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter_map(|raw| {
                let (name, value) = form_urlencoded::parse(raw.as_bytes()).next()?;
                Some(Argument { raw, name, value })
            })
            .collect();
        Self(arguments)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Argument<'a>> {
        self.0.iter()
    }

    /// The value of the first argument of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|argument| argument.name == name).map(|argument| argument.value.as_ref())
    }

    /// How often an argument of this name occurs.
    pub fn count(&self, name: &str) -> usize {
        self.iter().filter(|argument| argument.name == name).count()
    }

    /// The canonical form of Signature V4: everything but the unreserved bytes
    /// percent-encoded, sorted by name, then by value.
    fn canonical(&self) -> String {
        let mut pairs: Vec<(String, String)> = self
            .iter()
            .map(|argument| {
                (
                    utf8_percent_encode(&argument.name, RESERVED).to_string(),
                    utf8_percent_encode(&argument.value, RESERVED).to_string(),
                )
            })
            .collect();
        pairs.sort_unstable();
        let pairs: Vec<String> =
            pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("&")
    }
}

/// The URI in the canonical form of Signature V4. It names the same object with
/// the same arguments.
pub fn canonical_uri(uri: &Uri) -> Option<Uri> {
    let path: Vec<u8> = percent_decode_str(uri.path()).collect();
    let path = percent_encode(&path, RESERVED_IN_PATH).to_string();
    match uri.query() {
        None => replace(uri, path),
        Some(_) => replace(uri, format!("{path}?{}", Query::of(uri).canonical())),
    }
}

/// The URI with only those arguments to which the predicate applies, as they were sent.
pub fn retain_arguments(uri: &Uri, keep: impl Fn(&Argument<'_>) -> bool) -> Option<Uri> {
    let query = Query::of(uri);
    let kept: Vec<&str> =
        query.iter().filter(|argument| keep(argument)).map(|argument| argument.raw).collect();
    match &kept[..] {
        [] => replace(uri, uri.path().to_owned()),
        _ => replace(uri, format!("{}?{}", uri.path(), kept.join("&"))),
    }
}

/// Replaces the path and the query of an URI.
fn replace(uri: &Uri, path_and_query: String) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.try_into().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(uri: &str) -> String {
        canonical_uri(&uri.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn canonical_forms() {
        assert_eq!(canonical("/b/a+b%2bc"), "/b/a%2Bb%2Bc");
        assert_eq!(canonical("/b//./x/../%C3%A9/"), "/b//./x/../%C3%A9/");
        assert_eq!(canonical("/b?b=2&a=2&a=1&c"), "/b?a=1&a=2&b=2&c=");
        assert_eq!(canonical("/b?x=a+b%2Fc&x-y=~"), "/b?x=a%20b%2Fc&x-y=~");
        assert_eq!(canonical("//x"), "//x");
    }

    #[test]
    fn retained_arguments() {
        let uri: Uri = "/b/k%20?acl&%78=a%2Bb&y=1".parse().unwrap();
        let retain = |name| retain_arguments(&uri, |argument| argument.name != name).unwrap();
        assert_eq!(retain("x"), "/b/k%20?acl&y=1");
        assert_eq!(retain("z"), "/b/k%20?acl&%78=a%2Bb&y=1");
        assert_eq!(retain_arguments(&uri, |_| false).unwrap(), "/b/k%20");
    }

    #[test]
    fn arguments_keep_what_was_sent() {
        let uri: Uri = "/?acl&&x=%41=".parse().unwrap();
        let query = Query::of(&uri);
        let raw: Vec<&str> = query.iter().map(|argument| argument.raw).collect();
        assert_eq!(raw, ["acl", "x=%41="]);
        assert_eq!(query.get("acl"), Some(""));
        assert_eq!(query.get("x"), Some("A="));
        assert_eq!(query.get("y"), None);
    }
}
