#!/usr/bin/env python3
"""A million signed requests, of all kinds and many sizes, and the failures of upstreams among them.

    million.py --nginx BINARY --module MODULE [--requests N]

The load is wrk's, the upstream another nginx, which answers what is signed, notes what is not, and
refuses, resets, forbids or keeps waiting as it is asked to. Afterwards the memory and the files of
the worker must be what they were after the first tenth, but for a slope that is given, and the error
log may tell of failed requests only.
"""

import os
import pathlib
import socket
import subprocess
import time

from load import KINDS, command
from web import LIMIT, Failure, Nginx

SEGMENT = 2  # seconds of load between two looks at the memory
MAX_SLOPE = 32  # KiB for 100,000 requests
KEEPALIVE = 1  # seconds
# How many in a hundred.
SIZES = {"0": 20, "100": 40, "10000": 25, "200000": 7}
FAILURES = {"forbidden": 3, "reset": 2, "refusing": 2, "waiting": 1}


def upstream(directory):
    files = directory / "files"
    files.mkdir()
    for size in SIZES:
        (files / size).write_bytes(b"x" * int(size))
    return f"""
    map "$http_authorization" $by_header {{
        default 0;
        "~^AWS4-HMAC-SHA256 Credential=.*, Signature=[0-9a-f]+$" 1;
        "~^AWS AKIDMILLION:.+$" 1;
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
    )
    return f"""
    upstream up {{
        server unix:{up};
        keepalive 16;
        keepalive_requests 1000000;
        keepalive_timeout {KEEPALIVE}s;
    }}
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
    """A hundred for each kind, failures spread among them."""
    names = [name for name, share in (SIZES | FAILURES).items() for _ in range(share)]
    kinds = list(KINDS)
    # 37 has no divisor in common with 100.
    return [f"/{kinds[i % 4]}/{names[i * 37 % 100]}" for i in range(400)]


def slope(points):
    """By linear regression."""
    count = len(points)
    mean_x, mean_y = (sum(values) / count for values in zip(*points))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
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
        (nginx.directory / "targets").write_text("\n".join(targets()) + "\n")

        done, failed, lost, points, files = 0, 0, 0, [], None
        while done < options.requests:
            made, unwell, broken = load(port, nginx.directory)
            done, failed, lost = done + made, failed + unwell, lost + broken
            if done >= options.requests / 10:
                files = files or worker.files()
                points.append((done, worker.memory()))
        if len(points) < 3:
            raise Failure("too few requests to tell a slope")
        per_request = slope(points)
        files_now = worker.files()
        if nginx.workers() != {pid}:
            raise Failure("the worker has not lived on")
        nginx.stop()
        nginx.check_log()
        unsigned = (back.directory / "logs/unsigned.log").read_text().count("\n")
        expected = sum(FAILURES.values()) / 100
        if unsigned or lost or files_now != files or abs(failed / done - expected) > 0.01:
            raise Failure(f"{unsigned} unsigned, {lost} not answered, {files} then {files_now} files,"
                          f" {failed} of {done} failed")
        if per_request * 100000 > MAX_SLOPE:
            raise Failure(f"memory grows: {points}")
        return (f"{done} requests, {failed} of them failed on purpose, 0 unsigned, 0 lost; worker"
                f" {points[0][1]} to {points[-1][1]} KiB, {per_request * 100000:+.1f} KiB for 100000"
                f" requests; {files} files before and after; no alerts")
    finally:
        refusing.close()
        for one in (nginx, back):
            one.remove()


command(__doc__, run, requests=1000000)
