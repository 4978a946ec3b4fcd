//! Addresses of `Listen` and `<VirtualHost>`.

use std::collections::HashSet;

/// An address and port; no address means all of them, no port every one that is listened on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    pub host: Option<String>,
    pub port: Option<u16>,
}

impl Address {
    /// `80`, `*:80`, `10.0.0.1`, `[::]:80`, `_default_:443`, `*:*`. A number alone is a port if
    /// `port_alone` is set, as in `Listen`.
    pub fn parse(text: &str, port_alone: bool) -> Option<Self> {
        if port_alone && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self { host: None, port: Some(port(text)?) });
        }
        let after_address = text.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match text[after_address..].rfind(':') {
            Some(at) => {
                let (host, rest) = text.split_at(after_address + at);
                let rest = &rest[1..];
                (host, if rest == "*" { None } else { Some(port(rest)?) })
            }
            None => (text, None),
        };
        let valid = host.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'[' | b']' | b':')
        });
        match host {
            "*" | "_default_" => Some(Self { host: None, port }),
            _ if !host.is_empty() && valid => Some(Self { host: Some(host.to_owned()), port }),
            _ => None,
        }
    }

    /// Whether every connection to this address is one to some of others.
    pub fn is_covered_by(&self, others: &HashSet<&Self>) -> bool {
        [(true, true), (true, false), (false, true), (false, false)].into_iter().any(
            |(host, port)| {
                let host = self.host.clone().filter(|_| host);
                others.contains(&Self { host, port: self.port.filter(|_| port) })
            },
        )
    }
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|&port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_all_forms() {
        let cases = [
            ("80", true, None, Some(80)),
            ("*:80", false, None, Some(80)),
            ("_default_:443", false, None, Some(443)),
            ("*", false, None, None),
            ("*:*", false, None, None),
            ("10.0.0.1", false, Some("10.0.0.1"), None),
            ("[::1]:8080", true, Some("[::1]"), Some(8080)),
            ("www.example.com:81", false, Some("www.example.com"), Some(81)),
        ];
        for (text, alone, host, port) in cases {
            let address = Address { host: host.map(str::to_owned), port };
            assert_eq!(Address::parse(text, alone), Some(address), "{text}");
        }
        assert_eq!(Address::parse("*:0", false), None);
        assert_eq!(Address::parse("a;b:80", false), None);
        assert_eq!(Address::parse("", false), None);
    }
}
