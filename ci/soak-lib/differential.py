#!/usr/bin/env python3
"""Random, valid requests through nginx, signed in every kind, and verified by botocore.

Each request is sent twice: to a server whose location signs, and to its twin without the module.
What arrives at the upstream from the twin is what nginx decided to send; what arrives from the
other must be the same request but for what authenticates, with a signature that botocore, reading
nothing but the raw bytes, makes of it too. What must not be signed must not arrive.

    differential.py --nginx BINARY --module MODULE [--requests N] [--seed S] [--only I]

A failure is made as small as it gets and printed with the seed; `--only` repeats one request.
"""

import argparse
import json
import pathlib
import random
import re
import subprocess
import sys
import time
from urllib.parse import unquote_to_bytes

from web import KINDS, Failure, Nginx, Recorder, ask

ROOT = pathlib.Path(__file__).resolve().parents[2]
ORACLE = ROOT / "crates/s3-signer/tests/botocore_oracle.py"

KEY_ID = "AKIDDIFFERENTIAL0001"
SECRET = "Differential/Secret+Key000000000000000001"
TOKEN = "Differential/Token+With/Signs=="
REGION = "eu-west-1"
HOST = "films.s3.eu-west-1.amazonaws.com"
LIFETIME = 900

# How many headers or arguments make the signature, without a token.
PARTS = {"v4-headers": 3, "v4-query": 6, "v2-headers": 2, "v2-query": 3}

# Ways to proxy. UPSTREAM is the name of an upstream block.
FORMS = {
    "as-is": f"proxy_pass http://UPSTREAM; proxy_set_header Host {HOST};",
    "with-uri": f"proxy_pass http://UPSTREAM/public/; proxy_set_header Host {HOST};",
    "variables": f"set $up UPSTREAM; proxy_pass http://$up$request_uri; proxy_set_header Host {HOST};",
    "rewritten": "rewrite ^/(.*)$ /rewritten/$1 break; proxy_pass http://UPSTREAM;"
                 f"proxy_set_header Host {HOST};",
    "http-1.0": f"proxy_pass http://UPSTREAM; proxy_set_header Host {HOST};"
                "proxy_http_version 1.0; proxy_set_header Connection close;",
    "unbuffered": f"proxy_pass http://UPSTREAM; proxy_set_header Host {HOST};"
                  "proxy_request_buffering off;",
    "client-host": "proxy_pass http://UPSTREAM; proxy_set_header Host $http_host;",
    # A capture is decoded, and this one can hold line breaks.
    "capture": "proxy_pass http://UPSTREAM/$path$is_args$args;"
               f"proxy_set_header Host {HOST};",
}


def configuration(directory):
    servers = []
    for form, proxy in FORMS.items():
        location = r"~ ^/(?<path>[^\n]*\n?[^\n]*)$" if form == "capture" else "/"
        for name, upstream, settings in [("plain", "plain", "")] + [
            (kind + token, "signed",
             f"s3_access_key {KEY_ID}; s3_secret_key {SECRET}; s3_methods any; {kind_settings}"
             + (f" s3_security_token {TOKEN};" if token else ""))
            for kind, kind_settings in KINDS.items() for token in ("", "-token")
        ]:
            servers.append(f"""
    server {{
        listen unix:{directory}/{form}.{name}.sock;
        location {location} {{ {settings} {proxy.replace("UPSTREAM", upstream)} }}
        location = /never {{ return 404; }}
    }}""")
    return f"""
    client_max_body_size 0;
    large_client_header_buffers 8 128k;
    merge_slashes off;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream signed {{ server unix:{directory}/up-signed.sock; keepalive 4; }}
    upstream plain {{ server unix:{directory}/up-plain.sock; keepalive 4; }}
{"".join(servers)}"""


# --- requests ---------------------------------------------------------------

WORDS = ["a", "b", "film", "2013", "A-z_0.9~", "key", "x"]
PATH_PIECES = WORDS + [
    "/", "/", "/", "//", "/./", "/../", "/..", "..%2f", "..%2F", "%2e%2e/", "%2f", "%2F", "+", "%2B", "%20",
    "%", "%25", "%2525", "%3f", "%23", "%C3%A9", "%c3%a9", "é", "日本", "=", ":", "@", "*", "'", "(",
    "!", "\"", "<", "\\", "^", "|", "{", "~", "%7e", "&", ",", ";", "$", "$request_uri", "%0d%0a",
    "%0d%0aX-Amz-Acl:%20public-read", "%20HTTP/1.1%0d%0aX-Amz-Acl:%20public-read%0d%0aX:", "%0a", "%09", "%7f", "%80", "%ff",
]
# Arguments that Signature V2 signs.
RESOURCE = [
    "acl", "uploads", "uploadId", "partNumber", "versionId", "response-content-type", "delete", "tagging",
]
NAMES = WORDS + RESOURCE + [
    "list-type", "prefix", "x-id", "x-amz-meta-q", "X-AMZ-META-Q", "", "a-b", "é", "%C3%A9",
    "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders",
    "X-Amz-Signature", "X-Amz-Security-Token", "x-aMz-sIGNATURE", "%58-Amz-Signature",
    "X%2dAmz%2DDate", "AWSAccessKeyId", "Signature", "Expires", "%45xpires", "expires", "signature",
]
VALUES = WORDS + [
    "", "1", "+", "%20", "%2B", "a+b", "=", "==", "/", "?", ":", "%26", "%3D", "%", "%25", "%0A",
    "é", "%e2%82%ac", "\"", "~", "%7E", "*", "!", "'", "%2F..%2F", "a,b", ";", "a%20%20b",
]
METHODS = ["GET"] * 6 + ["HEAD"] * 2 + ["PUT", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"]
AMZ_HEADERS = [
    "x-amz-meta-a", "x-amz-meta-a", "X-Amz-Meta-A", "x-amz-meta-b", "x-amz-meta-a-b", "x-amz-acl",
    "X-AMZ-STORAGE-CLASS", "x-amz-cf-id", "x-amz-copy-source", "x-amz-",
]
AUTHENTICATING = [
    "Authorization", "authorization", "X-Amz-Date", "x-amz-date", "X-Amz-Content-Sha256",
    "X-AMZ-SECURITY-TOKEN", "x-amz-security-token",
]
OTHER_HEADERS = [
    "Range", "Accept-Encoding", "User-Agent", "Cookie", "Date", "If-None-Match", "Referer",
    "X-Forwarded-For", "X-Amzn-Trace-Id", "x_amz_meta_a", "X-Amz-Copy_Source", "x-amz-meta-a_b", "x-am", "Authorization2", "Connection",
    "Keep-Alive", "TE", "Upgrade", "Via",
]
HEADER_VALUES = [
    "", "1", "a", "a b", "a  b", "a   b  c", "  a", "a  ", "\ta\t", "a,b", "\"q\"", "é", "日本語",
    "bytes=0-1", "AWS AKID:sig=", "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=0",
    "20130524T000000Z", "UNSIGNED-PAYLOAD", "x" * 300, "{}", "a:b", "keep-alive",
]
# What announces a body in chunks of S3's.
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
AWS_CHUNKED = [
    ("x-amz-content-sha256", UNSIGNED_TRAILER), ("X-Amz-Trailer", "x-amz-checksum-crc32"),
    ("Content-Encoding", "aws-chunked"), ("content-encoding", "gzip,AWS-chunked"),
    ("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
]
# Hosts with the bucket that they name.
HOSTS = [
    (HOST, "films"), ("films.s3.amazonaws.com", "films"), ("FILMS.S3.AmazonAWS.com:443", "films"),
    ("my.films.s3-eu-west-1.amazonaws.com", "my.films"), ("s3.eu-west-1.amazonaws.com", None),
    ("films.s3.cn-north-1.amazonaws.com.cn", "films"), ("127.0.0.1:9000", None),
    ("my.films.bucket.vpce-1a-2b.s3.eu-west-1.vpce.amazonaws.com", "my.films"),
    ("films.s3.eu-west-1.amazonaws.com.", "films"),
    ("[::1]:9000", None), ("[::1]", None), ("minio.example", None),
]


class Request:
    """A request in parts, so that it can be made smaller."""

    def __init__(self, rng):
        self.form = rng.choice(list(FORMS))
        self.kind = rng.choice(list(KINDS))
        self.has_token = rng.random() < 0.4
        self.method = rng.choice(METHODS)
        self.absolute = rng.random() < 0.03
        self.version = rng.choice(["1.1", "1.1", "1.1", "1.0"])
        self.path = [rng.choice(PATH_PIECES) for _ in range(rng.randrange(9))]
        if rng.random() < 0.01:
            self.path += ["long%20path/" * rng.randrange(50, 2000)]
        self.query = []
        if rng.random() < 0.6:
            for _ in range(rng.randrange(7)):
                name, value = rng.choice(NAMES), rng.choice(VALUES)
                self.query.append(rng.choice([name, f"{name}=", f"{name}={value}", f"{name}={value}"]))
        self.host, self.bucket = rng.choice(HOSTS)
        self.headers = []
        for _ in range(rng.randrange(8)):
            names = rng.choice([AMZ_HEADERS, AUTHENTICATING, OTHER_HEADERS, OTHER_HEADERS])
            value = rng.choice(HEADER_VALUES)
            self.headers.append((rng.choice(names), value))
        for name in ("Content-Type", "content-md5"):
            if rng.random() < 0.15:
                self.headers.append((name, rng.choice(HEADER_VALUES[:8])))
        if rng.random() < 0.05:
            self.headers += rng.sample(AWS_CHUNKED, rng.randrange(1, len(AWS_CHUNKED)))
        rng.shuffle(self.headers)
        self.body = []
        self.chunked = False
        if self.method in ("PUT", "POST", "PATCH", "DELETE") and rng.random() < 0.7:
            self.body = [rng.randbytes(rng.choice([0, 1, 5, 1000, 40000]))]
            self.chunked = self.version == "1.1" and rng.random() < 0.4
            self.body += [rng.randbytes(7) for _ in range(rng.randrange(3))]

    def bytes(self):
        target = "/" + "".join(self.path)
        if self.absolute:
            target = f"http://other.example{target}"
        if self.query:
            target += "?" + "&".join(self.query)
        lines = [f"{self.method} {target} HTTP/{self.version}", f"Host: {self.host}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines.append("Connection: close")
        body = b"".join(self.body)
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
            chunks = [b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in self.body if chunk]
            body = b"".join(chunks) + b"0\r\n\r\n"
        elif self.body:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def smaller(self):
        """Requests with one part less."""
        for part in ("headers", "query", "path", "body"):
            for i in range(len(getattr(self, part))):
                less = Request.__new__(Request)
                less.__dict__ = self.__dict__ | {
                    part: getattr(self, part)[:i] + getattr(self, part)[i + 1:]
                }
                yield less


# --- what arrives -----------------------------------------------------------

class Arrived:
    """A request on the wire."""

    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        line, *lines = head.split(b"\r\n")
        self.raw_head = head
        self.method, _, rest = line.partition(b" ")
        self.target, _, self.version = rest.rpartition(b" ")
        self.path, _, query = self.target.partition(b"?")
        self.headers = []
        for header in lines:
            name, _, value = header.partition(b":")
            self.headers.append((name, value.strip(b" \t")))
        self.arguments = []
        for argument in filter(None, query.split(b"&")):
            name, _, value = argument.partition(b"=")
            self.arguments.append(tuple(
                unquote_to_bytes(text.replace(b"+", b" ")) for text in (name, value)
            ))

    def values(self, name):
        return [value for n, value in self.headers if n.lower() == name]

    def kept_headers(self):
        return [h for h in self.headers if h[0].lower() not in REMOVED_HEADERS]

    def kept_arguments(self):
        return [a for a in self.arguments if not is_removed_argument(a[0])]

    def must_be_refused(self, kind):
        """Why this must not be signed in this way, if so."""
        if re.search(rb"\0|\r(?!\n)|(?<!\r)\n", self.raw_head):
            return "control characters"
        if not self.target.startswith(b"/") or self.version not in (b"HTTP/1.0", b"HTTP/1.1"):
            return "request line"
        if any(not re.fullmatch(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) for name, _ in self.headers):
            return "header line"
        if len(self.values(b"host")) != 1 or not self.values(b"host")[0]:
            return "host"
        if self.form_of_chunks(kind) == "refused":
            return "aws-chunked"
        if any(is_amz(n.replace(b"_", b"-")) and not is_amz_name(n) for n, _ in self.headers):
            return "ambiguous name"
        if len(self.values(b"content-length") + self.values(b"transfer-encoding")) > 1:
            return "ambiguous body"
        # Signature V2 signs these decoded, in lines.
        if kind.startswith("v2") and any(
            name.decode(errors="replace") in RESOURCE
            for name, value in self.kept_arguments()
            if re.search(rb"[\0-\x1f\x7f]", value)
        ):
            return "a control character in an argument"
        return None

    def has_body(self):
        return bool(self.values(b"transfer-encoding")
                    or any(int(length) for length in self.values(b"content-length")))

    def form_of_chunks(self, kind):
        """How a body in chunks is signed: "none" is there, "unsigned-trailer", or "refused"."""
        if not self.has_body():
            return "none"
        hashes = self.values(b"x-amz-content-sha256")
        codings = b",".join(self.values(b"content-encoding")).lower().split(b",")
        is_coded = b"aws-chunked" in [coding.strip() for coding in codings]
        if any(h.startswith(b"STREAMING-") and h != UNSIGNED_TRAILER.encode() for h in hashes):
            return "refused"
        if UNSIGNED_TRAILER.encode() in hashes or (
            is_coded and not hashes and self.values(b"x-amz-trailer")
        ):
            return "unsigned-trailer" if kind.startswith("v4") else "refused"
        return "refused" if is_coded else "none"


REMOVED_HEADERS = (
    b"authorization", b"x-amz-date", b"x-amz-content-sha256", b"x-amz-security-token", b"upgrade",
)


def is_amz_name(name):
    """Whether all servers read this name as the signer does."""
    return name.lower().startswith(b"x-amz-meta-") or is_amz(name) and b"_" not in name


def is_amz(name):
    return name.lower().startswith(b"x-amz-")


def is_removed_argument(name):
    return is_amz(name) or name in (b"AWSAccessKeyId", b"Signature", b"Expires")


def is_utf8(arrived):
    """Whether botocore, which keeps queries and headers as text, can read it."""
    try:
        for pair in arrived.arguments + arrived.headers:
            for text in pair:
                text.decode()
    except UnicodeDecodeError:
        return False
    return True


def target_without(target, unwanted):
    path, question_mark, query = target.partition("?")
    kept = [a for a in query.split("&") if question_mark and not unwanted(unquote_to_bytes(a.partition("=")[0]))]
    return f"{path}?{'&'.join(kept)}" if kept else path


class Oracle:
    """botocore in a process of its own."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["/usr/bin/python3", ORACLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, question):
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"differential: botocore has ended; is it installed? It was asked {question}")
        return json.loads(answer)

    def verify(self, request, got, is_aws_chunked):
        """Compares what arrived with what botocore would add to it."""
        target = got.target.decode("ascii")
        in_headers = request.kind.endswith("headers")
        if request.kind == "v4-query":
            bare = target_without(target, is_amz)
        else:
            bare = target if in_headers else target_without(target, is_removed_argument)
        now = moment(request.kind, got)
        if abs(now - time.time()) > 30:
            raise Failure(f"signed at {now}")
        bucket = request.bucket if request.form == "client-host" else "films"
        signed = [
            (name.decode(), value.decode()) for name, value in got.kept_headers()
            if name.lower() in (b"host", b"content-type", b"content-md5") or name.lower().startswith(b"x-amz-")
        ]
        if is_aws_chunked and request.kind == "v4-query":
            signed.append(("x-amz-content-sha256", got.values(b"x-amz-content-sha256")[0].decode()))
        length = got.values(b"content-length")
        wanted = self.ask({
            "kind": request.kind,
            "method": got.method.decode(),
            "target": bare,
            "presigned": target_without(target, lambda name: name == b"X-Amz-Signature"),
            "headers": signed,
            "has_body": bool(got.values(b"transfer-encoding")) or bool(length) and int(length[0]) > 0,
            "access_key_id": KEY_ID,
            "secret_access_key": SECRET,
            "token": TOKEN if request.has_token else None,
            "region": REGION,
            "service": "s3",
            "is_aws_chunked": is_aws_chunked,
            "now": now,
            "auth_path": f"/{bucket}{got.path.decode()}" if bucket else None,
            "lifetime": LIFETIME,
        })
        ours = {}
        for name in wanted:
            if in_headers:
                values = [value.decode() for value in got.values(name.lower().encode())]
            else:
                values = [value.decode() for n, value in got.arguments if n == name.encode()]
            ours[name] = values[0] if len(values) == 1 else values
        if ours != wanted:
            raise Failure(f"botocore signs {wanted}, not {ours}")


def one_signature(request, got, is_aws_chunked):
    """There is no second signature, in another spelling or place."""
    payload = 1 if is_aws_chunked and request.kind == "v4-query" else 0
    authenticating = [n for n, _ in got.headers if n.lower() in REMOVED_HEADERS]
    authenticating += [n for n, _ in got.arguments if is_removed_argument(n)]
    if len(authenticating) != PARTS[request.kind] + payload + request.has_token:
        raise Failure(f"authenticates by {authenticating}")


def moment(kind, got):
    """The time of the signature, in seconds since 1970."""
    from calendar import timegm
    from email.utils import mktime_tz, parsedate_tz

    def v4(text):
        return timegm(time.strptime(text.decode(), "%Y%m%dT%H%M%SZ"))

    try:
        if kind == "v4-headers":
            return v4(got.values(b"x-amz-date")[0])
        if kind == "v4-query":
            return v4(dict(got.arguments)[b"X-Amz-Date"])
        if kind == "v2-headers":
            return mktime_tz(parsedate_tz(got.values(b"x-amz-date")[0].decode()))
        return int(dict(got.arguments)[b"Expires"]) - LIFETIME
    except (IndexError, KeyError, ValueError) as error:
        raise Failure(f"no signature: {error!r} in {got.raw_head!r}") from error


# --- the comparison ---------------------------------------------------------

class Comparison:
    def __init__(self, binary, module):
        self.nginx = Nginx(binary, module)
        self.upstreams = {
            name: Recorder(self.nginx.socket(f"up-{name}")) for name in ("signed", "plain")
        }
        self.nginx.configure(configuration(self.nginx.directory))
        self.nginx.start()
        self.workers = self.nginx.workers()
        self.oracle = Oracle()
        self.counts = {}

    def send(self, request, name):
        status, _ = ask(self.nginx.socket(f"{request.form}.{name}"), request.bytes())
        upstream = self.upstreams["plain" if name == "plain" else "signed"]
        arrived = upstream.take()
        if status == 200 and not arrived:
            raise Failure(f"{name}: 200, but nothing arrived")
        return status, arrived

    def compare(self, request):
        """Raises Failure, or returns what became of the request."""
        plain_status, plain = self.send(request, "plain")
        status, signed = self.send(request, request.kind + ("-token" if request.has_token else ""))
        if not plain:
            if signed or status != plain_status:
                raise Failure(f"nginx alone answers {plain_status}, with the module {status}")
            return "refused by nginx"
        wanted = Arrived(plain[0])
        reason = "a second request" if len(plain) > 1 else wanted.must_be_refused(request.kind)
        if reason:
            # Where the gate knows that the request is to be signed, it answers 501.
            statuses = (500, 501) if wanted.form_of_chunks(request.kind) == "refused" else (500,)
            if signed or status not in statuses:
                raise Failure(f"must be refused ({reason}), but answers {status}: {signed}")
            return f"refused by the module: {reason}"
        if status == 501 and not signed and request.chunked and not any(request.body):
            return "refused by the module: chunks of HTTP, which end up empty, in an unknown form"
        if len(signed) != 1:
            raise Failure(f"{len(signed)} requests arrived, answered {status}, unsigned: {plain}")
        got = Arrived(signed[0])
        self.same_request(request, wanted, got)
        is_aws_chunked = wanted.form_of_chunks(request.kind) == "unsigned-trailer"
        one_signature(request, got, is_aws_chunked)
        if not is_utf8(got):
            return "signed, of no UTF-8: not for botocore"
        self.oracle.verify(request, got, is_aws_chunked)
        return request.kind + ("-token" if request.has_token else "")

    @staticmethod
    def same_request(request, wanted, got):
        for what in ("method", "version", "body"):
            if getattr(got, what) != getattr(wanted, what):
                raise Failure(f"another {what}: {getattr(got, what)!r}, not {getattr(wanted, what)!r}")
        if unquote_to_bytes(got.path) != unquote_to_bytes(wanted.path):
            raise Failure(f"another path: {got.path}, not {wanted.path}")
        order = sorted if request.kind.startswith("v4") else list
        if order(got.kept_arguments()) != order(wanted.kept_arguments()):
            raise Failure(f"other arguments: {got.target}, not {wanted.target}")
        if got.kept_headers() != wanted.kept_headers():
            raise Failure(f"other headers: {got.headers}, not {wanted.headers}")

    def failure(self, request):
        try:
            outcome = self.compare(request)
        except Failure as failure:
            return failure
        self.counts[outcome] = self.counts.get(outcome, 0) + 1
        return None

    def minimise(self, request, failure):
        shrunk = True
        while shrunk:
            shrunk = False
            for less in request.smaller():
                if found := self.failure(less):
                    request, failure, shrunk = less, found, True
                    break
        return request, failure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nginx", required=True)
    parser.add_argument("--module", required=True)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    print(f"differential: seed {options.seed}", flush=True)

    start = time.monotonic()
    comparison = Comparison(options.nginx, options.module)
    numbers = range(options.requests) if options.only is None else [options.only]
    try:
        for i in numbers:
            request = Request(random.Random(f"{options.seed}/{i}"))
            if failure := comparison.failure(request):
                request, failure = comparison.minimise(request, failure)
                sys.exit(
                    f"differential: {failure}\n{request.kind}, {request.form}, "
                    f"token: {request.has_token}, repeat: --seed {options.seed} --only {i}\n"
                    f"{request.bytes()!r}"
                )
        if comparison.nginx.workers() != comparison.workers:
            sys.exit("differential: the worker has not lived on")
        comparison.nginx.stop()
        comparison.nginx.check_log()
    except Failure as failure:
        sys.exit(f"differential: {failure}")
    finally:
        comparison.nginx.remove()
    for outcome, count in sorted(comparison.counts.items()):
        print(f"{count:8} {outcome}")
    print(f"differential: {len(numbers)} requests, 0 failures, {time.monotonic() - start:.0f} s")


main()
