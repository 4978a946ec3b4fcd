//! The source of a copy.

use s3s::dto::{CopySource, ETagCondition, Timestamp};
use s3s::{S3Result, s3_error};

use crate::preconditions::Preconditions;
use crate::store::{Object, State, check_version};

/// What a request states of the object to copy.
pub struct Source {
    pub object: CopySource,
    pub if_match: Option<ETagCondition>,
    pub if_none_match: Option<ETagCondition>,
    pub if_modified_since: Option<Timestamp>,
    pub if_unmodified_since: Option<Timestamp>,
}

impl Source {
    /// The object, if the conditions hold.
    pub fn find(self, state: &mut State) -> S3Result<Object> {
        let CopySource::Bucket { bucket, key, version_id } = self.object else {
            return Err(s3_error!(NotImplemented, "The copy source is not the name of an object"));
        };
        check_version(version_id.as_deref())?;
        let object = state.object(&bucket, &key)?.clone();
        let preconditions = Preconditions {
            if_match: self.if_match,
            if_none_match: self.if_none_match,
            if_modified_since: self.if_modified_since,
            if_unmodified_since: self.if_unmodified_since,
        };
        // A copy has no answer 304.
        preconditions.check(&object).map_err(|_| {
            s3_error!(
                PreconditionFailed,
                "At least one of the pre-conditions you specified did not hold"
            )
        })?;
        Ok(object)
    }

    /// Whether the source is this object.
    pub fn is(&self, bucket: &str, key: &str) -> bool {
        matches!(&self.object, CopySource::Bucket { bucket: source, key: source_key, .. }
            if **source == *bucket && **source_key == *key)
    }
}
