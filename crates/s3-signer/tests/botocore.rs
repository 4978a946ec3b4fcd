//! All four kinds against botocore, Amazon's library for Python: what our signer emits is read
//! back, signed by botocore, and compared.
//!
//! Needs botocore (Debian: `python3-botocore`) in `/usr/bin/python3`, or in the interpreter that
//! `BOTOCORE_PYTHON` names.
//!
//! Input on which botocore differs by design is not generated: header values with white space
//! outside ASCII's or with control characters (they are spaces for it), queries that do not
//! decode to UTF-8, a second `Content-Type` or `Content-MD5` (it signs a line for each).

mod common;

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{LazyLock, Mutex, PoisonError},
};

use common::{
    Emitted,
    cases::{Case, case, v4_case},
};
use proptest::{prop_assert_eq, test_runner::TestCaseError};
use s3_signer::{QUERY_LIFETIME, SignatureKind};
use serde_json::json;

/// The one Python process that serves all tests; it ends when its standard input does.
static ORACLE: LazyLock<Result<Mutex<Oracle>, String>> =
    LazyLock::new(|| Oracle::start().map(Mutex::new));

struct Oracle {
    /// Holds the process.
    _child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Oracle {
    /// Starts the process. The error names what is missing.
    fn start() -> Result<Self, String> {
        let python = env::var_os("BOTOCORE_PYTHON").unwrap_or_else(|| "/usr/bin/python3".into());
        let why = match Command::new(&python).args(["-c", "import botocore.auth"]).output() {
            Err(error) => error.to_string(),
            Ok(output) if output.status.success() => String::new(),
            Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        if !why.is_empty() {
            return Err(format!(
                "cannot import botocore with {}: {}\n\
                 Install it (Debian: \"apt-get install python3-botocore\"), or name in \
                 BOTOCORE_PYTHON an interpreter that has it.",
                python.display(),
                why.trim_end()
            ));
        }
        let mut child = Command::new(&python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/botocore_oracle.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let stdin = child.stdin.take().expect("piped");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        Ok(Self { _child: child, stdin, stdout })
    }

    fn ask(&mut self, question: &serde_json::Value) -> Result<BTreeMap<String, String>, String> {
        let mut line = question.to_string();
        line.push('\n');
        self.stdin.write_all(line.as_bytes()).map_err(|e| e.to_string())?;
        line.clear();
        self.stdout.read_line(&mut line).map_err(|e| e.to_string())?;
        serde_json::from_str(&line).map_err(|e| format!("{e}, the oracle printed {line:?}"))
    }
}

/// What botocore would add to the emitted request.
fn expected(
    oracle: &Mutex<Oracle>,
    case: &Case,
    kind: SignatureKind,
    emitted: &Emitted,
) -> Result<BTreeMap<String, String>, TestCaseError> {
    let target = match kind {
        SignatureKind::V4Headers | SignatureKind::V2Headers => emitted.target.clone(),
        SignatureKind::V4Query => emitted.target_without(common::is_amz_argument),
        _ => emitted.target_without(common::is_removed_argument),
    };
    let path = target.split('?').next().unwrap_or_default();
    let question = json!({
        "kind": kind.as_str(),
        "method": emitted.method,
        "target": target,
        "presigned": emitted.target_without(|name| name == "X-Amz-Signature"),
        "headers": emitted.headers_to_sign(kind).collect::<Vec<_>>(),
        "has_body": case.has_body(),
        "access_key_id": case.access_key_id,
        "secret_access_key": case.secret_access_key,
        "token": case.token,
        "region": case.region,
        "service": case.service(),
        "is_aws_chunked": case.is_aws_chunked,
        "now": case.now,
        "auth_path": case.bucket.map(|bucket| format!("/{bucket}{path}")),
        "lifetime": QUERY_LIFETIME,
    });
    let mut oracle = oracle.lock().unwrap_or_else(PoisonError::into_inner);
    oracle.ask(&question).map_err(TestCaseError::fail)
}

fn compare(oracle: &Mutex<Oracle>, case: &Case, kind: SignatureKind) -> Result<(), TestCaseError> {
    let emitted = common::sign(case, kind)?;
    let added = expected(oracle, case, kind, &emitted)?;
    let ours: BTreeMap<_, _> = added
        .keys()
        .map(|name| {
            let value = if common::is_in_headers(kind) {
                emitted.header(name).map(String::from)
            } else {
                emitted.argument(name)
            };
            (name.clone(), value.unwrap_or_default())
        })
        .collect();
    prop_assert_eq!(ours, added);
    Ok(())
}

fn check(name: &str, kind: SignatureKind) {
    let oracle = ORACLE.as_ref().unwrap_or_else(|missing| panic!("{missing}"));
    let compare = |case| compare(oracle, &case, kind);
    if common::is_v4(kind) {
        common::check(name, v4_case(), compare);
    } else {
        common::check(name, case(), compare);
    }
}

#[test]
fn v4_headers_as_botocore() {
    check("v4_headers_as_botocore", SignatureKind::V4Headers);
}

#[test]
fn v4_query_as_botocore() {
    check("v4_query_as_botocore", SignatureKind::V4Query);
}

#[test]
fn v2_headers_as_botocore() {
    check("v2_headers_as_botocore", SignatureKind::V2Headers);
}

#[test]
fn v2_query_as_botocore() {
    check("v2_query_as_botocore", SignatureKind::V2Query);
}
