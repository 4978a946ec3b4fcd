//! The DNS servers that nginx asks.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use thiserror::Error;

/// A DNS server, as nginx's `resolver` directive has it: an IP address, in brackets if it is of
/// IPv6, and a port if it is not 53.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolver(String);

/// Why a text is no address of a DNS server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected an IP address without a scope id, such as 10.0.0.2, 10.0.0.2:53 or [fd00::2]:53")]
pub struct ResolverError;

/// The number of servers that the system's own resolver uses.
const MOST: usize = 3;

impl Resolver {
    /// The servers in the text of `/etc/resolv.conf`. Those that nginx does not accept are left
    /// out: addresses with a scope id, as in `fe80::1%eth0`.
    pub fn of_system(text: &str) -> Vec<Self> {
        let mut found = Vec::new();
        for line in text.lines() {
            let mut words = line.split_ascii_whitespace();
            let address = words.next().filter(|word| *word == "nameserver").and(words.next());
            let ip = address.and_then(|address| address.parse::<IpAddr>().ok());
            if let Some(resolver) = ip.map(Self::from)
                && !found.contains(&resolver)
            {
                found.push(resolver);
            }
        }
        found.truncate(MOST);
        found
    }

    /// The servers in the first `resolver` directive of a configuration that is the output.
    pub fn of_output(text: &str) -> Vec<Self> {
        let mut lines = text.lines().map(str::trim_start);
        let words = lines.find_map(|line| line.strip_prefix("resolver ")?.strip_suffix(';'));
        words
            .into_iter()
            .flat_map(|words| words.split(' '))
            .filter_map(|one| one.parse().ok())
            .collect()
    }
}

impl From<IpAddr> for Resolver {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self(address.to_string()),
            IpAddr::V6(address) => Self(format!("[{address}]")),
        }
    }
}

impl FromStr for Resolver {
    type Err = ResolverError;

    fn from_str(text: &str) -> Result<Self, ResolverError> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(address.into());
        }
        let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        if let Some(Ok(address)) = inner.map(str::parse::<Ipv6Addr>) {
            return Ok(IpAddr::from(address).into());
        }
        match text.parse::<SocketAddr>() {
            Ok(address) if address.port() != 0 && !text.contains('%') => {
                Ok(Self(address.to_string()))
            }
            _ => Err(ResolverError),
        }
    }
}

impl fmt::Display for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(resolvers: &[Resolver]) -> Vec<String> {
        resolvers.iter().map(Resolver::to_string).collect()
    }

    #[test]
    fn addresses_are_written_as_nginx_reads_them() {
        let cases = [
            ("10.0.0.2", Some("10.0.0.2")),
            ("10.0.0.2:5353", Some("10.0.0.2:5353")),
            ("fd00::2", Some("[fd00::2]")),
            ("[fd00::2]", Some("[fd00::2]")),
            ("[fd00::2]:53", Some("[fd00::2]:53")),
            ("fe80::1%eth0", None),
            ("[fe80::1%2]:53", None),
            ("10.0.0.2:0", None),
            ("10.0.0.2:x", None),
            ("[10.0.0.2]", None),
            ("dns.example.com", None),
            ("valid=30s", None),
            ("", None),
        ];
        for (text, written) in cases {
            let resolver = text.parse::<Resolver>().ok();
            assert_eq!(resolver.map(|one| one.to_string()).as_deref(), written, "{text}");
        }
    }

    #[test]
    fn the_systems_servers_are_those_that_nginx_accepts() {
        let text = "# nameserver 10.0.0.1\nsearch example.com\nnameserver\t10.0.0.2 \n\
                    nameserver fe80::1%eth0\nnameserver fd00::2\nnameserver 10.0.0.2\n\
                    nameserver dns.example.com\nnameservers 10.0.0.3\nnameserver\n";
        assert_eq!(texts(&Resolver::of_system(text)), ["10.0.0.2", "[fd00::2]"]);
        let five: String = (1..6).map(|number| format!("nameserver 10.0.0.{number}\n")).collect();
        assert_eq!(texts(&Resolver::of_system(&five)), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
        assert!(Resolver::of_system("").is_empty());
    }

    #[test]
    fn the_servers_of_an_output_are_those_of_its_directive() {
        let text = "# resolver 10.0.0.1;\nupstream a {\n    server a:443 resolve;\n    \
                    resolver 10.0.0.2 [fd00::2]:53;\n}\n";
        assert_eq!(texts(&Resolver::of_output(text)), ["10.0.0.2", "[fd00::2]:53"]);
        assert!(Resolver::of_output("upstream a {\n    server 10.0.0.1:443;\n}\n").is_empty());
    }
}
