//! The request head as it stands on the wire (RFC 9112, sections 2 to 5).

use memchr::{memchr, memchr2, memrchr};

use crate::SignError;

/// A request head, split where HTTP/1 splits it. All slices are the wire's own bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestHead<'a> {
    /// The method, `GET`.
    pub method: &'a [u8],
    /// The target up to the first `?`, beginning with a slash. May hold any byte but CR and LF:
    /// nginx sends decoded captures as they are.
    pub path: &'a [u8],
    /// The target after the first `?`; empty when there is none.
    pub query: &'a [u8],
    /// `HTTP/1.0` or `HTTP/1.1`.
    pub version: &'a [u8],
    /// The bytes after the request line: header lines, the empty line, and whatever follows.
    pub rest: &'a [u8],
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

/// The method of the request that `head` begins: the bytes before its first space.
pub fn request_method(head: &[u8]) -> &[u8] {
    let end = head.iter().position(|&b| b == b' ').unwrap_or(0);
    &head[..end]
}

impl<'a> RequestHead<'a> {
    /// Splits the request line. The target ends at the *last* space of the line, because a path
    /// that nginx put together from decoded variables may hold spaces.
    ///
    /// # Errors
    /// [`SignError::NotHttp1`], [`SignError::NotOriginForm`] or [`SignError::Incomplete`].
    pub fn parse(head: &'a [u8]) -> Result<Self, SignError> {
        let (line, rest) = split_line(head).map_err(|_| SignError::NotHttp1)?;
        let line = line.ok_or(SignError::Incomplete)?;

        let method = request_method(line);
        let after = line.get(method.len() + 1..).unwrap_or_default();
        let space = memrchr(b' ', after).ok_or(SignError::NotHttp1)?;
        let (target, version) = (&after[..space], &after[space + 1..]);
        if method.is_empty() || !matches!(version, b"HTTP/1.1" | b"HTTP/1.0") {
            return Err(SignError::NotHttp1);
        }
        if target.first() != Some(&b'/') {
            return Err(SignError::NotOriginForm);
        }
        let (path, query) = match memchr(b'?', target) {
            Some(i) => (&target[..i], &target[i + 1..]),
            None => (target, &target[target.len()..]),
        };
        Ok(Self { method, path, query, version, rest })
    }
}

/// Takes the next header line off `rest`; `None` at the empty line, which is taken too.
pub(crate) fn next_header<'a>(rest: &mut &'a [u8]) -> Result<Option<HeaderLine<'a>>, SignError> {
    let bytes = *rest;
    let (line, after) = split_line(bytes)?;
    let line = line.ok_or(SignError::Incomplete)?;
    *rest = after;
    if line.is_empty() {
        return Ok(None);
    }
    match memchr(b':', line) {
        // A leading space or tab would continue the line before (obsolete folding).
        Some(colon) if colon > 0 && line[0] != b' ' && line[0] != b'\t' => Ok(Some(HeaderLine {
            name: &line[..colon],
            value: &line[colon + 1..],
            line: &bytes[..line.len() + 2],
        })),
        _ => Err(SignError::MalformedHeader),
    }
}

/// Splits after the first CRLF: the line without it (`None` when there is no line break), and what
/// follows. A CR or LF alone is an error: some servers take it for a line break.
fn split_line(bytes: &[u8]) -> Result<(Option<&[u8]>, &[u8]), SignError> {
    match memchr2(b'\r', b'\n', bytes) {
        None => Ok((None, bytes)),
        Some(end) if bytes[end..].starts_with(b"\r\n") => {
            Ok((Some(&bytes[..end]), &bytes[end + 2..]))
        }
        Some(_) => Err(SignError::MalformedHeader),
    }
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
            (b"\x00\x00\x12\x04", SignError::Incomplete),
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
    fn takes_header_lines_one_by_one() {
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
            (b"X: cut", SignError::Incomplete),
        ] {
            assert_eq!(next_header(&mut &lines[..]), Err(error), "{}", lines.escape_ascii());
        }
    }
}
