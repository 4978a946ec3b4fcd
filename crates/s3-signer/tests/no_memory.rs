//! A request for which there is no memory is an error, and the next one is signed.

mod common;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    ptr,
};

use common::{KINDS, params};
use s3_signer::{Credentials, Region, RequestHead, SignError, Signer};

/// Blocks that are smaller than this are always allocated.
const LARGE: usize = 1024;

thread_local! {
    /// How many large blocks this thread can still allocate; `None`: any number.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The system's allocator, until there is no memory.
struct Limited;

// SAFETY: passes calls on to the system's allocator, or returns NULL, which is allowed. Counting
// does not allocate.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= LARGE
            && let Some(left) = LEFT.get()
        {
            let Some(left) = left.checked_sub(1) else { return ptr::null_mut() };
            LEFT.set(Some(left));
        }
        // SAFETY: the caller keeps to the contract of `GlobalAlloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps to the contract of `GlobalAlloc`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Limited = Limited;

#[test]
fn a_request_without_memory_is_an_error() {
    let credentials = Credentials::new("AKID", "secret", Some("token")).unwrap();
    let region = Region::new("eu-west-1").unwrap();
    let small = &b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"[..];
    // Much of everything: path, arguments, headers that are signed, and that are removed.
    let large = format!(
        "GET /{}?{} HTTP/1.1\r\nHost: h\r\n{}{}\r\n",
        "é".repeat(100_000),
        "a&".repeat(100_000),
        (0..50).map(|i| format!("x-amz-meta-{i}: {i}\r\n")).collect::<String>(),
        "Authorization: a\r\nRange: b\r\n".repeat(50),
    );
    for kind in KINDS {
        let params = params(kind, &credentials, &region);
        let kind = kind.as_str();
        let mut signer = Signer::new();
        let mut sign = |head: &[u8]| {
            let head = RequestHead::parse(head).unwrap();
            signer.sign(&head, &params, 0).map(|signed| signed.head.len())
        };
        sign(small).unwrap();
        let mut failures = 0;
        loop {
            LEFT.set(Some(failures));
            let result = sign(large.as_bytes());
            LEFT.set(None);
            sign(small).unwrap();
            match result {
                Ok(_) => break,
                Err(error) => assert_eq!(error, SignError::NoMemory, "{kind}"),
            }
            failures += 1;
        }
        assert!(failures > 5, "{kind} allocates {failures} large blocks only");
    }
}
