//! Credentials, regions and services accept exactly what is documented, and nothing that they accept
//! can change the head that it is put into. The first byte chooses the way of signing; NULs separate
//! access key id, secret access key, session token, region and service.

#![no_main]

use fuzz::{Head, Setup, verify};
use libfuzzer_sys::fuzz_target;
use s3_signer::{Credentials, InvalidValue, Region, Service};

fuzz_target!(|input: &[u8]| {
    let Some((&choice, text)) = input.split_first() else { return };
    let values: Vec<&[u8]> = text.splitn(5, |&b| b == 0).collect();
    for value in &values {
        check(value);
    }
    let texts: Vec<&str> = values.iter().filter_map(|v| std::str::from_utf8(v).ok()).collect();
    let [access_key_id, secret_access_key, session_token, region, service] = texts[..] else {
        return;
    };
    let chosen = Setup::choose(choice);
    let setup = Setup {
        access_key_id,
        secret_access_key,
        session_token: chosen.session_token.and(Some(session_token)),
        region: chosen.region.and(Some(region)),
        service: chosen.service.and(Some(service)),
        ..chosen
    };
    let made = Credentials::new(access_key_id, secret_access_key, setup.session_token);
    let all_good = [Some(access_key_id), Some(secret_access_key), setup.session_token]
        .into_iter()
        .flatten()
        .all(|value| Credentials::check(value.as_bytes()).is_ok());
    assert_eq!(made.is_ok(), all_good);
    let scope_is_good = setup.region.is_none_or(|region| Region::new(region).is_ok())
        && setup.service.is_none_or(|service| Service::new(service).is_ok());
    if all_good && scope_is_good {
        put_into_a_head(&setup);
    }
});

fn check(value: &[u8]) {
    let printable = value.iter().all(|b| (b'!'..=b'~').contains(b));
    let wanted = match (value.is_empty(), printable) {
        (true, _) => Err(InvalidValue::Empty),
        (_, true) => Ok(()),
        _ => Err(InvalidValue::NotPrintable),
    };
    assert_eq!(Credentials::check(value), wanted);

    let plain = |b: &u8| matches!(b, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    let Ok(text) = std::str::from_utf8(value) else { return };
    let wanted = match (value.len(), value.iter().all(plain)) {
        (0, _) => Err(InvalidValue::Empty),
        (65.., _) => Err(InvalidValue::TooLong),
        (_, true) => Ok(text),
        _ => Err(InvalidValue::NotName),
    };
    assert_eq!(Region::new(text).as_ref().map(Region::as_str).map_err(|&error| error), wanted);
}

fn put_into_a_head(setup: &Setup) {
    let (out, _) = setup.sign(b"GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n").expect("a good head");
    let head = Head::split(&out).expect("the output is a head");
    assert_eq!(head.len, out.len());

    assert_eq!(head.kept_arguments(), [(b"b".to_vec(), b"c".to_vec())]);
    assert_eq!(head.kept_headers(), [(b"Host".to_vec(), b"h".to_vec())]);
    verify(&head, setup).unwrap_or_else(|error| panic!("{error}\n{}", out.escape_ascii()));
}
