#!/usr/bin/env python3
"""One of two workers is killed under load, again and again.

    kill.py --nginx BINARY --module MODULE [--times N]

The master must start another, and no request may fail but those that the killed worker had in
work: one of each connection that it served.
"""

import os
import signal

from load import Load, Stage, command
from web import Failure, wait_until


def kill_one(nginx, load, choose):
    """The worker that was killed."""
    before = nginx.workers()
    killed = choose(before)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: len(nginx.workers() - {killed}) == len(before))
    load.wait_for(100)
    return killed


def run(options):
    with Stage(options, workers=2) as stage:
        load = Load(stage.nginx.socket("front"))
        try:
            load.wait_for(200)
            # The older one has most of the connections.
            killed = {kill_one(stage.nginx, load, (min, max)[i % 2]) for i in range(options.times)}
        finally:
            load.stop()
        stage.nginx.stop()
        stage.nginx.check_log("exited on signal 9")
        # A connection that has had no answer yet does not know its worker.
        others = [failure for failure in load.failed if failure[0] not in killed | {None}]
        if others or len(load.failed) > load.connections * options.times:
            raise Failure(f"{len(load.failed)} requests lost, of other workers: {others}")
        return (f"{options.times} workers killed, {load.answered} requests, {len(load.failed)} of"
                f" the killed workers lost ({load.connections} connections), no other")


command(__doc__, run, times=20)
