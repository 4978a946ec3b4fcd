//! After the first request, an ordinary one allocates nothing.

mod common;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use common::{KINDS, params};
use s3_signer::{Credentials, Region, RequestHead, Signer};

thread_local! {
    /// How often this thread has asked for memory.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, counting.
struct Counting;

fn count() {
    ALLOCATIONS.with(|n| n.set(n.get() + 1));
}

// SAFETY: passes every call on to the system's allocator unchanged. Counting does not allocate: the
// counter is constant at the start and needs no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps to the contract of `GlobalAlloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(block, layout, new_size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `run` asks for memory.
fn allocations(run: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    run();
    ALLOCATIONS.get() - before
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
    assert_eq!(allocations(|| ()), 0);
}

#[test]
fn an_ordinary_request_allocates_nothing() {
    const KEY: &str = "/films/2013/05/a-film-of-some-length-with-its-name-in-full.mp4";
    const NOON: i64 = 1_369_396_800;
    let head = format!(
        "GET {KEY} HTTP/1.1\r\n\
         Host: films.s3.eu-west-1.amazonaws.com\r\n\
         User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n\
         Accept: */*\r\n\
         Range: bytes=0-1048575\r\n\
         Connection: close\r\n\
         \r\n"
    );
    assert!(KEY.len() >= 60);
    // As many signed and removed headers, and subresources, as there is memory for without the
    // heap.
    let full = format!(
        "PUT {KEY}?versionId=a%2Fb&acl&cors&tagging&uploadId=1&partNumber=2&policy&website \
         HTTP/1.1\r\n\
         Host: films.s3.eu-west-1.amazonaws.com\r\n\
         Authorization: AWS AKID:0\r\n\
         Content-Type: video/mp4\r\n\
         X-Amz-Date: 20130524T000000Z\r\n\
         Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==\r\n\
         x-amz-security-token: 0\r\n\
         x-amz-meta-b: 2  3\r\n\
         X-Amz-Meta-A: 1\r\n\
         Content-Length: 10\r\n\
         \r\n"
    );

    let region = Region::new("eu-west-1").unwrap();
    let token = "t+/=".repeat(250);
    for token in [None, Some(token.as_str())] {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, token).unwrap();
        for kind in KINDS {
            let params = params(kind, &credentials, &region);
            let kind = kind.as_str();
            let mut signer = Signer::new();
            let mut sign = |head: &str, now| {
                signer.sign(&RequestHead::parse(head.as_bytes()).unwrap(), &params, now).unwrap();
            };
            for head in [&head, &full] {
                sign(head, NOON);
                // The same second, the next ones, and an hour later.
                for now in [NOON, NOON + 1, NOON + 2, NOON + 3600] {
                    let n = allocations(|| sign(head, now));
                    assert_eq!(n, 0, "{kind}, token: {}, {head}", token.is_some());
                }
            }
        }
    }
}
