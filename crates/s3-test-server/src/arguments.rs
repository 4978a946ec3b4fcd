//! The `x-amz-*` arguments of a query with a signature, which act as headers.

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::query::{Argument, Query};
use crate::refusal::Refusal;

/// Whether an argument acts as a header.
pub fn is_header(argument: &Argument<'_>) -> bool {
    argument.name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("x-amz-"))
}

/// The headers that arguments represent, without those that authenticate.
/// A header must not be both in the query and among the headers.
pub fn headers(
    query: &Query<'_>,
    present: &HeaderMap,
    authenticating: &[&str],
) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::new();
    for argument in query.iter().filter(|argument| is_header(argument)) {
        let name = argument.name.as_ref();
        if authenticating.iter().any(|other| name.eq_ignore_ascii_case(other)) {
            continue;
        }
        let invalid =
            || Refusal::invalid_argument("The argument does not represent a header", name);
        let header = HeaderName::try_from(name).map_err(|_| invalid())?;
        let value = HeaderValue::try_from(argument.value.as_ref()).map_err(|_| invalid())?;
        if present.contains_key(&header) || headers.insert(header, value).is_some() {
            return Err(Refusal::invalid_argument(
                "The header is present in the query already",
                name,
            ));
        }
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use hyper::Uri;

    use super::*;

    fn of(uri: &str, present: &HeaderMap) -> Result<HeaderMap, Refusal> {
        let uri: Uri = uri.parse().unwrap();
        headers(&Query::of(&uri), present, &["X-Amz-Date"])
    }

    #[test]
    fn amz_arguments_are_headers() {
        let headers =
            of("/b/k?acl&x-amz-a=a%2Bb&Expires=1&X-Amz-Meta-A=x&%78-amz-date=1", &HeaderMap::new())
                .unwrap();
        assert_eq!(headers.len(), 2);
        assert_eq!(headers["x-amz-a"], "a+b");
        assert_eq!(headers["x-amz-meta-a"], "x");
    }

    #[test]
    fn amz_arguments_are_unique() {
        let mut present = HeaderMap::new();
        assert!(of("/b/k?x-amz-acl=private", &present).is_ok());
        assert!(of("/b/k?x-amz-acl=private&X-Amz-Acl=private", &present).is_err());
        assert!(of("/b/k?x-amz-acl=a%0Ab", &present).is_err());
        assert!(of("/b/k?x-amz-%20=a", &present).is_err());
        present.insert("x-amz-acl", HeaderValue::from_static("private"));
        assert!(of("/b/k?x-amz-acl=private", &present).is_err());
    }
}
