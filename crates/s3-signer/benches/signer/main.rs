//! What a signature costs, beside the least that it can cost.
//!
//!     cargo bench --package s3-signer --features stages
//!
//! prints times; `ci/bench` runs this in rounds and prints ratios to `floor`, which is measured in
//! the same round. What an ordinary request allocates, nothing, is checked by
//! `tests/allocations.rs`.

mod request;

use aws_sigv4::http_request::SignatureLocation;
use divan::{Bencher, black_box};
use hmac::{Hmac, KeyInit, Mac};
use s3_signer::{RequestHead, SignatureKind, Signer};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use request::{Case, KINDS, NOON, Sized};

fn main() {
    divan::main();
}

/// An ordinary request, signed in each way with and without a session token.
fn cases() -> impl Iterator<Item = Case> {
    KINDS.into_iter().flat_map(|kind| [Case::new(kind, false), Case::new(kind, true)])
}

/// The hashes that a signature cannot do without, over texts of the sizes that this request has:
/// SHA-256 of the canonical request, HMAC of the string to sign with a key state made before, and
/// their encoding. In V4, all of the string to sign but the digest at its end is the same for a
/// second, and hashed before as well.
#[divan::bench(args = cases())]
fn floor(bencher: Bencher, case: &Case) {
    let [canonical_request, string_to_sign] = case.texts();
    if case.is_v4() {
        floor_v4(bencher, canonical_request, string_to_sign - DIGEST, DIGEST);
    } else {
        floor_v2(bencher, string_to_sign);
    }
}

/// The same for texts of round sizes, and with nothing of the string to sign hashed before.
#[divan::bench(name = "floor of 450 + 150 bytes")]
fn floor_of_round_sizes(bencher: Bencher) {
    floor_v4(bencher, 450, 0, 150);
}

/// Digits of a digest.
const DIGEST: usize = 64;

fn floor_v4(bencher: Bencher, canonical_request: usize, begun: usize, string_to_sign: usize) {
    let [canonical_request, begun, string_to_sign] =
        [canonical_request, begun, string_to_sign].map(|length| vec![b'x'; length]);
    let key = Hmac::<Sha256>::new_from_slice(&[1; 32]).unwrap().chain_update(&begun);
    let mut digits = [[0; DIGEST]; 2];
    bencher.bench_local(|| {
        let digest = Sha256::digest(black_box(&canonical_request));
        base16ct::lower::encode(&digest, &mut digits[0]).unwrap();
        let code = black_box(&key).clone().chain_update(black_box(&string_to_sign)).finalize();
        base16ct::lower::encode(&code.into_bytes(), &mut digits[1]).unwrap();
        black_box(&digits);
    });
}

fn floor_v2(bencher: Bencher, string_to_sign: usize) {
    use base64ct::{Base64, Encoding};

    let string_to_sign = vec![b'x'; string_to_sign];
    let key = Hmac::<Sha1>::new_from_slice(&[1; 40]).unwrap();
    let mut digits = [0; 28];
    bencher.bench_local(|| {
        let code = black_box(&key).clone().chain_update(black_box(&string_to_sign)).finalize();
        Base64::encode(&code.into_bytes(), &mut digits).unwrap();
        black_box(&digits);
    });
}

/// All that this crate does for a request: the head parsed, signed and written anew.
#[divan::bench(args = cases())]
fn sign(bencher: Bencher, case: &Case) {
    sign_head(bencher, case, &request::ordinary());
}

fn sign_head(bencher: Bencher, case: &Case, head: &[u8]) {
    let params = case.params();
    let mut signer = Signer::new();
    bencher.bench_local(|| {
        let head = RequestHead::parse(black_box(head)).unwrap();
        black_box(signer.sign(&head, black_box(&params), NOON).unwrap());
    });
}

/// What `sign` does, stage by stage.
mod stages {
    use divan::{Bencher, black_box};
    use s3_signer::{Signer, stages::Stages};

    use crate::{
        cases,
        request::{self, Case, NOON},
    };

    /// From the bytes to the request line and the header lines.
    #[divan::bench(args = cases())]
    fn parse(bencher: Bencher, case: &Case) {
        let head = request::ordinary();
        let stages = Stages::new(&head, case.params(), NOON, &mut Signer::new()).unwrap();
        bencher.bench_local(|| black_box(black_box(&stages).parse().unwrap()));
    }

    /// From those to the canonical request (V4) or the string to sign (V2).
    #[divan::bench(args = cases())]
    fn canonicalize(bencher: Bencher, case: &Case) {
        let head = request::ordinary();
        let mut signer = Signer::new();
        let stages = Stages::new(&head, case.params(), NOON, &mut signer).unwrap();
        bencher.with_inputs(|| stages.parse().unwrap()).bench_local_refs(|parsed| {
            black_box(&stages).canonicalize(&mut signer, parsed).unwrap();
        });
    }

    /// From that to the signature.
    #[divan::bench(args = cases())]
    fn hash(bencher: Bencher, case: &Case) {
        let head = request::ordinary();
        let mut signer = Signer::new();
        let stages = Stages::new(&head, case.params(), NOON, &mut signer).unwrap();
        bencher.bench_local(|| black_box(black_box(&stages).hash(&mut signer)));
    }

    /// From all of it to the new head.
    #[divan::bench(args = cases())]
    fn write(bencher: Bencher, case: &Case) {
        let head = request::ordinary();
        let mut signer = Signer::new();
        let stages = Stages::new(&head, case.params(), NOON, &mut signer).unwrap();
        let mut parsed = stages.parse().unwrap();
        stages.canonicalize(&mut signer, &mut parsed).unwrap();
        let hashed = stages.hash(&mut signer);
        bencher.bench_local(|| black_box(&stages).write(&mut signer, &parsed, &hashed));
    }
}

/// Amazon's implementation on the same request. It returns what is to be added; it neither parses
/// the head nor writes one.
#[divan::bench(name = "aws-sigv4", args = ["headers", "query"])]
fn aws_sigv4(bencher: Bencher, location: &str) {
    let location = match location {
        "headers" => SignatureLocation::Headers,
        _ => SignatureLocation::QueryParams,
    };
    bencher.bench_local(request::for_aws_sigv4(location));
}

/// Growth with the number of headers, none of which is signed but `Host`.
#[divan::bench(args = [5, 25, 50, 75, 100].map(Sized::headers))]
fn headers(bencher: Bencher, head: &Sized) {
    sign_head(bencher, &Case::new(SignatureKind::V4Headers, false), &head.bytes);
}

/// Growth with the number of headers, all of which are signed.
#[divan::bench(args = [5, 25, 50, 75, 100].map(Sized::signed_headers))]
fn signed_headers(bencher: Bencher, head: &Sized) {
    sign_head(bencher, &Case::new(SignatureKind::V4Headers, false), &head.bytes);
}

/// Growth with the length of the target.
#[divan::bench(args = [50, 1024, 2048, 4096, 8192].map(Sized::target))]
fn target(bencher: Bencher, head: &Sized) {
    sign_head(bencher, &Case::new(SignatureKind::V4Headers, false), &head.bytes);
}

/// Growth with the number of query arguments, in no order.
#[divan::bench(args = [1, 25, 50, 75, 100].map(Sized::arguments))]
fn arguments(bencher: Bencher, head: &Sized) {
    sign_head(bencher, &Case::new(SignatureKind::V4Headers, false), &head.bytes);
}
