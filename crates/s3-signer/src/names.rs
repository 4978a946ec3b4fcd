//! Names of headers and arguments that S3 reserves.

/// Whether a header or an argument is named `x-amz-*`. S3 requires such headers to be signed.
pub(crate) fn is_amz(name: &[u8]) -> bool {
    name.get(..6).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"x-amz-"))
}

/// Whether the name of a header is `x-amz-*` where `_` is read as `-`. Servers that pass headers in
/// environment variables, such as CGI's, read it so.
pub(crate) fn is_amz_with_underscores(name: &[u8]) -> bool {
    matches!(name, [b'x' | b'X', b'-' | b'_', amz @ .., ] if matches!(amz.split_at_checked(3),
        Some((amz, [b'-' | b'_', ..])) if amz.eq_ignore_ascii_case(b"amz")))
}

/// Whether a header is user-defined metadata, `x-amz-meta-*`, whose names often have a `_`.
pub(crate) fn is_user_metadata(name: &[u8]) -> bool {
    name.get(..11).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"x-amz-meta-"))
}
