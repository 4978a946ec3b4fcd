"""The operations of clients.py, by ffmpeg. It sends with PUT, in chunks of HTTP, and leaves before the
answer, so that the object may appear after it has ended."""

import os
import pathlib
import ssl
import tempfile
import time
import urllib.error
import urllib.request

import operations
from operations import BUCKET, ENDPOINT, LARGE, PREFIX, command

LIMIT = 20  # seconds for an object to appear
TLS = ["-ca_file", operations.CA, "-tls_verify", "1"] if ENDPOINT.startswith("https") else []
COPIED = ["-map", "0", "-c", "copy", "-f", "data"]
trusted = ssl.create_default_context(cafile=operations.CA)


def ffmpeg(*arguments, **more):
    return command("ffmpeg", "-v", "error", "-y", *arguments, **more)


def url(name):
    return f"{ENDPOINT}/{BUCKET}/{PREFIX}{name}"


def put(name, path, length, **more):
    """Byte for byte."""
    ffmpeg("-f", "data", "-i", path, *COPIED, "-method", "PUT", *TLS, url(name), **more)
    deadline = time.monotonic() + LIMIT
    while True:
        try:
            request = urllib.request.Request(url(name), method="HEAD")
            with urllib.request.urlopen(request, context=trusted, timeout=LIMIT) as answer:
                assert int(answer.headers["Content-Length"]) == length, answer.headers
                return
        except urllib.error.HTTPError as error:
            assert error.code == 404 and time.monotonic() < deadline, error
        time.sleep(0.05)


def read(name):
    return ffmpeg(*TLS, "-f", "data", "-i", url(name), *COPIED, "pipe:1")


def play():
    """A film whose index is at its end, which is read first, by a range."""
    with tempfile.TemporaryDirectory() as directory:
        film = f"{directory}/film.mp4"
        ffmpeg("-f", "lavfi", "-i", "testsrc=duration=5:size=640x480", "-c:v", "mpeg4", "-q:v", "1", film)
        put("film.mp4", film, pathlib.Path(film).stat().st_size)
        wanted = ffmpeg("-i", film, "-f", "framemd5", "pipe:1")
    operations.same(ffmpeg(*TLS, "-i", url("film.mp4"), "-f", "framemd5", "pipe:1"), wanted)


operations.run({
    "small": lambda: put("small", os.environ["SMALL"], len(operations.SMALL)),
    "stream": lambda: put("stream", "pipe:0", pathlib.Path(LARGE).stat().st_size, source=LARGE),
    "get": lambda: operations.same(read("small"), operations.SMALL),
    "get large": lambda: operations.same(read("stream"), pathlib.Path(LARGE).read_bytes()),
    "range": play,
})
