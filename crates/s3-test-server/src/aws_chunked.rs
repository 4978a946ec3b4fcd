//! The content coding `aws-chunked` without signatures in it.
//!
//! ```text
//! SIZE CRLF DATA CRLF    for each chunk, the size in hexadecimal digits
//! 0 CRLF
//! NAME:VALUE CRLF        for each trailing header
//! CRLF
//! ```

use bytes::{Bytes, BytesMut};

use crate::refusal::Refusal;

/// Chunks before the last one have at least this size.
const SMALLEST_CHUNK: usize = 8192;

/// What an encoded body contains.
#[derive(Debug)]
pub struct Decoded {
    pub content: Bytes,
    /// The trailing headers, the names in lower case.
    pub trailers: Vec<(String, String)>,
}

/// Decodes a whole body.
pub fn decode(body: &[u8]) -> Result<Decoded, Refusal> {
    let mut content = BytesMut::new();
    let mut rest = body;
    let mut is_small = false;
    loop {
        let size = chunk_size(line(&mut rest)?)?;
        if size == 0 {
            break;
        }
        if is_small {
            return Err(Refusal::invalid_chunk_size());
        }
        is_small = size < SMALLEST_CHUNK;
        let (data, after) = rest.split_at_checked(size).ok_or_else(Refusal::incomplete_body)?;
        content.extend_from_slice(data);
        rest = after.strip_prefix(b"\r\n").ok_or_else(Refusal::incomplete_body)?;
    }

    let mut trailers = Vec::new();
    loop {
        let line = line(&mut rest)?;
        if line.is_empty() {
            break;
        }
        trailers.push(trailer(line).ok_or_else(Refusal::malformed_trailer)?);
    }
    if !rest.is_empty() {
        return Err(Refusal::incomplete_body());
    }
    Ok(Decoded { content: content.freeze(), trailers })
}

/// Splits off a line, without its end.
fn line<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Refusal> {
    let end =
        rest.windows(2).position(|pair| pair == b"\r\n").ok_or_else(Refusal::incomplete_body)?;
    let line = &rest[..end];
    *rest = &rest[end + 2..];
    Ok(line)
}

fn chunk_size(digits: &[u8]) -> Result<usize, Refusal> {
    std::str::from_utf8(digits)
        .ok()
        .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
        .and_then(|digits| usize::from_str_radix(digits, 16).ok())
        .ok_or_else(Refusal::incomplete_body)
}

fn trailer(line: &[u8]) -> Option<(String, String)> {
    let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
    Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> &'static str {
        decode(body.as_bytes()).unwrap_err().code()
    }

    #[test]
    fn chunks_and_trailers() {
        let long = "x".repeat(SMALLEST_CHUNK);
        let body = format!("2000\r\n{long}\r\n3\r\nend\r\n0\r\nX-Amz-A: 1\r\nb:2\r\n\r\n");
        let decoded = decode(body.as_bytes()).unwrap();
        assert_eq!(decoded.content, format!("{long}end"));
        let trailers = [("x-amz-a", "1"), ("b", "2")];
        assert_eq!(decoded.trailers, trailers.map(|(name, value)| (name.into(), value.into())));

        let empty = decode(b"0\r\n\r\n").unwrap();
        assert!(empty.content.is_empty() && empty.trailers.is_empty());
        let empty = decode(b"0\r\na:\r\n\r\n").unwrap();
        assert_eq!(empty.trailers, [("a".to_owned(), String::new())]);
    }

    #[test]
    fn incomplete_bodies() {
        let body = "3\r\nabc\r\n0\r\na:1\r\n\r\n";
        for length in 0..body.len() {
            assert_eq!(code(&body[..length]), "IncompleteBody", "{length}");
        }
        for body in ["+3\r\nabc\r\n0\r\n\r\n", "4\r\nabc\r\n0\r\n\r\n", "0\r\n\r\n\r\n", "\r\n\r\n"]
        {
            assert_eq!(code(body), "IncompleteBody", "{body}");
        }
    }

    #[test]
    fn malformed_bodies() {
        assert_eq!(code("1\r\na\r\n1\r\na\r\n0\r\n\r\n"), "InvalidChunkSizeError");
        assert_eq!(code("1\r\na\r\n0\r\ntrailer\r\n\r\n"), "MalformedTrailerError");
    }
}
