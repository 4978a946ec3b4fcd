//! Requests that a proxy may send, and damaged heads.

use std::fmt;

use percent_encoding::percent_decode;
use proptest::{collection::vec, option, prelude::*, sample::select, string::string_regex};
use s3_signer::{Algorithm, Credentials, Region, Service, SignatureKind, SigningParams};

use super::{is_v4, params};

/// A request and what signs it.
#[derive(Clone)]
pub struct Case {
    pub method: &'static str,
    pub target: Vec<u8>,
    /// The minor version, 0 or 1.
    pub version: u8,
    /// `Host` and the others, values with the white space around them.
    pub headers: Vec<(String, String)>,
    pub body: Body,
    /// Whether the body is in chunks without signatures, with a trailer; only for Signature V4.
    pub is_aws_chunked: bool,
    /// The bucket that the host names, in lower case.
    pub bucket: Option<&'static str>,
    pub bucket_in_host: Option<bool>,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub token: Option<String>,
    pub region: &'static str,
    /// The service that the host names, and another one where it is set.
    pub host_service: &'static str,
    pub set_service: Option<&'static str>,
    pub now: i64,
}

/// The body that the headers announce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    None,
    /// `Content-Length: 0`.
    Empty,
    Length(u32),
    Chunked,
}

impl Case {
    /// The head, as a proxy would send it.
    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("{} ", self.method).into_bytes();
        head.extend_from_slice(&self.target);
        head.extend_from_slice(format!(" HTTP/1.{}\r\n", self.version).as_bytes());
        for (name, value) in &self.headers {
            head.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
        }
        head.extend_from_slice(b"\r\n");
        head
    }

    /// The service that is signed.
    pub fn service(&self) -> &'static str {
        self.set_service.unwrap_or(self.host_service)
    }

    /// Whether the headers announce a body that has bytes.
    pub fn has_body(&self) -> bool {
        matches!(self.body, Body::Length(_) | Body::Chunked)
    }

    /// Calls `run` with the parameters for a signature of this kind.
    pub fn with_params<T>(&self, kind: SignatureKind, run: impl FnOnce(&SigningParams) -> T) -> T {
        let credentials =
            Credentials::new(&self.access_key_id, &self.secret_access_key, self.token.as_deref())
                .expect("generated of graphic characters");
        let region = Region::new(self.region).expect("a name of Amazon's");
        let service = self.set_service.map(|name| Service::new(name).expect("a name"));
        let algorithm = if is_v4(kind) {
            Algorithm::V4 { region: &region, service: service.as_ref() }
        } else {
            Algorithm::V2 { bucket_in_host: self.bucket_in_host }
        };
        run(&SigningParams { algorithm, ..params(kind, &credentials, &region) })
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("head", &self.head().escape_ascii().to_string())
            .field("bucket", &self.bucket)
            .field("bucket_in_host", &self.bucket_in_host)
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &self.secret_access_key)
            .field("token", &self.token)
            .field("region", &self.region)
            .field("service", &self.service())
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

/// Hosts with the service and the bucket that they name, and the `bucket_in_host` for them.
const HOSTS: [(&str, &str, Option<&str>, Option<bool>); 16] = [
    ("films.s3.eu-west-1.amazonaws.com", "s3", Some("films"), None),
    ("Films.S3.AmazonAWS.com:443", "s3", Some("films"), None),
    ("my.dotted.films.s3-eu-west-1.amazonaws.com", "s3", Some("my.dotted.films"), None),
    ("films.s3.dualstack.us-east-2.amazonaws.com", "s3", Some("films"), Some(false)),
    ("films.s3.cn-north-1.amazonaws.com.cn", "s3", Some("films"), None),
    ("my.films.bucket.vpce-1a-3c.s3.eu-west-1.vpce.amazonaws.com", "s3", Some("my.films"), None),
    ("films.s3.eu-west-1.amazonaws.com.", "s3", Some("films"), None),
    ("a-1.s3-object-lambda.eu-west-1.amazonaws.com", "s3-object-lambda", Some("a-1"), None),
    ("s3express-control.us-east-1.amazonaws.com", "s3express", None, None),
    ("s3.eu-west-1.amazonaws.com", "s3", None, None),
    ("s3.amazonaws.com", "s3", None, Some(true)),
    ("my.films.s3.example.com", "s3", Some("my.films"), Some(true)),
    ("films.minio.example:9000", "s3", Some("films"), Some(true)),
    ("films.minio.example:9000", "s3", None, None),
    ("127.0.0.1:9000", "s3", None, Some(true)),
    ("[::1]:9000", "s3", None, Some(true)),
];

/// All arguments that are part of the resource for Signature V2, and near misses.
const RESOURCE_ARGUMENTS: [&str; 41] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
    "ACL",
    "partnumber",
    "prefix",
    "encryption",
    "response-",
    "legal-hold",
];

/// Arguments that authenticate, some in disguise, and near misses.
const AUTHENTICATING_ARGUMENTS: [&str; 18] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
    "X-Amz-Security-Token",
    "x-amz-security-token",
    "x-aMZ-sIGNATURE",
    "%58-Amz-Signature",
    "X%2dAmz%2DDate",
    "AWSAccessKeyId",
    "Signature",
    "Expires",
    "%45xpires",
    "expires",
    "X-Amz-Meta-Date",
    "Signature+",
];

/// A request. Paths hold any byte but CR, LF, NUL and `?`; queries decode to UTF-8, since the
/// implementations we compare with keep queries as text, and header values are UTF-8 for the same
/// reason.
pub fn case() -> impl Strategy<Value = Case> {
    let request = (
        select(&["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"][..]),
        target(),
        select(&[0u8, 1][..]),
        headers(),
        body(),
        select(&HOSTS[..]),
    );
    let signing = (
        string_regex("[A-Z0-9]{16,20}").expect("a regular expression"),
        string_regex("[!-~]{20,80}").expect("a regular expression"),
        option::of(string_regex("[!-~]{16,200}").expect("a regular expression")),
        select(&["us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1"][..]),
        option::of(select(&["s3", "s3-outposts", "storage_1"][..])),
        // To the end of the year 2199.
        0i64..7_258_118_400,
    );
    (request, signing, any::<prop::sample::Index>()).prop_map(
        |((method, target, version, mut headers, body, host), signing, at)| {
            let (host, host_service, bucket, bucket_in_host) = host;
            let (access_key_id, secret_access_key, token, region, set_service, now) = signing;
            match body {
                Body::None => {}
                Body::Empty => headers.push(("Content-Length".into(), " 0".into())),
                Body::Length(n) => headers.push(("content-length".into(), format!(" {n}"))),
                Body::Chunked => headers.push(("Transfer-Encoding".into(), " chunked".into())),
            }
            headers.insert(at.index(headers.len() + 1), ("Host".into(), format!(" {host}")));
            Case {
                method,
                target,
                version,
                headers,
                body,
                is_aws_chunked: false,
                bucket,
                bucket_in_host,
                access_key_id,
                secret_access_key,
                token,
                region,
                host_service,
                set_service,
                now,
            }
        },
    )
}

/// As [`case`], and some bodies in chunks, with the `x-amz-content-sha256` of this form or without.
/// Some of these requests have no body.
pub fn v4_case() -> impl Strategy<Value = Case> {
    let chunked = (case(), any::<(bool, prop::sample::Index)>()).prop_map(|(mut case, chance)| {
        let (has_hash, at) = chance;
        let headers = &mut case.headers;
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("x-amz-content-sha256"));
        let mut add = |name: &str, value: &str| {
            headers.insert(at.index(headers.len() + 1), (name.into(), value.into()));
        };
        if has_hash {
            add("X-Amz-Content-Sha256", " STREAMING-UNSIGNED-PAYLOAD-TRAILER");
        }
        add("Content-Encoding", "aws-chunked");
        add("x-amz-trailer", " x-amz-checksum-crc32");
        Case { is_aws_chunked: case.has_body(), ..case }
    });
    prop_oneof![4 => case(), 1 => chunked]
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        3 => Just(Body::None),
        1 => Just(Body::Empty),
        1 => (1u32..).prop_map(Body::Length),
        1 => Just(Body::Chunked),
    ]
}

fn target() -> impl Strategy<Value = Vec<u8>> {
    (path(), option::of(query())).prop_map(|(mut target, query)| {
        if let Some(query) = query {
            target.push(b'?');
            target.extend_from_slice(query.as_bytes());
        }
        target
    })
}

fn path() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => word().prop_map(String::into_bytes),
        4 => select(&["/", "//", "/./", "/../", "/..", "+", "%2B", "%2b", " ", "%20", "%2F",
                      "%3F", "%", "%2", "%zz", "%25", "%2525", "é", "日本語", "%C3%A9", "%c3%a9",
                      "#", "&", "=", ":", "@", "*", "'", "~", "%7e"][..])
            .prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|b| format!("%{b:02x}").into_bytes()),
        1 => any::<u8>()
            .prop_filter("not in a request line", |b| !b"\r\n\0?".contains(b))
            .prop_map(|b| vec![b]),
    ];
    vec(piece, 0..10).prop_map(|pieces| [&b"/"[..], &pieces.concat()].concat())
}

fn word() -> impl Strategy<Value = String> {
    string_regex("[A-Za-z0-9._~-]{1,8}").expect("a regular expression")
}

fn query() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        3 => word(),
        2 => select(&RESOURCE_ARGUMENTS[..]).prop_map(String::from),
        2 => select(&AUTHENTICATING_ARGUMENTS[..]).prop_map(String::from),
        1 => select(&["a", "a", "b", "a-b", "A", "", "a%0A", "%00"][..]).prop_map(String::from),
        1 => query_text(),
    ];
    let argument = prop_oneof![
        1 => name.clone(),
        1 => name.clone().prop_map(|name| format!("{name}=")),
        4 => (name, query_text()).prop_map(|(name, value)| format!("{name}={value}")),
    ];
    let separator = prop_oneof![9 => Just("&"), 1 => Just("&&")];
    vec((argument, separator), 0..6)
        .prop_map(|arguments| arguments.iter().map(|(a, s)| format!("{a}{s}")).collect::<String>())
        .prop_flat_map(|query| {
            let short = query.trim_end_matches('&').to_owned();
            prop_oneof![1 => Just(query), 3 => Just(short)]
        })
}

/// A name or value; it may hold `=`, but no `&`, nor control characters, which Signature V2 cannot
/// cover.
fn query_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => word(),
        3 => select(&["+", "%2B", " ", "%20", "%26", "%3D", "=", "/", "?", ":", "@", ",", "%",
                      "%zz", "%25", "é", "日本語", "%C3%A9", "%e2%82%ac", "\"", "~", "%7E", "#", ";",
                      "*", "!"][..])
            .prop_map(String::from),
    ];
    vec(piece, 0..5).prop_map(|pieces| pieces.concat()).prop_filter("decodes to UTF-8", |text| {
        let decoded = percent_decode(text.as_bytes()).decode_utf8();
        decoded.is_ok_and(|text| !text.contains(|c: char| c.is_ascii_control()))
    })
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let signed = select(
        &[
            "x-amz-meta-a",
            "x-amz-meta-a",
            "x-amz-meta-b",
            "x-amz-meta-a-b",
            "x-amz-meta-a_b",
            "x-amz-acl",
            "x-amz-storage-class",
            "x-amz-cf-id",
            "x-amz-",
        ][..],
    );
    let passed = select(
        &[
            "Range",
            "Accept-Encoding",
            "User-Agent",
            "Connection",
            "Cookie",
            "Date",
            "Expect",
            "If-None-Match",
            "X-Forwarded-For",
            "X-Amzn-Trace-Id",
            "Content-Encoding",
            "x_amzn_trace_id",
            "x-am",
            "Authorization2",
        ][..],
    );
    let removed = select(
        &["Authorization", "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token", "Upgrade"]
            [..],
    );
    let name = prop_oneof![3 => signed, 3 => passed, 2 => removed];
    let header = (any_case(name), value());
    // At most one of these: HTTP allows no second.
    let single = |name: &'static str| option::of((any_case(Just(name)), value()));
    (vec(header, 0..8), single("Content-Type"), single("Content-MD5"))
        .prop_map(|(headers, content_type, content_md5)| {
            headers.into_iter().chain(content_type).chain(content_md5).collect::<Vec<_>>()
        })
        .prop_shuffle()
}

fn any_case(name: impl Strategy<Value = &'static str>) -> impl Strategy<Value = String> {
    (name, any::<u32>()).prop_map(|(name, upper)| {
        let other = |(i, c): (usize, char)| match upper >> (i % 32) & 1 {
            0 => c.to_ascii_lowercase(),
            _ => c.to_ascii_uppercase(),
        };
        name.chars().enumerate().map(other).collect()
    })
}

/// Words with spaces between, white space around. No tabs between words: Amazon's library signs
/// them as they are, botocore and this signer as a space. No white space or control characters
/// outside ASCII's: they are spaces for botocore.
fn value() -> impl Strategy<Value = String> {
    let around = || select(&["", " ", "  ", "\t", " \t "][..]);
    let words = prop_oneof![
        4 => string_regex("[!-~]{1,12}").expect("a regular expression"),
        1 => select(&["é", "日本語", "a,b", "\"q\""][..]).prop_map(String::from),
    ];
    (around(), vec((words, select(&[" ", "  ", "   "][..])), 0..4), around()).prop_map(
        |(before, words, after)| {
            let words: String =
                words.iter().map(|(word, space)| format!("{word}{space}")).collect();
            format!("{before}{}{after}", words.trim_end())
        },
    )
}

/// Any bytes, often a head with something broken in it.
pub fn damaged_head() -> impl Strategy<Value = Vec<u8>> {
    let splice = prop_oneof![
        1 => vec(any::<u8>(), 0..4),
        2 => select(&["\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", ":", "\0", "?", "Host: other\r\n",
                      " HTTP/1.1\r\n", "%", "&", "\r\nX-Amz-Date: 1\r\n", "\x0b", "\x0c"][..])
            .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let splices = vec((any::<prop::sample::Index>(), 0usize..3, splice), 0..4);
    let damaged = (case(), splices).prop_map(|(case, splices)| {
        let mut head = case.head();
        for (at, cut, new) in splices {
            let at = at.index(head.len() + 1);
            let end = (at + cut).min(head.len());
            head.splice(at..end, new);
        }
        head
    });
    prop_oneof![1 => vec(any::<u8>(), 0..200), 9 => damaged]
}
