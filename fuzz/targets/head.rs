//! Any bytes give an error or a signed head: the same request but for what authenticates, with a
//! signature that an independent verifier accepts. The first byte chooses the way of signing.

#![no_main]

use fuzz::{Head, Setup, decode, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&choice, bytes)) = input.split_first() else { return };
    let setup = Setup::choose(choice);
    let Ok((out, replaces)) = setup.sign(bytes) else { return };

    let before = Head::split(bytes).expect("was signed");
    let after = Head::split(&out).expect("the output is a head");
    assert_eq!(before.len, replaces);
    assert_eq!(after.len, out.len());
    assert_eq!((&after.method, &after.version), (&before.method, &before.version));

    assert!(after.target.iter().all(u8::is_ascii_graphic));
    assert_eq!(decode(after.path()), decode(before.path()));
    let (mut kept, mut wanted) = (after.kept_arguments(), before.kept_arguments());
    if setup.region.is_some() {
        kept.sort();
        wanted.sort();
    }
    assert_eq!(kept, wanted);
    assert_eq!(after.kept_headers(), before.kept_headers());
    assert!(!out.iter().enumerate().any(|(i, &b)| {
        b == 0 || b == b'\n' && out[i - 1] != b'\r' || b == b'\r' && out[i + 1] != b'\n'
    }));

    verify(&after, &setup).unwrap_or_else(|error| panic!("{error}\n{}", out.escape_ascii()));
    agrees_with_httparse(bytes, &before, &out, &after);
});

/// What HTTP allowed before, it allows after, and another parser reads the same in it. The target
/// of before may hold anything: nginx sends decoded captures as they are.
fn agrees_with_httparse(bytes: &[u8], before: &Head, out: &[u8], after: &Head) {
    let line = [&before.method[..], b" ", &before.target, b" ", &before.version].concat();
    let plain = [&before.method[..], b" / ", &before.version, &bytes[line.len()..before.len]];
    if !parses(&plain.concat(), None) {
        return;
    }
    assert!(parses(out, Some(after)), "{}", out.escape_ascii());
}

fn parses(head: &[u8], as_this: Option<&Head>) -> bool {
    let mut headers = vec![httparse::EMPTY_HEADER; head.len() / 2];
    let mut request = httparse::Request::new(&mut headers);
    if request.parse(head) != Ok(httparse::Status::Complete(head.len())) {
        return false;
    }
    as_this.is_none_or(|other| {
        let headers: Vec<_> = request
            .headers
            .iter()
            .map(|header| (header.name.as_bytes().to_vec(), header.value.trim_ascii().to_vec()))
            .collect();
        request.method.map(str::as_bytes) == Some(&other.method[..])
            && request.path.map(str::as_bytes) == Some(&other.target[..])
            && headers == other.headers
    })
}
