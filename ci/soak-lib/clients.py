#!/usr/bin/env python3
"""Real clients of S3, with their defaults, through nginx to the S3 server.

    clients.py --nginx BINARY --module MODULE [--short 1]

Each client has no keys, or keys that the S3 server does not know; nginx signs with others. It uploads,
downloads, copies and deletes, over HTTP and HTTPS, to locations that sign with Version 4 in headers and
in the query. What it uploads is then compared byte for byte, and must not have kept the content coding
of the upload. With Version 2, which has no form for a body in chunks, uploads in chunks get 501, and
the client sends no second request; with what nginx logs to set in the client, they pass, and others
pass as they are. The short form is of few clients, without keys, over HTTPS, and with Version 4 in
headers only. What clients send to the location that signs in the query is not buffered. restic, whose
uploads over HTTP are signed in their body, gets 501 there, once, and passes over HTTPS.
"""

import dataclasses
import hashlib
import itertools
import os
import pathlib
import random
import ssl
import subprocess
import urllib.error
import urllib.request

from load import KEYS, S3Server, command
from web import Failure, Nginx, reserve_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(__file__).resolve().parent / "client-programs"
# Where ci/setup puts the clients.
CLIENTS = ROOT / "build/clients"
LIMIT = 120  # seconds for a client

KINDS = {
    "v4-headers": "s3_region eu-west-1; s3_use_headers on;",
    "v4-query": "s3_region eu-west-1; s3_use_headers off; proxy_request_buffering off;",
    "v2-headers": "s3_use_headers on;",
}
SETTING = "AWS_REQUEST_CHECKSUM_CALCULATION"
LOGGED = f'only its sender can sign a body in this form of "aws-chunked" encoding, set "{SETTING}='
# What listens for each kind. nginx sends what only TLS 1.3 has, a client that does not read it and
# closes the connection resets it, and nginx loses what it has not read yet.
SCHEMES = {"http": "", "https": "ssl", "https, TLS 1.2": "ssl"}
PLAIN = str.maketrans(" ,", "--")
UPLOADS = ("small", "large", "multipart", "stream")
OTHERS = ("get", "get large", "range", "copy", "delete")


@dataclasses.dataclass(frozen=True)
class Client:
    """A client, by the program that runs its operations."""

    name: str
    program: tuple
    uploads: tuple = UPLOADS
    # What it uploads in chunks over HTTPS without setting anything.
    chunked: tuple = UPLOADS
    others: tuple = OTHERS
    keys: tuple = ("no", "dummy")
    kinds: tuple = ("v4-headers", "v4-query")
    # Without TLS and with it.
    schemes: tuple = ("http", "https")
    # What its program needs to know.
    environment: tuple = ()


CLIENTS_TESTED = [
    Client("boto3", ("bin/python", "sdk_for_python.py")),
    Client("the SDK for JavaScript", ("bin/node", "sdk_for_javascript.mjs"), chunked=("large",)),
    Client("pyarrow", ("bin/python", "sdk_for_cpp.py"), ("small", "large", "stream"),
           ("small", "large", "stream")),
]

AWS_CLI_2 = CLIENTS / "more/awscli/v2/program/dist/aws"
MORE_CLIENTS = [
    Client("AWS CLI 1", ("bin/python", "aws_cli.py"), environment=(("AWS_CLI", "aws"),)),
    Client("AWS CLI 2", ("bin/python", "aws_cli.py"), environment=(("AWS_CLI", str(AWS_CLI_2)),)),
    Client("rclone", ("bin/python", "rclone.py"), ("small", "large", "stream"), ()),
    Client("s5cmd", ("bin/python", "s5cmd.py"), chunked=(),
           others=("get", "get large", "copy", "delete")),
    # Without keys it is to be configured.
    Client("s3cmd", ("bin/python", "s3cmd.py"), ("small", "multipart", "stream"), (),
           ("get", "get large", "copy", "delete"), keys=("dummy",)),
    Client("minio", ("bin/python", "minio_sdk.py"), ("small", "multipart", "stream"), ()),
    # It has no S3 client, and sends bodies of unknown length, which S3 accepts from a buffer only.
    Client("ffmpeg", ("bin/python", "ffmpeg.py"), ("small", "stream"), (),
           ("get", "get large", "range"), keys=("no",), kinds=("v4-headers",),
           schemes=("http", "https, TLS 1.2")),
]
RESTIC = Client("restic", ("bin/python", "restic.py"), ("init",), (), ("restore",), keys=("dummy",))


class Stage:
    """nginx in front of the S3 server, on a port for each kind and scheme."""

    def __init__(self, options):
        self.nginx = Nginx(options.nginx, options.module)
        self.directory = self.nginx.directory
        self.s3 = S3Server(self.directory)
        self.ports = {(kind, scheme): reserve_port()
                      for kind in KINDS for scheme in SCHEMES}
        self.small = self._file("small", 1000)
        self.large = self._file("large", 20 << 20)
        self.ca = self.directory / "ca.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", self.directory / "key.pem", "-out", self.ca],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.trusted = ssl.create_default_context(cafile=str(self.ca))

    def _file(self, name, size):
        path = self.directory / name
        path.write_bytes(random.Random(name).randbytes(size))
        return path

    def __enter__(self):
        servers = "".join(f"""
    server {{
        listen 127.0.0.1:{port} {SCHEMES[scheme]};
        {"ssl_protocols TLSv1.2;" if "1.2" in scheme else ""}
        ssl_certificate ca.pem;
        ssl_certificate_key key.pem;
        s3_access_key {KEYS[0][0]};
        s3_secret_key {KEYS[0][1]};
        s3_methods any;
        {KINDS[kind]}
        location / {{ proxy_pass http://s3; }}
    }}""" for (kind, scheme), port in self.ports.items())
        self.nginx.configure(f"""
    upstream s3 {{ server {self.s3.address}; keepalive 8; }}
    client_max_body_size 100m;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    # ffmpeg does not wait for the answer.
    proxy_ignore_client_abort on;
    proxy_set_header Host s3.eu-west-1.amazonaws.com;
{servers}""")
        self.nginx.start()
        return self

    def __exit__(self, *_):
        self.nginx.remove()
        self.s3.stop()

    def run(self, client, kind, scheme, keys, operations, **environment):
        """What becomes of each operation: `ok`, or an error."""
        program, script = client.program
        environment = {
            "PATH": f"{CLIENTS}/bin:{os.environ['PATH']}", "HOME": str(self.directory), "BUCKET": "films",
            "ENDPOINT": f"{scheme.partition(',')[0]}://127.0.0.1:{self.ports[kind, scheme]}",
            "PREFIX": f"{client.name}/{kind}/{scheme}/{keys}/".translate(PLAIN), "CA": str(self.ca),
            "NODE_EXTRA_CA_CERTS": str(self.ca), "SMALL": str(self.small), "LARGE": str(self.large),
            "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            **({"AWS_ACCESS_KEY_ID": "AKIDCLIENT0000000000",
                "AWS_SECRET_ACCESS_KEY": "Client/Secret+Key"} if keys == "dummy" else {}),
            **dict(client.environment), **environment,
        }
        result = subprocess.run(
            [CLIENTS / program, PROGRAMS / script, *operations], cwd=CLIENTS, env=environment,
            capture_output=True, text=True, timeout=LIMIT, check=False,
        )
        results = dict(line.split("\t", 1) for line in result.stdout.splitlines() if "\t" in line)
        if missing := set(operations) - set(results):
            raise Failure(f"{client.name} has ended before {missing}: {result.stderr}")
        return environment["PREFIX"], results

    def _open(self, target):
        url = f"https://127.0.0.1:{self.ports['v4-headers', 'https']}/films{target}"
        return urllib.request.urlopen(url, context=self.trusted, timeout=LIMIT)

    def check_deleted(self, prefix):
        """That the objects which a client has deleted are no longer there."""
        for name in ("small", "copy"):
            try:
                self._open(f"/{prefix}{name}").close()
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    continue
                raise
            raise Failure(f"{prefix}{name} is still there")

    def check_object(self, prefix, name):
        """That an object is what was sent."""
        with self._open(f"/{prefix}{name}") as answer:
            content, coding = answer.read(), answer.headers["Content-Encoding"]
        sent = (self.small if name in ("small", "copy") else self.large).read_bytes()
        if hashlib.sha256(content).digest() != hashlib.sha256(sent).digest():
            raise Failure(f"{prefix}{name} has {len(content)} bytes that are not as sent")
        if coding:
            raise Failure(f"{prefix}{name} has Content-Encoding {coding}")

    def check_arrived(self):
        """That every request which has reached the S3 server is signed by nginx."""
        arrived = self.s3.requests()
        # A signature of the client's is refused.
        if bad := [request for request in arrived if request[3] not in KINDS or request[2] == "403"]:
            raise Failure(f"not signed by nginx: {bad[:5]}")
        return len(arrived)


def try_client(stage, client, kind, scheme, keys):
    """Runs all operations, which must succeed. Returns their number."""
    operations = client.uploads + client.others
    # Deleted last, after it has been compared.
    prefix, results = stage.run(client, kind, scheme, keys, operations[:-1])
    for name in client.uploads + (("copy",) if "copy" in client.others else ()):
        if results[name] == "ok":
            stage.check_object(prefix, name)
    results |= stage.run(client, kind, scheme, keys, operations[-1:])[1]
    if "delete" in client.others and results["delete"] == "ok":
        stage.check_deleted(prefix)
    if failed := {name: text for name, text in results.items() if text != "ok"}:
        raise Failure(f"{client.name}, {kind}, {scheme}, {keys} keys: {failed}\n{stage.nginx.log()[-2000:]}")
    return len(operations)


def try_signed_chunks(stage, client, kind):
    """Uploads that only the client can sign."""
    logged = stage.nginx.log().count(LOGGED)
    _, results = stage.run(client, kind, "http", "dummy", client.uploads)
    refused = stage.nginx.log().count(LOGGED) - logged
    if any(result == "ok" for result in results.values()) or refused != len(results):
        raise Failure(f"{client.name}, {kind}: {results}, refused {refused} times")
    _, others = stage.run(client, kind, "https", "dummy", client.uploads + client.others)
    if failed := {name: text for name, text in others.items() if text != "ok"}:
        raise Failure(f"{client.name}, {kind}, https: {failed}")
    return len(results) + len(others)


def try_v2(stage, client):
    """Uploads in chunks to a location that signs with Version 2."""
    for name in client.chunked:
        logged = stage.nginx.log().count(LOGGED)
        _, results = stage.run(client, "v2-headers", client.schemes[1], client.keys[0], [name])
        refused = stage.nginx.log().count(LOGGED) - logged
        # boto3 sends parts at a time, and again those that the failure of another has interrupted.
        as_often = refused == 1 if name in ("small", "large") else refused > 0
        if "NotImplemented" not in results[name] and "501" not in results[name] or not as_often:
            raise Failure(f"{client.name}, {name}: {results[name]}, refused {refused} times")
    plain = tuple(name for name in client.uploads if name not in client.chunked)
    for names, setting in ((client.chunked, {SETTING: "when_required"}), (plain, {})):
        prefix, results = stage.run(client, "v2-headers", client.schemes[1], client.keys[0], names, **setting)
        for name in names:
            if results[name] != "ok":
                raise Failure(f"{client.name}, v2-headers, {name}, {setting}: {results[name]}")
            stage.check_object(prefix, name)
    return len(client.chunked) + len(client.uploads)


SHORT = [("v4-headers", "https", "no")]


def run(options):
    tried = 0
    clients = CLIENTS_TESTED + ([] if options.short else MORE_CLIENTS)
    with Stage(options) as stage:
        for client in clients:
            every = itertools.product(client.kinds, client.schemes, client.keys)
            for kind, scheme, keys in SHORT if options.short else every:
                tried += try_client(stage, client, kind, scheme, keys)
            tried += try_v2(stage, client)
            print(f"  {client.name}: ok", flush=True)
        if not options.short:
            clients.append(RESTIC)
            tried += sum(try_signed_chunks(stage, RESTIC, kind) for kind in KINDS)
            print(f"  {RESTIC.name}: ok", flush=True)
        arrived = stage.check_arrived()
        stage.nginx.stop()
        stage.nginx.check_log()
    return f"{len(clients)} clients, {tried} operations, {arrived} requests, 0 failures"


command(__doc__, run, short=0)
