"""How long nginx takes to read a configuration, and how much memory a worker has of it."""

import os
import subprocess
import time

from servers import FRONT_CORES, resident, run_on


def test_configuration(server):
    """Seconds of CPU that `nginx -t` takes."""
    process = run_on(FRONT_CORES, [*server.command, "-t"], stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"nginx -t: {server.messages()}")
    return usage.ru_utime + usage.ru_stime


def start(server):
    """Seconds until it answers."""
    begin = time.monotonic()
    server.start()
    return time.monotonic() - begin


def reload(server):
    """Seconds until there is a new worker."""
    begin = time.monotonic()
    server.reload()
    seconds = time.monotonic() - begin
    server.await_old_workers()
    return seconds


def resident_after_start(server):
    """Bytes that a worker has that has answered nothing but the first request."""
    return resident(server.worker)[0]
