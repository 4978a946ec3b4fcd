"""An nginx, an upstream that records what it is sent, and a client, all over unix sockets."""

import os
import pathlib
import queue
import re
import selectors
import shutil
import socket
import subprocess
import tempfile
import threading
import time

LIMIT = 20  # seconds for anything to happen
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


class Failure(Exception):
    """Something that must not happen."""


class Recorder:
    """An upstream that keeps every request, byte for byte, and answers 200."""

    def __init__(self, path):
        self.path = path
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
                connection.sendall(OK if request.startswith(b"HEAD ") else OK + b"ok")
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


class Nginx:
    """An nginx with one worker in a directory of its own; `{directory}` in its configuration is
    that."""

    def __init__(self, binary, module, main="", env=None):
        self.binary, self.module, self.main = binary, module, main
        self.env = env or {}
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="nginx-soak-"))
        self.directory.chmod(0o755)
        (self.directory / "logs").mkdir()
        self.process = None

    def socket(self, name):
        return self.directory / f"{name}.sock"

    def configure(self, http):
        temporary = "".join(
            f"    {kind}_temp_path {self.directory}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        text = f"""
load_module {self.module};
{"user root;" if os.geteuid() == 0 else ""}
daemon off;
worker_processes 1;
pid logs/nginx.pid;
lock_file logs/nginx.lock;
error_log logs/error.log info;
{self.main}
events {{ worker_connections 256; accept_mutex off; }}
http {{
    access_log off;
{temporary}
{http}
}}
"""
        (self.directory / "nginx.conf").write_text(text)

    def run(self, *arguments):
        """nginx with these arguments, until it ends."""
        return subprocess.run(
            self._command() + list(arguments),
            env=os.environ | self.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT, check=False,
        )

    def _command(self):
        return [self.binary, "-p", f"{self.directory}/", "-c", "nginx.conf", "-e", "logs/error.log"]

    def start(self):
        with open(self.directory / "logs/stderr.log", "ab") as stderr:
            self.process = subprocess.Popen(
                self._command(), env=os.environ | self.env, stdout=stderr, stderr=stderr
            )
        pid = self.directory / "logs/nginx.pid"
        wait_until(lambda: self.process.poll() is not None or pid.exists() and self.workers())
        if self.process.poll() is not None:
            raise Failure(f"nginx did not start: {self.log()}")

    def workers(self):
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return pathlib.Path(children).read_text().split()

    def log(self):
        return (self.directory / "logs/error.log").read_text(errors="replace")

    def stop(self):
        """Ends nginx gracefully. Its log must be free of what must never be there."""
        if self.process is None:
            return
        self.process.send_signal(3)
        self.process.wait(LIMIT)
        self.process = None

    def check_log(self, *allowed):
        """Raises if the log has an alert, or the end of a worker that was not asked to end."""
        bad = re.compile(r"\[(?:alert|crit|emerg)\]|exited on signal|panicked|internal error")
        for line in self.log().splitlines():
            if bad.search(line) and not any(text in line for text in allowed):
                raise Failure(f"in the error log: {line}")

    def remove(self):
        if self.process and self.process.poll() is None:
            # Not SIGKILL, which would leave the worker behind.
            self.process.terminate()
            self.process.wait(LIMIT)
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
