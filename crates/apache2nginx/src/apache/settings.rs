//! What a server or a section sets for the requests that it applies to.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::apache::access::Access;
use crate::apache::worker;
use crate::tree::Node;

/// The `S3…` directives; each is merged by itself, as Apache does it.
#[derive(Clone, Copy, Debug, Default)]
pub struct S3<'a> {
    pub access_key: Option<&'a Node>,
    pub secret_key: Option<&'a Node>,
    pub security_token: Option<&'a Node>,
    pub region: Option<&'a Node>,
    pub use_headers: Option<&'a Node>,
}

impl<'a> S3<'a> {
    fn slot(&mut self, key: &str) -> Option<&mut Option<&'a Node>> {
        Some(match key {
            "s3accesskey" => &mut self.access_key,
            "s3secretkey" => &mut self.secret_key,
            "s3securitytoken" => &mut self.security_token,
            "s3region" => &mut self.region,
            "s3useheaders" => &mut self.use_headers,
            _ => return None,
        })
    }

    pub fn nodes(&self) -> impl Iterator<Item = &'a Node> {
        let all =
            [self.access_key, self.secret_key, self.security_token, self.region, self.use_headers];
        all.into_iter().flatten()
    }

    /// Whether requests shall be signed.
    pub fn has_credentials(&self) -> bool {
        self.access_key.is_some() || self.secret_key.is_some() || self.security_token.is_some()
    }

    fn merge(&mut self, later: &Self) {
        self.access_key = later.access_key.or(self.access_key);
        self.secret_key = later.secret_key.or(self.secret_key);
        self.security_token = later.security_token.or(self.security_token);
        self.region = later.region.or(self.region);
        self.use_headers = later.use_headers.or(self.use_headers);
    }
}

/// The parameters of the connections to a server, and the directives that set them.
pub type Parameters<'a> = BTreeMap<Cow<'a, str>, (&'a str, &'a Node)>;

/// The directives for connections by TLS, by their names in lower case.
pub type Tls<'a> = BTreeMap<&'static str, &'a Node>;

/// All of a server's or a section's settings that matter to requests which are passed on.
#[derive(Clone, Debug, Default)]
pub struct Settings<'a> {
    pub s3: S3<'a>,
    pub parameters: Parameters<'a>,
    pub tls: Tls<'a>,
    pub access: Access<'a>,
    /// What a later section says otherwise on access.
    pub overridden: Vec<&'a Node>,
    pub request_headers: Vec<&'a Node>,
}

/// The directives for TLS that are looked at.
pub const TLS: [&str; 14] = [
    "sslproxycacertificatefile",
    "sslproxycacertificatepath",
    "sslproxycarevocationcheck",
    "sslproxycarevocationfile",
    "sslproxycarevocationpath",
    "sslproxycheckpeercn",
    "sslproxycheckpeerexpire",
    "sslproxycheckpeername",
    "sslproxyciphersuite",
    "sslproxymachinecertificatefile",
    "sslproxyprotocol",
    "sslproxyverify",
    "sslproxyverifydepth",
    "sslproxyengine",
];

impl<'a> Settings<'a> {
    /// The settings of what directly stands in a section or server. In a server, `ProxySet` names
    /// the one it is for and is not looked at here.
    pub fn of(nodes: &'a [Node], in_section: bool) -> Self {
        let mut settings = Self { access: Access::of(nodes, in_section), ..Self::default() };
        for node in nodes.iter().filter(|node| !node.is_section()) {
            if let Some(slot) = settings.s3.slot(&node.key) {
                *slot = Some(node);
            } else if let Some(name) = TLS.iter().find(|name| **name == node.key) {
                settings.tls.insert(name, node);
            } else if node.key == "proxyset" && in_section {
                settings.parameters.extend(worker::parameters(node, 0));
            } else if node.key == "requestheader" && in_section {
                settings.request_headers.push(node);
            }
        }
        settings
    }

    /// Whether there is anything here that matters below a path by itself.
    pub fn matters(&self) -> bool {
        self.s3.nodes().next().is_some()
            || !self.access.is_none()
            || !self.parameters.is_empty()
            || !self.request_headers.is_empty()
    }

    /// How much there is to merge.
    pub fn size(&self) -> usize {
        self.parameters.len() + self.request_headers.len() + self.access.nodes().count()
    }

    /// Adds the settings of a section that Apache merges later.
    pub fn merge(&mut self, later: &Self) {
        self.s3.merge(&later.s3);
        self.parameters.extend(later.parameters.clone());
        self.tls.extend(later.tls.clone());
        let overridden = self.access.merge(&later.access);
        self.overridden.extend(overridden);
        self.request_headers.extend(&later.request_headers);
    }
}
