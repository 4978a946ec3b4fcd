#!/usr/bin/env python3
"""nginx reads its configuration again and again under load, a valid and an invalid one by turns.

    reloads.py --nginx BINARY --module MODULE [--times N]

No request may fail. A valid configuration must come into effect, an invalid one must be rejected
with an error line while the one before remains in use.

Requests that are "sent again" came over a kept connection that nginx was closing, since it was idle
when its worker was told to end: nginx has not read them, and any client sends them again. They are
only such as come to a worker that was replaced, once each; and the S3 server must have seen no
request that has not reached a client, as it would if nginx dropped one in work.
"""

import signal

from load import KEYS, Load, Stage, command, configuration
from web import Failure, ask, wait_until


WORKERS = 2


def in_effect(stage, turn):
    """Whether requests are signed with the key of this turn."""
    stage.asked += 1
    request = b"GET /v4-headers/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    _, answer = ask(stage.nginx.socket("front"), request)
    return f"\r\nX-Key: {KEYS[turn][0]}\r\n".encode() in answer


def reload_valid(stage, load, turn):
    nginx, before = stage.nginx, stage.nginx.workers()
    nginx.configure(configuration(nginx.directory, stage.s3, turn))
    load.retiring |= before
    if result := nginx.run("-s", "reload").returncode:
        raise Failure(f"nginx -s reload ends with {result}")
    # The master lets old and new workers answer side by side for a moment.
    wait_until(lambda: len(nginx.workers()) == WORKERS and not nginx.workers() & before)
    if not in_effect(stage, turn):
        raise Failure("a valid configuration has not come into effect")


def reload_invalid(stage, turn):
    nginx, workers = stage.nginx, stage.nginx.workers()
    nginx.configure(configuration(nginx.directory, stage.s3, 1 - turn)
                    + "server { location / { s3_access_key without-a-secret; } }")
    told = '"s3_access_key" requires "s3_secret_key"'
    seen = nginx.log().count(told)
    # Not by `nginx -s reload`, which reads the configuration itself and leaves the master alone.
    nginx.signal(signal.SIGHUP)
    wait_until(lambda: nginx.log().count(told) > seen)
    if not in_effect(stage, turn) or nginx.workers() - workers:
        raise Failure("an invalid configuration has come into effect")


def run(options):
    with Stage(options, WORKERS) as stage:
        load = Load(stage.nginx.socket("front"))
        try:
            turn, rejected = 0, 0
            for i in range(options.times):
                load.wait_for(20)
                if i % 2:
                    reload_invalid(stage, turn)
                    rejected += 1
                else:
                    turn = 1 - turn
                    reload_valid(stage, load, turn)
            load.wait_for(100)
        finally:
            load.stop()
        stage.nginx.stop()
        stage.nginx.check_log('"s3_access_key" requires "s3_secret_key"')
        stage.check(load)
        return (f"{options.times} reloads, {rejected} rejected, {load.answered} requests, 0 failed,"
                f" {load.retried} sent again")


command(__doc__, run, times=200)
