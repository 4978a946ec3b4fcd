"""The operations of clients.py, by s5cmd."""

import os
import pathlib

import operations
from operations import BUCKET, LARGE, PREFIX, command

# The certificates that programs in Go trust.
os.environ["SSL_CERT_FILE"] = operations.CA
OPTIONS = ["--endpoint-url", operations.ENDPOINT]
if operations.ANONYMOUS:
    OPTIONS.append("--no-sign-request")


def s5cmd(*arguments, **more):
    return command("s5cmd", *OPTIONS, *arguments, **more)


def url(name):
    return f"s3://{BUCKET}/{PREFIX}{name}"


def read(name):
    return s5cmd("cat", url(name))


def delete():
    # By DeleteObjects.
    s5cmd("rm", url("*"))


operations.run({
    "small": lambda: s5cmd("cp", os.environ["SMALL"], url("small")),
    "large": lambda: s5cmd("cp", LARGE, url("large")),
    "multipart": lambda: s5cmd("cp", "--part-size", "5", LARGE, url("multipart")),
    "stream": lambda: s5cmd("pipe", url("stream"), source=LARGE),
    "get": lambda: operations.same(read("small"), operations.SMALL),
    "get large": lambda: operations.same(read("large"), pathlib.Path(LARGE).read_bytes()),
    "copy": lambda: s5cmd("cp", url("small"), url("copy")),
    "delete": delete,
})
