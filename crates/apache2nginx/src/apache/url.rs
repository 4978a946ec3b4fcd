//! The URL that a request is passed to.

use std::net::{Ipv4Addr, Ipv6Addr};

use thiserror::Error;

/// `http` or `https`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    pub fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Who is asked: everything of a URL but its path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    pub scheme: Scheme,
    /// In lower case, with the brackets of an IPv6 address.
    pub host: String,
    pub port: u16,
}

impl Origin {
    /// Whether the host has an address without DNS.
    pub fn is_address(&self) -> bool {
        self.host.starts_with('[')
            || self.host == "localhost"
            || self.host.parse::<Ipv4Addr>().is_ok()
    }

    /// The value of the Host header.
    pub fn host_header(&self) -> String {
        if self.port == self.scheme.port() {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// A URL with what follows the host, which begins with a slash, or a capture, if it is not empty.
/// The path is not encoded: a `%` in it is one of the object's name, as Apache takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    pub origin: Origin,
    pub path: String,
}

/// Why a URL is none that nginx can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UrlError {
    #[error("only http:// and https:// are converted")]
    Scheme,
    #[error(
        "a balancer has several hosts, each with a Host header and signatures of its own; \
             nginx has them in locations of their own"
    )]
    Balancer,
    #[error("the URL has no usable host")]
    Host,
    #[error("the host is only known when a request is made; see nginx-conf/variables.conf")]
    VariableHost,
    #[error("the port is no number from 1 to 65535")]
    Port,
    #[error("the URL has a user name")]
    User,
    #[error("the URL has arguments")]
    Arguments,
}

impl Url {
    /// Parses a URL; the `$1` of a `ProxyPassMatch` may stand in its path if `captures` is set.
    pub fn parse(text: &str, captures: bool) -> Result<Self, UrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            "balancer" => return Err(UrlError::Balancer),
            _ => return Err(UrlError::Scheme),
        };
        // `http://host$1` is usual where the group begins with a slash.
        let ends: &[char] = if captures { &['/', '?', '#', '$'] } else { &['/', '?', '#'] };
        let end = rest.find(ends).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.is_empty() && path.starts_with('$') {
            return Err(UrlError::VariableHost);
        }
        if authority.contains('@') {
            return Err(UrlError::User);
        }
        if authority.contains('$') {
            return Err(UrlError::VariableHost);
        }
        let (host, port) = split_port(authority, scheme)?;
        if path.contains(['?', '#']) {
            return Err(UrlError::Arguments);
        }
        let origin = Origin { scheme, host: host.to_ascii_lowercase(), port };
        Ok(Self { origin, path: path.to_owned() })
    }

    /// The URL without encoding, as `<Proxy>` sections are compared with it.
    pub fn text(&self) -> String {
        let slash = if self.path.is_empty() { "/" } else { "" };
        format!("{}{slash}", self.with_host(&self.origin.host_header(), &self.path))
    }

    /// A URL with another name for the host and another path.
    pub fn with_host(&self, name: &str, path: &str) -> String {
        format!("{}://{name}{path}", self.origin.scheme.name())
    }
}

fn split_port(authority: &str, scheme: Scheme) -> Result<(&str, u16), UrlError> {
    let after_address = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority[after_address..].find(':') {
        Some(at) => {
            let (host, port) = authority.split_at(after_address + at);
            let port = port[1..].parse().ok().filter(|&port| port > 0);
            (host, port.ok_or(UrlError::Port)?)
        }
        None => (authority, scheme.port()),
    };
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let valid = match inner {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        }
    };
    if valid { Ok((host, port)) } else { Err(UrlError::Host) }
}

/// Percent-encodes what cannot stand in a request line or, as `$`, in nginx's configuration. A `%`
/// stays one if `is_raw` is set, as it is for Apache's `nocanon`.
pub fn encoded(path: &str, is_raw: bool) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        let stays = byte.is_ascii_graphic() && !b"\"<>\\^`{|}$?#%".contains(&byte);
        if stays || byte == b'%' && is_raw {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_an_origin_and_a_path() {
        let url = Url::parse("HTTPS://Films.S3.amazonaws.com:443/a b/é", false).unwrap();
        assert_eq!(url.origin.host_header(), "films.s3.amazonaws.com");
        assert_eq!(encoded(&url.path, false), "/a%20b/%C3%A9");
        assert_eq!(encoded("/a%20$b", false), "/a%2520%24b");
        assert_eq!(encoded("/a%20$b", true), "/a%20%24b");
        let url = Url::parse("http://[::1]:9000", false).unwrap();
        assert_eq!((url.origin.host_header().as_str(), url.path.as_str()), ("[::1]:9000", ""));
    }

    #[test]
    fn urls_that_nginx_cannot_be_told_are_refused() {
        let cases = [
            ("ajp://a/", UrlError::Scheme),
            ("balancer://a/", UrlError::Balancer),
            ("http:///", UrlError::Host),
            ("http://${HOST}/", UrlError::VariableHost),
            ("http://$1.example.com/", UrlError::VariableHost),
            ("http://a:0/", UrlError::Port),
            ("http://a:x/", UrlError::Port),
            ("http://u:p@a/", UrlError::User),
            ("http://a/?b", UrlError::Arguments),
            ("http://a;b/", UrlError::Host),
            ("http://[zz]/", UrlError::Host),
        ];
        for (text, error) in cases {
            assert_eq!(Url::parse(text, false), Err(error), "{text}");
        }
        assert!(Url::parse("http://a/$1", true).is_ok());
    }
}
