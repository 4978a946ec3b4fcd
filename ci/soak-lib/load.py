"""Requests without end, over kept connections, for tests that disturb nginx meanwhile; and the S3
server that answers them, when their signature is right."""

import argparse
import asyncio
import json
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time

from web import KINDS, LIMIT, Failure, Nginx, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BODY = "one object\n" * 100
# Credentials take turns, to see which configuration is in effect.
KEYS = [("AKIDLOADTURN00000000", "Load/Secret+Key0000000000000000000000000"),
        ("AKIDLOADTURN00000001", "Load/Secret+Key0000000000000000000000001")]


class S3Server:
    """The S3 server of the tests, which verifies every signature."""

    def __init__(self, directory, content=None):
        """`content`: the objects of the bucket films."""
        objects, credentials = directory / "objects.json", directory / "credentials.json"
        objects.write_text(json.dumps({"films": content or {"a": BODY}}))
        credentials.write_text(json.dumps(
            [{"access_key_id": key, "secret_access_key": secret} for key, secret in KEYS]
        ))
        self._log = directory / "s3.log"
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [ROOT / "target/debug/s3-test-server", "--objects", objects, "--credentials",
                 credentials, "--domain", "s3.eu-west-1.amazonaws.com"], stdout=log, stderr=log
            )
        wait_until(lambda: b"listening on" in self._log.read_bytes()
                   or self._process.poll() is not None)
        listening = re.search(rb"^listening on (\S+)", self._log.read_bytes(), re.MULTILINE)
        if not listening:
            raise Failure(f"the S3 server did not start: {self._log.read_text()}")
        self.address = listening[1].decode()

    def requests(self):
        """What has reached it, and is answered: method, target, status, and kind of signature."""
        return re.findall(r"^connection=\d+ (\S+) (\S+) (\d+) (\S+)", self._log.read_text(),
                          re.MULTILINE)

    def answered(self):
        """How many requests have reached it; all of them, if they are answered 200."""
        return sum(status == "200" for _, _, status, _ in self.requests())

    def stop(self):
        self._process.terminate()
        self._process.wait(LIMIT)


def configuration(directory, s3, turn=0):
    """Signs in all four ways, by the path."""
    key, secret = KEYS[turn]
    locations = "".join(
        f"        location /{kind}/ {{ s3_access_key {key}; s3_secret_key {secret}; {settings}"
        " proxy_pass http://films.s3.eu-west-1.amazonaws.com/; }\n"
        for kind, settings in KINDS.items()
    )
    return f"""
    upstream films.s3.eu-west-1.amazonaws.com {{ server {s3.address}; keepalive 8; }}
    server {{
        listen unix:{directory}/front.sock;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        # New connections now and then, so that both workers have some.
        keepalive_requests 50;
        add_header X-Worker $pid always;
        add_header X-Signature $s3_signature always;
        add_header X-Key $s3_access_key_id always;
{locations}
    }}"""


class Stage:
    """nginx with the module, and the S3 server behind it."""

    def __init__(self, options, workers):
        self.asked = 0  # Requests besides those of a load.
        self.nginx = Nginx(options.nginx, options.module, workers=workers)
        self.s3 = S3Server(self.nginx.directory)

    def __enter__(self):
        self.nginx.configure(configuration(self.nginx.directory, self.s3))
        self.nginx.start()
        return self

    def check(self, load):
        """That each request has been answered, and that each answer has reached the client."""
        if load.failed:
            raise Failure(f"{len(load.failed)} of {load.answered} requests: {load.failed[:5]}")
        if (arrived := self.s3.answered()) != load.answered + self.asked:
            raise Failure(f"{arrived} requests reached S3, {load.answered + self.asked} the client")

    def __exit__(self, *_):
        self.nginx.remove()
        self.s3.stop()


def command(manual, run, **numbers):
    """Runs `run` with the options of the command line: --nginx, --module, and `numbers` with their
    defaults. What it returns is printed, after the name of the program."""
    parser = argparse.ArgumentParser(description=manual.splitlines()[0])
    parser.add_argument("--nginx", required=True)
    parser.add_argument("--module", required=True)
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    name, start = pathlib.Path(sys.argv[0]).stem, time.monotonic()
    try:
        print(f"{name}: {run(options)}, {time.monotonic() - start:.0f} s")
    except Failure as failure:
        sys.exit(f"{name}: {failure}")


class Load:
    """Sends requests from so many connections until it is told to stop. Workers that are in
    `retiring` close kept connections that are idle: a request that came too late, before a byte of
    an answer, is sent again over a new one, as RFC 9110 (9.3.1) has it, and counted apart. Any other
    request without its whole and right answer is one that failed."""

    def __init__(self, path, connections=16):
        self.path, self.connections = str(path), connections
        self.retiring = set()
        self.answered, self.retried = 0, 0
        self.failed = []  # (the worker that served the connection, if known; what happened)
        self._stopping = False
        self._thread = threading.Thread(target=asyncio.run, args=(self._run(),))
        self._thread.start()

    def stop(self):
        self._stopping = True
        self._thread.join(LIMIT)
        if self._thread.is_alive():
            raise Failure("a request waits for its answer")

    def wait_for(self, number):
        """Until so many more are answered."""
        wanted = self.answered + number
        wait_until(lambda: self.answered >= wanted)

    async def _run(self):
        await asyncio.gather(*(self._client(list(KINDS)[i % len(KINDS)]) for i in range(self.connections)))

    async def _client(self, kind):
        connection = None
        while not self._stopping:
            if connection is None:
                connection = await Connection.open(self.path)
            try:
                kept = await connection.ask(kind)
                self.answered += 1
            except (OSError, EOFError, Failure) as error:
                if connection.worker in self.retiring and not connection.answer:
                    self.retried += 1
                else:
                    self.failed.append((connection.worker, repr(error)))
                kept = False
            if not kept:
                connection.close()
                connection = None
        if connection:
            connection.close()


class Connection:
    """One of the client's connections."""

    def __init__(self, client):
        self._client = client
        self.worker = None  # Who serves it, once an answer has said so.
        self.answer = b""  # What has come of the present answer.

    @classmethod
    async def open(cls, path):
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        await asyncio.get_running_loop().sock_connect(client, path)
        return cls(client)

    def close(self):
        self._client.close()

    async def ask(self, kind):
        """Sends a request and waits for its answer; whether the connection is kept."""
        self.answer = b""
        request = f"GET /{kind}/a HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        await asyncio.get_running_loop().sock_sendall(self._client, request)
        while b"\r\n\r\n" not in self.answer:
            await self._receive()
        head, _, body = self.answer.partition(b"\r\n\r\n")
        head = head.decode() + "\r\n"
        length = int(re.search(r"\r\nContent-Length: (\d+)\r\n", head, re.IGNORECASE)[1])
        while len(body) < length:
            body += await self._receive()
        if not head.startswith("HTTP/1.1 200 ") or body.decode() != BODY:
            raise Failure(head.splitlines()[0])
        if f"\r\nX-Signature: {kind}\r\n" not in head:
            raise Failure(f"not signed by {kind}: {head}")
        self.worker = int(re.search(r"\r\nX-Worker: (\d+)\r\n", head)[1])
        return "\r\nConnection: close\r\n" not in head

    async def _receive(self):
        data = await asyncio.get_running_loop().sock_recv(self._client, 1 << 16)
        if not data:
            raise EOFError("the connection has ended")
        self.answer += data
        return data
