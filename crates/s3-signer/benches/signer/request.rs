//! The requests that are signed.

use std::{
    fmt,
    time::{Duration, UNIX_EPOCH},
};

use aws_sigv4::{
    http_request::{
        self, PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest,
        SignatureLocation, SigningInstructions, SigningSettings, UriPathNormalizationMode,
    },
    sign::v4,
};
use s3_signer::{
    Algorithm, Credentials, Placement, QUERY_LIFETIME, Region, RequestHead, SignatureKind, Signer,
    SigningParams,
};

pub const KINDS: [SignatureKind; 4] = [
    SignatureKind::V4Headers,
    SignatureKind::V4Query,
    SignatureKind::V2Headers,
    SignatureKind::V2Query,
];

/// 2013-05-24T12:00:00Z.
pub const NOON: i64 = 1_369_396_800;

const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const REGION: &str = "eu-west-1";
const HOST: &str = "films.s3.eu-west-1.amazonaws.com";
/// A key of 60 bytes.
const PATH: &str = "/films/2013/05/a-film-of-some-length-and-its-name-in-full.mp4";
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

/// As long as session tokens of Amazon's, and with as many characters to encode.
fn token() -> String {
    "FwoGZXIvYXdzEBYaDEXAMPLE/abcdefghij+lmnopq".repeat(24)
}

/// An ordinary GET with five headers.
pub fn ordinary() -> Vec<u8> {
    head(PATH, &[])
}

/// A GET of `target` with five headers and `more`.
fn head(target: &str, more: &[String]) -> Vec<u8> {
    let more = more.concat();
    format!(
        "GET {target} HTTP/1.1\r\n\
         Host: {HOST}\r\n\
         User-Agent: {USER_AGENT}\r\n\
         Accept: */*\r\n\
         Accept-Encoding: gzip, deflate\r\n\
         Range: bytes=0-1048575\r\n\
         {more}\r\n"
    )
    .into()
}

/// How an ordinary request is signed.
pub struct Case {
    pub kind: SignatureKind,
    token: Option<String>,
    credentials: Credentials,
    region: Region,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = if self.token.is_some() { " and token" } else { "" };
        write!(f, "{}{token}", self.kind.as_str())
    }
}

impl Case {
    pub fn new(kind: SignatureKind, with_token: bool) -> Self {
        let token = with_token.then(token);
        Self {
            kind,
            credentials: Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, token.as_deref())
                .unwrap(),
            token,
            region: Region::new(REGION).unwrap(),
        }
    }

    /// Whether this is Signature V4, or else V2.
    pub fn is_v4(&self) -> bool {
        matches!(self.kind, SignatureKind::V4Headers | SignatureKind::V4Query)
    }

    pub fn params(&self) -> SigningParams<'_> {
        SigningParams {
            credentials: &self.credentials,
            algorithm: if self.is_v4() {
                Algorithm::V4 { region: &self.region, service: None }
            } else {
                Algorithm::V2 { bucket_in_host: None }
            },
            placement: match self.kind {
                SignatureKind::V4Headers | SignatureKind::V2Headers => Placement::Headers,
                _ => Placement::Query,
            },
        }
    }

    /// The lengths of the canonical request, 0 when there is none, and of the string to sign.
    pub fn texts(&self) -> [usize; 2] {
        /// The replacement of the token in an explanation.
        const HIDDEN: &[u8] = b"[redacted]";
        let head = ordinary();
        let mut signer = Signer::new();
        let params = self.params();
        let request = RequestHead::parse(&head).unwrap();
        let explanation = signer.sign(&request, &params, NOON).unwrap().explain();
        let length = |text: &Vec<u8>| {
            let tokens = text.windows(HIDDEN.len()).filter(|window| *window == HIDDEN).count();
            text.len() - tokens * HIDDEN.len() + tokens * self.token_length()
        };
        [
            explanation.canonical_request.as_ref().map_or(0, length),
            length(&explanation.string_to_sign),
        ]
    }

    /// How long the token is in what is signed.
    fn token_length(&self) -> usize {
        let token = self.token.as_deref().unwrap_or_default();
        let encoded = match self.kind {
            SignatureKind::V4Query => token.matches(['/', '+']).count(),
            _ => 0,
        };
        token.len() + 2 * encoded
    }
}

/// A head that one thing makes large.
pub struct Sized {
    /// How many there are of it.
    count: usize,
    pub bytes: Vec<u8>,
}

impl fmt::Display for Sized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.count, self.bytes.len())
    }
}

impl Sized {
    fn new(count: usize, target: &str, more: &[String]) -> Self {
        Self { count, bytes: head(target, more) }
    }

    /// `count` headers in all, those beyond the ordinary ones unsigned.
    pub fn headers(count: usize) -> Self {
        let more: Vec<_> =
            (5..count).map(|i| format!("X-Header-{i}: a value of {i}\r\n")).collect();
        Self::new(count, PATH, &more)
    }

    /// `count` headers in all, those beyond the ordinary ones signed, in no order.
    pub fn signed_headers(count: usize) -> Self {
        let more = shuffled(5..count).map(|i| format!("X-Amz-Meta-{i}: a value of {i}\r\n"));
        Self::new(count, PATH, &more.collect::<Vec<_>>())
    }

    /// A path of `count` bytes.
    pub fn target(count: usize) -> Self {
        let mut path = PATH.repeat(count / PATH.len() + 1);
        path.truncate(count);
        Self::new(count, &path, &[])
    }

    /// `count` arguments, in no order.
    pub fn arguments(count: usize) -> Self {
        let arguments: Vec<_> =
            shuffled(0..count).map(|i| format!("argument-{i}=value-{i}")).collect();
        Self::new(count, &format!("{PATH}?{}", arguments.join("&")), &[])
    }
}

/// The numbers of a range in an order that is none, but always the same.
fn shuffled(range: std::ops::Range<usize>) -> impl Iterator<Item = usize> {
    // 37 divides no range's length here.
    let (start, length) = (range.start, range.len().max(1));
    range.map(move |i| start + (i - start) * 37 % length)
}

/// Signs the ordinary request with `aws-sigv4`.
pub fn for_aws_sigv4(location: SignatureLocation) -> impl Fn() -> (SigningInstructions, String) {
    let credentials = aws_credential_types::Credentials::new(
        ACCESS_KEY_ID,
        SECRET_ACCESS_KEY,
        None,
        None,
        "benchmark",
    );
    let identity = credentials.into();
    let uri = format!("https://{HOST}{PATH}");
    move || {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.signature_location = location;
        let body = match location {
            SignatureLocation::QueryParams => {
                settings.expires_in = Some(Duration::from_secs(QUERY_LIFETIME.into()));
                SignableBody::UnsignedPayload
            }
            _ => {
                settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
                SignableBody::empty()
            }
        };
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name("s3")
            .time(UNIX_EPOCH + Duration::from_secs(NOON.unsigned_abs()))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let headers = [("host", HOST)].into_iter();
        let request = SignableRequest::new("GET", &uri, headers, body).unwrap();
        http_request::sign(request, &params).unwrap().into_parts()
    }
}
