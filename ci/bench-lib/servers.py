"""Starts and stops nginx, and reads what the kernel and nginx count of it."""

import contextlib
import fcntl
import http.client
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from nginx import reserve_port, workers

# The nginx that is measured has a core of its own; all others share the rest.
_CORES = sorted(os.sched_getaffinity(0))
FRONT_CORES = {_CORES[-1]}
OTHER_CORES = set(_CORES[:-1]) or FRONT_CORES

# Not even valgrind takes longer to start nginx with a large configuration.
LIMIT = 120


def measure_alone():
    """Keeps other benchmarks, and this program when it waits, off the core that is measured."""
    [core] = FRONT_CORES
    # Until this program ends.
    lock = os.open(f"/sys/devices/system/cpu/cpu{core}", os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"another ci/bench measures on core {core}: waiting for its end", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    os.sched_setaffinity(0, OTHER_CORES)


def run_on(cores, command, **options):
    """Starts a process that may use these cores."""
    # Here and not in the child: a function that runs in the child makes Python fork all of itself.
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        return subprocess.Popen(command, **options)
    finally:
        os.sched_setaffinity(0, before)


class Server:
    """An nginx in a directory of its own. `text(directory, port)` is its configuration."""

    def __init__(self, binary, text, cores):
        self.port = reserve_port()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="s3-bench-"))
        self._cores = cores
        configuration = self.directory / "nginx.conf"
        configuration.write_text(text(self.directory, self.port))
        log = str(self.directory / "error.log")
        self.command = [str(binary), "-c", str(configuration), "-e", log]
        self._process = None

    def start(self, before=(), options=""):
        """Starts it, behind the words of another command, and waits until it answers."""
        more = ["-g", options] if options else []
        self._process = run_on(
            self._cores, [*before, *self.command, *more], stdout=subprocess.DEVNULL,
            stderr=(self.directory / "stderr.log").open("wb"),
        )
        deadline = time.monotonic() + LIMIT
        while True:
            with contextlib.suppress(OSError):
                self.get("/")
                return self
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nginx does not start: {self.messages()}")
            time.sleep(0.001)

    def stop(self):
        while self._process:
            # Again and again: without a master, nginx misses a signal that comes just before it
            # waits for events.
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.5)
                self._process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def messages(self):
        files = [self.directory / "error.log", self.directory / "stderr.log"]
        return "".join(file.read_text(errors="replace") for file in files if file.exists())[-2000:]

    @property
    def pid(self):
        """The master's process, or the only one."""
        return self._process.pid

    def workers(self):
        return workers(self.pid)

    @property
    def worker(self):
        [worker] = self.workers()
        return worker

    def reload(self):
        """Has it read its configuration again, and waits for the new worker."""
        old = self.worker
        os.kill(self.pid, signal.SIGHUP)
        while not (set(self.workers()) - {old}):
            time.sleep(0.0005)

    def await_old_workers(self):
        while len(self.workers()) > 1:
            time.sleep(0.001)

    def get(self, path, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        with contextlib.closing(connection):
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.read()


@contextlib.contextmanager
def servers(*servers):
    """Removes them at the end, whatever happens; who uses them starts them."""
    try:
        yield servers
    finally:
        for server in servers:
            server.remove()


def cpu_time(pid):
    """Nanoseconds that a process of one thread has been on a CPU."""
    return int(_proc(pid, "schedstat").split()[0])


def resident(pid):
    """Bytes of memory that a process has: all but what nginx shares, such as the keys of a cache; and
    what is its own or was copied."""
    status = _proc(pid, "status").decode()
    own, files = (
        int(re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1024
        for name in ("RssAnon", "RssFile")
    )
    return own + files, own


def _proc(pid, name):
    return pathlib.Path(f"/proc/{pid}/{name}").read_bytes()


class Upstream(Server):
    """The nginx that stands for S3."""

    def start(self, *args, **options):
        super().start(*args, **options)
        self._status = http.client.HTTPConnection("127.0.0.1", self.port)
        return self

    def connections(self):
        """How many it has accepted, those for this question left out but the first."""
        self._status.request("GET", "/status")
        return int(self._status.getresponse().read().split()[7])
