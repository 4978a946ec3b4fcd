//! Pages of the list of a bucket.

use std::ops::Bound;

use percent_encoding::utf8_percent_encode;
use s3s::dto::{CommonPrefix, ETag, EncodingType, ObjectStorageClass};
use s3s::{S3Result, s3_error};

use crate::query::RESERVED_IN_PATH;
use crate::store::{Bucket, Object};

/// The most entries of a page.
const LARGEST_PAGE: i32 = 1000;

/// What to list.
#[derive(Debug, Default)]
pub struct Listing<'a> {
    pub prefix: Option<&'a str>,
    pub delimiter: Option<&'a str>,
    /// The listing begins after this key or common prefix.
    pub after: Option<&'a str>,
    pub max_keys: Option<i32>,
    pub encoding_type: Option<&'a EncodingType>,
}

/// A page of the list.
#[derive(Debug, Default)]
pub struct Page {
    pub contents: Vec<s3s::dto::Object>,
    pub common_prefixes: Vec<CommonPrefix>,
    pub max_keys: i32,
    /// The last entry, if there are more.
    pub next: Option<String>,
}

impl Page {
    pub fn key_count(&self) -> i32 {
        i32::try_from(self.contents.len() + self.common_prefixes.len()).unwrap_or(LARGEST_PAGE)
    }
}

impl Listing<'_> {
    /// Lists a page.
    pub fn page(&self, bucket: &Bucket) -> S3Result<Page> {
        let max_keys = self.max_keys.unwrap_or(LARGEST_PAGE);
        if max_keys < 0 {
            return Err(s3_error!(
                InvalidArgument,
                "Argument maxKeys must be an integer between 0 and 2147483647"
            ));
        }
        let mut page = Page { max_keys: max_keys.min(LARGEST_PAGE), ..Page::default() };
        if page.max_keys == 0 {
            return Ok(page);
        }

        let start = match self.after {
            Some(after) => Bound::Excluded(after),
            None => Bound::Unbounded,
        };
        let prefix = self.prefix.unwrap_or_default();
        // The keys with a common prefix follow each other.
        let mut last: Option<&str> = None;
        for (key, object) in bucket.range::<str, _>((start, Bound::Unbounded)) {
            if !key.starts_with(prefix) {
                continue;
            }
            let common = self.common_prefix(key, prefix);
            let name = common.unwrap_or(key);
            if common.is_some() && (last == Some(name) || self.after == Some(name)) {
                continue;
            }
            if page.key_count() == page.max_keys {
                page.next = last.map(str::to_owned);
                break;
            }
            match common {
                Some(common) => {
                    page.common_prefixes.push(CommonPrefix { prefix: Some(self.encode(common)) })
                }
                None => page.contents.push(self.entry(key, object)),
            }
            last = Some(name);
        }
        Ok(page)
    }

    /// The part of a key up to the first delimiter after the prefix.
    fn common_prefix<'k>(&self, key: &'k str, prefix: &str) -> Option<&'k str> {
        let delimiter = self.delimiter.filter(|delimiter| !delimiter.is_empty())?;
        let position = key.get(prefix.len()..)?.find(delimiter)?;
        key.get(..prefix.len() + position + delimiter.len())
    }

    fn entry(&self, key: &str, object: &Object) -> s3s::dto::Object {
        s3s::dto::Object {
            key: Some(self.encode(key)),
            e_tag: Some(ETag::Strong(object.etag.clone())),
            last_modified: Some(object.last_modified.clone()),
            size: i64::try_from(object.content.len()).ok(),
            storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
            ..s3s::dto::Object::default()
        }
    }

    /// Encodes a name in the way the request asks for.
    pub fn encode(&self, name: &str) -> String {
        match self.encoding_type {
            Some(encoding) if encoding.as_str() == EncodingType::URL => {
                utf8_percent_encode(name, RESERVED_IN_PATH).to_string()
            }
            _ => name.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Attributes;

    fn bucket(keys: &[&str]) -> Bucket {
        keys.iter()
            .map(|key| {
                let object = Object::new("x".into(), Attributes::default());
                ((*key).to_owned(), object)
            })
            .collect()
    }

    /// The names on a page, and where the next one begins.
    fn names(listing: &Listing<'_>, bucket: &Bucket) -> (Vec<String>, Option<String>) {
        let page = listing.page(bucket).unwrap();
        let mut names: Vec<String> = page.contents.into_iter().filter_map(|o| o.key).collect();
        names.extend(page.common_prefixes.into_iter().filter_map(|p| p.prefix));
        names.sort();
        (names, page.next)
    }

    #[test]
    fn pages_with_common_prefixes() {
        let bucket = bucket(&["a", "b/1", "b/2", "b0", "c/1", "c/d/2"]);
        let mut listing = Listing { delimiter: Some("/"), max_keys: Some(2), ..Listing::default() };
        let (page, next) = names(&listing, &bucket);
        assert_eq!(page, ["a", "b/"]);
        assert_eq!(next.as_deref(), Some("b/"));

        listing.after = next.as_deref();
        let (page, next) = names(&listing, &bucket);
        assert_eq!(page, ["b0", "c/"]);
        assert_eq!(next, None);
    }

    #[test]
    fn prefixes_and_encoding() {
        let bucket = bucket(&["é/1", "é/2 +", "f"]);
        let listing = Listing {
            prefix: Some("é/"),
            encoding_type: Some(&EncodingType::from_static(EncodingType::URL)),
            ..Listing::default()
        };
        assert_eq!(names(&listing, &bucket).0, ["%C3%A9/1", "%C3%A9/2%20%2B"]);
    }

    #[test]
    fn no_keys() {
        let listing = Listing { max_keys: Some(0), ..Listing::default() };
        assert_eq!(names(&listing, &bucket(&["a"])), (vec![], None));
    }
}
