//! TLS to the upstream.

use crate::apache::settings::Tls;
use crate::apache::worker;
use crate::convert::ledger::Ledger;
use crate::nginx::{Item, directive};
use crate::tree::Node;

/// The directives of a location that passes on by `https`. What nginx cannot be told, and what
/// weakens the verification, goes into the ledger.
pub fn items(
    tls: &Tls<'_>,
    ca_file: &str,
    root: &dyn Fn(&str) -> String,
    s3: bool,
    ledger: &mut Ledger,
) -> Vec<Item> {
    let verify = verify(tls.get("sslproxyverify").copied(), s3, ledger);
    let mut items = vec![
        directive(["proxy_ssl_server_name", "on"]),
        directive(["proxy_ssl_verify", if verify { "on" } else { "off" }]),
    ];
    let mut trusted = vec![directive(["proxy_ssl_trusted_certificate", ca_file])];
    let mut more = Vec::new();
    for (key, node) in tls {
        match of_nginx(key, node, root) {
            Ok(found) => {
                ledger.convert(node);
                if *key == "sslproxycacertificatefile" {
                    trusted = found;
                } else {
                    more.extend(found);
                }
            }
            Err(reason) => ledger.leave(node, reason, s3),
        }
    }
    if verify {
        items.extend(trusted);
    }
    items.extend(more);
    items
}

/// What a directive is in nginx, or why it is nothing there.
fn of_nginx(
    key: &str,
    node: &Node,
    root: &dyn Fn(&str) -> String,
) -> Result<Vec<Item>, &'static str> {
    let value = node.argument(0).unwrap_or_default();
    let file = |name: &str| directive([name, &root(value)]);
    match key {
        "sslproxyengine" | "sslproxyverify" => Ok(Vec::new()),
        _ if node.undefined().is_some() || value.is_empty() || value.contains('$') => {
            Err("it has no value that nginx can be told")
        }
        "sslproxycacertificatefile" => Ok(vec![file("proxy_ssl_trusted_certificate")]),
        "sslproxycarevocationfile" => Ok(vec![file("proxy_ssl_crl")]),
        "sslproxyverifydepth" if worker::number(value).is_some() => {
            Ok(vec![directive(["proxy_ssl_verify_depth", value])])
        }
        "sslproxyciphersuite" if node.arguments.len() == 1 => {
            Ok(vec![directive(["proxy_ssl_ciphers", value])])
        }
        "sslproxyprotocol" => {
            let protocols = protocols(node).ok_or("one of the protocols is not known")?;
            Ok(vec![directive(["proxy_ssl_protocols"].into_iter().chain(protocols))])
        }
        "sslproxymachinecertificatefile" => {
            Ok(vec![file("proxy_ssl_certificate"), file("proxy_ssl_certificate_key")])
        }
        "sslproxycheckpeername" | "sslproxycheckpeercn" | "sslproxycheckpeerexpire" => {
            let reason = "nginx verifies name and dates with the certificate, or nothing";
            (worker::flag(value) == Some(true)).then(Vec::new).ok_or(reason)
        }
        "sslproxycarevocationcheck" if value.eq_ignore_ascii_case("none") => Ok(Vec::new()),
        "sslproxycacertificatepath" => {
            Err("nginx takes one file with all certificates, and here the one of the system")
        }
        "sslproxycarevocationpath" | "sslproxycarevocationcheck" => {
            Err("nginx takes one file with all lists: proxy_ssl_crl")
        }
        _ => Err("the value is not understood"),
    }
}

/// Whether the server's certificate is verified. Apache does not by default, nginx shall.
fn verify(node: Option<&Node>, s3: bool, ledger: &mut Ledger) -> bool {
    let Some(node) = node else { return true };
    match node.argument(0).unwrap_or_default().to_ascii_lowercase().as_str() {
        "none" => {
            ledger.note(
                node,
                "whoever answers is taken for S3 and gets signed requests: remove \
                               \"proxy_ssl_verify off\" if you can",
            );
            false
        }
        "require" => true,
        _ => {
            ledger.leave(node, "nginx verifies the certificate or does not; here it does", s3);
            true
        }
    }
}

/// The protocols that Apache's list leaves.
pub fn protocols(node: &Node) -> Option<Vec<&'static str>> {
    const ALL: [&str; 4] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    let mut on = [false; 4];
    for (index, text) in node.texts().enumerate() {
        let (sign, name) = match text.strip_prefix(['+', '-']) {
            Some(name) => (text.chars().next(), name),
            None => (None, text),
        };
        // A first word without a sign begins anew.
        if sign.is_none() && index == 0 {
            on = [false; 4];
        }
        let value = sign != Some('-');
        match name.to_ascii_lowercase().as_str() {
            "all" => on = [value; 4],
            "sslv2" | "sslv3" => {}
            name => {
                let at = ALL.iter().position(|known| known.eq_ignore_ascii_case(name))?;
                on[at] = value;
            }
        }
    }
    let left: Vec<_> = ALL.iter().zip(on).filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    (!left.is_empty()).then_some(left)
}
