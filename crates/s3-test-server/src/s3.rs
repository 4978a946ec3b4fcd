//! The operations of S3 on the objects in memory.

use std::collections::btree_map::Entry;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_RANGE,
    CONTENT_TYPE, EXPIRES, HeaderMap, HeaderName, HeaderValue,
};
use s3s::dto::*;
use s3s::{Body, S3, S3Request, S3Response, S3Result, s3_error};

use crate::copy;
use crate::listing::Listing;
use crate::preconditions::Preconditions;
use crate::range;
use crate::store::{
    Attributes, Bucket as StoredBucket, Object as StoredObject, Store, Upload, VERSION,
    check_version,
};

/// The type of objects stored without one.
const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";

/// The operations.
pub struct Operations {
    store: Store,
    region: Option<String>,
}

impl Operations {
    pub fn new(store: Store, region: Option<String>) -> Self {
        Self { store, region }
    }

    /// Whether a bucket can be created here. S3 has no name for the location of its
    /// first region.
    fn check_location(&self, constraint: Option<&str>) -> S3Result<()> {
        let expected = self.region.as_deref().filter(|region| *region != "us-east-1");
        if self.region.is_none() || constraint == expected {
            return Ok(());
        }
        Err(s3_error!(
            IllegalLocationConstraintException,
            "The {} location constraint is incompatible for the region specific endpoint this \
             request was sent to.",
            constraint.unwrap_or("unspecified")
        ))
    }

    fn insert_part(
        &self,
        (bucket, key, id): (&str, &str, &str),
        number: i32,
        part: StoredObject,
    ) -> S3Result<()> {
        if !(1..=10_000).contains(&number) {
            return Err(s3_error!(
                InvalidArgument,
                "Part number must be an integer between 1 and 10000, inclusive"
            ));
        }
        self.store.state().upload(bucket, key, id)?.parts.insert(number, part);
        Ok(())
    }
}

#[async_trait::async_trait]
impl S3 for Operations {
    async fn list_buckets(
        &self,
        _request: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let state = self.store.state();
        let buckets = state.buckets.keys().map(|name| Bucket {
            name: Some(name.clone()),
            creation_date: Some(self.store.created.clone()),
            bucket_region: None,
        });
        Ok(S3Response::new(ListBucketsOutput {
            buckets: Some(buckets.collect()),
            ..ListBucketsOutput::default()
        }))
    }

    async fn create_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let input = request.input;
        let location = input
            .create_bucket_configuration
            .and_then(|configuration| configuration.location_constraint);
        self.check_location(location.as_ref().map(BucketLocationConstraint::as_str))?;

        let location = format!("/{}", input.bucket);
        match self.store.state().buckets.entry(input.bucket) {
            Entry::Occupied(_) => Err(s3_error!(
                BucketAlreadyOwnedByYou,
                "Your previous request to create the named bucket succeeded and you already own it."
            )),
            Entry::Vacant(entry) => {
                entry.insert(StoredBucket::new());
                Ok(S3Response::new(CreateBucketOutput { location: Some(location) }))
            }
        }
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.store.state().bucket(&request.input.bucket)?;
        Ok(S3Response::new(HeadBucketOutput {
            bucket_region: self.region.clone(),
            ..HeadBucketOutput::default()
        }))
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.store.state().bucket(&request.input.bucket)?;
        // S3 has no name for the location of its first region.
        let region = self.region.clone().filter(|region| region != "us-east-1");
        Ok(S3Response::new(GetBucketLocationOutput {
            location_constraint: region.map(BucketLocationConstraint::from),
        }))
    }

    async fn list_objects(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let input = request.input;
        let listing = Listing {
            prefix: input.prefix.as_deref(),
            delimiter: input.delimiter.as_deref(),
            after: input.marker.as_deref(),
            max_keys: input.max_keys,
            encoding_type: input.encoding_type.as_ref(),
        };
        let page = listing.page(self.store.state().bucket(&input.bucket)?)?;
        let encode = |name: &String| listing.encode(name);
        Ok(S3Response::new(ListObjectsOutput {
            prefix: Some(input.prefix.as_ref().map(encode).unwrap_or_default()),
            marker: Some(input.marker.as_ref().map(encode).unwrap_or_default()),
            delimiter: input.delimiter.as_ref().map(encode),
            max_keys: Some(page.max_keys),
            is_truncated: Some(page.next.is_some()),
            // Without a delimiter the last key serves as the marker.
            next_marker: page.next.as_ref().filter(|_| input.delimiter.is_some()).map(encode),
            contents: Some(page.contents),
            common_prefixes: Some(page.common_prefixes),
            encoding_type: input.encoding_type.clone(),
            name: Some(input.bucket),
            ..ListObjectsOutput::default()
        }))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let token = input.continuation_token.as_deref().map(decode_token).transpose()?;
        let listing = Listing {
            prefix: input.prefix.as_deref(),
            delimiter: input.delimiter.as_deref(),
            after: token.as_deref().or(input.start_after.as_deref()),
            max_keys: input.max_keys,
            encoding_type: input.encoding_type.as_ref(),
        };
        let page = listing.page(self.store.state().bucket(&input.bucket)?)?;
        let encode = |name: &String| listing.encode(name);
        Ok(S3Response::new(ListObjectsV2Output {
            prefix: Some(input.prefix.as_ref().map(encode).unwrap_or_default()),
            delimiter: input.delimiter.as_ref().map(encode),
            start_after: input.start_after.as_ref().map(encode),
            max_keys: Some(page.max_keys),
            key_count: Some(page.key_count()),
            is_truncated: Some(page.next.is_some()),
            next_continuation_token: page.next.as_deref().map(encode_token),
            contents: Some(page.contents),
            common_prefixes: Some(page.common_prefixes),
            encoding_type: input.encoding_type.clone(),
            continuation_token: input.continuation_token,
            name: Some(input.bucket),
            ..ListObjectsV2Output::default()
        }))
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        check_version(input.version_id.as_deref())?;
        let object = self.store.state().object(&input.bucket, &input.key)?.clone();
        Preconditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
            if_modified_since: input.if_modified_since,
            if_unmodified_since: input.if_unmodified_since,
        }
        .check(&object)?;

        let (content, content_range) = range::select(&object.content, input.range)?;
        let attributes = object.attributes;
        Ok(S3Response::new(GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: i64::try_from(content.len()).ok(),
            body: Some(Body::from(content).into()),
            content_range,
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(object.last_modified),
            version_id: Some(VERSION.to_owned()),
            cache_control: attributes.cache_control,
            content_disposition: attributes.content_disposition,
            content_encoding: attributes.content_encoding,
            content_language: attributes.content_language,
            content_type: attributes.content_type.or_else(|| Some(DEFAULT_CONTENT_TYPE.to_owned())),
            metadata: attributes.metadata,
            ..GetObjectOutput::default()
        }))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        check_version(input.version_id.as_deref())?;
        let object = self.store.state().object(&input.bucket, &input.key)?.clone();
        Preconditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
            if_modified_since: input.if_modified_since,
            if_unmodified_since: input.if_unmodified_since,
        }
        .check(&object)?;

        // s3s sets neither of these for HEAD.
        let (content, content_range) = range::select(&object.content, input.range)?;
        let mut headers = HeaderMap::new();
        set(&mut headers, CONTENT_RANGE, content_range.as_deref())?;
        let overrides = [
            (CACHE_CONTROL, input.response_cache_control),
            (CONTENT_DISPOSITION, input.response_content_disposition),
            (CONTENT_ENCODING, input.response_content_encoding),
            (CONTENT_LANGUAGE, input.response_content_language),
            (CONTENT_TYPE, input.response_content_type),
            (EXPIRES, input.response_expires.as_ref().and_then(http_date)),
        ];
        for (name, value) in overrides {
            set(&mut headers, name, value.as_deref())?;
        }

        let attributes = object.attributes;
        Ok(S3Response::with_headers(
            HeadObjectOutput {
                accept_ranges: Some("bytes".to_owned()),
                content_length: i64::try_from(content.len()).ok(),
                e_tag: Some(ETag::Strong(object.etag)),
                last_modified: Some(object.last_modified),
                version_id: Some(VERSION.to_owned()),
                cache_control: attributes.cache_control,
                content_disposition: attributes.content_disposition,
                content_encoding: attributes.content_encoding,
                content_language: attributes.content_language,
                content_type: attributes
                    .content_type
                    .or_else(|| Some(DEFAULT_CONTENT_TYPE.to_owned())),
                metadata: attributes.metadata,
                ..HeadObjectOutput::default()
            },
            headers,
        ))
    }

    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        let content = read(input.body).await?;
        let object = StoredObject::new(
            content,
            Attributes {
                cache_control: input.cache_control,
                content_disposition: input.content_disposition,
                content_encoding: input.content_encoding.and_then(stored_codings),
                content_language: input.content_language,
                content_type: input.content_type,
                metadata: input.metadata,
            },
        );

        let mut state = self.store.state();
        let bucket = state.bucket(&input.bucket)?;
        let present = bucket.get(&input.key);
        let exists = match (&input.if_none_match, &input.if_match) {
            (Some(_), _) => present.is_none(),
            (None, Some(ETagCondition::ETag(etag))) => {
                present.is_some_and(|present| present.etag == etag.value())
            }
            (None, Some(ETagCondition::Any)) => present.is_some(),
            (None, None) => true,
        };
        if !exists {
            return Err(s3_error!(
                PreconditionFailed,
                "At least one of the pre-conditions you specified did not hold"
            ));
        }
        let etag = object.etag.clone();
        bucket.insert(input.key, object);
        Ok(S3Response::new(PutObjectOutput {
            e_tag: Some(ETag::Strong(etag)),
            version_id: Some(VERSION.to_owned()),
            ..PutObjectOutput::default()
        }))
    }

    async fn copy_object(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = request.input;
        let source = copy::Source {
            object: input.copy_source,
            if_match: input.copy_source_if_match,
            if_none_match: input.copy_source_if_none_match,
            if_modified_since: input.copy_source_if_modified_since,
            if_unmodified_since: input.copy_source_if_unmodified_since,
        };
        let replaces = input
            .metadata_directive
            .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
        if source.is(&input.bucket, &input.key) && !replaces {
            return Err(s3_error!(
                InvalidRequest,
                "This copy request is illegal because it is trying to copy an object to itself \
                 without changing the object's metadata, storage class, website redirect location \
                 or encryption attributes."
            ));
        }

        let mut state = self.store.state();
        let source = source.find(&mut state)?;
        let attributes = if replaces {
            Attributes {
                cache_control: input.cache_control,
                content_disposition: input.content_disposition,
                content_encoding: input.content_encoding.and_then(stored_codings),
                content_language: input.content_language,
                content_type: input.content_type,
                metadata: input.metadata,
            }
        } else {
            source.attributes
        };
        let object = StoredObject::new(source.content, attributes);
        let result = CopyObjectResult {
            e_tag: Some(ETag::Strong(object.etag.clone())),
            last_modified: Some(object.last_modified.clone()),
            ..CopyObjectResult::default()
        };
        state.bucket(&input.bucket)?.insert(input.key, object);
        Ok(S3Response::new(CopyObjectOutput {
            copy_object_result: Some(result),
            copy_source_version_id: Some(VERSION.to_owned()),
            version_id: Some(VERSION.to_owned()),
            ..CopyObjectOutput::default()
        }))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = request.input;
        check_version(input.version_id.as_deref())?;
        self.store.state().bucket(&input.bucket)?.remove(&input.key);
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let is_checked = request.headers.keys().any(|name| {
            name.as_str() == "content-md5" || name.as_str().starts_with("x-amz-checksum-")
        });
        if !is_checked {
            return Err(s3_error!(
                InvalidRequest,
                "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
            ));
        }
        let Delete { objects, quiet } = request.input.delete;
        if objects.is_empty() || objects.len() > 1000 {
            return Err(s3_error!(
                MalformedXML,
                "The XML you provided was not well-formed or did not validate against our \
                 published schema"
            ));
        }

        let mut state = self.store.state();
        let bucket = state.bucket(&request.input.bucket)?;
        let mut deleted = Vec::new();
        let mut errors = Vec::new();
        for object in objects {
            if let Err(error) = check_version(object.version_id.as_deref()) {
                errors.push(Error {
                    code: Some(error.code().as_str().to_owned()),
                    key: Some(object.key),
                    message: error.message().map(str::to_owned),
                    version_id: object.version_id,
                });
                continue;
            }
            // An object that does not exist counts as deleted.
            bucket.remove(&object.key);
            deleted.push(DeletedObject {
                key: Some(object.key),
                version_id: object.version_id,
                ..DeletedObject::default()
            });
        }
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted: Some(deleted).filter(|_| quiet != Some(true)),
            errors: Some(errors),
            ..DeleteObjectsOutput::default()
        }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        let id = self.store.state().begin(Upload {
            bucket: input.bucket.clone(),
            key: input.key.clone(),
            attributes: Attributes {
                cache_control: input.cache_control,
                content_disposition: input.content_disposition,
                content_encoding: input.content_encoding.and_then(stored_codings),
                content_language: input.content_language,
                content_type: input.content_type,
                metadata: input.metadata,
            },
            parts: Default::default(),
        })?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..CreateMultipartUploadOutput::default()
        }))
    }

    async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let input = request.input;
        let part = StoredObject::new(read(input.body).await?, Attributes::default());
        let etag = part.etag.clone();
        self.insert_part((&input.bucket, &input.key, &input.upload_id), input.part_number, part)?;
        Ok(S3Response::new(UploadPartOutput {
            e_tag: Some(ETag::Strong(etag)),
            ..UploadPartOutput::default()
        }))
    }

    async fn upload_part_copy(
        &self,
        request: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        let input = request.input;
        let source = copy::Source {
            object: input.copy_source,
            if_match: input.copy_source_if_match,
            if_none_match: input.copy_source_if_none_match,
            if_modified_since: input.copy_source_if_modified_since,
            if_unmodified_since: input.copy_source_if_unmodified_since,
        };
        let source = source.find(&mut self.store.state())?;
        let content = range::part(&source.content, input.copy_source_range.as_deref())?;
        let part = StoredObject::new(content, Attributes::default());
        let result = CopyPartResult {
            e_tag: Some(ETag::Strong(part.etag.clone())),
            last_modified: Some(part.last_modified.clone()),
            ..CopyPartResult::default()
        };
        self.insert_part((&input.bucket, &input.key, &input.upload_id), input.part_number, part)?;
        Ok(S3Response::new(UploadPartCopyOutput {
            copy_part_result: Some(result),
            copy_source_version_id: Some(VERSION.to_owned()),
            ..UploadPartCopyOutput::default()
        }))
    }

    async fn list_parts(
        &self,
        request: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        let mut state = self.store.state();
        let upload = state.upload(&input.bucket, &input.key, &input.upload_id)?;
        let marker = input.part_number_marker.unwrap_or(0);
        let max_parts = input.max_parts.unwrap_or(1000).clamp(0, 1000);
        let mut rest = upload.parts.iter().filter(|(number, _)| **number > marker);
        let parts: Vec<Part> = rest
            .by_ref()
            .take(usize::try_from(max_parts).unwrap_or(0))
            .map(|(number, part)| Part {
                part_number: Some(*number),
                e_tag: Some(ETag::Strong(part.etag.clone())),
                last_modified: Some(part.last_modified.clone()),
                size: i64::try_from(part.content.len()).ok(),
                ..Part::default()
            })
            .collect();
        Ok(S3Response::new(ListPartsOutput {
            is_truncated: Some(rest.next().is_some()),
            next_part_number_marker: parts.last().and_then(|part| part.part_number),
            parts: Some(parts),
            max_parts: Some(max_parts),
            part_number_marker: Some(marker),
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            ..ListPartsOutput::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = request.input;
        let parts: Vec<(i32, Option<String>)> = input
            .multipart_upload
            .and_then(|upload| upload.parts)
            .unwrap_or_default()
            .into_iter()
            .map(|part| {
                let number = part.part_number.unwrap_or_default();
                (number, part.e_tag.map(ETag::into_value))
            })
            .collect();

        let mut state = self.store.state();
        let object = state.upload(&input.bucket, &input.key, &input.upload_id)?.assemble(&parts)?;
        let etag = object.etag.clone();
        state.bucket(&input.bucket)?.insert(input.key.clone(), object);
        state.end(&input.bucket, &input.key, &input.upload_id)?;
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            location: Some(format!("/{}/{}", input.bucket, input.key)),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(ETag::Strong(etag)),
            version_id: Some(VERSION.to_owned()),
            ..CompleteMultipartUploadOutput::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = request.input;
        self.store.state().end(&input.bucket, &input.key, &input.upload_id)?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}

/// Reads an uploaded body. Its end shows whether the signatures of its chunks are
/// valid; it is in memory, so that nothing else can go wrong.
async fn read(body: Option<StreamingBlob>) -> S3Result<Bytes> {
    let Some(body) = body else {
        return Ok(Bytes::new());
    };
    match Body::from(body).collect().await {
        Ok(content) => Ok(content.to_bytes()),
        Err(error) => Err(s3_error!(
            SignatureDoesNotMatch,
            "The body is not the one that was signed: {error}"
        )),
    }
}

/// The codings of an object: those of the upload, without `aws-chunked`, which is
/// a coding of the request only.
fn stored_codings(codings: String) -> Option<String> {
    let stored: Vec<&str> = codings
        .split(',')
        .filter(|coding| !coding.trim().eq_ignore_ascii_case("aws-chunked"))
        .collect();
    let stored = stored.join(",").trim().to_owned();
    (!stored.is_empty()).then_some(stored)
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: Option<&str>) -> S3Result<()> {
    if let Some(value) = value {
        let value = HeaderValue::from_str(value)
            .map_err(|_| s3_error!(InvalidArgument, "Invalid value of {name}"))?;
        headers.insert(name, value);
    }
    Ok(())
}

fn http_date(timestamp: &Timestamp) -> Option<String> {
    let mut date = Vec::new();
    timestamp.format(TimestampFormat::HttpDate, &mut date).ok()?;
    String::from_utf8(date).ok()
}

/// The token by which a listing continues after a name.
fn encode_token(name: &str) -> String {
    crate::hexadecimal::hexadecimal(name.as_bytes())
}

fn decode_token(token: &str) -> S3Result<String> {
    let digits = token.as_bytes();
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
            u8::from_str_radix(pair, 16).ok()
        })
        .collect();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}
