//! Where Apache listens.

use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;

use crate::apache::address::Address;
use crate::tree::Node;

/// The addresses of `Listen`, by their ports and by their hosts.
#[derive(Debug, Default)]
pub struct Listened {
    all: Vec<Address>,
    known: HashSet<Address>,
    /// Those for which TLS is the default.
    https: HashSet<Address>,
    by_port: HashMap<Option<u16>, Vec<usize>>,
    by_host: HashMap<Option<String>, Vec<usize>>,
}

impl Listened {
    pub fn of<'a>(nodes: impl Iterator<Item = &'a Node>) -> Self {
        let mut listened = Self::default();
        for node in nodes {
            let address = node.argument(0).and_then(|text| Address::parse(text, true));
            if let Some(address) = address.filter(|address| !listened.known.contains(address)) {
                listened.add(address, node.argument(1));
            }
        }
        listened
    }

    fn add(&mut self, address: Address, protocol: Option<&str>) {
        let number = self.all.len();
        self.by_port.entry(address.port).or_default().push(number);
        self.by_host.entry(address.host.clone()).or_default().push(number);
        if protocol.is_some_and(|text| text.eq_ignore_ascii_case("https")) {
            self.https.insert(address.clone());
        }
        self.known.insert(address.clone());
        self.all.push(address);
    }

    pub fn all(&self) -> &[Address] {
        &self.all
    }

    /// Whether `Listen` says that an address speaks TLS.
    pub fn is_https(&self, address: &Address) -> bool {
        self.https.contains(address)
    }

    /// Those by which connections to the address of a virtual host come in.
    pub fn meeting(&self, address: &Address) -> Vec<&Address> {
        let of_host = |host: Option<String>| self.by_host.get(&host).into_iter().flatten().copied();
        let mut found: Vec<usize> = match (&address.host, address.port) {
            // Only DNS knows the addresses of a name.
            (Some(host), _) if !is_name(host) => {
                of_host(Some(host.clone())).chain(of_host(None)).collect()
            }
            (_, Some(_)) => self.by_port.get(&address.port).cloned().unwrap_or_default(),
            (_, None) => (0..self.all.len()).collect(),
        };
        found.sort_unstable();
        let found = found.into_iter().map(|number| &self.all[number]);
        found.filter(|listened| address.port.is_none() || address.port == listened.port).collect()
    }
}

/// Whether a host is a name, of which only DNS knows the addresses.
fn is_name(host: &str) -> bool {
    !host.starts_with('[') && host.parse::<Ipv4Addr>().is_err()
}
