//! Memory of nginx's pools, which nginx frees with the request or the configuration.

use std::ptr::{self, NonNull};

use ngx::ffi::{ngx_palloc, ngx_pnalloc, ngx_pool_t, ngx_str_t};

/// Allocates a `T`, uninitialized, whose alignment is a pointer's at most. `None`: nginx has no
/// memory.
///
/// # Safety
/// `pool` is a live pool of nginx.
pub(crate) unsafe fn alloc<T>(pool: *mut ngx_pool_t) -> Option<NonNull<T>> {
    const { assert!(align_of::<T>() <= align_of::<usize>()) };
    // SAFETY: the caller's.
    NonNull::new(unsafe { ngx_palloc(pool, size_of::<T>()) }.cast())
}

/// Copies `parts` one after the other. `None`: nginx has no memory.
///
/// # Safety
/// `pool` is a live pool of nginx.
pub(crate) unsafe fn copy(pool: *mut ngx_pool_t, parts: &[&[u8]]) -> Option<ngx_str_t> {
    let len = parts.iter().map(|part| part.len()).sum();
    // SAFETY: the caller's.
    let data: NonNull<u8> = NonNull::new(unsafe { ngx_pnalloc(pool, len) }.cast())?;
    let mut at = data.as_ptr();
    for part in parts {
        // SAFETY: the lengths add up to the size of the new allocation.
        unsafe {
            ptr::copy_nonoverlapping(part.as_ptr(), at, part.len());
            at = at.add(part.len());
        }
    }
    Some(ngx_str_t { len, data: data.as_ptr() })
}
