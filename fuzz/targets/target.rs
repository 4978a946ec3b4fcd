//! Paths and queries: encoding is idempotent, and decoding what was encoded gives what was there. No
//! signature is left in a redirect to them. The first byte chooses the way of signing; a NUL ends the
//! path and begins the query.

#![no_main]

use fuzz::{Arguments, Head, Setup, decode, percent_encode, verify};
use libfuzzer_sys::fuzz_target;
use s3_signer::{SignError, remove_signature};

fuzz_target!(|input: &[u8]| {
    let Some((&choice, text)) = input.split_first() else { return };
    let mut halves = text.splitn(2, |&b| b == 0);
    let path = halves.next().unwrap_or_default();
    let query = halves.next().unwrap_or_default();
    let setup = Setup::choose(choice);

    as_it_is(&setup, path, query);
    encoded(&setup, path, query);
    redirect(path, query);
});

/// The text itself is in the request.
fn as_it_is(setup: &Setup, path: &[u8], query: &[u8]) {
    let target = [&b"/"[..], path, b"?", query].concat();
    if target.iter().any(|b| b"\r\n\0".contains(b)) {
        // Not one line, hence not one target: `head` looks at such.
        return;
    }
    let Some(once) = sign(setup, &target) else { return };
    let twice = sign(setup, &once.target).expect("signed before");
    assert_eq!(once.target, twice.target);
    // A question mark in `path` begins the query.
    let end = target.iter().position(|&b| b == b'?').expect("there is one");
    assert_eq!(decode(once.path()), decode(&target[..end]));
}

/// Every byte of the text is escaped, so that any text is valid.
fn encoded(setup: &Setup, path: &[u8], query: &[u8]) {
    let escaped: String = path.iter().map(|b| format!("%{b:02x}")).collect();
    let name = percent_encode(query, b"");
    let value = percent_encode(path, b"");
    let target = [b"/", escaped.as_bytes(), b"?name=", &name, b"&z", &name, b"=", &value].concat();
    let head = sign(setup, &target).expect("Signature V2 does not look at these arguments");

    assert_eq!(decode(head.path()), [b"/", path].concat());
    assert_eq!(head.path(), percent_encode(&[b"/", path].concat(), b"/"));
    let arguments = head.kept_arguments();
    assert!(arguments.contains(&(b"name".to_vec(), query.to_vec())));
    assert!(arguments.contains(&([b"z", query].concat(), path.to_vec())));
    assert_eq!(arguments.len(), 2);
}

/// `None`: refused for a control character.
/// The target is in a `Location`.
fn redirect(path: &[u8], query: &[u8]) {
    let url = [b"/", path, b"?", query].concat();
    if url.contains(&b'#') {
        // A fragment may have a question mark, which begins a query once the one before it is gone.
        return;
    }
    let clean = remove_signature(&url);
    let once = clean.as_deref().unwrap_or(&url);
    assert_eq!(remove_signature(once), None);

    let is_amz = |name: &[u8]| name.to_ascii_lowercase().starts_with(b"x-amz-");
    let is_v2 = |name: &[u8]| V2.contains(&name);
    let mut wanted = arguments(&url);
    let all = V2.iter().all(|name| wanted.iter().any(|(other, _)| other == name));
    wanted.retain(|(name, _)| !(is_amz(name) || all && is_v2(name)));
    assert_eq!(arguments(once), wanted);
}

/// What authenticates with Signature V2.
const V2: [&[u8]; 3] = [b"AWSAccessKeyId", b"Signature", b"Expires"];

/// The arguments of a URL, decoded.
fn arguments(url: &[u8]) -> Arguments {
    Head { method: vec![], target: url.to_vec(), version: vec![], headers: vec![], len: 0 }
        .arguments()
}

fn sign(setup: &Setup, target: &[u8]) -> Option<Head> {
    let head = [b"GET ", target, b" HTTP/1.1\r\nHost: h\r\n\r\n"].concat();
    let (out, _) = match setup.sign(&head) {
        Err(SignError::ControlCharacter) => {
            assert!(setup.region.is_none() && decode(target).iter().any(u8::is_ascii_control));
            return None;
        }
        signed => signed.expect("a good head"),
    };
    let head = Head::split(&out).expect("the output is a head");
    verify(&head, setup).unwrap_or_else(|error| panic!("{error}\n{}", out.escape_ascii()));
    Some(head)
}
