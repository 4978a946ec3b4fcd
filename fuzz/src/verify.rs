//! A verifier of all four kinds of signature, written from Amazon's description and sharing no code
//! with the signer. It reads nothing but the bytes that would be sent.

use std::collections::BTreeMap;

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::Setup;

/// A head, split at line breaks, colons and the outer spaces of the request line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub method: Vec<u8>,
    pub target: Vec<u8>,
    pub version: Vec<u8>,
    /// Names as written, and values without white space around them.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// Its length, the empty line included.
    pub len: usize,
}

/// Arguments of a query, decoded.
pub type Arguments = Vec<(Vec<u8>, Vec<u8>)>;

impl Head {
    /// `None`: these bytes begin with no head.
    pub fn split(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let mut lines = Vec::new();
        let mut rest = &bytes[..end];
        while let Some(at) = rest.windows(2).position(|two| two == b"\r\n") {
            lines.push(&rest[..at]);
            rest = &rest[at + 2..];
        }
        lines.push(rest);
        let line = lines.remove(0);
        let first = line.iter().position(|&b| b == b' ')?;
        let last = line.iter().rposition(|&b| b == b' ').filter(|&last| last > first)?;
        let header = |line: &&[u8]| {
            let colon = line.iter().position(|&b| b == b':')?;
            Some((line[..colon].to_vec(), line[colon + 1..].trim_ascii().to_vec()))
        };
        Some(Self {
            method: line[..first].to_vec(),
            target: line[first + 1..last].to_vec(),
            version: line[last + 1..].to_vec(),
            headers: lines.iter().map(header).collect::<Option<_>>()?,
            len: end + 4,
        })
    }

    /// The target up to the first question mark, as it is written.
    pub fn path(&self) -> &[u8] {
        self.target.split(|&b| b == b'?').next().unwrap_or_default()
    }

    /// What follows the first question mark, decoded.
    pub fn arguments(&self) -> Arguments {
        let Some(start) = self.target.iter().position(|&b| b == b'?') else { return Vec::new() };
        let form = |text: &[u8]| {
            let spaced: Vec<u8> = text.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect();
            decode(&spaced)
        };
        self.target[start + 1..]
            .split(|&b| b == b'&')
            .filter(|argument| !argument.is_empty())
            .map(|argument| {
                let mut halves = argument.splitn(2, |&b| b == b'=');
                (form(halves.next().unwrap_or_default()), form(halves.next().unwrap_or_default()))
            })
            .collect()
    }

    /// The headers without those that are removed.
    pub fn kept_headers(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut kept = self.headers.clone();
        kept.retain(|(name, _)| !is_removed_header(name));
        kept
    }

    /// The arguments without those that authenticate.
    pub fn kept_arguments(&self) -> Arguments {
        let mut kept = self.arguments();
        kept.retain(|(name, _)| !authenticates_as_argument(name));
        kept
    }

    /// Whether a body follows.
    fn has_body(&self) -> bool {
        self.headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case(b"transfer-encoding")
                || name.eq_ignore_ascii_case(b"content-length") && value.iter().any(|&b| b != b'0')
        })
    }

    /// The value of a header that is there exactly once.
    fn header(&self, name: &str) -> Option<&[u8]> {
        one(self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())))
    }

    /// The value of an argument that is there exactly once, in this spelling.
    fn argument(&self, name: &str) -> Option<Vec<u8>> {
        one(self.arguments().iter().filter(|(n, _)| n == name.as_bytes())).map(<[u8]>::to_vec)
    }

    /// The values of each header that is signed, by its name in lower case.
    fn signed_headers(&self, v4: bool) -> BTreeMap<Vec<u8>, Vec<Vec<u8>>> {
        let mut signed = BTreeMap::<_, Vec<_>>::new();
        for (name, value) in &self.headers {
            let name = name.to_ascii_lowercase();
            let by_name = matches!(&name[..], b"host" | b"content-type" | b"content-md5");
            if name.starts_with(b"x-amz-") || v4 && by_name {
                signed.entry(name).or_default().push(value.clone());
            }
        }
        signed
    }
}

fn one<'a>(mut found: impl Iterator<Item = &'a (Vec<u8>, Vec<u8>)>) -> Option<&'a [u8]> {
    let (_, value) = found.next()?;
    found.next().is_none().then_some(value)
}

/// It authenticates, or asks for another protocol.
fn is_removed_header(name: &[u8]) -> bool {
    ["authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "upgrade"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// By an argument, or as the header as which S3 reads it.
fn authenticates_as_argument(name: &[u8]) -> bool {
    name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"x-amz-"))
        || matches!(name, b"AWSAccessKeyId" | b"Signature" | b"Expires")
}

/// Replaces percent escapes; what is none stays.
pub fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let digits = text.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits
            .filter(|two| text[at] == b'%' && two.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        out.push(byte.unwrap_or(text[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    out
}

/// Amazon's UriEncode; `plain` bytes stay besides the unreserved ones.
pub fn percent_encode(text: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for &b in text {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) || plain.contains(&b) {
            out.push(b);
        } else {
            out.extend_from_slice(format!("%{b:02X}").as_bytes());
        }
    }
    out
}

/// Whether the signature in `head` is one that S3 accepts from this signer. `Err` has the difference.
pub fn verify(head: &Head, setup: &Setup) -> Result<(), String> {
    // Nothing authenticates but one signature: no second one in another spelling or place.
    let headers = head.headers.len() - head.kept_headers().len();
    let arguments = head.arguments().len() - head.kept_arguments().len();
    let token = usize::from(setup.session_token.is_some());
    let payload = usize::from(head.header("x-amz-content-sha256") == Some(UNSIGNED_TRAILER));
    let wanted = match (setup.region.is_some(), setup.in_headers) {
        (true, true) => (3 + token, 0),
        (false, true) => (2 + token, 0),
        (true, false) => (payload, 6 + token),
        (false, false) => (0, 3 + token),
    };
    if (headers, arguments) != wanted {
        return Err(format!("{headers} headers and {arguments} arguments authenticate"));
    }
    if let Some((name, _)) = head.headers.iter().find(|(name, _)| is_ambiguous(name)) {
        return Err(format!("ambiguous name {}", name.escape_ascii()));
    }
    let chunked = head.headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case(b"content-encoding")
            && value.to_ascii_lowercase().split(|&b| b == b',').any(|c| c.trim_ascii() == CHUNKED)
    });
    if chunked && head.has_body() && (payload == 0 || setup.region.is_none()) {
        return Err("a body in chunks, but not signed so".into());
    }
    match (setup.region, setup.in_headers) {
        (Some(region), in_headers) => verify_v4(head, setup, region, in_headers),
        (None, in_headers) => verify_v2(head, setup, in_headers),
    }
}

/// The payload hash of a body in chunks without signatures, with a trailer.
const UNSIGNED_TRAILER: &[u8] = b"STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// The coding of such a body.
const CHUNKED: &[u8] = b"aws-chunked";

/// The SHA-256 of nothing.
const EMPTY: &[u8] = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Whether some servers read another name of Amazon's here than is signed.
fn is_ambiguous(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let read = name.iter().map(|&b| if b == b'_' { b'-' } else { b }).collect::<Vec<_>>();
    read.starts_with(b"x-amz-") && name != read && !name.starts_with(b"x-amz-meta-")
}

fn verify_v4(head: &Head, setup: &Setup, region: &str, in_headers: bool) -> Result<(), String> {
    let host = head.header("host").ok_or("not one Host")?;
    let service = setup.service.unwrap_or_else(|| service(host));
    let scope = format!("20130524/{region}/{service}/aws4_request");
    let credential = format!("{}/{scope}", setup.access_key_id);
    let signed = head.signed_headers(true);
    let names = signed.keys().map(|name| &name[..]).collect::<Vec<_>>().join(&b';');

    let mut arguments = head.arguments();
    let (signature, payload) = if in_headers {
        let authorization = head.header("authorization").ok_or("not one Authorization")?;
        let start = [
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=").as_bytes(),
            &names,
            b", Signature=",
        ]
        .concat();
        let signature = authorization.strip_prefix(&start[..]).ok_or("Authorization")?.to_vec();
        expect(head.header("x-amz-date"), Some("20130524T000000Z"), "x-amz-date")?;
        expect(head.header("x-amz-security-token"), setup.session_token, "token")?;
        let payload = head.header("x-amz-content-sha256").ok_or("no x-amz-content-sha256")?;
        let hashes: &[&[u8]] = match head.has_body() {
            true => &[b"UNSIGNED-PAYLOAD", UNSIGNED_TRAILER],
            false => &[EMPTY],
        };
        if !hashes.contains(&payload) {
            return Err(format!("the payload hash {}", payload.escape_ascii()));
        }
        (signature, payload.to_vec())
    } else {
        for (name, value) in [
            ("X-Amz-Algorithm", Some("AWS4-HMAC-SHA256")),
            ("X-Amz-Credential", Some(&credential[..])),
            ("X-Amz-Date", Some("20130524T000000Z")),
            ("X-Amz-Expires", Some("900")),
            ("X-Amz-Security-Token", setup.session_token),
        ] {
            expect(head.argument(name).as_deref(), value, name)?;
        }
        if head.argument("X-Amz-SignedHeaders").as_deref() != Some(&names[..]) {
            return Err("X-Amz-SignedHeaders".into());
        }
        let signature = head.argument("X-Amz-Signature").ok_or("no signature")?;
        arguments.retain(|(name, _)| name != b"X-Amz-Signature");
        let payload = head.header("x-amz-content-sha256").unwrap_or(b"UNSIGNED-PAYLOAD");
        if payload == UNSIGNED_TRAILER && !head.has_body() {
            return Err("an empty body in chunks".into());
        }
        (signature, payload.to_vec())
    };

    let mut query: Vec<_> = arguments
        .iter()
        .map(|(name, value)| (percent_encode(name, b""), percent_encode(value, b"")))
        .collect();
    query.sort();
    let query: Vec<_> =
        query.iter().map(|(name, value)| [&name[..], b"=", value].concat()).collect();
    let mut canonical = [
        &head.method[..],
        b"\n",
        &percent_encode(&decode(head.path()), b"/"),
        b"\n",
        &query.join(&b'&'),
        b"\n",
    ]
    .concat();
    for (name, values) in &signed {
        let values: Vec<_> = values.iter().map(|value| fold(value)).collect();
        canonical.extend([&name[..], b":", &values.join(&b','), b"\n"].concat());
    }
    canonical.extend([b"\n", &names[..], b"\n", &payload].concat());

    let to_sign = format!(
        "AWS4-HMAC-SHA256\n20130524T000000Z\n{scope}\n{}",
        hex(&Sha256::digest(&canonical))
    );
    let mut key = format!("AWS4{}", setup.secret_access_key).into_bytes();
    for part in ["20130524", region, service, "aws4_request"] {
        key = hmac_sha256(&key, part.as_bytes());
    }
    expect(Some(&signature), Some(&hex(&hmac_sha256(&key, to_sign.as_bytes()))), "signature")
}

fn verify_v2(head: &Head, setup: &Setup, in_headers: bool) -> Result<(), String> {
    let arguments = head.arguments();
    let mut signed = head.signed_headers(false);
    let (signature, expires) = if in_headers {
        let authorization = head.header("authorization").ok_or("not one Authorization")?;
        let start = format!("AWS {}:", setup.access_key_id);
        let signature = authorization.strip_prefix(start.as_bytes()).ok_or("Authorization")?;
        expect(head.header("x-amz-date"), Some("Fri, 24 May 2013 00:00:00 GMT"), "x-amz-date")?;
        expect(head.header("x-amz-security-token"), setup.session_token, "token")?;
        (signature.to_vec(), "")
    } else {
        for (name, value) in [
            ("AWSAccessKeyId", Some(setup.access_key_id)),
            ("Expires", Some("1369354500")),
            ("x-amz-security-token", setup.session_token),
        ] {
            expect(head.argument(name).as_deref(), value, name)?;
        }
        // The token counts as a header.
        if let Some(token) = setup.session_token {
            signed.entry(b"x-amz-security-token".to_vec()).or_default().push(token.into());
        }
        (head.argument("Signature").ok_or("no signature")?, "1369354500")
    };

    let value = |name: &str| {
        let mut found =
            head.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()));
        found.next().map_or(&b""[..], |(_, value)| value)
    };
    let mut to_sign = [
        &head.method[..],
        b"\n",
        value("content-md5"),
        b"\n",
        value("content-type"),
        b"\n",
        expires.as_bytes(),
        b"\n",
    ]
    .concat();
    for (name, values) in &signed {
        to_sign.extend([&name[..], b":", &values.join(&b','), b"\n"].concat());
    }
    if let Some(bucket) = bucket(value("host"), setup.bucket_in_host) {
        to_sign.extend([b"/", &bucket[..]].concat());
    }
    to_sign.extend(percent_encode(&decode(head.path()), b"/"));
    let mut resource: Vec<_> =
        arguments.iter().filter(|(name, _)| RESOURCE.contains(&&name[..])).collect();
    resource.sort_by(|a, b| a.0.cmp(&b.0));
    for (i, (name, value)) in resource.into_iter().enumerate() {
        to_sign.push(if i == 0 { b'?' } else { b'&' });
        to_sign.extend(name);
        if !value.is_empty() {
            to_sign.extend([b"=", &value[..]].concat());
        }
    }

    // A line break in a value would make a second meaning possible.
    let lines = to_sign.split(|&b| b == b'\n').count();
    if lines != 5 + signed.len() {
        return Err(format!("lines: {}", to_sign.escape_ascii()));
    }
    let mut mac = Hmac::<Sha1>::new_from_slice(setup.secret_access_key.as_bytes()).unwrap();
    mac.update(&to_sign);
    let wanted = Base64::encode_string(&mac.finalize().into_bytes());
    expect(Some(&signature), Some(&wanted), "signature")
}

/// Arguments that are part of the resource in Signature V2.
const RESOURCE: [&[u8]; 35] = [
    b"accelerate",
    b"acl",
    b"analytics",
    b"cors",
    b"defaultObjectAcl",
    b"delete",
    b"inventory",
    b"lifecycle",
    b"location",
    b"logging",
    b"metrics",
    b"notification",
    b"object-lock",
    b"partNumber",
    b"policy",
    b"replication",
    b"requestPayment",
    b"response-cache-control",
    b"response-content-disposition",
    b"response-content-encoding",
    b"response-content-language",
    b"response-content-type",
    b"response-expires",
    b"restore",
    b"select",
    b"select-type",
    b"storageClass",
    b"tagging",
    b"torrent",
    b"uploadId",
    b"uploads",
    b"versionId",
    b"versioning",
    b"versions",
    b"website",
];

/// The labels of a host in lower case, without its port and a last dot.
fn labels(host: &[u8]) -> Vec<Vec<u8>> {
    let host = host.to_ascii_lowercase();
    let colon = host.iter().rposition(|&b| b == b':');
    let port = colon.filter(|&colon| host[colon + 1..].iter().all(u8::is_ascii_digit));
    let host = &host[..port.unwrap_or(host.len())];
    let host = host.strip_suffix(b".").unwrap_or(host);
    host.split(|&b| b == b'.').map(<[u8]>::to_vec).collect()
}

/// Of a host of Amazon's S3: the label that names S3, and the labels of the bucket. Independent of
/// the signer's list of endpoints as far as it can be: the name is read from its end, label by label.
fn amazon(host: &[u8]) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
    let mut labels = labels(host);
    const ENDS: [&[&[u8]]; 3] =
        [&[b"amazonaws", b"com", b"cn"], &[b"amazonaws", b"com"], &[b"amazonaws", b"eu"]];
    let end = ENDS.into_iter().find(|end| {
        labels.len() > end.len() && labels.iter().rev().zip(end.iter().rev()).all(|(a, b)| a == b)
    })?;
    labels.truncate(labels.len() - end.len());
    let is_s3 = |label: &[u8]| {
        label == b"s3" || label.starts_with(b"s3-") || label.starts_with(b"s3express-")
    };
    let first = labels.pop()?;
    if is_s3(&first) {
        return Some((first, labels));
    }
    let second = labels.pop()?;
    if is_s3(&second) {
        return Some((second, labels));
    }
    let third = labels.pop()?;
    if second == b"dualstack" && is_s3(&third) {
        return Some((third, labels));
    }
    if first != b"vpce" || !is_s3(&third) {
        return None;
    }
    labels.pop()?;
    let kinds: [&[u8]; 3] = [b"bucket", b"accesspoint", b"control"];
    let is_kind = labels.last().is_some_and(|label| kinds.contains(&&label[..]));
    if is_kind && service_of(&third) == "s3" {
        labels.pop();
    }
    Some((third, labels))
}

fn service_of(s3: &[u8]) -> &'static str {
    match s3 {
        _ if s3.starts_with(b"s3express-") => "s3express",
        _ if s3.starts_with(b"s3-outposts") => "s3-outposts",
        _ if s3.starts_with(b"s3-object-lambda") => "s3-object-lambda",
        _ => "s3",
    }
}

/// The service that a host names.
fn service(host: &[u8]) -> &'static str {
    amazon(host).map_or("s3", |(s3, _)| service_of(&s3))
}

/// The bucket that a host names, in lower case.
fn bucket(host: &[u8], in_host: Option<bool>) -> Option<Vec<u8>> {
    if let Some((_, bucket)) = amazon(host) {
        return Some(bucket.join(&b'.')).filter(|bucket| !bucket.is_empty());
    }
    let labels = labels(host);
    let name = labels.join(&b'.');
    let is_address = name.starts_with(b"[")
        || std::str::from_utf8(&name).is_ok_and(|h| h.parse::<std::net::IpAddr>().is_ok());
    if in_host != Some(true) || is_address || labels.len() < 2 {
        return None;
    }
    let s3 = labels.iter().rposition(|label| label == b"s3");
    Some(labels[..s3.unwrap_or(1)].join(&b'.')).filter(|bucket| !bucket.is_empty())
}

/// `value` with each run of spaces and tabs as one space.
fn fold(value: &[u8]) -> Vec<u8> {
    let words: Vec<_> =
        value.split(|b| b" \t".contains(b)).filter(|word| !word.is_empty()).collect();
    words.join(&b' ')
}

fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn expect(got: Option<&[u8]>, wanted: Option<&str>, what: &str) -> Result<(), String> {
    if got == wanted.map(str::as_bytes) {
        return Ok(());
    }
    Err(format!("{what}: {:?}, wanted {wanted:?}", got.map(|got| got.escape_ascii().to_string())))
}
