//! The directives of a `server` block.

use std::collections::HashSet;

use crate::apache::address::Address;
use crate::apache::listened::Listened;
use crate::apache::server::Server;
use crate::apache::worker;
use crate::convert::ledger::Ledger;
use crate::convert::tls;
use crate::error::Error;
use crate::nginx::{Item, directive};
use crate::tree::Node;

/// Where a server is reached.
#[derive(Clone, Debug, Default)]
pub struct Front {
    /// Each with its port, and only once.
    pub addresses: Vec<Address>,
    pub ssl: bool,
}

/// The addresses of a `<VirtualHost>` that Apache listens on; the others go into the ledger.
pub fn addresses(
    host: &Node,
    listened: &Listened,
    ledger: &mut Ledger,
) -> Result<Vec<Address>, Error> {
    let mut found = Vec::new();
    for text in host.texts() {
        ledger.work(1)?;
        let (reason, s3) = match Address::parse(text, false) {
            Some(address)
                if listened.all().is_empty() || !listened.meeting(&address).is_empty() =>
            {
                found.push(address);
                continue;
            }
            Some(_) => ("no Listen has this address, so Apache does not serve it, either", false),
            None => ("not an address that nginx can listen on", true),
        };
        ledger.leave_part(host, format!("<VirtualHost {text}>"), reason, s3);
    }
    Ok(found)
}

/// Where Apache listens for a server. A `<VirtualHost>` opens no port: its address only chooses
/// among those of `Listen`, if the input has them.
pub fn front<'a>(
    inherited: &dyn Fn(&str) -> Option<&'a Node>,
    addresses: &[Address],
    listened: &Listened,
    ledger: &mut Ledger,
) -> Result<Front, Error> {
    let engine = inherited("sslengine").and_then(|node| node.argument(0));
    let has_certificate = inherited("sslcertificatefile").is_some();
    let mut ssl = engine.is_some_and(|text| {
        worker::flag(text) == Some(true) || text.eq_ignore_ascii_case("optional")
    });
    let mut open = Vec::new();
    for address in addresses {
        let met = listened.meeting(address);
        ledger.work(1 + met.len())?;
        // Apache's default for 443, if there is a certificate.
        ssl |= engine.is_none()
            && (address.port == Some(443) && has_certificate
                || met.iter().any(|one| listened.is_https(one)));
        if listened.all().is_empty() {
            open.push(address.clone());
        }
        open.extend(met.into_iter().map(|one| Address {
            host: address.host.clone().or_else(|| one.host.clone()),
            port: one.port,
        }));
    }
    let port = if ssl { 443 } else { 80 };
    let mut known = HashSet::new();
    open.iter_mut().for_each(|address| address.port = address.port.or(Some(port)));
    open.retain(|address| known.insert(address.clone()));
    Ok(Front { addresses: open, ssl })
}

/// The `listen` and `server_name` of a server, and its certificate. `s3` tells whether its requests
/// are passed on.
pub fn items<'a>(
    server: &Server<'a>,
    inherited: &dyn Fn(&str) -> Option<&'a Node>,
    front: &Front,
    root: &dyn Fn(&str) -> String,
    s3: bool,
    ledger: &mut Ledger,
) -> Vec<Item> {
    let ssl = front.ssl.then_some("ssl");
    let mut items = Vec::new();
    for Address { host, port } in &front.addresses {
        let host = host.as_ref().map(|host| format!("{host}:")).unwrap_or_default();
        let text = format!("{host}{}", port.unwrap_or_default());
        items.push(directive(["listen", &text].into_iter().chain(ssl)));
    }
    items.extend(server_name(server, s3, ledger));
    let engine = inherited("sslengine");
    if let Some(node) = engine {
        ledger.convert(node);
    }
    if front.ssl {
        items.push(Item::Blank);
        let certificate = certificate(&inherited, root, s3, ledger);
        if certificate.is_empty() {
            if let Some(node) = engine.or(server.node).filter(|_| s3) {
                let reason = "there is no certificate for it that nginx can be told: nobody can \
                              connect until it has ssl_certificate and ssl_certificate_key";
                ledger.leave(node, reason, true);
            }
            items.push(directive(["ssl_reject_handshake", "on"]));
        }
        items.extend(certificate);
        items.extend(protocols(&inherited, ledger));
    }
    items
}

/// The names of a server in lower case, wildcards as they are, and the directives that have them.
pub fn names<'a>(server: &Server<'a>) -> impl Iterator<Item = (&'a Node, String)> {
    // With a scheme and a port, which serve for redirects alone.
    let name = server.last("servername").map(|node| {
        let text = node.argument(0).unwrap_or_default();
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        (node, text.split(':').next().unwrap_or_default())
    });
    let aliases =
        server.all("serveralias").flat_map(|node| node.texts().map(move |text| (node, text)));
    name.into_iter().chain(aliases).map(|(node, text)| (node, text.to_ascii_lowercase()))
}

fn server_name(server: &Server<'_>, s3: bool, ledger: &mut Ledger) -> Option<Item> {
    let mut words = vec!["server_name".to_owned()];
    for (node, name) in names(server) {
        match name_of_nginx(&name) {
            Some(name) => {
                ledger.convert(node);
                words.push(name);
            }
            None => {
                let part = format!("{} {name}", node.name);
                ledger.leave_part(node, part, "not a name of a server", s3);
            }
        }
    }
    (words.len() > 1).then(|| directive(words.iter().map(String::as_str)))
}

/// A name as nginx has it: other wildcards than a whole first or last label need an expression.
fn name_of_nginx(name: &str) -> Option<String> {
    let plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
    };
    let inner = name.strip_prefix("*.").or_else(|| name.strip_suffix(".*")).unwrap_or(name);
    if plain(inner) {
        Some(name.to_owned())
    } else if name == "*" {
        Some("~^".to_owned())
    } else if plain(&name.replace(['*', '?'], "")) {
        let regex = name.replace('.', "\\.").replace('*', ".*").replace('?', ".");
        Some(format!("~^{regex}$"))
    } else {
        None
    }
}

fn certificate<'a>(
    inherited: &dyn Fn(&str) -> Option<&'a Node>,
    root: &dyn Fn(&str) -> String,
    s3: bool,
    ledger: &mut Ledger,
) -> Vec<Item> {
    let file = |node: Option<&'a Node>, ledger: &mut Ledger| {
        let node = node?;
        let text = node.argument(0).filter(|text| !text.is_empty() && !text.contains('$'));
        match text {
            Some(text) => {
                ledger.convert(node);
                Some(root(text))
            }
            None => {
                ledger.leave(node, "it has no value that nginx can be told", s3);
                None
            }
        }
    };
    let certificate = file(inherited("sslcertificatefile"), ledger);
    let key = file(inherited("sslcertificatekeyfile"), ledger).or_else(|| certificate.clone());
    let (Some(certificate), Some(key)) = (certificate, key) else { return Vec::new() };
    vec![directive(["ssl_certificate", &certificate]), directive(["ssl_certificate_key", &key])]
}

/// What is spoken by TLS.
fn protocols<'a>(inherited: &dyn Fn(&str) -> Option<&'a Node>, ledger: &mut Ledger) -> Vec<Item> {
    let mut items = Vec::new();
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
