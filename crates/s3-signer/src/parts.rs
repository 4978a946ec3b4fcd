//! Several parts appended to a buffer at once.

/// Appends parts to a buffer in order. A part of known length, a literal or an array, is copied
/// inline; a loop over slices calls `memcpy` for each, which is a tenth of the time of a signature.
macro_rules! write_parts {
    ($out:expr, $($part:expr),+ $(,)?) => {
        $($out.extend_from_slice($part);)+
    };
}

pub(crate) use write_parts;
