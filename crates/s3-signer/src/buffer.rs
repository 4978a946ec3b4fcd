//! Memory that is kept from request to request, and that has had secrets in it.

use std::ops::{Deref, DerefMut};

use zeroize::Zeroize;

use crate::error::SignError;

/// Bytes of memory that a buffer keeps for the next request: enough for heads of 40 kilobytes. A
/// larger buffer is freed by the next request that does not need it.
pub(crate) const KEPT: usize = 1 << 18;

/// A buffer that is zeroed before its memory is freed, as far as it has been written. Memory must
/// be reserved before bytes are appended: a `Vec` that grows leaves a copy.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    /// The largest number of bytes before a call of [`Buffer::reserve`].
    written: usize,
}

impl Buffer {
    /// Empties the buffer and reserves memory for `len` bytes.
    ///
    /// # Errors
    /// [`SignError::NoMemory`].
    #[inline]
    pub fn reserve(&mut self, len: usize) -> Result<(), SignError> {
        self.written = self.written.max(self.bytes.len());
        self.bytes.clear();
        let capacity = self.bytes.capacity();
        if capacity < len || capacity > KEPT && len <= KEPT {
            return self.replace(len);
        }
        Ok(())
    }

    #[cold]
    fn replace(&mut self, len: usize) -> Result<(), SignError> {
        *self = Self::default();
        self.bytes.try_reserve_exact(len.next_power_of_two()).map_err(|_| SignError::NoMemory)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let written = self.written.max(self.bytes.len());
        self.bytes.clear();
        // Not all of the memory: most of that for a large head was never written.
        self.bytes.spare_capacity_mut()[..written].zeroize();
    }
}

impl Deref for Buffer {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.bytes
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_kept_for_ordinary_requests() {
        let mut buffer = Buffer::default();
        buffer.reserve(1000).unwrap();
        buffer.extend_from_slice(b"secret");
        let memory = buffer.as_ptr();
        buffer.reserve(1024).unwrap();
        assert_eq!((buffer.as_ptr(), buffer.len(), buffer.written), (memory, 0, 6));

        buffer.reserve(2 * KEPT).unwrap();
        assert_eq!((buffer.capacity(), buffer.written), (2 * KEPT, 0));
        buffer.reserve(KEPT).unwrap();
        assert_eq!(buffer.capacity(), KEPT);
    }
}
