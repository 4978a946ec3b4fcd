//! Signature V4 against Amazon's own implementation for Rust, the crate `aws-sigv4`: what our
//! signer emits is read back, signed by `aws-sigv4`, and compared.
//!
//! Input on which `aws-sigv4` differs by design is not generated: a tab inside a header's value (it
//! folds spaces only), queries that do not decode to UTF-8 (it keeps queries as text), and in the
//! query form `x-amz-user-agent` and `x-amz-checksum-mode`, which it leaves unsigned there.

mod common;

use std::time::{Duration, UNIX_EPOCH};

use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
        SigningInstructions, SigningSettings, UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use common::{
    Emitted,
    cases::{Case, v4_case},
};
use proptest::{prop_assert_eq, test_runner::TestCaseError};
use s3_signer::{QUERY_LIFETIME, SignatureKind};

/// What `aws-sigv4` would add to the emitted request, with `target` for its target, and the
/// signature.
fn expected(
    case: &Case,
    emitted: &Emitted,
    target: &str,
    kind: SignatureKind,
) -> (SigningInstructions, String) {
    let location = match kind {
        SignatureKind::V4Headers => SignatureLocation::Headers,
        _ => SignatureLocation::QueryParams,
    };
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.signature_location = location;
    if location == SignatureLocation::Headers {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    } else {
        settings.expires_in = Some(Duration::from_secs(QUERY_LIFETIME.into()));
    }
    let body = match location {
        _ if case.is_aws_chunked => SignableBody::StreamingUnsignedPayloadTrailer,
        SignatureLocation::Headers if !case.has_body() => SignableBody::empty(),
        _ => SignableBody::UnsignedPayload,
    };

    let identity = aws_credential_types::Credentials::new(
        &case.access_key_id,
        &case.secret_access_key,
        case.token.clone(),
        None,
        "generated",
    )
    .into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(case.region)
        .name(case.service())
        .time(UNIX_EPOCH + Duration::from_secs(case.now.unsigned_abs()))
        .settings(settings)
        .build()
        .expect("all parameters are set")
        .into();
    // The authority does not count: `Host` is among the headers.
    let uri = format!("https://authority.invalid{target}");
    let request = SignableRequest::new(&emitted.method, uri, emitted.headers_to_sign(kind), body)
        .expect("the emitted target is a URI");
    sign(request, &params).expect("the emitted request can be signed").into_parts()
}

fn headers(case: Case) -> Result<(), TestCaseError> {
    let emitted = common::sign(&case, SignatureKind::V4Headers)?;
    let (instructions, signature) =
        expected(&case, &emitted, &emitted.target, SignatureKind::V4Headers);
    let authorization = emitted.header("authorization").unwrap_or_default();
    prop_assert_eq!(authorization.rsplit('=').next(), Some(signature.as_str()));
    let mut added = 0;
    for (name, value) in instructions.headers() {
        prop_assert_eq!(emitted.header(name), Some(value), "{}", name);
        added += 1;
    }
    prop_assert_eq!(added, 3 + usize::from(case.token.is_some()));
    Ok(())
}

fn query(case: Case) -> Result<(), TestCaseError> {
    let emitted = common::sign(&case, SignatureKind::V4Query)?;
    let target = emitted.target_without(common::is_amz_argument);
    let (instructions, signature) = expected(&case, &emitted, &target, SignatureKind::V4Query);
    prop_assert_eq!(emitted.argument("X-Amz-Signature"), Some(signature));
    for (name, value) in instructions.params() {
        prop_assert_eq!(emitted.argument(name), Some(value.to_string()), "{}", name);
    }
    prop_assert_eq!(instructions.params().len(), 6 + usize::from(case.token.is_some()));
    Ok(())
}

#[test]
fn v4_headers_as_aws_sigv4() {
    common::check("v4_headers_as_aws_sigv4", v4_case(), headers);
}

#[test]
fn v4_query_as_aws_sigv4() {
    common::check("v4_query_as_aws_sigv4", v4_case(), query);
}
