#!/usr/bin/python3
"""Requests through nginx to an S3 server that is not this project's: Ceph's radosgw.

    radosgw.py --nginx BINARY --module MODULE

A client without keys asks nginx, which signs in every kind, with permanent and with temporary keys.
What arrives is compared with what another client, for which botocore signs, reads from radosgw
itself. What radosgw does not take is in UNSUPPORTED: it must refuse it with the same error code when
botocore signs it and nginx is not there. At last suites of others for S3 servers run through nginx.
"""

# This Debian's python3, which has botocore.
import contextlib
import hashlib
import http.client
import json
import re
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions
import botocore.session

import s3_suites
from ceph import KEY, Radosgw
from load import command
from web import KINDS, LIMIT, Failure, Nginx, reserve_port

REGION = "eu-west-1"
# By what name botocore knows each kind.
BOTOCORE = {"v4-headers": "s3v4", "v4-query": "s3v4-query", "v2-headers": "s3", "v2-query": "s3-query"}
TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
MIB = 1 << 20
ODD = [
    "plain", "two words", " first", "last ", "a+b", "+", "é", "日本語", "e\u0301", "it's", "(1)",
    "a(b)c'd'", "!*", "a&b", "a=b", "a?b", "a#b", "a%b", "a%20b", "a%2Fb", "100%", "a//b", "//", "a/", "a/./b", "a/../b",
    "~", "a~b", "a:b", "a@b", "a;b", "a,b", "a$b", "$request_uri", "a\"b", "a<b>", "a\\b", "a^b",
    "a|b", "a{b}", "a[b]", "a`b", "-_.", "tab\tx", "\u00a0", "x" * 900,
]
# Other ways to write a name in a target than that of the client.
SPELLINGS = [
    "%61", "%7e", "%7E", "~", "a+b", "a%2bb", "a%2Bb", "a%3ab", "a:b", "it's", "it%27s", "(1)", "%281%29",
    "!*", "%21%2a", "a&b=c", "a%26b%3Dc", "@", "%40", "a;b", "a,b", "$", "%c3%a9", "%C3%A9", "a%2fb",
    "a//b", "'", "[1]", "%5b1%5D",
]


def client(port, kind=None, credentials=None, service="s3"):
    """A botocore client; without a kind, it signs nothing."""
    session = botocore.session.Session()
    config = {"signature_version": BOTOCORE[kind] if kind else botocore.UNSIGNED}
    if credentials:
        session.set_credentials(*credentials)
    if service == "sts":
        config = {}
    return session.create_client(
        service, region_name=REGION, endpoint_url=f"http://127.0.0.1:{port}",
        config=botocore.config.Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0},
                                      read_timeout=LIMIT, **config),
    )


class Wrong(Exception):
    """An answer that is not the right one. `code` is S3's error code, if it has one."""

    def __init__(self, message, code=None):
        super().__init__(message)
        self.code = code


def check(what, got, wanted):
    if got != wanted:
        raise Wrong(f"{what}: {str(got)[:300]}, not {str(wanted)[:300]}")


def ask(port, method, target, headers, body, status):
    """Sends a request whose target is written as given; the answer's body."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)) as connection:
        connection.putrequest(method, target, skip_accept_encoding=True,
                              skip_host=any(name.lower() == "host" for name, _ in headers))
        for name, value in headers:
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", len(body))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        content = answer.read()
    if answer.status != status:
        code = re.search(rb"<Code>(\w+)</Code>", content)
        raise Wrong(f"{method} {target}: {answer.status}, not {status}: {content[:300]}",
                    code and code[1].decode())
    return content


class Trial:
    """Requests of one kind, and what must be of them. `s3` is the client that asks at `port`; `owner`
    reads from radosgw itself."""

    def __init__(self, s3, owner, port, bucket):
        self.s3, self.owner, self.port, self.bucket = s3, owner, port, bucket
        self.done = 0
        s3.meta.events.register("request-created.s3", self._count)

    def _count(self, **_):
        self.done += 1

    def ask(self, method, target, body=b"", headers=(), status=200):
        self.done += 1
        return ask(self.port, method, f"/{self.bucket}/{target}", headers, body, status)

    def stored(self, key):
        return self.owner.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def call(self, operation, **more):
        return getattr(self.s3, operation)(Bucket=self.bucket, **more)

    def get(self, key, **more):
        return self.call("get_object", Key=key, **more)["Body"].read()


class QueryAuth(botocore.auth.S3SigV4QueryAuth):
    """Signs arguments as they are: botocore keeps one of each name."""

    def _modify_request_before_signing(self, request):
        authentication = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": self.scope(request),
            "X-Amz-Date": request.context["timestamp"],
            "X-Amz-Expires": "900",
            "X-Amz-SignedHeaders": self.signed_headers(self.headers_to_sign(request)),
        }
        if self.credentials.token:
            authentication["X-Amz-Security-Token"] = self.credentials.token
        request.url += ("&" if "?" in request.url else "?") + urllib.parse.urlencode(
            authentication, quote_via=urllib.parse.quote, safe="")


class DirectTrial(Trial):
    """Without nginx: botocore signs. Only for V4, and targets and headers that are canonical."""

    def __init__(self, kind, keys, owner, port, bucket):
        super().__init__(client(port, kind, keys), owner, port, bucket)
        form = QueryAuth if kind == "v4-query" else botocore.auth.S3SigV4Auth
        self._auth = form(botocore.credentials.Credentials(*keys), "s3", REGION)

    def ask(self, method, target, body=b"", headers=(), status=200):
        host = f"127.0.0.1:{self.port}"
        request = botocore.awsrequest.AWSRequest(
            method, f"http://{host}/{self.bucket}/{target}", headers={"Host": host} | dict(headers))
        payload = dict(headers).get("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
        self._auth.payload = lambda request: payload
        self._auth.add_auth(request)
        return ask(self.port, method, request.url.partition(host)[2], request.headers.items(), body,
                   status)


def names(t):
    for key in ODD:
        body = f"object {key}".encode()
        t.call("put_object", Key=key, Body=body)
        check(f"stored as {key}", t.stored(key), body)
        check(f"GET {key}", t.get(key), body)
        check(f"HEAD {key}", t.call("head_object", Key=key)["ContentLength"], len(body))
    listed = [o["Key"] for o in t.call("list_objects")["Contents"]]
    check("listed", sorted(listed), sorted(ODD))
    for key in ODD:
        t.call("delete_object", Key=key)
    check("after DELETE", t.call("list_objects").get("Contents", []), [])


def spellings(t):
    """Targets that nginx makes canonical before it signs them."""
    for target in SPELLINGS:
        key = urllib.parse.unquote(target)
        t.ask("PUT", target, target.encode(), [("Content-Type", "text/plain")])
        check(f"stored by {target}", t.stored(key), target.encode())
        check(f"GET {target}", t.ask("GET", target), target.encode())
        check(f"GET {target}?x", t.ask("GET", f"{target}?x=a+b%20c&y&=z&w='"), target.encode())
        t.ask("DELETE", target, status=204)


def ranges(t):
    body = bytes(range(256)) * 40
    t.call("put_object", Key="range", Body=body)
    for value, part in [("bytes=0-0", body[:1]), ("bytes=100-199", body[100:200]),
                        ("bytes=-5", body[-5:]), ("bytes=10000-", body[10000:])]:
        check(value, t.get("range", Range=value), part)
    t.ask("GET", "range", headers=[("Range", "bytes=20000-")], status=416)
    etag = f'"{hashlib.md5(body).hexdigest()}"'
    check("If-Match", t.get("range", IfMatch=etag), body)
    t.ask("GET", "range", headers=[("If-None-Match", etag)], status=304)


def listing(t):
    keys = ["films/a b/1", "films/a b/2", "films/é/1", "films/+&=/1", "films/plain", "other"]
    for key in keys:
        t.call("put_object", Key=key, Body=key.encode())
    for operation in ("list_objects", "list_objects_v2"):
        answer = t.call(operation, Prefix="films/", Delimiter="/")
        check("prefixes", [p["Prefix"] for p in answer["CommonPrefixes"]],
              ["films/+&=/", "films/a b/", "films/é/"])
        check("keys", [o["Key"] for o in answer["Contents"]], ["films/plain"])
        for prefix in ("films/a b/", "films/+&=/", "films/é/", "~", "films/%20'("):
            answer = t.call(operation, Prefix=prefix, Delimiter="/", MaxKeys=10)
            check(f"prefix {prefix}", [o["Key"] for o in answer.get("Contents", [])],
                  [key for key in keys if key.startswith(prefix)])
        pages = t.s3.get_paginator(operation).paginate(Bucket=t.bucket, PaginationConfig={"PageSize": 2})
        check("pages", sorted(o["Key"] for page in pages for o in page["Contents"]), sorted(keys))
    for query in ("prefix=films/a+b/", "prefix=films%2fa%20b%2F&delimiter=%2f",
                  "delimiter=/&prefix=films/a+b/"):
        listed = t.ask("GET", f"?{query}")
        check(query, re.findall(rb"<Key>([^<]*)</Key>", listed), [b"films/a b/1", b"films/a b/2"])


def multipart(t):
    key, parts = "multi part/é+", [bytes([i]) * (5 * MIB + i) for i in range(2)] + [b"last"]
    upload = t.call("create_multipart_upload", Key=key, ContentType="text/x-odd; a=\"b\"",
                    Metadata={"a": "x  y"})["UploadId"]
    check("uploads", [u["Key"] for u in t.call("list_multipart_uploads")["Uploads"]], [key])
    done = []
    for number, part in enumerate(parts, 1):
        etag = t.call("upload_part", Key=key, UploadId=upload, PartNumber=number, Body=part)["ETag"]
        done.append({"ETag": etag, "PartNumber": number})
    check("parts", len(t.call("list_parts", Key=key, UploadId=upload)["Parts"]), len(parts))
    t.call("complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": done})
    check("content", hashlib.sha256(t.stored(key)).digest(), hashlib.sha256(b"".join(parts)).digest())
    check("read", t.get(key) == b"".join(parts), True)
    check("metadata", t.call("head_object", Key=key)["Metadata"], {"a": "x  y"})
    upload = t.call("create_multipart_upload", Key="aborted")["UploadId"]
    t.call("abort_multipart_upload", Key="aborted", UploadId=upload)
    check("uploads after", t.call("list_multipart_uploads").get("Uploads", []), [])


def copies(t):
    t.call("put_object", Key="from é+", Body=b"copied", Metadata={"film": "one"}, ACL="private",
           ContentType="text/plain", CacheControl="max-age=1")
    t.call("copy_object", Key="to", CopySource={"Bucket": t.bucket, "Key": "from é+"})
    check("copy", t.stored("to"), b"copied")
    check("metadata", t.call("head_object", Key="to")["Metadata"], {"film": "one"})


def deletes(t):
    keys = ["a b", "é", "a+b", "a&b", "a/b", "'"]
    for key in keys:
        t.call("put_object", Key=key, Body=b"x")
    answer = t.call("delete_objects", Delete={"Objects": [{"Key": key} for key in keys]})
    check("deleted", sorted(d["Key"] for d in answer["Deleted"]), sorted(keys))
    check("left", t.call("list_objects").get("Contents", []), [])


def subresources(t):
    t.call("put_object", Key="sub é", Body=b"one")
    check("?acl", len(t.call("get_object_acl", Key="sub é")["Grants"]), 1)
    t.call("put_object_acl", Key="sub é", ACL="public-read")
    check("?acl after", len(t.call("get_object_acl", Key="sub é")["Grants"]), 2)
    check("bucket's ?acl", len(t.call("get_bucket_acl")["Grants"]), 1)
    t.call("put_object_tagging", Key="sub é", Tagging={"TagSet": [{"Key": "k", "Value": "v w"}]})
    check("?tagging", t.call("get_object_tagging", Key="sub é")["TagSet"], [{"Key": "k", "Value": "v w"}])
    t.call("delete_object_tagging", Key="sub é")
    t.call("get_bucket_location")
    t.call("put_bucket_policy", Policy='{"Version":"2012-10-17","Statement":[]}')
    t.call("delete_bucket_policy")
    t.call("put_bucket_cors", CORSConfiguration={
        "CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]})
    check("?cors", t.call("get_bucket_cors")["CORSRules"][0]["AllowedMethods"], ["GET"])
    t.call("delete_bucket_cors")
    t.call("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": [
        {"ID": "r", "Prefix": "none/", "Status": "Enabled", "Expiration": {"Days": 9}}]})
    t.call("delete_bucket_lifecycle")
    t.call("put_bucket_request_payment", RequestPaymentConfiguration={"Payer": "BucketOwner"})
    check("?requestPayment", t.call("get_bucket_request_payment")["Payer"], "BucketOwner")


def overrides(t):
    """response-… arguments, which Signature V2 signs decoded."""
    t.call("put_object", Key="override", Body=b"one")
    wanted = {"ResponseContentType": "text/x-a; b=\"c d\"", "ResponseCacheControl": "no-cache, max-age=0",
              "ResponseContentDisposition": "attachment; filename=\"a+b &=é.txt\"",
              "ResponseContentLanguage": "nl", "ResponseContentEncoding": "x-odd"}
    answer = t.call("get_object", Key="override", **wanted)
    for name, value in wanted.items():
        check(name, answer[name.removeprefix("Response")].encode("latin-1").decode(), value)


def versions(t):
    t.call("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})
    check("?versioning", t.call("get_bucket_versioning")["Status"], "Enabled")
    ids = [t.call("put_object", Key="version", Body=body)["VersionId"] for body in (b"one", b"two")]
    check("first", t.get("version", VersionId=ids[0]), b"one")
    check("?versions", len(t.call("list_object_versions")["Versions"]), 2)
    for version in ids:
        t.call("delete_object", Key="version", VersionId=version)
    t.call("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"})


def buckets(t):
    name = f"{t.bucket}-more"
    t.s3.create_bucket(Bucket=name)
    check("created", name in [b["Name"] for b in t.s3.list_buckets()["Buckets"]], True)
    t.s3.head_bucket(Bucket=name)
    t.s3.delete_bucket(Bucket=name)


def headers(t):
    """Headers that Signature V4 signs are written in many ways."""
    for value in ("a", "a b", "a   b", "a,b", "\"q\"", "a:b", "é".encode(), ""):
        t.ask("PUT", "headers", b"x", [
            ("x-amz-meta-a", value), ("X-Amz-Meta-B", "b"), ("content-type", "a/b; c=d")])
        check(f"content of {value}", t.ask("GET", "headers"), b"x")
        stored = t.owner.head_object(Bucket=t.bucket, Key="headers")
        value = value.decode("latin-1") if isinstance(value, bytes) else value
        check(f"metadata of {value}", stored["Metadata"], {"a": value, "b": "b"})
        check("type", stored["ContentType"], "a/b; c=d")
    t.ask("PUT", "empty", headers=[("Content-Length", "0"), ("x-amz-acl", "public-read")])
    check("empty", t.stored("empty"), b"")
    md5 = "aLMh3ILoCYY3e+0EBmMJqA=="
    t.ask("PUT", "md5", b"x", [("Content-MD5", md5)], status=400)
    # The client's own signature does not reach radosgw.
    own = [("Authorization", "AWS AKIDCLIENT:none"), ("X-Amz-Date", "20200101T000000Z"),
           ("X-Amz-Security-Token", "none"), ("X-Amz-Content-Sha256", "0")]
    target = "headers?AWSAccessKeyId=x&Signature=y&Expires=1&X-Amz-Signature=z"
    check("own signature", t.ask("GET", target, headers=own), b"x")


def part_copy(t):
    t.owner.put_object(Bucket=t.bucket, Key="source é", Body=b"0123456789")
    upload = t.call("create_multipart_upload", Key="part")["UploadId"]
    part = t.call("upload_part_copy", Key="part", UploadId=upload, PartNumber=1,
                  CopySourceRange="bytes=2-5",
                  CopySource={"Bucket": t.bucket, "Key": "source é"})["CopyPartResult"]
    t.call("complete_multipart_upload", Key="part", UploadId=upload,
           MultipartUpload={"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]})
    check("copied part", t.stored("part"), b"2345")


def repeated_argument(t):
    t.owner.put_object(Bucket=t.bucket, Key="repeated", Body=b"x")
    check("GET", t.ask("GET", "repeated?x=1&x=2"), b"x")


def trailer(t):
    body = b"3\r\none\r\n0\r\nx-amz-checksum-crc32:ehgwYQ==\r\n\r\n"
    t.ask("PUT", "trailer", body, [
        ("Content-Encoding", "aws-chunked"), ("X-Amz-Decoded-Content-Length", "3"),
        ("X-Amz-Trailer", "x-amz-checksum-crc32"), ("X-Amz-Content-Sha256", TRAILER)])
    check("stored", t.stored("trailer"), b"one")


CASES = [
    names, spellings, ranges, listing, multipart, copies, deletes, subresources, overrides, versions,
    buckets, headers, part_copy, repeated_argument,
]
# What radosgw refuses whoever signs, for the kinds and keys of a pattern.
UNSUPPORTED = {
    part_copy: (".* temporary", "it denies UploadPartCopy to a role that may do everything"),
    repeated_argument: ("v4", "it refuses the signature of two arguments of one name"),
    trailer: ("v4", "it does not support the form, and reads its name as a hash"),
}


def refusal(case, trial):
    """The error code with which radosgw refuses a case; None if it does not."""
    try:
        case(trial)
    except Wrong as error:
        if not error.code:
            raise
        return error.code
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return None


def temporary_keys(radosgw):
    """Keys of radosgw's own security token service, for a role that may do everything."""
    trust = {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/films"]},
             "Action": ["sts:AssumeRole"]}
    rights = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = {"Version": "2012-10-17"}
    role = json.loads(radosgw.admin(
        "role", "create", "--role-name=films", "--path=/",
        f"--assume-role-policy-doc={json.dumps(policy | {'Statement': [trust]})}"))
    radosgw.admin(
        "role-policy", "put", "--role-name=films", "--policy-name=all",
        f"--policy-doc={json.dumps(policy | {'Statement': [rights]})}")
    service = client(radosgw.port, credentials=KEY, service="sts")
    keys = service.assume_role(RoleArn=role["Arn"], RoleSessionName="films")["Credentials"]
    return keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]


def configuration(radosgw, keys, ports):
    """A server for each kind of signature and keys, which signs all that it gets."""
    servers = "".join(f"""
    server {{
        listen 127.0.0.1:{port};
        location / {{
            s3_access_key {keys[name][0]}; s3_secret_key {keys[name][1]};
            {"s3_security_token " + keys[name][2] + ";" if len(keys[name]) > 2 else ""}
            s3_methods any; {KINDS[kind]}
            proxy_pass http://radosgw;
        }}
    }}""" for (kind, name), port in ports.items())
    return f"""
    upstream radosgw {{ server 127.0.0.1:{radosgw.port}; keepalive 8; }}
    client_max_body_size 0;
    merge_slashes off;
    ignore_invalid_headers off;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host 127.0.0.1:{radosgw.port};
{servers}"""


def run_cases(radosgw, ports, keys):
    """All cases for each kind and keys; how many requests passed, and what is not supported."""
    owner, done, unsupported = client(radosgw.port, "v4-headers", KEY), 0, set()
    for number, ((kind, name), port) in enumerate(ports.items()):
        done_before = done
        for case in dict.fromkeys([*CASES, *UNSUPPORTED]):
            pattern, _ = UNSUPPORTED.get(case, ("never", None))
            refused = re.match(pattern, f"{kind} {name}")
            if not refused and case not in CASES:
                continue
            where = f"{kind}, {name}, {case.__name__}"
            bucket = f"films-{number}-{case.__name__.replace('_', '-')}"
            owner.create_bucket(Bucket=bucket)
            trial = Trial(client(port), owner, port, bucket)
            try:
                if not refused:
                    case(trial)
                    done += trial.done
                    continue
                code = refusal(case, trial)
                # botocore's V2 is wrong for radosgw's buckets.
                form = kind if kind.startswith("v4") else "v4-headers"
                direct = refusal(case, DirectTrial(form, keys[name], owner, radosgw.port, bucket))
            except (Wrong, botocore.exceptions.ClientError) as error:
                raise Failure(f"{where}: {error}") from None
            if not code or code != direct:
                raise Failure(f"{where}: {code}, and {direct} without nginx")
            unsupported.add(case.__name__)
        print(f"{kind}, {name}: {done - done_before} requests")
    for case, (_, reason) in UNSUPPORTED.items():
        print(f"refused by radosgw: {case.__name__}: {reason}")
    return done, unsupported


def run(options):
    nginx = Nginx(options.nginx, options.module)
    try:
        with Radosgw() as radosgw:
            keys = {"permanent keys": KEY, "temporary keys": temporary_keys(radosgw)}
            ports = {(kind, name): reserve_port() for kind in KINDS for name in keys}
            nginx.configure(configuration(radosgw, keys, ports))
            nginx.start()
            done, unsupported = run_cases(radosgw, ports, keys)
            suites = s3_suites.run(radosgw.port, ports["v4-headers", "permanent keys"], KEY)
            nginx.check_log()
            version = radosgw.version()
    finally:
        nginx.remove()
    return (f"radosgw {version}: {done} requests in {len(ports)} kinds and keys,"
            f" {len(unsupported)} cases refused by it without nginx as well; {suites}")


command(__doc__, run)
