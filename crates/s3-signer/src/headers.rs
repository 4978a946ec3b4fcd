//! Which header lines are kept, which are signed, and the canonical form of signed ones.

use memchr::memchr2;
use smallvec::SmallVec;

use crate::{
    aws_chunked::AwsChunked,
    error::SignError,
    head::{HeaderLine, next_header},
    names::{is_amz, is_amz_with_underscores, is_user_metadata},
    parts::write_parts,
};

/// A header that the signature covers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignedHeader<'a> {
    /// The name, in upper or lower case.
    pub name: &'a [u8],
    /// The value, perhaps with white space around it.
    pub value: &'a [u8],
    /// Whether both are in canonical form, as are the headers of the signature. Saves a third of
    /// the time of writing canonical headers.
    pub is_canonical: bool,
}

/// Headers that the signature covers. More than eight are on the heap.
pub(crate) type SignedHeaders<'a> = SmallVec<[SignedHeader<'a>; 8]>;

/// The header lines of a request, as a signature uses them.
#[derive(Debug, Default)]
pub(crate) struct Headers<'a> {
    /// The value of `Host`, trimmed.
    pub host: &'a [u8],
    /// `host`, `content-type`, `content-md5` and every `x-amz-*` that is kept.
    pub signed: SignedHeaders<'a>,
    /// The lines that are kept: parts of the old head, in order. More than four are on the heap.
    pub kept: SmallVec<[&'a [u8]; 4]>,
    /// The body that they announce.
    pub body: Body,
    /// The form of a body in the content coding `aws-chunked`.
    pub aws_chunked: AwsChunked,
    /// The bytes after the empty line: the body, or a part of it.
    pub after: &'a [u8],
}

/// The body that a head announces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Body {
    /// No `Content-Length` and no `Transfer-Encoding`, or a length of zero.
    #[default]
    None,
    /// As many bytes.
    Length(usize),
    /// `Transfer-Encoding`.
    Chunked,
}

impl Body {
    /// A body of `length` bytes.
    pub fn of(length: usize) -> Self {
        if length == 0 { Self::None } else { Self::Length(length) }
    }

    /// The body that a `Content-Length` of `value` announces.
    fn of_length(value: &[u8]) -> Result<Self, SignError> {
        let value = value.trim_ascii();
        let digits = std::str::from_utf8(value).ok();
        match digits.and_then(|digits| digits.parse().ok()) {
            // A sign is no digit.
            Some(length) if value.iter().all(u8::is_ascii_digit) => Ok(Self::of(length)),
            _ => Err(SignError::AmbiguousBody),
        }
    }

    /// Whether `bytes` can be the beginning of this body.
    fn may_begin_with(self, bytes: &[u8]) -> bool {
        match self {
            Self::None => bytes.is_empty(),
            Self::Length(length) => bytes.len() <= length,
            Self::Chunked => true,
        }
    }
}

/// How a header of the request is used.
enum Use {
    Host,
    Sign,
    Remove,
    /// Its name is ambiguous.
    Refuse,
    ContentSha256,
    ContentEncoding,
    Trailer,
    ContentLength,
    TransferEncoding,
    Pass,
}

fn classify(name: &[u8]) -> Use {
    let is = |lower: &[u8]| name.eq_ignore_ascii_case(lower);
    match name.len() {
        4 if is(b"host") => Use::Host,
        // S3 has no other protocol, and the bytes after an upgrade are not signed.
        7 if is(b"upgrade") => Use::Remove,
        11 if is(b"content-md5") => Use::Sign,
        12 if is(b"content-type") => Use::Sign,
        13 if is(b"authorization") => Use::Remove,
        14 if is(b"content-length") => Use::ContentLength,
        16 if is(b"content-encoding") => Use::ContentEncoding,
        17 if is(b"transfer-encoding") => Use::TransferEncoding,
        _ if is_amz(name) => match name.len() {
            10 if is(b"x-amz-date") => Use::Remove,
            13 if is(b"x-amz-trailer") => Use::Trailer,
            20 if is(b"x-amz-content-sha256") => Use::ContentSha256,
            20 if is(b"x-amz-security-token") => Use::Remove,
            _ if name.contains(&b'_') && !is_user_metadata(name) => Use::Refuse,
            _ => Use::Sign,
        },
        _ if is_amz_with_underscores(name) => Use::Refuse,
        _ => Use::Pass,
    }
}

impl<'a> Headers<'a> {
    /// Reads all header lines of `rest`, the bytes after the request line. In place: moving a value
    /// of this type costs a tenth of the time of parsing a head.
    ///
    /// # Errors
    /// [`SignError::MalformedHeader`], [`SignError::Incomplete`], [`SignError::AmbiguousName`],
    /// [`SignError::AmbiguousBody`], [`SignError::SecondRequest`], [`SignError::NoHost`],
    /// [`SignError::SeveralHosts`] or [`SignError::NoMemory`].
    pub fn parse(&mut self, rest: &'a [u8]) -> Result<(), SignError> {
        let mut host = None;
        let mut body = None;

        let mut after = rest;
        let mut run = 0; // the start of the current run of kept lines in `rest`
        let mut at = 0;
        while let Some(HeaderLine { name, value, line }) = next_header(&mut after)? {
            match classify(name) {
                Use::Host => {
                    let value = value.trim_ascii();
                    if host.replace(value).is_some() {
                        return Err(SignError::SeveralHosts);
                    }
                    push(&mut self.signed, SignedHeader { name, value, is_canonical: false })?;
                }
                Use::Sign => {
                    push(&mut self.signed, SignedHeader { name, value, is_canonical: false })?;
                }
                Use::Trailer => {
                    self.aws_chunked.read(name, value);
                    push(&mut self.signed, SignedHeader { name, value, is_canonical: false })?;
                }
                Use::ContentEncoding => self.aws_chunked.read(name, value),
                Use::Refuse => return Err(SignError::AmbiguousName),
                Use::Remove | Use::ContentSha256 => {
                    self.aws_chunked.read(name, value);
                    if run < at {
                        push(&mut self.kept, &rest[run..at])?;
                    }
                    run = at + line.len();
                }
                Use::ContentLength | Use::TransferEncoding if body.is_some() => {
                    return Err(SignError::AmbiguousBody);
                }
                Use::ContentLength => body = Some(Body::of_length(value)?),
                Use::TransferEncoding => body = Some(Body::Chunked),
                Use::Pass => {}
            }
            at += line.len();
        }
        if run < at {
            push(&mut self.kept, &rest[run..at])?;
        }
        self.host = host.filter(|host| !host.is_empty()).ok_or(SignError::NoHost)?;
        self.body = body.unwrap_or_default();
        if !self.body.may_begin_with(after) {
            return Err(SignError::SecondRequest);
        }
        self.after = after;
        Ok(())
    }

    /// Adds a header of the signature to those that it covers.
    pub fn push(&mut self, name: &'static str, value: &'a [u8]) {
        self.signed.push(SignedHeader { name: name.as_bytes(), value, is_canonical: true });
    }

    /// The value of the first signed header called `name`, trimmed; empty without one.
    pub fn value(&self, name: &[u8]) -> &'a [u8] {
        let found = self.signed.iter().find(|h| h.name.eq_ignore_ascii_case(name));
        found.map_or(b"", |header| header.value.trim_ascii())
    }
}

fn push<A: smallvec::Array>(to: &mut SmallVec<A>, item: A::Item) -> Result<(), SignError> {
    to.try_reserve(1).map_err(|_| SignError::NoMemory)?;
    to.push(item);
    Ok(())
}

/// Sorts headers by name in lower case; those of one name keep their order.
pub(crate) fn sort(headers: &mut [SignedHeader]) {
    headers.sort_by(|a, b| {
        a.name.iter().map(u8::to_ascii_lowercase).cmp(b.name.iter().map(u8::to_ascii_lowercase))
    });
}

/// The headers of `sorted`, grouped by name.
pub(crate) fn by_name<'s, 'a>(
    sorted: &'s [SignedHeader<'a>],
) -> impl Iterator<Item = &'s [SignedHeader<'a>]> {
    sorted.chunk_by(|a, b| a.name.eq_ignore_ascii_case(b.name))
}

/// Appends `name` in lower case.
pub(crate) fn write_lower(name: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(name);
    out[start..].make_ascii_lowercase();
}

/// Appends the name of a header in lower case.
pub(crate) fn write_name(header: &SignedHeader, out: &mut Vec<u8>) {
    if header.is_canonical {
        out.extend_from_slice(header.name);
    } else {
        write_lower(header.name, out);
    }
}

/// Appends the headers of one name as both algorithms sign them: `name:value,value` and a line
/// feed. `write_value` appends a value, which is trimmed.
pub(crate) fn write_canonical_header(
    group: &[SignedHeader],
    write_value: impl Fn(&[u8], &mut Vec<u8>),
    out: &mut Vec<u8>,
) {
    if let [SignedHeader { name, value, is_canonical: true }] = group {
        write_parts!(out, name, b":", value, b"\n");
        return;
    }
    write_name(&group[0], out);
    out.push(b':');
    for (i, header) in group.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_value(header.value.trim_ascii(), out);
    }
    out.push(b'\n');
}

/// Appends `value`, which has no white space around it, with one space for each sequence of spaces
/// and tabs ("Create a signed AWS API request" in the IAM User Guide: Trim).
pub(crate) fn write_trim_all(value: &[u8], out: &mut Vec<u8>) {
    if memchr2(b' ', b'\t', value).is_none() {
        out.extend_from_slice(value);
        return;
    }
    let words = value.split(|&b| b == b' ' || b == b'\t').filter(|word| !word.is_empty());
    for (i, word) in words.enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(rest: &[u8]) -> Result<Headers<'_>, SignError> {
        let mut headers = Headers::default();
        headers.parse(rest)?;
        Ok(headers)
    }

    #[test]
    fn keeps_signs_and_removes() {
        let head = b"Host: h\r\nauthorization: AWS x\r\nX-Amz-Date: 1\r\nRange: bytes=0-1\r\n\
                     x-AMZ-Meta-A: 1\r\nX-Amz-Content-Sha256: 0\r\nx-amz-security-token: t\r\n\
                     Content-Type: text/plain\r\nContent-MD5: m\r\nContent-Length: 4\r\n\r\nbody";
        let mut headers = parse(head).unwrap();
        assert_eq!(headers.host, b"h");
        assert_eq!(headers.body, Body::Length(4));
        assert_eq!(headers.after, b"body");
        assert_eq!(
            headers.kept.concat().escape_ascii().to_string(),
            "Host: h\\r\\nRange: bytes=0-1\\r\\nx-AMZ-Meta-A: 1\\r\\nContent-Type: text/plain\
             \\r\\nContent-MD5: m\\r\\nContent-Length: 4\\r\\n"
        );
        sort(&mut headers.signed);
        let names: Vec<_> = headers.signed.iter().map(|h| h.name).collect();
        assert_eq!(names, [&b"Content-MD5"[..], b"Content-Type", b"Host", b"x-AMZ-Meta-A"]);
    }

    #[test]
    fn headers_announce_a_body() {
        for (lines, after, body) in [
            ("", "", Ok(Body::None)),
            ("Content-Length: 0\r\n", "", Ok(Body::None)),
            ("content-length: 000\r\n", "", Ok(Body::None)),
            ("Content-Length: 10\r\n", "", Ok(Body::Length(10))),
            ("Content-Length: 10\r\n", "0123456789", Ok(Body::Length(10))),
            ("Transfer-Encoding: chunked\r\n", "1\r\n", Ok(Body::Chunked)),
            ("X-Content-Length: 1\r\n", "", Ok(Body::None)),
            ("Content-Length: 1x\r\n", "", Err(SignError::AmbiguousBody)),
            ("Content-Length: -1\r\n", "", Err(SignError::AmbiguousBody)),
            ("Content-Length: +1\r\n", "", Err(SignError::AmbiguousBody)),
            ("Content-Length: 1\r\nContent-Length: 1\r\n", "", Err(SignError::AmbiguousBody)),
            (
                "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
                "",
                Err(SignError::AmbiguousBody),
            ),
            ("", "DELETE / HTTP/1.1\r\n", Err(SignError::SecondRequest)),
            ("Content-Length: 0\r\n", "x", Err(SignError::SecondRequest)),
            ("Content-Length: 2\r\n", "012", Err(SignError::SecondRequest)),
        ] {
            let head = format!("Host: h\r\n{lines}\r\n{after}");
            assert_eq!(parse(head.as_bytes()).map(|h| h.body), body, "{lines}{after}");
        }
    }

    #[test]
    fn requires_exactly_one_host() {
        assert_eq!(parse(b"A: b\r\n\r\n").unwrap_err(), SignError::NoHost);
        assert_eq!(parse(b"Host: \r\n\r\n").unwrap_err(), SignError::NoHost);
        let two = b"Host: a\r\nhost: b\r\n\r\n";
        assert_eq!(parse(two).unwrap_err(), SignError::SeveralHosts);
    }

    #[test]
    fn ambiguous_names_are_refused() {
        for name in
            ["X_Amz_Acl", "x-amz_acl", "x_amz-acl", "X_AMZ_META_A", "x-amz_meta-a", "x_amz_"]
                .into_iter()
                .chain(["x-amz-copy_source", "X-Amz-Meta_A", "x-amz-_"])
        {
            let head = format!("Host: h\r\n{name}: 1\r\n\r\n");
            assert_eq!(parse(head.as_bytes()).unwrap_err(), SignError::AmbiguousName, "{name}");
        }
        for (name, signed) in
            [("x-amz-meta-a_b", 2), ("x_amzn_trace", 1), ("xx_amz_acl", 1), ("x_a", 1), ("x_am", 1)]
        {
            let head = format!("Host: h\r\n{name}: 1\r\n\r\n");
            assert_eq!(parse(head.as_bytes()).unwrap().signed.len(), signed, "{name}");
        }
    }

    #[test]
    fn upgrades_are_removed() {
        let headers = parse(b"Host: h\r\nUpgrade: websocket\r\nA: b\r\n\r\n").unwrap();
        assert_eq!(headers.kept.concat(), b"Host: h\r\nA: b\r\n");
    }

    #[test]
    fn sequences_of_white_space_become_one_space() {
        for (value, trimmed) in
            [("", ""), ("a", "a"), ("a  b", "a b"), ("a\tb", "a b"), ("a \t b  c", "a b c")]
        {
            let mut out = Vec::new();
            write_trim_all(value.as_bytes(), &mut out);
            assert_eq!(out, trimmed.as_bytes());
        }
    }
}
