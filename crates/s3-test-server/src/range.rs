//! Parts of an object.

use bytes::Bytes;
use s3s::dto::Range;
use s3s::{S3Result, s3_error};

/// Selects a range of the content. The second value is the Content-Range.
pub fn select(content: &Bytes, range: Option<Range>) -> S3Result<(Bytes, Option<String>)> {
    let Some(range) = range else {
        return Ok((content.clone(), None));
    };
    let unsatisfiable = || s3_error!(InvalidRange, "The requested range is not satisfiable");
    let size = content.len();
    let bytes = range.check(size as u64).map_err(|_| unsatisfiable())?;
    let start = usize::try_from(bytes.start).map_err(|_| unsatisfiable())?;
    let end = usize::try_from(bytes.end).map_err(|_| unsatisfiable())?;
    if start >= end {
        return Err(unsatisfiable());
    }
    let content_range = format!("bytes {start}-{}/{size}", end - 1);
    Ok((content.slice(start..end), Some(content_range)))
}

/// The part of an object to copy, which must be within it.
pub fn part(content: &Bytes, range: Option<&str>) -> S3Result<Bytes> {
    let Some(text) = range else {
        return Ok(content.clone());
    };
    let invalid = || {
        s3_error!(
            InvalidArgument,
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first \
             and last are the zero-based offsets of the first and last bytes to copy"
        )
    };
    match Range::parse(text).map_err(|_| invalid())? {
        range @ Range::Int { last: Some(last), .. } => {
            if last >= content.len() as u64 {
                return Err(s3_error!(
                    InvalidArgument,
                    "Range specified is not valid for source object of size: {}",
                    content.len()
                ));
            }
            Ok(select(content, Some(range))?.0)
        }
        _ => Err(invalid()),
    }
}
