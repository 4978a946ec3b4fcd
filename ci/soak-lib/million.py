#!/usr/bin/env python3
"""A million signed requests, of all kinds and many sizes, and the failures of upstreams among them.
Some have credentials of variables, a token or a body, are made of slices, come from a cache or are
sent again to a second server.

    million.py --nginx BINARY --module MODULE [--requests N]

The load is wrk's, the upstream another nginx, which answers what is signed, notes what is not, and
refuses, resets, forbids or keeps waiting as it is asked to. Afterwards the memory and the files of
the worker must be what they were after the first tenth, but for a slope that is given, and the error
log may tell of failed requests only.
"""

import os
import pathlib
import socket
import statistics
import subprocess
import time

from load import command
from web import KINDS, LIMIT, Failure, Nginx, reserve_port

SEGMENT = 1  # seconds of load between two looks at the memory
MAX_SLOPE = 32  # KiB for 100,000 requests
SLOPE_REQUESTS = 200000  # fewer tell no slope from the warm-up
SLOWEST = 1000  # requests a second
KEEPALIVE = 1  # seconds
# How many in a hundred.
SIZES = {"0": 20, "100": 40, "10000": 25, "200000": 7}
FAILURES = {"forbidden": 3, "reset": 2, "refusing": 2, "waiting": 1}
# Locations beside those of the kinds, and what is asked of each; 25 times, with other arguments.
OTHERS = {
    "variables": (
        "s3_access_key AKIDMILLION$arg_n; s3_secret_key Million/Secret+Key$arg_n;"
        "s3_security_token Million/Token$arg_n; s3_region eu-west-1; s3_use_headers on;"
        "proxy_pass http://up/;", "GET", "100"),
    "token": (
        "s3_access_key AKIDMILLION; s3_secret_key Million/Secret+Key0;"
        "s3_security_token Million/Token+0; s3_region eu-west-1; proxy_pass http://up/;",
        "GET", "100"),
    "body": (
        "s3_methods any; s3_region eu-west-1; s3_use_headers on; proxy_pass http://up/;",
        "PUT", "body"),
    "slices": (
        "slice 4k; proxy_set_header Range $slice_range; proxy_cache slices;"
        "proxy_cache_key $uri$slice_range; proxy_cache_valid 206 1s; s3_use_headers on;"
        "proxy_pass http://up/;", "GET", "10000"),
    "cache": (
        "proxy_cache objects; proxy_cache_valid 200 1s; s3_region eu-west-1; s3_use_headers on;"
        "proxy_pass http://up/;", "GET", "10000"),
    "retry": ("proxy_pass http://retrying/;", "GET", "100"),
}


def upstream(directory):
    files = directory / "files"
    files.mkdir()
    for size in SIZES:
        (files / size).write_bytes(b"x" * int(size))
    return f"""
    map "$http_authorization" $by_header {{
        default 0;
        "~^AWS4-HMAC-SHA256 Credential=.*, Signature=[0-9a-f]+$" 1;
        "~^AWS AKIDMILLION[0-9]*:.+$" 1;
    }}
    map "$by_header$args" $is_unsigned {{
        default 1;
        ~^1 0;
        "~(^0|&)X-Amz-Signature=[0-9a-f]+(&|$)" 0;
        "~(^0|&)Signature=[^&]+(&|$)" 0;
    }}
    server {{
        listen unix:{directory}/up.sock;
        root {files};
        error_log logs/error.log crit;
        keepalive_requests 1000000;
        access_log logs/unsigned.log combined if=$is_unsigned;
        reset_timedout_connection on;
        location = /body {{ return 200; }}
        location = /forbidden {{ return 403; }}
        location = /reset {{ return 444; }}
        # A second before the 401.
        location = /waiting {{ auth_basic x; auth_basic_user_file none; auth_delay 1s; }}
    }}"""


def front(directory, port, up):
    locations = "".join(
        f"""
        location /{kind}/ {{ {settings} proxy_pass http://up/; }}
        location /{kind}/refusing {{ {settings} proxy_pass http://unix:{directory}/refusing.sock:/; }}"""
        for kind, settings in KINDS.items()
    ) + "".join(
        f"        location /{name}/ {{ {settings} }}\n" for name, (settings, *_) in OTHERS.items()
    )
    kept = f"keepalive 16; keepalive_requests 1000000; keepalive_timeout {KEEPALIVE}s;"
    return f"""
    upstream up {{ server unix:{up}; {kept} }}
    upstream retrying {{
        server unix:{directory}/refusing.sock max_fails=0;
        server unix:{up};
        {kept}
    }}
    proxy_cache_path {directory}/objects keys_zone=objects:1m;
    proxy_cache_path {directory}/slices keys_zone=slices:1m;
    s3_access_key AKIDMILLION;
    s3_secret_key Million/Secret+Key00000000000000000000001;
    server {{
        listen 127.0.0.1:{port};
        keepalive_requests 1000000;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_read_timeout 100ms;
{locations}
    }}"""


def targets():
    """A hundred for each kind, failures spread among them, and the others; which part fails."""
    names = [name for name, share in (SIZES | FAILURES).items() for _ in range(share)]
    kinds, others = list(KINDS), list(OTHERS.items())
    # 37 has no divisor in common with 100.
    lines = [f"GET /{kinds[i % 4]}/{names[i * 37 % 100]}" for i in range(400)]
    failing = sum(line.rpartition("/")[2] in FAILURES for line in lines)
    for i in range(25 * len(others)):
        place, (_, method, name) = others[i % len(others)]
        lines.insert(3 * i, f"{method} /{place}/{name}?n={i}")
    return lines, failing / len(lines)


class Worker:
    def __init__(self, pid):
        self._proc = pathlib.Path(f"/proc/{pid}")

    def memory(self):
        """Resident, in KiB."""
        for line in (self._proc / "status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise Failure("the worker has ended")

    def files(self):
        """When no connection is left."""
        time.sleep(2 * KEEPALIVE)
        return len(list((self._proc / "fd").iterdir()))


def load(port, directory):
    """The requests that wrk has made, those of them that were answered by 4xx or 5xx, and those
    that were not answered."""
    result = subprocess.run(
        ["wrk", "--threads", "1", "--connections", "32", "--duration", f"{SEGMENT}s", "--script",
         pathlib.Path(__file__).with_name("million.lua"), f"http://127.0.0.1:{port}"],
        env=os.environ | {"SOAK_TARGETS": str(directory / "targets")}, stdout=subprocess.PIPE,
        text=True, timeout=LIMIT + SEGMENT, check=True,
    )
    figures = result.stdout.splitlines()[-1].split()
    return [int(figure) for figure in figures[1:]]


def run(options):
    back = Nginx(options.nginx)
    nginx = Nginx(options.nginx, options.module, error_log="error")
    port = reserve_port()
    refusing = socket.socket(socket.AF_UNIX)
    try:
        back.configure(upstream(back.directory))
        back.start()
        # Without listen(), which makes it refuse.
        refusing.bind(str(nginx.socket("refusing")))
        nginx.configure(front(nginx.directory, port, back.socket("up")))
        nginx.start()
        (pid,) = nginx.workers()
        worker = Worker(pid)
        lines, expected = targets()
        (nginx.directory / "targets").write_text("\n".join(lines) + "\n")

        done, failed, lost, points, files = 0, 0, 0, [], None
        deadline = time.monotonic() + LIMIT + options.requests / SLOWEST
        while done < options.requests or len(points) < 3:
            made, unwell, broken = load(port, nginx.directory)
            if not made or time.monotonic() > deadline:
                raise Failure(f"{made} requests in {SEGMENT} s, after {done}")
            done, failed, lost = done + made, failed + unwell, lost + broken
            if done >= options.requests / 10:
                files = files or worker.files()
                points.append((done, worker.memory()))
        per_request, _ = statistics.linear_regression(*zip(*points))
        files_now = worker.files()
        if nginx.workers() != {pid}:
            raise Failure("the worker has not lived on")
        nginx.stop()
        nginx.check_log()
        unsigned = (back.directory / "logs/unsigned.log").read_text().count("\n")
        # One less when nginx's cache loader has ended, which it does after a minute.
        if unsigned or lost or files_now > files or abs(failed / done - expected) > 0.01:
            raise Failure(f"{unsigned} unsigned, {lost} not answered, {files} then {files_now} files,"
                          f" {failed} of {done} failed")
        if done >= SLOPE_REQUESTS and per_request * 100000 > MAX_SLOPE:
            raise Failure(f"memory grows: {points}")
        return (f"{done} requests, {failed} of them failed on purpose, 0 unsigned, 0 lost; worker"
                f" {points[0][1]} to {points[-1][1]} KiB, {per_request * 100000:+.1f} KiB for 100000"
                f" requests; {files} files before, {files_now} after; no alerts")
    finally:
        refusing.close()
        for one in (nginx, back):
            one.remove()


command(__doc__, run, requests=1000000)
