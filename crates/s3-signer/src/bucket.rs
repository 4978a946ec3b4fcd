//! Which bucket a host names; Signature V2 signs it as part of the resource.

use std::net::IpAddr;

use smallvec::SmallVec;

/// The bucket in `host` (the value of a `Host` header), or `None` for a path-style host.
///
/// Amazon's endpoints are known by their names. For others `in_host` decides: `Some(true)` takes
/// the first label, `Some(false)` none; unset means none. An IP address never names a bucket.
pub(crate) fn bucket_in_host(host: &[u8], in_host: Option<bool>) -> Option<&[u8]> {
    let host = without_port(host);
    if let Some(bucket) = in_amazon_host(host) {
        return bucket;
    }
    if in_host != Some(true) || is_ip_address(host) {
        return None;
    }
    let dot = host.iter().position(|&b| b == b'.')?;
    Some(&host[..dot]).filter(|bucket| !bucket.is_empty())
}

/// `None`: not one of Amazon's endpoints. Endpoints: `s3`, `s3-REGION`, `s3.REGION`,
/// `s3.dualstack.REGION`, and `s3-accelerate` and `s3-fips` in the place of `s3`; under
/// `amazonaws.com` or `amazonaws.com.cn`; the bucket, dots and all, comes before.
fn in_amazon_host(host: &[u8]) -> Option<Option<&[u8]>> {
    let name = strip_suffix(host, b".amazonaws.com")
        .or_else(|| strip_suffix(host, b".amazonaws.com.cn"))?;
    let labels: SmallVec<[&[u8]; 4]> = name.rsplitn(4, |&b| b == b'.').collect();
    let is_s3 = |label: &&[u8]| {
        label.eq_ignore_ascii_case(b"s3")
            || label.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"s3-"))
    };
    let is_dualstack = |label: &&[u8]| label.eq_ignore_ascii_case(b"dualstack");
    let endpoint_labels = match labels.as_slice() {
        [s3, ..] if is_s3(s3) => 1,
        [_region, s3, ..] if is_s3(s3) => 2,
        [dualstack, s3, ..] if is_dualstack(dualstack) && is_s3(s3) => 2,
        [_region, dualstack, s3, ..] if is_dualstack(dualstack) && is_s3(s3) => 3,
        _ => return None,
    };
    let endpoint_len: usize = labels[..endpoint_labels].iter().map(|label| label.len() + 1).sum();
    let bucket = name.len().checked_sub(endpoint_len).map(|end| &name[..end]);
    Some(bucket.filter(|bucket| !bucket.is_empty()))
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

    fn bucket(host: &str, in_host: Option<bool>) -> Option<&str> {
        bucket_in_host(host.as_bytes(), in_host).map(|b| std::str::from_utf8(b).unwrap())
    }

    #[test]
    fn amazon_hosts_name_their_bucket() {
        for suffix in ["amazonaws.com", "amazonaws.com.cn", "AmazonAWS.com"] {
            for endpoint in [
                "s3",
                "s3-eu-west-1",
                "s3.eu-west-1",
                "s3.dualstack.eu-west-1",
                "s3-accelerate",
                "s3-accelerate.dualstack",
                "s3-fips.us-gov-west-1",
                "s3-fips.dualstack.us-gov-west-1",
            ] {
                for port in ["", ":443"] {
                    let host = format!("{endpoint}.{suffix}{port}");
                    assert_eq!(bucket(&host, None), None, "{host}");
                    for name in ["films", "my.dotted.bucket", "s3.odd"] {
                        let host = format!("{name}.{host}");
                        assert_eq!(bucket(&host, None), Some(name), "{host}");
                        // Amazon's own names need no advice.
                        assert_eq!(bucket(&host, Some(false)), Some(name), "{host}");
                    }
                }
            }
        }
    }

    #[test]
    fn other_hosts_are_path_style_unless_told() {
        for host in ["films.minio.example", "films.minio.example:9000"] {
            assert_eq!(bucket(host, None), None);
            assert_eq!(bucket(host, Some(false)), None);
            assert_eq!(bucket(host, Some(true)), Some("films"));
        }
        for host in ["127.0.0.1", "127.0.0.1:9000", "[::1]", "[::1]:9000", "localhost", ".odd"] {
            assert_eq!(bucket(host, Some(true)), None, "{host}");
        }
        assert_eq!(bucket("ec2.eu-west-1.amazonaws.com", None), None);
    }
}
