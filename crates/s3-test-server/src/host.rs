//! The bucket in the Host header.

use s3s::S3Result;
use s3s::host::{DomainError, MultiDomain, S3Host, VirtualHost};

/// The base domains of virtual-hosted-style requests, whatever the port.
pub struct Domains(MultiDomain);

impl Domains {
    pub fn new(domains: &[String]) -> Result<Self, DomainError> {
        MultiDomain::new(domains).map(Self)
    }
}

impl S3Host for Domains {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        self.0.parse_host_header(without_port(host))
    }
}

/// Removes the port from a Host header that is not a bare IPv6 address.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}
