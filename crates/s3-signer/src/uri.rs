//! Paths and queries in canonical form ("Create a signed AWS API request" in the IAM User Guide:
//! UriEncode, CanonicalURI and CanonicalQueryString).

use crate::{
    buffer::{Buffer, KEPT},
    error::SignError,
    names::is_amz,
    parts::write_parts,
};

/// The unreserved characters, which are not encoded: `A-Z a-z 0-9 - . _ ~`.
const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        table[b] =
            (b as u8).is_ascii_alphanumeric() || matches!(b as u8, b'-' | b'.' | b'_' | b'~');
        b += 1;
    }
    table
};

/// The unreserved characters and the slash, which is not encoded in a path.
const PATH: [bool; 256] = {
    let mut table = UNRESERVED;
    table[b'/' as usize] = true;
    table
};

/// Appends `path` in canonical form: percent-decoded, then encoded, slashes kept. Neither dots nor
/// slashes are merged. A `+` is a plus, a `%` that begins no escape is a percent sign.
pub(crate) fn encode_path(path: &[u8], out: &mut Vec<u8>) {
    encode(path, &PATH, false, out);
}

/// Appends `text`, which is not percent-encoded, as a name or a value of a query.
pub(crate) fn encode_query_value(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(&b) = take_plain(&mut rest, &UNRESERVED, out) {
        push_encoded(b, out);
        rest = &rest[1..];
    }
}

fn encode(wire: &[u8], plain: &[bool; 256], plus_is_space: bool, out: &mut Vec<u8>) {
    let mut rest = wire;
    while let Some(&b) = take_plain(&mut rest, plain, out) {
        let (byte, len) = match escape(rest) {
            Some(byte) => (byte, 3),
            None if b == b'+' && plus_is_space => (b' ', 1),
            None => (b, 1),
        };
        if plain[usize::from(byte)] {
            out.push(byte);
        } else {
            push_encoded(byte, out);
        }
        rest = &rest[len..];
    }
}

/// Appends `text` with its percent escapes decoded. A `%` that begins no escape stays.
pub(crate) fn decode(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let [b, after @ ..] = rest {
        match escape(rest) {
            Some(byte) => {
                out.push(byte);
                rest = &rest[3..];
            }
            None => {
                out.push(*b);
                rest = after;
            }
        }
    }
}

/// The byte of a percent escape at the beginning of `text`.
fn escape(text: &[u8]) -> Option<u8> {
    match text {
        [b'%', high, low, ..] => Some(hex_digit(*high)? << 4 | hex_digit(*low)?),
        _ => None,
    }
}

/// Moves the longest prefix of plain bytes from `rest` to `out`. Returns the byte after it.
fn take_plain<'a>(rest: &mut &'a [u8], plain: &[bool; 256], out: &mut Vec<u8>) -> Option<&'a u8> {
    let is_plain = |&b: &u8| plain[usize::from(b)];
    // Eight bytes for each branch: a third of the instructions.
    let eights = rest.chunks_exact(8);
    let len =
        8 * eights.take_while(|eight| eight.iter().fold(true, |all, b| all & is_plain(b))).count();
    let len = len + rest[len..].iter().take_while(|b| is_plain(b)).count();
    let (run, after) = rest.split_at(len);
    out.extend_from_slice(run);
    *rest = after;
    after.first()
}

fn push_encoded(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
}

fn hex_digit(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|value| value as u8)
}

/// A request target in canonical form. Its memory is kept for the next request.
#[derive(Debug, Default)]
pub(crate) struct Target {
    /// The encoded path.
    pub path: Buffer,
    /// The arguments.
    pub query: Query,
}

impl Target {
    /// Empties it and reserves memory for `len` bytes in each part, and for the arguments of
    /// `query`.
    ///
    /// # Errors
    /// [`SignError::NoMemory`].
    pub fn reserve(&mut self, len: usize, query: &[u8]) -> Result<(), SignError> {
        self.path.reserve(len)?;
        self.query.reserve(len, query)
    }

    /// Reads the path and the query of a request, after [`Target::reserve`].
    pub fn parse(&mut self, path: &[u8], query: &[u8]) {
        encode_path(path, &mut self.path);
        self.query.parse(query);
    }

    /// Appends the target as it is sent.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.path);
        if !self.query.is_empty() {
            out.push(b'?');
            self.query.write(out);
        }
    }
}

/// One argument, by positions in the text of its [`Query`].
#[derive(Debug, Clone, Copy)]
struct Argument {
    start: usize,
    /// The position of the `=`.
    name_end: usize,
    end: usize,
    /// Whether the `=` is sent.
    has_equals: bool,
}

/// The arguments of a query, encoded, without those that authenticate the client. Its memory is
/// kept for the next request; it is zeroed when dropped, since a session token was in it.
#[derive(Debug, Default)]
pub(crate) struct Query {
    /// `name=value&` for each argument, in the order of the request.
    text: Buffer,
    arguments: Vec<Argument>,
}

impl Query {
    /// Empties it and reserves memory for `len` bytes of text, and for the arguments of `wire` and
    /// of a signature.
    ///
    /// # Errors
    /// [`SignError::NoMemory`].
    pub fn reserve(&mut self, len: usize, wire: &[u8]) -> Result<(), SignError> {
        const OF_SIGNATURE: usize = 8;
        self.arguments.clear();
        if self.arguments.capacity() > KEPT / size_of::<Argument>() {
            self.arguments = Vec::new();
        }
        let count = memchr::memchr_iter(b'&', wire).count() + 1 + OF_SIGNATURE;
        self.arguments.try_reserve(count).map_err(|_| SignError::NoMemory)?;
        self.text.reserve(len)
    }

    /// Reads the arguments of a query as it was received, after [`Query::reserve`]: splits at `&`
    /// and at the first `=`, decodes (`+` is a space) and encodes. Drops empty pieces between
    /// ampersands, and arguments that authenticate the client.
    pub fn parse(&mut self, wire: &[u8]) {
        if wire.is_empty() {
            return;
        }
        for piece in wire.split(|&b| b == b'&').filter(|piece| !piece.is_empty()) {
            let equals = memchr::memchr(b'=', piece);
            let (name, value) = match equals {
                Some(i) => (&piece[..i], &piece[i + 1..]),
                None => (piece, &piece[piece.len()..]),
            };
            let start = self.text.len();
            encode(name, &UNRESERVED, true, &mut self.text);
            let name_end = self.text.len();
            if is_removed(&self.text[start..]) {
                self.text.truncate(start);
                continue;
            }
            self.text.push(b'=');
            encode(value, &UNRESERVED, true, &mut self.text);
            self.end_argument(start, name_end, equals.is_some());
        }
    }

    /// Adds an argument: a name of unreserved characters, and the encoded value that `write_value`
    /// appends.
    pub fn push(&mut self, name: &[u8], write_value: impl FnOnce(&mut Vec<u8>)) {
        let start = self.text.len();
        write_parts!(self.text, name, b"=");
        write_value(&mut self.text);
        self.end_argument(start, start + name.len(), true);
    }

    fn end_argument(&mut self, start: usize, name_end: usize, has_equals: bool) {
        let end = self.text.len();
        self.text.push(b'&');
        self.arguments.push(Argument { start, name_end, end, has_equals });
    }

    /// Changes the query to the CanonicalQueryString of Signature V4: sorted by encoded name, then
    /// by encoded value, with an `=` after every name.
    pub fn canonicalize(&mut self) {
        let text = &self.text;
        let key = |a: &Argument| (&text[a.start..a.name_end], &text[a.name_end..a.end]);
        // Equal arguments are the same bytes, so their order does not matter.
        self.arguments.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        for argument in &mut self.arguments {
            argument.has_equals = true;
        }
    }

    /// Removes the `=` of arguments that have no value and a name that `wanted` accepts.
    pub fn strip_equals(&mut self, wanted: impl Fn(&[u8]) -> bool) {
        for a in &mut self.arguments {
            let empty = a.name_end + 1 == a.end;
            a.has_equals &= !(empty && wanted(&self.text[a.start..a.name_end]));
        }
    }

    /// The encoded names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let text = &self.text;
        self.arguments.iter().map(|a| (&text[a.start..a.name_end], &text[a.name_end + 1..a.end]))
    }

    /// Whether there are no arguments.
    pub fn is_empty(&self) -> bool {
        self.arguments.is_empty()
    }

    /// Appends the query as it is sent, without a question mark.
    pub fn write(&self, out: &mut Vec<u8>) {
        // Arguments that are adjacent in the text are copied at once.
        let runs = self.arguments.chunk_by(|a, b| a.has_equals && a.end + 1 == b.start);
        for (i, run) in runs.enumerate() {
            if i > 0 {
                out.push(b'&');
            }
            let last = run[run.len() - 1];
            let end = if last.has_equals { last.end } else { last.name_end };
            out.extend_from_slice(&self.text[run[0].start..end]);
        }
    }
}

/// Whether an argument of this name is removed: it would compete with the signature, or S3 would
/// read it as a header, as it reads all `x-amz-*` where the signature is in the query: a client
/// could set headers by its query. The name is in canonical form, its only spelling.
fn is_removed(name: &[u8]) -> bool {
    is_amz(name) || matches!(name, b"AWSAccessKeyId" | b"Signature" | b"Expires")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(wire: &str) -> String {
        let mut out = Vec::new();
        encode_path(wire.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    fn query(wire: &str) -> String {
        let mut query = Query::default();
        query.parse(wire.as_bytes());
        query.canonicalize();
        let mut out = Vec::new();
        query.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn paths_are_decoded_then_encoded() {
        for (wire, canonical) in [
            ("/", "/"),
            ("/a-b_c.d~e/0", "/a-b_c.d~e/0"),
            ("/a b", "/a%20b"),
            ("/a%20b", "/a%20b"),
            ("/a+b", "/a%2Bb"),
            ("/a%2bb", "/a%2Bb"),
            ("/%61", "/a"),
            ("/é日本", "/%C3%A9%E6%97%A5%E6%9C%AC"),
            ("/('\"!*)", "/%28%27%22%21%2A%29"),
            ("/a//b/./c/../d/", "/a//b/./c/../d/"),
            ("/a%2Fb", "/a/b"),
            ("/100%", "/100%25"),
            ("/%zz%1", "/%25zz%251"),
            ("/%2525", "/%2525"),
            ("/%00#", "/%00%23"),
        ] {
            assert_eq!(path(wire), canonical, "{wire}");
            assert_eq!(path(canonical), canonical, "{wire} once more");
        }
    }

    #[test]
    fn queries_are_sorted_by_name_then_value() {
        for (wire, canonical) in [
            ("", ""),
            ("a", "a="),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=1", "a=1&a=2"),
            // "-" sorts before "=": by name, not by the whole piece.
            ("a-b=1&a=2", "a=2&a-b=1"),
            ("a=b=c", "a=b%3Dc"),
            ("a=b+c%20d", "a=b%20c%20d"),
            ("&&a=1&", "a=1"),
            ("=v", "=v"),
            ("a=%zz", "a=%25zz"),
            ("k=/?:@", "k=%2F%3F%3A%40"),
        ] {
            assert_eq!(query(wire), canonical, "{wire}");
        }
    }

    #[test]
    fn the_order_is_kept_without_canonical_form() {
        let mut query = Query::default();
        query.parse(b"b&uploads=&a=1");
        query.strip_equals(|name| name == b"uploads");
        let mut out = Vec::new();
        query.write(&mut out);
        assert_eq!(out, b"b&uploads&a=1");
    }

    #[test]
    fn arguments_that_authenticate_or_are_headers_are_removed() {
        assert_eq!(
            query(
                "X-Amz-Algorithm=1&x-amz-credential=2&X-AMZ-DATE=3&X-Amz-Expires=4&\
                 X-Amz-SignedHeaders=5&%58-Amz-Signature=6&X-Amz-Security-Token=7&\
                 AWSAccessKeyId=8&Signature=9&Expires=10&%45xpires=11&x-amz-acl=12&\
                 %78-amz%2Dcopy-source=13&X-Amz-Content-Sha256=14&x-amz-=15&\
                 expires=kept&x-id=kept&x_amz_acl=kept&xx-amz-acl=kept"
            ),
            "expires=kept&x-id=kept&x_amz_acl=kept&xx-amz-acl=kept"
        );
    }
}
