//! Messages to nginx's log, and a wall around what nginx calls.

use std::{
    fmt,
    mem::MaybeUninit,
    panic::{AssertUnwindSafe, catch_unwind},
};

use ngx::{
    ffi::{NGX_LOG_DEBUG_HTTP, NGX_LOG_EMERG, ngx_log_t, ngx_uint_t},
    log::{LOG_BUFFER_SIZE, log_debug, write_fmt},
};

/// Writes a line at `level`, if `log` takes that level.
pub(crate) fn write(level: u32, log: *mut ngx_log_t, message: fmt::Arguments) {
    ngx::ngx_log_error!(level, log, "{message}");
}

/// Whether `log` takes debug messages of HTTP. Decided at run time only: an nginx without
/// `--with-debug` writes them too, and the module may be built from a tree without it for an nginx
/// with it. So `ngx_log_debug!`, which the compiler leaves out then, is not used.
pub(crate) fn is_debug(log: *mut ngx_log_t) -> bool {
    // SAFETY: nginx gives every connection and configuration a log that outlives it.
    unsafe { (*log).log_level & NGX_LOG_DEBUG_HTTP as ngx_uint_t != 0 }
}

/// Writes `text` at debug level, one line of the log for each of its lines, cut where nginx's
/// buffer for a line ends. `title` stands before each.
pub(crate) fn debug_text(log: *mut ngx_log_t, title: &str, text: &[u8]) {
    for line in text.split(|&b| b == b'\n') {
        let line = line.escape_ascii().to_string();
        // A line without content is content: an empty query, say.
        let mut rest = line.as_str();
        loop {
            let (part, after) = rest.split_at(rest.len().min(LOG_BUFFER_SIZE / 2));
            let mut buffer = [const { MaybeUninit::uninit() }; LOG_BUFFER_SIZE];
            let message = write_fmt(&mut buffer, format_args!("{title}: \"{part}\""));
            // SAFETY: as in `is_debug`.
            unsafe { log_debug(log, 0, message) };
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
    }
}

/// Runs `f`, which nginx called. A panic does not cross into C: it becomes a line in the log, unless
/// that is NULL, and the result `on_panic`. Rust has written what it says to standard error.
pub(crate) fn guard<T>(log: *mut ngx_log_t, on_panic: T, f: impl FnOnce() -> T) -> T {
    // What a panic may leave half done is the request's or the configuration's, and either ends by
    // `on_panic`; or the signer's, which begins each signature with empty buffers.
    let f = || {
        #[cfg(feature = "test-panics")]
        panic_on_demand(std::any::type_name_of_val(&f));
        f()
    };
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|_| {
        if !log.is_null() {
            write(NGX_LOG_EMERG, log, format_args!("s3 auth: internal error, this is a bug"));
        }
        on_panic
    })
}

/// Panics if the test that has preloaded t/shim/faults.c wants it here.
#[cfg(feature = "test-panics")]
fn panic_on_demand(entry: &str) {
    unsafe extern "C" {
        fn s3_auth_test_panics(name: *const u8, length: usize) -> bool;
    }
    // SAFETY: the shim reads so many bytes of the name.
    if unsafe { s3_auth_test_panics(entry.as_ptr(), entry.len()) } {
        panic!("as the test wants it");
    }
}
