//! Removes secrets from the text of the configuration. nginx frees the text without zeroing it, and
//! every worker inherits the memory.

use std::{mem::MaybeUninit, slice};

use ngx::ffi::{ngx_conf_t, ngx_dump_config};
use zeroize::Zeroize;

/// Zeroes all that nginx has parsed of its file, the current directive included: the buffer, and
/// the copy for `nginx -T`. The arguments of the directive are copies.
pub(crate) fn wipe_source(cf: &mut ngx_conf_t) {
    // SAFETY: the file that nginx is reading, and its buffer, in which `start <= pos <= last <=
    // end`. What is before `pos` has been read. What is from `last` on will be overwritten, and may
    // never have been written.
    let (file, unread) = unsafe {
        let file = &mut *cf.conf_file;
        let buffer = &*file.buffer;
        slice::from_raw_parts_mut(buffer.start, buffer.pos.offset_from_unsigned(buffer.start))
            .zeroize();
        slice::from_raw_parts_mut(
            buffer.last.cast::<MaybeUninit<u8>>(),
            buffer.end.offset_from_unsigned(buffer.last),
        )
        .zeroize();
        (file, buffer.last.offset_from_unsigned(buffer.pos))
    };
    // A copy of the file up to `last`, for `nginx -T`. nginx with debugging makes it always.
    // SAFETY: a flag of the command line.
    if unsafe { ngx_dump_config } != 0 || file.dump.is_null() {
        return;
    }
    // SAFETY: as above; what is from `start` to `last` has been copied.
    let copied = unsafe {
        let dump = &*file.dump;
        slice::from_raw_parts_mut(dump.start, dump.last.offset_from_unsigned(dump.start))
    };
    let read = copied.len() - unread;
    copied[..read].zeroize();
}
