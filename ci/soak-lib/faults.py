#!/usr/bin/env python3
"""Every allocation that the module makes from nginx's pools fails once, and every function of it
that nginx calls panics once: while the configuration is read, in requests of each kind, and when
the configuration ends.

    faults.py --nginx BINARY --module MODULE --shim LIBRARY

The module is one that was linked for t/shim/faults.c, of which the shim is made. A configuration
must then be refused by a nginx that ends by itself; a request must be answered with 500, must not
reach the upstream, and the worker must live on. No `extern "C" fn` of the source may be missing
among those that panic.
"""

import argparse
import mmap
import pathlib
import re
import signal
import struct
import sys

from web import Failure, Nginx, Recorder, ask, is_alive, ok, other_module, wait_until

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "src"
# These call nothing that panics.
CANNOT_PANIC = {
    "request::hook::refuse_peer", "request::hook::run_write", "request::response::allowed",
    "request::rewrite::refuse",
}

# As in the shim: which one is to fail, how many there were, and the name of the one that failed.
FAULTS = struct.Struct("II200s")
ALLOCATIONS, ENTRIES = 0, FAULTS.size

KEYS = "s3_access_key AKIDFAULTS0000000001; s3_secret_key Faults/Secret+Key0000000000000000001;"

# Locations, what is asked of them, and the answer when nothing fails.
CASES = {
    "v4-headers": (f"{KEYS} s3_region eu-west-1; s3_use_headers on; proxy_pass http://up;", "GET", 200),
    "v4-query": (f"{KEYS} s3_security_token t; s3_region eu-west-1; proxy_pass http://up;", "GET", 200),
    "v2-headers": (f"{KEYS} s3_use_headers on; proxy_pass http://up/bucket/;", "GET", 200),
    "v2-query": (f"{KEYS} proxy_pass http://up;", "HEAD", 200),
    "variables": ("s3_access_key $arg_id; s3_secret_key $arg_secret; s3_security_token $arg_token;"
                  "s3_region $arg_region; proxy_pass http://$up;", "GET", 200),
    "body": (f"{KEYS} s3_region eu-west-1; s3_methods any; proxy_pass http://up;", "PUT", 200),
    "proxy-bind": (f"{KEYS} s3_region eu-west-1; proxy_bind $bind; proxy_pass http://up;", "GET", 200),
    "by-upstream": ("proxy_pass http://signing;", "GET", 200),
    "by-variable-upstream": ("set $name signing; proxy_pass http://$name;", "GET", 200),
    "written-again": (f"{KEYS} s3_region eu-west-1; s3_methods any; proxy_pass http://lua;", "PUT", 200),
    "not-allowed": (f"{KEYS} s3_region eu-west-1; proxy_pass http://up;", "DELETE", 405),
    "with-variables": (f"{KEYS} proxy_pass http://up;"
                       "add_header X-S3 '$s3_signature $s3_access_key_id' always;", "GET", 200),
    "redirect": (f"{KEYS} s3_region eu-west-1; proxy_pass http://up;", "GET", 301),
}
ARGUMENTS = "?id=AKID&secret=0123456789&token=t&region=eu-west-1"


def configuration(binary, directory):
    locations = "".join(
        f"        location /{name}/ {{ {settings} }}\n" for name, (settings, *_) in CASES.items()
    )
    return f"""
    map $uri $up {{ default up; }}
    map $uri $bind {{ default off; }}
    upstream up {{ server unix:{directory}/up.sock; }}
    lua_package_path "{other_module(binary, "").parents[1]}/lua/?.lua;;";
    upstream lua {{
        server 0.0.0.1;
        balancer_by_lua_block {{
            local balancer = require "ngx.balancer"
            balancer.recreate_request()
            balancer.set_current_peer("unix:{directory}/up.sock")
        }}
    }}
    upstream signing {{ server unix:{directory}/up.sock; {KEYS} s3_region $arg_region; }}
    {KEYS.replace("FAULTS", "SERVER")}
    server {{
        listen unix:{directory}/front.sock;
        s3_use_headers on;
        s3_bucket_in_host on;
        location / {{ return 204; }}
{locations}
    }}"""


def answer(request):
    """The upstream's: a redirect that repeats the target."""
    _, target, _ = request.split(b" ", 2)
    if not target.startswith(b"/redirect/"):
        return ok(request)
    return b"HTTP/1.1 301 Moved\r\nLocation: http://h%s\r\nContent-Length: 0\r\n\r\n" % target


class Control:
    """The file that the shim reads."""

    def __init__(self, path):
        path.write_bytes(bytes(2 * FAULTS.size))
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 2 * FAULTS.size)

    def arm(self, which, number):
        """The call with this number fails, and no other. Calls are counted from here on."""
        self._map[:] = bytes(2 * FAULTS.size)
        FAULTS.pack_into(self._map, which, number, 0, b"")

    def failed(self, which):
        """The name of what has failed; None when there were not so many calls."""
        name = FAULTS.unpack_from(self._map, which)[2].rstrip(b"\0").decode()
        # A closure is named after the function that it is in.
        return re.sub(r"\bngx_http_s3_auth_module::|<\S+ as \S+>::|::\{\{closure\}\}", "", name) or None


def every_one(control, which, attempt, after=0):
    """Calls `attempt` with each number in turn until there are no more calls; what has failed."""
    names = []
    while True:
        control.arm(which, after + len(names) + 1)
        attempt(lambda: control.failed(which))
        if not (name := control.failed(which)):
            return names
        names.append(name)


def configurations(nginx, control, which):
    """nginx reads the configuration again and again."""
    def attempt(failed):
        result = nginx.run("-t")
        output = result.stdout.decode(errors="replace")
        # 1 is nginx's own answer; a signal would be negative here.
        if result.returncode != (1 if failed() else 0):
            raise Failure(f"with {failed()} failing, nginx -t ends with {result.returncode}: {output}")
        if which == ENTRIES and failed() and "internal error, this is a bug" not in output:
            raise Failure(f"with {failed()} panicking, nothing is logged: {output}")
    return every_one(control, which, attempt)


def requests(nginx, upstream, control, which):
    """Each case is asked for again and again."""
    workers = nginx.workers()
    reached = []
    for case, (_, method, status) in CASES.items():
        body = "Content-Length: 4\r\n\r\nbody" if method == "PUT" else "\r\n"
        request = f"{method} /{case}/a{ARGUMENTS} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{body}"

        def attempt(failed):
            lines = nginx.log().count("\n")
            answer, text = ask(nginx.socket("front"), request.encode())
            arrived = upstream.take()
            name = failed()
            where = f"{case}, with {name} failing"
            if nginx.workers() != workers:
                raise Failure(f"{where}: the worker has ended")
            if any(not re.search(rb"AWS|Signature=", head) for head in arrived):
                raise Failure(f"{where}: {arrived} is unsigned")
            if b"Signature=" in text:
                raise Failure(f"{where}: the signature is returned in {text}")
            # A variable is read, and the head of the response is changed, after the request has been
            # signed and sent. nginx closes the connection when a filter fails.
            after = name and (name.startswith(("request::variables::", "request::response::", "ngx_list_push"))
                              or case == "redirect" and arrived)
            wanted = 500 if name and not after else status
            if after and not name.startswith("request::variables::"):
                wanted = 0
            if answer != wanted or bool(arrived) != (status != 405 and wanted != 500):
                raise Failure(f"{where}: answered {answer}, arrived {arrived}")
            new = nginx.log().splitlines()[lines:]
            if name and not any(re.search(r"\[(?:error|emerg)\]", line) for line in new):
                # nginx has a message only where it asks the system for memory.
                if name != "ngx_list_push" and not (after and name == "ngx_pnalloc"):
                    raise Failure(f"{where}: no error is logged, but {new}")

        reached += every_one(control, which, attempt)
    return reached


def ends(nginx, control, read):
    """The configuration is read again, which takes `read` calls, and the one before ends: in the
    master and in its worker."""
    def attempt(failed):
        workers, lines = nginx.workers(), nginx.log().count("\n")
        nginx.signal(signal.SIGHUP)
        wait_until(lambda: nginx.workers() and not any(is_alive(worker) for worker in workers))
        # By Rust itself: standard error is the error log.
        if failed() and not any("panicked at" in line for line in nginx.log().splitlines()[lines:]):
            raise Failure(f"with {failed()} panicking, nothing is logged")
    return every_one(control, ENTRIES, attempt, after=read)


def entries():
    """All functions in the source that nginx may call, named as those that fail."""
    found = set()
    for file in SOURCE.rglob("*.rs"):
        module = [part for part in file.relative_to(SOURCE).with_suffix("").parts if part not in ("lib", "mod")]
        for name in re.findall(r'extern "C" fn (\w+)', file.read_text()):
            found.add("::".join([*module, name]))
    return found


def run(binary, module, shim):
    # Lua has request heads written again.
    lua = (other_module(binary, name) for name in ("ndk_http_module", "ngx_http_lua_module"))
    nginx = Nginx(binary, *lua, module)
    path = nginx.directory / "faults"
    control = Control(path)
    nginx.env = {"LD_PRELOAD": str(shim), "FAULTS": str(path)}
    upstream = Recorder(nginx.socket("up"), answer)
    totals = []
    nginx.configure(configuration(binary, nginx.directory))
    try:
        for which, what in ((ALLOCATIONS, "allocations from pools"), (ENTRIES, "panics")):
            control.arm(which, 0)
            failed = configurations(nginx, control, which)
            report(f"{what} while the configuration is read", failed)
            # From here on, only panics may show in the log.
            (nginx.directory / "logs/error.log").unlink()
            control.arm(which, 0)
            nginx.start()
            in_requests = requests(nginx, upstream, control, which)
            report(f"{what} in requests", in_requests)
            if which == ENTRIES:
                at_its_end = ends(nginx, control, len(failed))
                report(f"{what} when a configuration ends", at_its_end)
                failed += at_its_end
            failed += in_requests
            totals.append(f"{len(failed)} {what}")
            control.arm(which, 0)
            nginx.stop()
            nginx.check_log("internal error", "panicked at")
        # A function may be named as what another, which has the guard, is for: `get<signature>`.
        panicked = {part for name in failed for part in re.findall(r"[\w:]+", name)}
        if missing := entries() - panicked - CANNOT_PANIC:
            raise Failure(f"never panicked, not guarded or not called: {', '.join(sorted(missing))}")
        print(f"faults: {' and '.join(totals)}, one at a time: no crash, nothing unsigned, no signature"
              " sent back")
    finally:
        nginx.remove()


def report(what, failed):
    names = sorted(set(failed))
    print(f"faults: {len(failed)} {what}: {', '.join(f'{failed.count(n)} {n}' for n in names)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--nginx", "--module", "--shim"):
        parser.add_argument(name, required=True)
    options = parser.parse_args()
    try:
        run(options.nginx, options.module, options.shim)
    except Failure as failure:
        sys.exit(f"faults: {failure}")


main()
