//! What holds of every signature, whatever its value.

mod common;

use common::{
    Emitted, KINDS,
    cases::{Body, Case, case, damaged_head},
    check, is_v4, params, sign_bytes,
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{TestCaseError, TestCaseResult},
};
use s3_signer::{
    Algorithm, Credentials, Explanation, Placement, Region, SignError, SignatureKind, Signer,
    SigningParams,
};

fn kind() -> impl Strategy<Value = SignatureKind> {
    select(&KINDS[..])
}

/// Signs with a new signer: the head, and its explanation.
fn sign(
    head: &[u8],
    case: &Case,
    kind: SignatureKind,
) -> Result<(Vec<u8>, Explanation), SignError> {
    let mut signer = Signer::new();
    case.with_params(kind, |params| {
        let signed = sign_bytes(&mut signer, head, params, case.now)?;
        Ok((signed.head.to_vec(), signed.explain()))
    })
}

fn signed(case: &Case, kind: SignatureKind) -> Result<(Vec<u8>, Explanation), TestCaseError> {
    sign(&case.head(), case, kind).map_err(|error| TestCaseError::fail(error.to_string()))
}

fn contains(text: &[u8], part: &str) -> bool {
    text.windows(part.len()).any(|window| window == part.as_bytes())
}

fn texts(explanation: &Explanation) -> impl Iterator<Item = &Vec<u8>> {
    explanation.canonical_request.iter().chain([&explanation.string_to_sign])
}

/// A signed head, signed again, is the same head.
#[test]
fn signing_again_changes_nothing() {
    check("signing_again_changes_nothing", (case(), kind()), |(case, kind)| {
        let (once, explanation) = signed(&case, kind)?;
        let (twice, explanation_of_twice) = sign(&once, &case, kind).expect("signed before");
        prop_assert_eq!(once.escape_ascii().to_string(), twice.escape_ascii().to_string());
        prop_assert_eq!(explanation, explanation_of_twice);
        Ok(())
    });
}

/// A head signed in another way, by another and at another time, signs as it did before.
#[test]
fn an_older_signature_leaves_no_trace() {
    let strategy = (case(), case(), kind(), kind());
    check("an_older_signature_leaves_no_trace", strategy, |(case, older, kind, older_kind)| {
        let (fresh, _) = signed(&case, kind)?;
        let (signed_before, _) = sign(&case.head(), &older, older_kind).expect("a good head");
        let (again, _) = sign(&signed_before, &case, kind).expect("a good head");
        let (fresh, again) = (Emitted::parse(&fresh), Emitted::parse(&again));
        if is_v4(older_kind) && !is_v4(kind) {
            // Signature V4 has sorted the arguments, which V2 leaves in their order.
            let sorted = |emitted: Result<Emitted, String>| {
                let mut arguments = common::arguments(emitted.unwrap().target.as_bytes());
                arguments.retain(|(name, _)| name != "Signature");
                arguments.sort();
                arguments
            };
            prop_assert_eq!(sorted(fresh), sorted(again));
        } else {
            prop_assert_eq!(fresh, again);
        }
        Ok(())
    });
}

/// Bytes after the head are neither signed nor replaced.
#[test]
fn what_follows_the_head_is_left_alone() {
    let strategy = (case(), kind(), vec(any::<u8>(), 0..40));
    check("what_follows_the_head_is_left_alone", strategy, |(case, kind, body)| {
        let (alone, _) = signed(&case, kind)?;
        let head = case.head();
        let mut signer = Signer::new();
        let body = match case.body {
            Body::None | Body::Empty => &[][..],
            Body::Length(length) => &body[..body.len().min(length as usize)],
            Body::Chunked => &body,
        };
        let with_body = [head.as_slice(), body].concat();
        case.with_params(kind, |params| {
            let signed = sign_bytes(&mut signer, &with_body, params, case.now);
            let signed = signed.expect("the head is good");
            prop_assert_eq!(signed.replaces, head.len());
            prop_assert_eq!(signed.head, alone);
            Ok(())
        })
    });
}

/// The parts of a head, split at line breaks and spaces only.
struct Parts<'a> {
    method: &'a [u8],
    target: &'a [u8],
    version: &'a [u8],
    lines: Vec<&'a [u8]>,
}

fn split_head(head: &[u8]) -> Option<Parts<'_>> {
    let end = head.windows(4).position(|window| window == b"\r\n\r\n")?;
    let mut lines = Vec::new();
    let mut rest = &head[..end];
    while let Some(at) = rest.windows(2).position(|window| window == b"\r\n") {
        lines.push(&rest[..at]);
        rest = &rest[at + 2..];
    }
    lines.push(rest);
    let line = lines.remove(0);
    let first = line.iter().position(|&b| b == b' ')?;
    let last = line.iter().rposition(|&b| b == b' ').filter(|&last| last > first)?;
    Some(Parts {
        method: &line[..first],
        target: &line[first + 1..last],
        version: &line[last + 1..],
        lines,
    })
}

/// Any bytes give an error or a head. No panic, no line break but those that end lines, one host,
/// a target in ASCII; and what HTTP allowed before, it allows after.
#[test]
fn any_bytes_give_an_error_or_a_head() {
    let strategy = (damaged_head(), case(), kind());
    check("any_bytes_give_an_error_or_a_head", strategy, |(head, case, kind)| {
        let Ok((out, explanation)) = sign(&head, &case, kind) else {
            return Ok(());
        };
        let Parts { method, target, version, lines } =
            split_head(&out).ok_or_else(|| TestCaseError::fail("no head"))?;
        let old = split_head(&head).expect("was signed");
        prop_assert_eq!((method, version), (old.method, old.version));
        prop_assert!(target.starts_with(b"/") && target.iter().all(u8::is_ascii_graphic));
        prop_assert!(!method.is_empty());
        for line in &lines {
            prop_assert!(!line.iter().any(|b| b"\r\n".contains(b)), "a line break in a line");
            prop_assert!(line.iter().position(|&b| b == b':').is_some_and(|colon| colon > 0));
        }
        let hosts = lines
            .iter()
            .filter(|line| line.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"host:")));
        prop_assert_eq!(hosts.count(), 1);

        let plain_target =
            [old.method, b" / ", old.version, b"\r\n", &old.lines.join(&b"\r\n"[..]), b"\r\n\r\n"]
                .concat();
        if Emitted::parse(&plain_target).is_ok() {
            prop_assert!(Emitted::parse(&out).is_ok(), "{}", out.escape_ascii());
        }
        no_secrets(&case, &out, &explanation)
    });
}

fn no_secrets(case: &Case, out: &[u8], explanation: &Explanation) -> TestCaseResult {
    prop_assert!(!contains(out, &case.secret_access_key));
    for text in texts(explanation) {
        prop_assert!(!contains(text, &case.secret_access_key));
        if let Some(token) = &case.token {
            let encoded: String = token.bytes().map(encode).collect();
            prop_assert!(!contains(text, token) && !contains(text, &encoded));
        }
    }
    Ok(())
}

/// One byte as a query holds it.
fn encode(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    }
}

/// The secret never shows, and the token only on the wire, where it belongs.
#[test]
fn secrets_do_not_show() {
    check("secrets_do_not_show", (case(), kind()), |(case, kind)| {
        let (out, explanation) = signed(&case, kind)?;
        no_secrets(&case, &out, &explanation)?;
        prop_assert_eq!(explanation.canonical_request.is_some(), is_v4(kind));
        if let Some(token) = &case.token {
            let text = texts(&explanation).next().expect("a string to sign, at least");
            prop_assert!(contains(text, "[redacted]"));
            let emitted = Emitted::parse(&out).map_err(TestCaseError::fail)?;
            let sent = match kind {
                SignatureKind::V4Headers | SignatureKind::V2Headers => {
                    emitted.header("x-amz-security-token").map(String::from)
                }
                SignatureKind::V4Query => emitted.argument("X-Amz-Security-Token"),
                _ => emitted.argument("x-amz-security-token"),
            };
            prop_assert_eq!(sent.as_ref(), Some(token));
        }
        Ok(())
    });
}

/// One signature of a sequence that one signer makes.
#[derive(Debug, Clone)]
struct Step {
    access_key_id: &'static str,
    secret_access_key: &'static str,
    token: Option<&'static str>,
    region: Option<&'static str>,
    placement: Placement,
    now: i64,
}

fn step() -> impl Strategy<Value = Step> {
    /// 2013-05-24T00:00:00Z.
    const MIDNIGHT: i64 = 1_369_353_600;
    const DAY: i64 = 86_400;
    (
        select(&["AKIDA", "AKIDB"][..]),
        // Texts whose ends and beginnings are those of others.
        select(&["secret", "secre", "secretus-east", "other"][..]),
        select(&[None, Some("tokentokentoken"), Some("another-token")][..]),
        select(&[None, Some("us-east-1"), Some("-1"), Some("tus-east-1")][..]),
        select(&[Placement::Headers, Placement::Query][..]),
        select(&[MIDNIGHT - DAY, MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 1, MIDNIGHT + DAY, 0][..]),
    )
        .prop_map(|(access_key_id, secret_access_key, token, region, placement, now)| Step {
            access_key_id,
            secret_access_key,
            token,
            region,
            placement,
            now,
        })
}

/// A signer that has signed anything signs like a new one: keys, buffers and times of one request
/// do not change the next.
#[test]
fn a_used_signer_signs_like_a_new_one() {
    let strategy = (vec(step(), 1..8), damaged_head());
    check("a_used_signer_signs_like_a_new_one", strategy, |(steps, damaged)| {
        let mut used = Signer::new();
        for step in steps {
            let credentials =
                Credentials::new(step.access_key_id, step.secret_access_key, step.token).unwrap();
            let region = step.region.map(|name| Region::new(name).unwrap());
            let params = SigningParams {
                credentials: &credentials,
                algorithm: match &region {
                    Some(region) => Algorithm::V4 { region, service: None },
                    None => Algorithm::V2 { bucket_in_host: None },
                },
                placement: step.placement,
            };
            let plain = &b"GET /a?acl&b=1 HTTP/1.1\r\nHost: films.s3.amazonaws.com\r\n\r\n"[..];
            for head in [plain, &damaged] {
                let mut fresh = Signer::new();
                let sign = |signer| {
                    sign_bytes(signer, head, &params, step.now)
                        .map(|signed| (signed.head.to_vec(), signed.explain()))
                };
                prop_assert_eq!(sign(&mut used), sign(&mut fresh), "{:?}", step);
            }
        }
        Ok(())
    });
}

/// A name is a token (RFC 9110, section 5.1), and white space before the colon is refused
/// (RFC 9112, section 5.1). A server that ignores it there reads headers that the signer, taking
/// them for others, has neither removed nor signed.
#[test]
fn malformed_header_names_are_refused() {
    for line in [
        "Authorization : AWS AKID:x",
        "X-Amz-Date\t: 20130524T000000Z",
        "x-amz-security-token : t",
        "Host : other",
        "x-amz-acl : public-read",
        "a b: c",
        "a\0: b",
    ] {
        for kind in KINDS {
            let head = format!("GET / HTTP/1.1\r\nHost: h\r\n{line}\r\n\r\n");
            assert_malformed(head.as_bytes(), kind);
        }
    }
}

/// A value has no control characters but tabs (RFC 9110, section 5.5), a method is a token
/// (section 9.1).
#[test]
fn control_characters_are_refused() {
    for kind in KINDS {
        assert_malformed(b"GET / HTTP/1.1\r\nHost: h\r\nx-amz-acl: a\0b\r\n\r\n", kind);
        assert_malformed(b"GET / HTTP/1.1\r\nHost: h\0i\r\n\r\n", kind);
        assert_malformed(b"G\0ET / HTTP/1.1\r\nHost: h\r\n\r\n", kind);
    }
}

/// Signature V2 signs values decoded, in lines. A line break in one of them would make the rest of
/// it the next line, and the signature good for another object.
#[test]
fn arguments_with_control_characters_are_refused_in_v2() {
    for value in ["1%0A/films/secret", "%0d", "a%00", "%7F", "%09"] {
        for (argument, refused) in [
            ("versionId", &[SignatureKind::V2Query, SignatureKind::V2Headers][..]),
            ("prefix", &[]),
        ] {
            for kind in KINDS {
                let head = format!("GET /a?{argument}={value} HTTP/1.1\r\nHost: h\r\n\r\n");
                let error = sign_as(kind, head.as_bytes()).err();
                let expected = refused.contains(&kind).then_some(SignError::ControlCharacter);
                assert_eq!(error, expected, "{head} as {}", kind.as_str());
            }
        }
    }
}

/// Asserts that `httparse` and the signer reject `head`.
fn assert_malformed(head: &[u8], kind: SignatureKind) {
    assert!(Emitted::parse(head).is_err(), "{}", head.escape_ascii());
    if let Ok(signed) = sign_as(kind, head) {
        panic!("{} became {}", head.escape_ascii(), signed.escape_ascii());
    }
}

/// Signs with some credentials.
fn sign_as(kind: SignatureKind, head: &[u8]) -> Result<Vec<u8>, SignError> {
    let credentials = Credentials::new("AKID", "0123456789", None).unwrap();
    let region = Region::new("us-east-1").unwrap();
    let params = params(kind, &credentials, &region);
    sign_bytes(&mut Signer::new(), head, &params, 0).map(|signed| signed.head.to_vec())
}
