//! Messages in nginx's log, and the guard of every function that nginx calls.

use std::{
    fmt,
    mem::MaybeUninit,
    panic::{AssertUnwindSafe, catch_unwind},
};

use ngx::{
    ffi::{NGX_LOG_DEBUG_HTTP, NGX_LOG_EMERG, ngx_log_t, ngx_uint_t},
    log::{LOG_BUFFER_SIZE, log_debug, write_fmt},
};

/// Writes a line at `level`, if `log` has that level.
pub(crate) fn write(level: u32, log: *mut ngx_log_t, message: fmt::Arguments) {
    ngx::ngx_log_error!(level, log, "{message}");
}

/// Whether `log` has debug messages of HTTP. The level of the log alone decides: an nginx without
/// `--with-debug` writes them as well. `ngx_log_debug!` is not used, since it is empty in a module
/// that is built from a tree without `--with-debug`.
pub(crate) fn is_debug(log: *mut ngx_log_t) -> bool {
    // SAFETY: nginx gives every connection and configuration a log that outlives it.
    unsafe { (*log).log_level & NGX_LOG_DEBUG_HTTP as ngx_uint_t != 0 }
}

/// Writes `text` at debug level, one line of the log for each of its lines, split where nginx's
/// buffer for a line ends. Each begins with `title`.
pub(crate) fn debug_text(log: *mut ngx_log_t, title: &str, text: &[u8]) {
    for line in text.split(|&b| b == b'\n') {
        let line = line.escape_ascii().to_string();
        // An empty line is written as well: an empty query, for example.
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

/// Runs `f` for a function that nginx calls. A panic does not cross into C: it is logged, unless
/// `log` is NULL, and the result is `on_panic`. Rust writes the message of the panic to standard
/// error.
pub(crate) fn guard<T>(log: *mut ngx_log_t, on_panic: T, f: impl FnOnce() -> T) -> T {
    // A panic may leave a request or a configuration half done, which `on_panic` ends; or the
    // signer, which clears its buffers before each signature.
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

/// Panics if t/shim/faults.c, which a test preloads, requires it here.
#[cfg(feature = "test-panics")]
fn panic_on_demand(entry: &str) {
    unsafe extern "C" {
        fn s3_auth_test_panics(name: *const u8, length: usize) -> bool;
    }
    // SAFETY: the shim reads so many bytes of the name.
    if unsafe { s3_auth_test_panics(entry.as_ptr(), entry.len()) } {
        panic!("on demand of the test");
    }
}
