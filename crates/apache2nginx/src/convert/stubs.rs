//! Virtual hosts that pass nothing on, and yet have to be there: without them, another server would
//! get their requests.

use std::collections::{HashMap, HashSet};

use regex::Regex;

use crate::apache::address::Address;
use crate::convert::ledger::Ledger;
use crate::convert::servers::{self, Front};
use crate::convert::{Role, Site};
use crate::error::Error;

/// The names of the servers at an address that pass something on.
#[derive(Default)]
struct Names {
    /// Those without wildcards.
    whole: HashSet<String>,
    /// What follows the star of `*.example.com`.
    ends: HashSet<String>,
    /// All other wildcards.
    patterns: Vec<Regex>,
}

impl Names {
    fn add(&mut self, name: &str) {
        match name.strip_prefix('*') {
            Some(end) if end.starts_with('.') && !end.contains(['*', '?']) => {
                self.ends.insert(end.to_owned());
            }
            _ if name.contains(['*', '?']) => {
                let pattern = regex::escape(name).replace("\\*", ".*").replace("\\?", ".");
                self.patterns.extend(Regex::new(&format!("^{pattern}$")));
            }
            _ => drop(self.whole.insert(name.to_owned())),
        }
    }

    fn cover(&self, name: &str, ledger: &mut Ledger) -> Result<bool, Error> {
        ledger.work(1 + self.patterns.len())?;
        let mut ends = name.match_indices('.').map(|(at, _)| &name[at..]);
        Ok(self.whole.contains(name)
            || ends.any(|end| self.ends.contains(end))
            || self.patterns.iter().any(|pattern| pattern.is_match(name)))
    }
}

/// Finds the virtual hosts that get a server which answers 404, and where: those that are the first
/// for an address, and those with a name that is one of another server as well.
pub(super) fn find(sites: &mut [Site<'_>], ledger: &mut Ledger) -> Result<(), Error> {
    let mut names: HashMap<Address, Names> = HashMap::new();
    let mut first: HashMap<Address, usize> = HashMap::new();
    for (number, site) in sites.iter().enumerate() {
        for address in &site.front.addresses {
            ledger.work(1)?;
            first.entry(address.clone()).or_insert(number);
            if site.role == Role::Passing {
                let names = names.entry(address.clone()).or_default();
                let own = site.host.into_iter().flat_map(servers::names);
                own.for_each(|(_, name)| names.add(&name));
            }
        }
    }
    for (number, site) in sites.iter_mut().enumerate() {
        let Some(host) = site.host.filter(|_| site.role == Role::Left) else { continue };
        let mut wanted = false;
        let mut shared = Vec::new();
        for address in &site.front.addresses {
            let any = Address { host: None, port: address.port };
            let Some(names) = names.get(address).or_else(|| names.get(&any)) else { continue };
            shared.push(address.clone());
            wanted |= first.get(address) == Some(&number);
            for (_, name) in servers::names(host) {
                wanted |= names.cover(&name, ledger)?;
            }
        }
        if wanted {
            site.role = Role::Stub;
            site.front = Front { addresses: shared, ..site.front };
        }
    }
    Ok(())
}
