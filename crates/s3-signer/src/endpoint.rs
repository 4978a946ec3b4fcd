//! Service and bucket in the host of a request. Signature V4 signs the service in the credential
//! scope, Signature V2 the bucket in the CanonicalizedResource.

use std::net::IpAddr;

use smallvec::SmallVec;

use crate::error::SignError;

/// The suffixes of Amazon's endpoints, without those of isolated partitions, which have neither
/// another service nor Signature V2.
const SUFFIXES: [&[u8]; 3] = [b".amazonaws.com", b".amazonaws.com.cn", b".amazonaws.eu"];

/// An endpoint of S3, as a `Host` header names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Endpoint<'a> {
    /// The service that the host implies; `s3` for a host that is not Amazon's.
    pub service: &'static str,
    /// The labels that name the bucket in a virtual-hosted request.
    labels: Option<&'a [u8]>,
    /// Whether the host is Amazon's. For others, `in_host` of [`Endpoint::bucket`] decides.
    is_amazon: bool,
}

impl<'a> Endpoint<'a> {
    /// The endpoint in `host`, the value of a `Host` header. Amazon's are known by their names.
    ///
    /// # Errors
    /// [`SignError::MultiRegion`].
    pub fn of(host: &'a [u8]) -> Result<Self, SignError> {
        let host = without_port(host);
        let host = host.strip_suffix(b".").unwrap_or(host);
        let amazon = SUFFIXES.iter().find_map(|suffix| strip_suffix(host, suffix));
        if let Some(endpoint) = amazon.and_then(in_amazon_host) {
            return endpoint;
        }
        let labels = if is_ip_address(host) { None } else { in_other_host(host) };
        let labels = labels.filter(|labels| !labels.is_empty());
        Ok(Self { service: "s3", labels, is_amazon: false })
    }

    /// The bucket of a virtual-hosted request; `None` for a path-style one. `in_host`: whether a
    /// host that is not Amazon's names the bucket; unset means no.
    pub fn bucket(&self, in_host: Option<bool>) -> Option<&'a [u8]> {
        self.labels.filter(|_| self.is_amazon || in_host == Some(true))
    }
}

/// The endpoint of the last request, which is that of most others: saves a tenth of the
/// instructions of a signature.
#[derive(Debug, Default)]
pub(crate) struct LastEndpoint {
    host: Vec<u8>,
    service: &'static str,
    /// The length of the bucket's labels, with which the host begins.
    labels_len: Option<usize>,
    is_amazon: bool,
}

impl LastEndpoint {
    /// As [`Endpoint::of`].
    ///
    /// # Errors
    /// [`SignError::MultiRegion`] and [`SignError::NoMemory`].
    pub fn update<'a>(&mut self, host: &'a [u8]) -> Result<Endpoint<'a>, SignError> {
        if self.host != host {
            let Endpoint { service, labels, is_amazon } = Endpoint::of(host)?;
            self.host.clear();
            self.host.try_reserve(host.len()).map_err(|_| SignError::NoMemory)?;
            self.host.extend_from_slice(host);
            self.service = service;
            self.labels_len = labels.map(<[u8]>::len);
            self.is_amazon = is_amazon;
        }
        let labels = self.labels_len.map(|len| &host[..len]);
        Ok(Endpoint { service: self.service, labels, is_amazon: self.is_amazon })
    }
}

/// The endpoint in `name`, a host without Amazon's suffix; `None` for one of another service.
///
/// The forms are those of botocore's endpoint rules: `s3`, `s3-REGION`, `s3.REGION`, `s3.dualstack`
/// and `s3.dualstack.REGION`, where `s3` is also `s3-fips`, `s3-accesspoint`, `s3-object-lambda`,
/// …. Those of PrivateLink are `bucket.VPCE.s3.REGION.vpce` and, of services other than `s3`,
/// `VPCE.s3.REGION.vpce`. The bucket, which may have dots, precedes them.
fn in_amazon_host(name: &[u8]) -> Option<Result<Endpoint<'_>, SignError>> {
    let labels: SmallVec<[&[u8]; 8]> = name.rsplitn(6, |&b| b == b'.').collect();
    let is = |label: &[u8], lower: &[u8]| label.eq_ignore_ascii_case(lower);
    let (s3, mut endpoint_labels) = match labels.as_slice() {
        [s3, ..] if is_s3(s3) => (s3, 1),
        [_region_or_dualstack, s3, ..] if is_s3(s3) => (s3, 2),
        [_region, dualstack, s3, ..] if is(dualstack, b"dualstack") && is_s3(s3) => (s3, 3),
        [vpce, _region, s3, _id, ..] if is(vpce, b"vpce") && is_s3(s3) => (s3, 4),
        _ => return None,
    };
    if is(s3, b"s3-global") {
        return Some(Err(SignError::MultiRegion));
    }
    let service = service(s3);
    let kind = labels.get(4).filter(|_| endpoint_labels == 4 && service == "s3");
    if kind.is_some_and(|kind| {
        [&b"bucket"[..], b"accesspoint", b"control"].iter().any(|known| is(kind, known))
    }) {
        endpoint_labels = 5;
    }
    let endpoint_len: usize = labels[..endpoint_labels].iter().map(|label| label.len() + 1).sum();
    let labels = name.len().checked_sub(endpoint_len).map(|end| &name[..end]);
    let labels = labels.filter(|labels| !labels.is_empty());
    Some(Ok(Endpoint { service, labels, is_amazon: true }))
}

/// Whether a label of a host names S3: `s3`, `s3-fips`, `s3-eu-west-1`, `s3express-use1-az4`, ….
fn is_s3(label: &[u8]) -> bool {
    let starts = |start: &[u8]| {
        label.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
    };
    label.eq_ignore_ascii_case(b"s3") || starts(b"s3-") || starts(b"s3express-")
}

/// The service of an endpoint, by its label that names S3.
fn service(s3: &[u8]) -> &'static str {
    let named = [
        (&b"s3express-"[..], "s3express"),
        (b"s3-object-lambda", "s3-object-lambda"),
        (b"s3-outposts", "s3-outposts"),
    ];
    let found = named.iter().find(|(start, _)| {
        s3.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
    });
    found.map_or("s3", |&(_, service)| service)
}

/// The bucket in a host that is not Amazon's: the labels before a label `s3`, as in
/// `my.films.s3.example.com`, or else the first label.
fn in_other_host(host: &[u8]) -> Option<&[u8]> {
    let mut before = host;
    while let Some(dot) = before.iter().rposition(|&b| b == b'.') {
        if before[dot + 1..].eq_ignore_ascii_case(b"s3") {
            return Some(&before[..dot]);
        }
        before = &before[..dot];
    }
    // `before` is the first label.
    Some(before).filter(|first| first.len() < host.len() && !first.eq_ignore_ascii_case(b"s3"))
}

fn strip_suffix<'a>(host: &'a [u8], suffix: &[u8]) -> Option<&'a [u8]> {
    let (name, end) = host.split_at_checked(host.len().checked_sub(suffix.len())?)?;
    end.eq_ignore_ascii_case(suffix).then_some(name)
}

fn without_port(host: &[u8]) -> &[u8] {
    let digits = host.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    host[..host.len() - digits].strip_suffix(b":").unwrap_or(host)
}

fn is_ip_address(host: &[u8]) -> bool {
    host.first() == Some(&b'[')
        || std::str::from_utf8(host).is_ok_and(|host| host.parse::<IpAddr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(host: &str, in_host: Option<bool>) -> (&'static str, Option<&str>) {
        let endpoint = Endpoint::of(host.as_bytes()).unwrap();
        let bucket = endpoint.bucket(in_host).map(|bucket| std::str::from_utf8(bucket).unwrap());
        (endpoint.service, bucket)
    }

    #[test]
    fn amazon_hosts_name_service_and_bucket() {
        for suffix in ["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "AmazonAWS.com"] {
            for (name, service) in [
                ("s3", "s3"),
                ("s3-eu-west-1", "s3"),
                ("s3.eu-west-1", "s3"),
                ("s3.dualstack.eu-west-1", "s3"),
                ("s3-accelerate", "s3"),
                ("s3-accelerate.dualstack", "s3"),
                ("s3-fips.us-gov-west-1", "s3"),
                ("s3-fips.dualstack.us-gov-west-1", "s3"),
                ("s3-accesspoint.eu-west-1", "s3"),
                ("s3-accesspoint-fips.dualstack.us-gov-west-1", "s3"),
                ("s3-object-lambda.eu-west-1", "s3-object-lambda"),
                ("s3-object-lambda-fips.us-gov-west-1", "s3-object-lambda"),
                ("op-0123.s3-outposts.eu-west-1", "s3-outposts"),
                ("s3express-use1-az4.us-east-1", "s3express"),
                ("S3Express-usw2-az1.dualstack.us-west-2", "s3express"),
                ("s3express-control.us-east-1", "s3express"),
                ("bucket.vpce-1a2b3c-5e6f.s3.eu-west-1.vpce", "s3"),
                ("accesspoint.vpce-1a2b3c-5e6f.s3.eu-west-1.vpce", "s3"),
                ("vpce-1a2b3c-5e6f.s3-object-lambda.eu-west-1.vpce", "s3-object-lambda"),
                ("vpce-1a2b3c-5e6f.s3express-use1-az4.us-east-1.vpce", "s3express"),
            ] {
                for end in ["", ":443", ".", ".:443"] {
                    let host = format!("{name}.{suffix}{end}");
                    // An outpost's name is no bucket, but outposts do not support Signature V2.
                    if service != "s3-outposts" {
                        assert_eq!(endpoint(&host, None), (service, None), "{host}");
                    }
                    for bucket in ["films", "my.dotted.bucket", "s3.odd", "bucket"] {
                        let host = format!("{bucket}.{host}");
                        if service == "s3-outposts" || host.starts_with("bucket.vpce-") {
                            assert_eq!(endpoint(&host, None).0, service, "{host}");
                            continue;
                        }
                        // `in_host` does not apply to Amazon's hosts.
                        for in_host in [None, Some(false), Some(true)] {
                            let expected = (service, Some(bucket));
                            assert_eq!(endpoint(&host, in_host), expected, "{host}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn an_endpoint_is_that_of_its_host() {
        let mut last = LastEndpoint::default();
        for host in [
            "films.s3.amazonaws.com",
            "music.s3.amazonaws.com",
            "music.s3.amazonaws.com",
            "films.example.com",
            "films.example.com:9000",
            "a.s3-global.amazonaws.com",
            "films.example.com",
            "a.s3-outposts.eu-west-1.amazonaws.com",
            "s3.amazonaws.com",
            "127.0.0.1",
        ] {
            let endpoint = Endpoint::of(host.as_bytes());
            assert_eq!(last.update(host.as_bytes()), endpoint, "{host}");
        }
    }

    #[test]
    fn a_multi_region_access_point_is_refused() {
        for host in [
            "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com",
            "a.S3-Global.amazonaws.com:443",
        ] {
            assert_eq!(Endpoint::of(host.as_bytes()), Err(SignError::MultiRegion), "{host}");
        }
        // A bucket may have this name.
        assert_eq!(endpoint("s3-global.s3.amazonaws.com", None), ("s3", Some("s3-global")));
    }

    #[test]
    fn other_hosts_are_path_style_unless_configured() {
        for (host, bucket) in [
            ("films.minio.example", Some("films")),
            ("films.minio.example:9000", Some("films")),
            ("films.minio.example.", Some("films")),
            ("my.films.s3.example.com", Some("my.films")),
            ("my.films.S3.eu-central-1.example.com:443", Some("my.films")),
            ("s3-films.example.com", Some("s3-films")),
            ("my.films.s3", Some("my.films")),
            ("s3.films.S3.example.com", Some("s3.films")),
            ("s3.example.com", None),
            ("localhost", None),
            (".odd", None),
            ("127.0.0.1", None),
            ("127.0.0.1:9000", None),
            ("[::1]", None),
            ("[::1]:9000", None),
            ("x.s3.ec2.eu-west-1.amazonaws.com", Some("x")),
        ] {
            assert_eq!(endpoint(host, None), ("s3", None), "{host}");
            assert_eq!(endpoint(host, Some(false)), ("s3", None), "{host}");
            assert_eq!(endpoint(host, Some(true)), ("s3", bucket), "{host}");
        }
        assert_eq!(endpoint("ec2.eu-west-1.amazonaws.com", None), ("s3", None));
    }
}
