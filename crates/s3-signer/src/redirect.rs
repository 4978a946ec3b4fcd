//! Redirects without the signature of the request: S3 returns the target of a request, with all of
//! its arguments, in the `Location` of a redirect.

use crate::{names::is_amz, parts::write_parts, uri};

/// Removes the arguments of a signature from a URL, the value of a `Location` or `Content-Location`
/// header. `None`: the URL has none.
///
/// Arguments of Signature V4 are all those named `x-amz-*`. Arguments of Signature V2 are
/// `AWSAccessKeyId`, `Signature` and `Expires` together; other signed URLs have some of them. All
/// other bytes of the URL are kept, those of a URL in the value of an argument too.
///
/// ```
/// let url = b"https://films.s3.amazonaws.com/a?versionId=1&X-Amz-Signature=0a1b";
/// let clean = s3_signer::remove_signature(url);
/// assert_eq!(clean.as_deref(), Some(&b"https://films.s3.amazonaws.com/a?versionId=1"[..]));
/// ```
pub fn remove_signature(url: &[u8]) -> Option<Vec<u8>> {
    let (path, query) = split_before(url, |b| b == b'?');
    let (query, fragment) = split_before(query.get(1..)?, |b| b == b'#');
    let pieces = || query.split(|&b| b == b'&').map(|piece| (piece, Name::of(piece)));
    let is_v2 = [Name::AccessKeyId, Name::Signature, Name::Expires]
        .iter()
        .all(|name| pieces().any(|(_, other)| other == *name));
    let is_kept = |name| match name {
        Name::Amz => false,
        Name::AccessKeyId | Name::Signature | Name::Expires => !is_v2,
        Name::Other => true,
    };
    if pieces().all(|(_, name)| is_kept(name)) {
        return None;
    }
    let kept: Vec<&[u8]> =
        pieces().filter(|(_, name)| is_kept(*name)).map(|(piece, _)| piece).collect();
    let kept = kept.join(&b'&');
    let mut out = Vec::with_capacity(url.len());
    out.extend_from_slice(path);
    if !kept.is_empty() {
        write_parts!(out, b"?", &kept);
    }
    out.extend_from_slice(fragment);
    Some(out)
}

/// As [`remove_signature`], for the value of a `Refresh` header: `5; url="https://…"`.
pub fn remove_signature_of_refresh(value: &[u8]) -> Option<Vec<u8>> {
    let url = refresh_url(value);
    let start = value.len() - url.len();
    // A URL that begins with a quote ends before the next one.
    let (quote, url) = match url {
        [quote @ (b'"' | b'\''), url @ ..] => (Some(*quote), url),
        url => (None, url),
    };
    let (url, after) = split_before(url, |b| Some(b) == quote);
    let url = remove_signature(url)?;
    let mut out = Vec::with_capacity(value.len());
    out.extend_from_slice(&value[..start]);
    out.extend(quote);
    write_parts!(out, &url, after);
    Some(out)
}

/// The value of a `Refresh` header after the time and `url=`, as browsers parse it.
fn refresh_url(value: &[u8]) -> &[u8] {
    let rest = skip(value, |b| b.is_ascii_digit() || b == b'.').trim_ascii_start();
    let rest = match rest {
        [b';' | b',', rest @ ..] => rest.trim_ascii_start(),
        rest => rest,
    };
    match rest.split_at_checked(3) {
        Some((url, after)) if url.eq_ignore_ascii_case(b"url") => {
            after.trim_ascii_start().strip_prefix(b"=").map_or(rest, <[u8]>::trim_ascii_start)
        }
        _ => rest,
    }
}

/// The name of an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    /// `x-amz-*`.
    Amz,
    AccessKeyId,
    Signature,
    Expires,
    Other,
}

impl Name {
    /// The name of `piece`, an argument between two ampersands.
    fn of(piece: &[u8]) -> Self {
        let (name, _) = split_before(piece, |b| b == b'=');
        // A `+` is not decoded: none of the names has a space.
        let mut decoded = Vec::with_capacity(name.len());
        uri::decode(name, &mut decoded);
        match &decoded[..] {
            name if is_amz(name) => Self::Amz,
            b"AWSAccessKeyId" => Self::AccessKeyId,
            b"Signature" => Self::Signature,
            b"Expires" => Self::Expires,
            _ => Self::Other,
        }
    }
}

/// Splits `text` before the first byte that `is_end` accepts.
fn split_before(text: &[u8], is_end: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|&b| is_end(b)).unwrap_or(text.len()))
}

/// `text` without the bytes at its beginning that `is_skipped` accepts.
fn skip(text: &[u8], is_skipped: impl Fn(u8) -> bool) -> &[u8] {
    split_before(text, |b| !is_skipped(b)).1
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: &str = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20130524%2Fr%2Fs3\
                      &X-Amz-Date=20130524T000000Z&X-Amz-Expires=900&X-Amz-Security-Token=t\
                      &X-Amz-SignedHeaders=host&X-Amz-Signature=0";
    const V2: &str = "AWSAccessKeyId=AKID&Expires=1&Signature=s%3D&x-amz-security-token=t";

    fn text(value: Option<Vec<u8>>) -> Option<String> {
        value.map(|value| String::from_utf8(value).unwrap())
    }

    #[track_caller]
    fn assert_removed(url: &str, clean: &str) {
        assert_eq!(text(remove_signature(url.as_bytes())).as_deref(), Some(clean), "{url}");
        assert_eq!(remove_signature(clean.as_bytes()), None, "{clean} once more");
    }

    #[test]
    fn signatures_are_removed() {
        for signature in [V4, V2] {
            assert_removed(&format!("https://h/a?{signature}"), "https://h/a");
            assert_removed(&format!("/a?{signature}#top"), "/a#top");
            assert_removed(&format!("/a?x=1&{signature}&y=2"), "/a?x=1&y=2");
            assert_removed(&format!("?{signature}"), "");
            assert_removed(&format!("/a?&{signature}"), "/a");
        }
    }

    #[test]
    fn other_arguments_stay_byte_for_byte() {
        assert_removed(
            "/a%2f+b?b=%7e&&a+=+1&X-Amz-Date=1&=&c&%zz=%&b=?/?&#f?X-Amz-Date=1",
            "/a%2f+b?b=%7e&&a+=+1&=&c&%zz=%&b=?/?&#f?X-Amz-Date=1",
        );
    }

    #[test]
    fn names_are_decoded() {
        for name in [
            "x-amz-date",
            "X-AMZ-SIGNATURE",
            "%58-Amz-Date",
            "x%2Damz%2ddate",
            "x-amz-+",
            "x-amz-acl",
            "X-Amz-Date=1=2",
        ] {
            assert_removed(&format!("/?{name}=1"), "/");
            assert_removed(&format!("/?{name}"), "/");
        }
        assert_removed("/?%41WSAccessKeyId=1&Signature=2&Expire%73=3", "/");
        // S3 knows these three in this spelling only, so another is the client's.
        assert_removed("/?expires=1&AWSAccessKeyId=2&Expires=3&Signature=4", "/?expires=1");
        assert_removed("/?Signature=1&AWSAccessKeyId&Signature=2&Expires", "/");
    }

    #[test]
    fn other_urls_stay() {
        for url in [
            "",
            "/",
            "/x-amz-date=1",
            "/?",
            "/?#",
            "/?xx-amz-date=1&x_amz_date=1&x-amz=1&x-id=1&=x-amz-date&a=x-amz-date",
            // CloudFront's.
            "https://d1.cloudfront.net/a?Expires=1&Signature=2&Key-Pair-Id=3",
            "/?AWSAccessKeyId=1&Signature=2",
            "/?AWSAccessKeyId=1&Expires=2&signature=3",
            "/a#?X-Amz",
        ] {
            assert_eq!(text(remove_signature(url.as_bytes())), None, "{url}");
        }
    }

    #[test]
    fn arguments_after_a_number_sign_in_the_path_are_removed() {
        assert_removed("/a#b?X-Amz-Signature=1&c=2", "/a#b?c=2");
    }

    #[test]
    fn signatures_are_removed_from_refresh() {
        for (value, clean) in [
            ("5; url=https://h/a?X-Amz-Date=1&b=2", "5; url=https://h/a?b=2"),
            ("0;URL=/a?X-Amz-Date=1", "0;URL=/a"),
            ("0.5 , url = /a?X-Amz-Date=1", "0.5 , url = /a"),
            ("5; url=\"/a?X-Amz-Date=1\"", "5; url=\"/a\""),
            ("5; url='/a?b=\"&X-Amz-Date=1'; x", "5; url='/a?b=\"'; x"),
            ("5; url='/a?X-Amz-Date=1", "5; url='/a"),
            ("5; /it's?X-Amz-Date=1&b='&X-Amz-Date=2", "5; /it's?b='"),
            ("5; \"/a?X-Amz-Date=1\"", "5; \"/a\""),
            ("5 /a?X-Amz-Date=1", "5 /a"),
            ("5; urls?X-Amz-Date=1", "5; urls"),
            ("soon; url=/a?X-Amz-Date=1", "soon; url=/a"),
            ("5; url=/a;b,c?d=;&X-Amz-Date=1", "5; url=/a;b,c?d=;"),
        ] {
            let found = text(remove_signature_of_refresh(value.as_bytes()));
            assert_eq!(found.as_deref(), Some(clean), "{value}");
            assert_eq!(remove_signature_of_refresh(clean.as_bytes()), None, "{clean} once more");
        }
        for value in ["", "5", "5;", "5; url", "5; url=", "5; url=\"", "5; url=/a?b=X-Amz-Date"] {
            assert_eq!(remove_signature_of_refresh(value.as_bytes()), None, "{value}");
        }
    }
}
