"""The operations of clients.py, by the AWS command line interface that AWS_CLI names."""

import os
import pathlib
import tempfile

import operations
from operations import BUCKET, LARGE, PREFIX, command

OPTIONS = ["--endpoint-url", operations.ENDPOINT, "--ca-bundle", operations.CA]
if operations.ANONYMOUS:
    OPTIONS.append("--no-sign-request")


def aws(*arguments, **more):
    return command(os.environ["AWS_CLI"], *arguments, *OPTIONS, **more)


def url(name):
    return f"s3://{BUCKET}/{PREFIX}{name}"


def put(name, path):
    aws("s3api", "put-object", "--bucket", BUCKET, "--key", PREFIX + name, "--body", path)


def read(name):
    return aws("s3", "cp", url(name), "-")


def read_range():
    with tempfile.NamedTemporaryFile() as out:
        aws("s3api", "get-object", "--bucket", BUCKET, "--key", PREFIX + "small",
            "--range", "bytes=10-19", out.name)
        operations.same(out.read(), operations.SMALL[10:20])


def delete():
    keys = ",".join(f"{{Key={PREFIX}{name}}}" for name in ("small", "copy"))
    answer = aws("s3api", "delete-objects", "--bucket", BUCKET, "--delete", f"Objects=[{keys}]")
    assert b"Errors" not in answer, answer


operations.run({
    "small": lambda: aws("s3", "cp", os.environ["SMALL"], url("small")),
    "large": lambda: put("large", LARGE),
    "multipart": lambda: aws("s3", "cp", LARGE, url("multipart")),
    "stream": lambda: aws("s3", "cp", "-", url("stream"), source=LARGE),
    "get": lambda: operations.same(read("small"), operations.SMALL),
    "get large": lambda: operations.same(read("large"), pathlib.Path(LARGE).read_bytes()),
    "range": read_range,
    "copy": lambda: aws("s3", "cp", url("small"), url("copy")),
    "delete": delete,
})
