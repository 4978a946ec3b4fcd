//! The signer of the worker. Its buffers and signing keys serve all requests.

use std::{cell::RefCell, ffi::c_void, ptr};

use ngx::ffi::{ngx_conf_t, ngx_pool_cleanup_add};
use s3_signer::Signer;

use crate::nginx::log;

/// The signer of this process. `None`: no request has been signed since the last reset.
struct Worker(RefCell<Option<Signer>>);

// SAFETY: one thread of a process of nginx calls modules.
unsafe impl Sync for Worker {}

static WORKER: Worker = Worker(RefCell::new(None));

/// Calls `f` with the signer.
pub(crate) fn with<T>(f: impl FnOnce(&mut Signer) -> T) -> T {
    f(WORKER.0.borrow_mut().get_or_insert_with(Signer::new))
}

/// Resets the signer when nginx destroys the configuration: with `master_process off` the process
/// uses the next one, too, and signing keys are secrets. `None`: nginx has no memory.
pub(crate) fn reset_with(cf: &ngx_conf_t) -> Option<()> {
    // SAFETY: the pool of the configuration that nginx is reading.
    let cleanup = unsafe { ngx_pool_cleanup_add(cf.pool, 0) };
    // SAFETY: NULL, or a new entry, to which there is no other reference.
    unsafe { cleanup.as_mut() }?.handler = Some(reset);
    Some(())
}

unsafe extern "C" fn reset(_: *mut c_void) {
    log::guard(ptr::null_mut(), (), || *WORKER.0.borrow_mut() = None);
}
