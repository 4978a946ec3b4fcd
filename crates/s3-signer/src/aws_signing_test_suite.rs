//! Amazon's test suite for Signature V4, which is in the package of the crate `aws-sigv4`, against
//! the inner functions. The suite signs for another service than S3: signed headers, hashed payload
//! and lifetime are those of the case, where [`crate::Signer`] has the rules of S3.

use std::{collections::BTreeMap, fs, path::PathBuf, process::Command};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    date::SigningTime,
    error::SignError,
    head::{RequestHead, next_header},
    headers::{SignedHeader, sort},
    keys::KeyCache,
    uri::{self, Query},
    v4,
};

/// 2015-08-30T12:36:00Z, the time of all cases.
const AUG_30_2015: i64 = 1_440_938_160;

/// Why a case does not apply to S3, or to HTTP/1.1.
#[derive(Debug, Clone, Copy)]
enum Reason {
    /// Dots and slashes of the path are merged. In S3 they are part of the key.
    MergedPath,
    /// The path is encoded twice. S3 encodes it once.
    PathEncodedTwice,
    /// The session token is added after the signature. S3 requires it to be signed.
    UnsignedToken,
    /// A header line is folded, which is obsolete (RFC 9112, section 5.2). The signer refuses it.
    FoldedLine,
}

/// The cases that do not apply.
const NOT_APPLICABLE: [(&str, Reason); 10] = [
    ("double-encode-path", Reason::PathEncodedTwice),
    ("double-url-encode", Reason::PathEncodedTwice),
    ("get-header-value-multiline", Reason::FoldedLine),
    ("get-relative-normalized", Reason::MergedPath),
    ("get-relative-relative-normalized", Reason::MergedPath),
    ("get-slash-dot-slash-normalized", Reason::MergedPath),
    ("get-slash-normalized", Reason::MergedPath),
    ("get-slash-pointless-dot-normalized", Reason::MergedPath),
    ("get-slashes-normalized", Reason::MergedPath),
    ("post-sts-header-after", Reason::UnsignedToken),
];

/// Where the signature is, as in the names of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Header,
    Query,
}

impl Form {
    fn prefix(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Query => "query",
        }
    }
}

/// A case: the files of its folder by name.
struct Case(BTreeMap<String, String>);

/// What a case expects, or what the inner functions make.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    canonical_request: String,
    string_to_sign: String,
    signature: String,
}

impl Case {
    /// The text of a file, without the ends of lines at its end.
    fn file(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("the case has no {name}")).trim_end_matches('\n')
    }

    /// The request head with ends of lines as on the wire, and the body.
    fn request(&self) -> (String, &str) {
        let request = self.file("request.txt");
        let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
        (head.replace('\n', "\r\n") + "\r\n\r\n", body)
    }

    /// A member of `context.json`. The two oldest cases have no such file and only a canonical
    /// request, which depends on none of the values here.
    fn context(&self, pointer: &str) -> Value {
        let text = self.0.get("context.json").map_or(
            r#"{"credentials": {"access_key_id": "AKIDEXAMPLE"}, "region": "us-east-1",
                "service": "service", "sign_body": false}"#,
            String::as_str,
        );
        let context: Value = serde_json::from_str(text).expect("context.json is JSON");
        context.pointer(pointer).cloned().unwrap_or_default()
    }

    fn token(&self) -> Option<String> {
        self.context("/credentials/token").as_str().map(str::to_owned)
    }

    /// The forms that the case has.
    fn forms(&self) -> impl Iterator<Item = Form> {
        [Form::Header, Form::Query]
            .into_iter()
            .filter(|form| self.0.contains_key(&format!("{}-canonical-request.txt", form.prefix())))
    }

    fn expected_canonical_request(&self, form: Form) -> &str {
        self.file(&format!("{}-canonical-request.txt", form.prefix()))
    }

    fn expected(&self, form: Form) -> Outcome {
        let file = |name| self.file(&format!("{}-{name}.txt", form.prefix())).to_owned();
        Outcome {
            canonical_request: file("canonical-request"),
            string_to_sign: file("string-to-sign"),
            signature: file("signature"),
        }
    }

    /// What the inner functions make of the case.
    fn sign(&self, form: Form) -> Result<Outcome, SignError> {
        let member = |pointer: &str| self.context(pointer).as_str().unwrap_or_default().to_owned();
        let (access_key_id, secret) =
            (member("/credentials/access_key_id"), member("/credentials/secret_access_key"));
        let (region, service) = (member("/region"), member("/service"));
        let token = self.token();
        let mut time = SigningTime::new();
        time.set(AUG_30_2015);
        let scope = v4::CredentialScope { time: &time, region: &region, service: &service };

        let (head, body) = self.request();
        let request = RequestHead::parse(head.as_bytes())?;
        let hashed_payload: String =
            Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
        let mut path = Vec::new();
        uri::encode_path(request.path, &mut path);

        let mut headers = Vec::new();
        let mut rest = request.rest;
        while let Some(line) = next_header(&mut rest)? {
            headers.push((line.name, line.value));
        }
        if form == Form::Header {
            headers.push((b"x-amz-date", &time.date_time()[..]));
            if let Some(token) = &token {
                headers.push((b"X-Amz-Security-Token", token.as_bytes()));
            }
            if self.context("/sign_body") == true {
                headers.push((b"x-amz-content-sha256", hashed_payload.as_bytes()));
            }
        }
        let mut headers: Vec<SignedHeader> = headers
            .into_iter()
            .map(|(name, value)| SignedHeader { name, value, is_canonical: false })
            .collect();
        sort(&mut headers);
        let mut signed_headers = Vec::new();
        v4::write_signed_headers(&headers, &mut signed_headers);

        let mut query = Query::default();
        query.parse(request.query);
        if form == Form::Query {
            query.push(b"X-Amz-Algorithm", |out| out.extend_from_slice(v4::ALGORITHM));
            query.push(b"X-Amz-Credential", |out| {
                uri::encode_query_value(access_key_id.as_bytes(), out);
                out.extend_from_slice(b"%2F");
                scope.write(b"%2F", out);
            });
            query.push(b"X-Amz-Date", |out| out.extend_from_slice(time.date_time()));
            let expires = self.context("/expiration_in_seconds").to_string();
            query.push(b"X-Amz-Expires", |out| out.extend_from_slice(expires.as_bytes()));
            query.push(b"X-Amz-SignedHeaders", |out| {
                uri::encode_query_value(&signed_headers, out);
            });
            if let Some(token) = &token {
                query.push(b"X-Amz-Security-Token", |out| {
                    uri::encode_query_value(token.as_bytes(), out);
                });
            }
        }
        query.canonicalize();

        let mut canonical_request = Vec::new();
        v4::write_canonical_request(
            &v4::CanonicalRequest {
                method: request.method,
                path: &path,
                query: &query,
                headers: &headers,
                signed_headers: &signed_headers,
                hashed_payload: &hashed_payload,
            },
            &mut canonical_request,
        );
        let mut credential_scope = Vec::new();
        scope.write(b"/", &mut credential_scope);
        let mut keys = KeyCache::new();
        let signature = v4::signing_key(&mut keys, &secret, &time, &credential_scope).sign(
            &time,
            &credential_scope,
            &canonical_request,
        );
        Ok(Outcome {
            string_to_sign: text(v4::string_to_sign(&time, &credential_scope, &canonical_request)),
            canonical_request: text(canonical_request),
            signature: text(signature.to_vec()),
        })
    }

    /// The path as sent, and the one of the expected canonical request.
    fn paths(&self, form: Form) -> (String, &str) {
        let (head, _) = self.request();
        let sent = RequestHead::parse(head.as_bytes()).expect("the head of a case").path.to_vec();
        let expected = self.expected_canonical_request(form).lines().nth(1);
        (text(sent), expected.expect("a canonical request has a path"))
    }
}

impl Reason {
    /// Whether this is true of a case, in a form.
    fn is_true(self, case: &Case, form: Form) -> bool {
        match self {
            Self::MergedPath => {
                let (sent, expected) = case.paths(form);
                let is_merged = |path: &str| {
                    !path.contains("//") && !path.split('/').any(|part| matches!(part, "." | ".."))
                };
                sent != expected && !is_merged(&sent) && is_merged(expected)
            }
            Self::PathEncodedTwice => {
                let (sent, expected) = case.paths(form);
                let mut once = Vec::new();
                uri::encode_path(sent.as_bytes(), &mut once);
                let parts: Vec<String> = sent
                    .split('/')
                    .map(|part| {
                        let mut encoded = Vec::new();
                        uri::encode_query_value(part.as_bytes(), &mut encoded);
                        text(encoded)
                    })
                    .collect();
                text(once) != expected && parts.join("/") == expected
            }
            Self::UnsignedToken => {
                let name = "x-amz-security-token";
                let canonical_request = case.expected_canonical_request(form).to_ascii_lowercase();
                let signed = case.file(&format!("{}-signed-request.txt", form.prefix()));
                !canonical_request.contains(name) && signed.to_ascii_lowercase().contains(name)
            }
            Self::FoldedLine => {
                let (head, _) = case.request();
                head.contains("\r\n ") && case.sign(form) == Err(SignError::MalformedHeader)
            }
        }
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("the suite is UTF-8")
}

/// The cases by name.
fn cases() -> BTreeMap<String, Case> {
    let files = |folder: &PathBuf| {
        fs::read_dir(folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.expect("the folder can be read").path())
            .map(|path| (path.file_name().unwrap_or_default().to_string_lossy().into(), path))
            .collect::<BTreeMap<String, PathBuf>>()
    };
    let read = |path: &PathBuf| fs::read_to_string(path).expect("the file is text");
    files(&folder())
        .into_iter()
        .map(|(name, folder)| {
            let files = files(&folder);
            (name, Case(files.iter().map(|(name, path)| (name.clone(), read(path))).collect()))
        })
        .collect()
}

/// The folder of the suite, in Cargo's copy of the package.
fn folder() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("the metadata is JSON");
    let manifest = metadata["packages"]
        .as_array()
        .and_then(|packages| packages.iter().find(|package| package["name"] == "aws-sigv4"))
        .and_then(|package| package["manifest_path"].as_str())
        .expect("aws-sigv4 is a dependency");
    PathBuf::from(manifest).with_file_name("aws-signing-test-suite").join("v4")
}

#[test]
fn signature_v4_of_the_test_suite() {
    let cases = cases();
    let mut run = 0;
    for (name, case) in &cases {
        if case.0.contains_key("context.json") {
            assert_eq!(case.context("/timestamp"), "2015-08-30T12:36:00Z", "{name}");
        }
        let reason = NOT_APPLICABLE.iter().find(|(listed, _)| listed == name);
        for form in case.forms() {
            let made = case.sign(form);
            match reason {
                None => {
                    assert_eq!(made.as_ref(), Ok(&case.expected(form)), "{name}, {form:?}");
                }
                Some((_, reason)) => {
                    assert!(reason.is_true(case, form), "{name}, {form:?}: not {reason:?}");
                    let is_equal = made.is_ok_and(|made| {
                        made.canonical_request == case.expected_canonical_request(form)
                    });
                    assert!(!is_equal, "{name}, {form:?}: applies");
                }
            }
        }
        // The two oldest cases have no query form.
        let count = if case.0.contains_key("context.json") { 2 } else { 1 };
        assert_eq!(case.forms().count(), count, "{name}");
        run += usize::from(reason.is_none());
    }
    for (name, _) in &NOT_APPLICABLE {
        assert!(cases.contains_key(*name), "the suite has no {name}");
    }
    println!(
        "test suite of Signature V4: {run} cases run, in headers and in the query; {} do not apply",
        NOT_APPLICABLE.len()
    );
    assert_eq!(run + NOT_APPLICABLE.len(), cases.len());
    assert!(run > 0);
}
