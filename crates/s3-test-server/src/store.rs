//! The buckets and their objects.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use md5::{Digest as _, Md5};
use s3s::dto::Timestamp;
use s3s::path::{check_bucket_name, check_key};
use s3s::{S3Result, s3_error};
use time::OffsetDateTime;

use crate::hexadecimal::hexadecimal;

/// The identifier of the only version of every object.
pub const VERSION: &str = "v1";

/// The content of the objects file: bucket, key, content.
pub type Contents = BTreeMap<String, BTreeMap<String, String>>;

/// A name in the objects file which S3 does not allow.
#[derive(Debug, thiserror::Error)]
pub enum InvalidName {
    #[error("\"{0}\" is not a valid bucket name")]
    Bucket(String),
    #[error("\"{0}\" is not a valid object key: it must have 1 to 1024 bytes")]
    Key(String),
}

/// The objects of a bucket by their keys, which are any strings.
pub type Bucket = BTreeMap<String, Object>;

/// What is stored with an object besides its content.
#[derive(Clone, Debug, Default)]
pub struct Attributes {
    pub cache_control: Option<String>,
    pub content_disposition: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub content_type: Option<String>,
    pub metadata: Option<HashMap<String, String>>,
}

/// An object.
#[derive(Clone, Debug)]
pub struct Object {
    pub content: Bytes,
    /// Without the quotes.
    pub etag: String,
    pub last_modified: Timestamp,
    pub attributes: Attributes,
}

impl Object {
    pub fn new(content: Bytes, attributes: Attributes) -> Self {
        let etag = hexadecimal(&Md5::digest(&content));
        Self { content, etag, last_modified: now(), attributes }
    }
}

/// The time in whole seconds, as far as HTTP dates go.
fn now() -> Timestamp {
    let now = OffsetDateTime::now_utc();
    Timestamp::from(now.replace_nanosecond(0).unwrap_or(now))
}

/// Every object has one version.
pub fn check_version(version: Option<&str>) -> S3Result<()> {
    match version {
        None | Some(VERSION) => Ok(()),
        Some(_) => Err(s3_error!(NoSuchVersion, "The specified version does not exist.")),
    }
}

/// A multipart upload that is not complete.
#[derive(Debug)]
pub struct Upload {
    pub bucket: String,
    pub key: String,
    pub attributes: Attributes,
    pub parts: BTreeMap<i32, Object>,
}

impl Upload {
    /// Puts an object together from the parts with these numbers and ETags.
    pub fn assemble(&self, parts: &[(i32, Option<String>)]) -> S3Result<Object> {
        if parts.is_empty() {
            return Err(s3_error!(
                MalformedXML,
                "The XML you provided was not well-formed or did not validate against our published schema"
            ));
        }
        if !parts.is_sorted_by(|first, second| first.0 < second.0) {
            return Err(s3_error!(
                InvalidPartOrder,
                "The list of parts was not in ascending order."
            ));
        }
        let mut content = BytesMut::new();
        let mut digests = Md5::new();
        for (number, etag) in parts {
            let part = self
                .parts
                .get(number)
                .filter(|part| etag.as_ref().is_none_or(|etag| *etag == part.etag))
                .ok_or_else(|| {
                    s3_error!(InvalidPart, "One or more of the specified parts could not be found.")
                })?;
            content.extend_from_slice(&part.content);
            digests.update(Md5::digest(&part.content));
        }
        let mut object = Object::new(content.freeze(), self.attributes.clone());
        object.etag = format!("{}-{}", hexadecimal(&digests.finalize()), parts.len());
        Ok(object)
    }
}

/// All that changes while the server runs.
#[derive(Debug)]
pub struct State {
    pub buckets: BTreeMap<String, Bucket>,
    uploads: HashMap<String, Upload>,
    last_upload: u64,
}

impl State {
    pub fn bucket(&mut self, name: &str) -> S3Result<&mut Bucket> {
        self.buckets
            .get_mut(name)
            .ok_or_else(|| s3_error!(NoSuchBucket, "The specified bucket does not exist"))
    }

    pub fn object(&mut self, bucket: &str, key: &str) -> S3Result<&Object> {
        self.bucket(bucket)?
            .get(key)
            .ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))
    }

    /// Begins a multipart upload and returns its identifier.
    pub fn begin(&mut self, upload: Upload) -> S3Result<String> {
        self.bucket(&upload.bucket)?;
        self.last_upload += 1;
        let id = format!("upload-{}", self.last_upload);
        self.uploads.insert(id.clone(), upload);
        Ok(id)
    }

    pub fn upload(&mut self, bucket: &str, key: &str, id: &str) -> S3Result<&mut Upload> {
        self.uploads
            .get_mut(id)
            .filter(|upload| upload.bucket == bucket && upload.key == key)
            .ok_or_else(|| {
                s3_error!(
                    NoSuchUpload,
                    "The specified upload does not exist. The upload ID may be invalid, \
                     or the upload may have been aborted or completed."
                )
            })
    }

    /// Forgets a multipart upload.
    pub fn end(&mut self, bucket: &str, key: &str, id: &str) -> S3Result<()> {
        self.upload(bucket, key, id)?;
        self.uploads.remove(id);
        Ok(())
    }
}

/// The state, shared by the connections.
#[derive(Debug)]
pub struct Store {
    state: Mutex<State>,
    /// When the server started.
    pub created: Timestamp,
}

impl Store {
    /// Reads the content of the objects file, unless it has names that no request
    /// could name.
    pub fn new(contents: Contents) -> Result<Self, InvalidName> {
        let mut buckets = BTreeMap::new();
        for (name, objects) in contents {
            if !check_bucket_name(&name) {
                return Err(InvalidName::Bucket(name));
            }
            let mut bucket = Bucket::new();
            for (key, content) in objects {
                if key.is_empty() || !check_key(&key) {
                    return Err(InvalidName::Key(key));
                }
                bucket.insert(key, Object::new(content.into(), Attributes::default()));
            }
            buckets.insert(name, bucket);
        }
        Ok(Self {
            state: Mutex::new(State { buckets, uploads: HashMap::new(), last_upload: 0 }),
            created: now(),
        })
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
