//! The request head as it is sent (RFC 9112, sections 2 to 5).

use memchr::memchr;

use crate::error::SignError;

/// The bytes of a header name: those of a token (RFC 9110, section 5.6.2). Others could end a name
/// in the list of signed headers.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0_u8;
    while b < 128 {
        table[b as usize] = b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'!' | b'#'
                    | b'$'
                    | b'%'
                    | b'&'
                    | b'\''
                    | b'*'
                    | b'+'
                    | b'-'
                    | b'.'
                    | b'^'
                    | b'_'
                    | b'`'
                    | b'|'
                    | b'~'
            );
        b += 1;
    }
    table
};

/// A request head, its request line split. All slices are of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestHead<'a> {
    /// All the bytes: the head and what follows it.
    pub(crate) bytes: &'a [u8],
    pub(crate) method: &'a [u8],
    /// The target before the first `?`; begins with a slash. Any bytes but CR, LF and NUL, since
    /// proxies send decoded parts of a URI as they are.
    pub(crate) path: &'a [u8],
    /// The target after the first `?`; empty without one.
    pub(crate) query: &'a [u8],
    /// `HTTP/1.0` or `HTTP/1.1`.
    pub(crate) version: &'a [u8; 8],
    /// The bytes after the request line: header lines, the empty line, and whatever follows.
    pub(crate) rest: &'a [u8],
}

/// One header line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeaderLine<'a> {
    /// The name as written.
    pub name: &'a [u8],
    /// The value, surrounding white space included.
    pub value: &'a [u8],
    /// The whole line with its CRLF.
    pub line: &'a [u8],
}

impl<'a> RequestHead<'a> {
    /// Splits the request line of `bytes`, the head and perhaps a part of the body. The target ends
    /// at the *last* space of the line: a path that a proxy has decoded may have spaces.
    ///
    /// # Errors
    /// [`SignError::NotHttp1`], [`SignError::NotOriginForm`] or [`SignError::Incomplete`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, SignError> {
        let (line, rest) = split_line(bytes).map_err(|error| match error {
            SignError::MalformedHeader => SignError::NotHttp1,
            other => other,
        })?;

        let (line, version) = match line.split_last_chunk() {
            Some((line, version @ (b"HTTP/1.1" | b"HTTP/1.0"))) => (line, version),
            _ => return Err(SignError::NotHttp1),
        };
        let line = line.strip_suffix(b" ").ok_or(SignError::NotHttp1)?;
        let space = line.iter().position(|&b| b == b' ').ok_or(SignError::NotHttp1)?;
        let (method, target) = (&line[..space], &line[space + 1..]);
        if method.is_empty() {
            return Err(SignError::NotHttp1);
        }
        if target.first() != Some(&b'/') {
            return Err(SignError::NotOriginForm);
        }
        let (path, query) = match memchr(b'?', target) {
            Some(i) => (&target[..i], &target[i + 1..]),
            None => (target, &target[target.len()..]),
        };
        Ok(Self { bytes, method, path, query, version, rest })
    }

    /// The method, such as `GET`.
    pub fn method(&self) -> &'a [u8] {
        self.method
    }
}

/// Removes the next header line from `rest` and returns it; `None` at the empty line, which is
/// removed too.
///
/// # Errors
/// [`SignError::MalformedHeader`] or [`SignError::Incomplete`].
pub(crate) fn next_header<'a>(rest: &mut &'a [u8]) -> Result<Option<HeaderLine<'a>>, SignError> {
    let bytes = *rest;
    if let Some(after) = bytes.strip_prefix(b"\r\n") {
        *rest = after;
        return Ok(None);
    }
    // White space before the colon is part of the name for some servers only. At the beginning of
    // the line it continues the one before (obsolete folding).
    let colon = bytes.iter().position(|&b| !TOKEN[usize::from(b)]).ok_or(SignError::Incomplete)?;
    if colon == 0 || bytes[colon] != b':' {
        return Err(SignError::MalformedHeader);
    }
    let (value, after) = split_line(&bytes[colon + 1..])?;
    let line = &bytes[..bytes.len() - after.len()];
    *rest = after;
    Ok(Some(HeaderLine { name: &bytes[..colon], value, line }))
}

/// Splits `bytes` at the first CRLF, which is in neither part. A CR or LF alone is an error, since
/// it is a line break for some servers, and so is NUL.
fn split_line(bytes: &[u8]) -> Result<(&[u8], &[u8]), SignError> {
    let (line, rest) = bytes.split_at(find_break(bytes).ok_or(SignError::Incomplete)?);
    let after = rest.strip_prefix(b"\r\n").ok_or(SignError::MalformedHeader)?;
    Ok((line, after))
}

/// The position of the first CR, LF or NUL. Lines are short: a loop over words of eight bytes needs
/// a third of the time of `memchr3`.
fn find_break(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let is_break = |b: u8| matches!(b, b'\r' | b'\n' | 0);

    let (words, end) = bytes.as_chunks();
    for (i, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The high bit is set for each byte that is at most `\r`, and perhaps for bytes after such
        // a one.
        let mut low = word.wrapping_sub(ONES * (1 + b'\r' as u64)) & !word & (ONES << 7);
        while low != 0 {
            let at = 8 * i + low.trailing_zeros() as usize / 8;
            if is_break(bytes[at]) {
                return Some(at);
            }
            low &= low - 1;
        }
    }
    let at = end.iter().position(|&b| is_break(b))?;
    Some(bytes.len() - end.len() + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_the_request_line() {
        let head = RequestHead::parse(b"GET /a b?x=1?2 HTTP/1.1\r\nHost: h\r\n\r\nbody").unwrap();
        assert_eq!(head.method, b"GET");
        assert_eq!(head.path, b"/a b");
        assert_eq!(head.query, b"x=1?2");
        assert_eq!(head.version, b"HTTP/1.1");
        assert_eq!(head.rest, b"Host: h\r\n\r\nbody");
    }

    #[test]
    fn refuses_what_is_not_http_1() {
        for (head, error) in [
            (&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], SignError::NotHttp1),
            (b"\x00\x00\x12\x04", SignError::NotHttp1),
            (b"G\0T / HTTP/1.1\r\n", SignError::NotHttp1),
            (b"", SignError::Incomplete),
            (b"\r\n", SignError::NotHttp1),
            (b"GET\r\n", SignError::NotHttp1),
            (b"GET /\r\n", SignError::NotHttp1),
            (b"GET / HTTP/1.1", SignError::Incomplete),
            (b"GET /a\nb HTTP/1.1\r\n", SignError::NotHttp1),
            (b"GET /a\r\nX: b HTTP/1.1\r\n", SignError::NotHttp1),
            (b" / HTTP/1.1\r\n", SignError::NotHttp1),
            (b"GET http://h/ HTTP/1.1\r\n", SignError::NotOriginForm),
            (b"OPTIONS * HTTP/1.1\r\n", SignError::NotOriginForm),
        ] {
            assert_eq!(RequestHead::parse(head), Err(error), "{}", head.escape_ascii());
        }
    }

    #[test]
    fn finds_the_first_break_at_any_position() {
        for filler in [b'a', b'\t', 1, 0x0c, 0x0e, 0x7f, 0x80, 0xff] {
            for length in 0..20 {
                let mut bytes = vec![filler; length];
                assert_eq!(find_break(&bytes), None);
                for at in (0..length).rev() {
                    for end in [0, b'\n', b'\r'] {
                        bytes[at] = end;
                        assert_eq!(find_break(&bytes), Some(at), "{bytes:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn reads_header_lines_one_by_one() {
        let mut rest = &b"Host: h\r\nX:\r\n\r\nbody"[..];
        let host = next_header(&mut rest).unwrap().unwrap();
        assert_eq!(
            (host.name, host.value, host.line),
            (&b"Host"[..], &b" h"[..], &b"Host: h\r\n"[..])
        );
        assert_eq!(next_header(&mut rest).unwrap().unwrap().value, b"");
        assert_eq!(next_header(&mut rest), Ok(None));
        assert_eq!(rest, b"body");
    }

    #[test]
    fn refuses_malformed_header_lines() {
        for (lines, error) in [
            (&b"no colon\r\n"[..], SignError::MalformedHeader),
            (b": no name\r\n", SignError::MalformedHeader),
            (b" folded: x\r\n", SignError::MalformedHeader),
            (b"\tfolded: x\r\n", SignError::MalformedHeader),
            (b"X: a\nAuthorization: b\r\n", SignError::MalformedHeader),
            (b"X: a\rb\r\n", SignError::MalformedHeader),
            (b"X: a\0b\r\n", SignError::MalformedHeader),
            (b"Authorization : a\r\n", SignError::MalformedHeader),
            (b"X-Amz-Date\t: a\r\n", SignError::MalformedHeader),
            (b"X-Amz-A;host: a\r\n", SignError::MalformedHeader),
            (b"X-Amz-A,Signature=0: a\r\n", SignError::MalformedHeader),
            (b"X-Amz-\xe9: a\r\n", SignError::MalformedHeader),
            (b"X: cut", SignError::Incomplete),
        ] {
            assert_eq!(next_header(&mut &lines[..]), Err(error), "{}", lines.escape_ascii());
        }
    }
}
