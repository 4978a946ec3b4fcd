//! What the test files share: requests out of nothing, the emitted head read by an independent
//! parser, and the runner that names its seed.

#![allow(dead_code, reason = "each test file uses its own part")]

pub mod cases;

use std::hash::{BuildHasher, RandomState};

use percent_encoding::percent_decode;
use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner},
};
use s3_signer::{
    Algorithm, Credentials, Placement, Region, RequestHead, SignError, SignatureKind, SignedHead,
    Signer, SigningParams,
};

use cases::Case;

/// All kinds of signature.
pub const KINDS: [SignatureKind; 4] = [
    SignatureKind::V4Headers,
    SignatureKind::V4Query,
    SignatureKind::V2Headers,
    SignatureKind::V2Query,
];

/// What makes a signature of a kind.
pub fn params<'a>(
    kind: SignatureKind,
    credentials: &'a Credentials,
    region: &'a Region,
) -> SigningParams<'a> {
    let algorithm = if is_v4(kind) {
        Algorithm::V4 { region, service: None }
    } else {
        Algorithm::V2 { bucket_in_host: None }
    };
    let placement = if is_in_headers(kind) { Placement::Headers } else { Placement::Query };
    let params = SigningParams { credentials, algorithm, placement };
    assert_eq!(params.kind(), kind);
    params
}

/// Whether a kind is of Signature V4, or else of V2.
pub fn is_v4(kind: SignatureKind) -> bool {
    matches!(kind, SignatureKind::V4Headers | SignatureKind::V4Query)
}

/// Whether a kind has the signature in headers, or else in the query.
pub fn is_in_headers(kind: SignatureKind) -> bool {
    matches!(kind, SignatureKind::V4Headers | SignatureKind::V2Headers)
}

/// Runs `test` on thousands of values; `PROPTEST_CASES` sets another number. The seed is printed
/// at the start and with a failure; `PROPTEST_RNG_SEED` repeats a run.
pub fn check<S: Strategy>(
    name: &str,
    strategy: S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 4000;
    }
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one(name),
    };
    config.rng_seed = RngSeed::Fixed(seed);
    println!("{name}: {} cases, PROPTEST_RNG_SEED={seed}", config.cases);
    match TestRunner::new(config).run(&strategy, test) {
        Ok(()) => {}
        Err(TestError::Fail(why, value)) => {
            panic!("{name}: {why}\nPROPTEST_RNG_SEED={seed}\nsmallest case: {value:#?}")
        }
        Err(abort) => panic!("{name}: {abort}\nPROPTEST_RNG_SEED={seed}"),
    }
}

/// A signed head as `httparse` reads it.
#[derive(Debug, PartialEq, Eq)]
pub struct Emitted {
    pub method: String,
    pub target: String,
    /// The minor version, 0 or 1.
    pub version: u8,
    /// Names as sent, and values without white space around them.
    pub headers: Vec<(String, String)>,
}

impl Emitted {
    /// Reads a whole head; header values are to be UTF-8.
    pub fn parse(head: &[u8]) -> Result<Self, String> {
        let mut headers = [httparse::EMPTY_HEADER; 128];
        let mut request = httparse::Request::new(&mut headers);
        let status = request.parse(head).map_err(|error| error.to_string())?;
        if status != httparse::Status::Complete(head.len()) {
            return Err(format!("{status:?} of {} bytes", head.len()));
        }
        let text = |value: &[u8]| String::from_utf8(value.into()).map_err(|e| e.to_string());
        Ok(Self {
            method: request.method.unwrap_or_default().into(),
            target: request.path.unwrap_or_default().into(),
            version: request.version.unwrap_or_default(),
            headers: request
                .headers
                .iter()
                .map(|h| Ok((h.name.into(), text(h.value.trim_ascii())?)))
                .collect::<Result<_, String>>()?,
        })
    }

    /// The value of the header called `name`; `None` when it is not there exactly once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        found.next().filter(|_| found.next().is_none()).map(|(_, value)| value.as_str())
    }

    /// The decoded value of the argument called `name`; `None` when it is not there exactly once.
    pub fn argument(&self, name: &str) -> Option<String> {
        let mut found = arguments(self.target.as_bytes()).into_iter().filter(|(n, _)| n == name);
        found.next().filter(|_| found.next().is_none()).map(|(_, value)| value)
    }

    /// The target without the arguments that `unwanted` names.
    pub fn target_without(&self, unwanted: impl Fn(&str) -> bool) -> String {
        let Some((path, query)) = self.target.split_once('?') else {
            return self.target.clone();
        };
        let name = |argument: &str| argument.split('=').next().unwrap_or_default().to_owned();
        let kept: Vec<_> = query.split('&').filter(|a| !unwanted(&name(a))).collect();
        if kept.is_empty() { path.into() } else { format!("{path}?{}", kept.join("&")) }
    }

    /// The headers that S3 requires to be signed, without those that a signature of this kind adds.
    pub fn headers_to_sign(&self, kind: SignatureKind) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(
            move |(name, _)| {
                let name = name.to_ascii_lowercase();
                let is_ours = match kind {
                    SignatureKind::V4Query => !is_content_sha256(&name) && is_removed_header(&name),
                    _ => is_removed_header(&name),
                };
                !is_ours
                    && (["host", "content-type", "content-md5"].contains(&name.as_str())
                        || name.starts_with("x-amz-"))
            },
        )
    }
}

/// Whether a client's header of this name, in lower case, is removed: it authenticates, or requests
/// another protocol.
pub fn is_removed_header(name: &str) -> bool {
    is_content_sha256(name)
        || matches!(name, "authorization" | "x-amz-date" | "x-amz-security-token" | "upgrade")
}

/// Whether a header of this name, in lower case, has the hashed payload.
fn is_content_sha256(name: &str) -> bool {
    name == "x-amz-content-sha256"
}

/// Whether a client's argument of this name is removed: it authenticates, or S3 reads it as a
/// header.
pub fn is_removed_argument(name: &str) -> bool {
    is_amz_argument(name) || matches!(name, "AWSAccessKeyId" | "Signature" | "Expires")
}

/// Whether an argument is one of Amazon's, `x-amz-*`; those of Signature V4 are.
pub fn is_amz_argument(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with("x-amz-")
}

/// The decoded arguments of a target.
pub fn arguments(target: &[u8]) -> Vec<(String, String)> {
    let query = target.iter().position(|&b| b == b'?').map_or(&b""[..], |i| &target[i + 1..]);
    form_urlencoded::parse(query).into_owned().collect()
}

/// The decoded path of a target.
pub fn path(target: &[u8]) -> Vec<u8> {
    let path = target.split(|&b| b == b'?').next().unwrap_or_default();
    percent_decode(path).collect()
}

/// Parses `bytes` and signs the head that they begin with.
pub fn sign_bytes<'s>(
    signer: &'s mut Signer,
    bytes: &[u8],
    params: &'s SigningParams<'s>,
    now: i64,
) -> Result<SignedHead<'s>, SignError> {
    signer.sign(&RequestHead::parse(bytes)?, params, now)
}

/// Signs `case` with a new signer, and checks everything but the signature: what is removed, what
/// is kept, what is added.
pub fn sign(case: &Case, kind: SignatureKind) -> Result<Emitted, TestCaseError> {
    let head = case.head();
    let mut signer = Signer::new();
    let emitted = case.with_params(kind, |params| {
        let signed = sign_bytes(&mut signer, &head, params, case.now)
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        proptest::prop_assert_eq!(signed.replaces, head.len());
        Emitted::parse(signed.head).map_err(TestCaseError::fail)
    })?;
    check_kept(case, kind, &emitted)?;
    Ok(emitted)
}

fn check_kept(case: &Case, kind: SignatureKind, emitted: &Emitted) -> Result<(), TestCaseError> {
    use proptest::prop_assert_eq;

    prop_assert_eq!(&emitted.method, case.method);
    prop_assert_eq!(emitted.version, case.version);

    let (emitted_path, emitted_query) =
        emitted.target.split_once('?').unwrap_or((&emitted.target, ""));
    prop_assert_eq!(path(&case.target), path(emitted_path.as_bytes()));
    prop_assert_eq!(Ok(()), canonical(emitted_path, "/"), "path {}", emitted_path);
    prop_assert_eq!(Ok(()), canonical(emitted_query, "=&"), "query {}", emitted_query);

    let has_token = case.token.is_some();
    let added: &[&str] = match kind {
        SignatureKind::V4Headers | SignatureKind::V2Headers => &[],
        SignatureKind::V4Query => &[
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            "X-Amz-Date",
            "X-Amz-Expires",
            "X-Amz-SignedHeaders",
            "X-Amz-Signature",
            "X-Amz-Security-Token",
        ],
        _ => &["AWSAccessKeyId", "Expires", "Signature", "x-amz-security-token"],
    };
    let added_count = added.len() - usize::from(!added.is_empty() && !has_token);
    let (ours, mut kept): (Vec<_>, Vec<_>) =
        arguments(emitted.target.as_bytes()).into_iter().partition(|(n, _)| is_removed_argument(n));
    prop_assert_eq!(ours.len(), added_count, "arguments of ours: {:?}", ours);
    for (name, _) in &ours {
        proptest::prop_assert!(added.contains(&name.as_str()), "argument {}", name);
        proptest::prop_assert!(emitted.argument(name).is_some(), "argument {} once", name);
    }
    let mut wanted = arguments(&case.target);
    wanted.retain(|(name, _)| !is_removed_argument(name));
    if is_v4(kind) {
        wanted.sort();
        kept.sort();
    }
    prop_assert_eq!(kept, wanted);

    let mut wanted: Vec<_> = case
        .headers
        .iter()
        .filter(|(name, _)| !is_removed_header(&name.to_ascii_lowercase()))
        .map(|(name, value)| (name.as_str(), value.trim_ascii()))
        .collect();
    let added: &[&str] = match kind {
        SignatureKind::V4Headers => {
            &["x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "Authorization"]
        }
        SignatureKind::V2Headers => &["x-amz-date", "x-amz-security-token", "Authorization"],
        SignatureKind::V4Query if case.is_aws_chunked => &["x-amz-content-sha256"],
        _ => &[],
    };
    for name in added.iter().filter(|name| has_token || **name != "x-amz-security-token") {
        wanted.push((name, emitted.header(name).unwrap_or("missing, or there twice")));
    }
    if let Some(hash) = emitted.header("x-amz-content-sha256") {
        prop_assert_eq!(hash == "STREAMING-UNSIGNED-PAYLOAD-TRAILER", case.is_aws_chunked);
    }
    let got: Vec<_> = emitted.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    prop_assert_eq!(got, wanted);
    Ok(())
}

/// Whether `text` has only unreserved characters, `plain` ones, and escapes in upper case of
/// others.
fn canonical(text: &str, plain: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c) || plain.contains(c);
    let mut pieces = text.split('%');
    let first = pieces.next().unwrap_or_default();
    if !first.chars().all(is_plain) {
        return Err(first.into());
    }
    for piece in pieces {
        let (escape, rest) = piece.split_at_checked(2).ok_or("a cut escape")?;
        let byte = u8::from_str_radix(escape, 16).map_err(|e| e.to_string())?;
        let needless = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if needless || escape != format!("{byte:02X}") || !rest.chars().all(is_plain) {
            return Err(piece.into());
        }
    }
    Ok(())
}
