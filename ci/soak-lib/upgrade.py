#!/usr/bin/env python3
"""A new binary replaces the old one under load: USR2, WINCH, QUIT.

    upgrade.py --nginx BINARY --module MODULE [--times N]

No request may fail, and the new binary must sign. What is "sent again" is explained in reloads.py.
"""

import os
import pathlib
import signal

from load import Load, Stage, command
from web import Failure, is_alive, wait_until


def upgrade(nginx, load):
    old, before = nginx.master(), nginx.workers()
    os.kill(old, signal.SIGUSR2)
    wait_until(lambda: nginx.master() not in (None, old) and nginx.workers())
    new = nginx.master()
    load.wait_for(50)
    load.retiring |= before
    os.kill(old, signal.SIGWINCH)
    wait_until(lambda: not any(is_alive(worker) for worker in before))
    os.kill(old, signal.SIGQUIT)
    wait_until(lambda: not is_alive(old))
    load.wait_for(50)
    if nginx.modules[0] not in pathlib.Path(f"/proc/{new}/maps").read_text():
        raise Failure("the new binary has no module")


def run(options):
    with Stage(options, workers=2) as stage:
        load = Load(stage.nginx.socket("front"))
        try:
            load.wait_for(50)
            for _ in range(options.times):
                upgrade(stage.nginx, load)
        finally:
            load.stop()
        stage.nginx.stop()
        stage.nginx.check_log()
        stage.check(load)
        return (f"{options.times} upgrades, {load.answered} requests, 0 failed, {load.retried} sent"
                " again")


command(__doc__, run, times=10)
