"""The operations of clients.py, by boto3."""

import os
import pathlib

import boto3
from botocore import UNSIGNED
from botocore.config import Config

import operations

config = Config(signature_version=UNSIGNED) if operations.ANONYMOUS else None
s3 = boto3.client("s3", endpoint_url=operations.ENDPOINT, verify=operations.CA, config=config)
BUCKET, LARGE = operations.BUCKET, pathlib.Path(operations.LARGE)


def key(name):
    return operations.PREFIX + name


def read(name, **more):
    return s3.get_object(Bucket=BUCKET, Key=key(name), **more)["Body"].read()


def stream():
    end, other_end = os.pipe()
    with operations.written(other_end), os.fdopen(end, "rb") as pipe:
        s3.upload_fileobj(pipe, BUCKET, key("stream"))


def delete():
    objects = [{"Key": key(name)} for name in ("small", "copy")]
    errors = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects}).get("Errors")
    assert not errors, errors


operations.run({
    "small": lambda: s3.put_object(Bucket=BUCKET, Key=key("small"), Body=operations.SMALL),
    "large": lambda: s3.put_object(Bucket=BUCKET, Key=key("large"), Body=LARGE.open("rb")),
    "multipart": lambda: s3.upload_file(str(LARGE), BUCKET, key("multipart")),
    "stream": stream,
    "get": lambda: operations.same(read("small"), operations.SMALL),
    "get large": lambda: operations.same(read("large"), LARGE.read_bytes()),
    "range": lambda: operations.same(read("small", Range="bytes=10-19"), operations.SMALL[10:20]),
    "copy": lambda: s3.copy_object(
        Bucket=BUCKET, Key=key("copy"), CopySource={"Bucket": BUCKET, "Key": key("small")}
    ),
    "delete": delete,
})
