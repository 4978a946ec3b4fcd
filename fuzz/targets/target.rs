//! Paths and queries: encoding is idempotent, and decoding what was encoded gives what was there.
//! The first byte chooses the way of signing; a NUL ends the path and begins the query.

#![no_main]

use fuzz::{Head, Setup, decode, percent_encode, verify};
use libfuzzer_sys::fuzz_target;
use s3_signer::SignError;

fuzz_target!(|input: &[u8]| {
    let Some((&choice, text)) = input.split_first() else { return };
    let mut halves = text.splitn(2, |&b| b == 0);
    let path = halves.next().unwrap_or_default();
    let query = halves.next().unwrap_or_default();
    let setup = Setup::choose(choice);

    as_it_is(&setup, path, query);
    encoded(&setup, path, query);
});

/// The text itself stands in the request.
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

/// Every byte of the text stands there as an escape, so that any text can.
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
fn sign(setup: &Setup, target: &[u8]) -> Option<Head> {
    let head = [b"GET ", target, b" HTTP/1.1\r\nHost: h\r\n\r\n"].concat();
    let (out, _) = match setup.sign(&head) {
        Err(SignError::ControlCharacter) => {
            assert!(setup.region.is_none() && decode(target).iter().any(u8::is_ascii_control));
            return None;
        }
        signed => signed.expect("a good head"),
    };
    let head = Head::split(&out).expect("a head comes out");
    verify(&head, setup).unwrap_or_else(|error| panic!("{error}\n{}", out.escape_ascii()));
    Some(head)
}
