//! Headers, as nginx keeps them: a list of arrays.

use std::ptr::NonNull;

use ngx::ffi::{ngx_list_part_t, ngx_list_t, ngx_table_elt_t};

/// The headers of a list, those that nginx has deleted (`hash` 0) included.
///
/// # Safety
/// `list` is a list of such elements, or all-zero, and lives as long as the result is used.
pub(crate) unsafe fn headers(
    list: NonNull<ngx_list_t>,
) -> impl Iterator<Item = NonNull<ngx_table_elt_t>> {
    // SAFETY: the caller's.
    let first = unsafe { NonNull::new_unchecked(&raw mut (*list.as_ptr()).part) };
    // SAFETY: a part of the list; the last one's `next` is NULL.
    let next = |part: &NonNull<ngx_list_part_t>| NonNull::new(unsafe { part.as_ref() }.next);
    std::iter::successors(Some(first), next).flat_map(|part| {
        // SAFETY: as above.
        let part = unsafe { part.as_ref() };
        // SAFETY: the array has as many elements, and an address if it has any.
        let header =
            |i| unsafe { NonNull::new_unchecked(part.elts.cast::<ngx_table_elt_t>().add(i)) };
        (0..part.nelts).map(header)
    })
}
