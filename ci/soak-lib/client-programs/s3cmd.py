"""The operations of clients.py, by s3cmd."""

import os
import pathlib
from urllib.parse import urlsplit

import operations
from operations import BUCKET, LARGE, PREFIX, command

endpoint = urlsplit(operations.ENDPOINT)
OPTIONS = [
    "--config", os.devnull, f"--host={endpoint.netloc}", f"--host-bucket={endpoint.netloc}",
    f"--region={os.environ['AWS_REGION']}",
    *([f"--ca-certs={operations.CA}"] if endpoint.scheme == "https" else ["--no-ssl"]),
]


def s3cmd(*arguments, **more):
    return command("s3cmd", *OPTIONS, *arguments, **more)


def url(name):
    return f"s3://{BUCKET}/{PREFIX}{name}"


def read(name):
    return s3cmd("--quiet", "get", url(name), "-")


def delete():
    # By DeleteObjects.
    s3cmd("del", "--recursive", url(""))
    left = s3cmd("ls", url(""))
    assert not left, left


operations.run({
    "small": lambda: s3cmd("put", os.environ["SMALL"], url("small")),
    "multipart": lambda: s3cmd("put", LARGE, url("multipart")),
    "stream": lambda: s3cmd("put", "-", url("stream"), source=LARGE),
    "get": lambda: operations.same(read("small"), operations.SMALL),
    "get large": lambda: operations.same(read("multipart"), pathlib.Path(LARGE).read_bytes()),
    "copy": lambda: s3cmd("cp", url("small"), url("copy")),
    "delete": delete,
})
