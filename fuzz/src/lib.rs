//! Common parts of the fuzz targets: the kinds of signatures, and an independent verifier.

mod verify;

use std::cell::RefCell;

use s3_signer::{
    Algorithm, Credentials, Placement, Region, RequestHead, Service, SignError, Signer,
    SigningParams,
};

pub use verify::{Arguments, Head, decode, percent_encode, verify};

/// Who signs and how, in plain values that the verifier reads too.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    pub access_key_id: &'a str,
    pub secret_access_key: &'a str,
    pub session_token: Option<&'a str>,
    /// Set: Signature V4.
    pub region: Option<&'a str>,
    pub service: Option<&'a str>,
    pub in_headers: bool,
    pub bucket_in_host: Option<bool>,
}

/// 2013-05-24T00:00:00Z.
pub const NOW: i64 = 1_369_353_600;

impl Setup<'static> {
    /// One of the ways of signing, chosen by the bits of `byte`.
    pub fn choose(byte: u8) -> Self {
        Self {
            access_key_id: "AKIDFUZZ0000000001",
            secret_access_key: "FuzzSecret/With+Signs",
            session_token: (byte & 4 != 0).then_some("Token/With+Signs=="),
            region: (byte & 1 != 0).then_some("eu-west-1"),
            service: (byte & 32 != 0).then_some("s3-outposts"),
            in_headers: byte & 2 != 0,
            bucket_in_host: [None, Some(true), Some(false), None][usize::from(byte >> 3 & 3)],
        }
    }
}

impl Setup<'_> {
    /// Signs what `bytes` begin with: the new head, and how many bytes it replaces. A signer that
    /// has signed everything before must do as a new one does.
    pub fn sign(&self, bytes: &[u8]) -> Result<(Vec<u8>, usize), SignError> {
        thread_local! {
            static USED: RefCell<Signer> = RefCell::new(Signer::new());
        }
        let credentials =
            Credentials::new(self.access_key_id, self.secret_access_key, self.session_token)
                .expect("valid");
        let region = self.region.map(|name| Region::new(name).expect("valid"));
        let service = self.service.map(|name| Service::new(name).expect("valid"));
        let params = SigningParams {
            credentials: &credentials,
            algorithm: match &region {
                Some(region) => Algorithm::V4 { region, service: service.as_ref() },
                None => Algorithm::V2 { bucket_in_host: self.bucket_in_host },
            },
            placement: if self.in_headers { Placement::Headers } else { Placement::Query },
        };
        let sign = |signer: &mut Signer| {
            let signed = signer.sign(&RequestHead::parse(bytes)?, &params, NOW)?;
            // Must not panic, whatever was signed.
            signed.explain();
            Ok((signed.head.to_vec(), signed.replaces))
        };
        let fresh = sign(&mut Signer::new());
        let used = USED.with_borrow_mut(sign);
        assert_eq!(fresh, used, "a used signer signs differently");
        fresh
    }
}
