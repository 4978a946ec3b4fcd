//! The bucket and the service in the Host header.

use hyper::header::{HOST, HeaderMap};
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

/// The service to which a request is addressed, as its host names it:
/// `BUCKET.s3-outposts.REGION.amazonaws.com` and the like. All other hosts belong
/// to `s3`.
pub fn service(headers: &HeaderMap) -> &'static str {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = without_port(host).to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    let suffixes = [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu"];
    let Some(name) = suffixes.iter().find_map(|suffix| host.strip_suffix(suffix)) else {
        return "s3";
    };
    // The service, or a region and before it the service.
    let labels = name.rsplit('.').filter(|label| !matches!(*label, "dualstack" | "vpce"));
    let service = labels.take(2).find(|label| {
        *label == "s3" || label.starts_with("s3-") || label.starts_with("s3express-")
    });
    match service.unwrap_or("s3") {
        label if label.starts_with("s3-object-lambda") => "s3-object-lambda",
        label if label.starts_with("s3-outposts") => "s3-outposts",
        label if label.starts_with("s3express-") => "s3express",
        _ => "s3",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services() {
        for (host, expected) in [
            ("films.s3.eu-west-1.amazonaws.com", "s3"),
            ("s3.amazonaws.com", "s3"),
            ("films.s3.test:80", "s3"),
            ("s3-outposts.test", "s3"),
            ("s3-outposts.s3.eu-west-1.amazonaws.com", "s3"),
            ("a-1.s3-object-lambda.eu-west-1.amazonaws.com", "s3-object-lambda"),
            ("a-1.s3-object-lambda-fips.us-east-1.amazonaws.com:443", "s3-object-lambda"),
            ("a-1.op-2.S3-Outposts.eu-west-1.amazonaws.com", "s3-outposts"),
            ("b.s3express-euw1-az1.eu-west-1.amazonaws.com", "s3express"),
            ("b.s3express-euw1-az1.dualstack.eu-west-1.amazonaws.com", "s3express"),
            ("s3express-control.eu-west-1.amazonaws.com", "s3express"),
            ("a-1.s3-object-lambda.cn-north-1.amazonaws.com.cn", "s3-object-lambda"),
            ("a-1.s3-object-lambda.eusc-de-east-1.amazonaws.eu", "s3-object-lambda"),
            ("vpce-1.s3-object-lambda.eu-west-1.vpce.amazonaws.com", "s3-object-lambda"),
            ("films.bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com.", "s3"),
            ("s3-outposts.s3.amazonaws.com", "s3"),
            ("s3express-x.s3.dualstack.eu-west-1.amazonaws.com", "s3"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            assert_eq!(service(&headers), expected, "{host}");
        }
    }
}
