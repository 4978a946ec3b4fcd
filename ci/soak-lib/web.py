"""An nginx, an upstream that records what it is sent, and a client, all over unix sockets."""

import os
import pathlib
import queue
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from nginx import KINDS, is_alive, reserve_port, temporary_paths, workers  # for the others, too

LIMIT = 20  # seconds for anything to happen


class Failure(Exception):
    """Something that must not happen."""


def ok(request):
    """The answer 200 to a request."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    return head if request.startswith(b"HEAD ") else head + b"ok"


class Recorder:
    """An upstream that keeps every request, byte for byte, and answers 200; or what `answer`
    returns for a request."""

    def __init__(self, path, answer=None):
        self.path = path
        self.answer = answer or ok
        self.requests = queue.SimpleQueue()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(128)
        # Workers run as another user when the master runs as root.
        path.chmod(0o777)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        selector = selectors.DefaultSelector()
        selector.register(self._listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is self._listener:
                    connection, _ = self._listener.accept()
                    selector.register(connection, selectors.EVENT_READ, bytearray())
                elif not self._read(key.fileobj, key.data):
                    selector.unregister(key.fileobj)
                    key.fileobj.close()

    def _read(self, connection, buffer):
        try:
            data = connection.recv(1 << 20)
        except ConnectionError:
            data = b""
        if not data:
            if buffer:
                self.requests.put(bytes(buffer))
            return False
        buffer += data
        while (length := request_length(buffer)) is not None:
            request = bytes(buffer[:length])
            del buffer[:length]
            self.requests.put(request)
            try:
                connection.sendall(self.answer(request))
            except ConnectionError:
                return False
        return True

    def take(self):
        """The requests that have arrived since the last call."""
        taken = []
        while not self.requests.empty():
            taken.append(self.requests.get())
        return taken


def request_length(buffer):
    """The length of the request that `buffer` begins with; None when it is not complete."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head, at = bytes(buffer[: end + 2]), end + 4
    if re.search(rb"\r\ntransfer-encoding:[^\r]*chunked", head, re.IGNORECASE):
        last = re.compile(rb"(?:\A|\r\n)0\r\n\r\n").search(buffer, at)
        return last.end() if last else None
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    at += int(length[1]) if length else 0
    return at if at <= len(buffer) else None


def other_module(binary, name):
    """A module of others, which is made for this nginx: where ci/setup puts it."""
    return pathlib.Path(binary).resolve().parent / f"modules/{name}.so"


class Nginx:
    """An nginx in a directory of its own, with the modules given, which are loaded in that order."""

    def __init__(self, binary, *modules, workers=1, error_log="info", env=None):
        self.binary = os.path.abspath(binary)
        self.modules = [os.path.abspath(module) for module in modules]
        self.env = env or {}
        self.main = f"worker_processes {workers}; error_log logs/error.log {error_log};"
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="nginx-soak-"))
        self.directory.chmod(0o755)
        (self.directory / "logs").mkdir()

    def socket(self, name):
        return self.directory / f"{name}.sock"

    def configure(self, http):
        text = f"""
{"".join(f"load_module {module};" for module in self.modules)}
{"user root;" if os.geteuid() == 0 else ""}
pid logs/nginx.pid;
lock_file logs/nginx.lock;
{self.main}
events {{ worker_connections 256; accept_mutex off; }}
http {{
    access_log off;
{temporary_paths(self.directory)}
{http}
}}
"""
        (self.directory / "nginx.conf").write_text(text)

    def run(self, *arguments):
        """nginx with these arguments, until it ends or has become a daemon."""
        # Not a pipe, whose end a daemon would keep open.
        with tempfile.TemporaryFile() as output:
            result = subprocess.run(
                [self.binary, "-p", f"{self.directory}/", "-c", "nginx.conf", "-e",
                 "logs/error.log", *arguments],
                env=os.environ | self.env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                timeout=LIMIT, check=False,
            )
            output.seek(0)
            result.stdout = output.read()
        return result

    def start(self):
        if self.run().returncode:
            raise Failure(f"nginx did not start: {self.log()}")
        wait_until(lambda: self.master() and self.workers())

    def master(self):
        """The process that the pid file names; None if there is none."""
        try:
            return int((self.directory / "logs/nginx.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def workers(self, master=None):
        return set(workers(master or self.master()))

    def signal(self, number):
        os.kill(self.master(), number)

    def log(self):
        return (self.directory / "logs/error.log").read_text(errors="replace")

    def stop(self):
        """Ends nginx gracefully."""
        master = self.master()
        os.kill(master, signal.SIGQUIT)
        wait_until(lambda: not is_alive(master))

    def check_log(self, *allowed):
        """Raises if the log has an alert, or the end of a worker that was not asked to end."""
        bad = re.compile(r"\[(?:alert|crit|emerg)\]|exited on signal|panicked|internal error")
        for line in self.log().splitlines():
            if bad.search(line) and not any(text in line for text in allowed):
                raise Failure(f"in the error log: {line}")

    def remove(self):
        master = self.master()
        if master and is_alive(master):
            # Not SIGKILL, which would leave the workers behind.
            os.kill(master, signal.SIGTERM)
            wait_until(lambda: not is_alive(master))
        shutil.rmtree(self.directory, ignore_errors=True)


def wait_until(condition):
    deadline = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > deadline:
            raise Failure("nothing happens")
        time.sleep(0.005)


def ask(path, request):
    """Sends `request` on a connection of its own; the status of the answer, and all of it. Status
    0: there was no answer."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(LIMIT)
        connection.connect(str(path))
        answer = bytearray()
        try:
            connection.sendall(request)
        except ConnectionError:
            pass  # nginx has answered before it had read all of it
        try:
            while data := connection.recv(1 << 16):
                answer += data
        except ConnectionError:
            pass
    status = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    return int(status[1]) if status else 0, bytes(answer)
