"""Instructions of the module for a request, as the CPU itself runs them: the worker is stepped
through one by one.

Needs no performance counters, which a virtual machine seldom has; and, other than under valgrind,
the worker uses all the instructions that this CPU has, those for SHA among them. It makes requests
ten thousand times slower, so each falls into a second of its own, and counts the texts that are
made once a second in full.
"""

import ctypes
import os
import pathlib
import platform
import signal
import threading

from servers import FRONT_CORES

REQUESTS = 2

# sys/ptrace.h, and the place of the instruction pointer in struct user of x86-64.
_PEEKUSER, _SINGLESTEP, _DETACH, _SEIZE, _INTERRUPT = 3, 9, 17, 0x4206, 0x4207
_RIP = 16 * 8
_WALL = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.restype = ctypes.c_long
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.waitpid.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]


def is_possible():
    return platform.machine() == "x86_64"


def instructions(worker, module, ask):
    """Instructions in the object file `module` for one request, or None when that is not permitted;
    `ask` makes a number of requests."""
    attached = threading.Event()
    count = []

    def run():
        # All calls of ptrace have to come from one thread.
        try:
            _attach(worker)
            attached.set()
            count.append(_step(worker, _code_of(worker, module)))
        finally:
            attached.set()

    stepper = threading.Thread(target=run)
    stepper.start()
    attached.wait()
    try:
        ask(REQUESTS)
    finally:
        # nginx does not care for this signal, the stepper waits for it.
        os.kill(worker, signal.SIGCONT)
        stepper.join()
    return count[0] / REQUESTS if count else None


def _code_of(pid, module):
    """The addresses at which the module's code is mapped."""
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        addresses, permissions, *_, name = line.split()
        if name == str(module) and "x" in permissions:
            start, end = addresses.split("-")
            return range(int(start, 16), int(end, 16))
    raise RuntimeError(f"{module} is not loaded")


def _attach(pid):
    # On the worker's core, the two take turns without waking another one up.
    os.sched_setaffinity(0, FRONT_CORES)
    _ptrace(_SEIZE, pid)
    _ptrace(_INTERRUPT, pid)
    _wait(pid)


def _step(pid, code):
    """Instructions in `code` until the process is to receive SIGCONT, and goes free."""
    count = address = 0
    while True:
        _ptrace(_SINGLESTEP, pid)
        if _wait(pid) != signal.SIGTRAP:
            _ptrace(_DETACH, pid)
            return count
        before, address = address, _libc.ptrace(_PEEKUSER, pid, _RIP, None)
        # A repeated string instruction stops after each repetition.
        count += address in code and address != before


def _ptrace(request, pid):
    if _libc.ptrace(request, pid, None, None):
        raise OSError(ctypes.get_errno(), "ptrace")


def _wait(pid):
    """The signal for which the process has stopped."""
    status = ctypes.c_int()
    _libc.waitpid(pid, ctypes.byref(status), _WALL)
    return status.value >> 8 & 0xFF
