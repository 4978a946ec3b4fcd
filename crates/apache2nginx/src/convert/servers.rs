//! The directives of a `server` block.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use crate::apache::address::Address;
use crate::apache::server::Server;
use crate::apache::worker;
use crate::convert::ledger::Ledger;
use crate::convert::tls;
use crate::nginx::{Item, directive};
use crate::tree::Node;

/// The addresses of `Listen`.
pub fn listened(main: &Server<'_>) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    for node in main.all("listen") {
        let address = node.argument(0).and_then(|text| Address::parse(text, true));
        if let Some(address) =
            address.filter(|address| found.len() < 1000 && !found.contains(address))
        {
            found.push(address);
        }
    }
    found
}

/// The addresses of a `<VirtualHost>` that Apache listens on; the others go into the ledger.
pub fn addresses(host: &Node, listened: &[Address], ledger: &mut Ledger) -> Vec<Address> {
    let mut found = Vec::new();
    for text in host.texts() {
        match Address::parse(text, false) {
            Some(address)
                if listened.is_empty() || listened.iter().any(|one| meets(&address, one)) =>
            {
                found.push(address);
            }
            Some(_) => ledger.leave_part(
                host,
                format!("<VirtualHost {text}>"),
                "no Listen has this address, so Apache does not serve it, either",
                false,
            ),
            None => ledger.leave_part(
                host,
                format!("<VirtualHost {text}>"),
                "not an address that nginx can listen on",
                true,
            ),
        }
    }
    found
}

/// The `listen` and `server_name` of a server, and its certificate.
pub fn items(
    server: &Server<'_>,
    main: &Server<'_>,
    addresses: &[Address],
    listened: &[Address],
    root: &dyn Fn(&str) -> String,
    ledger: &mut Ledger,
) -> Vec<Item> {
    let inherited = |key: &str| server.last(key).or_else(|| main.last(key));
    let engine = inherited("sslengine");
    let ssl = match engine.and_then(|node| node.argument(0)) {
        Some(text) => worker::flag(text) == Some(true) || text.eq_ignore_ascii_case("optional"),
        // Apache's default for 443, if there is a certificate.
        None => {
            inherited("sslcertificatefile").is_some()
                && addresses.iter().any(|address| address.port == Some(443))
        }
    };
    if let Some(node) = engine {
        ledger.convert(node);
    }
    let mut items = listen(addresses, listened, ssl);
    items.extend(names(server, ledger));
    if ssl {
        items.push(Item::Blank);
        items.extend(certificate(&inherited, root, ledger));
    }
    items
}

/// Where Apache listens for a server. A `<VirtualHost>` opens no port: its address only chooses
/// among those of `Listen`, if the input has them.
fn listen(addresses: &[Address], listened: &[Address], ssl: bool) -> Vec<Item> {
    let default_port = if ssl { 443 } else { 80 };
    let mut all: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    for address in addresses {
        for Address { host, port } in opened(address, listened, default_port) {
            let host = host.map(|host| format!("{host}:")).unwrap_or_default();
            let text = format!("{host}{}", port.unwrap_or(default_port));
            if known.insert(text.clone()) {
                all.push(text);
            }
        }
    }
    let line = |text: &String| {
        directive(["listen", text.as_str()].into_iter().chain(ssl.then_some("ssl")))
    };
    all.iter().map(line).collect()
}

/// The addresses with ports that are open for one of a `<VirtualHost>`.
fn opened(address: &Address, listened: &[Address], default_port: u16) -> Vec<Address> {
    if listened.is_empty() {
        let port = address.port.or(Some(default_port));
        return vec![Address { host: address.host.clone(), port }];
    }
    let both = |listened: &Address| Address {
        host: address.host.clone().or_else(|| listened.host.clone()),
        port: listened.port,
    };
    listened.iter().filter(|listened| meets(address, listened)).map(both).collect()
}

/// Whether some connection to what is listened on is one to the address.
fn meets(address: &Address, listened: &Address) -> bool {
    let port = address.port.is_none() || address.port == listened.port;
    let host = match (&address.host, &listened.host) {
        (Some(one), Some(other)) => one == other || is_name(one),
        _ => true,
    };
    port && host
}

/// Whether a host is a name, of which only DNS knows the addresses.
fn is_name(host: &str) -> bool {
    !host.starts_with('[') && host.parse::<Ipv4Addr>().is_err()
}

fn names(server: &Server<'_>, ledger: &mut Ledger) -> Vec<Item> {
    let mut names = vec!["server_name".to_owned()];
    if let Some(node) = server.last("servername") {
        // With a scheme and a port, which serve for redirects alone.
        let text = node.argument(0).unwrap_or_default();
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        let text = text.split(':').next().unwrap_or_default();
        add_name(text, node, &mut names, ledger);
    }
    for node in server.all("serveralias") {
        for text in node.texts() {
            add_name(text, node, &mut names, ledger);
        }
    }
    if names.len() > 1 { vec![directive(names.iter().map(String::as_str))] } else { Vec::new() }
}

/// A name as nginx has it: other wildcards than a whole first or last label need an expression.
fn add_name(text: &str, node: &Node, names: &mut Vec<String>, ledger: &mut Ledger) {
    let plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
    };
    let inner = text.strip_prefix("*.").or_else(|| text.strip_suffix(".*")).unwrap_or(text);
    if plain(inner) {
        names.push(text.to_ascii_lowercase());
    } else if plain(&text.replace(['*', '?'], "")) {
        let regex = text.replace('.', "\\.").replace('*', ".*").replace('?', ".");
        names.push(format!("~^{}$", regex.to_ascii_lowercase()));
    } else {
        ledger.leave_part(node, format!("{} {text}", node.name), "not a name of a server", true);
        return;
    }
    ledger.convert(node);
}

fn certificate<'a>(
    inherited: &dyn Fn(&str) -> Option<&'a Node>,
    root: &dyn Fn(&str) -> String,
    ledger: &mut Ledger,
) -> Vec<Item> {
    let mut items = Vec::new();
    let file = |node: Option<&'a Node>, ledger: &mut Ledger| {
        let node = node?;
        let text = node.argument(0).filter(|text| !text.is_empty() && !text.contains('$'));
        match text {
            Some(text) => {
                ledger.convert(node);
                Some(root(text))
            }
            None => {
                ledger.leave(node, "it has no value that nginx can be told", true);
                None
            }
        }
    };
    let certificate = file(inherited("sslcertificatefile"), ledger);
    let key = file(inherited("sslcertificatekeyfile"), ledger).or_else(|| certificate.clone());
    if let (Some(certificate), Some(key)) = (certificate, key) {
        items.push(directive(["ssl_certificate", &certificate]));
        items.push(directive(["ssl_certificate_key", &key]));
    }
    if let Some(node) = inherited("sslprotocol")
        && let Some(protocols) = tls::protocols(node)
    {
        ledger.convert(node);
        items.push(directive(["ssl_protocols"].into_iter().chain(protocols)));
    }
    if let Some(node) = inherited("sslciphersuite")
        && let [ciphers] = node.texts().collect::<Vec<_>>().as_slice()
        && !ciphers.contains('$')
    {
        ledger.convert(node);
        items.push(directive(["ssl_ciphers", ciphers]));
    }
    if let Some(node) = inherited("sslhonorcipherorder")
        && let Some(flag) = node.argument(0).and_then(worker::flag)
    {
        ledger.convert(node);
        items.push(directive(["ssl_prefer_server_ciphers", if flag { "on" } else { "off" }]));
    }
    items
}
