"""The operations of clients.py, by rclone."""

import os
import pathlib

import operations
from operations import BUCKET, LARGE, PREFIX, command

ENVIRONMENT = {
    "PROVIDER": "Other", "ENDPOINT": operations.ENDPOINT, "REGION": os.environ["AWS_REGION"],
    **({} if operations.ANONYMOUS else {
        "ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"],
        "SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
    }),
}
os.environ |= {f"RCLONE_S3_{name}": value for name, value in ENVIRONMENT.items()}
os.environ["RCLONE_CA_CERT"] = operations.CA


def rclone(*arguments, **more):
    return command("rclone", *arguments, **more)


def path(name):
    return f":s3:{BUCKET}/{PREFIX}{name}"


def read(name, *options):
    return rclone("cat", path(name), *options)


def delete():
    rclone("delete", path(""))
    left = rclone("lsf", path(""))
    assert not left, left


operations.run({
    "small": lambda: rclone("copyto", os.environ["SMALL"], path("small")),
    "large": lambda: rclone("copyto", LARGE, path("large")),
    "stream": lambda: rclone("rcat", path("stream"), source=LARGE),
    "get": lambda: operations.same(read("small"), operations.SMALL),
    "get large": lambda: operations.same(read("large"), pathlib.Path(LARGE).read_bytes()),
    "range": lambda: operations.same(
        read("small", "--offset", "10", "--count", "10"), operations.SMALL[10:20]
    ),
    "copy": lambda: rclone("copyto", path("small"), path("copy")),
    "delete": delete,
})
