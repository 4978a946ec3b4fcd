//! Memory that the signer frees has no secret access key and no session token in it.

mod common;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    slice,
};

use common::{KINDS, params};
use s3_signer::{Credentials, Region, RequestHead, Signer};

/// A part of every secret, of unreserved characters.
const SECRET: &str = "secret-not-to-be-left-in-memory";

thread_local! {
    /// How many blocks this thread has freed with [`SECRET`] in them, when it counts.
    static LEAKS: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The system's allocator, which reads the blocks that are freed. A block that grows is freed, as
/// the trait's `realloc` does it.
struct Reading;

// SAFETY: passes every call on to the system's allocator. All memory is zeroed at first, so that
// there are only initialized bytes to read. Reading does not allocate.
unsafe impl GlobalAlloc for Reading {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps to the contract of `GlobalAlloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(leaks) = LEAKS.get() {
            // SAFETY: the block is the caller's, of this size, and initialized since `alloc`.
            let bytes = unsafe { slice::from_raw_parts(block, layout.size()) };
            if bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()) {
                LEAKS.set(Some(leaks + 1));
            }
        }
        // SAFETY: the caller keeps to the contract of `GlobalAlloc`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Reading = Reading;

/// How many blocks `run` frees with a secret in them.
fn leaks(run: impl FnOnce()) -> usize {
    LEAKS.set(Some(0));
    run();
    LEAKS.take().unwrap_or_default()
}

#[test]
fn the_allocator_reads() {
    assert_eq!(leaks(|| drop(std::hint::black_box(SECRET.to_owned()))), 1);
    let zeroed = leaks(|| {
        Credentials::new(SECRET, SECRET, Some(SECRET)).unwrap();
    });
    assert_eq!(zeroed, 1, "the access key id, which is no secret");
}

#[test]
fn a_signer_leaves_no_secrets() {
    // With characters that a query escapes, as tokens have them.
    let token = format!("{}/+=", SECRET.repeat(20));
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", SECRET, Some(&token)).unwrap();
    let region = Region::new("eu-west-1").unwrap();
    let head = "GET /film.mp4 HTTP/1.1\r\nHost: films.s3.eu-west-1.amazonaws.com\r\n";
    // The name of a header whose bytes are all encoded in the query needs the most memory.
    let long_name = format!("{head}x-amz-{}: 1\r\n\r\n", "!".repeat(60_000));
    let heads = [format!("{head}\r\n"), long_name];
    let mut found = Vec::new();
    for kind in KINDS {
        let params = params(kind, &credentials, &region);
        let kind = kind.as_str();
        let mut signer = Signer::new();
        // The second request needs larger buffers, the third frees them.
        let signing = leaks(|| {
            for head in [&heads[0], &heads[1], &heads[0]] {
                let head = RequestHead::parse(head.as_bytes()).unwrap();
                signer.sign(&head, &params, 0).unwrap();
            }
        });
        let last = RequestHead::parse(heads[0].as_bytes()).unwrap();
        let signed = signer.sign(&last, &params, 0).unwrap();
        let explaining = leaks(|| drop(signed.explain()));
        let dropping = leaks(|| drop(signer));
        if signing + explaining + dropping > 0 {
            found.push(format!(
                "{kind}: {signing} while signing, {explaining} explaining, {dropping} dropped"
            ));
        }
    }
    assert!(found.is_empty(), "blocks with a secret: {found:#?}");
}
